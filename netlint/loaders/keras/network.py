"""Layers wired to a network: sequential and functional models, and models inside models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Final

from netlint.loaders.keras.build import Arguments, Builder, Scope, TooLarge, plain, tell
from netlint.loaders.keras.calls import Call, Ref, read_calls, references, shape_of
from netlint.loaders.keras.entries import read_layer
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers import translation
from netlint.loaders.keras.operations import operate
from netlint.model import UNKNOWN, Node, Shape, Unknown, Value

#: Models stand inside models no deeper in any network.
_DEEPEST: Final = 32

MODELS: Final = ("Sequential", "Functional")


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
    return found


def is_model(layer: Layer) -> bool:
    """A network of layers that the source describes, also under a class name of the user's own."""
    return isinstance(layer.config.get("layers"), list) and (
        layer.kind in MODELS or "input_layers" in layer.config or translation(layer.kind) is None
    )


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
    for layer, index, call in _in_order(builder, layers, calls, values):
        arguments = _arguments(call, values)
        made = call_layer(builder, layer, arguments)
        values[layer.name, index] = made
        for slot, value in enumerate(made):
            _note(value, shapes.get((layer.name, index, slot), UNKNOWN))
    wanted = references(model.config.get("output_layers"))
    outputs = [found for ref in wanted if (found := _get(values, ref)) is not None]
    for ref in wanted:
        if _get(values, ref) is None and ref.layer not in named:
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


def _in_order(
    builder: Builder,
    layers: list[Layer],
    calls: Mapping[str, list[Call]],
    values: Mapping[tuple[str, int], list[Value]],
) -> Iterable[tuple[Layer, int, Call]]:
    """Calls, each behind those whose outputs it takes, else in the order of the source."""
    jobs: dict[tuple[str, int], tuple[int, Layer, Call]] = {}
    for layer in layers:
        for index, call in enumerate(calls[layer.name]):
            jobs.setdefault((layer.name, index), (len(jobs), layer, call))
    waiting: dict[tuple[str, int], int] = {}
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    missing: list[tuple[Layer, Ref]] = []
    ready: list[tuple[int, tuple[str, int]]] = []
    for key, (rank, layer, call) in jobs.items():
        needs = set()
        for ref in call.refs():
            if (ref.layer, ref.call) in jobs:
                needs.add((ref.layer, ref.call))
            elif (ref.layer, ref.call) not in values:
                missing.append((layer, ref))
        waiting[key] = len(needs)
        for need in needs:
            readers.setdefault(need, []).append(key)
        if not needs:
            heappush(ready, (rank, key))
    for layer, ref in missing:
        tell(
            builder,
            "unknown-bottom",
            f"{layer.label} takes call {ref.call} of `{ref.layer}`, which is not in the model",
            layer,
            "name a layer that the model has",
        )
    done = 0
    while ready:
        _, key = heappop(ready)
        done += 1
        yield jobs[key][1], key[1], jobs[key][2]
        for reader in readers.get(key, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, (jobs[reader][0], reader))
    if done < len(jobs):
        stuck = next(jobs[key][1] for key, count in waiting.items() if count)
        tell(
            builder,
            "cycle",
            f"{stuck.label} waits for its own output: {len(jobs) - done} calls stand in a circle or behind one",
            stuck,
            "let each layer read only from layers before it",
        )


def _get(values: Mapping[tuple[str, int], list[Value]], ref: Ref) -> Value | None:
    made = values.get((ref.layer, ref.call), ())
    return made[ref.output] if 0 <= ref.output < len(made) else None


def _arguments(call: Call, values: Mapping[tuple[str, int], list[Value]]) -> Arguments:
    def filled(item: Any) -> Any:
        if isinstance(item, Ref):
            found = _get(values, item)
            if found is None:
                # What is not there: a value without a producer, of which nothing is known.
                return Value(item.layer, None, shape=UNKNOWN)
            return found
        if isinstance(item, list):
            return [filled(part) for part in item]
        if type(item) is dict:
            return {name: filled(part) for name, part in item.items()}
        return item

    args = [filled(item) for item in call.args]
    kwargs = {name: filled(item) for name, item in call.kwargs.items()}
    inputs = list(_values(args))
    if not inputs:
        # The first argument by its name.
        inputs = list(_values([item for name, item in kwargs.items() if name != "mask"]))
    return Arguments(inputs, args, kwargs)


