"""`netlint config`: what holds for a file."""

from __future__ import annotations

from pathlib import Path

import click

from netlint.cli.options import config_options


@click.command(short_help="Print what holds for a file.")
@click.argument("file", metavar="FILE")
@config_options
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def config(file: str, config: Path | bool, output_format: str) -> int:
    """Print the settings that hold for a file, and where each comes from."""
    from netlint import api
    from netlint.engine.effective import effective
    from netlint.loaders import File
    from netlint.output import settings

    try:
        found = list(effective(File(file), api.Options(config=config).configuration()))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        click.echo(f"netlint: {file}: {error.strerror or error}", err=True)
        return 2
    click.echo((settings.render_json if output_format == "json" else settings.render)(file, found))
    return 0
