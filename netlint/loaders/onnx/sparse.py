"""Sparse tensors: whether their indices fit their values and their shape (onnx/checker.cc, check_sparse_tensor)."""

from __future__ import annotations

from itertools import pairwise

from netlint.loaders.onnx.tensors import elements_of, shape_of
from netlint.loaders.protobuf import Message
from netlint.model import Problem, product, spell


def corrupt_sparse(sparse: Message) -> Problem | None:
    """Why a sparse tensor cannot be what it says; None where it can, or where its indices are too many to be kept."""
    dims, values, indices = tuple(sparse.dims), shape_of(sparse.values), shape_of(sparse.indices)
    what = f"sparse tensor `{sparse.values.name}`"
    if any(dim < 0 for dim in dims):
        return _bad(f"{what} has the shape {spell(dims)}: no extent is negative")
    if (
        not isinstance(values, tuple)
        or not isinstance(indices, tuple)
        or len(values) != 1
        or len(indices) not in (1, 2)
    ):
        return _bad(f"{what} has values of shape {spell(values)} and indices of shape {spell(indices)}")
    if indices[0] != values[0] or (len(indices) == 2 and indices[1] != len(dims)):
        return _bad(f"{what} has {values[0]} values, but indices of shape {spell(indices)}")
    places = elements_of(sparse.indices, "int64", indices)
    count = product(dims)
    if places is None or not isinstance(count, int):
        return None
    rows = [places] if len(indices) == 1 else list(zip(*[iter(places)] * len(dims), strict=False))
    flat = list(places) if len(indices) == 1 else [_flat(row, dims) for row in rows]
    for place in flat:
        if not isinstance(place, int) or not 0 <= place < count:
            return _bad(f"{what} is {spell(dims)}, but has an index outside of it")
    if any(isinstance(a, int) and isinstance(b, int) and a >= b for a, b in pairwise(flat)):
        return _bad(f"{what} has indices that are not in ascending order, each once")
    return None


def _flat(row: tuple[object, ...], dims: tuple[int, ...]) -> int:
    """The place of an index in row-major order; -1 for one outside."""
    place = 0
    for index, dim in zip(row, dims, strict=True):
        if not isinstance(index, int) or not 0 <= index < dim:
            return -1
        place = place * dim + index
    return place


def _bad(what: str) -> Problem:
    return Problem("corrupt-tensor", what, None, remedy="write the tensor again, or store it densely")
