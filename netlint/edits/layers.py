"""Edits of Caffe's layers: their settings, and the layers themselves with what reads them.

Every function gives the edits, and none where the source does not have the form that they need: a fix that offers no
edits is advice.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlint.edits.fields import (
    Edits,
    New,
    appended,
    field_at,
    inserted,
    only,
    path_to,
    removed,
    removed_with_gap,
    replaced,
    text_of,
    values,
)
from netlint.edits.wiring import wiring_around
from netlint.loaders.text_format import Field
from netlint.model import Attr, Node, Span

#: A value that more layers read is left as it is.
_MOST_READERS = 200


def layer_of(node: Node) -> Field | None:
    """The message of a node's layer; None where it has none of its own, or one of Caffe's oldest form."""
    if node.dialect != "caffe" or node.block is None:
        return None
    layer = field_at(node.block.source, node.block.start)
    return None if layer is None or layer.message is None or values(layer, "layer") else layer


def set_field(node: Node, path: Sequence[str], value: str) -> Edits:
    """Give a setting of a layer a value, as it stands in the text: `set_field(node, ("convolution_param",
    "bias_term"), "false")`. What is missing is written."""
    layer = layer_of(node)
    if layer is None or node.block is None:
        return ()
    source, field = node.block.source, layer
    for number, name in enumerate(path):
        found = values(field, name)
        if len(found) > 1:
            return ()
        if not found:
            new: New = (path[-1], value)
            for outer in reversed(path[number:-1]):
                new = (outer, [new])
            return only(inserted(source, field, [new]))
        field = found[0]
    return (replaced(source, field, value),) if field.message is None else ()


def remove_field(node: Node, path: Sequence[str]) -> Edits:
    """Remove a setting of a layer; its block as well where nothing else stands in there."""
    layer = layer_of(node)
    if layer is None or node.block is None:
        return ()
    return without_path(node.block, layer, path)


def without_path(block: Span, layer: Field, path: Sequence[str]) -> Edits:
    """Without the setting at a path below a layer, where there is exactly one."""
    trail = [layer]
    for name in path:
        found = values(trail[-1], name)
        if len(found) != 1:
            return ()
        trail.append(found[0])
    return _without(block, trail)


def _without(block: Span, trail: Sequence[Field]) -> Edits:
    """Without the last field of a trail of messages, and without those that it leaves empty."""
    last = len(trail) - 1
    while last > 1 and _holds_only(block, trail[last - 1], trail[last]):
        last -= 1
    return only(removed(block.source, trail[last]))


def _holds_only(block: Span, outer: Field, inner: Field) -> bool:
    comment = "#" in block.source.text[outer.start : outer.end]
    return not comment and outer.message is not None and outer.message.fields == [inner]


def remove_attr(node: Node, attr: Attr | Span | None) -> Edits:
    """Remove the field at whose name or value an attribute stands, and what is empty without it."""
    span = attr.span if isinstance(attr, Attr) else attr
    if span is None or node.block is None or node.dialect != "caffe":
        return ()
    path = path_to(span.source, span.start)
    layers = [index for index, field in enumerate(path) if field.name_start == node.block.start]
    return _without(node.block, path[layers[0] :]) if layers else ()


def add_fields(node: Node, new: Sequence[New], after: str = "") -> Edits:
    """Write more fields into a layer, behind the last one of the name `after` or behind all."""
    layer = layer_of(node)
    if layer is None or node.block is None:
        return ()
    found = values(layer, after) if after else []
    return only(inserted(node.block.source, layer, new, found[-1] if found else None))


def add_layer(node: Node, new: Sequence[New]) -> Edits:
    """Write a layer right behind that of a node, in the same form."""
    layer = layer_of(node)
    if layer is None or node.block is None or layer.name != "layer":
        return ()
    return only(appended(node.block.source, layer, [("layer", new)]))


def set_type(node: Node, kind: str) -> Edits:
    """Make a layer one of another type; none for the old format, whose types are enum words."""
    layer = layer_of(node)
    types = values(layer, "type")
    if node.block is None or layer is None or layer.name != "layer" or len(types) != 1:
        return ()
    return (replaced(node.block.source, types[0], f'"{kind}"'),)


def set_each(node: Node, path: Sequence[str], value: str) -> Edits:
    """Give every value of a repeated setting the same number."""
    field = layer_of(node)
    for name in path[:-1]:
        inner = values(field, name)
        field = inner[0] if len(inner) == 1 else None
    found = values(field, path[-1])
    if node.block is None or not found:
        return set_field(node, path, value)
    source = node.block.source
    return tuple(replaced(source, item, value) for item in found if text_of(item) != value)


def remove_layer(node: Node) -> Edits:
    """Remove a layer; who reads its top reads its bottom instead. None where the file has several layers for that
    value, or where it is what the network gives."""
    layer = layer_of(node)
    if layer is None or node.block is None:
        return ()
    source = node.block.source
    bottoms, tops = values(layer, "bottom"), values(layer, "top")
    wires = wiring_around(source, layer)
    if wires is None or len(bottoms) != 1 or len(tops) != 1:
        return ()
    taken, given = text_of(bottoms[0]), text_of(tops[0])
    gone = only(removed_with_gap(source, layer))
    if taken == given:
        # In place: who reads the value reads what stands before.
        return gone if any(end.layer is not layer for end in wires.readers[taken]) else ()
    readers = [end.field for end in wires.readers[given][:_MOST_READERS] if end.layer is not layer]
    several = any(end.layer is not layer for end in wires.makers[given])
    if not readers or len(wires.readers[given]) > _MOST_READERS or several or wires.overwritten(taken, layer):
        return ()
    return (*gone, *(replaced(source, field, f'"{taken}"') for field in readers))


def read_before(reader: Node, slot: int, skipped: Node) -> Edits:
    """Let one input of a layer read what another layer reads, instead of what that one makes. The layer that is skipped
    goes where nothing else reads it, but for an Accuracy: the largest score is the same before and behind it."""
    layer, passed = layer_of(reader), layer_of(skipped)
    if layer is None or passed is None or reader.block is None:
        return ()
    source = reader.block.source
    wires = wiring_around(source, layer)
    bottoms, taken, given = values(layer, "bottom"), values(passed, "bottom"), values(passed, "top")
    if wires is None or slot >= len(bottoms) or len(taken) != 1 or len(given) != 1:
        return ()
    before, after = text_of(taken[0]), text_of(given[0])
    if text_of(bottoms[slot]) != after:
        return ()
    if not any(
        end.field is not bottoms[slot] and end.layer is not passed and not _is_accuracy(end.layer)
        for end in wires.readers[after]
    ):
        return remove_layer(skipped)
    if before == after or wires.overwritten(before, passed):
        return ()
    return (replaced(source, bottoms[slot], f'"{before}"'),)


def _is_accuracy(layer: Field) -> bool:
    return any(text_of(kind).upper() == "ACCURACY" for kind in values(layer, "type"))
