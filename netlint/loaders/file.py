"""A file as loaders see it: a name, the first bytes, and the rest on demand."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from netlint.loaders.reads import note
from netlint.loaders.unsaved import held

if TYPE_CHECKING:
    from netlint.loaders.options import LoadOptions
    from netlint.model import Model, Span

HEAD_BYTES: Final = 4096

#: Definitions are text of kilobytes; the largest public one has 2 MB.
MAX_TEXT_BYTES: Final = 64 * 1024 * 1024


class NotAFile(OSError):
    """The path names something that cannot be read as a file: a pipe, a device, a socket."""


class NotText(Exception):
    """The content is no text that a definition could be; the message says why."""


@dataclass(eq=False)
class File:
    """One input. `path` is how the user named it; `content` is given when the text never was on disk."""

    path: str
    content: bytes | None = None
    #: Of a model in memory: where its parts were made, by their names, outermost first. None for every other file.
    constructed: Mapping[tuple[str, ...], Span] | None = None
    #: Met in a folder rather than named: what is sound but no model is nobody's mistake.
    found: bool = False
    #: Of a model in memory that is no text at all: what builds its models. It may raise OSError, as reading does.
    models: Callable[[LoadOptions], list[Model]] | None = None

    def __post_init__(self) -> None:
        if self.content is None:
            note("content", self.path)

    @cached_property
    def size(self) -> int:
        """Bytes. Raises OSError when the file cannot be reached or is not a regular file."""
        kept = held(self.path, self.content)
        if kept is not None:
            return len(kept)
        status = os.stat(self.path)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile("not a regular file")
        return status.st_size

    @cached_property
    def head(self) -> bytes:
        """The first bytes, enough to recognise a format. Raises OSError."""
        return self._read(HEAD_BYTES) if self.size else b""

    def read(self) -> bytes:
        """The whole content; callers check `size` first. Raises OSError."""
        return self._read(self.size)

    def text(self) -> str:
        """The whole content as UTF-8 text, without a byte order mark. Raises NotText and OSError."""
        if self.size > MAX_TEXT_BYTES:
            raise NotText(f"the text has {self.size >> 20} MiB: netlint reads up to {MAX_TEXT_BYTES >> 20}")
        try:
            return self.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotText(f"byte {error.start:,} is no UTF-8 text") from None

    def _read(self, count: int) -> bytes:
        kept = held(self.path, self.content)
        if kept is not None:
            return kept[:count]
        with open(self.path, "rb") as stream:
            return stream.read(count)


def shown(path: str) -> str:
    """A path as people name it: inside the working folder it is relative."""
    here = os.getcwd()
    return os.path.relpath(path, here) if os.path.abspath(path).startswith(here + os.sep) else path
