"""What comments silence in a file, and which of them silence nothing there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from netlint.authoring import RuleInfo
from netlint.engine.comments import Comment, comments
from netlint.engine.linted import Comments, Entry, Spot
from netlint.engine.uncomment import without
from netlint.finding import Edit, Finding, Fix, Severity
from netlint.loaders.reads import digest
from netlint.model import Model, Source, Span, surely_meant

UNUSED: Final = "unused-suppression"

#: What a file with one of these holds besides was not looked at.
NOT_READ: Final = frozenset({"syntax", "unreadable-model", "lfs-pointer", "template-placeholder", "internal-error"})

#: After so many wrong comments in one file more of them help nobody.
_MOST_FAULTS: Final = 20


@dataclass(slots=True)
class _Entry:
    """One rule in one comment."""

    rule: str
    comment: Comment
    span: Span
    asked: bool = False
    used: bool = False
    told: bool = False


def sift(
    found: Sequence[Finding],
    models: Sequence[Model],
    rules: Sequence[RuleInfo],
    known: Mapping[str, RuleInfo],
    unused: Severity,
    path: str,
) -> tuple[list[Finding], Comments]:
    """The findings that no comment silences (on their line, on their layer's first line, or above the definition), and
    the comments that were met.

    `models` are those of the file at `path`, `rules` the ones that ran on it, `known` all that there are, by name.
    `unused` is what comments weigh that silence nothing.
    """
    sources = dict.fromkeys(source for model in models for source in (model.source, *model.scripts))
    # A model in memory has its places in the program that made it.
    sources.update((span.source, None) for finding in found for span in _spans(finding))
    written = {source: said for source in sources if (said := list(comments(source)))}
    if not written:
        return list(found), Comments()
    sieve = _Sieve(known, {rule.name for rule in rules}, {rule.name for rule in rules if not rule.beyond}, unused)
    return sieve.sift(found, models, written, path)


class _Sieve:
    """The comments of one file's run. `names` are the rules that ran, `certain` those whose silence says something."""

    def __init__(self, known: Mapping[str, RuleInfo], names: set[str], certain: set[str], unused: Severity) -> None:
        self._by_name = known
        self._severity = unused
        self._names, self._certain = names, certain
        self._entries: dict[tuple[Spot, str], _Entry] = {}
        self._hushed: set[tuple[str, int]] = set()

    def sift(
        self, found: Sequence[Finding], models: Sequence[Model], written: Mapping[Source, Sequence[Comment]], path: str
    ) -> tuple[list[Finding], Comments]:
        real = {source: (os.path.realpath(source.path), _identity(source)) for source in written}
        silencers: dict[tuple[str, int, str], list[_Entry]] = {}
        for source, said in written.items():
            asked = source.path == path and _was_read(source, models, found)
            for comment in said:
                for entry in self._entered(comment, real[source]):
                    # In other files only a part was looked at: what a solver runs, the classes that a model uses.
                    entry.asked |= asked and entry.rule in self._certain
                    entry.told |= UNUSED in self._names
                    line = 0 if comment.silences_file else comment.line
                    silencers.setdefault((source.path, line, entry.rule), []).append(entry)
        kept = []
        for finding in found:
            places = {(finding.path, 0), (finding.path, finding.line)}
            places |= {(span.path, span.line) for span in _spans(finding)}
            hits = [entry for place in places for entry in silencers.get((*place, finding.rule), ())]
            for hit in hits:
                hit.used = True
            if not hits:
                kept.append(finding)
        wrong: dict[Spot, Finding] = {}
        for source, said in written.items() if UNUSED in self._names else ():
            faults = (fault for comment in said for fault in self._faults(comment, found))
            for span, message, fix in islice(faults, _MOST_FAULTS):
                wrong.setdefault((*real[source], span.start), self._finding(span, message, fix))
        entries = tuple(self._told(spot, entry) for (spot, _), entry in self._entries.items())
        return kept, Comments(entries, tuple(wrong.items()), tuple(sorted(self._hushed)))

    def _told(self, spot: Spot, entry: _Entry) -> Entry:
        where = "in this file" if entry.comment.silences_file else "here"
        message = f"`{entry.rule}` finds nothing {where}: the comment silences nothing"
        gone = Fix("remove it", without(entry.comment, entry.span), "safe")
        unused = self._finding(entry.span, message, gone)
        return Entry(spot, entry.span.line, entry.rule, unused, entry.asked, entry.used, entry.told)

    def _entered(self, comment: Comment, text: tuple[str, str]) -> Iterator[_Entry]:
        """The entries of a comment that silences."""
        if comment.names is None or not (comment.silences_line or comment.silences_file):
            return
        for name, span in comment.names:
            if name == UNUSED:
                self._hushed.add((text[0], 0 if comment.silences_file else comment.line))
            elif name in self._by_name or name == "internal-error":
                yield self._entries.setdefault(((*text, span.start), name), _Entry(name, comment, span))

    def _faults(self, comment: Comment, found: Sequence[Finding]) -> Iterator[tuple[Span, str, Fix]]:
        """What is wrong with a comment by itself: where, what, and what to write instead."""
        if comment.word not in ("ignore", "ignore-file"):
            hint = "write `ignore[rule]` for a line or a layer, `ignore-file[rule]` for the file"
            yield comment.span, f"netlint knows no comment `{comment.word}`: it silences nothing", Fix(hint)
        elif not comment.names:
            here = sorted({finding.rule for finding in found if _speaks_of(comment, finding)})
            rules = ", ".join(here) if here else "rule, ..."
            what = "names no rule" if comment.closed or comment.names is None else "has a `[` without `]`"
            yield comment.span, f"`{comment.word}` {what}: it silences nothing", Fix(f"write `{comment.word}[{rules}]`")
        elif not comment.closed:
            message = f"`{comment.word}` has a `[` without `]`: it silences nothing"
            yield comment.span, message, Fix("close the bracket behind the last rule")
        elif comment.word == "ignore-file" and not comment.on_top:
            message = "`ignore-file` stands below the beginning of the definition: it silences nothing"
            yield comment.span, message, Fix("move it above the first line that is no comment, or write `ignore`")
        else:
            yield from self._unknown(comment)

    def _unknown(self, comment: Comment) -> Iterator[tuple[Span, str, Fix]]:
        for name, span in comment.names or ():
            if name in self._by_name or name == "internal-error":
                continue
            family = [rule.name for rule in self._by_name.values() if rule.family == name]
            if family:
                yield span, f"`{name}` is a family, no rule: it silences nothing", Fix("name its rules one by one")
                continue
            from difflib import get_close_matches

            close = get_close_matches(name, self._by_name, n=1)
            fix = Fix("`netlint rules` lists them")
            if close:
                meant = surely_meant(name, self._by_name)
                fix = Fix(f"did you mean `{close[0]}`?", *(((Edit(span, meant),), "unsafe") if meant else ()))
            yield span, f"no rule is named `{name[:60]}`: it silences nothing", fix

    def _finding(self, span: Span, message: str, fix: Fix) -> Finding:
        rule = self._by_name[UNUSED]
        return Finding(UNUSED, self._severity, message, span.path, span=span, fix=fix, page=rule.page)


def _spans(finding: Finding) -> list[Span]:
    return [span for span in (finding.span, finding.scope) if span is not None]


def _identity(source: Source) -> str:
    """Tells texts of one name apart by what they are; a file that is read twice, in whichever process, is the same."""
    return digest(source.text.encode("utf-8", "surrogatepass"))


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
    return not NOT_READ & (stated | failed)
