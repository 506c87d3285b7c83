"""Texts as XML 1.0 takes them, without the import of a whole XML library.

Extensible Markup Language (XML) 1.0, sections 2.2 (characters), 2.11 (line ends) and 3.3.3 (attribute values).
"""

from __future__ import annotations

import re
from typing import Final

#: XML has no way to write these, not even as references.
_FORBIDDEN: Final = "[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"
#: A line end or tab would be read as a space in an attribute, a lone carriage return as a line feed.
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
HEADER: Final = '<?xml version="1.0" encoding="UTF-8"?>'


def escaped(text: str) -> str:
    """The text for an attribute or an element. A control character becomes its picture (U+241B for escape), whatever
    else XML forbids the replacement character."""
    return re.sub(_FORBIDDEN, _picture, text).translate(_ESCAPES)


def tag(element: str, /, **attributes: object) -> str:
    """A start tag without its closing bracket."""
    given = "".join(f' {key}="{escaped(str(value))}"' for key, value in attributes.items())
    return f"<{element}{given}"


def _picture(forbidden: re.Match[str]) -> str:
    code = ord(forbidden[0])
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
