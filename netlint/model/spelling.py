"""Names that were meant by others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

_NUMBER = re.compile(r"\d+")


def surely_meant(name: str, known: Iterable[str]) -> str:
    """The one known name that another is a slip of; empty where several are as near, or none is near enough to write it
    in the author's place. Names that differ in their numbers alone are different names."""
    names = list(dict.fromkeys(known))
    same = [other for other in names if other.lower() == name.lower()]
    if same:
        return same[0] if len(same) == 1 else ""
    near = get_close_matches(name, names, n=2, cutoff=0.8)
    if not near:
        near = [other for other in names if len(other) > 2 and name.startswith(other) and len(name) - len(other) < 4]
    if len(near) != 1 or _NUMBER.sub("#", near[0]) == _NUMBER.sub("#", name):
        return ""
    return near[0]
