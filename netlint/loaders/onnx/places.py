"""Where definitions stand: in a text at their characters, in a binary file nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from netlint.loaders.protobuf import Message
from netlint.model import Source, Span


@dataclass(frozen=True, slots=True)
class Places:
    """The source, and whether its messages bear positions. A binary file could claim any: they count in texts only."""

    source: Source
    text: bool

    def of(self, message: Message) -> Span | None:
        """Where a definition stands."""
        return self.at(message.span) if self.text and message.HasField("span") else None

    def at(self, place: Message) -> Span | None:
        """The characters that a `proto.Place` names."""
        return Span(self.source, place.start, place.end) if self.text else None
