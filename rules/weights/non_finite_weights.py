"""Stored weights that hold NaN or infinity."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, Value, rule
from netlint.facts import Weights

#: One NaN in an operand of these is a NaN in the result. Infinities are common in masks that are added.
_SPREADING: Final = frozenset(("Add", "Sub", "Mul", "Div", "Sum"))


@rule(severity="error", beyond=True, needs=(Weights,))
def non_finite_weights(model: Model, ctx: Context) -> Iterator[Finding]:
    bad = [
        value for value in model.stored if value.statistics and (value.statistics.nans or value.statistics.infinities)
    ]
    if not bad:
        return
    users: dict[Value, Node] = {weight.value: weight.node for weight in ctx[Weights].distinct()}
    for value in bad:
        figures = value.statistics
        assert figures is not None
        user = users.get(value)
        if user is None and figures.nans:
            user = next((edge.node for edge in value.uses if edge.node.op in _SPREADING), None)
        if user is None:
            continue
        kinds = ((figures.nans, "NaN"), (figures.infinities, "infinite"))
        what = " and ".join(f"{count:,} {kind}" for count, kind in kinds if count)
        yield ctx.finding(
            value,
            f"`{value.name}`, which {user.label} computes with, holds {what} of {figures.count:,} elements: "
            "every output that they touch is NaN or infinite",
            related=[(user, "it is used here")],
            remedy="take an earlier checkpoint: the training has diverged, or a conversion went wrong",
            node=user,
        )
