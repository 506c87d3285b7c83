"""One layer as its source describes it: a class, its arguments under the names of Keras 3, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from netlint.loaders.keras.places import Path, Places
from netlint.model import UNKNOWN, Attr, AttrValue, Span, Unknown

#: No argument of a layer counts further. Longer numbers would only make arithmetic slow.
_LARGEST: Final = 1 << 62


@dataclass(slots=True, eq=False)
class Layer:
    """A layer's definition. `kind` is the class name of Keras 3, `word` the source's own.

    `renamed` gives the source's own word for arguments that had another name in its version of Keras.
    """

    kind: str
    word: str
    name: str
    config: Mapping[str, Any]
    places: Places
    #: Where the layer's object stands, and its arguments.
    path: Path
    config_path: Path
    renamed: Mapping[str, str] = field(default_factory=dict)
    #: How it is called in its network, in order; None where nothing is said of it (Sequential).
    calls: list[Any] | None = None
    #: A class of the user's own, or one that netlint does not know.
    custom: bool = False
    #: What the source says of its module or package, for messages.
    package: str = ""
    build: Mapping[str, Any] = field(default_factory=dict)
    #: It is called more than once: its weights are shared.
    repeated: bool = False

    @property
    def label(self) -> str:
        """How messages call it: Dense `fc1`."""
        return f"{self.word} `{self.name}`" if self.name else f"an unnamed {self.word}"

    @property
    def span(self) -> Span:
        """Where the source names the class."""
        return self.places.span((*self.path, "class_name"))

    @property
    def block(self) -> Span:
        return self.places.span(self.path)

    def has(self, key: str) -> bool:
        return self.config.get(key) is not None

    def word_of(self, key: str) -> str:
        """The source's own name for an argument."""
        return self.renamed.get(key, key)

    def place(self, key: str, *more: str | int) -> Span | None:
        """Where the source gives an argument; None where it leaves it to its default."""
        word = self.word_of(key)
        return self.places.span((*self.config_path, word, *more)) if key in self.config else None

    def attr(self, name: str, key: str, value: AttrValue) -> Attr:
        """An argument under the name that ONNX has for it."""
        return Attr(name, value, self.place(key), self.word_of(key))

    def integer(self, key: str, default: int) -> int | Unknown:
        value = self.config.get(key)
        return default if value is None else whole(value)

    def integers(self, key: str, rank: int, default: int) -> tuple[int | Unknown, ...]:
        """One number an axis; a single one stands for all."""
        value = self.config.get(key)
        if value is None:
            return (default,) * rank
        if isinstance(value, list):
            return tuple(map(whole, value)) if len(value) == rank else (UNKNOWN,) * rank
        return (whole(value),) * rank

    def listed(self, key: str) -> tuple[int | Unknown, ...] | None:
        """A list of numbers, or a single one as a list; None where the source says nothing."""
        value = self.config.get(key)
        if value is None:
            return None
        return tuple(map(whole, value)) if isinstance(value, list) else (whole(value),)

    def number(self, key: str, default: float) -> int | float | Unknown:
        value = self.config.get(key)
        return default if value is None else real(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.config.get(key)
        return value if isinstance(value, bool) else default if value is None else bool(value)

    def text(self, key: str, default: str) -> str:
        value = self.config.get(key)
        return value if isinstance(value, str) else default

    @property
    def channels_last(self) -> bool:
        """Where images have their channels. Every version of Keras writes it down; its default is `channels_last`."""
        return self.text("data_format", "channels_last") != "channels_first"


def whole(value: object) -> int | Unknown:
    """A whole number of a plausible size."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -_LARGEST < value < _LARGEST:
        return UNKNOWN
    return value


def real(value: object) -> int | float | Unknown:
    """A number; arrays, which Keras 3 wraps in an object (`{"class_name": "__numpy__", ...}`), are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNKNOWN
    return value if isinstance(value, float) else whole(value)
