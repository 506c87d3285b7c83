"""Attention."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.model import Attr, Param, Value


def heads(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Inputs are query, value and key, in the order in which Keras takes them; the key is the value where it is left
    out."""
    grouped = layer.kind == "GroupQueryAttention"
    given = [*call.inputs, *(v for name in ("query", "value", "key") if (v := call.value(name)) is not None)]
    inputs = given[:3]
    attrs = [
        _number(layer, "num_heads", "num_query_heads" if grouped else "num_heads"),
        _number(layer, "key_dim", "head_dim" if grouped else "key_dim"),
    ]
    if grouped:
        attrs.append(_number(layer, "kv_num_heads", "num_key_value_heads"))
    elif layer.has("value_dim"):
        attrs.append(_number(layer, "value_dim", "value_dim"))
    shape = layer.listed("output_shape")
    if shape is not None:
        attrs.append(layer.attr("output_shape", "output_shape", shape))
    if layer.has("dropout"):
        attrs.append(layer.attr("dropout", "dropout", layer.number("dropout", 0.0)))
    if call.kwargs.get("use_causal_mask") is True or call.kwargs.get("attention_mask") is not None:
        attrs.append(plain("masked", 1))
    if call.kwargs.get("use_causal_mask") is True:
        attrs.append(plain("is_causal", 1))
    params: list[Param] = []
    for name in ("query", "key", "value", "output"):
        params.append(builder.param(layer, f"{name}_weight", "kernel", "glorot_uniform"))
        if layer.flag("use_bias", True):
            params.append(builder.param(layer, f"{name}_bias", "bias", "zeros"))
    scores = call.kwargs.get("return_attention_scores") is True
    return builder.emit("keras::MultiHeadAttention", layer, inputs, attrs, params, outputs=2 if scores else 1)


def _number(layer: Layer, name: str, key: str) -> Attr:
    return layer.attr(name, key, layer.integer(key, 0))


def scores(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Attention without learned products: inputs are query, value and perhaps key."""
    attrs = [layer.attr("dropout", "dropout", layer.number("dropout", 0.0))]
    params = []
    if layer.flag("use_scale", layer.kind == "AdditiveAttention"):
        params.append(builder.param(layer, "scale", "scale", "glorot_uniform"))
    both = call.kwargs.get("return_attention_scores") is True
    return builder.emit(f"keras::{layer.kind}", layer, call.inputs, attrs, params, outputs=2 if both else 1)


LAYERS = {
    "MultiHeadAttention": heads,
    "GroupQueryAttention": heads,
    # The name of this layer before it came into Keras 3.
    "GroupedQueryAttention": heads,
    "Attention": scores,
    "AdditiveAttention": scores,
}
