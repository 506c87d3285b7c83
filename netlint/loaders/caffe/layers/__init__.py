"""Caffe's layer types, one table a family; `LAYER_TYPES` is their union."""

from collections.abc import Mapping
from typing import Final

from netlint.loaders.caffe.layer import LayerType
from netlint.loaders.caffe.layers import convolution, data, elementwise, layout, loss, normalisation, pooling, recurrent

_FAMILIES: Final = (convolution, data, elementwise, layout, loss, normalisation, pooling, recurrent)

LAYER_TYPES: Final[Mapping[str, LayerType]] = {
    name: layer_type for family in _FAMILIES for name, layer_type in family.TYPES.items()
}
