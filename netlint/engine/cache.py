"""Where netlint keeps what it can always compute again."""

import os
import sys

from netlint.engine.replace_file import replace_file


def folder() -> str:
    """`NETLINT_CACHE_DIR`, else the folder that the system has for a user's caches (XDG Base Directory Specification;
    `~/Library/Caches`; `%LOCALAPPDATA%`). It need not exist."""
    given = os.environ.get("NETLINT_CACHE_DIR")
    if given:
        return given
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(base, "netlint")


def write(path: str, content: bytes) -> None:
    """Write a file of the cache whole or not at all; where nothing can be written, nothing is kept."""
    try:
        replace_file(path, content)
    except FileNotFoundError:
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            replace_file(path, content)
        except OSError:
            return
    except OSError:
        return


def remove(path: str) -> bool:
    """Remove a file of the cache, if it is still there and may be removed; whether it was."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
