"""What is around an export: silence, a module that stays as it is, transformers that do not look into their masks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any


@contextmanager
def quiet() -> Iterator[None]:
    """torch logs what it raises; the report says it."""
    import warnings

    names = [name for name in logging.Logger.manager.loggerDict if name.startswith("torch.")]
    loggers = [logging.getLogger(name) for name in ("torch", "torch._subclasses.fake_tensor", *names)]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        # It prints the graph of what it cannot export, too.
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


@contextmanager
def unchanged(module: Any) -> Iterator[None]:
    """What `forward` assigns to attributes, or puts into lists and dictionaries, is taken back: it would be tensors
    without data."""
    attributes = [vars(inner) for inner in module.modules()]
    tables = [*attributes, *(one for own in attributes for one in own.values() if type(one) is dict)]
    lists = [one for own in attributes for one in own.values() if type(one) is list]
    before = [(one, dict(one)) for one in tables], [(one, list(one)) for one in lists]
    try:
        yield
    finally:
        for table, entries in before[0]:
            if [*map(id, table.values())] != [*map(id, entries.values())] or table.keys() != entries.keys():
                table.clear()
                table.update(entries)
        for items, kept in before[1]:
            items[:] = kept


@contextmanager
def masks_as_given() -> Iterator[None]:
    """Transformers look into the masks that they are given, to see whether they could do without: that makes no other
    result, and cannot be followed."""
    from torch.nn.modules import transformer

    detect = transformer._detect_is_causal_mask  # noqa: SLF001 - nothing public says so
    transformer._detect_is_causal_mask = lambda _mask, is_causal=None, _size=None: is_causal is True  # noqa: SLF001
    try:
        yield
    finally:
        transformer._detect_is_causal_mask = detect  # noqa: SLF001
