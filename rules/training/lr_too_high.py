"""A learning rate far above what the optimiser and the network tolerate."""

from collections.abc import Iterator

from netlint import Attr, Context, Finding, Model, rule
from netlint.facts import Optimisation


@rule(severity="warning", needs=(Optimisation,))
def lr_too_high(model: Model, ctx: Context) -> Iterator[Finding]:
    optimisation = ctx[Optimisation]
    rate, step, batch = optimisation.rate, optimisation.step, optimisation.batch
    if not optimisation.told or rate is None or not model.nodes or batch is None:
        return
    # Larger batches bear proportionally larger rates (Goyal et al. 2017).
    scale = 256 / max(batch, 256)
    if optimisation.optimizer == "Adam" and rate * scale > 0.005:
        high = rate * scale >= 0.05
        yield ctx.finding(
            optimisation.place,
            f"a learning rate of {rate:g} with Adam, whose updates are about that large whatever the gradient is: "
            + (
                "the weights jump about and the loss does not settle" if high else "many networks do not settle with it"
            ),
            remedy="start with 0.001",
            severity="error" if rate * scale >= 1 else "warning" if high else "info",
        )
    elif step is not None and step * scale >= optimisation.bearable:
        if isinstance(model.training.gradient_limit, Attr) or model.training.tempered is not None:
            return
        norm = "" if optimisation.normalised else " in a network without batch normalisation"
        yield ctx.finding(
            optimisation.place,
            f"a learning rate of {rate:g} with momentum {optimisation.momentum:g} at a batch of {batch}{norm}: a "
            f"step in one direction adds up to {step:g}, and the loss is likely to diverge",
            remedy="divide it by 10, or let it grow slowly at the start",
        )
