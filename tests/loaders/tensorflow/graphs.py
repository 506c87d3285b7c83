"""Small TensorFlow graphs as text, written node by node: what the tests need, and nothing that TensorFlow must make."""

from __future__ import annotations

import netlint
from netlint.finding import Finding

FLOAT = "type: DT_FLOAT"
INT32 = "type: DT_INT32"
INT64 = "type: DT_INT64"


def shape(*dims: int) -> str:
    return "shape { " + " ".join(f"dim {{ size: {dim} }}" for dim in dims) + " }"


def listed(*numbers: int) -> str:
    return "list { " + " ".join(f"i: {number}" for number in numbers) + " }"


def node(name: str, op: str, *inputs: str, **attrs: str) -> str:
    """One node: attributes as the text of their `AttrValue`."""
    lines = [f'node {{\n  name: "{name}"\n  op: "{op}"']
    lines += [f'  input: "{one}"' for one in inputs]
    lines += [f'  attr {{ key: "{key}" value {{ {value} }} }}' for key, value in attrs.items()]
    return "\n".join(lines) + "\n}\n"


def placeholder(name: str, *dims: int, dtype: str = FLOAT) -> str:
    return node(name, "Placeholder", dtype=dtype, shape=shape(*dims))


def constant(name: str, *values: float | int, dims: tuple[int, ...] | None = None) -> str:
    """Integers make an int32 tensor, anything else a float32 one; one value fills all of `dims`."""
    whole = all(isinstance(value, int) for value in values)
    extents = (len(values),) if dims is None else dims
    word, listed_as = ("DT_INT32", "int_val") if whole else ("DT_FLOAT", "float_val")
    sizes = " ".join(f"dim {{ size: {extent} }}" for extent in extents)
    numbers = " ".join(f"{listed_as}: {value}" for value in values)
    tensor = f"tensor {{ dtype: {word} tensor_shape {{ {sizes} }} {numbers} }}"
    return node(name, "Const", dtype=f"type: {word}", value=tensor)


def variable(name: str, *dims: int, start: str = "") -> str:
    """A variable with its reader `name/read`, and its first value where `start` names one."""
    text = node(name, "VariableV2", dtype=FLOAT, shape=shape(*dims)) + node(f"{name}/read", "Identity", name, T=FLOAT)
    return text + (node(f"{name}/Assign", "Assign", name, start, T=FLOAT) if start else "")


def normal(name: str, *dims: int, stddev: float, op: str = "TruncatedNormal") -> str:
    """`name = random * stddev + 0`."""
    return (
        constant(f"{name}/shape", *dims)
        + constant(f"{name}/mean", 0.0, dims=())
        + constant(f"{name}/stddev", stddev, dims=())
        + node(f"{name}/{op}", op, f"{name}/shape", T=INT32, dtype=FLOAT)
        + node(f"{name}/mul", "Mul", f"{name}/{op}", f"{name}/stddev", T=FLOAT)
        + node(name, "AddV2", f"{name}/mul", f"{name}/mean", T=FLOAT)
    )


def convolution(
    name: str, value: str, weight: str, *, stride: int = 1, padding: str = "SAME", layout: str = "NHWC"
) -> str:
    steps = listed(1, stride, stride, 1) if layout == "NHWC" else listed(1, 1, stride, stride)
    return node(
        name, "Conv2D", value, weight, T=FLOAT, strides=steps, padding=f's: "{padding}"', data_format=f's: "{layout}"'
    )


def findings(text: str) -> list[Finding]:
    return netlint.lint(text, filename="graph.pbtxt").findings


def told(text: str) -> list[tuple[str, int, str]]:
    """(rule, line, message) of every finding."""
    return [(one.rule, one.line, one.message) for one in findings(text)]
