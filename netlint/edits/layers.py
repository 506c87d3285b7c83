"""Edits of Caffe's layers: their settings, and the layers themselves with what reads them.

Every function gives the edits, and none where the source does not have the form that they need: a fix that offers no
edits is advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.authoring import span_of
from netlint.edits.fields import (
    New,
    appended,
    field_at,
    inserted,
    path_to,
    removed,
    removed_with_gap,
    replaced,
    text_of,
    tree,
    values,
)
from netlint.edits.wiring import wiring_around
from netlint.finding import Edit
from netlint.loaders.text_format import Field
from netlint.model import Attr, Node, Place, Span

Edits = tuple[Edit, ...]

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
    return _removed_path(node.block, layer, path)


def _removed_path(block: Span, layer: Field, path: Sequence[str]) -> Edits:
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


def remove_at(place: Place | None) -> Edits:
    """Remove the field whose name or value begins at a place; one of a solver as well."""
    span = span_of(place)
    if span is None:
        return ()
    field = field_at(span.source, span.start)
    return only(removed(span.source, field)) if field is not None else ()


def remove_all_at(place: Place | None) -> Edits:
    """Remove all fields of the name that stands at a place, in the message in which they stand."""
    return tuple(_same_at(span_of(place), first=True))


def remove_from(place: Place | None) -> Edits:
    """Remove the field at a place and all of its name behind it."""
    return tuple(_same_at(span_of(place), first=False))


def _same_at(span: Span | None, *, first: bool) -> Iterator[Edit]:
    path = path_to(span.source, span.start) if span is not None else []
    if not path or span is None:
        return
    outer = path[-2].message if len(path) > 1 else tree(span.source.text)
    for field in outer.fields if outer is not None else ():
        if field.name == path[-1].name and (first or field.name_start >= path[-1].name_start):
            yield from only(removed(span.source, field))


def add_fields(node: Node, new: Sequence[New], after: str = "") -> Edits:
    """Write more fields into a layer, behind the last one of the name `after` or behind all."""
    layer = layer_of(node)
    if layer is None or node.block is None:
        return ()
    found = values(layer, after) if after else []
    return only(inserted(node.block.source, layer, new, found[-1] if found else None))


def remove_repeated(place: Place | None) -> Edits:
    """Remove the field at a place where another one before it says the same in the same message."""
    span = span_of(place)
    path = path_to(span.source, span.start) if span is not None else []
    if not path or span is None:
        return ()
    outer = path[-2].message if len(path) > 1 else tree(span.source.text)
    before = [
        field
        for field in (outer.fields if outer is not None else ())
        if field.name == path[-1].name and field.name_start < path[-1].name_start
    ]
    same = bool(before) and all(_said(field) == _said(path[-1]) for field in before)
    return only(removed(span.source, path[-1])) if same else ()


def _said(field: Field) -> object:
    return field.text if field.message is None else _content(field, ())


def swap(one: Place | None, other: Place | None) -> Edits:
    """Let two values change places."""
    first, second = span_of(one), span_of(other)
    if first is None or second is None or first.source is not second.source or first.source.binary:
        return ()
    text = first.source.text
    return (Edit(first, text[second.start : second.end]), Edit(second, text[first.start : first.end]))


def add_beside(place: Place | None, new: Sequence[New]) -> Edits:
    """Write more fields behind the one at a place, in the same message; a file's own fields too. None where the
    message has one of that name."""
    span = span_of(place)
    path = path_to(span.source, span.start) if span is not None else []
    if not path or span is None:
        return ()
    outer = path[-2].message if len(path) > 1 else tree(span.source.text)
    if outer is None or {field.name for field in outer.fields} & {name for name, _ in new}:
        return ()
    if len(path) == 1:
        return only(appended(span.source, path[0], new))
    return only(inserted(span.source, path[-2], new, path[-1]))


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


def merge_twins(one: Place, other: Place | None, without: Sequence[Sequence[str]]) -> Edits:
    """Of two layers of one name keep the one in which `one` stands, without some settings, and remove the other; none
    where they differ in more than those."""
    kept, dropped = span_of(one), span_of(other)
    if kept is None or dropped is None:
        return ()
    paths = [path_to(span.source, span.start) for span in (kept, dropped)]
    layers = [next((field for field in path if field.name in ("layer", "layers")), None) for path in paths]
    if layers[0] is None or layers[1] is None or kept.source is not dropped.source:
        return ()
    source = kept.source
    plain = [_content(layer, without) for layer in layers if layer is not None]
    gone = removed_with_gap(source, layers[1])
    if plain[0] != plain[1] or gone is None:
        return ()
    block = Span(source, layers[0].name_start, layers[0].end)
    return (*(edit for path in without for edit in _removed_path(block, layers[0], path)), gone)


def _content(layer: Field, without: Sequence[Sequence[str]], path: tuple[str, ...] = ()) -> list[object]:
    """The fields of a layer as values, without some of them and what is empty then."""
    found: list[object] = []
    for field in layer.message.fields if layer.message is not None else ():
        here = (*path, field.name)
        if here in [tuple(other) for other in without]:
            continue
        if field.message is None:
            found.append((field.name, text_of(field)))
        elif inner := _content(field, without, here):
            found.append((field.name, inner))
    return found


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


def only(edit: Edit | None) -> Edits:
    """One edit, or none."""
    return (edit,) if edit is not None else ()
