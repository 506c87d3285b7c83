"""ONNX's protobuf messages, made from a descriptor of our own: importing `onnx` costs more than linting a model.

Fields and numbers are those of onnx/onnx.proto (IR version 14). Fields from 1000 on are netlint's: they never leave the
process, and say where a definition stands in an ONNX text, or where a tensor's payload stands in the file.
"""

from __future__ import annotations

from typing import Final

from netlint.loaders.protobuf import classes

_MESSAGES: Final = """
Place: start=1:int64 end=2:int64
StringStringEntryProto: key=1:string value=2:string
OperatorSetIdProto: domain=1:string version=2:int64 span=1000:Place
TensorShapeProto.Dimension: dim_value=1:int64@value dim_param=2:string@value denotation=3:string
TensorShapeProto: dim=1:TensorShapeProto.Dimension*
TypeProto.Tensor: elem_type=1:int32 shape=2:TensorShapeProto
TypeProto.Sequence: elem_type=1:TypeProto
TypeProto.Map: key_type=1:int32 value_type=2:TypeProto
TypeProto.Optional: elem_type=1:TypeProto
TypeProto.SparseTensor: elem_type=1:int32 shape=2:TensorShapeProto
TypeProto.Opaque: domain=1:string name=2:string
TypeProto: tensor_type=1:TypeProto.Tensor@value sequence_type=4:TypeProto.Sequence@value map_type=5:TypeProto.Map@value
  opaque_type=7:TypeProto.Opaque@value sparse_tensor_type=8:TypeProto.SparseTensor@value
  optional_type=9:TypeProto.Optional@value denotation=6:string
ValueInfoProto: name=1:string type=2:TypeProto doc_string=3:string metadata_props=4:StringStringEntryProto*
  span=1000:Place
TensorProto.Segment: begin=1:int64 end=2:int64
TensorProto: dims=1:int64* data_type=2:int32 segment=3:TensorProto.Segment float_data=4:float*! int32_data=5:int32*!
  string_data=6:bytes* int64_data=7:int64*! name=8:string doc_string=12:string raw_data=9:bytes
  external_data=13:StringStringEntryProto* data_location=14:int32 double_data=10:double*! uint64_data=11:uint64*!
  metadata_props=16:StringStringEntryProto*
  span=1000:Place payload_field=1010:int32 payload_offset=1011:int64 payload_size=1012:int64
SparseTensorProto: values=1:TensorProto indices=2:TensorProto dims=3:int64*
AttributeProto: name=1:string ref_attr_name=21:string doc_string=13:string type=20:int32 f=2:float i=3:int64 s=4:bytes
  t=5:TensorProto g=6:GraphProto sparse_tensor=22:SparseTensorProto tp=14:TypeProto floats=7:float* ints=8:int64*
  strings=9:bytes* tensors=10:TensorProto* graphs=11:GraphProto* sparse_tensors=23:SparseTensorProto*
  type_protos=15:TypeProto* span=1000:Place
NodeProto: input=1:string* output=2:string* name=3:string op_type=4:string domain=7:string overload=8:string
  attribute=5:AttributeProto* doc_string=6:string metadata_props=9:StringStringEntryProto*
  span=1000:Place op_span=1001:Place block=1002:Place input_spans=1003:Place* output_spans=1004:Place*
TensorAnnotation: tensor_name=1:string quant_parameter_tensor_names=2:StringStringEntryProto*
GraphProto: node=1:NodeProto* name=2:string initializer=5:TensorProto* sparse_initializer=15:SparseTensorProto*
  doc_string=10:string input=11:ValueInfoProto* output=12:ValueInfoProto* value_info=13:ValueInfoProto*
  quantization_annotation=14:TensorAnnotation* metadata_props=16:StringStringEntryProto* span=1000:Place
FunctionProto: name=1:string input=4:string* output=5:string* attribute=6:string* attribute_proto=11:AttributeProto*
  node=7:NodeProto* doc_string=8:string opset_import=9:OperatorSetIdProto* domain=10:string overload=13:string
  value_info=12:ValueInfoProto* metadata_props=14:StringStringEntryProto* span=1000:Place
TrainingInfoProto: initialization=1:GraphProto algorithm=2:GraphProto initialization_binding=3:StringStringEntryProto*
  update_binding=4:StringStringEntryProto*
ModelProto: ir_version=1:int64 opset_import=8:OperatorSetIdProto* producer_name=2:string producer_version=3:string
  domain=4:string model_version=5:int64 doc_string=6:string graph=7:GraphProto
  metadata_props=14:StringStringEntryProto* training_info=20:TrainingInfoProto* functions=25:FunctionProto*
  span=1000:Place
"""

_CLASSES: Final = classes("onnx", _MESSAGES)

Place: Final = _CLASSES["Place"]
StringStringEntryProto: Final = _CLASSES["StringStringEntryProto"]
OperatorSetIdProto: Final = _CLASSES["OperatorSetIdProto"]
TensorShapeProto: Final = _CLASSES["TensorShapeProto"]
TypeProto: Final = _CLASSES["TypeProto"]
ValueInfoProto: Final = _CLASSES["ValueInfoProto"]
TensorProto: Final = _CLASSES["TensorProto"]
SparseTensorProto: Final = _CLASSES["SparseTensorProto"]
AttributeProto: Final = _CLASSES["AttributeProto"]
NodeProto: Final = _CLASSES["NodeProto"]
GraphProto: Final = _CLASSES["GraphProto"]
FunctionProto: Final = _CLASSES["FunctionProto"]
TrainingInfoProto: Final = _CLASSES["TrainingInfoProto"]
ModelProto: Final = _CLASSES["ModelProto"]

#: Element types by their number in `TensorProto.DataType`.
DATA_TYPES: Final = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2", 27: "float6e2m3", 28: "float6e3m2",
}  # fmt: skip

#: Attribute kinds by their number in `AttributeProto.AttributeType`, with the field that holds such a value.
ATTRIBUTE_TYPES: Final = {
    1: ("float", "f"), 2: ("int", "i"), 3: ("string", "s"), 4: ("tensor", "t"), 5: ("graph", "g"),
    6: ("floats", "floats"), 7: ("ints", "ints"), 8: ("strings", "strings"), 9: ("tensors", "tensors"),
    10: ("graphs", "graphs"), 11: ("sparse_tensor", "sparse_tensor"), 12: ("sparse_tensors", "sparse_tensors"),
    13: ("type_proto", "tp"), 14: ("type_protos", "type_protos"),
}  # fmt: skip
