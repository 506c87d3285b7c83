"""What a parser of a text reports."""

from __future__ import annotations

from dataclasses import dataclass

from netlint.model import Problem, Source, Span


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """What stands where the grammar wants something else; `start` and `end` are character offsets."""

    message: str
    start: int
    end: int
    remedy: str = ""

    def within(self, source: Source) -> Problem:
        """As a problem of the model that the text defines."""
        return Problem("syntax", self.message, Span(source, self.start, self.end), remedy=self.remedy)
