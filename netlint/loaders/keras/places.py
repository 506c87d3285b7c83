"""Where the values of a JSON text stand: found only when a finding asks, for the text is parsed without positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from json import JSONDecoder
from typing import Any, TypeAlias

from netlint.model import Source, Span

#: The keys and indices that lead from the root of a JSON text to a value.
Path: TypeAlias = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")


class Places:
    """The positions of the values in one JSON text, which is known to be well-formed.

    A container's members are found by reading over each of them with the C scanner, once a container: what nobody asks
    for costs nothing.
    """

    def __init__(self, source: Source, text: str, document: str = "") -> None:
        self.source = source
        #: The name of the JSON document inside a binary source; empty where the source is the text itself.
        self.document = document
        self._text = text
        self._scan: Callable[[str, int], tuple[Any, int]] = JSONDecoder().scan_once  # type: ignore[attr-defined]
        self._members: dict[int, dict[str | int, tuple[int, int]]] = {}

    def span(self, path: Path) -> Span:
        """The place of the value at `path`."""
        return JsonSpan(self, path)

    def find(self, path: Path) -> tuple[int, int] | None:
        """Begin and end of a value; None where there is none."""
        found = (self._skip(0), len(self._text))
        for key in path:
            inner = self._children(found[0]).get(key)
            if inner is None:
                return None
            found = inner
        return found

    def keys(self, path: Path) -> list[str | int]:
        """The keys or indices of a container."""
        found = self.find(path)
        return list(self._children(found[0])) if found is not None else []

    def locate(self, path: Path) -> tuple[int, int]:
        """Begin and end (exclusive) of a value; of the nearest one around it where the path leads nowhere."""
        start = self._skip(0)
        end = len(self._text)
        for key in path:
            found = self._children(start).get(key)
            if found is None:
                break
            start, end = found
        return start, end

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _children(self, start: int) -> dict[str | int, tuple[int, int]]:
        found = self._members.get(start)
        if found is None:
            found = self._members[start] = self._read(start)
        return found

    def _read(self, start: int) -> dict[str | int, tuple[int, int]]:
        text, scan, skip = self._text, self._scan, self._skip
        found: dict[str | int, tuple[int, int]] = {}
        if text[start : start + 1] not in ("{", "["):
            return found
        keyed = text[start] == "{"
        at = skip(start + 1)
        index = 0
        while at < len(text) and text[at] not in "}]":
            key: str | int = index
            if keyed:
                key, at = scan(text, at)
                at = skip(skip(at) + 1)
            _, end = scan(text, at)
            found[key] = (at, end)
            index += 1
            at = skip(end)
            if text[at : at + 1] == ",":
                at = skip(at + 1)
        return found


class ConstructedPlaces(Places):
    """The places of a model in memory: the calls that made its layers, where they were recorded."""

    def __init__(
        self, source: Source, text: str, data: Mapping[str, Any], constructed: Mapping[tuple[str, ...], Span]
    ) -> None:
        super().__init__(source, text)
        self._data, self._constructed = data, constructed

    def span(self, path: Path) -> Span:
        """The call that made the innermost recorded layer around `path`."""
        names: list[str] = []
        found: Span | None = None
        at: Any = self._data
        for before, key in zip(("", *path), path, strict=False):
            inside = key < len(at) if isinstance(at, list) and isinstance(key, int) else isinstance(at, Mapping)
            if not inside or (isinstance(at, Mapping) and key not in at):
                break
            at = at[key]
            if before == "layers" and isinstance(at, Mapping):
                names.append(_name(at))
                found = self._constructed.get(tuple(names), found)
        return found or super().span(path)


def _name(layer: Mapping[str, Any]) -> str:
    config = layer.get("config")
    return str(layer.get("name") or (config.get("name", "") if isinstance(config, Mapping) else ""))


class JsonSpan(Span):
    """A span that is looked for when it is asked for. In a binary source it has a pointer instead of a line."""

    __slots__ = ("_path", "_places")
    _path: Path
    _places: Places

    def __init__(self, places: Places, path: Path) -> None:
        object.__setattr__(self, "source", places.source)
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_path", path)

    @property
    def steps(self) -> Path:
        """The keys and indices that lead from the root to it."""
        return self._path

    def inside(self, *more: str | int) -> JsonSpan | None:
        """The place of a value in this one; None where there is none."""
        path = (*self._path, *more)
        return JsonSpan(self._places, path) if self._places.find(path) is not None else None

    def around(self) -> JsonSpan:
        """The container in which it stands."""
        return JsonSpan(self._places, self._path[:-1])

    def members(self) -> dict[str | int, JsonSpan]:
        """What stands in a container, by key or index."""
        return {key: JsonSpan(self._places, (*self._path, key)) for key in self._places.keys(self._path)}

    @property
    def start(self) -> int:
        return self._places.locate(self._path)[0]

    @property
    def end(self) -> int:
        return self._places.locate(self._path)[1]

    @property
    def pointer(self) -> str:
        if not self.source.binary:
            return ""
        steps = (str(key).replace("~", "~0").replace("/", "~1") for key in self._path)
        return f"{self._places.document}#{''.join(f'/{step}' for step in steps)}"

    @property
    def line(self) -> int:
        return 1 if self.source.binary else super().line

    @property
    def column(self) -> int:
        return 1 if self.source.binary else super().column

    @property
    def end_line(self) -> int:
        return 1 if self.source.binary else super().end_line

    @property
    def end_column(self) -> int:
        return 1 if self.source.binary else super().end_column
