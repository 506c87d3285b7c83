"""LSTM and RNN."""

from collections.abc import Callable

from netlint.loaders.caffe.layer import Layer, LayerType, Translation, initializer, learned


def _recurrent(op: str) -> Callable[[Layer], Translation]:
    def translate(layer: Layer) -> Translation:
        block = layer.block("recurrent_param")
        weight, problems = initializer(block, "weight_filler")
        bias, more = initializer(block, "bias_filler")
        exposed = block.get("expose_hidden") is True
        static = len(layer.bottoms) > (2 if not exposed else 2 + (2 if op == "LSTM" else 1))
        roles = [("weight", weight), ("bias", bias)]
        roles += [("static_weight", weight)] if static else []
        roles += [("recurrent_weight", weight)]
        roles += [("output_weight", weight), ("output_bias", bias)] if op == "RNN" else []
        attrs = {"hidden_size": block.attr("hidden_size", "num_output")}
        return Translation(op, attrs, learned(layer, roles), problems=problems + more)

    return translate


TYPES = {
    "LSTM": LayerType(_recurrent("LSTM"), ("recurrent_param",), bottoms=(2, 5), tops=(1, 3)),
    "RNN": LayerType(_recurrent("RNN"), ("recurrent_param",), bottoms=(2, 4), tops=(1, 2)),
}
