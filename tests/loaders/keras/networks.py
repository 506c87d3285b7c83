"""Whole models in every way that Keras 3 wires them; needs keras."""

from __future__ import annotations

from typing import Any


def sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def without_input(keras: Any) -> Any:
    model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    model.build((None, 5))
    return model


def shared(keras: Any) -> Any:
    one, other = keras.Input((8,)), keras.Input((8,))
    tower = keras.layers.Dense(4, activation="relu", name="tower")
    return keras.Model([one, other], keras.layers.Subtract()([tower(one), tower(other)]))


def several_outputs(keras: Any) -> Any:
    layers = keras.layers
    words, extra = keras.Input((12,), name="words"), keras.Input((4,), name="extra")
    body = layers.Embedding(50, 8)(words)
    body = layers.Bidirectional(layers.LSTM(6))(body)
    body = layers.Concatenate()([body, extra])
    return keras.Model(
        {"words": words, "extra": extra},
        {"score": layers.Dense(1, name="score")(body), "kind": layers.Dense(5, name="kind")(body)},
    )


def nested(keras: Any) -> Any:
    layers = keras.layers
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu"), layers.Dense(3)], name="inner")
    image = keras.Input((16, 16, 3))
    features = layers.Conv2D(4, 3)(image)
    within = keras.Model(image, [features, layers.GlobalAveragePooling2D()(features)], name="within")
    start = keras.Input((16, 16, 3))
    maps, pooled = within(start)
    joined = layers.Concatenate()([pooled, layers.GlobalMaxPooling2D()(maps)])
    narrow = layers.Dense(6)(joined)
    return keras.Model(start, inner(narrow) + inner(layers.Dense(6)(joined)))


def time_distributed(keras: Any) -> Any:
    layers = keras.layers
    frame = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()])
    clip = keras.Input((5, 16, 16, 3))
    return keras.Model(clip, layers.GRU(7, return_sequences=True)(layers.TimeDistributed(frame)(clip)))


def encoder_decoder(keras: Any) -> Any:
    layers = keras.layers
    source, target = keras.Input((None, 20)), keras.Input((None, 30))
    _, hidden, cell = layers.LSTM(16, return_state=True)(source)
    steps = layers.LSTM(16, return_sequences=True)(target, initial_state=[hidden, cell])
    return keras.Model([source, target], layers.Dense(30, activation="softmax")(steps))


def transformer(keras: Any) -> Any:
    layers = keras.layers
    tokens = keras.Input((10,))
    body = layers.Embedding(100, 16, mask_zero=True)(tokens)
    attended = layers.MultiHeadAttention(4, 4)(body, body)
    body = layers.LayerNormalization()(body + attended)
    wide = layers.Dense(64, activation="gelu")(body)
    body = layers.LayerNormalization()(body + layers.Dense(16)(wide))
    return keras.Model(tokens, layers.Dense(2)(layers.GlobalAveragePooling1D()(body)))


def operations(keras: Any) -> Any:
    ops = keras.ops
    image = keras.Input((8, 8, 3))
    x = (image * 2.0 - 1.0) / 3.0
    y = ops.concatenate([x, -image], axis=-1)
    y = ops.reshape(y, (-1, 64, 6))
    first = y[:, 0]
    rest = y[:, 1::2, :4]
    z = ops.transpose(rest, (0, 2, 1))
    z = ops.mean(z, axis=-1, keepdims=True)
    z = ops.squeeze(z, axis=-1)
    w = ops.expand_dims(z, axis=1)
    v = ops.stack([first[:, :4], z], axis=1)
    total = ops.sum(v * w, axis=1) + ops.relu(z) + ops.sqrt(ops.abs(z)) + ops.square(z) + ops.rsqrt(ops.exp(z))
    weights = ops.softmax(ops.matmul(v, ops.transpose(v, (0, 2, 1))), axis=-1)
    return keras.Model(image, [total, ops.max(weights, axis=(1, 2)), ops.einsum("bij,bjk->bik", weights, v)])


def squeeze_excite(keras: Any) -> Any:
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Dense(4, activation="relu")(gate)
    gate = layers.Dense(16, activation="sigmoid")(gate)
    x = layers.Multiply()([x, layers.Reshape((1, 1, 16))(gate)])
    return keras.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def stacked_cells(keras: Any) -> Any:
    layers = keras.layers
    cells = [layers.LSTMCell(4), layers.LSTMCell(6), layers.GRUCell(3)]
    steps = keras.Input((9, 2))
    return keras.Model(steps, layers.RNN(cells, return_sequences=True)(steps))


_MADE = {
    function.__name__: function
    for function in (
        sequential,
        without_input,
        shared,
        several_outputs,
        nested,
        time_distributed,
        encoder_decoder,
        transformer,
        operations,
        squeeze_excite,
        stacked_cells,
    )
}

NAMES = tuple(_MADE)


def make(keras: Any, name: str) -> Any:
    """The model of this name."""
    return _MADE[name](keras)
