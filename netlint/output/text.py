"""Findings for people: the source line, a caret span, the other end, and what to change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from netlint.finding import Finding
from netlint.model import Span
from netlint.output.outcome import Outcome
from netlint.output.told import message, printable

_COLOURS: Final = {"error": "31;1", "warning": "33;1", "info": "36;1", "dim": "2", "bold": "1", "fix": "32;1"}
_WIDEST: Final = 160
#: More infos than this that say the same of a file's layers are told as one.
_ALIKE: Final = 3
#: What differs between layers of which the same is said: their names.
_NAMES: Final = re.compile(r"`[^`]*`")

#: Puts the colour of a role around a text.
Paint: TypeAlias = Callable[[str, str], str]


def full(outcome: Outcome, *, colour: bool = False, width: int | None = None) -> str:
    """The blocks of all findings, and the summary where a file was read."""
    shown, alike = folded(outcome.findings)
    lines = list(render(shown, colour=colour, width=width, unsafe=outcome.unsafe, alike=alike))
    lines += closing(outcome, colour=colour)
    return "\n".join(lines)


def closing(outcome: Outcome, *, colour: bool) -> Iterator[str]:
    """The last lines of a run in which a file was read: how many findings, and how many of them can be mended."""
    if not outcome.files:
        return
    mended = f", {outcome.fixed} fixed" if outcome.fixed else ""
    yield summary(outcome.findings, len(outcome.files), colour=colour) + mended
    now = sum(_mended(finding, unsafe=outcome.unsafe) for finding in outcome.findings)
    more = sum(_mended(finding, unsafe=True) for finding in outcome.findings) - now
    hidden = f"{more} more with --unsafe-fixes" if now else f"{more} fixable with --fix --unsafe-fixes"
    flags = "--fix --unsafe-fixes" if outcome.unsafe else "--fix"
    told = [f"[*] {now} fixable with {flags}"] if now else []
    told += [hidden] if more else []
    if told:
        yield ", ".join(told)


def _mended(finding: Finding, *, unsafe: bool) -> bool:
    return finding.fix is not None and finding.fix.mends(unsafe=unsafe)


def one_a_line(outcome: Outcome) -> str:
    """The findings alone."""
    return "\n".join(concise(outcome.findings, unsafe=outcome.unsafe))


def folded(findings: Sequence[Finding]) -> tuple[list[Finding], dict[int, list[Finding]]]:
    """The findings to show, and by the identity of a shown one those that say the same of other layers of its file:
    an info that holds for every layer would bury what matters."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        if finding.severity == "info" and finding.node:
            groups.setdefault((finding.path, finding.rule, _NAMES.sub("", finding.message)), []).append(finding)
    alike = {id(group[0]): group[1:] for group in groups.values() if len(group) > _ALIKE}
    hidden = {id(other) for others in alike.values() for other in others}
    return [finding for finding in findings if id(finding) not in hidden], alike


def render(
    findings: Sequence[Finding],
    *,
    colour: bool,
    width: int | None = None,
    unsafe: bool = False,
    alike: Mapping[int, Sequence[Finding]] = MappingProxyType({}),
) -> Iterator[str]:
    """One block of lines a finding, then nothing: the caller adds the summary.

    Sentences are broken at `width` columns, never without one: what is not read by people keeps its lines. `alike` are
    findings that are told with another one (`folded`).
    """
    paint = _painter(colour)
    for finding in findings:
        yield "\n".join(_block(finding, paint, width, alike.get(id(finding), ()), unsafe=unsafe))


def summary(findings: Sequence[Finding], files: int, *, colour: bool) -> str:
    """`2 errors, 1 warning in 3 files`, or a word of praise."""
    paint = _painter(colour)
    where = f"{files} file{'' if files == 1 else 's'}"
    counts = [
        f"{count} {severity}{'' if count == 1 or severity == 'info' else 's'}"
        for severity in ("error", "warning", "info")
        if (count := sum(finding.severity == severity for finding in findings))
    ]
    return paint("bold", f"{', '.join(counts)} in {where}" if counts else f"no findings in {where}")


