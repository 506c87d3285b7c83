"""Layers of the detection forks: SSD, Fast and Faster R-CNN, R-FCN, YOLO."""

from netlint.loaders.caffe.layer import Block, Layer, LayerType, Translation, initializer, learned
from netlint.loaders.caffe.layers.data import channels_of
from netlint.loaders.caffe.layers.loss import plain_loss
from netlint.model import UNKNOWN, Attr, Dim, Problem


def permute(layer: Layer) -> Translation:
    """Transpose; axes that `order` does not name follow in their own order."""
    block = layer.block("permute_param")
    order = block.numbers("order")
    problems = []
    again = next((axis for index, axis in enumerate(order) if axis in order[:index]), None)
    if again is not None:
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} names axis {again} twice: Caffe refuses duplicate orders",
                block.attr("perm", "order", order),
                remedy="name each axis once",
            )
        )
    perm = block.attr("perm", "order", UNKNOWN if again is not None else order)
    return Translation("Transpose", {"perm": perm}, problems=problems)


def normalize(layer: Layer) -> Translation:
    """Vectors of length 1, times a learned factor, 1 unless a filler says otherwise."""
    block = layer.block("norm_param")
    factor, problems = initializer(block, "scale_filler", 1.0)
    attrs = {name: block.attr(name, name) for name in ("across_spatial", "channel_shared") if block.has(name)}
    return Translation("caffe::Normalize", attrs, learned(layer, [("scale", factor)]), problems=problems)


def prior_box(layer: Layer) -> Translation:
    """Boxes of each minimal size and aspect ratio, and one more for each maximal size
    (weiliu89/caffe src/caffe/layers/prior_box_layer.cpp, LayerSetUp)."""
    block = layer.block("prior_box_param")
    least, most = block.all("min_size"), block.all("max_size")
    problems = []
    if not least:
        place = block.name_span or layer.span
        problems.append(
            Problem("invalid-geometry", f"{layer.label} has no min_size", place, remedy="give at least one `min_size`")
        )
    if most and len(most) != len(least):
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} has {len(least)} `min_size` but {len(most)} `max_size`: Caffe wants as many, or none",
                block.attr("max_size", "max_size"),
                remedy="give a `max_size` for each `min_size`",
            )
        )
    for low, high in zip(least, most, strict=False):
        if isinstance(low.value, float) and isinstance(high.value, float) and high.value <= low.value:
            problems.append(
                Problem(
                    "invalid-geometry",
                    f"{layer.label} has a max_size of {high.text}, not above its min_size of {low.text}: Caffe stops",
                    block.span(high),
                    related=((block.span(low), "the min_size"),),
                    remedy="make `max_size` larger than `min_size`",
                )
            )
    priors: Dim = len(_ratios(block)) * len(least) + len(most) if least else UNKNOWN
    attrs = {"priors": Attr("priors", priors, block.name_span, "prior_box_param")}
    return Translation("caffe::PriorBox", attrs, problems=problems)


def _ratios(block: Block) -> list[float]:
    """1, then each new aspect ratio and, unless `flip` is false, its inverse."""
    ratios = [1.0]
    flip = block.get("flip") is not False
    for item in block.all("aspect_ratio"):
        ratio = item.value
        if isinstance(ratio, float) and all(abs(ratio - other) >= 1e-6 for other in ratios):
            ratios.append(ratio)
            if flip and ratio:
                ratios.append(1 / ratio)
    return ratios


def _head(op: str, block_name: str) -> LayerType:
    def translate(layer: Layer) -> Translation:
        block = layer.block(block_name)
        attrs: dict[str, Attr] = {}
        if block.has("num_classes"):
            attrs["classes"] = block.attr("classes", "num_classes")
        if block.has("share_location"):
            attrs["share_location"] = block.attr("share_location", "share_location")
        return Translation(op, attrs)

    # Forks that refine their boxes give two more.
    loss = op.endswith("Loss")
    blocks = (block_name, "loss_param") if loss else (block_name, "loss_param", "transform_param")
    return LayerType(translate, blocks, (3, 7), (0 if loss else 1, 1))


def annotated_data(layer: Layer) -> Translation:
    """Images with boxes: eight numbers a box, and as many rows as the batch has boxes
    (weiliu89/caffe src/caffe/layers/annotated_data_layer.cpp, DataLayerSetUp)."""
    block = layer.block("data_param")
    batch: Dim = block.number("batch_size") or UNKNOWN
    high, wide = _image_size(layer)
    problems = []
    if batch is UNKNOWN:
        problems.append(
            Problem(
                "missing-batch-size",
                f"{layer.label} has no batch_size, so a batch holds nothing",
                block.name_span or layer.span,
                remedy="set `batch_size` in `data_param`",
            )
        )
    attrs = {"batch_size": block.attr("batch_size", "batch_size")}
    return Translation("Input", attrs, (), ((batch, channels_of(layer), high, wide), (1, 1, UNKNOWN, 8)), problems)


