"""A value that the definition makes constant, whatever the input is."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Paths, Ranges

#: Nobody writes one of these to get a constant.
_ACTIVATIONS = frozenset({"Relu", "LeakyRelu", "Clip", "Sqrt", "Abs", "Max", "Min"})
#: Hands a constant on.
_STEPS = ("Identity", "Reshape", "Flatten", "Cast", "Add", "Mul", "Sub", "Div", "Relu", "Sigmoid", "Softmax", "Gemm")


@rule(severity="error", needs=(Paths, Ranges), unless=("norm-on-single-element",))
def constant_output(model: Model, ctx: Context) -> Iterator[Finding]:
    ranges = ctx[Ranges]
    for node in ranges.collapsing:
        if node.op not in _ACTIVATIONS and not _hides_layers(node, ctx) and not _makes_a_result(node, model):
            continue
        constant = ranges[node.outputs[0]].low
        yield ctx.finding(
            node,
            f"{node.label} always gives {constant:g}: {_why(node, ranges)}, so nothing before it has any effect on the "
            "result, and no gradient passes",
            related=[(before, "what it computes is lost here") for before in list(node.predecessors)[:1]],
            remedy="remove the operator, or mend the sign, the bound or the factor that makes it constant",
        )


def _why(node: Node, ranges: Ranges) -> str:
    if node.op in ("Relu", "LeakyRelu"):
        return f"what arrives is {ranges.at(node, 0)}, never positive"
    if node.op == "Clip":
        least, most = ranges.number(node, 1, "min"), ranges.number(node, 2, "max")
        if least is not None and most is not None and least >= most:
            return f"its lower bound {least:g} is not below its upper bound {most:g}"
        return f"what arrives is {ranges.at(node, 0)}, beyond its bounds"
    if node.op == "Mul":
        return "one factor is 0"
    return "its inputs leave nothing else"


def _hides_layers(node: Node, ctx: Context) -> bool:
    """The output of a weighted layer goes nowhere else."""
    return any(
        all(node in _reached_by(edge.node) for edge in layer.outputs[0].uses)
        for edge in node.inputs
        if (layer := ctx[Paths].direct_source(edge)) is not None and layer.params and layer.outputs
    )


def _reached_by(node: Node) -> list[Node]:
    return [node, *node.successors]


def _makes_a_result(node: Node, model: Model) -> bool:
    """What the model gives is this constant, behind reshapes and arithmetic with other constants."""
    if model.results is None:
        return False
    results, waiting = set(model.results), [node]
    for _ in range(32):
        if not waiting:
            return False
        current = waiting.pop()
        if any(value in results for value in current.outputs):
            return True
        waiting += [
            after
            for after in current.successors
            if after.op in _STEPS and sum(edge.producer is not None for edge in after.inputs) == 1
        ]
    return False
