"""What the nodes of a training graph are for: the forward pass is linted, the rest says how it is trained.

A graph that TensorFlow 1 trains holds gradients, updates of variables, saving, summaries and input queues beside the
network. They are told by their operators, and gradients by the name scope that `tf.gradients` gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from netlint.loaders.protobuf import Message
from netlint.loaders.tensorflow.variables import VARIABLES

_GRADIENT = re.compile(r"(?:^|/)(?:gradients(?:_\d+)?|gradient_tape)/")
_DIFFERENTIATED = re.compile(r"(?:^|/)gradients(?:_\d+)?/(.+?)_grad/")

#: Operators that write a variable, a queue or a table.
_UPDATES = re.compile(
    r"(?:Ref)?(?:Assign|Apply|ResourceApply|SparseApply|ResourceSparseApply|Scatter(?:Nd)?(?:Add|Sub|Update|Mul|Div|Min|Max)$"
    r"|ResourceScatter|Queue(?:Enqueue|Close)|LookupTable(?:Insert|Import)|InitializeTable|StackPush|Accumulator)\w*"
)
_OPTIMIZER = re.compile(r"(?:Resource)?(?:Sparse)?Apply(\w+)")
#: Operators that show, store or check, and take no part in anything.
_ASIDE = re.compile(
    r"\w*Summary\w*|Save(?:V2|Slices)?|MergeV2Checkpoints|ShardedFilename|Restore\w*|NoOp|Assert|PrintV2|"
    r"VarIsInitializedOp|IsVariableInitialized|ReportUninitialized\w*|DestroyResourceOp|WriteFile|MakeIterator|"
    r"ControlTrigger|ConfigureDistributedTPU|StringJoin|\w*Iterator\w*Handle|ModelDataset|OptimizeDataset"
)
#: Operators that bring in what the network is fed with.
DATA: Final = frozenset(
    (
        *("Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "IteratorGetNext", "IteratorGetNextSync"),
        *("OneShotIterator", "ParseExample", "ParseExampleV2", "ParseSingleExample", "PyFunc", "EagerPyFunc"),
        *("QueueDequeue", "QueueDequeueV2", "QueueDequeueMany", "QueueDequeueManyV2", "QueueDequeueUpTo"),
        *("QueueDequeueUpToV2", "ReaderRead", "ReaderReadV2", "ReadFile", "InfeedDequeue", "InfeedDequeueTuple"),
    )
)


@dataclass
class Roles:
    """The nodes of a graph by what they do. Names are those of the graph's own nodes."""

    nodes: dict[str, Message]
    #: Each variable's first value, as the reference that its `Assign` reads.
    assigned: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.nodes.values():
            if node.op in ("Assign", "AssignVariableOp") and len(node.input) > 1:
                variable = node.input[0]
                named = node.name in (f"{variable}/Assign", f"{variable}/AssignVariableOp")
                if named or variable not in self.assigned:
                    self.assigned[variable] = node.input[1]

    @cached_property
    def readers(self) -> dict[str, list[Message]]:
        """The nodes that read each node's outputs."""
        found: dict[str, list[Message]] = {}
        for node in self.nodes.values():
            for name in _inputs(node):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def backward(self) -> frozenset[str]:
        """The nodes that compute gradients."""
        return frozenset(name for name in self.nodes if "grad" in name and _GRADIENT.search(name))

    @cached_property
    def differentiated(self) -> frozenset[str]:
        """The nodes of the forward pass through which a gradient goes, as the gradients' names say."""
        found = set()
        for name in self.backward:
            match = _DIFFERENTIATED.search(name)
            if match is not None:
                # `tf.gradients` in a scope differentiates nodes by their whole names.
                found.add(match[1])
        return frozenset(found)

    @cached_property
    def updates(self) -> list[Message]:
        return [node for node in self.nodes.values() if _UPDATES.fullmatch(node.op)]

    @cached_property
    def optimizers(self) -> list[tuple[str, Message]]:
        """Every update by an optimiser, with the optimiser's name in TensorFlow (`Adam`, `GradientDescent`)."""
        found = []
        for node in self.updates:
            match = _OPTIMIZER.fullmatch(node.op)
            if match is not None:
                found.append((match[1], node))
        return found

    @cached_property
    def trained(self) -> frozenset[str]:
        """Variables that are moved by what was computed from gradients."""
        if not self.backward:
            return frozenset()
        reached = self._reached(self.backward)
        variables = set()
        for node in self.updates:
            inputs = list(_inputs(node))
            if any(name in reached for name in inputs[1:]) and inputs:
                variables.add(inputs[0])
        return frozenset(variables)

    def _reached(self, start: Iterable[str]) -> set[str]:
        found = set(start)
        waiting = list(found)
        while waiting:
            for node in self.readers.get(waiting.pop(), ()):
                if node.name not in found:
                    found.add(node.name)
                    waiting.append(node.name)
        return found

    def roots(self) -> list[str]:
        """The nodes whose outputs are the network's: results, losses and metrics that depend on its data."""
        aside = {name for name, node in self.nodes.items() if _ASIDE.fullmatch(node.op)}
        updates = {node.name for node in self.updates}
        shown = bool(self.differentiated)
        helpers = self._helpers(updates, aside if shown else set())
        dropped = self.backward | aside | updates | helpers
        fed = self._reached(name for name, node in self.nodes.items() if node.op in DATA)
        ends = [
            name
            for name, node in self.nodes.items()
            if name not in dropped
            and node.op not in VARIABLES
            and all(reader.name in dropped for reader in self.readers.get(name, ()))
        ]
        return [name for name in ends if name in fed and self.nodes[name].op not in DATA] or [
            # Without data, or without an end: everything counts, so that whatever is wrong comes to light.
            name
            for name, node in self.nodes.items()
            if name not in dropped and node.op not in ("Const", *VARIABLES, *DATA)
        ]

    def _helpers(self, updates: set[str], aside: set[str]) -> set[str]:
        """Nodes that only serve updates and displays. What a gradient goes through is none."""
        helpers: set[str] = set()
        waiting = [*updates, *aside]
        sinks = updates | aside
        while waiting:
            node = self.nodes.get(waiting.pop())
            for name in _inputs(node) if node is not None else ():
                if name in helpers or name in sinks or name in self.differentiated or name not in self.nodes:
                    continue
                if name not in self.backward and all(
                    reader.name in helpers or reader.name in sinks for reader in self.readers.get(name, ())
                ):
                    helpers.add(name)
                    waiting.append(name)
        return helpers


def _inputs(node: Message) -> Iterator[str]:
    """The names of the nodes whose outputs a node reads."""
    for reference in node.input:
        if not reference.startswith("^"):
            yield reference.partition(":")[0]
