"""A learning rate schedule that never acts."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, remove_all_at


@rule(severity="warning", fixes=("safe",), stated=True, dialects=("caffe",))
def solver_schedule_inert(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_unread)


def _unread(problem: Problem) -> Edits:
    # Whoever writes `stepvalue` under another policy wants those steps; the other numbers are left over.
    left_over = problem.severity == "info" and "does not read" in problem.message
    return remove_all_at(problem.place) if left_over else ()
