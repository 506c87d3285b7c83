"""The exponential of a value that certainly grows beyond what the type can hold."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges

#: The argument from which on the exponential is infinite: the logarithm of the type's largest number.
_LARGEST = {"float16": 11.09, "bfloat16": 88.72, "float32": 88.72, "float64": 709.78}


@rule(severity="warning", on=("Exp",), needs=(Ranges,))
def unsafe_exp(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or node.attrs or not node.outputs:
        return
    ranges, value = ctx[Ranges], node.inputs[0].value
    arriving, maker = ranges[value], ranges.maker(value)
    dtype = node.outputs[0].dtype or value.dtype
    limit = _LARGEST.get(dtype)
    if limit is None:
        return
    related = [(maker, "makes it")] if maker else []
    if arriving.attained and limit < arriving.high < float("inf"):
        yield ctx.finding(
            node.inputs[0],
            f"{node.label} reads `{value.name}`, which lets {arriving.high:g} through: in {dtype} the exponential is "
            f"infinite from {limit:g} on",
            related=related,
            remedy=f"bound the argument below {limit:g}, or subtract the maximum first",
            node=node,
        )
        return
    softplus = _naive_softplus(node, ranges)
    if softplus is not None and arriving.high > limit:
        yield ctx.finding(
            node,
            f"{node.label} and {softplus.label} compute log(1 + exp(x)), which is infinite from x = {limit:g} on "
            f"in {dtype}, although the result would be just x",
            related=[(softplus, "the logarithm is taken here")],
            remedy="use Softplus",
            severity="info",
        )


def _naive_softplus(node: Node, ranges: Ranges) -> Node | None:
    """The Log of `Log(1 + Exp(x))`."""
    for plus in node.successors:
        if plus.op == "Add" and any(ranges.number(plus, slot) == 1 for slot in (0, 1)):
            return next((after for after in plus.successors if after.op == "Log"), None)
    return None
