"""Sums of products that an equation names (`ij,jk->ik`)."""

from __future__ import annotations

from typing import Final

from netlint.model import UNKNOWN, Dim, Node, Unknown, spell
from netlint.ops.arithmetic import MOST_AXES, called, differ, refused, undetermined
from netlint.ops.broadcast import wider
from netlint.ops.operator import Arrived, Operator, Outcome, Report

#: Longer equations name more axes than a tensor has.
_LONGEST: Final = 512


def einsum(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Equal letters are equal extents; `...` stands for axes that broadcast; without `->` the output has the letters
    that stand once, in alphabetical order (ONNX Einsum, numpy.einsum)."""
    equation = node.get("equation", "")
    if not isinstance(equation, str) or not equation or len(equation) > _LONGEST:
        return undetermined(node)
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(inputs):
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"the equation `{equation}` of {node.label} names {len(terms)} operands, but {len(inputs)} arrive",
            at=node.place("equation"),
            slots=(),
            remedy="name each input once, divided by commas",
        )
    extents: dict[str, Dim] = {}
    common: tuple[Dim, ...] | None = ()
    for slot, term in enumerate(terms):
        shape = inputs[slot]
        before, dots, after = term.partition("...")
        letters = before + after
        if "." in letters:
            return undetermined(node)
        if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
            common = None if dots else common
            continue
        if len(shape) < len(letters) or (not dots and len(shape) > len(letters)):
            return refused(
                node,
                inputs,
                report,
                "rank-mismatch",
                f"the equation `{equation}` of {node.label} gives {called(node, slot)} {len(letters)} axes (`{term}`), "
                f"but it is {spell(shape)}",
                slots=(slot,),
                remedy="name each axis by one letter",
            )
        hidden = len(shape) - len(letters)
        if dots and common is not None:
            common = wider(common, shape[len(before) : len(before) + hidden])
        for letter, dim in zip(letters, shape[: len(before)] + shape[len(before) + hidden :], strict=True):
            known = extents.get(letter, 1)
            if known == 1 or (isinstance(known, Unknown) and dim != 1):
                extents[letter] = dim
            elif differ(known, dim) and dim != 1:
                return refused(
                    node,
                    inputs,
                    report,
                    "matmul-mismatch",
                    f"the equation `{equation}` of {node.label} uses `{letter}` for an extent of {known} and, in "
                    f"{called(node, slot)} {spell(shape)}, for one of {dim}",
                    slots=(slot,),
                    remedy="use equal letters for equal extents only",
                )
    if not arrow:
        once = sorted(letter for letter in extents if left.count(letter) == 1)
        right = ("..." if "..." in left else "") + "".join(once)
    before, dots, after = right.partition("...")
    if "." in before + after or (dots and common is None):
        return undetermined(node)
    result = (
        *(extents.get(letter, UNKNOWN) for letter in before),
        *(common if dots and common is not None else ()),
        *(extents.get(letter, UNKNOWN) for letter in after),
    )
    return Outcome((result if len(result) <= MOST_AXES else UNKNOWN,) * len(node.outputs))


OPERATORS = (Operator("Einsum", einsum, kind="weighted", roles={1: "weight"}),)