def _image_size(layer: Layer) -> tuple[Dim, Dim]:
    """What the last step of the transformation leaves: a crop, else a resize to a fixed size."""
    transform = layer.block("transform_param")
    size = transform.number("crop_size")
    if size:
        return size, size
    if transform.has("crop_h") or transform.has("crop_w"):
        return UNKNOWN, UNKNOWN
    resize = transform.field("resize_param")
    if resize is None or resize.message is None:
        return UNKNOWN, UNKNOWN
    block = Block(layer.source, "resize_param", "ResizeParameter", resize)
    if block.get("resize_mode") == "FIT_SMALL_SIZE":
        return UNKNOWN, UNKNOWN
    return block.number("height") or UNKNOWN, block.number("width") or UNKNOWN


def roi_pooling(layer: Layer) -> Translation:
    """A grid of maxima for each region."""
    block = layer.block("roi_pooling_param")
    high, wide = block.number("pooled_h"), block.number("pooled_w")
    problems = []
    if not (high and wide) and not block.has("pooled_size"):
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} pools into a grid of {high}x{wide} cells: Caffe wants at least one each way",
                block.name_span or layer.span,
                remedy="set `pooled_h` and `pooled_w`",
            )
        )
    shape = block.attr("pooled_shape", "pooled_h", (high or UNKNOWN, wide or UNKNOWN))
    attrs = {"pooled_shape": shape, "spatial_scale": block.attr("spatial_scale", "spatial_scale")}
    return Translation("MaxRoiPool", attrs, problems=problems)


def psroi_pooling(layer: Layer) -> Translation:
    """A grid of means for each region, each cell over channels of its own."""
    block = layer.block("psroi_pooling_param")
    problems = []
    attrs = {}
    for name, word in (("out_channels", "output_dim"), ("group", "group_size")):
        number = block.number(word)
        attrs[name] = block.attr(name, word, number if number > 0 else UNKNOWN)
        if number <= 0:
            problems.append(
                Problem(
                    "invalid-geometry",
                    f"{layer.label} has {f'a {word} of {number}' if block.has(word) else f'no {word}'}: Caffe wants at "
                    "least 1",
                    attrs[name] if attrs[name].span else block.name_span or layer.span,
                    remedy=f"set `{word}`",
                )
            )
    return Translation("caffe::PSROIPooling", attrs, problems=problems)


def _decoder(_layer: Layer) -> Translation:
    """YOLO's maps as boxes."""
    return Translation("caffe::YoloDetectionOutput")


def smooth_l1_ohem(layer: Layer) -> Translation:
    """A smooth L1 loss that may also give the loss of each region, for mining the hard ones."""
    translation = plain_loss("SmoothL1Loss")(layer)
    translation.attrs["each"] = Attr("each", True)
    return translation


_TWO = (2, 2)
_LOSS = ("loss_param",)

TYPES = {
    "Permute": LayerType(permute, ("permute_param",)),
    "Normalize": LayerType(normalize, ("norm_param",)),
    "PriorBox": LayerType(prior_box, ("prior_box_param",), _TWO),
    "DetectionOutput": _head("caffe::DetectionOutput", "detection_output_param"),
    "MultiBoxLoss": _head("caffe::MultiBoxLoss", "multibox_loss_param"),
    "DetectionEvaluate": LayerType(
        lambda _layer: Translation("caffe::DetectionEvaluate"), ("detection_evaluate_param",), _TWO
    ),
    "AnnotatedData": LayerType(
        annotated_data, ("data_param", "transform_param", "annotated_data_param"), (0, 0), (1, 2)
    ),
    "SmoothL1Loss": LayerType(plain_loss("SmoothL1Loss"), (*_LOSS, "smooth_l1_loss_param"), (2, 4), (0, 2)),
    "SmoothL1LossOHEM": LayerType(smooth_l1_ohem, (*_LOSS, "smooth_l1_loss_param"), (2, 4), (0, 2)),
    "SoftmaxWithLossOHEM": LayerType(
        plain_loss("CrossEntropyLoss", axis_block="softmax_param"), (*_LOSS, "softmax_param"), (2, 3), (0, 3)
    ),
    "ROIPooling": LayerType(roi_pooling, ("roi_pooling_param",), _TWO),
    "PSROIPooling": LayerType(psroi_pooling, ("psroi_pooling_param",), _TWO),
    "YoloDetectionOutput": LayerType(_decoder, ("yolo_detection_output_param",), (1, None)),
    "Yolov3DetectionOutput": LayerType(_decoder, ("yolov3_detection_output_param",), (1, None)),
    "RegionLoss": LayerType(plain_loss("caffe::RegionLoss"), (*_LOSS, "region_loss_param"), _TWO, (0, 1)),
    "Yolov3": LayerType(plain_loss("caffe::RegionLoss"), (*_LOSS, "yolov3_param"), (2, None), (0, None)),
}
