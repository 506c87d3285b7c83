"""A rule of a policy file once it is read, and as text for the index of its pack."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Final

#: A piece of a message: plain text, or an expression between `{{` and `}}`.
_HOLE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Template:
    """A message with holes: texts and expressions by turns, a text first and last."""

    parts: tuple[str, ...]

    @property
    def expressions(self) -> tuple[str, ...]:
        return self.parts[1::2]


def holes(text: str) -> list[tuple[int, str]]:
    """The expressions of a message, each with its offset."""
    return [(hole.start(1), hole[1]) for hole in _HOLE.finditer(text)]


def template(text: str) -> Template:
    """The parts of a message."""
    return Template(tuple(part if index % 2 == 0 else part.strip() for index, part in enumerate(_HOLE.split(text))))


@dataclass(frozen=True, slots=True)
class Policy:
    """What the rule asks and says. `when` is empty where every node of its operators is meant."""

    message: Template
    when: str = ""
    remedy: Template | None = None
    #: Attributes at the first of which, as far as the source spells it out, the finding stands.
    at: tuple[str, ...] = ()
    #: Expressions that give nodes, and what is said of them.
    related: tuple[tuple[str, Template], ...] = ()
    #: It sees one node after the other, not the network once.
    sees_node: bool = True
    #: The file and line in which it begins.
    place: str = ""

    @property
    def expressions(self) -> tuple[str, ...]:
        """All of them."""
        templates = [self.message, *([self.remedy] if self.remedy else []), *(text for _, text in self.related)]
        said = [expression for one in templates for expression in one.expressions]
        return tuple(filter(None, (self.when, *said, *(node for node, _ in self.related))))

    def as_text(self) -> str:
        """For the index."""
        return json.dumps(asdict(self))


def from_text(text: str) -> Policy:
    """What `as_text` made."""
    kept = json.loads(text)
    remedy = kept["remedy"]
    return Policy(
        _template(kept["message"]),
        kept["when"],
        _template(remedy) if remedy else None,
        tuple(kept["at"]),
        tuple((node, _template(message)) for node, message in kept["related"]),
        kept["sees_node"],
        kept["place"],
    )


def _template(kept: dict[str, list[str]]) -> Template:
    return Template(tuple(kept["parts"]))
