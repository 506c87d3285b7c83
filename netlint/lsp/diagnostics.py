"""Findings as the protocol's diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lsprotocol import types

from netlint.finding import Finding
from netlint.lsp.documents import uri_of
from netlint.lsp.jobs import Linted, Misconfigured
from netlint.lsp.positions import Lines
from netlint.model import Source, Span
from netlint.output import told

SOURCE: Final = "netlint"
#: More than this in one file help nobody and slow editors down.
MOST: Final = 1000
_SEVERITIES: Final[Mapping[str, types.DiagnosticSeverity]] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
#: A rule's name says what kind of mistake it names.
_TAGS: Final[Mapping[str, types.DiagnosticTag]] = {
    "unused": types.DiagnosticTag.Unnecessary,
    "deprecated": types.DiagnosticTag.Deprecated,
}
_TOP: Final = types.Range(types.Position(0, 0), types.Position(0, 0))


@dataclass(frozen=True, slots=True)
class Shown:
    """A diagnostic, and the finding behind it (None for a configuration's mistake)."""

    diagnostic: types.Diagnostic
    finding: Finding | None = None

    @property
    def source(self) -> Source | None:
        """The text in which its place was counted."""
        return self.finding.span.source if self.finding is not None and self.finding.span is not None else None

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same wherever it comes from."""
        at = self.diagnostic.range
        places = (at.start.line, at.start.character, at.end.line, at.end.character)
        return (self.diagnostic.code, *places, self.diagnostic.message)


class Teller:
    """Turns findings into diagnostics; each text's lines are counted once."""

    def __init__(self, encoding: str, page_uri: Callable[[str], str], uri: Callable[[str], str] = uri_of) -> None:
        """`page_uri` gives the address of a rule's page, `uri` that of a file as the client spells it."""
        self._encoding, self._page_uri, self._uri = encoding, page_uri, uri
        self._lines: dict[int, tuple[Source, Lines]] = {}

    def by_file(self, linted: Linted) -> dict[str, list[Shown]]:
        """What to show in which file."""
        found: dict[str, list[Shown]] = {}
        for finding in linted.findings:
            found.setdefault(self._uri(finding.path), []).append(Shown(self._diagnostic(finding), finding))
        if linted.misconfigured is not None:
            found.setdefault(self._uri(linted.misconfigured.path), []).append(
                Shown(_of_configuration(linted.misconfigured))
            )
        return found

    def range(self, span: Span | None) -> types.Range:
        """A span in the client's units; the beginning of the file for what has no lines."""
        return self.lines(span.source).range(span.start, span.end) if span is not None else _TOP

    def lines(self, source: Source) -> Lines:
        """The lines of a text."""
        known = self._lines.get(id(source))
        if known is None:
            # The source is kept too: its identity must not be another's meanwhile.
            known = self._lines[id(source)] = (source, Lines(source.text, self._encoding))
        return known[1]

    def _diagnostic(self, finding: Finding) -> types.Diagnostic:
        page = self._page_uri(finding.rule)
        tag = _TAGS.get(finding.rule.partition("-")[0])
        return types.Diagnostic(
            range=self.range(finding.span),
            message=told.advice(finding),
            severity=_SEVERITIES[finding.severity],
            code=finding.rule,
            code_description=types.CodeDescription(page) if page else None,
            source=SOURCE,
            tags=[tag] if tag is not None else None,
            related_information=[
                types.DiagnosticRelatedInformation(
                    types.Location(self._uri(other.span.path if other.span else finding.path), self.range(other.span)),
                    other.message,
                )
                for other in finding.related
            ]
            or None,
            data={"rule": finding.rule, "node": finding.node, "model": finding.model},
        )


def _of_configuration(wrong: Misconfigured) -> types.Diagnostic:
    start = types.Position(wrong.line - 1, wrong.column - 1)
    return types.Diagnostic(
        range=types.Range(start, start),
        message=wrong.message,
        severity=types.DiagnosticSeverity.Error,
        code="configuration",
        source=SOURCE,
    )


class Board:
    """What is shown where. Linting one file may find something in others: a solver's net, a program's source."""

    def __init__(self) -> None:
        self._by_owner: dict[str, dict[str, list[Shown]]] = {}

    @property
    def owners(self) -> list[str]:
        """The files that were linted."""
        return list(self._by_owner)

    def owners_of(self, uri: str) -> list[str]:
        """The other files whose linting found something in this one."""
        return [owner for owner, found in self._by_owner.items() if owner != uri and uri in found]

    def put(self, owner: str, found: dict[str, list[Shown]]) -> set[str]:
        """Take what linting `owner` found instead of what it found before; the files in which something may change."""
        before = self._by_owner.get(owner, {})
        self._by_owner[owner] = found
        return {owner, *before, *found}

    def drop(self, owner: str) -> set[str]:
        """Forget what linting `owner` found; the files in which something may change."""
        return {owner, *self._by_owner.pop(owner, {})}

    def at(self, uri: str, text: str | None = None) -> list[Shown]:
        """What is shown in a file. `text` is what the editor holds of it: places that other files' linting counted in
        another text are left out."""
        return _once(self._at(uri, text))[:MOST]

    def _at(self, uri: str, text: str | None) -> Iterable[Shown]:
        yield from self._by_owner.get(uri, {}).get(uri, ())
        for owner, found in self._by_owner.items():
            for shown in found.get(uri, ()) if owner != uri else ():
                if text is None or shown.source is None or shown.source.text == text:
                    yield shown


def _once(found: Iterable[Shown]) -> list[Shown]:
    first: dict[tuple[object, ...], Shown] = {}
    for shown in found:
        first.setdefault(shown.key, shown)
    return list(first.values())
