"""The results of many files as one: each fault once, each comment judged by all files that meet it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from netlint.engine.linted import Comments, Entry, Linted, Spot
from netlint.finding import Finding


class Merge:
    """Takes the results of a run's files, in their order, and gives all findings in the end."""

    def __init__(self) -> None:
        self._findings: list[list[Finding]] = []
        self._told: set[tuple[object, ...]] = set()
        self._real: dict[str, str] = {}
        #: Of each entry, how it was met first, and the number of that file.
        self._entries: dict[tuple[Spot, str], tuple[Entry, int]] = {}
        self._faults: dict[Spot, tuple[Finding, int]] = {}
        self._hushed: set[tuple[str, int]] = set()

    def add(self, linted: Linted, *, on_disk: bool) -> None:
        """The next file. Models that are no files on disk are told of on their own: two of them may share a name."""
        number = len(self._findings)
        found = linted.findings
        self._findings.append(list(self._untold(found) if on_disk else found))
        self._note(linted.comments, number)

    def findings(self) -> list[Finding]:
        """All findings, those about comments among those of their file."""
        more: dict[int, list[Finding]] = {}
        for finding, number in self._unused():
            more.setdefault(number, []).append(finding)
        for number, findings in more.items():
            self._findings[number] = sorted([*self._findings[number], *findings], key=order)
        return [finding for part in self._findings for finding in part]

    def _untold(self, found: tuple[Finding, ...]) -> Iterator[Finding]:
        """Findings that no earlier file brought: a solver brings those of the net that it names."""
        for finding in found:
            path = self._real.get(finding.path)
            if path is None:
                path = self._real[finding.path] = os.path.realpath(finding.path)
            span = finding.span and (finding.span.start, finding.span.end)
            key = (finding.rule, path, span, finding.node, finding.message)
            if key not in self._told:
                self._told.add(key)
                yield finding

    def _note(self, comments: Comments, number: int) -> None:
        """A file may be seen twice, alone and through the solver that names it: what is used either way is used."""
        for entry in comments.entries:
            known, first = self._entries.get((entry.spot, entry.rule), (entry, number))
            merged = known._replace(
                asked=known.asked or entry.asked, used=known.used or entry.used, told=known.told or entry.told
            )
            self._entries[entry.spot, entry.rule] = (merged, first)
        for spot, finding in comments.faults:
            self._faults.setdefault(spot, (finding, number))
        self._hushed.update(comments.hushed)

    def _unused(self) -> Iterator[tuple[Finding, int]]:
        """What is wrong with the comments of the run, each with the number of its file."""
        for entry, number in self._entries.values():
            if entry.asked and entry.told and not entry.used and not self._is_hushed(entry.spot, entry.line):
                yield entry.unused, number
        for spot, (finding, number) in self._faults.items():
            if not self._is_hushed(spot, finding.line):
                yield finding, number

    def _is_hushed(self, spot: Spot, line: int) -> bool:
        return (spot[0], 0) in self._hushed or (spot[0], line) in self._hushed


def order(finding: Finding) -> tuple[str, int, int, str, str]:
    """Findings of one file stand by place, then rule."""
    return finding.path, finding.line, finding.column, finding.rule, finding.message
