"""What netlint tells people: findings, with places and remedies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from netlint.model import Span

Severity: TypeAlias = Literal["error", "warning", "info"]

#: From worst to mildest.
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")

#: `safe` keeps the meaning the author had, `unsafe` may change what is trained, `display` is advice to a person.
Applicability: TypeAlias = Literal["safe", "unsafe", "display"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What to change: `title` for people, and the edits that do it where netlint can do it itself."""

    title: str
    edits: tuple[Edit, ...] = ()
    applicability: Applicability = "display"
    #: All edits as one, where their places have lost the text between them.
    joined: Edit | None = None

    def mends(self, *, unsafe: bool = False) -> bool:
        """Whether netlint itself makes the change: a safe one, or an unsafe one where those are wanted."""
        return bool(self.edits) and (self.applicability == "safe" or (unsafe and self.applicability == "unsafe"))


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding: the other end of the mistake."""

    message: str
    span: Span | None
    node: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at one place.

    `message` starts lower case (or with a name of the source) and has no full stop: what is there, where both ends
    are, what it costs. `node` is the logical place, `model` the network and phase it was seen in. `span` is None for
    binary sources.
    """

    rule: str
    severity: Severity
    message: str
    path: str
    span: Span | None = None
    node: str = ""
    model: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    #: The whole definition that the finding belongs to: a comment on its first line silences it too.
    scope: Span | None = None
    #: The place builds layers that are called elsewhere, perhaps many of them.
    reused: bool = False
    #: The rule's page, relative to the project's root.
    page: str = ""

    @property
    def pointer(self) -> str:
        """The logical place in a binary source that has one: a JSON pointer."""
        return self.span.pointer if self.span else ""

    @property
    def line(self) -> int:
        return self.span.line if self.span else 1

    @property
    def column(self) -> int:
        return self.span.column if self.span else 1
