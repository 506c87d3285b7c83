"""Losses and accuracy."""

from collections.abc import Callable

from netlint.loaders.caffe.layer import Layer, LayerType, Translation


def plain_loss(op: str, axis_block: str = "") -> Callable[[Layer], Translation]:
    """A loss with its normalisation and, where a block has one, its axis."""

    def translate(layer: Layer) -> Translation:
        attrs = {}
        for name in ("normalize", "normalization", "ignore_label"):
            block = layer.block("loss_param")
            if block.has(name):
                attrs[name] = block.attr(name, name)
        if axis_block:
            block = layer.block(axis_block)
            if block.has("axis"):
                attrs["axis"] = block.attr("axis", "axis")
        return Translation(op, attrs)

    return translate


def accuracy(layer: Layer) -> Translation:
    """How many of the labels are among the `top_k` best scores."""
    block = layer.block("accuracy_param")
    attrs = {name: block.attr(name, name) for name in ("top_k", "axis", "ignore_label") if block.has(name)}
    return Translation("caffe::Accuracy", attrs)


#: Normalisation and `ignore_label`: three losses read them, the others never do.
_LOSS = ("loss_param",)
_TWO = (2, 2)
# A loss without a top gets one from Caffe (Layer::AutoTopBlobs).
_TOP = (0, 1)

TYPES = {
    "SoftmaxWithLoss": LayerType(
        plain_loss("CrossEntropyLoss", axis_block="softmax_param"), (*_LOSS, "softmax_param"), _TWO, (0, 2)
    ),
    "SigmoidCrossEntropyLoss": LayerType(plain_loss("BCEWithLogitsLoss"), (*_LOSS, "sigmoid_param"), _TWO, _TOP),
    "EuclideanLoss": LayerType(plain_loss("MSELoss"), (), _TWO, _TOP),
    "HingeLoss": LayerType(plain_loss("caffe::HingeLoss"), ("hinge_loss_param",), _TWO, _TOP),
    "ContrastiveLoss": LayerType(plain_loss("caffe::ContrastiveLoss"), ("contrastive_loss_param",), (3, 3), _TOP),
    "MultinomialLogisticLoss": LayerType(plain_loss("caffe::MultinomialLogisticLoss"), (), _TWO, _TOP),
    "InfogainLoss": LayerType(
        plain_loss("caffe::InfogainLoss", axis_block="infogain_loss_param"),
        (*_LOSS, "infogain_loss_param", "softmax_param"),
        (2, 3),
        (0, 2),
    ),
    "Accuracy": LayerType(accuracy, ("accuracy_param",), _TWO, (1, 2)),
}
