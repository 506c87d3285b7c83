"""What a file itself tells netlint, in a comment: `# netlint: from-scratch num-classes=20 caffe-fork=SSD`.

The settings are those of the command line, without the dashes. The command line stands above them, the configuration
below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from netlint.loaders.options import LoadOptions
from netlint.model import Problem, Source, Span, surely_meant

_COMMENT = re.compile(r"(?:#|%|//)[ \t]*netlint:[ \t]*(?!ignore(?![a-z]))([^\n]*)")
_SETTING = re.compile(r"(?P<name>[a-z]+(?:-[a-z]+)*)(?:=(?P<value>\S+))?")


class Inline(NamedTuple):
    """One setting as a comment gives it: what it says, or what is wrong with it."""

    name: str
    value: str
    span: Span
    says: LoadOptions | None
    problem: Problem | None = None


def with_inline(source: Source, options: LoadOptions, solver: str = "") -> tuple[LoadOptions, list[Problem]]:
    """The options with what the file says added, and below it what the configuration says of the file (which `solver`
    names); and what the file says wrongly."""
    if "netlint:" not in source.text:
        return (options if not solver else (options.said or options).settled(source.path, solver)), []
    said = options.said or options
    problems: list[Problem] = []
    for setting in inline_settings(source):
        if setting.says is not None:
            said = said.over(setting.says)
        elif setting.problem is not None:
            problems.append(setting.problem)
    return said.settled(source.path, solver), problems


def inline_settings(source: Source) -> Iterator[Inline]:
    """Every setting in the comments of a file, in order."""
    from netlint.loaders.settings import SETTINGS

    for comment in _COMMENT.finditer(source.text):
        # Settings first, then a reason in plain words.
        for setting in _SETTING.finditer(source.text, comment.start(1), comment.end(1)):
            span = Span(source, setting.start(), setting.end())
            name, value = setting["name"], setting["value"]
            if name not in SETTINGS:
                if value is not None or setting.start() == comment.start(1):
                    close = get_close_matches(name, SETTINGS, n=1)
                    known = f"did you mean `{close[0]}`?" if close else f"use {', '.join(SETTINGS)}"
                    wrong = Problem(
                        "unknown-field",
                        f"netlint knows no setting `{name}`",
                        span,
                        remedy=known,
                        meant=surely_meant(name, SETTINGS),
                    )
                    yield Inline(name, value or "", span, None, wrong)
                break
            try:
                yield Inline(name, value or "", span, SETTINGS[name].say(value or ""))
            except ValueError as error:
                wrong = Problem("unknown-field", f"`{name}` is set wrongly: {error}", span)
                yield Inline(name, value or "", span, None, wrong)
