"""Layers without bottoms: data, inputs, learned constants."""

from collections.abc import Callable

from netlint.loaders.caffe.layer import Block, Layer, LayerType, Translation, initializer, learned
from netlint.model import UNKNOWN, Attr, Dim, Problem, Shape, Unknown

_FROM_DATA = Unknown("the data set decides")


def _batch(layer: Layer, block: Block, problems: list[Problem]) -> Dim:
    size = block.number("batch_size")
    if size > 0:
        return size
    given = block.field("batch_size")
    problems.append(
        Problem(
            "missing-batch-size",
            f"{layer.label} has {'a batch_size of 0' if given else 'no batch_size'}, so a batch holds nothing: Caffe "
            "stops at a blob of 0 elements",
            block.span(given) if given else block.name_span or layer.span,
            remedy=f"set `batch_size` in `{block.name}`",
        )
    )
    return UNKNOWN


def _crop(layer: Layer, block: Block) -> Dim:
    """The size after cropping: `transform_param`, or V1's field inside the data block itself."""
    size = layer.block("transform_param").number("crop_size")
    if not size and layer.schema_name != "LayerParameter" and "crop_size" in block.fields:
        size = block.number("crop_size")
    return size or _FROM_DATA


def channels_of(layer: Layer) -> Dim:
    """What the transformation says of the channels: forced colour or grey, or one mean a channel."""
    transform = layer.block("transform_param")
    if transform.get("force_color") is True:
        return 3
    if transform.get("force_gray") is True:
        return 1
    means = len(transform.all("mean_value"))
    return means if means > 1 else _FROM_DATA


def _transformed(layer: Layer, block: Block) -> dict[str, Attr]:
    """The batch, and the scale and mean of `transform_param`, or of V1's data block itself, where they do something."""
    attrs = {"batch_size": block.attr("batch_size", "batch_size")}
    transform = layer.block("transform_param")
    for own in (transform, block) if layer.schema_name != "LayerParameter" else (transform,):
        if own.has("scale") and own.get("scale") != 1:
            attrs["scale"] = own.attr("scale", "scale")
        if own.has("mean_file"):
            attrs["mean"] = own.attr("mean", "mean_file")
        means = tuple(item.value for item in own.all("mean_value") if isinstance(item.value, int | float))
        if any(means):
            attrs["mean"] = own.attr("mean", "mean_value", means[:1] if len(set(means)) == 1 else means)
    return attrs


def images(block_name: str) -> Callable[[Layer], Translation]:
    """Data and WindowData: images of a database or of windows, and a label each."""

    def translate(layer: Layer) -> Translation:
        block = layer.block(block_name)
        problems: list[Problem] = []
        batch, size = _batch(layer, block, problems), _crop(layer, block)
        shapes: tuple[Shape, ...] = ((batch, channels_of(layer), size, size), (batch,))
        return Translation("Input", _transformed(layer, block), (), shapes, problems)

    return translate


def image_data(layer: Layer) -> Translation:
    """Image files: three channels, or one when `is_color` is false."""
    block = layer.block("image_data_param")
    problems: list[Problem] = []
    batch, crop = _batch(layer, block, problems), _crop(layer, block)
    channels = 3 if block.get("is_color") is True else 1
    height: Dim = crop if isinstance(crop, int) else block.number("new_height") or _FROM_DATA
    width: Dim = crop if isinstance(crop, int) else block.number("new_width") or _FROM_DATA
    shapes: tuple[Shape, ...] = ((batch, channels, height, width), (batch,))
    return Translation("Input", _transformed(layer, block), (), shapes, problems)


def memory_data(layer: Layer) -> Translation:
    """Arrays in memory: all four extents must be given."""
    block = layer.block("memory_data_param")
    problems: list[Problem] = []
    batch = _batch(layer, block, problems)
    image = tuple(block.number(name) or UNKNOWN for name in ("channels", "height", "width"))
    return Translation("Input", _transformed(layer, block), (), ((batch, *image), (batch,)), problems)


def hdf5_data(layer: Layer) -> Translation:
    """Data sets by name: the file decides their shapes."""
    block = layer.block("hdf5_data_param")
    problems: list[Problem] = []
    _batch(layer, block, problems)
    transform = layer.block("transform_param")
    if transform.name_span is not None:
        problems.append(
            Problem(
                "param-not-for-type",
                f"{layer.label} cannot transform its data: Caffe stops at a `transform_param`",
                transform.name_span,
                related=((layer.type_span, "the layer's type"),),
                remedy="remove it, and scale or crop the data when the HDF5 files are written",
                severity="error",
            )
        )
    return Translation("Input", {"batch_size": block.attr("batch_size", "batch_size")}, (), (), problems)


def declared(layer: Layer) -> Translation:
    """Input: no shape, one for all tops, or one a top."""
    shapes = [_dims(block) for block in _blocks(layer, layer.block("input_param"), "shape")]
    return Translation("Input", {}, (), _for_tops(layer, shapes))


def dummy_data(layer: Layer) -> Translation:
    """Constant or random data: shapes as for Input, or the old num, channels, height and width."""
    block = layer.block("dummy_data_param")
    shapes = [_dims(shape) for shape in _blocks(layer, block, "shape")]
    if not shapes:
        columns = [block.numbers(name) for name in ("num", "channels", "height", "width")]
        shapes = [tuple(row) for row in zip(*columns, strict=False)]
    return Translation("Input", {}, (), _for_tops(layer, shapes))


def parameter(layer: Layer) -> Translation:
    """A learned constant."""
    block = layer.block("parameter_param").block("shape")
    start, _ = initializer(layer.block("inner_product_param"), "weight_filler")
    return Translation("caffe::Parameter", {}, learned(layer, [("weight", start)]), (_dims(block),))


def _blocks(layer: Layer, block: Block, name: str) -> list[Block]:
    return [Block(layer.source, name, block.fields[name].type, found) for found in block.all(name)]


def _dims(shape: Block) -> Shape:
    return shape.numbers("dim")


def _for_tops(layer: Layer, shapes: list[Shape]) -> tuple[Shape, ...]:
    if len(shapes) == 1:
        return tuple(shapes) * len(layer.tops)
    return tuple(shapes) if len(shapes) == len(layer.tops) else ()


_NONE = (0, 0)

TYPES = {
    "Data": LayerType(images("data_param"), ("data_param", "transform_param"), _NONE, (1, 2)),
    "WindowData": LayerType(images("window_data_param"), ("window_data_param", "transform_param"), _NONE, (2, 2)),
    "ImageData": LayerType(image_data, ("image_data_param", "transform_param"), _NONE, (2, 2)),
    "MemoryData": LayerType(memory_data, ("memory_data_param", "transform_param"), _NONE, (2, 2)),
    "HDF5Data": LayerType(hdf5_data, ("hdf5_data_param", "transform_param"), _NONE, (1, None)),
    "DummyData": LayerType(dummy_data, ("dummy_data_param",), _NONE, (1, None)),
    "Input": LayerType(declared, ("input_param",), _NONE, (1, None)),
    "Parameter": LayerType(parameter, ("parameter_param",), _NONE),
}
