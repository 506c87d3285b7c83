"""Where definitions stand: in a text at their characters, in a binary file nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from netlint.loaders.protobuf import Message
from netlint.loaders.tensorflow.graph import Op
from netlint.model import Attr, AttrValue, Source, Span


@dataclass(frozen=True, slots=True)
class Places:
    """The source, and whether its messages bear positions. A binary file could claim any: they count in texts only."""

    source: Source
    text: bool

    def at(self, place: Message | None) -> Span | None:
        """The characters that a `proto.Place` names."""
        return Span(self.source, place.start, place.end) if self.text and place is not None else None

    def name(self, op: Op) -> Span | None:
        return self.at(op.raw.span) if self.text and op.raw.HasField("span") else None

    def input(self, op: Op, slot: int) -> Span | None:
        """Where a data input stands; control inputs come behind them."""
        spans = op.raw.input_spans
        return self.at(spans[slot]) if self.text and slot < len(spans) else None

    def attr(self, op: Op, name: str, value: AttrValue, source: str = "") -> Attr:
        """An attribute under ONNX's name, at the place of the source's own one."""
        return Attr(name, value, self.at(op.place(source or name)) if self.text else None, source or name)
