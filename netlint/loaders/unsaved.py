"""Contents of files that count instead of what is on disk: the texts of an editor, or those of a fix that is tried."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

#: By real path.
_contents: ContextVar[Mapping[str, bytes] | None] = ContextVar("contents", default=None)


@contextmanager
def unsaved(contents: Mapping[str, bytes]) -> Iterator[None]:
    """While this lasts, files have these contents; the keys are paths."""
    token = _contents.set({os.path.realpath(path): content for path, content in contents.items()})
    try:
        yield
    finally:
        _contents.reset(token)


def held(path: str, content: bytes | None) -> bytes | None:
    """The content of a file that is not on disk: what is unsaved of it, else `content`."""
    contents = _contents.get()
    return contents.get(os.path.realpath(path), content) if contents else content
