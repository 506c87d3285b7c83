"""What a policy can speak of is a table of fields: each with its type, a line for the documentation, and its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlint.engine.policies.view import View


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. `value` gives it for a view and its subject; None where it is not known."""

    name: str
    type: str
    about: str
    value: Callable[[View, Any], object]
    #: The facts that `value` asks, by name.
    needs: tuple[str, ...] = ()


def plain(value: object) -> object:
    """A text as CEL can hold it: without lone surrogates and NUL, which the library's strings end at."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


def integer(value: object) -> int | None:
    """A whole number of 64 bits."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    return None


def integers(values: Iterable[object]) -> list[int] | None:
    """Whole numbers, where all of them are known."""
    found = [integer(value) for value in values]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None
