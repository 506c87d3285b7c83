"""Known findings in a file, so that an old collection of models can adopt netlint and be told of new mistakes alone.

An entry is the rule, the file's path from the baseline's folder, the layer, and the text that is meant: lines may move.
Equal entries are counted.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from netlint.engine.replace_file import replace_file
from netlint.finding import Finding

VERSION: Final = 1

_SPACE: Final = re.compile(r"\s+")
#: Numbers in a message change with the network around; names stand between backquotes.
_NUMBER: Final = re.compile(r"(`[^`]*`)|\d[\d.,]*")

#: A file with one of these was not looked at any further.
_NOT_READ: Final = frozenset({"syntax", "unreadable-model", "lfs-pointer", "template-placeholder", "internal-error"})


class BaselineError(ValueError):
    """A file is no baseline; the message says why."""


class Entry(NamedTuple):
    """What stays the same of a finding while the file around it changes. The path has forward slashes."""

    path: str
    rule: str
    node: str
    text: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings that the baseline does not hold, how many it holds, and how many of its entries no longer occur."""

    new: list[Finding]
    known: int
    gone: int


def write(path: str, findings: Iterable[Finding]) -> int:
    """Write a baseline of these findings, whole or not at all, and say how many it holds. Raises OSError."""
    counts = Counter(_entry(finding, path) for finding in findings if finding.rule != "internal-error")
    entries = [{**entry._asdict(), "count": count} for entry, count in sorted(counts.items())]
    text = json.dumps({"version": VERSION, "findings": entries}, indent=2, ensure_ascii=False)
    replace_file(path, f"{text}\n".encode())
    return counts.total()


def read(path: str) -> Counter[Entry]:
    """The entries of a baseline. Raises OSError, and BaselineError for a file that is none."""
    with open(path, "rb") as stream:
        content = stream.read()
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{path}: this is no baseline: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("findings"), list):
        raise BaselineError(f"{path}: this is no baseline: write one with --write-baseline")
    if found.get("version") != VERSION:
        raise BaselineError(f"{path}: version {found.get('version')!r} of a baseline; this netlint reads {VERSION}")
    counts: Counter[Entry] = Counter()
    for number, item in enumerate(found["findings"], start=1):
        entry, count = _read_entry(item)
        if entry is None:
            raise BaselineError(f"{path}: entry {number} is none: write the baseline again with --write-baseline")
        counts[entry] += count
    return counts


def compare(
    path: str, findings: Sequence[Finding], files: Iterable[str], rules: Iterable[str], known: Counter[Entry]
) -> Compared:
    """Hold the findings of a run against the baseline at `path`, read as `known`.

    `files` were linted by `rules`: of other files and rules nothing can be said to be gone, except of files that are
    not there any more.
    """
    left = Counter(known)
    new = []
    for finding in findings:
        entry = _entry(finding, path)
        if left[entry] > 0:
            left[entry] -= 1
        else:
            new.append(finding)
    unread = {_relative(finding.path, path) for finding in findings if finding.rule in _NOT_READ}
    seen = {_relative(file, path) for file in files} - unread
    ran = set(rules)
    folder = os.path.dirname(os.path.realpath(path))
    gone = sum(
        count
        for entry, count in left.items()
        if (entry.path in seen and entry.rule in ran) or not os.path.lexists(os.path.join(folder, entry.path))
    )
    return Compared(new, len(findings) - len(new), gone)


def _read_entry(item: Any) -> tuple[Entry | None, int]:
    if not isinstance(item, dict):
        return None, 0
    texts = [item.get(name) for name in Entry._fields]
    count = item.get("count")
    if not all(isinstance(text, str) for text in texts) or type(count) is not int or count < 1:
        return None, 0
    return Entry(*(str(text) for text in texts)), count


def _entry(finding: Finding, path: str) -> Entry:
    return Entry(_relative(finding.path, path), finding.rule, finding.node, _text(finding))


def _relative(file: str, path: str) -> str:
    """A file's path from the folder of the baseline at `path`."""
    real = os.path.realpath(file)
    try:
        return os.path.relpath(real, os.path.dirname(os.path.realpath(path))).replace(os.sep, "/")
    except ValueError:
        # Another drive of Windows.
        return real.replace(os.sep, "/")


def _text(finding: Finding) -> str:
    """The line that is meant, or what of it; the message where there are no lines."""
    span = finding.span
    if span is None or span.pointer or span.source.binary:
        return f"{finding.pointer} {_NUMBER.sub(_without_number, finding.message)}".strip()
    return _SPACE.sub(" ", span.meant).strip()


def _without_number(found: re.Match[str]) -> str:
    return found[1] or "#"
