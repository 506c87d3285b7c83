"""The command line's two ends: the model on standard input, and output to standard output and files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from netlint.engine.replace_file import replace_file
from netlint.output import formats
from netlint.output.destinations import Destination, distribute
from netlint.output.outcome import Outcome

#: Sentences are not broken into shorter lines than this, however narrow the terminal is.
_NARROWEST: Final = 40
#: Standard input has no size that could be asked for before it is read.
_MAX_INPUT_BYTES: Final = 256 * 1024 * 1024
#: The formats that have a form for counts.
_COUNTED: Final = (*formats.TEXTS, "json")


class Outputs(NamedTuple):
    """Where a run's findings go, and whether standard output takes their numbers instead."""

    destinations: list[Destination]
    statistics: bool = False

    @property
    def asked_for(self) -> bool:
        """Findings must go somewhere: into a file, or as numbers to standard output."""
        return self.statistics or any(path != "-" for _, path in self.destinations)

    def write(self, outcome: Outcome, *, aside: bool = False) -> list[tuple[str, str]]:
        """Write to every destination; (path, reason) of those that could not be written. What goes to standard output
        goes `aside` to standard error where the fixed model takes its place."""
        failed = []
        for name, path in self.destinations:
            missing = "" if path == "-" and self.statistics else formats.left_out(name, outcome)
            if missing:
                click.echo(f"netlint: {missing}", err=True)
            if path == "-":
                self._print(name, outcome, aside=aside)
                continue
            try:
                replace_file(path, _lines(formats.renderer(name)(outcome)).encode("utf-8", "backslashreplace"))
            except OSError as error:
                failed.append((path, f"cannot be written: {error.strerror or error}"))
        return failed

    def _print(self, name: str, outcome: Outcome, *, aside: bool) -> None:
        text = self._counts(name, outcome) if self.statistics else _rendered(name, outcome)
        if name in formats.TEXTS:
            click.echo(_lines(text), color=True, nl=False, err=aside)
        else:
            # What machines read is UTF-8 everywhere; in JSON a lone surrogate's escape is the standard's own.
            click.echo(_lines(text).encode("utf-8", "backslashreplace"), nl=False, err=aside)

    @staticmethod
    def _counts(name: str, outcome: Outcome) -> str:
        from netlint.output import statistics, text

        if name == "json":
            return statistics.render_json(outcome.findings)
        lines = [statistics.render(outcome.findings)] if outcome.findings else []
        lines += text.closing(outcome, colour=_colour())
        return "\n".join(lines)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--output-format`, `--output` and `--statistics`, which the command takes as `outputs`."""

    @wraps(command)
    def told(*, output_format: str | None, output: tuple[str, ...], statistics: bool, **options: Any) -> Any:
        try:
            destinations = distribute(output_format, output)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        printed = destinations[-1].format
        if statistics and printed not in _COUNTED:
            raise click.UsageError(f"--statistics can be printed as {', '.join(_COUNTED)}, not as {printed}")
        return command(outputs=Outputs(destinations, statistics), **options)

    chosen = click.option(
        "--output-format",
        type=click.Choice(formats.NAMES),
        metavar="FORMAT",
        help=f"What standard output takes: {', '.join(formats.NAMES)}.  [default: full]",
    )
    written = click.option(
        "--output",
        metavar="FORMAT:PATH",
        multiple=True,
        help="Write that format to a file too, or with `-` to standard output. Repeatable.",
    )
    counted = click.option("--statistics", is_flag=True, help="Print how often each rule fires, not the findings.")
    return chosen(written(counted(told)))


def standard_input() -> bytes:
    """All of standard input. Raises ValueError where it is closed or too large."""
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    content = sys.stdin.buffer.read(_MAX_INPUT_BYTES + 1)
    if len(content) > _MAX_INPUT_BYTES:
        raise ValueError(f"standard input has more than {_MAX_INPUT_BYTES >> 20} MiB: give the file's path")
    return content


def _rendered(name: str, outcome: Outcome) -> str:
    if name == "full":
        from netlint.output import text

        return text.full(outcome, colour=_colour(), width=_width())
    return formats.renderer(name)(outcome)


def _lines(text: str) -> str:
    return f"{text}\n" if text else ""


def _colour() -> bool:
    """Colours on a terminal only; NO_COLOR (no-color.org) and FORCE_COLOR are obeyed."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (_on_terminal() and os.environ.get("TERM") != "dumb")


def _width() -> int | None:
    """The columns of a terminal; None where the output is no terminal, so that its lines never depend on one."""
    if not _on_terminal():
        return None
    return max(shutil.get_terminal_size().columns, _NARROWEST)


def _on_terminal() -> bool:
    """Python has no standard output where the shell closed it (`>&-`)."""
    return sys.stdout is not None and sys.stdout.isatty()
