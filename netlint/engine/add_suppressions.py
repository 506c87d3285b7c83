"""Writes the comments that silence a run's findings into the files in which they stand."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from netlint.engine.comments import comment_column
from netlint.engine.replace_file import replace_file
from netlint.engine.suppress import UNUSED
from netlint.finding import Finding
from netlint.model import Source

#: A broken file stays broken, whatever its comments say; and a comment that silences nothing is better removed.
NEVER: Final = frozenset({"syntax", "unreadable-model", "lfs-pointer", "internal-error", UNUSED})

_WRITTEN: Final = re.compile(
    rb"(?P<start>(?:#|//)[ \t]*netlint:[ \t]*ignore\[)(?P<rules>[^\]\n]*)\](?P<reason>[^#\n]*)"
)


@dataclass(slots=True)
class Added:
    """How many findings got a comment, in which files, and why others got none, each reason with its number."""

    count: int = 0
    files: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)

    def leave(self, reason: str, count: int) -> None:
        self.left[reason] = self.left.get(reason, 0) + count


def add_suppressions(findings: Sequence[Finding], reason: str, relint: Callable[[], Sequence[Finding]]) -> Added:
    """Write a comment for each finding; `relint`, called at the end, says what is left.

    A file is written in one step. One in which comments bring anything new, or break it, gets its old content back.
    Raises OSError when a file cannot be written.
    """
    added = Added()
    old: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for wanted in _by_file(findings, added).values():
        # A solver may name its net in another way than the command line does.
        path = wanted[0].path
        source = next(finding.span.source for finding in wanted if finding.span is not None)
        with open(path, "rb") as stream:
            before = stream.read()
        after = commented(before, source, wanted, reason)
        if after is None:
            added.leave(f"{path} takes no comment there", len(wanted))
            continue
        replace_file(path, after)
        old[path], counts[path] = before, len(wanted)
    spoilt = _spoilt(findings, relint(), old)
    for path in spoilt:
        replace_file(path, old[path])
        added.leave(f"{path} takes no comment there", counts.pop(path))
    added.count, added.files = sum(counts.values()), list(counts)
    if spoilt:
        relint()
    return added


def sign(path: str, text: str) -> str:
    """How a comment starts in a text: `//` in JSON, `#` in all others."""
    is_json = not path.endswith(".py") and text.lstrip()[:1] in ("{", "[", "/")
    return "//" if is_json else "#"


def _by_file(findings: Iterable[Finding], added: Added) -> dict[str, list[Finding]]:
    """The findings that a comment can silence, by file; the others are noted in `added`."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule in NEVER:
            added.leave(f"`{finding.rule}` is no finding to be silenced", 1)
        elif finding.span is None or finding.span.pointer or finding.span.source.binary:
            added.leave(f"{finding.path} has no line for a comment on it", 1)
        elif not os.path.isfile(finding.path):
            added.leave(f"{finding.path} is no file", 1)
        else:
            found.setdefault(os.path.realpath(finding.path), []).append(finding)
    return found


def commented(before: bytes, source: Source, findings: Iterable[Finding], reason: str) -> bytes | None:
    """The file with its comments, or None where it has changed since it was read or cannot take them."""
    lines = before.split(b"\n")
    wanted: dict[int, list[str]] = {}
    for finding in findings:
        rules = wanted.setdefault(finding.line, [])
        if finding.rule not in rules:
            rules.append(finding.rule)
    for number, rules in wanted.items():
        if number > len(lines) or not _same(lines[number - 1], source.line(number)):
            return None
        begin = sign(source.path, source.text)
        lines[number - 1] = _with_comment(lines[number - 1], source.line(number), rules, begin, reason)
    after = b"\n".join(lines)
    return after if not source.path.endswith(".py") or _same_program(before, after) else None


def _same(raw: bytes, line: str) -> bool:
    """Whether a line of the file is still the one that was read, whatever its encoding."""
    raw = raw.rstrip(b"\r").removeprefix(b"\xef\xbb\xbf")
    return line in (raw.decode("utf-8", "replace"), raw.decode("latin-1"))


def _same_program(before: bytes, after: bytes) -> bool:
    try:
        return ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _with_comment(raw: bytes, line: str, rules: Sequence[str], begin: str, reason: str) -> bytes:
    """The line with one more comment at its end, or with more rules in the one that it has."""
    ending = b"\r" if raw.endswith(b"\r") else b""
    bare = raw.removesuffix(b"\r")
    written = _WRITTEN.search(bare)
    if written is not None and comment_column(line) <= len(bare[: written.start()].decode("utf-8", "replace")):
        own = written["reason"].decode("utf-8", "replace").strip()
        if not reason or own == reason:
            names = [name.strip() for name in written["rules"].decode("utf-8", "replace").split(",") if name.strip()]
            merged = ", ".join([*names, *(rule for rule in rules if rule not in names)])
            return bare[: written.start("rules")] + merged.encode() + bare[written.end("rules") :] + ending
    gap = "" if not bare or bare[-1:] in b" \t" else "  "
    comment = f"{gap}{begin} netlint: ignore[{', '.join(rules)}]{' ' if reason else ''}{reason}"
    return bare + comment.encode() + ending


def _spoilt(before: Sequence[Finding], after: Sequence[Finding], written: Iterable[str]) -> list[str]:
    """The written files in which something is found that was not there before, or that a comment should silence."""
    known = {(os.path.realpath(finding.path), finding.rule, finding.line) for finding in before}
    loud = set()
    for finding in after:
        real = os.path.realpath(finding.path)
        silent = finding.rule not in NEVER and finding.span is not None
        if silent or (real, finding.rule, finding.line) not in known:
            loud.add(real)
    return [path for path in written if os.path.realpath(path) in loud]
