"""What the command line offers for runs over many files: processes, what is kept between runs, a line of progress."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from netlint.output.told import printable

#: How often the line of progress is written, in seconds.
_PAUSE: Final = 0.1


class LongRun(NamedTuple):
    """How a run is worked off."""

    #: None for as many processes as pay.
    jobs: int | None = None
    cache: bool = True
    watch: bool = False
    show_files: bool = False


class _Jobs(click.ParamType[int | None]):
    """A number of processes, or `auto`."""

    name = "jobs"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value in (None, "auto"):
            return None
        count = int(value) if str(value).isdecimal() else 0
        if not 1 <= count <= 512:
            self.fail(f"{value!r} is neither a number from 1 to 512 nor `auto`", param, ctx)
        return count


def long_run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options, given to the command as one `running`."""

    @wraps(command)
    def running(*, jobs: int | None, no_cache: bool, watch: bool, show_files: bool, **options: Any) -> Any:
        if watch and (options["adoption"].reason is not None or "-" in options["paths"]):
            raise click.UsageError("--watch reads files again and again: no standard input, and no --add-suppressions")
        return command(running=LongRun(jobs, not no_cache, watch, show_files), **options)

    jobs = click.option(
        "-j",
        "--jobs",
        type=_Jobs(),
        metavar="N",
        help="How many processes lint at the same time; auto: as many as pay.  [default: auto]",
    )
    cache = click.option("--no-cache", is_flag=True, help="Lint every file, also those whose findings are known.")
    watch = click.option("--watch", is_flag=True, help="Lint again whenever a file changes, until interrupted.")
    show = click.option("--show-files", is_flag=True, help="Print the files that would be linted, and lint none.")
    return jobs(cache(watch(show(running))))


@contextmanager
def progress() -> Iterator[Callable[[int, int, str], None] | None]:
    """Shows on the last line of a terminal how far a run is; None where standard error is none. The line is erased in
    the end.

    A line of our own and no library's bar: it costs nothing to import and does what a bar does.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    start = shown = time.monotonic()

    def tell(done: int, total: int, path: str) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= _PAUSE and total > 1:
            shown = now
            click.echo(f"\r\033[K{_line(done, total, now - start, path)}", err=True, nl=False)

    try:
        yield tell
    finally:
        if shown > start:
            click.echo("\r\033[K", err=True, nl=False)


def _line(done: int, total: int, seconds: float, path: str) -> str:
    """`120 of 2000 files, 0:14 left: nets/a.prototxt`, as wide as the terminal at most."""
    left = f", {_clock(seconds / done * (total - done))} left" if done and seconds > 1 else ""
    text = f"{done} of {total} files{left}: "
    room = shutil.get_terminal_size().columns - len(text) - 1
    name = printable(path)
    return text + (name if len(name) <= room else f"...{name[max(len(name) - room + 3, 0) :]}" if room > 3 else "")


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
