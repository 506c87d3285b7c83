"""Which nodes the network's outputs depend on."""

from __future__ import annotations

from netlint.authoring import Fact, Facts
from netlint.facts.walk import ancestors
from netlint.model import Model, Node, Value
from netlint.ops import operator


class Liveness(Fact):
    """Reverse reachability from what the source declares as outputs, through bodies, too.

    Where it declares none (Caffe), or where some of them are missing, every node counts as live. Losses and metrics
    are live. What another model reads (a training graph beside the network) is live. Of what a call of a local
    function gives, a caller need not take all: it is live as soon as a part of it is.
    """

    def __init__(self, model: Model, _facts: Facts) -> None:
        missing = any(problem.rule in ("missing-output", "cycle") for problem in model.problems)
        self.certain: bool = bool(model.results) and not missing
        if not self.certain:
            self.live: set[Node] = set(model.nodes)
            return
        live = ancestors(value.producer for value in model.results or () if value.producer is not None)
        # Most networks have nothing else: only what the outputs do not depend on is looked at closely.
        others = [node for node in model.nodes if node not in live]
        if others:
            own = set(model.nodes)
            # Losses and metrics that training adds to a network are no outputs of it; in ONNX they are nodes as any.
            judging = {op for op in model.by_op if model.dialect != "onnx" and operator(op).kind in ("loss", "metric")}
            live |= ancestors(node for node in others if node.op in judging or _serves_others(node, own))
        waiting = model.calls
        while waiting:
            taken = [call for call in waiting if any(_live(value, live) for value in call)]
            if not taken:
                break
            waiting = [call for call in waiting if not any(_live(value, live) for value in call)]
            spare = {value.producer for call in taken for value in call if value.producer is not None} - live
            live |= ancestors(spare)
        self.live = live

    def dead(self, node: Node) -> bool:
        """No output of the network depends on this node; false where that is not certain."""
        return node not in self.live


def _serves_others(node: Node, own: set[Node]) -> bool:
    """The node has no outputs, so it is there for what it does; or another model reads them."""
    return not node.outputs or any(edge.node not in own for value in node.outputs for edge in value.uses)


def _live(value: Value, live: set[Node]) -> bool:
    return value.producer in live
