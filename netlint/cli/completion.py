"""Completion in bash, zsh and fish: click's machinery, and the names that netlint knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS: Final = ("bash", "zsh", "fish")
_VARIABLE: Final = "_NETLINT_COMPLETE"


def script(command: click.Command, shell: str) -> str:
    """The script that a shell reads once."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(command, {}, "netlint", _VARIABLE)
    # Not `source()`: of bash that asks for its version, and the bash that runs it is another one.
    text = complete.source_template % complete.source_vars()
    # A value may hold commas itself: fish has to split at the first one.
    return text.replace('string split "," $completion', 'string split --max 1 "," $completion')


def complete_rules(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Rules and families, also behind a comma."""
    from click.shell_completion import CompletionItem

    from netlint.engine.pack_folders import PackError
    from netlint.engine.packs import load_rules

    done, comma, begun = incomplete.rpartition(",")
    try:
        rules = load_rules()
    except PackError:
        return []
    names = {rule.name: rule.summary for rule in rules}
    families = dict.fromkeys(rule.family for rule in rules)
    names = {**names, **dict.fromkeys(families, "a family of rules")}
    given = set(done.split(","))
    return [
        CompletionItem(f"{done}{comma}{name}", help=summary)
        for name, summary in sorted(names.items())
        if name.startswith(begun) and name not in given
    ]


def complete_paths(_context: click.Context, _parameter: object, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell completes itself."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]
