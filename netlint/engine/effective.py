"""What holds for one file, setting by setting, and where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from netlint.engine.config import Applied, Configuration
from netlint.engine.config_file import FAIL_LEVEL, FILES, IGNORE, SEVERITY, STARTS, shown
from netlint.engine.config_read import TOP_KEYS
from netlint.finding import Severity
from netlint.loaders import File
from netlint.loaders.file import MAX_TEXT_BYTES
from netlint.loaders.inline import Inline, inline_settings
from netlint.model import Source

#: What holds where nothing says otherwise.
DEFAULT_FAIL_LEVEL: Severity = "warning"


class Effective(NamedTuple):
    """One setting that holds: its value as written (None where nothing is set), and where that is written."""

    key: str
    value: Any
    #: `comment`, `default`, or which section of the configuration.
    origin: str
    path: str = ""
    line: int | None = None

    @property
    def place(self) -> str:
        """Where the value is written, for people."""
        if not self.path:
            return self.origin
        return f"{shown(self.path)}{f':{self.line}' if self.line else ''}, {self.origin}"


def effective(file: File, configuration: Configuration | None) -> Iterator[Effective]:
    """Every setting of a file. Raises ConfigError, and OSError when the file cannot be read."""
    comments = _comments(file)
    applied = configuration.applied(file.path) if configuration is not None else Applied()
    values = applied.values
    started = any(key in comments for key in STARTS)
    for key in TOP_KEYS:
        if key == FILES:
            continue
        said = comments.get(key, [])
        for inline in said:
            yield Effective(key, inline.value or True, "comment", file.path, inline.span.line)
        # Shapes of several inputs add up; a comment about the start of training overrules all of the configuration's.
        if (said and key != "input-shape") or (started and key in STARTS):
            continue
        if key in (IGNORE, SEVERITY) and key in values:
            # These add up.
            for section in applied.sections:
                if key in section.values:
                    yield Effective(key, section.values[key], section.origin, section.path)
        elif key in values:
            yield Effective(key, values[key].value, values[key].section.origin, values[key].section.path)
        elif not said:
            yield Effective(key, DEFAULT_FAIL_LEVEL if key == FAIL_LEVEL else None, "default")


def _comments(file: File) -> dict[str, list[Inline]]:
    """The right settings in a text file's comments."""
    found: dict[str, list[Inline]] = {}
    if file.size <= MAX_TEXT_BYTES and b"\0" not in file.head:
        for inline in inline_settings(Source(file.path, file.read().decode("utf-8", "replace"))):
            if inline.says is not None:
                found.setdefault(inline.name, []).append(inline)
    return found
