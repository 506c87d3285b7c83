"""What comments silence in a run, and which of them silence nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from netlint.authoring import RuleInfo
from netlint.engine.comments import Comment, comments
from netlint.engine.run import order
from netlint.finding import Finding, Fix
from netlint.model import Model, Source, Span

UNUSED: Final = "unused-suppression"

#: What a file with one of these holds besides was not looked at.
_NOT_READ: Final = frozenset({"syntax", "unreadable-model", "template-placeholder", "internal-error"})

#: After so many wrong comments in one file more of them help nobody.
_MOST_FAULTS: Final = 20


@dataclass(slots=True)
class _Entry:
    """One rule in one comment."""

    rule: str
    comment: Comment
    span: Span
    #: The file of the run in which it was met first.
    file: int
    #: Some run of the rule could have found something there.
    asked: bool = False
    used: bool = False
    #: `unused-suppression` runs on the file.
    told: bool = False


@dataclass(slots=True)
class Suppressions:
    """The comments of all files of a run. A file may be seen twice, alone and through the solver that names it: what
    is used either way is used.

    `known` are all rules there are.
    """

    known: Sequence[RuleInfo]
    _entries: dict[tuple[object, ...], _Entry] = field(default_factory=dict)
    _by_name: dict[str, RuleInfo] = field(init=False)
    _wrong: dict[tuple[object, ...], tuple[int, Finding]] = field(default_factory=dict)
    #: For each file, the lines on which comments silence `unused-suppression`; 0 for the whole file.
    _hushed: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._by_name = {rule.name: rule for rule in self.known}

    def sift(
        self, found: Sequence[Finding], models: Sequence[Model], rules: Sequence[RuleInfo], file: int, path: str
    ) -> list[Finding]:
        """The findings that no comment silences: on their line, on their layer's first line, or above the definition.

        `models` are those of the file at `path`, the `file`-th of the run, and `rules` the ones that ran on it.
        """
        sources = dict.fromkeys(source for model in models for source in (model.source, *model.scripts))
        # A model in memory has its places in the program that made it.
        sources.update((span.source, None) for finding in found for span in _spans(finding))
        written = {source: said for source in sources if (said := list(comments(source)))}
        if not written:
            return list(found)
        names = {rule.name for rule in rules}
        certain = {rule.name for rule in rules if not rule.beyond}
        real = {source: os.path.realpath(source.path) for source in written}
        silencers: dict[tuple[str, int, str], list[_Entry]] = {}
        for source, said in written.items():
            asked = source.path == path and _was_read(source, models, found)
            for comment in said:
                for entry in self._entered(comment, source, real[source], file):
                    # In other files only a part was looked at: what a solver runs, the classes that a model uses.
                    if asked and entry.rule in certain:
                        entry.asked = True
                    entry.told |= UNUSED in names
                    line = 0 if comment.silences_file else comment.line
                    silencers.setdefault((source.path, line, entry.rule), []).append(entry)
        kept = []
        for finding in found:
            places = {(finding.path, 0), (finding.path, finding.line)}
            places |= {(span.path, span.line) for span in _spans(finding)}
            hits = [entry for place in places for entry in silencers.get((*place, finding.rule), ())]
            for entry in hits:
                entry.used = True
            if not hits:
                kept.append(finding)
        if UNUSED in names:
            for source, said in written.items():
                faults = (fault for comment in said for fault in self._faults(comment, found))
                for span, message, remedy in islice(faults, _MOST_FAULTS):
                    key = (real[source], _identity(source), span.start)
                    self._wrong.setdefault(key, (file, self._finding(span, message, remedy)))
        return kept

    def unused(self) -> Iterator[tuple[int, Finding]]:
        """What is wrong with the comments of the run, each with the number of its file; call it at the end."""
        for key, entry in self._entries.items():
            if entry.asked and entry.told and not entry.used and not self._is_hushed(str(key[0]), entry.span):
                where = "in this file" if entry.comment.silences_file else "here"
                message = f"`{entry.rule}` finds nothing {where}: the comment silences nothing"
                yield entry.file, self._finding(entry.span, message, "remove it")
        for key, (file, finding) in self._wrong.items():
            if finding.span is not None and not self._is_hushed(str(key[0]), finding.span):
                yield file, finding

    def _entered(self, comment: Comment, source: Source, real: str, file: int) -> Iterator[_Entry]:
        """The entries of a comment that silences, known ones first met anew."""
        if comment.names is None or not (comment.silences_line or comment.silences_file):
            return
        for name, span in comment.names:
            if name == UNUSED:
                self._hushed.add((real, 0 if comment.silences_file else comment.line))
            elif name in self._by_name or name == "internal-error":
                key = (real, _identity(source), span.start, name)
                yield self._entries.setdefault(key, _Entry(name, comment, span, file))

    def _faults(self, comment: Comment, found: Sequence[Finding]) -> Iterator[tuple[Span, str, str]]:
        """What is wrong with a comment by itself: where, what, and what to write instead."""
        if comment.word not in ("ignore", "ignore-file"):
            hint = "write `ignore[rule]` for a line or a layer, `ignore-file[rule]` for the file"
            yield comment.span, f"netlint knows no comment `{comment.word}`: it silences nothing", hint
        elif not comment.names:
            here = sorted({finding.rule for finding in found if _speaks_of(comment, finding)})
            rules = ", ".join(here) if here else "rule, ..."
            what = "names no rule" if comment.closed or comment.names is None else "has a `[` without `]`"
            yield comment.span, f"`{comment.word}` {what}: it silences nothing", f"write `{comment.word}[{rules}]`"
        elif not comment.closed:
            message = f"`{comment.word}` has a `[` without `]`: it silences nothing"
            yield comment.span, message, "close the bracket behind the last rule"
        elif comment.word == "ignore-file" and not comment.on_top:
            message = "`ignore-file` stands below the beginning of the definition: it silences nothing"
            yield comment.span, message, "move it above the first line that is no comment, or write `ignore`"
        else:
            yield from self._unknown(comment)

    def _unknown(self, comment: Comment) -> Iterator[tuple[Span, str, str]]:
        for name, span in comment.names or ():
            if name in self._by_name or name == "internal-error":
                continue
            family = [rule.name for rule in self.known if rule.family == name]
            if family:
                yield span, f"`{name}` is a family, no rule: it silences nothing", "name its rules one by one"
                continue
            from difflib import get_close_matches

            close = get_close_matches(name, self._by_name, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "`netlint rules` lists them"
            yield span, f"no rule is named `{name[:60]}`: it silences nothing", hint

    def _finding(self, span: Span, message: str, remedy: str) -> Finding:
        rule = self._by_name[UNUSED]
        fix = Fix(remedy)
        return Finding(UNUSED, rule.severity, message, span.path, span=span, fix=fix, page=rule.page)

    def _is_hushed(self, real: str, span: Span) -> bool:
        return bool({(real, 0), (real, span.line)} & self._hushed)


def completed(found: list[list[Finding]], unused: Iterator[tuple[int, Finding]]) -> list[Finding]:
    """The findings of each file, and those about its comments among them, in order."""
    more: dict[int, list[Finding]] = {}
    for file, finding in unused:
        more.setdefault(file, []).append(finding)
    for file, findings in more.items():
        found[file] = sorted([*found[file], *findings], key=order)
    return [finding for part in found for finding in part]


def _spans(finding: Finding) -> list[Span]:
    return [span for span in (finding.span, finding.scope) if span is not None]


def _identity(source: Source) -> int:
    """Tells texts of one name apart by what they are; a file that is read twice is the same."""
    return hash(source.text)


def _speaks_of(comment: Comment, finding: Finding) -> bool:
    """Whether a finding is of those that a comment could silence where it stands."""
    if finding.path != comment.span.path:
        return False
    lines = {finding.line} | ({finding.scope.line} if finding.scope is not None else set())
    return comment.word == "ignore-file" or comment.line in lines


def _was_read(source: Source, models: Sequence[Model], found: Sequence[Finding]) -> bool:
    """Whether everything in a file was looked at."""
    stated = {problem.rule for model in models if model.source is source for problem in model.problems}
    failed = {finding.rule for finding in found if finding.path == source.path}
    return not _NOT_READ & (stated | failed)
