"""Layers wired to a network: sequential and functional models, and models inside models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from netlint.loaders.keras.build import Arguments, Builder, TooLarge, tell
from netlint.loaders.keras.calls import Call, read_calls, references, shape_of
from netlint.loaders.keras.entries import read_layer
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.order import arguments_of, in_order, output_of
from netlint.loaders.keras.translate import call_layer, is_model
from netlint.model import UNKNOWN, Shape, Unknown, Value

#: Models stand inside models no deeper in any network.
_DEEPEST: Final = 32

#: Layers whose configurations of Keras 1.0 lack `dim_ordering`.
_UNSAID: Final = ("UpSampling2D", "UpSampling3D", "ZeroPadding2D", "ZeroPadding3D")


@dataclass(slots=True)
class Made:
    """What a model gives: its outputs, and its inputs with their layers' names."""

    outputs: list[Value]
    inputs: list[Value]


def layers_of(model: Layer) -> list[Layer]:
    """The layers of a model, in the order of the source."""
    given = model.config.get("layers")
    path = (*model.config_path, model.word_of("layers"))
    found = []
    for index, entry in enumerate(given if isinstance(given, list) else ()):
        layer = read_layer(entry, (*path, index), model.places)
        if layer is not None:
            layer.name = layer.name or f"{layer.word.lower()}_{index}"
            found.append(layer)
    _ordered_alike(found)
    return found


def _ordered_alike(layers: list[Layer]) -> None:
    """Keras 1.0 did not write the ordering of each layer (UpSampling2D): it is that of the others, which all say th."""
    said = {layer.config["data_format"] for layer in layers if isinstance(layer.config.get("data_format"), str)}
    if said != {"channels_first"}:
        return
    for layer in layers:
        if layer.kind in _UNSAID and "data_format" not in layer.config:
            layer.config = {**layer.config, "data_format": "channels_first"}


def build_model(builder: Builder, model: Layer, inputs: list[Value] | None) -> Made:
    """The nodes of a model; without `inputs` it is the outermost one and makes its own."""
    if builder.scope.depth > _DEEPEST:
        raise TooLarge(f"models stand inside models more than {_DEEPEST} levels deep")
    if model.kind == "Sequential" or "input_layers" not in model.config:
        return _sequential(builder, model, inputs)
    return _functional(builder, model, inputs)


def source(builder: Builder, layer: Layer, shape: Shape) -> Value:
    """The node of an input; its type is what the source says."""
    value = builder.emit("Input", layer, ())[0]
    value.shape = shape
    dtype = layer.config.get("dtype")
    value.dtype = dtype if isinstance(dtype, str) else ""
    return value


def given_shape(layer: Layer) -> Shape:
    """The shape that a layer says its input has; unknown where it does not."""
    for key in ("batch_shape", "batch_input_shape"):
        if layer.has(key):
            return shape_of(layer.config[key])
    if layer.has("shape"):
        inner = shape_of(layer.config["shape"], batch=False)
        return UNKNOWN if isinstance(inner, Unknown) else shape_of([None, *layer.config["shape"]])
    steps, features = layer.config.get("input_length"), layer.config.get("input_dim")
    if layer.kind == "Embedding":
        return shape_of([None, steps]) if steps is not None else UNKNOWN
    if features is not None:
        # Keras 1 gave the features alone, and the steps beside them where there are some.
        recurrent = "units" in layer.config and layer.kind in ("LSTM", "GRU", "SimpleRNN")
        return shape_of([None, steps, features] if recurrent or steps is not None else [None, features])
    return UNKNOWN


def _sequential(builder: Builder, model: Layer, inputs: list[Value] | None) -> Made:
    layers = layers_of(model)
    _by_name(builder, model, layers)
    sources = list(inputs or ())
    values = sources[:]
    for index, layer in enumerate(layers):
        if layer.kind == "InputLayer":
            if not values:
                values = sources = [source(builder, layer, given_shape(layer))]
            continue
        if not values:
            values = sources = [_implied(builder, model, layer, index)]
        values = call_layer(builder, layer, Arguments(values, [values[0] if len(values) == 1 else values], {}))
    return Made(values, sources)


