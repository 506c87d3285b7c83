"""Activations, arithmetic, dropout, and joins."""

from collections.abc import Callable

from netlint.loaders.caffe.layer import Layer, LayerType, Translation, initializer, learned


def _plain(op: str, block_name: str = "", **fields: str) -> Callable[[Layer], Translation]:
    """An operator whose attributes are fields of one block under other names."""

    def translate(layer: Layer) -> Translation:
        if not block_name:
            return Translation(op)
        block = layer.block(block_name)
        return Translation(op, {name: block.attr(name, field) for name, field in fields.items() if block.has(field)})

    return translate


def relu(layer: Layer) -> Translation:
    """Relu, LeakyRelu when it has a slope, or a fork's `relu6`, which is clipped at 6."""
    block = layer.block("relu_param")
    if layer.forks and block.has("relu6") and block.get("relu6") is True:
        return Translation("Relu6")
    if block.get("negative_slope") == 0:
        return Translation("Relu")
    return Translation("LeakyRelu", {"alpha": block.attr("alpha", "negative_slope")})


def prelu(layer: Layer) -> Translation:
    """A learned slope a channel; 0.25 unless a filler says otherwise (prelu_layer.cpp)."""
    block = layer.block("prelu_param")
    slope, problems = initializer(block, "filler", 0.25)
    attrs = {"channel_shared": block.attr("channel_shared", "channel_shared")} if block.has("channel_shared") else {}
    return Translation("PRelu", attrs, learned(layer, [("slope", slope)]), problems=problems)


def eltwise(layer: Layer) -> Translation:
    """Sum, Mul or Max."""
    block = layer.block("eltwise_param")
    op = {"PROD": "Mul", "SUM": "Sum", "MAX": "Max"}.get(
        str(block.get("operation")), f"caffe::{block.get('operation')}"
    )
    coefficients = block.all("coeff")
    values = tuple(item.value for item in coefficients if item.value is not None)
    return Translation(op, {"coeff": block.attr("coeff", "coeff", values)} if values else {})


def concat(layer: Layer) -> Translation:
    """Concat; `concat_dim` is the old word for `axis`."""
    block = layer.block("concat_param")
    word = "concat_dim" if block.has("concat_dim") else "axis"
    return Translation("Concat", {"axis": block.attr("axis", word)} if block.has(word) else {})


def dropout(layer: Layer) -> Translation:
    """Dropout; the ratio is 0.5 unless given."""
    block = layer.block("dropout_param")
    return Translation("Dropout", {"ratio": block.attr("ratio", "dropout_ratio")})


TYPES = {
    "ReLU": LayerType(relu, ("relu_param",)),
    "PReLU": LayerType(prelu, ("prelu_param",)),
    "ELU": LayerType(_plain("Elu", "elu_param", alpha="alpha"), ("elu_param",)),
    "Swish": LayerType(_plain("Swish", "swish_param", beta="beta"), ("swish_param",)),
    "Sigmoid": LayerType(_plain("Sigmoid"), ("sigmoid_param",)),
    "TanH": LayerType(_plain("Tanh"), ("tanh_param",)),
    "AbsVal": LayerType(_plain("Abs")),
    "BNLL": LayerType(_plain("Softplus")),
    "Clip": LayerType(_plain("Clip", "clip_param", min="min", max="max"), ("clip_param",)),
    "Exp": LayerType(_plain("Exp", "exp_param", base="base", scale="scale", shift="shift"), ("exp_param",)),
    "Log": LayerType(_plain("Log", "log_param", base="base", scale="scale", shift="shift"), ("log_param",)),
    "Power": LayerType(
        _plain("caffe::Power", "power_param", power="power", scale="scale", shift="shift"), ("power_param",)
    ),
    "Threshold": LayerType(_plain("caffe::Threshold", "threshold_param", threshold="threshold"), ("threshold_param",)),
    "Dropout": LayerType(dropout, ("dropout_param",)),
    "Softmax": LayerType(_plain("Softmax", "softmax_param", axis="axis"), ("softmax_param",)),
    "Eltwise": LayerType(eltwise, ("eltwise_param",), bottoms=(2, None)),
    "Concat": LayerType(concat, ("concat_param",), bottoms=(1, None)),
}
