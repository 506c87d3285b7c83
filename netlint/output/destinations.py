"""Where output goes: `--output FORMAT:PATH`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from netlint.output.formats import NAMES


class Destination(NamedTuple):
    """A format, and the file that it is written to; `-` is standard output."""

    format: str
    path: str


def parse(text: str) -> Destination:
    """`sarif:report.sarif`. Raises ValueError, with the nearest format's name for one that is none."""
    name, colon, path = text.partition(":")
    if name not in NAMES and not colon:
        raise ValueError(f"`{text}` is not of the form FORMAT:PATH, such as sarif:report.sarif")
    if name not in NAMES:
        from difflib import get_close_matches

        near = get_close_matches(name, NAMES, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"formats are {', '.join(NAMES)}"
        raise ValueError(f"`{text}`: `{name}` is no format: {hint}")
    if not colon or not path:
        raise ValueError(f"`{text}` names no file: write {name}:PATH, or {name}:- for standard output")
    return Destination(name, path)


def distribute(chosen: str | None, outputs: Sequence[str]) -> list[Destination]:
    """What to write, standard output last; `chosen` is the format for standard output, where one is named.

    Raises ValueError for a malformed destination, for one that is named twice, and for a file that cannot be there.
    """
    found = [parse(text) for text in outputs]
    if chosen is not None or all(destination.path != "-" for destination in found):
        found.append(Destination(chosen or "full", "-"))
    found.sort(key=lambda destination: destination.path == "-")
    seen: dict[str, str] = {}
    for name, path in found:
        place = "-" if path == "-" else os.path.realpath(path)
        if place in seen:
            where = "standard output" if path == "-" else f"`{path}`"
            raise ValueError(f"{where} can take one format: `{seen[place]}` or `{name}`?")
        seen[place] = name
        if path != "-":
            check_place(path)
    return found


def check_place(path: str) -> None:
    """Raises ValueError for a path at which no file can be written."""
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        raise ValueError(f"cannot write `{path}`: it is a folder")
    if not os.path.exists(path) and not os.path.isdir(folder):
        raise ValueError(f"cannot write `{path}`: there is no folder `{os.path.dirname(path) or folder}`")
