"""CHECKs that one layer breaks by itself, by its fields alone; Caffe stops at most of them without naming the layer.

What a layer type's own translation needs to look at anyway (windows, batch sizes, fillers) is checked there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from netlint.loaders.caffe.layer import FILLERS, Block, Layer
from netlint.model import Attr, Place, Problem, Span
from netlint.ops import operator

Check: TypeAlias = Callable[[Layer], Iterator[Problem]]

#: kMaxBlobAxes (BVLC/caffe include/caffe/blob.hpp).
_MAX_AXES: Final = 32


def own_problems(layer: Layer, op: str) -> list[Problem]:
    """Everything that this layer breaks by itself."""
    by_name = layer.message.by_name
    problems = []
    if "propagate_down" in by_name:
        problems += _once_each(layer, "propagate_down", len(layer.bottoms), "bottom")
    if "loss_weight" in by_name:
        # A loss without a top is given one (Layer::AutoTopBlobs).
        tops = len(layer.tops) or int(operator(op).loss is not None)
        problems += _once_each(layer, "loss_weight", tops, "top")
    check = _CHECKS.get(layer.type)
    return problems if check is None else [*problems, *check(layer)]


def _once_each(layer: Layer, name: str, count: int, what: str) -> list[Problem]:
    """net.cpp, Net::Init (propagate_down) and layer.hpp, SetLossWeights."""
    attr = layer.list_attr(name)
    given = len(layer.message.by_name[name])
    if attr is None or given == count or count == 0:
        return []
    return [
        Problem(
            "bottom-count",
            f"{layer.label} gives {given} `{name}` for {_many(count, what)}: Caffe wants one for each or "
            "none, and stops",
            attr,
            remedy=f"give one `{name}` for each {what}, or leave it out",
        )
    ]


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _wrong(
    layer: Layer, place: Place | None, what: str, remedy: str, related: tuple[Attr, str] | None = None
) -> Problem:
    return Problem(
        "invalid-geometry",
        f"{layer.label} {what}",
        place or layer.span,
        related=(related,) if related else (),
        remedy=remedy,
    )


def _either(block_name: str, old: str) -> Check:
    """`axis` and its name of earlier times exclude each other (concat_layer.cpp, slice_layer.cpp)."""

    def check(layer: Layer) -> Iterator[Problem]:
        block = layer.block(block_name)
        if block.has("axis") and block.has(old):
            yield _wrong(
                layer,
                block.attr("axis", "axis"),
                f"gives both `axis` and `{old}`, which mean the same: Caffe stops here",
                f"keep `axis` and remove `{old}`",
                (block.attr(old, old), "given here too"),
            )

    return check


def _coefficients(layer: Layer) -> Iterator[Problem]:
    """eltwise_layer.cpp, LayerSetUp."""
    block = layer.block("eltwise_param")
    given, bottoms = len(block.all("coeff")), len(layer.bottoms)
    if not given:
        return
    if given != bottoms:
        yield Problem(
            "bottom-count",
            f"{layer.label} gives {given} `coeff` for {_many(bottoms, 'bottom')}: Caffe wants one for each or "
            "none, and stops",
            block.attr("coeff", "coeff"),
            remedy="give one `coeff` for each bottom, or leave them out",
        )
    elif block.get("operation") == "PROD":
        yield _wrong(
            layer,
            block.attr("coeff", "coeff"),
            "multiplies, and takes `coeff` only when it sums: Caffe stops here",
            "remove `coeff`, or use `operation: SUM`",
            (block.attr("operation", "operation"), "the operation"),
        )


def _positive(block_name: str, *names: str) -> Check:
    """Numbers that must be given and be above 0."""

    def check(layer: Layer) -> Iterator[Problem]:
        block = layer.block(block_name)
        for name in names:
            if block.number(name) > 0:
                continue
            found = block.field(name)
            yield _wrong(
                layer,
                block.span(found) if found is not None else block.name_span,
                (f"has a `{name}` of {block.number(name)}" if found is not None else f"has no `{name}`")
                + ": Caffe wants at least 1",
                f"set `{name}` in `{block_name}`",
            )

    return check


def _log_base(layer: Layer) -> Iterator[Problem]:
    """exp_layer.cpp, log_layer.cpp: -1 stands for e."""
    name = layer.type.lower()
    block = layer.block(f"{name}_param")
    base = block.get("base")
    if not isinstance(base, int | float) or base == -1 or (base > 0 and (name, base) != ("log", 1)):
        return
    yield _wrong(
        layer,
        block.attr("base", "base"),
        f"has the base {base:g}: "
        + (
            "every logarithm to it is infinite, and Caffe stops"
            if base == 1
            else "Caffe wants one above 0, or -1 for e"
        ),
        "use a base above 0" + (" other than 1" if name == "log" else "") + ", or leave it out for e",
    )


def _shapes_fit(layer: Layer, block: Block, *, optional: bool) -> Iterator[Problem]:
    shapes, tops = block.all("shape"), len(layer.tops)
    if len(shapes) not in ((0, 1, tops) if optional else (1, tops)):
        yield _wrong(
            layer,
            block.span(shapes[0]) if shapes else block.name_span,
            f"gives {_many(len(shapes), 'shape')} for {_many(tops, 'top')}: Caffe wants one for all or one for each",
            "give one `shape` for each top, or a single one for all",
        )
    for shape in shapes:
        yield from _dims_fit(layer, Block(layer.source, "shape", "BlobShape", shape))


def _dims_fit(layer: Layer, shape: Block) -> Iterator[Problem]:
    """blob.cpp, Reshape."""
    dims = shape.all("dim")
    below = next((dim for dim in dims if isinstance(dim.value, int) and dim.value < 0), None)
    if below is not None:
        yield _wrong(
            layer,
            shape.span(below),
            f"has a dimension of {below.value}: Caffe stops, because no blob has one below 0",
            "write the number of elements; nothing is inferred here",
        )
    if len(dims) > _MAX_AXES:
        yield _wrong(
            layer,
            shape.span(dims[_MAX_AXES]),
            f"has a shape of {len(dims)} axes: Caffe takes {_MAX_AXES} at most",
            "use fewer axes",
        )


def _input(layer: Layer) -> Iterator[Problem]:
    """input_layer.cpp, LayerSetUp."""
    block = layer.block("input_param")
    shapes = block.all("shape")
    # `input_dim` fields of the net, of which upgrading makes shapes, are counted there.
    if layer.tops and not (layer.span == layer.type_span and shapes and shapes[0].name == "shape"):
        yield from _shapes_fit(layer, block, optional=True)


def _dummy_data(layer: Layer) -> Iterator[Problem]:
    """dummy_data_layer.cpp, LayerSetUp."""
    block, tops = layer.block("dummy_data_param"), len(layer.tops)
    fillers = block.all("data_filler")
    if len(fillers) not in (0, 1, tops):
        yield _wrong(
            layer,
            block.span(fillers[0]),
            f"gives {len(fillers)} `data_filler` for {_many(tops, 'top')}: Caffe wants none, one for all or one "
            "for each",
            "give one `data_filler` for each top, or a single one for all",
        )
    for filler in fillers:
        yield from _known_filler(Block(layer.source, "data_filler", "FillerParameter", filler), layer)
    old = [name for name in ("num", "channels", "height", "width") if block.has(name)]
    if not old:
        yield from _shapes_fit(layer, block, optional=False)
    elif block.has("shape"):
        yield _wrong(
            layer,
            block.attr(old[0], old[0]),
            f"gives both `shape` and `{old[0]}`: Caffe stops here",
            f"keep `shape` and remove {', '.join(f'`{name}`' for name in old)}",
            (block.attr("shape", "shape", ""), "the shape"),
        )
    else:
        for name in ("num", "channels", "height", "width"):
            given = len(block.all(name))
            if given not in (1, tops):
                yield _wrong(
                    layer,
                    block.attr(name, name) if given else block.name_span,
                    f"gives {given} `{name}` for {_many(tops, 'top')}: Caffe wants one for all or one for each",
                    f"give `{name}` once, or say it all with `shape`",
                )
                return


def _known_filler(filler: Block, layer: Layer) -> Iterator[Problem]:
    kind = filler.get("type")
    if kind not in FILLERS:
        yield Problem(
            "unknown-filler",
            f'Caffe has no filler "{kind}": it stops with "Unknown filler name"',
            filler.attr("type", "type"),
            related=((layer.span, "the layer"),),
            remedy=f"use one of {', '.join(FILLERS)}",
        )


def _infogain(layer: Layer) -> Iterator[Problem]:
    """infogain_loss_layer.cpp, LayerSetUp."""
    loss, infogain = layer.block("loss_param"), layer.block("infogain_loss_param")
    if loss.has("normalize"):
        yield Problem(
            "param-not-for-type",
            f"{layer.label} does not take `normalize`, which is outdated: Caffe stops here",
            loss.attr("normalize", "normalize"),
            remedy="write `normalization: VALID`, or BATCH_SIZE for what `normalize: false` meant",
            severity="error",
        )
    if len(layer.bottoms) == 2 and not infogain.has("source"):
        yield Problem(
            "bottom-count",
            f"{layer.label} has no matrix: Caffe wants it as a third `bottom` or as `source`, and stops",
            layer.type_span,
            remedy='add `infogain_loss_param { source: "..." }` or a third `bottom`',
        )


def _filter(layer: Layer) -> Iterator[Problem]:
    """filter_layer.cpp, LayerSetUp: the last bottom selects, each other one is filtered into its own top."""
    bottoms, tops = len(layer.bottoms), len(layer.tops)
    if bottoms >= 2 and tops and tops != bottoms - 1:
        yield Problem(
            "bottom-count",
            f"{layer.label} filters {_many(bottoms - 1, 'bottom')} by its last one, but has {_many(tops, 'top')}: "
            "Caffe stops here",
            layer.tops[0].span,
            remedy=f"give it {_many(bottoms - 1, 'top')}",
        )


def _stochastic_padding(layer: Layer) -> Iterator[Problem]:
    """pooling_layer.cpp, LayerSetUp."""
    block = layer.block("pooling_param")
    if block.get("pool") != "STOCHASTIC":
        return
    for name in ("pad", "pad_h", "pad_w"):
        if block.number(name):
            yield _wrong(
                layer,
                block.attr(name, name),
                "pools at random, for which Caffe has no padding: it stops here",
                f"remove `{name}`, or pool with MAX or AVE",
                (block.attr("pool", "pool"), "the method"),
            )
            return


def _ignored_by_v2(layer: Layer, block: Block) -> Iterator[Problem]:
    """Fields of the first formats, which only the upgrade of a V1 layer still moves to `transform_param`."""
    if layer.schema_name != "LayerParameter":
        return
    for name in ("scale", "mean_file", "crop_size", "mirror"):
        found = block.field(name)
        # The defaults change nothing, wherever they stand.
        if found is not None and found.value != block.fields[name].default:
            yield Problem(
                "data-transform-unsupported",
                f"{layer.label} gives `{name}` in `{block.name}`, where today's format never reads it: the data is not "
                "transformed",
                Span(layer.source, found.name_start, found.end),
                remedy=f"move it into `transform_param {{ {name}: {found.text} }}`",
                severity="warning",
            )


def _transform(layer: Layer, block: Block) -> Iterator[Problem]:
    """data_transformer.cpp, for what does not depend on the data."""
    transform = layer.block("transform_param")
    if transform.has("mean_file") and transform.has("mean_value"):
        yield Problem(
            "data-transform-unsupported",
            f"{layer.label} subtracts both a `mean_file` and a `mean_value`: Caffe stops here",
            transform.attr("mean_value", "mean_value"),
            related=((transform.attr("mean_file", "mean_file"), "the other mean"),),
            remedy="keep one of the two",
        )
    yield from _ignored_by_v2(layer, block)


def _data(layer: Layer) -> Iterator[Problem]:
    yield from _transform(layer, layer.block("data_param"))


def _means(layer: Layer, channels: int) -> Iterator[Problem]:
    """data_transformer.cpp: one mean for all channels, or one for each."""
    transform = layer.block("transform_param")
    means = len(transform.all("mean_value"))
    if means > 1 and means != channels and not transform.has("mean_file"):
        yield Problem(
            "data-transform-unsupported",
            f"{layer.label} gives {means} `mean_value`, but its images have {_many(channels, 'channel')}: Caffe wants "
            "one for all or one for each",
            transform.attr("mean_value", "mean_value"),
            remedy=f"give one `mean_value`, or {channels}" if channels > 1 else "give one `mean_value`",
        )


def given_channels(layer: Layer, channels: int) -> Iterator[Problem]:
    """What a data layer breaks whose channels only its data or the user knows."""
    if layer.type == "Data":
        yield from _means(layer, channels)


def _image_data(layer: Layer) -> Iterator[Problem]:
    """image_data_layer.cpp: files are read with three channels, or with one when `is_color` is false."""
    block, transform = layer.block("image_data_param"), layer.block("transform_param")
    yield from _transform(layer, block)
    sizes = {name: block.number(name) for name in ("new_height", "new_width")}
    given = [name for name, size in sizes.items() if size > 0]
    if len(given) == 1:
        other = "new_width" if given == ["new_height"] else "new_height"
        yield Problem(
            "data-transform-unsupported",
            f"{layer.label} gives `{given[0]}` without `{other}`: Caffe wants both or neither, and stops",
            block.attr(given[0], given[0]),
            remedy=f"add `{other}`",
        )
    yield from _means(layer, 3 if block.get("is_color") is True else 1)
    crop = transform.number("crop_size")
    if len(given) == 2 and crop > min(sizes.values()):
        smaller = min(sizes, key=sizes.__getitem__)
        yield Problem(
            "data-transform-unsupported",
            f"{layer.label} cuts {crop}x{crop} pixels out of images of {sizes['new_height']}x{sizes['new_width']}: "
            "Caffe stops at the first one",
            transform.attr("crop_size", "crop_size"),
            related=((block.attr(smaller, smaller), "the size that images are brought to"),),
            remedy=f"use a crop_size of at most {min(sizes.values())}, or larger images",
        )


def _window_data(layer: Layer) -> Iterator[Problem]:
    """window_data_layer.cpp: all windows are warped to `crop_size`."""
    block, transform = layer.block("window_data_param"), layer.block("transform_param")
    missing = transform.number("crop_size") == 0
    if missing and (layer.schema_name == "LayerParameter" or block.number("crop_size") == 0):
        elsewhere = block.field("crop_size")
        yield Problem(
            "data-transform-unsupported",
            f"{layer.label} has no `crop_size` in `transform_param`, the size that it brings its windows to: Caffe "
            "stops here",
            block.span(elsewhere) if elsewhere is not None else transform.name_span or layer.span,
            remedy="set `transform_param { crop_size: ... }`",
        )
    ignored = _transform(layer, block)
    yield from (problem for problem in ignored if not (missing and "`crop_size`" in problem.message))


def _memory_data(layer: Layer) -> Iterator[Problem]:
    yield from _positive("memory_data_param", "channels", "height", "width")(layer)
    yield from _transform(layer, Block(layer.source, "", "TransformationParameter", None))
    channels = layer.block("memory_data_param").number("channels")
    for problem in _means(layer, channels) if channels > 0 else ():
        # Arrays that are set at once are never transformed.
        yield replace(problem, severity="warning")


_CHECKS: Final[Mapping[str, Check]] = {
    "Concat": _either("concat_param", "concat_dim"),
    "Data": _data,
    "DummyData": _dummy_data,
    "Eltwise": _coefficients,
    "Embed": _positive("embed_param", "num_output", "input_dim"),
    "Exp": _log_base,
    "Filter": _filter,
    "ImageData": _image_data,
    "InfogainLoss": _infogain,
    "Input": _input,
    "LSTM": _positive("recurrent_param", "num_output"),
    "Log": _log_base,
    "MemoryData": _memory_data,
    "Pooling": _stochastic_padding,
    "RNN": _positive("recurrent_param", "num_output"),
    "Slice": _either("slice_param", "slice_dim"),
    "Tile": _positive("tile_param", "tiles"),
    "WindowData": _window_data,
}
