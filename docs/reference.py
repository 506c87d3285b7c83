"""The reference of the Python interface, made of signatures and docstrings."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

#: What a user of the library imports, and what a rule author does.
MODULES = ("netlint", "netlint.testing", "netlint.keras", "netlint.torch", "netlint.facts", "netlint.edits")

#: An annotation that is kept as its text.
_QUOTED = re.compile(r"((?:: |-> ))'([^']*)'")
#: Between two parameters: what follows is a name, and not the rest of a type.
_SPLIT = re.compile(r", (?=\*{0,2}\w+(?:: |=|,|$)|\*(?:,|$))")


def reference() -> str:
    """One page: every public name of the modules, with its signature and what it says of itself."""
    return "\n".join(["# Python interface", "", *(line for name in MODULES for line in _module(name))])


def _module(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    yield f"## {name}"
    yield ""
    yield from _said(module)
    for public in _public(module):
        yield from _entry(name, public, getattr(module, public))


def _public(module: ModuleType) -> list[str]:
    listed = getattr(module, "__all__", None)
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return sorted(listed if listed is not None else (name for name in own if not name.startswith("_")))


def _entry(module: str, name: str, value: object) -> Iterator[str]:
    yield f"### `{module}.{name}`"
    yield ""
    if callable(value) and not (inspect.isclass(value) and not dataclasses.is_dataclass(value)):
        try:
            signature = inspect.signature(value)
        except (TypeError, ValueError):
            pass
        else:
            yield "```python"
            yield f"{name}{_shown(signature)}"
            yield "```"
            yield ""
    if inspect.isclass(value) or inspect.isroutine(value):
        yield from _said(value)
    if inspect.isclass(value):
        yield from _members(value)


def _members(kind: type) -> Iterator[str]:
    """The public methods and properties of a class that say something of themselves."""
    told = []
    for name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        text = inspect.getdoc(member)
        if inspect.isfunction(function) and text and not name.startswith("_"):
            form = (
                name if isinstance(member, property) else f"{name}{_shown(inspect.signature(function), width=10_000)}"
            )
            told.append(f"- `{form}`: {' '.join(text.split())}")
    yield from [*told, ""] if told else []


def _shown(signature: inspect.Signature, width: int = 90) -> str:
    """A signature, its parameters on lines of their own where they are many."""
    text = _QUOTED.sub(r"\1\2", str(signature))
    if len(text) <= width:
        return text
    inside, _, end = text[1:].rpartition(")")
    names = "".join(f"\n    {parameter}," for parameter in _SPLIT.split(inside))
    return f"({names}\n){end}"


def _said(value: object) -> Iterator[str]:
    text = inspect.getdoc(value)
    if text:
        yield text
        yield ""
