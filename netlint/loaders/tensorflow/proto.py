"""TensorFlow's protobuf messages, as far as a graph's structure needs them; the package itself is never imported.

Fields and numbers are those of tensorflow/core/framework/*.proto, tensorflow/core/protobuf/meta_graph.proto and
saved_model.proto.
Fields from 1000 on are netlint's: they say where a definition stands in a text, or where a payload stands in the file.
"""

from __future__ import annotations

from typing import Final

from netlint.loaders.protobuf import classes

_MESSAGES: Final = """
Place: start=1:int64 end=2:int64
TensorShapeProto.Dim: size=1:int64 name=2:string
TensorShapeProto: dim=2:TensorShapeProto.Dim* unknown_rank=3:bool
TensorProto: dtype=1:int32 tensor_shape=2:TensorShapeProto version_number=3:int32 tensor_content=4:bytes
  half_val=13:int32*! float_val=5:float*! double_val=6:double*! int_val=7:int32*! string_val=8:bytes*
  int64_val=10:int64*! bool_val=11:bool*! uint32_val=16:uint32*! uint64_val=17:uint64*!
  payload_field=1010:int32 payload_offset=1011:int64 payload_size=1012:int64
AttrValue.ListValue: s=2:bytes* i=3:int64*! f=4:float*! b=5:bool*! type=6:int32*! shape=7:TensorShapeProto*
  tensor=8:TensorProto* func=9:NameAttrList*
AttrValue: list=1:AttrValue.ListValue@value s=2:bytes@value i=3:int64@value f=4:float@value b=5:bool@value
  type=6:int32@value shape=7:TensorShapeProto@value tensor=8:TensorProto@value placeholder=9:string@value
  func=10:NameAttrList@value
AttrEntry: key=1:string value=2:AttrValue span=1000:Place
NameAttrList: name=1:string attr=2:AttrEntry*
NodeDef: name=1:string op=2:string input=3:string* device=4:string attr=5:AttrEntry*
  span=1000:Place op_span=1001:Place block=1002:Place input_spans=1003:Place*
OpDef.ArgDef: name=1:string description=2:string type=3:int32 type_attr=4:string number_attr=5:string
  type_list_attr=6:string
OpDef: name=1:string input_arg=2:OpDef.ArgDef* output_arg=3:OpDef.ArgDef*
StringEntry: key=1:string value=2:string
FunctionDef: signature=1:OpDef node_def=3:NodeDef* ret=4:StringEntry*
FunctionDefLibrary: function=1:FunctionDef*
GraphDef: node=1:NodeDef* library=2:FunctionDefLibrary version=3:int32
TensorInfo: name=1:string@encoding dtype=2:int32 tensor_shape=3:TensorShapeProto
TensorInfoEntry: key=1:string value=2:TensorInfo
SignatureDef: inputs=1:TensorInfoEntry* outputs=2:TensorInfoEntry* method_name=3:string
SignatureEntry: key=1:string value=2:SignatureDef
MetaInfoDef: meta_graph_version=1:string tags=4:string* tensorflow_version=5:string
MetaGraphDef: meta_info_def=1:MetaInfoDef graph_def=2:GraphDef signature_def=5:SignatureEntry*
SavedModel: saved_model_schema_version=1:int64 meta_graphs=2:MetaGraphDef*
"""

_CLASSES: Final = classes("tensorflow", _MESSAGES)

NodeDef: Final = _CLASSES["NodeDef"]
GraphDef: Final = _CLASSES["GraphDef"]
MetaGraphDef: Final = _CLASSES["MetaGraphDef"]
SavedModel: Final = _CLASSES["SavedModel"]

#: Element types by their number in `DataType` (types.proto); a type beyond 100 is a reference to one.
DATA_TYPES: Final = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64",
    9: "int64", 10: "bool", 11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16",
    17: "uint16", 18: "complex128", 19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64",
    24: "float8e5m2", 25: "float8e4m3fn", 29: "int4", 30: "uint4",
}  # fmt: skip

#: The words for them in a text: `DT_FLOAT`, and `DT_FLOAT_REF` for a reference.
TYPE_WORDS: Final = {
    "DT_INVALID": 0, "DT_FLOAT": 1, "DT_DOUBLE": 2, "DT_INT32": 3, "DT_UINT8": 4, "DT_INT16": 5, "DT_INT8": 6,
    "DT_STRING": 7, "DT_COMPLEX64": 8, "DT_INT64": 9, "DT_BOOL": 10, "DT_QINT8": 11, "DT_QUINT8": 12, "DT_QINT32": 13,
    "DT_BFLOAT16": 14, "DT_QINT16": 15, "DT_QUINT16": 16, "DT_UINT16": 17, "DT_COMPLEX128": 18, "DT_HALF": 19,
    "DT_RESOURCE": 20, "DT_VARIANT": 21, "DT_UINT32": 22, "DT_UINT64": 23, "DT_FLOAT8_E5M2": 24,
    "DT_FLOAT8_E4M3FN": 25, "DT_INT4": 29, "DT_UINT4": 30,
}  # fmt: skip
