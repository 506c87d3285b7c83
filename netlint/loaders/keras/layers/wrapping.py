"""Layers around other layers: at each step of a sequence, in both directions, with normalised weights."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.entries import read_layer
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers.recurrent import convolving, looping, recurrent
from netlint.model import Value


def inner(layer: Layer, key: str = "layer") -> Layer | None:
    """The layer inside; it goes by the name of the one around it."""
    found = read_layer(layer.config.get(key), (*layer.config_path, key), layer.places)
    if found is not None:
        found.name = layer.name
        if not layer.flag("trainable", True):
            found.config = {**found.config, "trainable": False}
    return found


def each_step(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The steps become samples, the layer runs on them, and they are steps again."""
    from netlint.loaders.keras.translate import call_layer

    within = inner(layer)
    if within is None:
        return builder.emit("keras::TimeDistributed", layer, call.inputs)
    steps = builder.emit("keras::MergeTime", layer, call.inputs[:1], word=f"steps of {layer.word}", part="steps")
    made = call_layer(builder, within, Arguments(steps, [steps[0]], call.kwargs))
    return [builder.emit("keras::SplitTime", layer, [value, call.inputs[0]])[0] for value in made]


_MERGES = {"concat": "Concat", "sum": "Add", "mul": "Mul", "ave": "Mean"}


def both_ways(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A layer from the front, its copy from the back, and their outputs joined."""
    forward = inner(layer)
    backward = inner(layer, "backward_layer") if layer.has("backward_layer") else inner(layer)
    if forward is None or backward is None or forward.kind not in _RECURRENT:
        return builder.emit("keras::Bidirectional", layer, call.inputs)
    if not layer.has("backward_layer"):
        backward.config = {**backward.config, "go_backwards": not backward.flag("go_backwards", False)}
    states = call.inputs[1:]
    half = len(states) // 2
    outputs, handed = [], []
    for way, which, own in (("forward", forward, states[:half]), ("backward", backward, states[half:])):
        values = _RECURRENT[which.kind](
            builder,
            which,
            Arguments([*call.inputs[:1], *own], [], {}),
            word=f"{way} {which.word} of {layer.word}",
            part=way,
        )
        outputs.append(values[0])
        handed += values[1:]
    mode = layer.config.get("merge_mode", "concat")
    if mode is None:
        return [*outputs, *handed]
    op = _MERGES.get(mode if isinstance(mode, str) else "")
    if op is None:
        return builder.emit("keras::Bidirectional", layer, outputs)
    attrs = [plain("axis", -1)] if op == "Concat" else []
    return [*builder.emit(op, layer, outputs, attrs), *handed]


_RECURRENT = {
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM"), recurrent),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), convolving),
    "RNN": looping,
}


def normalised(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A layer whose kernel is divided by its largest singular value."""
    from netlint.loaders.keras.translate import call_layer

    within = inner(layer)
    if within is None:
        return builder.emit("keras::SpectralNormalization", layer, call.inputs)
    return call_layer(builder, within, call)


LAYERS = {
    "TimeDistributed": each_step,
    "Bidirectional": both_ways,
    "SpectralNormalization": normalised,
}
