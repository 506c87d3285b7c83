"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from netlint.cli.completion import complete_rules


def names_option(flag: str, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002
    """An option that takes names of rules or families."""

    def split(_context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.strip() for entry in given for name in entry.split(",") if name.strip())
        if given and not names and option.name == "select":
            # An unset variable of a script must not mean all rules.
            raise click.BadParameter("it names no rule or family")
        return names

    return click.option(
        flag, metavar="RULE,...", multiple=True, callback=split, help=help, shell_complete=complete_rules
    )


def severities(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Rules and families with a severity each."""
    entries = [entry.strip() for each in given for entry in each.split(",") if entry.strip()]
    wrong = next((entry for entry in entries if "=" not in entry), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r} is no RULE=LEVEL, such as geometry=info")
    return {name.strip(): level.strip() for name, _, level in (entry.partition("=") for entry in entries)}


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What the user knows of a model that its file does not say."""
    labels = click.option(
        "--label-shape",
        metavar="N,C,H,W",
        default="",
        help="Shape of the labels as the data gives them to losses and accuracies; C,H,W keeps the file's batch.",
    )
    phase = click.option(
        "--phase",
        metavar="PHASE",
        default="",
        help="What the networks are for, train or test: of a file with both, only that phase is looked at.",
    )
    fork = click.option(
        "--caffe-fork",
        metavar="NAME",
        default="",
        help="The fork of Caffe that the files are for (SSD, NVIDIA, ...; BVLC: none) instead of what they look like.",
    )
    return click.option(
        "--input-shape",
        "input_shapes",
        metavar="[NAME=]N,C,H,W",
        multiple=True,
        help="Shape of an input, or of all data inputs without NAME; C,H,W keeps the file's batch. Repeatable.",
    )(labels(fork(phase(command))))


def config_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which configuration holds, as `Options.config` says it."""

    @wraps(command)
    def configured(*, config: Path | None, no_config: bool, **options: Any) -> Any:
        if config is not None and no_config:
            raise click.UsageError("give either --config or --no-config")
        return command(config=config if config is not None else not no_config, **options)

    named = click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="A configuration (.toml or .yaml) for all files, instead of the nearest one of each.",
    )
    return named(click.option("--no-config", is_flag=True, help="Use no configuration at all.")(configured))


def rule_packs_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--rule-pack", "rule_packs", type=click.Path(path_type=Path), multiple=True, help="A folder of own rules."
    )(command)
