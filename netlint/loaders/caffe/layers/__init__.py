"""Caffe's layer types, one table a family: `LAYER_TYPES` holds BVLC's, `layer_type_of` knows the forks' as well."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from netlint.loaders.caffe.layer import LayerType
from netlint.loaders.caffe.layers import convolution, data, elementwise, layout, loss, normalisation, pooling, recurrent

_FAMILIES: Final = (convolution, data, elementwise, layout, loss, normalisation, pooling, recurrent)

LAYER_TYPES: Final[Mapping[str, LayerType]] = {
    name: layer_type for family in _FAMILIES for name, layer_type in family.TYPES.items()
}


@cache
def _fork_types() -> Mapping[str, LayerType]:
    """Read only when a file uses a type that BVLC lacks."""
    from netlint.loaders.caffe.layers import detection, flow, forks

    return {**forks.TYPES, **detection.TYPES, **flow.TYPES}


def layer_type_of(name: str) -> LayerType | None:
    """A layer type of BVLC's or of a well-known fork; None for one of which netlint knows nothing."""
    return LAYER_TYPES.get(name) or _fork_types().get(name)


def layer_types() -> frozenset[str]:
    """Every layer type that netlint knows, BVLC's and the forks'."""
    return frozenset((*LAYER_TYPES, *_fork_types()))
