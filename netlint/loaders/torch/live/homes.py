"""Which files hold the classes of a module's parts: a constructor may stand in another file than the `forward`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple


class Home(NamedTuple):
    """A class: its name, its file, and a line inside of it (1-based; 0 where that is not known)."""

    name: str
    path: str
    line: int


def homes_of(module: Any) -> Mapping[str, tuple[Home, ...]]:
    """For the path of each module inside (empty for the module itself) its class and the classes it inherits from,
    nearest first; without those of torch."""
    known: dict[type, tuple[Home, ...]] = {}
    found = {}
    for path, inner in module.named_modules():
        kind = type(inner)
        if kind not in known:
            known[kind] = tuple(_homes(kind))
        if known[kind]:
            found[path] = known[kind]
    return found


def _homes(kind: type) -> list[Home]:
    homes = []
    for one in kind.__mro__:
        if one.__module__.partition(".")[0] in ("torch", "builtins"):
            continue
        try:
            path = inspect.getsourcefile(one)
        except (TypeError, OSError):
            continue
        codes = (getattr(value, "__code__", None) for value in vars(one).values())
        line = next((code.co_firstlineno for code in codes if code is not None), 0)
        if path:
            homes.append(Home(one.__name__, path, line))
    return homes
