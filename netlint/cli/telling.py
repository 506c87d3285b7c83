"""How the command line speaks beside its findings."""

from __future__ import annotations

import click

from netlint.output.told import printable


def tell(sentence: str) -> None:
    """One line on standard error."""
    click.echo(f"netlint: {printable(sentence)}", err=True)


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
