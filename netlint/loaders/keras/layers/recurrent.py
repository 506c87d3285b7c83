"""Recurrent layers, and cells that run inside `RNN`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.keras.activations import named
from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.entries import read_layer
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers.convolution import geometry, rank_of
from netlint.model import Attr, Param, Value

_OPS: Final[Mapping[str, str]] = {"SimpleRNN": "RNN", "GRU": "GRU", "LSTM": "LSTM"}

#: States that a layer hands on beside its output.
STATES: Final[Mapping[str, int]] = {"RNN": 1, "GRU": 1, "LSTM": 2, "keras::ConvLSTM": 2}


def _params(builder: Builder, layer: Layer) -> list[Param]:
    params = [
        builder.param(layer, "weight", "kernel", "glorot_uniform"),
        builder.param(layer, "recurrent_weight", "recurrent", "orthogonal"),
    ]
    if layer.flag("use_bias", True):
        params.append(builder.param(layer, "bias", "bias", "zeros"))
    return params


def described(layer: Layer, outer: Layer | None = None) -> list[Attr]:
    """Arguments that all recurrent layers share; those of the loop come from `outer` where the layer is only a cell."""
    loop = outer or layer
    attrs = [
        layer.attr("hidden_size", "units", layer.integer("units", 0)),
        loop.attr("return_sequences", "return_sequences", loop.flag("return_sequences", False)),
        loop.attr("return_state", "return_state", loop.flag("return_state", False)),
    ]
    if loop.flag("go_backwards", False):
        attrs.append(loop.attr("direction", "go_backwards", "reverse"))
    if loop.flag("stateful", False):
        attrs.append(loop.attr("stateful", "stateful", True))
    functions = [key for key in ("activation", "recurrent_activation") if key in layer.config]
    attrs += [layer.attr(key, key, named(layer.config[key]) or "linear") for key in functions]
    rates = [key for key in ("dropout", "recurrent_dropout") if layer.has(key)]
    attrs += [layer.attr(key, key, layer.number(key, 0.0)) for key in rates]
    if layer.kind.startswith("GRU"):
        attrs.append(layer.attr("reset_after", "reset_after", layer.flag("reset_after", False)))
    return attrs


def recurrent(builder: Builder, layer: Layer, call: Arguments, word: str = "", part: str = "") -> list[Value]:
    """SimpleRNN, GRU, LSTM; states given at the start are further inputs."""
    op = _OPS[layer.kind]
    outputs = 1 + (STATES[op] if layer.flag("return_state", False) else 0)
    params = _params(builder, layer)
    return builder.emit(op, layer, call.inputs, described(layer), params, word=word, outputs=outputs, part=part)


def convolving(builder: Builder, layer: Layer, call: Arguments, word: str = "", part: str = "") -> list[Value]:
    """An LSTM whose products are convolutions."""
    attrs = [a for a in described(layer) if a.name != "hidden_size"]
    attrs += [layer.attr("out_channels", "filters", layer.integer("filters", 0)), *geometry(layer, rank_of(layer))]
    if not layer.channels_last:
        attrs.append(layer.attr("data_format", "data_format", "channels_first"))
    outputs = 1 + (2 if layer.flag("return_state", False) else 0)
    params = _params(builder, layer)
    return builder.emit("keras::ConvLSTM", layer, call.inputs, attrs, params, word=word, outputs=outputs, part=part)


def looping(builder: Builder, layer: Layer, call: Arguments, word: str = "", part: str = "") -> list[Value]:
    """`RNN(cell)`: the layer of that cell; cells on each other are layers on each other."""
    cells = _cells(layer)
    if not cells:
        return _unknown(builder, layer, call)
    values, states = call.inputs[:1], []
    handed = layer.flag("return_state", False)
    for index, cell in enumerate(cells):
        op = _OPS[cell.kind.removesuffix("Cell")]
        last = index == len(cells) - 1
        attrs = described(cell, layer)
        if not last:
            attrs = [a for a in attrs if a.name not in ("return_sequences", "direction")]
            attrs.append(plain("return_sequences", True))
        elif index:
            # The first one has turned the time around for all.
            attrs = [a for a in attrs if a.name != "direction"]
        if index == 0 and not last and layer.flag("go_backwards", False):
            attrs.append(layer.attr("direction", "go_backwards", "reverse"))
        outputs = 1 + (STATES[op] if handed else 0)
        cell.name = layer.name
        made = builder.emit(
            op,
            layer,
            values,
            attrs,
            _params(builder, cell),
            word=f"{cell.word} of {word or layer.word}",
            outputs=outputs,
            part=(part if last else f"{part} {index}".strip()),
        )
        values = made[:1]
        states += made[1:]
    return [*values, *states]


def _cells(layer: Layer) -> list[Layer]:
    """The cells of the loop, one on the other; none where one of them is unknown."""
    cell = read_layer(layer.config.get("cell"), (*layer.config_path, "cell"), layer.places)
    if cell is None:
        return []
    found = [cell]
    if cell.kind == "StackedRNNCells":
        given = cell.config.get("cells")
        parts = given if isinstance(given, list) else []
        read = [read_layer(part, (*cell.config_path, "cells", index), layer.places) for index, part in enumerate(parts)]
        found = [part for part in read if part is not None]
        if len(found) != len(parts):
            return []
    known = all(part.kind in ("SimpleRNNCell", "GRUCell", "LSTMCell") and not part.custom for part in found)
    return found if known else []


def _unknown(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    return builder.emit("keras::RNN", layer, call.inputs)


LAYERS = {
    "SimpleRNN": recurrent,
    "GRU": recurrent,
    "LSTM": recurrent,
    "RNN": looping,
    **{f"ConvLSTM{rank}D": convolving for rank in (1, 2, 3)},
}
