"""An attention mask is applied behind the softmax."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Attention, Ranges

#: Nobody adds so negative a number to a probability.
_MASKS = -1e3


@rule(severity="error", needs=(Attention, Ranges))
def mask_after_softmax(_model: Model, ctx: Context) -> Iterator[Finding]:
    ranges = ctx[Ranges]
    for head in ctx[Attention].heads:
        for node in head.after:
            if node.op not in ("Add", "Where", "Sub"):
                continue
            masks = [
                edge
                for edge in node.inputs[node.op == "Where" :]
                if (edge.value.stored or ranges[edge.value].attained) and _hides(node.op, ranges[edge.value])
            ]
            if not masks:
                continue
            yield ctx.finding(
                node,
                f"{node.label} masks the weights that {head.softmax.label} has already made: hidden keys get a weight "
                "of minus thousands instead of 0, and the others do not add up to 1",
                related=[(head.softmax, "the mask belongs before this"), (head.scores, "to these scores")],
                remedy=f"apply the mask to what {head.softmax.label} reads",
            )
            break


def _hides(op: str, known: tuple[float, float, int, bool]) -> bool:
    low, high = known[0], known[1]
    return -high <= _MASKS if op == "Sub" else low <= _MASKS
