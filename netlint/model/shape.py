"""Dimensions and shapes."""

from typing import TypeAlias

from netlint.model.unknown import Unknown

#: One extent of a tensor: a number of elements, or unknown.
Dim: TypeAlias = int | Unknown

#: The extents of a tensor, outermost first (`(N, C, H, W)` in Caffe, ONNX and PyTorch); unknown when the rank is.
Shape: TypeAlias = tuple[Dim, ...] | Unknown


def product(dims: tuple[Dim, ...]) -> Dim:
    """The number of elements in `dims`; unknown as soon as one of them is."""
    count = 1
    for dim in dims:
        if isinstance(dim, Unknown):
            return dim
        count *= dim
    return count


def spell(shape: Shape) -> str:
    """`4x3x224x224`, `?x10`, `scalar`, or `?` for an unknown rank: the way shapes stand in messages."""
    if isinstance(shape, Unknown):
        return "?"
    return "x".join(map(str, shape)) or "scalar"
