"""One call of one layer: by its translation, as a model inside, as a function, or as something that nobody knows."""

from __future__ import annotations

from typing import Final

from netlint.loaders.keras.build import Arguments, Builder, Scope, plain, tell
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers import translation
from netlint.loaders.keras.operations import operate
from netlint.loaders.keras.order import values_in
from netlint.model import Node, Value

#: Layers of Keras that hold something from elsewhere: another framework's module, a method, columns of a table.
_FOREIGN: Final = (
    *("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper", "ClassMethod", "InstanceMethod"),
    *("InstanceProperty", "DenseFeatures", "SequenceFeatures", "RandomFourierFeatures", "Merge", "LambdaMerge"),
)


MODELS: Final = ("Sequential", "Functional")


def is_model(layer: Layer) -> bool:
    """A network of layers that the source describes, also under a class name of the user's own."""
    return isinstance(layer.config.get("layers"), list) and (
        layer.kind in MODELS or "input_layers" in layer.config or translation(layer.kind) is None
    )


def call_layer(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The outputs of one call of a layer."""
    nodes = builder.model.nodes
    before = len(nodes)
    made = _translate(builder, layer, call)
    unread = [value for value in values_in(list(call.kwargs.values())) if not _read(value, nodes[before:])]
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
    if layer.kind in _FOREIGN and not layer.custom:
        return opaque(builder, layer, call, layer.kind)
    if translate is None or (not call.inputs and layer.kind != "InputLayer"):
        _tell_unknown(builder, layer)
        return opaque(builder, layer, call, layer.kind)
    return translate(builder, layer, call)


def opaque(builder: Builder, layer: Layer, call: Arguments, name: str) -> list[Value]:
    """A node of which nothing is known but its inputs."""
    word = layer.word if layer.word not in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer") else f"tf.{name}"
    inputs = [*call.inputs, *(v for v in values_in(list(call.kwargs.values())) if v not in call.inputs)]
    return builder.emit(f"keras::{name}", layer, inputs, [plain("opaque", 1)], word=word)


def _function(layer: Layer) -> str:
    name = layer.text("function", "")
    if layer.kind == "TensorFlowOpLayer":
        definition = layer.config.get("node_def")
        name = definition.get("op", "") if isinstance(definition, dict) else ""
    return name if isinstance(name, str) and name else "unknown"


def _inside(builder: Builder, layer: Layer, inputs: list[Value]) -> list[Value]:
    """A model as a layer: its nodes stand in the outer one, under its name."""
    from netlint.loaders.keras.network import build_model

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