def _values(item: Any) -> Iterable[Value]:
    if isinstance(item, Value):
        yield item
    elif isinstance(item, list | tuple):
        for part in item:
            yield from _values(part)
    elif isinstance(item, dict):
        for part in item.values():
            yield from _values(part)


def call_layer(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The outputs of one call of a layer."""
    nodes = builder.model.nodes
    before = len(nodes)
    made = _translate(builder, layer, call)
    unread = [value for value in _values(list(call.kwargs.values())) if not _read(value, nodes[before:])]
    if unread:
        # Masks and the like: the layer reads them, and what makes them is not useless.
        builder.emit("keras::Mask", layer, unread, word=f"mask of {layer.word}", outputs=0)
    return made


def _read(value: Value, nodes: list[Node]) -> bool:
    own = set(map(id, nodes))
    return any(id(edge.node) in own for edge in value.uses)


def _translate(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    if is_model(layer):
        return _inside(builder, layer, call.inputs)
    if layer.kind in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"):
        name = _function(layer)
        made = operate(builder, layer, call, name)
        return made if made is not None else opaque(builder, layer, call, name)
    if layer.kind == "Lambda":
        _tell_code(builder, layer)
        return opaque(builder, layer, call, "Lambda")
    if ".ops." in layer.package or layer.package.endswith(".ops"):
        made = operate(builder, layer, call, layer.kind)
        return made if made is not None else opaque(builder, layer, call, layer.kind)
    translate = None if layer.custom else translation(layer.kind)
    if translate is None or (not call.inputs and layer.kind != "InputLayer"):
        _tell_unknown(builder, layer)
        return opaque(builder, layer, call, layer.kind)
    return translate(builder, layer, call)


def opaque(builder: Builder, layer: Layer, call: Arguments, name: str) -> list[Value]:
    """A node of which nothing is known but its inputs."""
    word = layer.word if layer.word not in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer") else f"tf.{name}"
    inputs = [*call.inputs, *(v for v in _values(list(call.kwargs.values())) if v not in call.inputs)]
    return builder.emit(f"keras::{name}", layer, inputs, [plain("opaque", 1)], word=word)


def _function(layer: Layer) -> str:
    name = layer.text("function", "")
    if layer.kind == "TensorFlowOpLayer":
        definition = layer.config.get("node_def")
        name = definition.get("op", "") if isinstance(definition, dict) else ""
    return name if isinstance(name, str) and name else "unknown"


def _inside(builder: Builder, layer: Layer, inputs: list[Value]) -> list[Value]:
    """A model as a layer: its nodes stand in the outer one, under its name."""
    builder.count()
    outer = builder.scope
    builder.scope = Scope(
        f"{outer.prefix}{layer.name}/",
        builder.frozen(layer),
        outer.shared or layer.repeated,
        outer.depth + 1,
    )
    made = build_model(builder, layer, inputs)
    builder.scope = outer
    return made.outputs


def _tell_code(builder: Builder, layer: Layer) -> None:
    function = layer.config.get("function")
    stored = isinstance(function, list) or (isinstance(function, dict) and function.get("class_name") == "__lambda__")
    if stored:
        tell(
            builder,
            "code-in-model",
            f"{layer.label} holds compiled Python: whoever loads the file runs it, and only with the Python version "
            "that wrote it; netlint does not look into it",
            layer,
            "replace it by a layer, or by an operation of keras.ops; do not load the file from people you do not trust",
        )
    else:
        tell(
            builder,
            "code-in-model",
            f"{layer.label} calls a function that is not in the file: netlint does not know what it computes",
            layer,
            "replace it by a layer, or by an operation of keras.ops",
        )


def _tell_unknown(builder: Builder, layer: Layer) -> None:
    whose = f" (registered as `{layer.package}`)" if layer.package and layer.custom else ""
    tell(
        builder,
        "unknown-layer-type",
        f"{layer.label} is of a class that Keras does not have{whose}: netlint knows nothing of what it computes",
        layer,
        "" if layer.custom else "check the name, or ignore this for a layer of your own",
    )
