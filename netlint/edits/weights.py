"""Edits of the learned parameters of Caffe's layers: fillers, biases and their multipliers."""

from __future__ import annotations

from typing import Final

from netlint.authoring import span_of
from netlint.edits import python
from netlint.edits.fields import Edits, New, inserted, only, path_to, prepended, removed, replaced, values
from netlint.edits.keras_json import set_argument
from netlint.edits.layers import layer_of, remove_field, set_field
from netlint.finding import Edit
from netlint.loaders.keras.places import JsonSpan
from netlint.model import Node, Place, Span

_BLOCKS: Final = {
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "InnerProduct": "inner_product_param",
    "Embed": "embed_param",
}
_CAFFE: Final = {"kaiming": "msra", "xavier": "xavier"}
_KERAS: Final = {"kaiming": "he_normal", "xavier": "glorot_uniform"}
_READERS: Final = {"std": "gaussian", "mean": "gaussian", "min": "uniform", "max": "uniform"}
#: What the fillers msra and xavier read.
_READ: Final = ("type", "variance_norm")


def add_filler(node: Node, kind: str) -> Edits:
    """Give a layer's weights a filler where it has none."""
    block = _BLOCKS.get(node.dialect_op)
    layer = layer_of(node)
    if block is None or layer is None or node.block is None:
        return ()
    found = values(layer, block)
    if len(found) != 1 or values(found[0], "weight_filler"):
        return ()
    return only(inserted(node.block.source, found[0], [("weight_filler", [("type", f'"{kind}"')])]))


def refill(node: Node, scheme: str) -> Edits:
    """Let the weights of a layer start at random, by He's scheme (`kaiming`) or Glorot's (`xavier`); what that does not
    read goes. In Caffe numbers without the name of a filler get that of the filler that reads them."""
    if node.dialect == "keras":
        return set_argument(node, "kernel_initializer", f'"{_KERAS[scheme]}"')
    kind = _CAFFE[scheme]
    block = _BLOCKS.get(node.dialect_op)
    layer = layer_of(node)
    if block is None or layer is None or node.block is None:
        return ()
    source = node.block.source
    outer = values(layer, block)
    found = values(outer[0], "weight_filler") if len(outer) == 1 else []
    if len(found) != 1 or found[0].message is None:
        return ()
    types, rest = values(found[0], "type"), [field for field in found[0].message.fields if field.name not in _READ]
    named = replaced(source, types[0], f'"{kind}"') if types else None
    if named is None and (meant := {_READERS.get(field.name, "") for field in rest}) and len(meant) == 1:
        # A spread without the name of a filler: that of the one that reads it is what was forgotten.
        reader = meant.pop()
        return only(prepended(source, found[0], ("type", f'"{reader}"'))) if reader else ()
    if named is None and rest:
        # The name of the filler takes the place of what it does not read.
        first, *rest = rest
        named = Edit(Span(source, first.name_start, first.end), f'type: "{kind}"')
    if named is None:
        named = inserted(source, found[0], [("type", f'"{kind}"')])
    gone = [removed(source, field) for field in rest]
    if named is None or None in gone:
        return ()
    return (named, *(edit for edit in gone if edit is not None))


def without_bias(node: Node) -> Edits:
    """Take a layer's bias away. In Caffe its filler and its own multipliers go as well."""
    if node.dialect == "keras" and isinstance(node.block, JsonSpan):
        return set_argument(node, "use_bias", "false")
    return _caffe_without_bias(node) if node.dialect == "caffe" else python.without_bias(node)


def _caffe_without_bias(node: Node) -> Edits:
    block = _BLOCKS.get(node.dialect_op)
    layer = layer_of(node)
    if block is None or layer is None or node.block is None or len(values(layer, block)) != 1:
        return ()
    source = node.block.source
    given, filler = values(values(layer, block)[0], "bias_term"), values(values(layer, block)[0], "bias_filler")
    if filler and not given:
        # The setting takes the place of the filler, which it makes idle.
        edits = [Edit(Span(source, filler[0].name_start, filler[0].end), "bias_term: false")]
    else:
        edits = [*set_field(node, (block, "bias_term"), "false"), *remove_field(node, (block, "bias_filler"))]
    for name in ("param", "blobs_lr", "weight_decay"):
        edits += [edit for field in values(layer, name)[1:] for edit in only(removed(source, field))]
    return tuple(edits)


def set_units(node: Node, number: int) -> Edits:
    """Give a layer another number of outputs."""
    block = _BLOCKS.get(node.dialect_op)
    return set_field(node, (block, "num_output"), str(number)) if block is not None else ()


def zero_rates(place: Place | None, count: int) -> Edits:
    """Let the layer at a place have `count` entries `param`, all of them with a learning rate of 0; none where one of
    them also has a name."""
    span = span_of(place)
    path = path_to(span.source, span.start) if span is not None else []
    layer = next((field for field in path if field.name == "layer"), None)
    given = values(layer, "param")
    if span is None or layer is None or not given or any(values(param, "name") for param in given):
        return ()
    edits: list[Edit] = []
    for param in given[:count]:
        rates = values(param, "lr_mult")
        if rates and rates[0].text != "0":
            edits.append(replaced(span.source, rates[0], "0"))
        elif not rates:
            edits += only(inserted(span.source, param, [("lr_mult", "0")]))
    edits += [edit for param in given[count:] for edit in only(removed(span.source, param))]
    missing: list[New] = [("param", [("lr_mult", "0")])] * (count - len(given))
    if missing:
        edits += only(inserted(span.source, layer, missing, given[-1]))
    return tuple(edits)
