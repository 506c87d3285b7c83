"""Removing what netlint keeps between runs, and nothing else that lies beside it."""

from __future__ import annotations

import os
from contextlib import suppress

from netlint.engine import cache
from netlint.engine.findings_cache import FOLDER


def clean() -> tuple[str, int]:
    """The folder of the cache, and how many files were removed from it. What cannot be removed stays."""
    folder = cache.folder()
    count = 0
    for root, folders, names in os.walk(os.path.join(folder, FOLDER), topdown=False):
        count += sum(cache.remove(os.path.join(root, name)) for name in names)
        for name in folders:
            _without_folder(os.path.join(root, name))
    _without_folder(os.path.join(folder, FOLDER))
    with suppress(OSError), os.scandir(folder) as entries:
        indexes = [entry.path for entry in entries if entry.name.startswith("rules-") and entry.name.endswith(".json")]
        count += sum(map(cache.remove, indexes))
    _without_folder(folder)
    return folder, count


def _without_folder(path: str) -> None:
    with suppress(OSError):
        os.rmdir(path)
