"""Edits of what stands at a place of a prototxt, in a layer, a solver or anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.authoring import span_of
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
    text_of,
    tree,
)
from netlint.edits.layers import without_path
from netlint.finding import Edit
from netlint.loaders.text_format import Field
from netlint.model import Place, Span


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


def _around(span: Span, path: Sequence[Field]) -> Sequence[Field]:
    """The fields of the message in which the last field of a path stands; those of the file for an outermost one."""
    outer = path[-2].message if len(path) > 1 else tree(span.source.text)
    return outer.fields if outer is not None else ()


def _same_at(span: Span | None, *, first: bool) -> Iterator[Edit]:
    path = path_to(span.source, span.start) if span is not None else []
    if not path or span is None:
        return
    for field in _around(span, path):
        if field.name == path[-1].name and (first or field.name_start >= path[-1].name_start):
            yield from only(removed(span.source, field))


def remove_repeated(place: Place | None) -> Edits:
    """Remove the field at a place where another one before it says the same in the same message."""
    span = span_of(place)
    path = path_to(span.source, span.start) if span is not None else []
    if not path or span is None:
        return ()
    before = [
        field for field in _around(span, path) if field.name == path[-1].name and field.name_start < path[-1].name_start
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
    if {field.name for field in _around(span, path)} & {name for name, _ in new}:
        return ()
    if len(path) == 1:
        return only(appended(span.source, path[0], new))
    return only(inserted(span.source, path[-2], new, path[-1]))


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
    return (*(edit for path in without for edit in without_path(block, layers[0], path)), gone)


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
