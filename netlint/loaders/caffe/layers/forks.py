"""Layers of the other forks: segmentation, mobile networks, face recognition, channel attention."""

from typing import Final

from netlint.loaders.caffe.layer import Block, Layer, LayerType, Translation, initializer, learned
from netlint.loaders.caffe.layers.convolution import convolve
from netlint.loaders.caffe.layers.layout import aligned_crop
from netlint.loaders.caffe.layers.loss import plain_loss
from netlint.model import UNKNOWN, Attr, Initializer

#: Forks whose `BN` keeps its running mean and variance as two more blobs (yjxiong/caffe, bn_layer.cpp), and the
#: fields by which their blocks are known.
_FOUR_BLOBS: Final = frozenset({"PSPNet", "DAVSOD", "yjxiong"})
_FOUR_BLOB_FIELDS: Final = ("slope_filler", "bias_filler", "momentum", "eps", "frozen", "engine")
#: The others estimate them anew for each batch (alexgkendall/caffe-segnet, bn_layer.cpp).
_TWO_BLOB_FIELDS: Final = ("bn_mode", "scale_filler", "shift_filler")


def bn(layer: Layer) -> Translation:
    """Batch normalisation with its own factor and shift; the running statistics are blobs in some forks only."""
    block = layer.block("bn_param")
    slope, problems = initializer(block, "scale_filler" if block.has("scale_filler") else "slope_filler", 1.0)
    shift, more = initializer(block, "shift_filler" if block.has("shift_filler") else "bias_filler")
    params = [*learned(layer, [("scale", slope), ("bias", shift)])]
    if _four_blobs(layer, block):
        zero = Initializer("constant", "constant", {}, None, declared=False)
        statistics = learned(
            layer, [("scale", slope), ("bias", shift), ("mean", zero), ("variance", zero)], learnable=False
        )
        params += statistics[2:]
    attrs = {"affine": Attr("affine", True), "image_params": Attr("image_params", True)}
    for name, fixed in (("frozen", True), ("bn_mode", "INFERENCE")):
        if block.has(name):
            attrs["training_mode"] = block.attr("training_mode", name, int(block.get(name) != fixed))
    if block.has("eps"):
        attrs["epsilon"] = block.attr("epsilon", "eps")
    return Translation("BatchNormalization", attrs, tuple(params), problems=problems + more)


def _four_blobs(layer: Layer, block: Block) -> bool:
    if any(map(block.has, _TWO_BLOB_FIELDS)):
        return False
    if any(map(block.has, _FOUR_BLOB_FIELDS)) or len(layer.specs) > 2:
        return True
    return bool(layer.forks) and layer.forks <= _FOUR_BLOBS


def depthwise(layer: Layer) -> Translation:
    """A convolution of each channel by itself. With a `group` it is an ordinary grouped one in `DepthwiseConvolution`;
    `ConvolutionDepthwise` looks neither at `group` nor at `num_output`."""
    translation = convolve(layer)
    block = layer.block("convolution_param")
    if layer.type == "ConvolutionDepthwise" or not block.has("group"):
        translation.attrs["depthwise"] = Attr("depthwise", True)
        translation.problems = [
            problem
            for problem in translation.problems
            if block.has("num_output") or "num_output" not in problem.message
        ]
    return translation


def upsample(layer: Layer) -> Translation:
    """Max pooling undone by its mask (SegNet), or pixels repeated (YOLO)."""
    block = layer.block("upsample_param")
    attrs: dict[str, Attr] = {}
    high, wide = block.number("upsample_h"), block.number("upsample_w")
    if high and wide:
        attrs["sizes"] = block.attr("sizes", "upsample_h", (high, wide))
    elif block.has("scale_h") and block.has("scale_w"):
        attrs["scales"] = block.attr("scales", "scale_h", (block.number("scale_h"), block.number("scale_w")))
    elif block.has("scale"):
        attrs["scales"] = block.attr("scales", "scale", (block.number("scale"),) * 2)
    if len(layer.bottoms) == 1:
        return Translation("Resize", attrs)
    cut = tuple(int(block.get(name) is True) for name in ("pad_out_h", "pad_out_w"))
    if any(cut):
        attrs["cut"] = block.attr("cut", "pad_out_h", cut)
    return Translation("MaxUnpool", attrs)


