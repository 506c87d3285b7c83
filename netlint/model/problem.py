"""What a loader or a shape function found wrong while doing its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from netlint.model.param import Attr, Initializer, Param, Restraint
from netlint.model.source import Span

if TYPE_CHECKING:
    from netlint.model.graph import Edge, Node, Value

#: Where a finding can stand: whatever knows its place in the source.
Place: TypeAlias = "Node | Edge | Value | Attr | Param | Initializer | Restraint | Span"


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake under the name of the rule that tells it.

    Knowledge stands in one place: the loader that read the text, or the operator that knows its own arithmetic, says
    what is wrong; the rule of that name gives it a severity, a page, and a switch.
    """

    rule: str
    message: str
    place: Place | None = None
    related: tuple[tuple[Place, str], ...] = ()
    remedy: str = ""
    node: Node | None = None
    severity: Literal["error", "warning", "info"] | None = None
    #: What was surely meant by the text at the place, as it is to be written there; empty where nobody can tell.
    meant: str = ""
    #: Where the same slip stands once more: told once, mended everywhere.
    again: tuple[Span, ...] = ()
