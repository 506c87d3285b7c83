"""A learning rate policy without the parameter that it needs, or none at all."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, add_beside


@rule(severity="error", fixes=("safe", "unsafe"), stated=True, dialects=("caffe",))
def lr_policy_inert(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_missing, "unsafe")


def _missing(problem: Problem) -> Edits:
    """The usual value of what is missing; what is there and wrong only its author can mend."""
    if problem.remedy.startswith('add `lr_policy: "fixed"`'):
        return add_beside(problem.place, [("lr_policy", '"fixed"')])
    if problem.remedy.startswith("add `gamma: 0.1`"):
        return add_beside(problem.place, [("gamma", "0.1")])
    return ()