def interp(layer: Layer) -> Translation:
    """Bilinear resampling: to a size, or by whole factors; negative pads crop first."""
    block = layer.block("interp_param")
    if len(layer.bottoms) > 1:
        given = (name for name in ("shrink_factor", "zoom_factor", "height", "width") if block.has(name))
        # With both, some forks stop and others look at one of the two.
        return Translation("caffe::ResizeLike" if next(given, None) is None else "caffe::Interp")
    if block.has("zoom_factor") or block.has("shrink_factor"):
        attrs = {name: block.attr(name, name) for name in ("shrink_factor", "zoom_factor") if block.has(name)}
    elif block.number("height") > 0 and block.number("width") > 0:
        return Translation(
            "Resize", {"sizes": block.attr("sizes", "height", (block.number("height"), block.number("width")))}
        )
    else:
        return Translation("caffe::Interp")
    pads = block.number("pad_beg") + block.number("pad_end")
    if pads:
        attrs["padding"] = block.attr("padding", "pad_beg" if block.has("pad_beg") else "pad_end", pads)
    return Translation("Resize", attrs)


def reorg(layer: Layer) -> Translation:
    """Pixels to channels, or back when `reverse`."""
    block = layer.block("reorg_param")
    size = block.attr("blocksize", "stride", block.number("stride") or UNKNOWN)
    return Translation("DepthToSpace" if block.get("reverse") is True else "SpaceToDepth", {"blocksize": size})


def merge_crop(layer: Layer) -> Translation:
    """The second bottom, cropped to the first one, beside it."""
    block = layer.block("mergecrop_param")
    add = block.get("operation") != "STACK"
    return Translation("caffe::MergeCrop", {"add": block.attr("add", "operation", add)} if add else {})


def squeeze(layer: Layer) -> Translation:
    """Axes of one element taken away."""
    block = layer.block("squeeze_param")
    return Translation("Squeeze", {"axes": block.attr("axes", "axis", block.numbers("axis"))})


def shuffle(layer: Layer) -> Translation:
    """Channels dealt out over groups."""
    block = layer.block("shuffle_channel_param")
    return Translation("caffe::ShuffleChannel", {"group": block.attr("group", "group")})


def center_loss(layer: Layer) -> Translation:
    """The distance of each feature vector to its class's learned centre."""
    block = layer.block("center_loss_param")
    centers, problems = initializer(block, "center_filler")
    attrs = {"classes": block.attr("classes", "num_output")}
    if block.has("axis"):
        attrs["axis"] = block.attr("axis", "axis")
    return Translation("caffe::CenterLoss", attrs, learned(layer, [("centers", centers)]), problems=problems)


def margin_inner_product(layer: Layer) -> Translation:
    """A dense layer without bias whose label pushes its own class down."""
    block = layer.block("margin_inner_product_param")
    weight, problems = initializer(block, "weight_filler")
    attrs = {"out_features": block.attr("out_features", "num_output")}
    if block.has("axis"):
        attrs["axis"] = block.attr("axis", "axis")
    return Translation("caffe::MarginInnerProduct", attrs, learned(layer, [("weight", weight)]), problems=problems)


def pyramid(layer: Layer) -> Translation:
    """Pooling into grids of several sizes; some files of the fork give the bins in `pooling_param`."""
    block = layer.block("spatial_pyramid_pooling_param")
    bins = block.numbers("spatial_bin")
    attrs = {"bins": block.attr("bins", "spatial_bin", bins)} if bins else {}
    return Translation("caffe::SpatialPyramidPooling", attrs)


_CONVOLUTION: Final = ("convolution_param",)
_PYRAMID: Final = LayerType(pyramid, ("spatial_pyramid_pooling_param", "pooling_param"))

TYPES = {
    "BN": LayerType(bn, ("bn_param",)),
    "DepthwiseConvolution": LayerType(depthwise, _CONVOLUTION, (1, None), (1, None), paired=True),
    "ConvolutionDepthwise": LayerType(depthwise, _CONVOLUTION),
    "ReLU6": LayerType(lambda _layer: Translation("Relu6"), ("relu_param", "relu6_param")),
    "ShuffleChannel": LayerType(shuffle, ("shuffle_channel_param",)),
    "Squeeze": LayerType(squeeze, ("squeeze_param",)),
    "Upsample": LayerType(upsample, ("upsample_param",), (1, 2)),
    "Interp": LayerType(interp, ("interp_param",), (1, 2)),
    "Reorg": LayerType(reorg, ("reorg_param",)),
    "Axpy": LayerType(lambda _layer: Translation("caffe::Axpy"), bottoms=(3, 3)),
    "CROP": LayerType(aligned_crop, (), (2, 2)),
    "MergeCrop": LayerType(merge_crop, ("mergecrop_param",), (2, 2)),
    "CenterLoss": LayerType(center_loss, ("center_loss_param", "loss_param"), (2, 2), (0, 1)),
    "MarginInnerProduct": LayerType(margin_inner_product, ("margin_inner_product_param",), (2, 2), (1, 2)),
    "L1Loss": LayerType(plain_loss("L1Loss"), ("loss_param", "l1_loss_param"), (1, 3), (0, 1)),
    "SpatialPyramidPooling": _PYRAMID,
    "SPATIAL_PYRAMID_POOLING": _PYRAMID,
}
