"""Dimensions and shapes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from netlint.model.unknown import UNKNOWN, Unknown

#: A product of named extents, in alphabetical order: `("batch", "sequence")`; empty for the constant term.
Monomial: TypeAlias = tuple[str, ...]

#: Longer sums say nothing to a reader and cost time with every step; longer products and names double with every one.
_MOST_TERMS: Final = 8
_MOST_FACTORS: Final = 16
_LONGEST_NAME: Final = 128

#: No tensor has more elements. Numbers that a file multiplies with themselves over and over would fill the memory.
_MOST_BITS: Final = 256


@dataclass(frozen=True, slots=True)
class Symbol(Unknown):
    """An extent that has no number but a name, or a polynomial of such: `batch`, `2*sequence + 1`.

    It is unknown to whoever asks for a number. Equal symbols are equal extents; of unequal ones nothing follows.
    `terms` gives each product of names and its factor, in order.
    """

    terms: tuple[tuple[Monomial, int], ...] = ()

    def __str__(self) -> str:
        return " + ".join(
            "*".join((str(factor),) * (factor != 1 or not names) + names) for names, factor in reversed(self.terms)
        )


#: One extent of a tensor: a number of elements, a symbol, or unknown.
Dim: TypeAlias = int | Unknown

#: The extents of a tensor, outermost first (`(N, C, H, W)` in Caffe, ONNX and PyTorch); unknown when the rank is.
Shape: TypeAlias = tuple[Dim, ...] | Unknown


class ChannelsFirst(tuple[Dim, ...]):
    """A shape of a channels-last source, turned to (batch, channels, spatial...) for whoever computes with it.

    Messages show it as the source has it (`spell`). What is cut out of it or made from it is a plain tuple.
    """

    __slots__ = ()


def channels_first(shape: Shape) -> Shape:
    """(batch, spatial..., channels) as (batch, channels, spatial...); what has no spatial axis stays as it is."""
    if isinstance(shape, Unknown) or len(shape) < 3:
        return shape
    return ChannelsFirst((shape[0], shape[-1], *shape[1:-1]))


def channels_last(shape: Shape) -> Shape:
    """(batch, channels, spatial...) as (batch, spatial..., channels)."""
    if isinstance(shape, Unknown) or len(shape) < 3:
        return shape
    return (shape[0], *shape[2:], shape[1])


#: The elements of a small tensor in row-major order, as far as they are known: numbers, texts, or symbols.
Elements: TypeAlias = tuple[int | float | str | Unknown, ...]


def symbol(name: str) -> Symbol:
    """The extent of this name."""
    return Symbol("named, not numbered", (((name,), 1),))


def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...] | None:
    if isinstance(dim, int):
        return (((), dim),) if dim else ()
    return dim.terms if isinstance(dim, Symbol) else None


def _collect(terms: Iterable[tuple[Monomial, int]]) -> Dim:
    sums: dict[Monomial, int] = {}
    for names, factor in terms:
        sums[names] = sums.get(names, 0) + factor
    kept = tuple(sorted(item for item in sums.items() if item[1]))
    if not kept:
        return 0
    if len(kept) == 1 and not kept[0][0]:
        return _small(kept[0][1])
    if len(kept) > _MOST_TERMS:
        return UNKNOWN
    if any(len(names) > _MOST_FACTORS or factor.bit_length() > _MOST_BITS for names, factor in kept):
        return UNKNOWN
    return Symbol("named, not numbered", kept)


def _small(count: int) -> Dim:
    return count if count.bit_length() <= _MOST_BITS else UNKNOWN


def plus(a: Dim, b: Dim) -> Dim:
    """The sum of two extents; unknown as soon as one of them is no number and no symbol."""
    if isinstance(a, int) and isinstance(b, int):
        return _small(a + b)
    left, right = _terms(a), _terms(b)
    return UNKNOWN if left is None or right is None else _collect((*left, *right))


def times(a: Dim, b: Dim) -> Dim:
    """The product of two extents; unknown as soon as one of them is no number and no symbol."""
    if isinstance(a, int) and isinstance(b, int):
        return _small(a * b)
    left, right = _terms(a), _terms(b)
    if left is None or right is None:
        return UNKNOWN
    return _collect((tuple(sorted(names + others)), factor * by) for names, factor in left for others, by in right)


def minus(a: Dim, b: Dim) -> Dim:
    """The difference of two extents."""
    return plus(a, times(b, -1))


def quotient(a: Dim, b: Dim) -> Dim:
    """How often `b` goes into `a`, rounded down; where it is no number, a symbol that stands for just that."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if b else UNKNOWN
    if a == b and isinstance(a, Symbol):
        return 1
    upper, lower = _terms(a), _terms(b)
    if not upper or not lower:
        return 0 if upper == () and lower else UNKNOWN
    if len(lower) == 1:
        names, factor = lower[0]
        divided = [_divided(term, names, factor) for term in upper]
        if None not in divided:
            return _collect(term for term in divided if term is not None)
    name = f"floor(({a})/({b}))"
    return symbol(name) if len(name) <= _LONGEST_NAME else UNKNOWN


def _divided(term: tuple[Monomial, int], names: Monomial, factor: int) -> tuple[Monomial, int] | None:
    left = list(term[0])
    for name in names:
        if name not in left:
            return None
        left.remove(name)
    return None if term[1] % factor else (tuple(left), term[1] // factor)


def product(dims: Iterable[Dim]) -> Dim:
    """The number of elements in `dims`; unknown as soon as one of them is, a symbol where they are symbols."""
    count: Dim = 1
    for dim in dims:
        if isinstance(dim, int) and isinstance(count, int):
            count *= dim
            if count.bit_length() > _MOST_BITS:
                return UNKNOWN
        elif dim == 1:
            continue
        elif isinstance(dim, int | Symbol) and isinstance(count, int | Symbol):
            count = dim if count == 1 else times(count, dim)
        else:
            return UNKNOWN
    return count


def spell(shape: Shape) -> str:
    """`4x3x224x224`, `batchx10`, `?x10`, `scalar`, or `?` for an unknown rank: the way shapes stand in messages."""
    if isinstance(shape, Unknown):
        return "?"
    if isinstance(shape, ChannelsFirst):
        return spell(channels_last(tuple(shape)))
    return "x".join(map(str, shape)) or "scalar"
