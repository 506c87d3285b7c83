"""A policy file as YAML nodes with places: what each key and value is, and where every character of it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from netlint.engine.config_file import shown
from netlint.engine.pack_folders import PackError
from netlint.model import Source

#: Larger files are no policies. PyYAML takes some two seconds for as much.
_MOST_BYTES: Final = 1 << 18

_TEXT: Final = "tag:yaml.org,2002:str"
_KINDS: Final[Mapping[str, str]] = {
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:null": "empty",
    "tag:yaml.org,2002:map": "a mapping",
    "tag:yaml.org,2002:seq": "a list",
    "tag:yaml.org,2002:timestamp": "a date",
    _TEXT: "a text",
}
_TRUE: Final = ("true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a file: where (an offset into its text), and what."""

    offset: int
    message: str


class Document:
    """One file, and what is found wrong with it on the way."""

    def __init__(self, path: str, data: bytes) -> None:
        """Raises PackError for what is no YAML at all."""
        self.path = path
        if len(data) > _MOST_BYTES:
            raise PackError(f"{shown(path)}: more than {_MOST_BYTES} bytes are no policy file")
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise PackError(f"{shown(path)}:{line}: not UTF-8 text (byte {error.start})") from None
        self.source = Source(path, text)
        self.wrong: list[Wrong] = []
        self.root = self._composed(text)

    def _composed(self, text: str) -> Any:
        import yaml

        try:
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = error.problem or error.context or "not YAML"
            if said.startswith("but ") and error.context:
                said = f"{error.context}, {said}"
            if mark is None:
                raise PackError(f"{shown(self.path)}: {said}") from None
            raise PackError(self.told([Wrong(mark.index, said + _quoting(text, mark.index))])) from None
        except yaml.reader.ReaderError as error:
            raise PackError(
                self.told([Wrong(error.position, f"the character {error.character!r} may not stand in YAML")])
            ) from None
        except RecursionError:
            raise PackError(f"{shown(self.path)}: nested too deeply") from None
        except (yaml.YAMLError, ValueError) as error:
            raise PackError(f"{shown(self.path)}: {str(error).splitlines()[0] if str(error) else 'not YAML'}") from None

    def told(self, wrong: Sequence[Wrong]) -> str:
        """All of it as a text: place, message, the line and a caret."""
        lines = []
        for one in wrong:
            line, column = self.source.position(one.offset)
            shown_line = self.source.line(line)
            start = max(0, column - 81)
            lines.append(f"{shown(self.path)}:{line}:{column}: {one.message}")
            if shown_line.strip():
                lines.append(f"    {shown_line[start : start + 120]}")
                lines.append(f"    {' ' * (column - 1 - start)}^")
        return "\n".join(lines)

    def blame(self, node: Any, message: str, offset: int = 0) -> None:
        """Note what is wrong with a node, or with its text at an offset."""
        at = place_in(self.source.text, node)[offset] if offset else start_of(self.source.text, node)
        self.wrong.append(Wrong(at, message))

    def mapping(self, node: Any, what: str) -> dict[str, tuple[Any, Any]]:
        """The keys of a mapping, each with its own node and its value's; keys that stand twice are blamed."""
        if kind_of(node) != "a mapping":
            self.blame(node, f"{what} is {kind_of(node)}, not a mapping of keys and values")
            return {}
        found: dict[str, tuple[Any, Any]] = {}
        for key, value in node.value:
            # YAML 1.1 takes a bare `on` for a switch.
            if kind_of(key) != "a text" and key.value != "on":
                self.blame(key, f"a key is {kind_of(key)}, not a text")
                continue
            if key.value in found:
                self.blame(key, f"`{key.value}` stands twice")
                continue
            found[key.value] = (key, value)
        return found

    def items(self, node: Any, what: str) -> list[Any]:
        """The entries of a list; blames what is none."""
        if kind_of(node) != "a list":
            self.blame(node, f"{what} is {kind_of(node)}, not a list")
            return []
        return list(node.value)

    def text(self, node: Any, what: str) -> str:
        """A text that is not empty; blames what is none and gives an empty one."""
        if kind_of(node) != "a text":
            quote = (
                ": put it between quotes"
                if "{{" in getattr(node.start_mark, "buffer", "")[node.start_mark.index :][:3]
                else ""
            )
            self.blame(node, f"{what} is {kind_of(node)}, not a text{quote}")
            return ""
        if not node.value.strip():
            self.blame(node, f"{what} is empty")
            return ""
        if not node.value.isascii() and node.value.encode("utf-8", "replace").decode("utf-8") != node.value:
            self.blame(node, f"{what} holds half of a character")
            return ""
        return str(node.value)

    def switch(self, node: Any, what: str) -> bool:
        """True or false; blames what is neither."""
        if kind_of(node) != "true or false":
            self.blame(node, f"{what} is {kind_of(node)}, not true or false")
            return True
        return node.value.lower() in _TRUE


def kind_of(node: Any) -> str:
    """What a value of YAML is, for messages."""
    return _KINDS.get(node.tag, f"a value of the type {node.tag}") if node is not None else "empty"


def start_of(text: str, node: Any) -> int:
    """Where a value begins: behind the sign of a block, and inside of quotes."""
    if node is None:
        return 0
    start: int = node.start_mark.index
    if node.tag == _TEXT and getattr(node, "style", None) and node.value:
        return place_in(text, node)[0]
    return min(start, len(text))


def place_in(text: str, node: Any) -> list[int]:
    """The offset in the file of each character of a scalar, and of its end.

    White space of the value and of the source may differ (folded lines, the indentation of blocks); everything else
    stands in both in the same order, but for escapes between double quotes and doubled single ones.
    """
    at, end = node.start_mark.index, node.end_mark.index
    style = getattr(node, "style", None)
    if style in ("|", ">"):
        at = text.find("\n", at) + 1
    elif style:
        at, end = at + 1, end - 1
    found = []
    for character in node.value:
        if character.isspace():
            found.append(min(at, end))
            if at < end and text[at].isspace():
                at += 1
            elif style == '"' and text[at : at + 1] == "\\":
                at += _width(text, at, style)
            continue
        while at < end and (text[at].isspace() or (style == '"' and text.startswith("\\\n", at))):
            at += 1 if text[at].isspace() else 2
        found.append(min(at, end))
        at += _width(text, at, style)
    return [*found, min(at, end)]


def _width(text: str, at: int, style: str | None) -> int:
    """How many characters of the source are one of the value."""
    if style == "'" and text[at : at + 2] == "''":
        return 2
    if style == '"' and text[at : at + 1] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(text[at + 1 : at + 2], 2)
    return 1


def _quoting(text: str, index: int) -> str:
    """A hint for the mistake that everybody makes once: a colon or a brace in a bare text."""
    line = text[text.rfind("\n", 0, index) + 1 : text.find("\n", index) if "\n" in text[index:] else len(text)]
    return (
        ": put the text between quotes, or behind `>-` on lines of its own"
        if "{{" in line or line.count(": ") > 1
        else ""
    )