def _implied(builder: Builder, model: Layer, first: Layer, index: int) -> Value:
    """The input of a sequential model that has no layer for it: its shape stands in the first layer, or where Keras
    notes how the model was built."""
    shape = given_shape(first)
    if isinstance(shape, Unknown) and is_model(first):
        within = layers_of(first)
        shape = given_shape(within[0]) if within else UNKNOWN
    for noted in (model.config.get("build_input_shape"), model.build.get("input_shape")) if not index else ():
        if isinstance(shape, Unknown):
            shape = shape_of(noted)
    layer = Layer("InputLayer", "InputLayer", f"{first.name}_input", {}, model.places, first.path, first.config_path)
    return source(builder, layer, shape)


def _functional(builder: Builder, model: Layer, inputs: list[Value] | None) -> Made:
    layers = layers_of(model)
    named = _by_name(builder, model, layers)
    calls = {layer.name: read_calls(layer.calls, named) for layer in layers}
    for layer in layers:
        layer.repeated = len(calls[layer.name]) > 1
    values: dict[tuple[str, int], list[Value]] = {}
    shapes = {ref[:3]: ref.shape for each in calls.values() for call in each for ref in call.refs()}
    sources = _sources(builder, model, named, calls, values, inputs)
    for layer, index, call in in_order(builder, layers, calls, values):
        arguments = arguments_of(call, values)
        made = call_layer(builder, layer, arguments)
        values[layer.name, index] = made
        for slot, value in enumerate(made):
            _note(value, shapes.get((layer.name, index, slot), UNKNOWN))
    wanted = references(model.config.get("output_layers"))
    outputs = [found for ref in wanted if (found := output_of(values, ref)) is not None]
    for ref in wanted:
        if output_of(values, ref) is None and ref.layer not in named:
            tell(
                builder,
                "unknown-bottom",
                f"`{ref.layer}` is an output of {model.label}, but no layer has that name",
                model,
            )
    return Made(outputs, sources)


def _by_name(builder: Builder, model: Layer, layers: list[Layer]) -> dict[str, Layer]:
    """The layers by their names, of which each must have its own: Keras refuses the model else."""
    named: dict[str, Layer] = {}
    for layer in layers:
        if layer.name in named:
            tell(
                builder,
                "duplicate-layer-name",
                f"{layer.label} has the name of an earlier layer, {named[layer.name].label}: Keras wants a name for "
                f"each layer of {model.label} and refuses to load it",
                layer,
                "give each layer a name of its own",
                severity="error",
            )
        else:
            named[layer.name] = layer
    return named


def _note(value: Value, shape: Shape) -> None:
    """Where netlint knows nothing of the operator, what Keras 3 wrote beside its output is the best there is."""
    node = value.producer
    if (
        node is not None
        and node.op.startswith("keras:")
        and isinstance(value.shape, Unknown)
        and node.get("opaque", 0) == 1
    ):
        value.shape = shape


def _sources(
    builder: Builder,
    model: Layer,
    named: Mapping[str, Layer],
    calls: Mapping[str, list[Call]],
    values: dict[tuple[str, int], list[Value]],
    inputs: list[Value] | None,
) -> list[Value]:
    """The model's inputs: given by whoever calls it, or nodes of their own."""
    order = [ref.layer for ref in references(model.config.get("input_layers")) if ref.layer in named]
    order += [name for name, layer in named.items() if layer.kind == "InputLayer" and name not in order]
    found = []
    for index, name in enumerate(order):
        layer = named[name]
        value: Value
        if inputs is not None and index < len(inputs):
            value = inputs[index]
        elif layer.kind == "InputLayer":
            value = source(builder, layer, given_shape(layer))
        else:
            continue
        values[name, 0] = [value]
        calls[name].clear()
        found.append(value)
    return found
