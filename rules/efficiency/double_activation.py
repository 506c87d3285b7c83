"""An activation that changes nothing, because what it reads already has its form."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import remove_layer
from netlint.facts import Ranges
from netlint.facts.walk import sole_source, transparent
from netlint.ops import operator

#: Identities for what is not negative.
_POSITIVE = frozenset({"Relu", "LeakyRelu", "Abs", "Elu", "Celu", "PRelu"})
_SQUASHING = frozenset({"Sigmoid", "Tanh", "Softmax"})


@rule(
    severity="info",
    fixes=("safe", "unsafe"),
    on=("Relu", "LeakyRelu", "Abs", "Elu", "Celu", "PRelu", "Clip", "Sigmoid", "Tanh"),
    needs=(Ranges,),
)
def double_activation(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or not node.outputs or node.attrs.get("coeff"):
        return
    ranges, value = ctx[Ranges], node.inputs[0].value
    # Integers come from shapes and indices: a guard on them costs nothing.
    if node.outputs[0].dtype.startswith(("int", "uint")):
        return
    maker = sole_source(value, _passes)
    if maker is None or (operator(maker.op).activation is None and maker.op != "Softmax"):
        return
    arriving = ranges[value]
    if arriving.constant:
        return
    if node.op in _SQUASHING:
        if maker.op not in _SQUASHING or (maker.op == "Softmax" and node.op == "Tanh"):
            return
        what = f"squashes a second time: the result covers {_image(node, maker)} only"
    elif (node.op in _POSITIVE and arriving.low >= 0) or (node.op == "Clip" and _within(node, ranges)):
        what = f"changes nothing: {maker.label} gives {arriving} already"
    else:
        return
    yield ctx.finding(
        node,
        f"{node.label} {what}",
        related=[(maker, "the first activation")],
        remedy="remove one of the two",
        edits=remove_layer(node),
        applicability="unsafe" if node.op in _SQUASHING else "safe",
    )


def _passes(node: Node) -> bool:
    # The largest of some values has their sign.
    return transparent(node) or node.op == "MaxPool"


def _within(node: Node, ranges: Ranges) -> bool:
    arriving = ranges.at(node, 0)
    least = ranges.number(node, 1, "min") if _given(node, 1, "min") else float("-inf")
    most = ranges.number(node, 2, "max") if _given(node, 2, "max") else float("inf")
    return least is not None and most is not None and least <= arriving.low and arriving.high <= most


def _given(node: Node, slot: int, name: str) -> bool:
    return name in node.attrs or (slot < len(node.inputs) and bool(node.inputs[slot].value.name))


def _image(node: Node, maker: Node) -> str:
    if node.op == "Tanh":
        return "-0.76 to 0.76" if maker.op == "Tanh" else "0 to 0.76"
    return "0.27 to 0.73" if maker.op == "Tanh" else "0.5 to 0.73"
