"""Test iterations, test interval and test nets do not fit together."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Optimisation


@rule(severity="error", beyond=True, needs=(Optimisation,), dialects=("caffe",))
def solver_test_iter(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    size, iterations = model.task.dataset_size, model.training.test_iterations
    if model.phase != "TEST" or size is None or iterations is None or not isinstance(iterations.value, tuple):
        return
    batches = [batch for node in model.by_op.get("Input", ()) if (batch := ctx[Optimisation].batch_of(node))]
    # Several tests look at several data sets, and only one size is known.
    if len(iterations.value) != 1 or len(set(batches)) != 1 or not isinstance(iterations.value[0], int):
        return
    count, batch = iterations.value[0], batches[0]
    wanted = -(-size // batch)
    if count < wanted:
        message = f"a test looks at {count * batch} of {size} samples: the others never count"
    elif count > wanted:
        message = f"a test looks at {count * batch} samples, but there are {size}: some count more often than others"
    else:
        return
    yield ctx.finding(
        iterations,
        f"test_iter {count} with a batch of {batch}: {message}",
        remedy=f"use `test_iter: {wanted}`",
        severity="warning" if count < wanted else "info",
    )
