"""A learning rate that is zero, negative, or too small to move a weight."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Optimisation


@rule(severity="warning", needs=(Optimisation,))
def lr_zero_or_tiny(model: Model, ctx: Context) -> Iterator[Finding]:
    optimisation = ctx[Optimisation]
    rate, place = optimisation.rate, optimisation.place or model.training.place
    if not optimisation.told or rate is None:
        return
    if rate <= 0:
        given = model.training.learning_rate
        word = given.word if given else "learning rate"
        # Other frameworks' numbers are given, also where no source shows the place.
        default = optimisation.place is None and model.dialect == "caffe"
        article = "an" if word == "lr" else "a"
        what = f"the solver has no {word}, and its default is 0" if default else f"{article} {word} of {rate:g}"
        effect = "the loss is climbed, not descended" if rate < 0 else "nothing is ever learned"
        yield ctx.finding(place, f"{what}: {effect}", remedy=f"give a `{word}` above 0", severity="error")
        return
    # Without the network nobody knows what its loss sums up, and which layers multiply the rate.
    if not model.nodes or optimisation.optimizer == "AdaDelta":
        return
    # Some layer may multiply the rate.
    rate, step = rate * optimisation.largest_multiplier, optimisation.step
    if optimisation.optimizer == "Adam" and rate < 1e-7:
        reason = "Adam moves each weight by about this much a step"
    elif step is not None and optimisation.averages and step * optimisation.largest_multiplier < 1e-6:
        reason = "the loss is a mean, and even with momentum no weight moves noticeably"
    else:
        return
    yield ctx.finding(
        place,
        f"a learning rate of {rate:g}: {reason}",
        remedy="start with 0.01 (SGD) or 0.001 (Adam) and watch the loss",
    )
