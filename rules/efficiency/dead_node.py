"""A node that no output of the model depends on."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Liveness
from netlint.ops import operator


@rule(severity="warning", needs=(Liveness,))
def dead_node(model: Model, ctx: Context) -> Iterator[Finding]:
    liveness = ctx[Liveness]
    ends: dict[Node, Node | None] = {}
    # Where each dead node's work ends up: in the last node of its chain.
    for node in reversed(model.nodes):
        if node.op != "Input" and liveness.dead(node):
            after = next(node.successors, None)
            ends[node] = node if after is None else ends.get(after)
    before: dict[Node, list[Node]] = {}
    for node, end in ends.items():
        if end is not None:
            before.setdefault(end, []).append(node)
    # Some layers of Keras are several nodes of one name, each with outputs of its own (Bidirectional and its states).
    parts = {node.name for node in model.nodes if not liveness.dead(node)} if model.dialect == "keras" else set()
    for end, chain in reversed(before.items()):
        if end.name in parts:
            continue
        # An operator that netlint does not know may do something; a body may, too.
        if not operator(end.op).name or end.bodies:
            continue
        names = ", ".join(f"`{value.name}`" for value in end.outputs if value.name)
        others = len(chain) - 1
        also = f", nor on the {others} node{'s' if others > 1 else ''} before it that only it reads" if others else ""
        # A trace holds whatever Python computed on the way: only work of layers is worth a warning there.
        yield ctx.finding(
            end,
            f"no output of the model depends on {end.label}{also}: what it computes ({names}) is thrown away",
            related=[(chain[-1], "the dead part begins here")] if others else (),
            remedy="remove it, or list its output among the graph's outputs if that was meant",
            severity=None if model.dialect != "torch" or any(node.params for node in chain) else "info",
        )
