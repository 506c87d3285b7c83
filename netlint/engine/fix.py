"""Makes the changes that findings propose, tries them, and keeps those that mend what they promise.

A fix is made whole or not at all. After each round everything is linted anew; a fix that leaves its finding, or brings
one that was not there, is taken back alone. Nothing is written here.
"""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from netlint.engine.edit import TextEdit, apply_edits, is_textual, text_edit, touch
from netlint.engine.encoded import Encoded, encoded
from netlint.engine.suppress import NOT_READ, UNUSED
from netlint.finding import Applicability, Finding

#: Fixes bring to light what can be fixed next; more rounds than this are fixes that undo each other.
MOST_PASSES: Final = 10
#: How often a group of files is linted to find the fixes that do harm.
_MOST_TRIALS: Final = 120

#: The contents that count instead of what is on disk (by real path) -> what is found then.
Lint: TypeAlias = Callable[[Mapping[str, bytes]], Sequence[Finding]]


class Change(NamedTuple):
    """One file, as findings name it, before and after."""

    path: str
    before: bytes
    after: bytes


class Left(NamedTuple):
    """A finding whose fix was not made, and why."""

    finding: Finding
    reason: str


@dataclass(slots=True)
class Fixed:
    """The files that change, the findings that are mended, and the fixes that were taken back."""

    changes: list[Change] = field(default_factory=list)
    mended: list[Finding] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


class _Candidate(NamedTuple):
    """A fix whose edits are known by file."""

    finding: Finding
    edits: Mapping[str, tuple[TextEdit, ...]]
    #: What stays the same of it while lines move.
    identity: tuple[str, ...]


class _Trial(NamedTuple):
    """Contents with some fixes made, or why they cannot be made."""

    contents: Mapping[str, bytes]
    found: Sequence[Finding]
    reason: str


@dataclass(slots=True)
class _Run:
    find: Lint
    check: Lint
    allowed: Collection[Applicability]
    given: Mapping[str, bytes]
    writable: Callable[[str], bool]
    old: dict[str, bytes] = field(default_factory=dict)
    new: dict[str, bytes] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    mended: list[Finding] = field(default_factory=list)
    left: dict[tuple[str, ...], Left] = field(default_factory=dict)
    trials: int = 0

    def content(self, real: str) -> bytes:
        """The content of a file as it is now. Raises OSError."""
        if real not in self.old:
            held = self.given.get(real)
            if held is None:
                with open(real, "rb") as stream:
                    held = stream.read()
            self.old[real] = held
        return self.new.get(real, self.old[real])


def fix(
    find: Lint,
    check: Lint,
    allowed: Collection[Applicability],
    given: Mapping[str, bytes] | None = None,
    writable: Callable[[str], bool] = os.path.isfile,
) -> Fixed:
    """Fix a group of files that are linted together.

    `find` gives the findings to fix, `check` all that must not get worse; both take the contents of changed files by
    real path. `given` are contents that are on no disk, also by real path. Only what is `writable` is changed. Raises
    OSError when a file cannot be read.
    """
    run = _Run(find, check, allowed, given or {}, writable)
    for _ in range(MOST_PASSES):
        findings = find(run.new)
        batch = list(_apart(_candidates(run, findings)))
        if not batch:
            break
        before = check(run.new)
        accepted: list[_Candidate] = []
        contents = _settle(run, batch, accepted, before)
        if not accepted:
            break
        # What does harm now may fit once others are made.
        run.left.clear()
        run.new = {**run.new, **contents}
        run.mended += [candidate.finding for candidate in accepted]
    changes = [
        Change(run.named[real], run.old[real], content)
        for real, content in sorted(run.new.items())
        if content != run.old[real]
    ]
    return Fixed(changes, run.mended, list(run.left.values()))


def _candidates(run: _Run, findings: Iterable[Finding]) -> Iterator[_Candidate]:
    """The fixes that may be made, in the order of the findings; what is wrong with the others is noted."""
    for finding in findings:
        fix = finding.fix
        if fix is None or not fix.edits or fix.applicability not in run.allowed:
            continue
        identity = _identity(finding)
        found: dict[str, list[TextEdit]] = {}
        reason = ""
        for edit in fix.edits:
            real = os.path.realpath(edit.span.path)
            reason = reason or _hindrance(run, real, edit.span.source.text, edit.span.path, textual=is_textual(edit))
            found.setdefault(real, []).append(text_edit(edit))
            run.named.setdefault(real, edit.span.path)
        if reason:
            run.left[identity] = Left(finding, reason)
        else:
            yield _Candidate(finding, {real: tuple(edits) for real, edits in found.items()}, identity)


