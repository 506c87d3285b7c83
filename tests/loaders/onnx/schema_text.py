"""Writes `netlint/loaders/onnx/schema.txt` from the operator schemas of the installed `onnx`.

python -m tests.loaders.onnx.schema_text > netlint/loaders/onnx/schema.txt
"""

from __future__ import annotations

import re
from typing import Any

_HEAD = """\
# The operators of ONNX, every version of them, from the schemas of onnx {version} (python -m tests.loaders.onnx.schema_text).
# $n = a set of types. Then a line each: domain name since flags fewest-inputs | inputs | outputs | attributes |
# type variables. `since` is the opset that brings the version; flags: d deprecated, x experimental, - none. Inputs and outputs: the type; ? optional, * any number, ~ any number of any types.
# Attributes: name:kind, ! required.
"""

_TYPES = {"float": "float32", "double": "float64"}


def _type(text: str) -> str:
    """`tensor(float)` as `float32`, `seq(tensor(float))` as `seq(float32)`."""
    return re.sub(r"tensor\((\w+)\)", lambda match: _TYPES.get(match[1], match[1]), text).replace(" ", "")


def _formal(parameter: Any, option: Any) -> str:
    mark = {option.Single: "", option.Optional: "?", option.Variadic: "*"}[parameter.option]
    if mark == "*" and not parameter.is_homogeneous:
        mark = "~"
    return _type(parameter.type_str) + mark


def text() -> str:
    """The whole file."""
    import onnx
    from onnx import defs as known

    # The stubs leave the enumerations' names out.
    defs: Any = known

    option = defs.OpSchema.FormalParameterOption
    kinds = {
        "FLOAT": "float", "INT": "int", "STRING": "string", "TENSOR": "tensor", "GRAPH": "graph", "FLOATS": "floats",
        "INTS": "ints", "STRINGS": "strings", "TENSORS": "tensors", "GRAPHS": "graphs", "SPARSE_TENSOR": "sparse_tensor",
        "SPARSE_TENSORS": "sparse_tensors", "TYPE_PROTO": "type_proto", "TYPE_PROTOS": "type_protos",
    }  # fmt: skip
    sets: dict[str, str] = {}
    lines = []
    schemas = defs.get_all_schemas_with_history()
    for schema in sorted(schemas, key=lambda one: (one.domain, one.name, one.since_version)):
        inputs = [_formal(parameter, option) for parameter in schema.inputs]
        outputs = [_formal(parameter, option) for parameter in schema.outputs]
        attributes = [
            f"{name}:{kinds[attribute.type.name]}{'!' * attribute.required}"
            for name, attribute in sorted(schema.attributes.items())
        ]
        variables = []
        for constraint in schema.type_constraints:
            allowed = " ".join(sorted(map(_type, constraint.allowed_type_strs)))
            key = sets.setdefault(allowed, f"${len(sets)}")
            variables.append(f"{constraint.type_param_str}={key}")
        flags = "d" * schema.deprecated + "x" * (schema.support_level.name == "EXPERIMENTAL") or "-"
        head = f"{schema.domain or '-'} {schema.name} {schema.since_version} {flags} {schema.min_input}"
        lines.append(" | ".join((head, ",".join(inputs), ",".join(outputs), ",".join(attributes), ",".join(variables))))
    tables = [f"{key} = {allowed}" for allowed, key in sets.items()]
    return _HEAD.format(version=onnx.__version__) + "\n".join([*tables, *lines]) + "\n"


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201 - that is what it is for
