"""Which of a framework's variants a source is written for."""

from __future__ import annotations

from dataclasses import dataclass

from netlint.model.source import Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word of the source that only some variants know, and where it stands."""

    word: str
    span: Span


@dataclass(frozen=True, slots=True)
class Variant:
    """A fork of the framework: detected by the words that only it knows, or named by the user."""

    name: str
    #: The first of the words that show it; empty when the user alone says so.
    evidence: tuple[Evidence, ...] = ()
    #: Other forks that know as many of the foreign words.
    others: tuple[str, ...] = ()
    #: Named by the user, whatever the source looks like.
    given: bool = False
