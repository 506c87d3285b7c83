"""A value is computed in training, and nothing reads it."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import GradientFlow, Trainability
from netlint.facts.walk import reached
from netlint.ops import operator


@rule(severity="info", learning=True, needs=(GradientFlow, Trainability))
def unused_output(model: Model, ctx: Context) -> Iterator[Finding]:
    # In a net for deployment or testing the dead ends are its results.
    # Where a source declares its outputs, `dead-node` tells what does not reach them.
    if not ctx[Trainability].training or model.results is not None:
        return
    stranded = set(ctx[GradientFlow].stranded)
    for node in model.nodes:
        # A branch that holds layers without a way to a loss is told by `param-without-loss-path`.
        if _dead_end(node) and not stranded & reached([node], lambda other: other.predecessors):
            names = ", ".join(f"`{value.name}`" for value in node.outputs)
            yield ctx.finding(
                node,
                f"{node.label} computes {names} in every training iteration, but nothing reads it: the time is wasted, "
                "and Caffe prints it as an output of the net",
                remedy="remove the layer, keep it to the phase that needs it (`include { phase: TEST }`), or feed it "
                "to a Silence layer",
            )


def _dead_end(node: Node) -> bool:
    if not node.outputs or any(value.uses for value in node.outputs):
        return False
    described = operator(node.op)
    if not described.name or described.kind in ("loss", "metric", "sink", "source"):
        return False
    weights = node.get("loss_weight", ())
    is_loss = isinstance(weights, tuple) and any(weight != 0 for weight in weights)
    return not is_loss
