"""What applies to a file and where it comes from, for `netlint config`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from netlint.engine.effective import Effective

VERSION: Final = 1


def render(path: str, settings: Sequence[Effective]) -> str:
    """A table of what is set, and a line of what is not."""
    given = [(setting.key, _spelt(setting.value), setting.place) for setting in settings if setting.value is not None]
    widths = [max(map(len, column)) for column in zip(*given, strict=True)]
    lines = [f"{path}:"]
    lines += [f"  {key:{widths[0]}}  {value:{widths[1]}}  ({place})" for key, value, place in given]
    unset = [setting.key for setting in settings if setting.value is None]
    return "\n".join([*lines, *([f"not set: {', '.join(unset)}"] if unset else [])])


def render_json(path: str, settings: Sequence[Effective]) -> str:
    """`{"version", "path", "settings": [{"key", "value", "origin", "path", "line"}]}`; the value is null where nothing
    is set, the path where no file sets it."""
    rows: list[dict[str, Any]] = [
        {"key": key, "value": value, "origin": origin, "path": where or None, "line": line}
        for key, value, origin, where, line in settings
    ]
    return json.dumps({"version": VERSION, "path": path, "settings": rows}, indent=2, ensure_ascii=False, default=str)


def _spelt(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
