"""Git LFS pointers: the small text that stands in a checkout for a large file which was not downloaded.

git-lfs, `docs/spec.md`: lines of `key value`, `version` first, UTF-8, fewer than 1024 bytes; `size` is that of the real
file in bytes. `git-lfs-pull(1)`: the patterns of `--include` are relative to the repository's root.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final

from netlint.loaders.file import File
from netlint.loaders.reads import exists, note

if TYPE_CHECKING:
    from netlint.model import Problem

RULE: Final = "lfs-pointer"

#: Every pointer begins so; the older address was given up in 2014 and is still read by git-lfs.
_BEGINS: Final = (b"version https://git-lfs.github.com/spec/v1", b"version https://hawser.github.com/spec/v1")
#: A file of this size or more is none.
MAX_BYTES: Final = 1024
_SIZE: Final = re.compile(rb"^size ([0-9]{1,19})\r?$", re.MULTILINE)
#: What gitignore patterns, commas between them, and shells read as more than a letter.
_MEANT: Final = re.compile(r"([*?\[\]\\])")
_PLAIN: Final = re.compile(r"[\w@%+=:./-]+", re.ASCII)


def is_pointer(head: bytes) -> bool:
    """Whether a file that begins so is a pointer."""
    return head.startswith(_BEGINS)


def problem(file: File) -> Problem | None:
    """What is to be said of a pointer; None for every other file. Raises OSError."""
    if not is_pointer(file.head):
        return None
    from netlint.model import Problem

    path = file.path if file.content is None else ""
    return Problem(RULE, f"the file is a {sentence(file.head)}: it was not linted", None, remedy=remedy(path))


def sentence(head: bytes) -> str:
    """What a pointer is, and how much is missing."""
    size = _SIZE.search(head[:MAX_BYTES])
    missing = f"{_amount(int(size[1]))} are not downloaded" if size else "the content is not downloaded"
    return f"Git LFS pointer, {missing}"


def remedy(path: str) -> str:
    """How to get the real file; without a path, or outside of a repository, there is no command for it."""
    if not path:
        return "run `git lfs pull` in the repository that the file is from"
    target = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    root = _root(os.path.dirname(target))
    if not root:
        return "download the real file: it lies in no Git repository, where `git lfs pull` would fetch it"
    inside = os.path.relpath(target, root).replace(os.sep, "/")
    # A comma would end the pattern.
    pattern = _MEANT.sub(r"\\\1", inside).replace(",", "?")
    return f"run `git lfs pull --include={_quoted(pattern)}`"


def pointer_beside(path: str) -> bytes:
    """The pointer that stands for a data file; empty where it is none. The caller has made sure that the path may be
    looked at; links are not followed."""
    note("content", path)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return b""
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size >= MAX_BYTES:
            return b""
        head = stream.read(MAX_BYTES)
    return head if is_pointer(head) else b""


def _root(folder: str) -> str:
    """The folder of the repository, which holds `.git`; empty outside of one."""
    while not exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder


def _amount(size: int) -> str:
    """Bytes as git-lfs counts them: in steps of a thousand."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


def _quoted(pattern: str) -> str:
    if _PLAIN.fullmatch(pattern):
        return pattern
    return "'" + pattern.replace("'", "'\\''") + "'"
