"""Where rule packs lie: netlint's own, and those of installed plugins."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Final

#: The entry point group of plugins, and the package under which netlint's own rules are imported.
PACKAGE: Final = "netlint.rules"


class PackError(Exception):
    """A rule pack that cannot be used: says which file and why."""


def built_in_folder() -> Path:
    """netlint's own rules: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


@cache
def plugins() -> tuple[tuple[str, Path], ...]:
    """(name, folder) of every installed pack. The machinery for entry points costs more to import than a small network
    takes to lint, so it is only asked when some distribution mentions the group."""
    if not any(map(_mentions_packs, sys.path)):
        return ()
    from importlib.metadata import entry_points

    return tuple((point.name, Path(point.load().__path__[0])) for point in entry_points(group=PACKAGE))


def _mentions_packs(folder: str) -> bool:
    """Whether a distribution in this folder of the import path declares rule packs."""
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for name in names:
        try:
            with open(os.path.join(name, "entry_points.txt"), encoding="utf-8", errors="replace") as declared:
                if f"[{PACKAGE}]" in declared.read():
                    return True
        except OSError:
            continue
    return False
