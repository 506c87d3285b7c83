"""BatchNorm's statistics are given learning rates, or too few of them."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, zero_rates


@rule(severity="warning", fixes=("safe",), stated=True, dialects=("caffe",))
def batchnorm_param_spec(model: Model, ctx: Context) -> Iterator[Finding]:
    # Statistics are never learned: zeros are all that Caffe accepts.
    yield from ctx.problems(_three)


def _three(problem: Problem) -> Edits:
    return zero_rates(problem.place, 3)
