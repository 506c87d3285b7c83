"""The file that a solver means by `net: "..."`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from netlint.loaders.caffe.solver import TRAIN_SOURCES, NetUse
from netlint.loaders.reads import exists, is_file, note
from netlint.loaders.text_format import Field, Message
from netlint.model import Problem, Source, Span

#: How far up the repository's root is looked for.
_LEVELS: Final = 6
_RULE: Final = "solver-net-missing"


def resolve(name: str, solver: str) -> str:
    """Where the file `name` lies; empty when it is nowhere.

    It is looked for in the working folder, in the solver's, and in each folder above that one up to the repository's
    root (which holds `.git`), at most six levels up.
    """
    for folder in _folders(solver) if not os.path.isabs(name) else ("",):
        path = os.path.normpath(os.path.join(folder, name))
        try:
            if is_file(path):
                return path
        except ValueError:
            # A name with a zero byte in it.
            break
    return ""


def _folders(solver: str) -> Iterator[str]:
    yield ""
    folder = os.path.dirname(solver)
    if folder:
        yield folder
    above = os.path.abspath(folder)
    for level in range(1, _LEVELS + 1):
        if exists(os.path.join(above, ".git")):
            return
        parent = os.path.dirname(above)
        if parent == above:
            return
        above = parent
        yield os.path.join(folder, *[os.pardir] * level)


def missing(source: Source, use: NetUse, *, on_disk: bool) -> Iterator[Problem]:
    """That the named file is not there. A solver that itself is no file on disk says nothing of its neighbours."""
    name = str(use.field.value)
    if not on_disk:
        return
    span = Span(source, use.field.start, use.field.end)
    what = f"`{use.field.name}` names `{name[:200]}`"
    if _is_template(name):
        yield Problem(
            _RULE,
            f"{what}, which is still to be filled in: the solver was linted without it",
            span,
            remedy="write the path of the net",
            severity="info",
        )
        return
    if os.path.isabs(name):
        yield Problem(
            _RULE,
            f"{what}, an absolute path at which this machine has no file: the solver was linted without it",
            span,
            remedy="give a path relative to the folder in which Caffe is started",
            severity="info",
        )
        return
    close = _neighbours(name, source.path)
    # A name with a folder may well be there where Caffe is started; a bare one belongs beside the solver.
    elsewhere = not close and bool(os.path.dirname(name))
    yield Problem(
        _RULE,
        f"{what}, which is neither in the working folder nor in the solver's, nor below any folder above it: the "
        "solver was linted without it",
        span,
        remedy=f"did you mean `{close[0]}`?" if close else "correct the path, or lint from the folder where Caffe runs",
        severity="info" if elsewhere else "warning",
        meant=f'"{close[0]}"' if close and not os.path.dirname(name) else "",
    )


def _is_template(name: str) -> bool:
    return not name or any(mark in name for mark in ("$", "{", "<", "@")) or (name.isupper() and "." not in name)


def _neighbours(name: str, solver: str) -> list[str]:
    """Files beside the solver that the name may have meant by a slip."""
    folder = os.path.dirname(solver) or "."
    note("names", folder)
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for _, entry in zip(range(2000), entries, strict=False) if ".prototxt" in entry.name]
    except OSError:
        return []
    own, base = Path(solver).name, os.path.basename(name)
    return get_close_matches(base, [entry for entry in names if entry not in (own, base)], n=1, cutoff=0.9)


def no_net(source: Source, use: NetUse, path: str, reason: str) -> Problem:
    """That the named file is there and yet no net."""
    span = Span(source, use.field.start, use.field.end)
    return Problem(_RULE, f"`{use.field.name}` names `{path}`, {reason}", span, remedy="name the net's own file")


def train_source(source: Source, solver: Message) -> Iterator[Problem]:
    """Exactly one net to train (Solver::InitTrainNet: two CHECKs on the number of its sources)."""
    given = [item for name in TRAIN_SOURCES for item in solver.by_name.get(name, ())]
    if len(given) > 1:
        given.sort(key=lambda item: item.start)
        yield Problem(
            _RULE,
            f"the solver has two nets to train, `{given[0].name}` and `{given[1].name}`: Caffe stops, because it takes "
            "exactly one",
            _name(source, given[1]),
            related=((_name(source, given[0]), "the other one"),),
            remedy="keep one of them",
        )
    elif not given and (first := min(solver.fields, key=lambda item: item.start, default=None)) is not None:
        yield Problem(
            _RULE,
            "the solver has no net to train: Caffe stops, because it wants exactly one of `net`, `train_net`, "
            "`net_param` and `train_net_param`",
            _name(source, first),
            remedy='add `net: "train_val.prototxt"`',
        )


def _name(source: Source, item: Field) -> Span:
    return Span(source, item.name_start, item.name_start + len(item.name))
