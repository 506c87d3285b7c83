"""BatchNorm's momentum counts the other way round in this framework."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import write


@rule(
    severity="warning",
    fixes=("unsafe",),
    on=("BatchNormalization",),
    learning=True,
    dialects=("keras", "tensorflow", "torch"),
)
def batchnorm_momentum_convention(node: Node, ctx: Context) -> Iterator[Finding]:
    attr = node.attrs.get("momentum")
    keeps = attr.value if attr is not None else 1
    if node.param("mean") is None or node.get("training_mode", 1) == 0:
        return
    # Nobody reaches "the last batch alone" by mixing up the two: that is written on purpose.
    if not isinstance(keeps, int | float) or not 0 < keeps <= 0.5:
        return
    torch = node.dialect == "torch"
    written = round(1 - keeps, 6) if torch else keeps
    other = round(1 - written, 6)
    yield ctx.finding(
        node.place("momentum"),
        f"{node.label} has a momentum of {written:g}, which here is the share of the "
        f"{'new batch' if torch else 'old average'}: the statistics for evaluation are those of the last batch or two",
        remedy=f"write {other:g}: "
        + (
            "PyTorch counts what the new batch adds, other frameworks what the average keeps"
            if torch
            else "Keras and TensorFlow count what the average keeps, PyTorch what the new batch adds"
        ),
        edits=write(attr, f"{other:g}"),
        applicability="unsafe",
        node=node,
    )
