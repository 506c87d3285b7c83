"""An index of each rule pack: what its rules are, without importing them.

Importing some 200 small files takes longer than linting a network, and most networks need a third of them. The index
stands in netlint's cache, holds good as long as no rule file changes, and is rebuilt silently, like bytecode.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final, TypeAlias

from netlint.authoring import RuleInfo
from netlint.engine import cache
from netlint.version import __version__

#: (path inside the pack, time of change in nanoseconds, bytes) of every file with a rule.
Stamps: TypeAlias = list[tuple[str, int, int]]

#: The endings of files with rules in YAML.
YAML: Final = (".yaml", ".yml")

_FIELDS: Final = [field.name for field in fields(RuleInfo)]


def stamps(folder: str) -> Stamps:
    """The rule files of a pack: `<family>/<rule>.py`, `<family>/<any>.yaml` and `<family>.yaml`, sorted. Raises
    OSError."""
    with os.scandir(folder) as entries:
        top = list(entries)
    found = [_stamp(entry.name, entry) for entry in top if entry.name.endswith(YAML) and not entry.name.startswith(".")]
    for family in sorted(entry.name for entry in top if entry.is_dir() and entry.name != "__pycache__"):
        with os.scandir(os.path.join(folder, family)) as entries:
            for entry in entries:
                is_rule = entry.name.endswith((".py", *YAML)) and not entry.name.startswith((".", "__init__."))
                if is_rule and entry.is_file():
                    found.append(_stamp(f"{family}/{entry.name}", entry))
    return sorted(found)


def _stamp(name: str, entry: os.DirEntry[str]) -> tuple[str, int, int]:
    status = entry.stat()
    return name, status.st_mtime_ns, status.st_size


def read(folder: str, package: str, files: Stamps) -> list[RuleInfo] | None:
    """The rules of a pack as they were when these very files were indexed; None where that is not known."""
    try:
        with open(_path(folder), encoding="utf-8") as stream:
            kept = json.load(stream)
        if kept["of"] != _key(package, files):
            return None
        return [_restored(folder, entry) for entry in kept["rules"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(folder: str, package: str, files: Stamps, rules: Sequence[RuleInfo]) -> None:
    """Keep what is known of the pack's rules."""
    if any(rule.page_file != _page_file(folder, rule.page) for rule in rules):
        return
    entries = [{name: value for name, value in asdict(rule).items() if name in _FIELDS} for rule in rules]
    cache.write(_path(folder), json.dumps({"of": _key(package, files), "rules": entries}).encode())


def _path(folder: str) -> str:
    # Packs of one name in two places are kept apart.
    return os.path.join(cache.folder(), f"rules-{zlib.crc32(os.path.realpath(folder).encode()):08x}.json")


def _key(package: str, files: Stamps) -> list[Any]:
    return [__version__, package, _FIELDS, [list(stamp) for stamp in files]]


def _restored(folder: str, entry: dict[str, Any]) -> RuleInfo:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    # The pack may have moved as a whole since.
    return RuleInfo(**{**given, "page_file": _page_file(folder, given["page"])})


def _page_file(folder: str, page: str) -> str:
    return os.path.join(folder, *page.split("/")[1:])
