"""The well-known forks of Caffe, and which of them a file is written for.

A fork is a property of the file: its evidence are layer types, fields and enum words that BVLC lacks. Whatever depends
on the fork (numbers of bottoms, the blobs of `BN`, what is reported as foreign) asks this one place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from netlint.loaders.caffe.schema import Application, schema
from netlint.loaders.text_format import Field
from netlint.model import Evidence, Source, Span, Variant

#: The name under which the user says that a file is for no fork.
BVLC: Final = "BVLC"

#: Foreign V1 layer types are enum words; they count as layer types.
V1_TYPE: Final = "V1LayerParameter.LayerType"

_HERE: Final = Path(__file__).parent

#: A foreign field of these may change the size of what the layer puts out: `dilation`, `pad_3d`, `pixelshuffler`.
_SHAPING: Final = frozenset(
    {
        *("ConcatParameter", "ConvolutionParameter", "CropParameter", "InnerProductParameter", "PoolingParameter"),
        "ReshapeParameter",
    }
)

#: Fields of those that the translations read, or that only choose how the same thing is computed.
_UNDERSTOOD: Final = frozenset(
    {
        *(f"{owner}.pad_{side}" for owner in ("ConvolutionParameter", "PoolingParameter") for side in "lrtb"),
        "PoolingParameter.ceil_mode",
        "ConvolutionParameter.conv_algorithm",
        "ConvolutionParameter.conv_algos_override",
        "ConvolutionParameter.cudnn_convolution_algo_seeker",
        "ConcatParameter.engine",
        "InnerProductParameter.engine",
    }
)

#: So many words are kept as evidence.
_EVIDENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Fork:
    """A well-known Caffe fork: the layer types and fields that it adds to BVLC's."""

    name: str
    types: frozenset[str]
    fields: Mapping[str, frozenset[str]]
    #: `Message.field` for what BVLC holds once and this fork several times.
    repeats: frozenset[str] = frozenset()
    #: `Type.bottom:1` for a number of bottoms or tops that a BVLC layer type takes in this fork only.
    counts: frozenset[str] = frozenset()
    fillers: frozenset[str] = frozenset()

    def knows(self, owner: str, name: str) -> bool:
        """Whether the fork has this field of a message, word of an enum, or (of no owner) layer type."""
        return name in (self.fields.get(owner, ()) if owner else self.types)


@cache
def forks() -> tuple[Fork, ...]:
    """All known forks, in the order of `forks.txt`."""
    found: list[Fork] = []
    for block in (_HERE / "forks.txt").read_text(encoding="utf-8").split("\n["):
        name, closed, body = block.partition("]\n")
        if not closed:
            continue
        fields = {key: frozenset(rest.split()) for key, _, rest in (line.partition(":") for line in body.splitlines())}
        types, repeats, counts, fillers = (
            fields.pop(key, frozenset()) for key in ("types", "repeats", "counts", "fillers")
        )
        found.append(Fork(name.lstrip("["), types, fields, repeats, counts, fillers))
    return tuple(found)


def fork_names() -> tuple[str, ...]:
    """The names that the user may give: BVLC's and the forks'."""
    return (BVLC, *(fork.name for fork in forks()))


def canonical(name: str) -> str:
    """A fork's name as netlint writes it, whatever its case. Raises ValueError for a name that is none."""
    found = next((known for known in fork_names() if known.lower() == name.strip().lower()), None)
    if found is None:
        raise ValueError(f"{name!r} is no fork of Caffe that netlint knows: choose one of {', '.join(fork_names())}")
    return found


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is known of a file's fork: what to show, and the forks that it may be."""

    variant: Variant | None = None
    #: Several where the evidence fits more than one; none for BVLC.
    forks: tuple[Fork, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(fork.name for fork in self.forks)

    def takes(self, count: str) -> bool:
        """Whether such a number of bottoms or tops (`Eltwise.bottom:1`) is right in this fork."""
        return any(count in fork.counts for fork in self.forks)

    def refuses(self, layer_type: str) -> bool:
        """The user named the fork, and it has no such layer type."""
        return self.variant is not None and self.variant.given and not any(layer_type in f.types for f in self.forks)


_BVLC_DIALECT: Final = Dialect()


def foreign_names(found: Application) -> Iterator[tuple[str, str, Field]]:
    """(message or enum, name, field) for each field and word that BVLC's messages and enums lack.

    What stands inside a message that only forks have is left out: each of them may have another version of it.
    """
    for owner, item in found.unknown:
        if owner in schema():
            yield owner, item.name, item
    for enum, item in found.foreign:
        if enum != V1_TYPE and enum.partition(".")[0] in schema():
            yield enum, item.text, item


def detect(source: Source, found: Application, types: Mapping[str, Span], given: str | None) -> Dialect:
    """The fork that knows most of the words which BVLC lacks: fields, enum words and layer `types`.

    A name that the user gives wins. Words that no fork knows say nothing.
    """
    if given is None and not found.unknown and not found.foreign and not types:
        return _BVLC_DIALECT
    places: dict[tuple[str, str], Span] = {("", name): span for name, span in types.items()}
    for owner, name, item in foreign_names(found):
        start = item.name_start if owner in schema() else item.start
        places.setdefault((owner, name), Span(source, start, start + len(name)))
    if given is not None:
        chosen = [fork for fork in forks() if fork.name == given]
        return Dialect(Variant(given, _evidence(chosen, places), given=True), tuple(chosen))
    known = {fork.name: sum(fork.knows(*name) for name in places) for fork in forks()}
    most = max(known.values())
    if not most:
        return _BVLC_DIALECT
    best = [fork for fork in forks() if known[fork.name] == most]
    others = tuple(fork.name for fork in best[1:])
    return Dialect(Variant(best[0].name, _evidence(best, places), others), tuple(best))


def _evidence(chosen: Collection[Fork], places: Mapping[tuple[str, str], Span]) -> tuple[Evidence, ...]:
    words = [
        Evidence(name, span)
        for (owner, name), span in places.items()
        if any(fork.knows(owner, name) for fork in chosen)
    ]
    return tuple(sorted(words, key=lambda word: word.span.start)[:_EVIDENCE])


def knowing(owner: str, name: str) -> list[str]:
    """The names of the forks that have this field, enum word or layer type."""
    return [fork.name for fork in forks() if fork.knows(owner, name)]


def all_known(names: Iterable[tuple[str, str]], given: str | None) -> bool:
    """Whether one fork, or the one that the user named, knows all these names."""
    names = list(names)
    return any(all(fork.knows(*name) for name in names) for fork in forks() if given is None or fork.name == given)


def doubtful(found: Application, dialect: Dialect) -> list[int]:
    """Offsets of foreign fields that may decide the size of what a layer computes, and that netlint does not read.
    Where the user denies every fork it reads none of them."""
    understood = _UNDERSTOOD if dialect.forks else ()
    return sorted(
        item.start
        for owner, item in found.unknown
        if (owner in _SHAPING and f"{owner}.{item.name}" not in understood) or owner not in schema()
    )