def _painter(colour: bool) -> Paint:
    def paint(role: str, text: str) -> str:
        return f"\033[{_COLOURS[role]}m{text}\033[0m" if colour else text

    return paint


def mark(finding: Finding, *, unsafe: bool) -> str:
    """`[*] ` before the message of what `--fix` mends, as other linters have it."""
    return "[*] " if _mended(finding, unsafe=unsafe) else ""


def _block(
    finding: Finding, paint: Paint, width: int | None, alike: Sequence[Finding], *, unsafe: bool
) -> Iterator[str]:
    place = f"{printable(finding.path)}:{finding.line}:{finding.column}"
    star = mark(finding, unsafe=unsafe)
    begin = f"{place}: {finding.severity}[{finding.rule}] {star}"
    painted = f"{paint('bold', place)}: {paint(finding.severity, finding.severity)}[{finding.rule}] {star}"
    yield painted + _broken(printable(finding.message), len(begin), width)
    if finding.pointer:
        yield f"  {paint('dim', '=')} at {printable(finding.pointer)}"
    elif finding.span is not None:
        yield from _excerpt(finding.span, finding.severity, paint)
    for related in finding.related:
        where = f" ({_place(related.span, finding.path)})" if related.span else ""
        yield f"  {paint('dim', '=')} {_broken(printable(related.message + where), 4, width)}"
    if finding.fix is not None:
        yield f"  {paint('dim', '=')} {paint('fix', 'fix')}: {_broken(printable(finding.fix.title), 9, width)}"
    if alike:
        yield f"  {paint('dim', '=')} {_broken(printable(_also(alike)), 4, width)}"
    yield ""


def _also(alike: Sequence[Finding]) -> str:
    """Where the same holds: the first layers, and how to see all."""
    names = ", ".join(f"`{finding.node}`{_line(finding)}" for finding in alike[:3])
    more = f" and {len(alike) - 3} more" if len(alike) > 3 else ""
    return f"the same holds for {names}{more}: `--output-format concise` lists all"


def _line(finding: Finding) -> str:
    return f" (line {finding.line})" if finding.span is not None and not finding.pointer else ""


def _broken(sentence: str, begin: int, width: int | None) -> str:
    """The sentence, of which `begin` columns of the first line are taken, in lines of `width`."""
    if width is None or begin + len(sentence) <= width:
        return sentence
    import textwrap

    # Names, paths and options stay whole, so that they can be copied.
    lines = textwrap.wrap(
        sentence,
        width,
        initial_indent=" " * begin,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)[begin:]


def _place(span: Span, path: str) -> str:
    if span.pointer:
        return span.pointer if span.path == path else f"{span.path}, {span.pointer}"
    return f"line {span.line}" if span.path == path else f"{span.path}:{span.line}"


def _excerpt(span: Span, severity: str, paint: Paint) -> Iterator[str]:
    """The first line of the span with carets under what is meant. Tabs stay tabs, so that carets stand right."""
    text, skipped, length = span.excerpt
    line = text[: length - skipped]
    if not line.strip():
        return
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else length
    if length > _WIDEST:
        shift = max(start - 40, 0)
        line = line[shift - skipped : shift - skipped + _WIDEST]
        start, end = start - shift, min(end - shift, _WIDEST)
    number = str(span.line)
    pad = "".join("\t" if character == "\t" else " " for character in line[:start])
    line = "".join(
        character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}" for character in line
    )
    yield f"  {paint('dim', f'{number} |')} {line}"
    yield f"  {' ' * len(number)} {paint('dim', '|')} {pad}{paint(severity, '^' * max(end - start, 1))}"


def concise(findings: Iterable[Finding], *, unsafe: bool = False) -> Iterator[str]:
    """One line a finding: `path:line:column: severity[rule] message`, and the pointer where there are no lines."""
    for finding in findings:
        place = f"{printable(finding.path)}:{finding.line}:{finding.column}"
        star = mark(finding, unsafe=unsafe)
        yield f"{place}: {finding.severity}[{finding.rule}] {star}{printable(message(finding))}"
