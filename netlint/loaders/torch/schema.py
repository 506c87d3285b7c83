"""What an aten operator takes: its arguments in order, their defaults, and which it writes or shares (`schema.txt`).

`torch.export` leaves trailing arguments out where they have their default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("schema.txt")


@dataclass(frozen=True, slots=True)
class Schema:
    """One overload of an operator."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    #: All arguments, in order.
    names: tuple[str, ...] = ()
    #: Tensor arguments that the operator writes in place, and those whose memory its result may be a view of.
    written: tuple[str, ...] = ()
    viewed: tuple[str, ...] = ()
    known: bool = True


_UNKNOWN: Final = Schema(known=False)


@cache
def _text() -> str:
    return "\n" + _FILE.read_text(encoding="utf-8")


@cache
def schema(name: str) -> Schema:
    """The schema of `conv2d.default`; one without defaults for an operator that is not described."""
    text = _text()
    start = text.find(f"\n{name} ")
    if start < 0:
        return _UNKNOWN
    line = text[start + 1 : text.find("\n", start + 1)]
    defaults: dict[str, Any] = {}
    names: list[str] = []
    written: list[str] = []
    viewed: list[str] = []
    for argument in line.split(" ")[1:]:
        name, has_default, default = argument.partition("=")
        if name[0] in "!~":
            (written if name[0] == "!" else viewed).append(name[1:])
            name = name[1:]
        names.append(name)
        if has_default:
            value = json.loads(default)
            defaults[name] = tuple(value) if isinstance(value, list) else value
    return Schema(defaults, tuple(names), tuple(written), tuple(viewed))
