"""Which layers of a Caffe net read and make a value: found once a net."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from netlint.edits.fields import path_to, text_of, tree, values
from netlint.loaders.text_format import Field, Message
from netlint.model import Source


class End(NamedTuple):
    """A layer and the field in which it names a value."""

    layer: Field
    field: Field


@dataclass(frozen=True, slots=True)
class Wiring:
    """The readers and makers of each value, in the order of the file."""

    readers: defaultdict[str, list[End]] = field(default_factory=lambda: defaultdict(list))
    makers: defaultdict[str, list[End]] = field(default_factory=lambda: defaultdict(list))

    def overwritten(self, name: str, after: Field) -> bool:
        """Whether a layer behind another one gives a value new content."""
        makers = self.makers[name]
        return bool(makers) and makers[-1].layer.name_start > after.name_start


def wiring_around(source: Source, layer: Field) -> Wiring | None:
    """That of the net that holds a layer: the file, or a solver's `net_param`."""
    path = path_to(source, layer.name_start)
    net = path[-2].message if len(path) > 1 else tree(source.text)
    return _wiring(net) if net is not None else None


@lru_cache(maxsize=4)
def _wiring(net: Message) -> Wiring:
    wires = Wiring()
    for layer in net.fields:
        if layer.name in ("layer", "layers"):
            for bottom in values(layer, "bottom"):
                wires.readers[text_of(bottom)].append(End(layer, bottom))
            for top in values(layer, "top"):
                wires.makers[text_of(top)].append(End(layer, top))
    return wires
