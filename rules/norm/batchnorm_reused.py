"""One BatchNorm at two depths of a network, with one set of statistics for both."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts.walk import reached


@rule(severity="warning", learning=True, dialects=("keras", "torch"))
def batchnorm_reused(model: Model, ctx: Context) -> Iterator[Finding]:
    uses: dict[object, list[Node]] = {}
    for node in model.by_op.get("BatchNormalization", ()):
        name = _stored_as(node, "mean")
        if name is not None and node.get("training_mode", 1) != 0:
            uses.setdefault(name, []).append(node)
    for nodes in uses.values():
        pair = _in_a_row(nodes) if len(nodes) > 1 else None
        if pair is None:
            continue
        first, second = pair
        yield ctx.finding(
            first,
            f"{first.label} is used at two depths, which share one mean and one variance: their averages fit neither, "
            "and what the network computes in evaluation is not what it was trained with",
            # Two calls of one layer stand in one place where only its definition has a place.
            related=[(second.use, "used again here")] if second.use is not None else [],
            remedy="make a BatchNorm of its own for each place",
        )


def _stored_as(node: Node, role: str) -> object:
    """What identifies the stored tensor; None where it is not shared."""
    param = node.param(role)
    if param is None or param.shared is None:
        return None
    return param.shared.value, param.span and (param.span.start, param.span.pointer), node.name


def _in_a_row(nodes: list[Node]) -> tuple[Node, Node] | None:
    """Two uses of which one feeds the other, behind different layers. Branches that are compared share everything on
    purpose, and so does a block that is run again and again."""
    for index, first in enumerate(nodes[:-1]):
        after = reached([first], lambda node: node.successors)
        for second in nodes[index + 1 :]:
            if second in after and not _same_layer(first, second):
                return first, second
    return None


def _same_layer(one: Node, other: Node) -> bool:
    makers = [node.inputs[0].producer if node.inputs else None for node in (one, other)]
    if makers[0] is None or makers[1] is None:
        return True
    names = [_stored_as(maker, "weight") for maker in makers if maker is not None]
    return names[0] is not None and names[0] == names[1]
