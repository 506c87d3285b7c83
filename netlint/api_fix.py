"""netlint as a library that mends what it finds: `netlint.fix(path)` gives the changes, `.write()` makes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Unpack

from netlint.api import Failure, OptionFields, Options, Report, Target, lint
from netlint.engine import fix as engine
from netlint.engine.fix import Change, Fixed, Left
from netlint.engine.replace_file import replace_file
from netlint.finding import Applicability, Finding


@dataclass(slots=True)
class FixReport:
    """What fixing gives: the report of what remains, and what was done."""

    report: Report
    fixed: Fixed = field(default_factory=Fixed)

    def write(self) -> list[Failure]:
        """Write the changed files, each whole and only if it still is what it was; those that were not written."""
        return write(self.fixed.changes)


def fix(
    *targets: Target,
    options: Options | None = None,
    filename: str = "",
    unsafe: bool = False,
    on_progress: Callable[[int, int, str], None] | None = None,
    sift: Callable[[Report], None] | None = None,
    **fields: Unpack[OptionFields],
) -> FixReport:
    """Lint, and mend what can be mended: what keeps the author's meaning, and with `unsafe` also what may change how
    the network learns. Nothing is written: `FixReport.write` does that.

    The arguments are those of `netlint.lint`; one of the targets may be a text. `sift` takes the findings out of a
    report that are to be left alone. Raises what `lint` raises, and OSError for a file that is gone meanwhile.
    """
    options = options or Options(**fields)
    given = {os.path.realpath(filename or _unnamed(text)): _bytes(text) for text in targets if _is_text(text)}
    if len(given) > 1 or sum(map(_is_text, targets)) > 1:
        raise ValueError("one text at a time can be fixed")

    def found(wanted: Sequence[Target], chosen: Options, contents: Mapping[str, bytes]) -> Report:
        return lint(*wanted, options=chosen, filename=filename, unsaved=contents)

    report = lint(*targets, options=options, filename=filename, on_progress=on_progress)
    everything = _all_rules(options, report)
    allowed: tuple[Applicability, ...] = ("safe", "unsafe") if unsafe else ("safe",)
    by_path = {_path_of(target, filename): target for target in targets if _is_text(target)}
    fixed = Fixed()
    if sift is not None:
        sift(report)
    for files in _groups(report, allowed):
        # A path that could be taken for a definition's text must say that it is none.
        group: list[Target] = [by_path.get(path, Path(path) if _is_text(path) else path) for path in files]
        definitions = {os.path.realpath(path) for path in files for path in report.definitions[path]}

        def findings(contents: Mapping[str, bytes], group: list[Target] = group) -> Sequence[Finding]:
            again = found(group, options, contents)
            if sift is not None:
                sift(again)
            return again.findings

        def check(contents: Mapping[str, bytes], group: list[Target] = group) -> Sequence[Finding]:
            return found(group, everything, contents).findings

        def writable(real: str, known: set[str] = definitions) -> bool:
            return not given and real in known and os.path.isfile(real)

        done = engine.fix(findings, check, allowed, given, writable)
        fixed.changes += done.changes
        fixed.mended += done.mended
        fixed.left += done.left
    if fixed.changes:
        contents = {os.path.realpath(change.path): change.after for change in fixed.changes}
        report = found(targets, options, contents)
        if sift is not None:
            sift(report)
    return FixReport(report, fixed)


def write(changes: Sequence[Change]) -> list[Failure]:
    """Write each file whole, and only if it still is what it was; those that were not written, and why."""
    failures = []
    for change in changes:
        try:
            with open(change.path, "rb") as stream:
                same = stream.read() == change.before
            if same:
                replace_file(change.path, change.after)
            else:
                failures.append(Failure(change.path, "changed while it was linted: its fixes are not written"))
        except OSError as error:
            failures.append(Failure(change.path, f"cannot be written: {error.strerror or error}"))
    return failures


def _is_text(target: Target) -> bool:
    return isinstance(target, bytes) or (isinstance(target, str) and ("\n" in target or "{" in target))


def _bytes(target: Target) -> bytes:
    return target if isinstance(target, bytes) else str(target).encode("utf-8")


def _unnamed(target: Target) -> str:
    return "<bytes>" if isinstance(target, bytes) else "<text>"


def _path_of(target: Target, filename: str) -> str:
    return filename or _unnamed(target)


def _all_rules(options: Options, report: Report) -> Options:
    """A fix must not bring what a rule would find that was not asked for now."""
    usual = [rule.name for rule in report.known() if rule.default]
    return replace(options, select=usual, extend_select=(), ignore=())


def _groups(report: Report, allowed: Sequence[Applicability]) -> Iterator[list[str]]:
    """The files in groups that must be linted together, because they read the same definitions: those with something
    to fix in them."""
    group_of: dict[str, list[str]] = {}
    for path, definitions in report.definitions.items():
        merged: list[str] = [path]
        for real in dict.fromkeys([os.path.realpath(path), *map(os.path.realpath, definitions)]):
            other = group_of.get(real)
            if other is not None and other is not merged:
                merged[:0] = other
                for key in [key for key, value in group_of.items() if value is other]:
                    group_of[key] = merged
            group_of[real] = merged
    wanted = {
        os.path.realpath(edit.span.path)
        for finding in report.findings
        if finding.fix is not None and finding.fix.applicability in allowed
        for edit in finding.fix.edits
    }
    told: set[int] = set()
    for real, group in group_of.items():
        if real in wanted and id(group) not in told:
            told.add(id(group))
            yield sorted(set(group), key=list(report.definitions).index)


__all__ = ["Change", "FixReport", "Fixed", "Left", "fix", "write"]
