"""Keeping the places where PyTorch modules are constructed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from netlint.loaders.recording import note


@contextmanager
def record() -> Iterator[None]:
    """While this lasts, each `nn.Module` that is made keeps the place of the call that makes it.

    `netlint.lint(module)` then reports there what stands in no class of the user's. Raises ImportError without torch.
    """
    from torch import nn

    initialise = nn.Module.__init__

    @wraps(initialise)
    def noted(module: Any, *args: Any, **kwargs: Any) -> None:
        initialise(module, *args, **kwargs)
        note(module, sys._getframe(1), ("torch",))  # noqa: SLF001 - the frame of the caller is what it is for

    # Python cannot take a `__new__` back from a class that had none.
    nn.Module.__init__ = noted
    try:
        yield
    finally:
        nn.Module.__init__ = initialise