def _hindrance(run: _Run, real: str, text: str, path: str, *, textual: bool) -> str:
    """Why an edit cannot be made in a file; empty when it can."""
    if not textual:
        return f"{path} is no text"
    if not (real in run.given or run.writable(real)):
        return f"{path} is not among the definitions that are fixed"
    if encoded(run.content(real)).text != text:
        return f"{path} has changed since it was read"
    return ""


def _identity(finding: Finding) -> tuple[str, ...]:
    edits = finding.fix.edits if finding.fix is not None else ()
    return (
        os.path.realpath(finding.path),
        finding.rule,
        finding.node,
        finding.message,
        *(edit.replacement for edit in edits),
    )


def _apart(candidates: Iterable[_Candidate]) -> Iterator[_Candidate]:
    """Fixes that do not stand in each other's way, first come, first served. The same edits are made once: a net that
    several solvers run has them several times."""
    taken: dict[str, list[TextEdit]] = {}
    for candidate in candidates:
        if any(_in_the_way(edit, taken.get(real, [])) for real, edits in candidate.edits.items() for edit in edits):
            continue
        for real, edits in candidate.edits.items():
            for edit in edits:
                insort(taken.setdefault(real, []), edit)
        yield candidate


def _in_the_way(edit: TextEdit, taken: Sequence[TextEdit]) -> bool:
    """Whether an edit touches one of those that are taken, which stand in order."""
    at = bisect_left(taken, edit)
    return touch([edit], taken[max(at - 1, 0) : at + 1])


def _settle(
    run: _Run, batch: Sequence[_Candidate], accepted: list[_Candidate], before: Sequence[Finding]
) -> Mapping[str, bytes]:
    """Accept of a batch what does no harm, halving it to find what does; the contents with all that is accepted."""
    contents: Mapping[str, bytes] = {}
    waiting = [list(batch)]
    while waiting:
        part = waiting.pop()
        if run.trials >= _MOST_TRIALS:
            for candidate in part:
                run.left[candidate.identity] = Left(candidate.finding, "too many fixes of its run did harm")
            continue
        tried = _try(run, [*accepted, *part], before)
        if not tried.reason:
            accepted += part
            contents = tried.contents
        elif len(part) == 1:
            # Beside others that are accepted in this round it may be one of them that it does not go with.
            run.left[part[0].identity] = Left(part[0].finding, tried.reason)
        else:
            half = len(part) // 2
            waiting += [part[half:], part[:half]]
    return contents


def _try(run: _Run, candidates: Sequence[_Candidate], before: Sequence[Finding]) -> _Trial:
    edits: dict[str, list[TextEdit]] = {}
    for candidate in candidates:
        for real, several in candidate.edits.items():
            edits.setdefault(real, []).extend(several)
    contents: dict[str, bytes] = {}
    for real, wanted in edits.items():
        after = _edited(encoded(run.content(real)), wanted)
        if isinstance(after, str):
            return _Trial({}, (), after)
        contents[real] = after
    run.trials += 1
    found_after = run.check({**run.new, **contents})
    return _Trial(contents, found_after, _harm(run, candidates, before, found_after))


def _edited(file: Encoded, edits: Sequence[TextEdit]) -> bytes | str:
    """The file with the edits made, or why that cannot be."""
    try:
        after = file.bytes_of(apply_edits(file.text, edits))
    except ValueError as error:
        return f"its edits are wrong: {error}"
    return after if after is not None else f"{file.encoding} has no characters for it"


def _harm(run: _Run, candidates: Sequence[_Candidate], before: Sequence[Finding], after: Sequence[Finding]) -> str:
    """What speaks against these fixes; empty when all is well."""
    known = Counter(map(_kind, before))
    unread = {os.path.realpath(finding.path) for finding in before if finding.rule in NOT_READ}
    for finding in after:
        kind = _kind(finding)
        known[kind] -= 1
        # A comment whose finding is gone is the next one to fix.
        if known[kind] >= 0 or finding.rule == UNUSED:
            continue
        # What is wrong with a file that was not read before was wrong with it all the time.
        read = (kind[0] in run.given or run.writable(kind[0])) and kind[0] not in unread
        if read or finding.rule in NOT_READ:
            where = f" for `{finding.node}`" if finding.node else ""
            return f"it would bring {finding.severity}[{finding.rule}]{where}"
    remaining = set(map(_identity, after))
    if any(candidate.identity in remaining for candidate in candidates):
        return "the finding stays"
    return ""


def _kind(finding: Finding) -> tuple[str, str, str]:
    """Findings that are one and the same before and after lines have moved."""
    return os.path.realpath(finding.path), finding.rule, finding.node
