"""Networks as people build them with Keras, each with the loss that belongs to it: written by us, in the shapes that
tutorials have. Every function takes the `keras` module and gives a compiled model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def convnet(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
        ]),
        "categorical_crossentropy", ["accuracy"],
    )  # fmt: skip


def digits_from_logits(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((28, 28)), layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dropout(0.2),
            layers.Dense(10),
        ]),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"],
    )  # fmt: skip


def sentiment(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((None,)), layers.Embedding(20000, 128, mask_zero=True),
            layers.Bidirectional(layers.LSTM(64, return_sequences=True)), layers.Bidirectional(layers.LSTM(64)),
            layers.Dense(1, activation="sigmoid"),
        ]),
        "binary_crossentropy", ["accuracy"],
    )  # fmt: skip


def text_convolutions(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((None,)), layers.Embedding(20000, 128), layers.Dropout(0.5),
            layers.Conv1D(128, 7, strides=3, activation="relu"), layers.Conv1D(128, 7, strides=3, activation="relu"),
            layers.GlobalMaxPooling1D(), layers.Dense(128, activation="relu"), layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ]),
        "binary_crossentropy", ["accuracy"],
    )  # fmt: skip


def autoencoder(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", padding="same"), layers.MaxPooling2D(2, padding="same"),
            layers.Conv2DTranspose(32, 4, strides=2, activation="relu", padding="same"),
            layers.Conv2D(1, 3, activation="sigmoid", padding="same"),
        ]),
        "binary_crossentropy",
    )  # fmt: skip


def variational_encoder(keras: Any) -> Any:
    layers, ops = keras.layers, keras.ops
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(image)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    mean, spread = layers.Dense(2)(x), layers.Dense(2)(x)
    return keras.Model(image, [mean, spread, mean + ops.exp(0.5 * spread)])


def generator(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([
        keras.Input((100,)),
        layers.Dense(7 * 7 * 256, use_bias=False), layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Reshape((7, 7, 256)),
        layers.Conv2DTranspose(64, 4, strides=2, padding="same", use_bias=False), layers.BatchNormalization(),
        layers.LeakyReLU(),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same", use_bias=False, activation="tanh"),
    ])  # fmt: skip


def discriminator(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((28, 28, 1)), layers.Conv2D(64, 5, strides=2, padding="same"), layers.LeakyReLU(),
            layers.Dropout(0.3), layers.Conv2D(128, 5, strides=2, padding="same"), layers.LeakyReLU(),
            layers.Dropout(0.3), layers.Flatten(), layers.Dense(1),
        ]),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )  # fmt: skip


def siamese(keras: Any) -> Any:
    layers, ops = keras.layers, keras.ops
    tower = keras.Sequential([
        keras.Input((28, 28, 1)), layers.Conv2D(16, 5, activation="relu"), layers.GlobalAveragePooling2D(),
        layers.Dense(10, activation="tanh"),
    ])  # fmt: skip
    one, other = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    apart = ops.sum(ops.square(layers.Subtract()([tower(one), tower(other)])), axis=1, keepdims=True)
    answer = layers.Dense(1, activation="sigmoid")(layers.BatchNormalization()(apart))
    return _compiled(keras.Model([one, other], answer), "binary_crossentropy", ["accuracy"])


def segmenter(keras: Any) -> Any:
    layers = keras.layers

    def twice(x: Any, filters: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return x

    image = keras.Input((64, 64, 3))
    high = twice(image, 16)
    low = twice(layers.MaxPooling2D(2)(high), 32)
    back = layers.Conv2DTranspose(16, 2, strides=2)(low)
    x = twice(layers.concatenate([back, high]), 16)
    classes = layers.Conv2D(3, 1, activation="softmax")(x)
    return _compiled(keras.Model(image, classes), "sparse_categorical_crossentropy", ["accuracy"])


def transformer(keras: Any) -> Any:
    layers, ops = keras.layers, keras.ops
    words = keras.Input((200,), dtype="int32")
    x = layers.Embedding(20000, 32)(words) + layers.Embedding(200, 32)(ops.arange(0, 200))
    attended = layers.Dropout(0.1)(layers.MultiHeadAttention(2, 16)(x, x))
    x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
    fed = layers.Dropout(0.1)(layers.Dense(32)(layers.Dense(64, activation="relu")(x)))
    x = layers.LayerNormalization(epsilon=1e-6)(x + fed)
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(x))
    answer = layers.Dense(2, activation="softmax")(layers.Dense(20, activation="relu")(x))
    return _compiled(keras.Model(words, answer), "sparse_categorical_crossentropy", ["accuracy"])


def reader_of_lines(keras: Any) -> Any:
    layers = keras.layers
    image = keras.Input((200, 48, 1))
    x = layers.Conv2D(32, 3, activation="relu", kernel_initializer="he_normal", padding="same")(image)
    x = layers.Reshape((50, 12 * 64 * 2))(layers.MaxPooling2D(2)(x)[:, :, :, :])
    x = layers.Dropout(0.2)(layers.Dense(64, activation="relu")(x))
    x = layers.Bidirectional(layers.LSTM(64, return_sequences=True, dropout=0.25))(x)
    return _compiled(keras.Model(image, layers.Dense(21)(x)), keras.losses.CTC())


def gated_residuals(keras: Any) -> Any:
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    x = layers.ReLU()(layers.Conv2D(32, 3, padding="same")(image))
    for _ in range(2):
        branch = layers.Conv2D(32, 3, padding="same", use_bias=False)(x)
        branch = layers.BatchNormalization()(branch)
        gate = layers.GlobalAveragePooling2D(keepdims=True)(branch)
        gate = layers.Dense(8, activation="relu", kernel_initializer="he_normal", use_bias=False)(gate)
        gate = layers.Dense(32, activation="sigmoid", kernel_initializer="he_normal", use_bias=False)(gate)
        x = layers.ReLU()(layers.add([x, layers.multiply([branch, gate])]))
    answer = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return _compiled(keras.Model(image, answer), "categorical_crossentropy", ["accuracy", "top_k_categorical_accuracy"])


def regression(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((13,)), layers.Normalization(mean=[0.0] * 13, variance=[1.0] * 13),
            layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu"), layers.Dense(1),
        ]),
        "mse", ["mae"],
    )  # fmt: skip


def several_answers(keras: Any) -> Any:
    layers = keras.layers
    title, tags = keras.Input((None,), name="title"), keras.Input((12,), name="tags")
    x = layers.concatenate([layers.LSTM(32)(layers.Embedding(10000, 64)(title)), tags])
    urgent, where = layers.Dense(1, name="urgent")(x), layers.Dense(4, activation="softmax", name="where")(x)
    losses = {"urgent": keras.losses.BinaryCrossentropy(from_logits=True), "where": "categorical_crossentropy"}
    metrics = {"urgent": [keras.metrics.BinaryAccuracy(threshold=0.0)], "where": ["accuracy"]}
    model = keras.Model([title, tags], {"urgent": urgent, "where": where})
    model.compile(optimizer="adam", loss=losses, metrics=metrics, loss_weights={"urgent": 1.0, "where": 0.2})
    return model


def fine_tuned(keras: Any) -> Any:
    layers = keras.layers
    base = keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False, weights=None)
    base.trainable = False
    image = keras.Input((96, 96, 3))
    x = base(layers.Rescaling(1 / 127.5, offset=-1)(layers.RandomFlip("horizontal")(image)), training=False)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return _compiled(keras.Model(image, layers.Dense(1)(x)), keras.losses.BinaryCrossentropy(from_logits=True))


def partly_frozen(keras: Any) -> Any:
    layers = keras.layers
    base = keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False, weights=None)
    for layer in base.layers[:100]:
        layer.trainable = False
    x = layers.GlobalAveragePooling2D()(base.output)
    return _compiled(keras.Model(base.input, layers.Dense(5, activation="softmax")(x)), "categorical_crossentropy")


def few_shots(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for _ in range(4):
        model.add(layers.Conv2D(64, 3, strides=2, padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
    model.add(layers.Flatten())
    model.add(layers.Dense(5, activation="softmax"))
    return _compiled(model, "sparse_categorical_crossentropy")


def next_frames(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((None, 32, 32, 1)),
            layers.ConvLSTM2D(16, 5, padding="same", return_sequences=True, activation="relu"),
            layers.BatchNormalization(), layers.Conv3D(1, 3, activation="sigmoid", padding="same"),
        ]),
        "binary_crossentropy",
    )  # fmt: skip


def translator(keras: Any) -> Any:
    layers = keras.layers
    source, target = keras.Input((None,)), keras.Input((None,))
    state = layers.Bidirectional(layers.GRU(64), merge_mode="sum")(layers.Embedding(800, 64, mask_zero=True)(source))
    x = layers.GRU(64, return_sequences=True)(layers.Embedding(800, 64, mask_zero=True)(target), initial_state=state)
    words = layers.Dense(800, activation="softmax")(layers.Dropout(0.5)(x))
    return _compiled(keras.Model([source, target], words), "sparse_categorical_crossentropy", ["accuracy"])


def points(keras: Any) -> Any:
    layers = keras.layers
    cloud = keras.Input((512, 3))
    turned = layers.GlobalMaxPooling1D()(layers.Conv1D(32, 1, activation="relu")(cloud))
    turned = layers.Reshape((3, 3))(layers.Dense(9, kernel_initializer="zeros")(turned))
    x = layers.Dot(axes=(2, 1))([cloud, turned])
    x = layers.GlobalMaxPooling1D()(layers.Conv1D(64, 1, activation="relu")(x))
    answer = layers.Dense(10, activation="softmax")(layers.Dropout(0.3)(layers.Dense(32, activation="relu")(x)))
    return _compiled(keras.Model(cloud, answer), "sparse_categorical_crossentropy", ["sparse_categorical_accuracy"])


def steps_ahead(keras: Any) -> Any:
    layers = keras.layers
    return _compiled(
        keras.Sequential([
            keras.Input((24, 19)), layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu"),
            layers.Dense(1),
        ]),
        "mse", ["mae"],
    )  # fmt: skip


def highway(keras: Any) -> Any:
    layers = keras.layers
    x = given = keras.Input((64,))
    for _ in range(3):
        gate = layers.Dense(64, activation="sigmoid", bias_initializer=keras.initializers.Constant(-3.0))(x)
        made = layers.Dense(64, activation="relu")(x)
        x = layers.add([layers.multiply([gate, made]), layers.multiply([1 - gate, x])])
    return _compiled(keras.Model(given, layers.Dense(10, activation="softmax")(x)), "categorical_crossentropy")


def table_of_features(keras: Any) -> Any:
    layers = keras.layers
    age, kind = keras.Input((1,), name="age"), keras.Input((1,), dtype="int64", name="kind")
    looked = layers.IntegerLookup(vocabulary=[1, 2, 3])(kind)
    x = layers.concatenate([
        layers.Normalization(mean=54.0, variance=80.0)(age),
        layers.Flatten()(layers.Embedding(4, 3)(looked)),
    ])  # fmt: skip
    x = layers.Dropout(0.5)(layers.Dense(32, activation="relu")(x))
    answer = layers.Dense(1, activation="sigmoid")(x)
    metrics = [keras.metrics.AUC(), keras.metrics.Precision(), keras.metrics.BinaryAccuracy()]
    return _compiled(keras.Model([age, kind], answer), "binary_crossentropy", metrics)


def _compiled(model: Any, loss: Any, metrics: list[Any] | None = None) -> Any:
    model.compile(optimizer="adam", loss=loss, metrics=metrics)
    return model


EXAMPLES: tuple[Callable[[Any], Any], ...] = (
    *(convnet, digits_from_logits, sentiment, text_convolutions, autoencoder, variational_encoder, generator),
    *(discriminator, siamese, segmenter, transformer, reader_of_lines, gated_residuals, regression, several_answers),
    *(fine_tuned, partly_frozen, few_shots, next_frames, translator, points, steps_ahead, highway, table_of_features),
)
