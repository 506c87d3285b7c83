"""`netlint completion`, `netlint clean`: netlint and the machine it is on."""

from __future__ import annotations

import click

from netlint.cli.completion import SHELLS, script
from netlint.output.told import printable


@click.command(short_help="Print the script that completes netlint in a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the script that completes netlint's commands, options and rules in a shell."""
    click.echo(script(click.get_current_context().find_root().command, shell))
    return 0


@click.command(short_help="Remove what netlint keeps between runs.")
def clean() -> int:
    """Remove what netlint keeps between runs: the findings of earlier runs and the index of rules."""
    from netlint.engine.clean import clean as remove

    folder, count = remove()
    click.echo(f"removed {count} file{'' if count == 1 else 's'} from {printable(folder)}")
    return 0
