"""A solver type that refuses a momentum, or two types."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, remove_at


@rule(severity="error", fixes=("unsafe",), stated=True, dialects=("caffe",))
def solver_momentum(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_without, "unsafe")


def _without(problem: Problem) -> Edits:
    return remove_at(problem.place) if problem.remedy.startswith(("remove", "keep `type`")) else ()
