"""What a translation gives, and small steps that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from netlint.loaders.torch.arguments import Call
from netlint.model import Attr, AttrValue, Dim, Shape, Unknown, Value

#: Slices without an end go on for ever.
END: Final = 2**63 - 1


class Made(NamedTuple):
    """A node of the vocabulary: operator, inputs in its own order, attributes by its own names.

    `roles` says which inputs are parameters where the operator's own description does not.
    """

    op: str
    inputs: tuple[Value | None, ...]
    attrs: dict[str, Attr] = {}  # noqa: RUF012 - replaced, never changed
    roles: Mapping[int, str] | None = None


#: None where the call is a form that the vocabulary does not cover: it keeps its own name then.
Translation: TypeAlias = Callable[[Call], Made | None]


def attrs(**given: AttrValue | None) -> dict[str, Attr]:
    """Attributes under their own names."""
    return {name: Attr(name, value) for name, value in given.items() if value is not None}


def spelled(name: str, value: AttrValue | None, word: str) -> dict[str, Attr]:
    """One attribute that PyTorch calls `word`."""
    return {} if value is None else {name: Attr(name, value, spelled=word)}


def rank_of(value: Value | None) -> int:
    """The number of axes as the file declares it; -1 where it does not."""
    return len(value.shape) if value is not None and isinstance(value.shape, tuple) else -1


def shape_of(value: Value | None) -> Shape:
    return Unknown("no value") if value is None else value.shape


def whole(dims: tuple[Dim, ...] | None) -> tuple[int, ...] | None:
    """Numbers, all of them known."""
    if dims is None or not all(isinstance(dim, int) for dim in dims):
        return None
    return tuple(dim for dim in dims if isinstance(dim, int))


def unary(op: str, **fixed: AttrValue) -> Translation:
    """An operator of one input, with attributes that are always the same."""

    def translate(call: Call) -> Made:
        return Made(op, (call.value("self", "input"),), attrs(**fixed))

    return translate


def pairwise(op: str) -> Translation:
    """An operator of two operands, numbers among them."""

    def translate(call: Call) -> Made | None:
        if call.dim("alpha", 1) != 1:
            return Made("aten::scaled_sum", (call.operand("self"), call.operand("other")), call.plain())
        return Made(op, (call.operand("self"), call.operand("other")))

    return translate


def kept(op: str, *names: str) -> Translation:
    """An operator of the dialect, with these tensors (or all of them) as inputs and every number as an attribute."""

    def translate(call: Call) -> Made:
        return Made(op, tuple(map(call.value, names)) if names else call.tensors(), call.plain())

    return translate
