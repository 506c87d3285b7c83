"""TRAIN and TEST copies of a BatchNorm only switch what the phase switches anyway."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Problem, rule
from netlint.edits import Edits, merge_twins


@rule(severity="info", fixes=("safe",), stated=True, dialects=("caffe",))
def duplicate_phase_batchnorm(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_merged)


def _merged(problem: Problem) -> Edits:
    twin = problem.related[0][0]
    return merge_twins(twin, problem.place, [("include",), ("exclude",), ("batch_norm_param", "use_global_stats")])
