"""Dense layers, embeddings, and what only hands on."""

from __future__ import annotations

from netlint.loaders.keras.activations import activate, function, named
from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.model import Attr, Param, Value


def weight_and_bias(builder: Builder, layer: Layer, kernel: str = "kernel") -> list[Param]:
    """The two weights that most layers have."""
    params = [builder.param(layer, "weight", kernel, "glorot_uniform")]
    if layer.flag("use_bias", True):
        params.append(builder.param(layer, "bias", "bias", "zeros"))
    return params


def biased(layer: Layer) -> list[Attr]:
    return [layer.attr("bias", "use_bias", layer.flag("use_bias", True))] if "use_bias" in layer.config else []


def dense(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Gemm over the last axis."""
    attrs = [
        layer.attr("out_features", "units", layer.integer("units", 0)),
        plain("axis", -1),
        plain("transpose", True),
        *biased(layer),
        *restrained(layer),
    ]
    params = weight_and_bias(builder, layer)
    value = builder.emit("Gemm", layer, call.inputs[:1], attrs, params)[0]
    return [activate(builder, layer, value)]


def restrained(layer: Layer) -> list[Attr]:
    """The penalty on what a layer puts out, as its word."""
    from netlint.loaders.keras.parts import restraint

    found = restraint(layer, "activity_regularizer")
    if found is None:
        return []
    numbers = [Attr(f"activity_{name}", field.value, field.span, name) for name, field in found.fields.items()]
    return [layer.attr("activity_regularizer", "activity_regularizer", found.kind), *numbers]


def einsum_dense(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A product of the input and one learned tensor, by an equation."""
    shape = layer.listed("output_shape")
    attrs = [layer.attr("equation", "equation", layer.text("equation", ""))]
    if shape is not None:
        attrs.append(layer.attr("output_shape", "output_shape", shape))
    params = [builder.param(layer, "weight", "kernel", "glorot_uniform")]
    if layer.has("bias_axes"):
        attrs.append(layer.attr("bias_axes", "bias_axes", layer.text("bias_axes", "")))
        params.append(builder.param(layer, "bias", "bias", "zeros"))
    value = builder.emit("keras::EinsumDense", layer, call.inputs[:1], attrs, params)[0]
    return [activate(builder, layer, value)]


def embedding(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """One row of a table for each index."""
    attrs = [
        layer.attr("vocabulary", "input_dim", layer.integer("input_dim", 0)),
        layer.attr("out_features", "output_dim", layer.integer("output_dim", 0)),
    ]
    if layer.has("mask_zero"):
        attrs.append(layer.attr("mask_zero", "mask_zero", layer.flag("mask_zero", False)))
    params = [builder.param(layer, "weight", "embeddings", "uniform")]
    if layer.kind == "ReversibleEmbedding" and call.kwargs.get("reverse") is True:
        # The table read the other way round: scores for each row.
        return builder.emit("keras::ReverseEmbedding", layer, call.inputs[:1], attrs, params)
    return builder.emit("Embedding", layer, call.inputs[:1], attrs, params)


def activation(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A function as a layer of its own."""
    name = named(layer.config.get("activation")) or "linear"
    return function(builder, layer, call.inputs[0], name, {}, layer.place("activation"), word=layer.word)


def identity(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Hands on what it gets."""
    return builder.emit("Identity", layer, call.inputs[:1], restrained(layer))


def masking(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Hands on what it gets and marks the steps to leave out."""
    return builder.emit(
        "keras::Masking",
        layer,
        call.inputs[:1],
        [layer.attr("mask_value", "mask_value", layer.number("mask_value", 0.0))],
    )


def maxout(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The largest of several linear functions for each output (Keras 1)."""
    attrs = [
        layer.attr("out_features", "output_dim", layer.integer("output_dim", 0)),
        layer.attr("pieces", "nb_feature", layer.integer("nb_feature", 4)),
    ]
    params = [builder.param(layer, "weight", "kernel", "glorot_uniform")]
    if layer.flag("bias", True):
        params.append(builder.param(layer, "bias", "bias", "zeros"))
    return builder.emit("keras::MaxoutDense", layer, call.inputs[:1], attrs, params)


def highway(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A gated sum of the input and a function of it (Keras 1)."""
    params = [builder.param(layer, "weight", "kernel", "glorot_uniform")]
    return builder.emit("keras::Highway", layer, call.inputs[:1], (), params)


LAYERS = {
    "MaxoutDense": maxout,
    "Highway": highway,
    "Dense": dense,
    "EinsumDense": einsum_dense,
    "Embedding": embedding,
    "ReversibleEmbedding": embedding,
    "Activation": activation,
    "Identity": identity,
    "ActivityRegularization": identity,
    "Masking": masking,
}
