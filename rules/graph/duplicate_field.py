"""A field that holds one value is given several times."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, remove_repeated


@rule(severity="error", fixes=("safe",), stated=True)
def duplicate_field(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_same_again)


def _same_again(problem: Problem) -> Edits:
    """Where the values are the same, it does not matter which one goes."""
    return remove_repeated(problem.place)
