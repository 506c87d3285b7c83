"""Which files of one run define the same network: for training and for deployment."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

_DEPLOYED: Final = "deploy"
_TRAINED: Final = ("train_val", "trainval", "train_test", "train")


def training_twin(path: str, paths: Collection[str]) -> str:
    """The training definition of a deployed network: the file of this run that stands in the same folder under the same
    name, `deploy` replaced by `train_val` or the like. Empty when there is none, or more than one."""
    folder, name = os.path.split(path)
    if _DEPLOYED not in name:
        return ""
    candidates = (os.path.join(folder, name.replace(_DEPLOYED, word)) for word in _TRAINED)
    found = [candidate for candidate in candidates if candidate in paths]
    return found[0] if len(found) == 1 else ""
