"""What linting one file gave by itself. What depends on the other files of a run is left to `engine.merge`."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from netlint.finding import Finding, Severity

#: (real path, digest of the text, offset): a place in a text, however often and under whichever name it is read.
Spot: TypeAlias = tuple[str, str, int]


class Entry(NamedTuple):
    """One rule in one comment, as one file of a run meets it."""

    spot: Spot
    line: int
    rule: str
    #: What is to be told where no file of the run uses it.
    unused: Finding
    #: Some run of the rule could have found something there.
    asked: bool
    used: bool
    #: `unused-suppression` runs on the file.
    told: bool


class Comments(NamedTuple):
    """The comments that one file of a run meets: its own, and those of the files that it names."""

    entries: tuple[Entry, ...] = ()
    #: What is wrong with comments by themselves.
    faults: tuple[tuple[Spot, Finding], ...] = ()
    #: (real path, line) where comments silence `unused-suppression`; line 0 for the whole file.
    hushed: tuple[tuple[str, int], ...] = ()


NO_COMMENTS: Final = Comments()


class Linted(NamedTuple):
    """The result of one file: what no comment silences, in order, and what the merging of files needs."""

    findings: tuple[Finding, ...] = ()
    comments: Comments = NO_COMMENTS
    #: The rules that ran and whose silence says something.
    rules: tuple[str, ...] = ()
    #: The mildest severity that fails a run, where the file's configuration sets it, and the paths it holds for.
    fail_level: Severity | None = None
    paths: tuple[str, ...] = ()
    #: The definitions that were read for it: itself, the net that a solver names, the training file beside it.
    definitions: tuple[str, ...] = ()
    #: What else was read or looked for, where that was recorded.
    reads: tuple[str, ...] = ()
    #: Why it could not be linted at all.
    failure: str = ""
    #: False for a file that was met in a folder and is no model after all.
    is_model: bool = True
