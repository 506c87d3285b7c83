"""Every format by its name. Each is imported when it is asked for: start-up time is a feature."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, TypeAlias, cast

from netlint.output.outcome import Outcome

Renderer: TypeAlias = Callable[[Outcome], str]

#: Name -> the module in this folder and its function.
_FORMATS: Final = {
    "full": ("text", "full"),
    "concise": ("text", "one_a_line"),
    "grouped": ("grouped", "render"),
    "json": ("json", "render"),
    "json-lines": ("jsonlines", "render"),
    "sarif": ("sarif", "render"),
    "github": ("github", "render"),
    "gitlab": ("gitlab", "render"),
    "junit": ("junit", "render"),
    "checkstyle": ("checkstyle", "render"),
    "rdjson": ("rdjson", "render"),
}
NAMES: Final = tuple(_FORMATS)
#: For people: in the terminal's own encoding, and without a word where there is nothing to say.
TEXTS: Final = ("full", "concise", "grouped")


def renderer(name: str) -> Renderer:
    """The function of a format: takes what a run gave, returns text without a final line end."""
    module, function = _FORMATS[name]
    return cast(Renderer, getattr(import_module(f"netlint.output.{module}"), function))


def left_out(name: str, outcome: Outcome) -> str:
    """What a format does not take, in a sentence; empty where it takes all."""
    if name != "sarif":
        return ""
    from netlint.output import sarif

    return sarif.left_out(outcome)
