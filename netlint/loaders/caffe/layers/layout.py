"""Layers that move, select or reduce elements, and those that end a branch."""

from collections.abc import Callable
from typing import Final

from netlint.loaders.caffe.layer import Layer, LayerType, Translation
from netlint.model import UNKNOWN, Attr

#: Forks whose Crop knows no `crop_param` and finds its offset by itself.
_ALIGNING: Final = frozenset({"HED", "CRF-RNN"})


def _with(op: str, block_name: str, **fields: str) -> Callable[[Layer], Translation]:
    def translate(layer: Layer) -> Translation:
        block = layer.block(block_name)
        return Translation(op, {name: block.attr(name, field) for name, field in fields.items() if block.has(field)})

    return translate


def _bare(op: str) -> Callable[[Layer], Translation]:
    return lambda _layer: Translation(op)


def reshape(layer: Layer) -> Translation:
    """Reshape; 0 copies a dimension, -1 is inferred."""
    block = layer.block("reshape_param")
    shape = block.block("shape")
    attrs = {"shape": shape.attr("shape", "dim", shape.numbers("dim"))}
    attrs |= {name: block.attr(name, name) for name in ("axis", "num_axes") if block.has(name)}
    return Translation("Reshape", attrs)


def slice_(layer: Layer) -> Translation:
    """Split; `slice_dim` is the old word for `axis`."""
    block = layer.block("slice_param")
    word = "slice_dim" if block.has("slice_dim") else "axis"
    attrs = {"axis": block.attr("axis", word)} if block.has(word) else {}
    if block.has("slice_point"):
        attrs["points"] = block.attr("points", "slice_point", block.numbers("slice_point"))
    return Translation("Split", attrs)


def crop(layer: Layer) -> Translation:
    """Crop to the size of the second bottom."""
    if layer.forks and layer.forks <= _ALIGNING:
        return aligned_crop(layer)
    block = layer.block("crop_param")
    attrs = {"axis": block.attr("axis", "axis")} if block.has("axis") else {}
    if block.has("offset"):
        attrs["offsets"] = block.attr("offsets", "offset", block.numbers("offset"))
    return Translation("caffe::Crop", attrs)


def aligned_crop(_layer: Layer) -> Translation:
    """The crop of the time before BVLC's, V1's `CROP` and HED's `Crop`: it has no parameters and finds the offset at
    which its bottoms lie on each other by itself (s9xie/hed src/caffe/layers/crop_layer.cpp)."""
    return Translation("caffe::Crop", {"offsets": Attr("offsets", UNKNOWN)})


def python(layer: Layer) -> Translation:
    """User code: a source of data when it has no bottoms, unknown otherwise."""
    return Translation("Input" if not layer.bottoms else "caffe::Python")


TYPES = {
    "Flatten": LayerType(_with("Flatten", "flatten_param", axis="axis", end_axis="end_axis"), ("flatten_param",)),
    "Reshape": LayerType(reshape, ("reshape_param",)),
    "Split": LayerType(_bare("Identity"), tops=(1, None)),
    "Slice": LayerType(slice_, ("slice_param",), tops=(1, None)),
    "Crop": LayerType(crop, ("crop_param",), bottoms=(2, 2)),
    "Tile": LayerType(_with("Tile", "tile_param", axis="axis", tiles="tiles"), ("tile_param",)),
    "Filter": LayerType(_bare("caffe::Filter"), bottoms=(2, None), tops=(1, None)),
    "BatchReindex": LayerType(_bare("caffe::BatchReindex"), bottoms=(2, 2)),
    "Reduction": LayerType(
        _with("caffe::Reduction", "reduction_param", axis="axis", operation="operation"), ("reduction_param",)
    ),
    "ArgMax": LayerType(
        _with("ArgMax", "argmax_param", axis="axis", top_k="top_k", out_max_val="out_max_val"), ("argmax_param",)
    ),
    "Silence": LayerType(_bare("caffe::Silence"), bottoms=(1, None), tops=(0, 0)),
    "HDF5Output": LayerType(_bare("caffe::HDF5Output"), ("hdf5_output_param",), bottoms=(2, 2), tops=(0, 0)),
    "Python": LayerType(python, ("python_param",), bottoms=(0, None), tops=(0, None)),
}
