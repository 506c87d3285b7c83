"""The softmax of an attention does not run over the keys."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.edits import write
from netlint.facts import Attention, Shapes
from netlint.model import spell


@rule(severity="error", fixes=("unsafe",), needs=(Attention, Shapes))
def attention_softmax_axis(_model: Model, ctx: Context) -> Iterator[Finding]:
    for head in ctx[Attention].heads:
        axis, shape = head.softmax.get("axis", -1), ctx[Shapes].input(head.softmax)
        if not isinstance(shape, tuple) or not isinstance(axis, int) or head.softmax.get("flattens", 0) == 1:
            continue
        rank = len(shape)
        keys = rank + head.key_axis
        # Slot attention normalises over the queries and then once more.
        if not -rank <= axis < rank or axis % rank == keys or head.after or shape[axis] == 1:
            continue
        yield ctx.finding(
            head.softmax.place("axis"),
            f"{head.softmax.label} runs over axis {axis % rank} of {spell(shape)}, but {head.use.node.label} sums over "
            f"axis {keys}: the weights of one query do not add up to 1",
            related=[
                (head.scores, "compares queries and keys"),
                (head.use, "sums the values with these weights"),
            ],
            remedy=f"set axis to {head.key_axis}",
            edits=write(head.softmax.attrs.get("axis"), str(head.key_axis)),
            applicability="unsafe",
            node=head.softmax,
        )
