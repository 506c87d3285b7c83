"""`netlint lsp`: the language server."""

from __future__ import annotations

import os
from pathlib import Path

import click

from netlint.cli.options import config_options, rule_packs_option


def _address(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    host, colon, port = given.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{given!r} is no HOST:PORT, such as 127.0.0.1:2087")
    return host.removeprefix("[").removesuffix("]"), int(port)


@click.command()
@click.option("--stdio", is_flag=True, help="Speak over standard input and output (the default).")
@click.option("--tcp", metavar="HOST:PORT", callback=_address, help="Wait there for one editor instead.")
@config_options
@rule_packs_option
def lsp(stdio: bool, tcp: tuple[str, int] | None, config: Path | bool, rule_packs: tuple[Path, ...]) -> int:
    """Serve an editor: the Language Server Protocol."""
    if stdio and tcp is not None:
        raise click.UsageError("give either --stdio or --tcp")
    from netlint.lsp.jobs import Setup
    from netlint.lsp.process import Worker

    named = config if isinstance(config, bool) else os.path.abspath(config)
    setup, worker = Setup(named, tuple(Path(os.path.abspath(pack)) for pack in rule_packs)), Worker()
    # Both take their time to import what they need.
    worker.start()
    try:
        from netlint.lsp.server import serve

        serve(setup, worker, tcp)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException("the language server needs pygls: pip install 'nn-netlint[lsp]'") from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror or error}") from None
    finally:
        worker.close()
    return 0
