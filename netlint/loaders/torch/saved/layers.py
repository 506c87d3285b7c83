"""Which operator each module of torch's calls: what its `forward` does with its settings and tensors
(torch/nn/modules). The settings have the names of the operator's arguments, but for a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from netlint.loaders.torch.arguments import Argument, Call, schema_of
from netlint.loaders.torch.saved.tree import Module
from netlint.model import UNKNOWN, Shape, Unknown, Value

#: Arguments that the module calls otherwise.
Words: TypeAlias = Mapping[str, Argument]


#: Tensors that an operator gives, where that is not one: the sequence and its last states.
_OUTPUTS: Final = {"lstm": 3, "gru": 2, "rnn_tanh": 2, "rnn_relu": 2}


class Form(NamedTuple):
    """One operator with its overload; the number of axes that it demands of its input (-1: any)."""

    operator: str
    rank: int = -1
    words: Callable[[Module], Words | None] = lambda _: {}


def call_of(module: Module, given: Shape) -> tuple[Call, Value] | None:
    """The call that a module is, and what stands in it for the module's input of shape `given`; None where it is not
    just one call."""
    form = _form(module)
    words = form.words(module) if form is not None else None
    if form is None or words is None or module.altered:
        return None
    name, _, overload = form.operator.partition(".")
    described = schema_of(name, overload or "default")
    demanded = isinstance(given, Unknown) and form.rank > 0
    data = Value("input", None, shape=(UNKNOWN,) * form.rank if demanded else given)
    args: dict[str, Argument] = {}
    for argument in described.names:
        if argument in words:
            args[argument] = words[argument]
        elif argument in module.tensors:
            args[argument] = module.tensors[argument].value
        elif module.settings.get(argument) is not None:
            args[argument] = module.settings[argument]
        else:
            args[argument] = described.defaults.get(argument)
    args[next(one for one in ("input", "indices", "self") if one in args)] = data
    in_place = module.settings.get("inplace") is True
    outputs = _OUTPUTS.get(name, 1)
    return Call(name, overload or "default", args, described, outputs, in_place=in_place), data


def _form(module: Module) -> Form | None:
    if not module.of_torch:
        return None
    form = _FORMS.get(module.word)
    return form(module) if callable(form) and not isinstance(form, Form) else form


def _convolution(module: Module) -> Form | None:
    spatial = int(module.word[-2])
    # It pads in another way first; or its weight is made from others (`weight_norm`).
    if module.settings.get("padding_mode", "zeros") != "zeros" or "weight" not in module.tensors:
        return None
    if "Transpose" in module.word:
        return Form(f"conv_transpose{spatial}d.input", spatial + 2)
    overload = "padding" if isinstance(module.settings.get("padding"), str) else "default"
    return Form(f"conv{spatial}d.{overload}", spatial + 2)


def _weighted(operator: str) -> Callable[[Module], Form | None]:
    return lambda module: Form(operator) if "weight" in module.tensors else None


def _batch_norm(rank: int) -> Callable[[Module], Form]:
    def words(module: Module) -> Words:
        running = "running_mean" in module.tensors and "running_var" in module.tensors
        return {"training": module.training or not running}

    return lambda _: Form("batch_norm", rank, words)


def _instance_norm(rank: int) -> Callable[[Module], Form | None]:
    # Statistics of its own are used in evaluation mode: then it is no instance norm.
    def words(module: Module) -> Words | None:
        return {"use_input_stats": True} if "running_mean" not in module.tensors else None

    return lambda _: Form("instance_norm", rank, words)


def _pool(operator: str, rank: int) -> Callable[[Module], Form | None]:
    # With the indices it gives two tensors.
    return lambda module: None if module.settings.get("return_indices") is True else Form(operator, rank)


def _axis(operator: str) -> Callable[[Module], Form | None]:
    # Without an axis the function guesses one by the rank.
    return lambda module: Form(operator) if isinstance(module.settings.get("dim"), int) else None


def _dropout(operator: str) -> Form:
    return Form(operator, words=lambda module: {"train": module.training})


def _pad(mode: str, rank: int) -> Form:
    return Form("pad", rank, lambda module: {"pad": module.settings.get("padding"), "mode": mode})


def _unflatten(module: Module) -> Form | None:
    sizes = module.settings.get("unflattened_size")
    if not isinstance(sizes, tuple) or not isinstance(module.settings.get("dim"), int):
        return None
    return Form("unflatten.int", words=lambda _: {"sizes": sizes})


def _upsample(module: Module) -> Form | None:
    mode, size, factor = (module.settings.get(name) for name in ("mode", "size", "scale_factor"))
    align = module.settings.get("align_corners") is True
    factors = factor if isinstance(factor, tuple) else (factor,) * 2
    if size is not None or mode not in ("nearest", "bilinear") or not all(isinstance(one, float) for one in factors):
        return None
    given: Words = {"output_size": None, "scale_factors": tuple(factors), "align_corners": align}
    # Three to five axes are allowed for the nearest; the factors of one setting are for images here.
    if mode == "nearest" and not isinstance(factor, tuple):
        return None
    return Form(f"upsample_{mode}2d.vec", 4, lambda _: given)


def _recurrent(operator: str) -> Callable[[Module], Form | None]:
    def words(module: Module) -> Words | None:
        layers, bias = module.settings.get("num_layers"), module.settings.get("bias") is True
        if isinstance(layers, bool) or not isinstance(layers, int) or layers > 1000:
            return None
        directions = ("", "_reverse") if module.settings.get("bidirectional") is True else ("",)
        roles = ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if bias else ()))
        if isinstance(projected := module.settings.get("proj_size"), int) and projected > 0:
            roles = (*roles, "weight_hr")
        names = [f"{role}_l{layer}{end}" for layer in range(layers) for end in directions for role in roles]
        if any(name not in module.tensors for name in names):
            return None
        params = tuple(module.tensors[name].value for name in names)
        state = (None, None) if operator == "lstm" else None
        return {"params": params, "hx": state, "train": module.training, "has_biases": bias}

    return lambda _: Form(f"{operator}.input", -1, words)


def _rnn(module: Module) -> Form | None:
    kind = module.settings.get("nonlinearity", "tanh")
    return _recurrent(f"rnn_{kind}")(module) if kind in ("tanh", "relu") else None


def _spatial(word: str, make: Callable[[int], Form | Callable[[Module], Form | None]]) -> dict[str, _Row]:
    """For one, two and three spatial axes."""
    return {f"{word}{spatial}d": make(spatial) for spatial in (1, 2, 3)}


_Row: TypeAlias = "Form | Callable[[Module], Form | None]"

_FORMS: Final[Mapping[str, _Row]] = {
    **_spatial("Conv", lambda _: _convolution),
    **_spatial("ConvTranspose", lambda _: _convolution),
    "Linear": _weighted("linear"),
    "Embedding": _weighted("embedding"),
    # One class is for (batch, channels) and for (batch, channels, positions).
    "BatchNorm1d": _batch_norm(-1),
    "BatchNorm2d": _batch_norm(4),
    "BatchNorm3d": _batch_norm(5),
    "SyncBatchNorm": _batch_norm(-1),
    **_spatial("InstanceNorm", lambda spatial: _instance_norm(spatial + 2)),
    "LayerNorm": Form("layer_norm"),
    "GroupNorm": Form("group_norm"),
    "RMSNorm": Form("rms_norm"),
    **_spatial("MaxPool", lambda spatial: _pool(f"max_pool{spatial}d", spatial + 2)),
    **_spatial("AvgPool", lambda spatial: _pool(f"avg_pool{spatial}d", spatial + 2)),
    **_spatial("AdaptiveAvgPool", lambda spatial: _pool(f"adaptive_avg_pool{spatial}d", spatial + 2)),
    "Dropout": _dropout("dropout"),
    **_spatial("Dropout", lambda _: _dropout("feature_dropout")),
    "AlphaDropout": _dropout("alpha_dropout"),
    "FeatureAlphaDropout": _dropout("feature_alpha_dropout"),
    **{
        word: Form(operator)
        for word, operator in {
            "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu", "CELU": "celu",
            "GELU": "gelu", "SiLU": "silu", "Mish": "mish", "Sigmoid": "sigmoid", "Tanh": "tanh", "PReLU": "prelu",
            "Softplus": "softplus", "Hardtanh": "hardtanh", "Hardswish": "hardswish", "Hardsigmoid": "hardsigmoid",
            "LogSigmoid": "log_sigmoid", "Hardshrink": "hardshrink", "Softshrink": "softshrink",
            "Threshold": "threshold", "PixelShuffle": "pixel_shuffle", "ChannelShuffle": "channel_shuffle",
            "Flatten": "flatten.using_ints",
        }.items()
    },
    "Softmax": _axis("softmax.int"),
    "LogSoftmax": _axis("log_softmax.int"),
    "Softmax2d": Form("softmax.int", 4, lambda _: {"dim": -3}),
    "GLU": _axis("glu"),
    "Unflatten": _unflatten,
    "Upsample": _upsample,
    "UpsamplingBilinear2d": _upsample,
    "ZeroPad2d": _pad("constant", 4),
    "ConstantPad2d": _pad("constant", 4),
    "ReflectionPad2d": _pad("reflect", 4),
    "ReplicationPad2d": _pad("replicate", 4),
    "LSTM": _recurrent("lstm"),
    "GRU": _recurrent("gru"),
    "RNN": _rnn,
}  # fmt: skip
