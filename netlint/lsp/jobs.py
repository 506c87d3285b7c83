"""What the server asks of its worker process, and what comes back: plain data that crosses between the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from netlint.authoring import RuleInfo
from netlint.finding import Finding


@dataclass(frozen=True, slots=True)
class Setup:
    """How to lint: what the command line of the server says."""

    config: str | bool = True
    rule_packs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Lint:
    """Lint a text that stands in an editor, or the file on disk (`content` is None)."""

    path: str
    content: bytes | None
    #: The working folder: nets that solvers name are looked for from here, as on the command line.
    folder: str
    setup: Setup
    #: The texts of all documents that are open, by path: what a solver names may be one of them.
    unsaved: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mend:
    """Make all safe fixes in a text."""

    path: str
    content: bytes
    folder: str
    setup: Setup


@dataclass(frozen=True, slots=True)
class Outline:
    """List the layers of a text."""

    path: str
    content: bytes
    folder: str
    setup: Setup


@dataclass(frozen=True, slots=True)
class Rules:
    """List the rules that there are."""

    setup: Setup


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """A configuration that cannot be used; line and column count from 1."""

    path: str
    message: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Linted:
    """Findings with absolute paths and plain spans; those of a binary file have no span, and name their place in the
    message."""

    findings: tuple[Finding, ...] = ()
    misconfigured: Misconfigured | None = None
    #: Why the file could not be read at all.
    failure: str = ""
    #: The rules that found something: configurations may name packs of their own.
    rules: tuple[RuleInfo, ...] = ()
    #: The definitions that were read for it, by real path.
    definitions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mended:
    """A text with its fixes made, and how many there are."""

    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a text: where it stands (offsets of characters), and what is known of it."""

    name: str
    kind: str
    start: int
    end: int
    #: The narrower place that names it.
    name_start: int
    name_end: int
    #: Each output with its shape, in every phase that has one of its own.
    outputs: tuple[tuple[str, str], ...]
    #: Each parameter with its shape.
    params: tuple[tuple[str, str], ...]
    #: How many parameters it has; None where a shape is unknown.
    count: int | None


@dataclass(frozen=True, slots=True)
class Crashed:
    """The job failed: one line to tell, and all of it for the log."""

    summary: str
    details: str


Job: TypeAlias = Lint | Mend | Outline | Rules
Reply: TypeAlias = Linted | Mended | list[Layer] | list[RuleInfo] | Crashed
