"""The command line: thin, it only calls the API and prints. A command is imported when it is asked for."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

import click

from netlint.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Each command and the module that holds it.
_COMMANDS: Final = {
    "check": "check",
    "show": "show",
    "explain": "rules",
    "rules": "rules",
    "test-rules": "rules",
    "config": "config",
    "lsp": "lsp",
    "completion": "upkeep",
    "clean": "upkeep",
}


class _Commands(click.Group):
    """The commands by their names; `netlint PATH` is `netlint check PATH`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        return cast(click.Command, getattr(import_module(f"netlint.cli.{module}"), cmd_name.replace("-", "_")))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in _COMMANDS and args[0] not in ("--help", "-h", "--version"):
            _refuse_misspelt(args[0])
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may follow `netlint`: a command or what may follow `netlint check`, an option or else a path."""
        from netlint.cli.check import check
        from netlint.cli.completion import complete_paths

        with check.make_context("check", [], parent=ctx, resilient_parsing=True) as inner:
            found = [*super().shell_complete(ctx, incomplete), *check.shell_complete(inner, incomplete)]
        # Shells complete paths themselves, and then nothing else.
        return list({item.value: item for item in found}.values()) or complete_paths(ctx, self, incomplete)


def _refuse_misspelt(word: str) -> None:
    """Raises click.UsageError for a word that is no path and nearly a command."""
    if word.isidentifier() and not os.path.exists(word):
        from difflib import get_close_matches

        close = get_close_matches(word, _COMMANDS, n=1, cutoff=0.75)
        if close:
            raise click.UsageError(f"there is no command or file `{word}`: did you mean `{close[0]}`?")


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`netlint PATH...` is short for `netlint check PATH...`.",
)
@click.version_option(__version__, message="netlint %(version)s (neural-network linter)")
def netlint() -> None:
    """Lint neural-network definitions before training starts.

    Exit codes: 0 clean, 1 findings at or above the fail level, 2 when something could not be linted; 130 interrupted,
    141 when the reader of the output left.
    """


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal's encoding lacks, and names that are no text at all, are shown as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = netlint.main(arguments, prog_name="netlint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("netlint: interrupted", err=True)
        return 130
    except (BrokenPipeError, SystemExit) as left:
        # Where the reader of our output left, click exits with 1, which would say that there are findings. Its
        # completion of shells exits with 0.
        if isinstance(left, SystemExit) and left.code != 1:
            raise
        return output_lost(BrokenPipeError())
    except OSError as error:
        # Files are told by name where they are read and written; what is left is standard output, on a full disk.
        if error.filename is not None:
            raise
        return output_lost(error)
    return result if isinstance(result, int) else 0


def output_lost(error: OSError) -> int:
    """The exit code where standard output cannot be written."""
    # What is still buffered goes nowhere: the interpreter would complain when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        # Be quiet about it, as other command-line tools are.
        return 141
    click.echo(f"netlint: standard output cannot be written: {error.strerror or error}", err=True)
    return 2
