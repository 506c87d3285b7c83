"""A softmax written out without subtracting the maximum."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, Value, rule
from netlint.facts import Ranges

_MOVES = ("Unsqueeze", "Reshape", "Expand", "Identity", "Cast", "Squeeze", "Tile")


@rule(severity="warning", on=("Div",), needs=(Ranges,))
def naive_softmax(node: Node, ctx: Context) -> Iterator[Finding]:
    if len(node.inputs) < 2:
        return
    grown, total = _maker(node.inputs[0].value), _maker(node.inputs[1].value)
    if grown is None or grown.op != "Exp" or total is None or not grown.inputs or not total.inputs:
        return
    if total.op == "Add":
        # An epsilon or a further term beside the sum.
        total = next(
            (maker for edge in total.inputs if (maker := _maker(edge.value)) and maker.op == "ReduceSum"), total
        )
    if total.op != "ReduceSum" or _maker(total.inputs[0].value) is not grown:
        return
    if ctx[Ranges].at(grown, 0).high < 80:
        return
    yield ctx.finding(
        node,
        f"{grown.label}, {total.label} and {node.label} compute a softmax without subtracting the maximum: a single "
        "score of 89 makes the exponential infinite (in half precision 12), and infinity / infinity is NaN",
        related=[(grown, "grows without bound"), (total, "is summed here")],
        remedy="use Softmax, or subtract the maximum of the scores before the exponential",
    )


def _maker(value: Value) -> Node | None:
    maker = value.producer
    while maker is not None and maker.op in _MOVES and maker.inputs:
        maker = maker.inputs[0].value.producer
    return maker
