"""The result of a file as JSON: small, without the texts that its places stand in, for workers and for the cache."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter
from typing import Any, Final, TypeAlias

from netlint.engine.edit import is_textual, joined
from netlint.engine.linted import Comments, Entry, Linted
from netlint.finding import Edit, Finding, Fix, Related
from netlint.model.source import Excerpt, Kept, KeptSpan, Source, Span

#: What is written as a list of its fields, behind its name.
_RECORDS: Final[tuple[type[Any], ...]] = (Linted, Comments, Entry, Finding, Fix, Edit, Related)
_BY_NAME: Final = {record.__name__: record for record in _RECORDS}
_FIELDS: Final = {
    record: tuple(field.name for field in fields(record)) if is_dataclass(record) else record._fields
    for record in _RECORDS
}
_VALUES: Final = {record: attrgetter(*names) for record, names in _FIELDS.items()}
#: Comments have silenced what they silence: nobody asks for the scope again.
_FORGOTTEN: Final = "scope"

_Sources: TypeAlias = dict[tuple[str, bool], Source]


def encode(linted: Linted) -> str:
    """One line of JSON."""
    return json.dumps(_coded(linted), separators=(",", ":"))


def decode(text: str | bytes) -> Linted:
    """Raises ValueError, KeyError, TypeError or IndexError for what `encode` did not write."""
    found = _decoded(json.loads(text), {})
    if not isinstance(found, Linted):
        raise TypeError("no result of a file")
    return found


def _coded(value: Any, *, shown: bool = False) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Span):
        return {"Span": [value.source.path, value.source.binary, *_places(Kept.of(value, shown=shown))]}
    kind = type(value)
    if isinstance(value, Fix):
        value = _with_joined(value)
    if kind in _FIELDS:
        names, values = _FIELDS[kind], _VALUES[kind](value)
        # A text is shown of the place of a finding alone.
        parts = [
            None if name == _FORGOTTEN else _coded(part, shown=kind is Finding and name == "span")
            for name, part in zip(names, values, strict=True)
        ]
        return {kind.__name__: parts}
    if isinstance(value, tuple | list):
        return [_coded(part) for part in value]
    raise TypeError(f"a finding holds a {kind.__name__}, which cannot be kept")


def _with_joined(fix: Fix) -> Fix:
    """The fix with its edits as one: what stands between them is not kept."""
    sources = {edit.span.source for edit in fix.edits}
    if fix.joined is not None or len(sources) != 1 or not all(map(is_textual, fix.edits)):
        return fix
    try:
        return replace(fix, joined=joined(fix.edits))
    except ValueError:
        # Edits that stand in each other's way.
        return fix


def _places(kept: Kept) -> list[Any]:
    return [*kept[:6], *kept.byte_columns, kept.pointer, *kept.excerpt]


def _decoded(coded: Any, sources: _Sources) -> Any:
    if isinstance(coded, str):
        # Rules, pages, files and remedies are the same in many findings.
        return sys.intern(coded)
    if isinstance(coded, list):
        return tuple(_decoded(part, sources) for part in coded)
    if not isinstance(coded, dict):
        return coded
    ((name, parts),) = coded.items()
    if name == "Span":
        path, binary, start, end, line, column, end_line, end_column, first, last, pointer, *excerpt = parts
        path = sys.intern(path)
        source = sources.get((path, binary)) or sources.setdefault((path, binary), Source(path, binary=binary))
        places = (start, end, line, column, end_line, end_column, (first, last), pointer, Excerpt(*excerpt))
        return KeptSpan(source, Kept(*places))
    return _BY_NAME[name](*(_decoded(part, sources) for part in parts))
