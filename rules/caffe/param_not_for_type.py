"""A block of parameters that the layer's type never reads."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, remove_at


@rule(severity="warning", fixes=("unsafe",), stated=True, dialects=("caffe",))
def param_not_for_type(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_without, "unsafe")


def _without(problem: Problem) -> Edits:
    # What Caffe stops at was meant for something.
    return remove_at(problem.place) if problem.remedy.startswith("remove it") else ()
