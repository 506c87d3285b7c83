"""Whether the data of two phases is made the same way."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model import Attr, Model, Node, Problem


def transforms_differ(train: Model, test: Model) -> Iterator[Problem]:
    """Scale and mean of the data layers that make the same blob in TRAIN and in TEST.

    Cropping and mirroring differ by design. Two mean files, or a file and values, may hold the same mean.
    """
    first = {node.outputs[0].name: node for node in train.by_op.get("Input", ()) if node.outputs}
    for node in test.by_op.get("Input", ()):
        other = first.get(node.outputs[0].name) if node.outputs else None
        if other is None or other.span == node.span or other.dialect_op != node.dialect_op:
            continue
        # A layer that a fork's fields make doubtful was not read at all.
        if "batch_size" not in node.attrs or "batch_size" not in other.attrs:
            continue
        for name, what in (("scale", "scale"), ("mean", "mean")):
            mine, theirs = node.attrs.get(name), other.attrs.get(name)
            if _differ(mine, theirs):
                yield _problem(node, mine, other, theirs, what)


def _differ(mine: Attr | None, theirs: Attr | None) -> bool:
    if mine is None or theirs is None:
        return mine is not theirs
    if isinstance(mine.value, str) or isinstance(theirs.value, str):
        return False
    one, two = _numbers(mine), _numbers(theirs)
    if len(one) != len(two):
        # A single value stands for every channel.
        one, two = (one * len(two), two) if len(one) == 1 else (one, two * len(one))
    # A mean that was rounded otherwise (123 or 123.68) does no harm.
    return len(one) == len(two) and any(abs(a - b) > 0.02 * max(abs(a), abs(b)) for a, b in zip(one, two, strict=True))


def _numbers(attr: Attr) -> tuple[float, ...]:
    values = attr.value if isinstance(attr.value, tuple) else (attr.value,)
    return tuple(float(value) for value in values if isinstance(value, int | float))


def _problem(node: Node, mine: Attr | None, other: Node, theirs: Attr | None, what: str) -> Problem:
    def said(attr: Attr | None) -> str:
        if attr is None:
            return "none"
        value = attr.value
        if isinstance(value, tuple):
            return ", ".join(f"{number:g}" for number in value if isinstance(number, int | float))
        return f"`{value}`" if isinstance(value, str) else f"{value:g}" if isinstance(value, int | float) else "?"

    return Problem(
        "preprocessing-train-test-mismatch",
        f"{node.label} tests with {what} {said(mine)}, but {other.label} trains with {what} {said(theirs)}: the "
        "network is tested on data unlike that it learned from",
        mine if mine is not None else node,
        related=((theirs if theirs is not None else other, "the data of TRAIN"),),
        remedy=f"give both data layers the same {what}",
        node=node,
    )
