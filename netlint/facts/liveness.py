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
        self.live: set[Node] = set(model.nodes)
        if not self.certain:
            return
        own = self.live
        roots = [value.producer for value in model.results or () if value.producer is not None]
        # Losses and metrics that training adds to a network are no outputs of it; in ONNX they are nodes as any.
        judging = {op for op in model.by_op if model.dialect != "onnx" and operator(op).kind in ("loss", "metric")}
        for node in model.nodes:
            # What has no outputs is there for what it does, not for what it gives.
            if not node.outputs or node.op in judging:
                roots.append(node)
            for value in node.outputs:
                roots += [node for edge in value.uses if edge.node not in own]
        live = ancestors(roots)
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


def _live(value: Value, live: set[Node]) -> bool:
    return value.producer in live
