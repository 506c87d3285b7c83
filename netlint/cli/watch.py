"""`--watch`: lint again when something changes that the last run read or looked for.

Only what changed is linted: the findings of everything else are known (`engine.findings_cache`).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

import click

from netlint import loaders
from netlint.engine.pack_folders import PackError
from netlint.engine.targets import folders
from netlint.loaders.reads import CONFIGURATIONS
from netlint.output.told import printable

if TYPE_CHECKING:
    from netlint.api import Report

#: Milliseconds: changes that come together count as one; how often a watcher looks whether it is to stop.
_TOGETHER: Final = 150
_LOOK: Final = 50
#: Clears a terminal and what can be scrolled back to.
_CLEAR: Final = "\033[2J\033[3J\033[H"


def watch(
    once: Callable[[], tuple[int, Report]], targets: Sequence[object], packs: Sequence[object], ours: Iterable[str]
) -> int:
    """Run `once` whenever something changes, until an interrupt from the keyboard, which it lets pass.

    `targets` are paths, `packs` folders of rules, `ours` files that `once` writes. Raises what the first run raises,
    and click.ClickException where the library that watches is missing.
    """
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise click.ClickException("--watch needs watchfiles: run `pip install 'nn-netlint[watch]'`") from None
    watched = _Watched(_real(targets), frozenset(_real(path for path in ours if path)), _real(packs))
    watcher = _Watcher(watched.folders())
    first = True
    while True:
        _clear()
        try:
            code, report = once()
            watched.note(report)
            state = f"watching {len(report.files)} file{'' if len(report.files) == 1 else 's'}, exit code {code}"
        except (click.ClickException, ValueError, PackError) as error:
            # A configuration or a rule that is being written is wrong for a while.
            if first:
                raise
            state = error.message if isinstance(error, click.ClickException) else str(error)
        first = False
        wanted = watched.folders()
        if not wanted <= watcher.folders:
            # What changed there while nobody watched is seen by looking again.
            watcher.stop()
            watcher = _Watcher(wanted)
            continue
        click.echo(f"netlint: {printable(state)}; Ctrl-C ends", err=True)
        while not any(map(watched.matters, watcher.changed())):
            pass
        _forget_rules(watched.packs)


class _Watcher:
    """Watches folders, without what lies below them, in a thread; from its making on no change is lost."""

    def __init__(self, folders: frozenset[str]) -> None:
        self.folders = folders
        self._changes: SimpleQueue[set[str] | OSError] = SimpleQueue()
        self._stop, ready = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, args=(ready,), daemon=True).start()
        ready.wait()

    def changed(self) -> set[str]:
        """Waits for the next changes: the paths. Raises click.ClickException where nothing can be watched."""
        found = self._changes.get()
        if isinstance(found, OSError):
            raise click.ClickException(f"--watch: {found.strerror or found}")
        return found

    def stop(self) -> None:
        self._stop.set()

    def _watch(self, ready: threading.Event) -> None:
        from watchfiles import watch

        try:
            for found in watch(
                *sorted(self.folders),
                watch_filter=None,
                debounce=_TOGETHER,
                rust_timeout=_LOOK,
                yield_on_timeout=True,
                stop_event=self._stop,
                recursive=False,
                ignore_permission_denied=True,
            ):
                ready.set()
                if found:
                    self._changes.put({path for _, path in found})
        except OSError as error:
            # Systems have a limit to how many folders can be watched.
            self._changes.put(error)
        finally:
            ready.set()


@dataclass(slots=True)
class _Watched:
    """What is watched. All paths are real ones."""

    targets: tuple[str, ...]
    ours: frozenset[str]
    #: Folders of rules.
    packs: tuple[str, ...]
    #: Everything that the last run read or looked for.
    files: frozenset[str] = frozenset()

    def note(self, report: Report) -> None:
        """What the last run was about."""
        self.files = frozenset(_real((*report.files, *(failure.path for failure in report.failures), *report.reads)))
        trees = _real(path for path in report.reads if path.endswith(os.sep))
        self.packs = tuple(dict.fromkeys((*self.packs, *trees)))

    def matters(self, path: str) -> bool:
        """Whether a change of this path may change what is found."""
        name = os.path.basename(path)
        if path in self.ours or name.startswith(".netlint-"):
            return False
        if path in self.files or name in CONFIGURATIONS:
            return True
        if any(_below(path, pack) for pack in self.packs):
            return not name.endswith(".pyc")
        return any(_below(path, target) for target in self.targets) and (
            os.path.isdir(path) or loaders.recognised(path)
        )

    def folders(self) -> frozenset[str]:
        """The folders in which something may change, each without what lies below it."""
        found = {os.path.dirname(path) for path in self.files}
        for target in (*self.targets, *self.packs):
            found.update(folder for folder, _ in folders(target, lambda _path, _reason: None))
        for folder in list(found):
            # A configuration may come or go in every folder above.
            while (above := os.path.dirname(folder)) not in found:
                found.add(above)
                folder = above
        return frozenset(filter(os.path.isdir, found))


def _real(paths: Iterable[object]) -> tuple[str, ...]:
    return tuple(os.path.realpath(str(path)) for path in paths)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _clear() -> None:
    if sys.stdout.isatty():
        click.echo(_CLEAR, nl=False)


def _forget_rules(packs: Sequence[str]) -> None:
    """Import the users' rules anew the next time: they may be what changed."""
    from netlint.engine.packs import load_rules

    load_rules.cache_clear()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and any(_below(os.path.realpath(file), pack) for pack in packs):
            del sys.modules[name]
