"""`netlint rules`, `netlint explain`, `netlint test-rules`: what there is to know of rules."""

from __future__ import annotations

from pathlib import Path

import click

from netlint.cli.completion import complete_rules
from netlint.cli.options import rule_packs_option
from netlint.cli.telling import counted
from netlint.output.told import printable


@click.command(short_help="Print the page of a rule.")
@click.argument("rule", shell_complete=complete_rules)
@rule_packs_option
def explain(rule: str, rule_packs: tuple[Path, ...]) -> int:
    """Print the page of a rule: what it does, why it matters, bad and good examples."""
    from netlint.engine.packs import PackError, load_rules, page_of
    from netlint.engine.select import UnknownRule, refuse_unknown, select

    try:
        known = load_rules(rule_packs)
        refuse_unknown(known, (rule,))
        pages = [page_of(entry) for entry in select(known, only=(rule,))]
    except PackError as error:
        raise click.ClickException(str(error)) from None
    except UnknownRule as error:
        raise click.UsageError(str(error)) from None
    click.echo("\n".join(pages), nl=False)
    return 0


@click.command()
@rule_packs_option
@click.option("--output-format", type=click.Choice(("full", "json", "markdown")), default="full", show_default=True)
def rules(rule_packs: tuple[Path, ...], output_format: str) -> int:
    """List all rules."""
    from netlint.engine.packs import PackError, load_rules
    from netlint.output import catalogue

    render = {
        "full": catalogue.render,
        "json": catalogue.render_json,
        "markdown": catalogue.render_markdown,
    }[output_format]
    try:
        click.echo(render(load_rules(rule_packs)))
    except PackError as error:
        raise click.ClickException(str(error)) from None
    return 0


@click.command(short_help="Try the rules of rule packs on their samples.")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(path_type=Path))
def test_rules(folders: tuple[Path, ...]) -> int:
    """Try the rules of rule packs on their own samples and pages.

    Exit codes: 0 all as they say, 1 some are not, 2 when a rule pack cannot be used.
    """
    from netlint.engine.packs import PackError
    from netlint.testing import check_pack

    code = 0
    for folder in folders:
        try:
            tried = check_pack(folder)
        except PackError as error:
            raise click.ClickException(str(error)) from None
        if not tried.rules:
            raise click.ClickException(f"{folder}: no rules in it")
        for problem in tried.problems:
            click.echo(printable(problem))
        wrong = f"{len(tried.problems)} wrong" if tried.problems else "all as they say"
        click.echo(f"{folder}: {counted(tried.rules, 'rule')}, {counted(tried.samples, 'sample')}, {wrong}")
        code = code or int(bool(tried.problems))
    return code
