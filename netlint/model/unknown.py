"""What a loader or a fact could not determine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known, and why. Never a guess: rules stay silent on it."""

    reason: str

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: test it with isinstance(value, Unknown)")

    def __str__(self) -> str:
        return "?"


UNKNOWN = Unknown("not determined")
