"""What a run's results depend on besides the files: netlint itself, the rules, the options, the folder it runs in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from netlint.engine.pack_folders import built_in_folder, plugins
from netlint.loaders.reads import digest, state
from netlint.version import __version__

#: Another number makes all results unknown: raise it when their form changes.
_FORM: Final = 1
#: Where installed libraries lie: a new one may let netlint read more.
_INSTALLED: Final = ("site-packages", "dist-packages")


def identity(options: Mapping[str, Any]) -> str:
    """A run with these options, in JSON's types. Two runs of one identity say the same of the same files."""
    own = [os.path.dirname(os.path.dirname(__file__)), os.fspath(built_in_folder())]
    packs = [*(os.fspath(folder) for _, folder in plugins()), *(str(pack) for pack in options["rule_packs"])]
    weights = options.get("weights_file")
    parts = [
        _FORM,
        __version__,
        sys.version,
        os.getcwd(),
        options,
        state("content", weights) if isinstance(weights, str) else "",
        [(path, os.stat(path).st_mtime_ns) for path in sys.path if path.endswith(_INSTALLED) and os.path.isdir(path)],
        [state("tree", folder) for folder in [*filter(_changes, own), *packs]],
    ]
    return digest(json.dumps(parts).encode())


def _changes(folder: str) -> bool:
    """Whether a folder of netlint's is somebody's working copy. What is installed changes with the folder around it."""
    return not any(f"{os.sep}{name}{os.sep}" in folder for name in _INSTALLED)
