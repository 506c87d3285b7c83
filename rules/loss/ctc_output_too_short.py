"""CTC has fewer time steps than a label has symbols."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.finding import Severity
from netlint.model import Dim


@rule(severity="error", on=("CTCLoss", "keras::CTC"), needs=(Shapes,), beyond=True)
def ctc_output_too_short(node: Node, ctx: Context) -> Iterator[Finding]:
    shape, wanted = ctx[Shapes].input(node), ctx.model.task.label_shape
    if not isinstance(shape, tuple) or len(shape) != 3:
        return
    yield from _called(node, ctx)
    if not wanted or len(wanted) != 2:
        return
    # PyTorch wants the time in front; where a training loop turns the network's output is not known.
    axes = (shape[1],) if node.op == "keras::CTC" else shape[:2]
    steps = [axis for axis in axes if isinstance(axis, int)]
    if len(steps) == len(axes) and max(steps) < wanted[-1]:
        # The longest label may be shorter than what all are padded to.
        yield _short(node, ctx, max(steps), wanted[-1], "labels are said to have up to", "warning")


def _called(node: Node, ctx: Context) -> Iterator[Finding]:
    """The loss is given the lengths of each sequence and each label as numbers."""
    steps, symbols = (_lengths(node, ctx, name, slot) for name, slot in (("input_lengths", 2), ("target_lengths", 3)))
    for step, symbol in zip(steps, symbols, strict=False):
        if isinstance(step, int) and isinstance(symbol, int) and step < symbol:
            yield _short(node, ctx, step, symbol, "a label has")
            return


def _lengths(node: Node, ctx: Context, name: str, slot: int) -> tuple[Dim | float | str, ...]:
    given = node.get(name, ())
    if isinstance(given, tuple) and given:
        return given
    found = ctx[Shapes].elements(node.inputs[slot].value) if slot < len(node.inputs) else None
    return found or ()


def _short(node: Node, ctx: Context, steps: int, symbols: int, whose: str, severity: Severity | None = None) -> Finding:
    return ctx.finding(
        node,
        f"{node.label} gets {steps} time steps, and {whose} {symbols} symbols: no path through {steps} steps spells "
        "them, so that the loss is infinite (or 0 without a gradient, where infinities are left out)",
        related=[(edge.producer, "gives the time steps") for edge in node.inputs[:1] if edge.producer is not None],
        remedy=f"keep at least {symbols} time steps, and one more for each symbol that stands twice in a row: less "
        "stride or pooling along the time",
        severity=severity,
    )
