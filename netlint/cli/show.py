"""`netlint show`: a network as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netlint.cli.options import config_options, model_options
from netlint.output.told import printable


@click.command(short_help="Print each network as a table.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@model_options
@config_options
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def show(paths: tuple[str, ...], output_format: str, **options: Any) -> int:
    """Print each network as a table: nodes, output shapes, parameter counts."""
    from netlint import api
    from netlint.engine.config_file import ConfigError
    from netlint.output import table

    shown = []
    code = 0
    for path in paths:
        try:
            models = api.load(Path(path), **options)
        except OSError as error:
            click.echo(f"netlint: {printable(path)}: {error.strerror or error}", err=True)
            code = 2
            continue
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        for problem in (problem for model in models[:1] for problem in model.problems):
            if problem.rule in ("syntax", "unreadable-model", "lfs-pointer"):
                click.echo(f"netlint: {printable(path)}: {printable(problem.message)}", err=True)
                code = 2
        shown += [(model, api.shapes(model)) for model in models if model.nodes]
    if output_format == "json":
        click.echo(table.render_json(shown))
    elif shown:
        click.echo(table.render(shown))
    return code
