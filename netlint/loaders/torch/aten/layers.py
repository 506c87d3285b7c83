"""Layers with weights: convolutions, dense layers, embeddings, normalisers, recurrent layers, attention, products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.aten.made import Made, Translation, attrs, rank_of, shape_of, spelled
from netlint.model import Attr, AttrValue, Dim, Value, plus, times


def _kernel(weight: Value | None) -> tuple[Dim, ...]:
    shape = shape_of(weight)
    return shape[2:] if isinstance(shape, tuple) and len(shape) > 2 else ()


def _convolution(call: Call) -> Made | None:
    data, weight = call.value("input"), call.value("weight")
    kernel = _kernel(weight)
    rank = len(kernel)
    # Without a batch axis, or with a weight of unknown rank, it keeps its own name.
    if not rank or rank_of(data) != rank + 2:
        return None
    strides, dilations = call.dims("stride", rank), call.dims("dilation", rank)
    padding = call.args.get("padding")
    found: dict[str, Attr] = attrs(kernel_shape=kernel)
    if isinstance(padding, str):
        pads = _named_padding(padding, kernel, dilations or (1,) * rank)
    else:
        sides = call.dims("padding", rank)
        pads = None if sides is None else sides * 2
    transposed = call.flag("transposed") or call.name.startswith("conv_transpose")
    if strides is None or dilations is None or pads is None:
        return None
    found.update(spelled("strides", strides, "stride"))
    found.update(spelled("pads", pads, "padding"))
    found.update(spelled("dilations", dilations, "dilation"))
    found.update(spelled("group", call.dim("groups", 1), "groups"))
    if transposed:
        found.update(spelled("output_padding", call.dims("output_padding", rank), "output_padding"))
    return Made("ConvTranspose" if transposed else "Conv", (data, weight, call.value("bias")), found)


def _named_padding(word: str, kernel: tuple[Dim, ...], dilations: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """`same` pads the odd pixel behind (aten/src/ATen/native/Convolution.cpp, convolution_same)."""
    if word == "valid":
        return (0,) * 2 * len(kernel)
    if word != "same":
        return None
    low, high = [], []
    for extent, dilation in zip(kernel, dilations, strict=True):
        around = times(dilation, plus(extent, -1))
        if not isinstance(around, int):
            return None
        low.append(around // 2)
        high.append(around - around // 2)
    return (*low, *high)


def _linear(call: Call) -> Made:
    data, weight, bias = call.value("input"), call.value("weight"), call.value("bias")
    shape = shape_of(weight)
    if weight is None or not weight.stored or not isinstance(shape, tuple) or len(shape) != 2:
        return Made("aten::linear", (data, weight, bias))
    return Made("Gemm", (data, weight, bias), {**spelled("out_features", shape[0], "out_features"), **attrs(axis=-1)})


def _addmm(call: Call) -> Made:
    found = attrs(alpha=call.number("alpha"), beta=call.number("beta"))
    return Made("Gemm", (call.value("mat1"), call.value("mat2"), call.value("self")), found)


def _product(call: Call) -> Made:
    return Made("MatMul", (call.value("self"), call.value("other", "mat2", "vec", "tensor")))


def _added_product(call: Call) -> Made:
    return Made("aten::baddbmm", (call.value("batch1"), call.value("batch2"), call.value("self")), call.plain())


def _einsum(call: Call) -> Made | None:
    return Made("Einsum", call.values("tensors"), attrs(equation=call.word("equation")))


def _embedding(call: Call) -> Made:
    table, indices = call.value("weight"), call.value("indices")
    shape = shape_of(table)
    if table is None or not table.stored or not isinstance(shape, tuple) or len(shape) != 2:
        return Made("Gather", (table, indices), attrs(axis=0))
    found = {**spelled("vocabulary", shape[0], "num_embeddings"), **spelled("out_features", shape[1], "embedding_dim")}
    padding = call.dim("padding_idx", -1)
    if padding != -1:
        found.update(spelled("padding_idx", padding, "padding_idx"))
    return Made("Embedding", (indices, table), found, {1: "weight"})


def _batch_norm(call: Call) -> Made | None:
    data = call.value("input")
    trains = call.flag("training") if "training" in call.args else not call.name.endswith("no_training")
    found = spelled("epsilon", call.number("eps"), "eps")
    momentum = call.number("momentum")
    if momentum is not None:
        # ONNX counts the share of the old average, PyTorch that of the new batch.
        found.update(spelled("momentum", 1 - momentum, "momentum"))
    found.update(spelled("training_mode", int(trains), "training"))
    tensors = tuple(call.value(name) for name in ("weight", "bias", "running_mean", "running_var"))
    if call.name != "batch_norm":
        # The core operators also give the batch's statistics.
        return Made("aten::native_batch_norm", (data, *tensors), found, _BATCH_NORM)
    return Made("BatchNormalization", (data, *tensors), found)


def _layer_norm(call: Call) -> Made | None:
    axes = call.dims("normalized_shape")
    if axes is None:
        return None
    found = {**attrs(axis=-len(axes)), **spelled("epsilon", call.number("eps"), "eps")}
    return Made("LayerNormalization", (call.value("input"), call.value("weight"), call.value("bias")), found)


def _rms_norm(call: Call) -> Made | None:
    axes = call.dims("normalized_shape")
    if axes is None:
        return None
    found = {**attrs(axis=-len(axes)), **spelled("epsilon", call.number("eps"), "eps")}
    return Made("RMSNormalization", (call.value("input"), call.value("weight")), found)


def _group_norm(call: Call) -> Made:
    groups = "num_groups" if "num_groups" in call.args else "group"
    found = {**spelled("num_groups", call.dim(groups), "num_groups"), **spelled("epsilon", call.number("eps"), "eps")}
    inputs = (call.value("input"), call.value("weight"), call.value("bias"))
    if call.name.startswith("native"):
        return Made("aten::native_group_norm", inputs, found, {1: "scale", 2: "bias"})
    return Made("GroupNormalization", inputs, found)


def _instance_norm(call: Call) -> Made:
    names = ("input", "weight", "bias", "running_mean", "running_var")
    found = spelled("epsilon", call.number("eps"), "eps")
    return Made("InstanceNormalization", tuple(map(call.value, names)), found, _BATCH_NORM)


_GATES: Final = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def _recurrent(call: Call) -> Made | None:
    """Weights in PyTorch's order: for each layer and direction W_ih, W_hh, and (with biases) b_ih, b_hh, and (with a
    projection) W_hr (torch/nn/modules/rnn.py, RNNBase)."""
    if "batch_sizes" in call.args or call.value("input") is None:
        return None
    states = call.values("hx") if call.name == "lstm" else (call.value("hx"),)
    weights = call.values("params")
    found = attrs(
        num_layers=call.dim("num_layers", 1), bidirectional=call.flag("bidirectional"),
        batch_first=call.flag("batch_first"), has_biases=call.flag("has_biases"),
        gates=_GATES[call.name],
    )  # fmt: skip
    found.update(spelled("dropout", call.number("dropout"), "dropout"))
    found.update(spelled("training_mode", int(call.flag("train")), "train"))
    first = 1 + len(states)
    per_cell = _per_cell(call, len(weights))
    roles: dict[int, str] = {}
    names = ("weight", "recurrent_weight", "bias", "recurrent_bias", "projection")
    for slot in range(len(weights)):
        index = slot % per_cell if per_cell else 0
        role = names[index] if call.flag("has_biases") or index < 2 else "projection"
        roles[first + slot] = role
    return Made(f"aten::{call.name}", (call.value("input"), *states, *weights), found, roles)


def _per_cell(call: Call, weights: int) -> int:
    layers = call.dim("num_layers", 1)
    cells = layers * (2 if call.flag("bidirectional") else 1) if isinstance(layers, int) and layers > 0 else 0
    return weights // cells if cells and weights % cells == 0 else 0


def _cell(gates: int) -> Translation:
    def translate(call: Call) -> Made:
        states = call.values("hx") if gates == 4 else (call.value("hx"),)
        weights = tuple(call.value(name) for name in ("w_ih", "w_hh", "b_ih", "b_hh"))
        first = 1 + len(states)
        names = ("weight", "recurrent_weight", "bias", "recurrent_bias")
        roles = {first + slot: name for slot, name in enumerate(names)}
        return Made("aten::recurrent_cell", (call.value("input"), *states, *weights), attrs(gates=gates), roles)

    return translate


def _attention(call: Call) -> Made:
    query, key, value = call.value("query"), call.value("key"), call.value("value")
    found: dict[str, AttrValue | None] = {"is_causal": int(call.flag("is_causal")), "scale": call.number("scale")}
    found["dropout"] = call.number("dropout_p")
    inputs = (query, key, value, call.value("attn_mask"))
    shapes = [shape_of(one) for one in (query, key, value)]
    plain = all(isinstance(shape, tuple) and len(shape) == 4 for shape in shapes)
    heads = {shape[1] if isinstance(shape, tuple) and len(shape) == 4 else -1 for shape in shapes}
    if call.outputs == 1 and plain and (len(heads) == 1 or call.flag("enable_gqa")):
        return Made("Attention", inputs, attrs(**found))
    return Made("aten::scaled_dot_product_attention", inputs, attrs(**found))


def _bilinear(call: Call) -> Made:
    inputs = tuple(call.value(name) for name in ("input1", "input2", "weight", "bias"))
    return Made("aten::bilinear", inputs, {}, {2: "weight", 3: "bias"})


_BATCH_NORM: Final = {1: "scale", 2: "bias", 3: "mean", 4: "variance"}

TRANSLATIONS: Final[Mapping[str, Translation]] = {
    **dict.fromkeys(
        (
            *("conv1d", "conv2d", "conv3d", "convolution", "_convolution"),
            *("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
        ),
        _convolution,
    ),
    "linear": _linear,
    "addmm": _addmm,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "linalg_matmul"), _product),
    "baddbmm": _added_product,
    "einsum": _einsum,
    "embedding": _embedding,
    "batch_norm": _batch_norm,
    **dict.fromkeys(
        (
            *("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
            *("_native_batch_norm_legit_functional", "_batch_norm_with_update_functional"),
        ),
        _batch_norm,
    ),
    "layer_norm": _layer_norm,
    "native_layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "native_group_norm": _group_norm,
    "instance_norm": _instance_norm,
    **dict.fromkeys(_GATES, _recurrent),
    "lstm_cell": _cell(4),
    "gru_cell": _cell(3),
    "rnn_tanh_cell": _cell(1),
    "rnn_relu_cell": _cell(1),
    **dict.fromkeys(
        (
            *("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu"),
            *("_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention"),
        ),
        _attention,
    ),
    "bilinear": _bilinear,
}
