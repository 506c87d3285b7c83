"""Tensors that share memory: views, and what a write into one of them does to the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netlint.loaders.torch.arguments import Call, listing, split_target, union
from netlint.loaders.torch.scope import Scope, tensors_in
from netlint.loaders.torch.wiring import connect
from netlint.model import Node, Value


def writes(target: Any) -> bool:
    """Whether an operator may write in place, by its name: `relu_`, but not `__and__`."""
    name = split_target(target)[1] if isinstance(target, str) else ""
    return name.endswith("_") and not name.endswith("__")


def note_reads(nodes: Sequence[Any], graph: Mapping[str, Any], scope: Scope) -> None:
    """Which node reads each tensor last: only what is read later needs a new version after a write."""
    for index, node in enumerate(nodes):
        for one in node.get("inputs") or () if isinstance(node, dict) else ():
            if isinstance(one, dict) and isinstance(one.get("arg"), dict):
                for kind, item in one["arg"].items():
                    for name in tensors_in(kind, item):
                        scope.last_read[name] = index
    for output in listing(graph.get("outputs"), "`outputs`"):
        for name in tensors_in(*union(output, "an output")):
            scope.last_read[name] = len(nodes)


def remember(
    call: Call, inputs: Sequence[Mapping[str, Any]], outputs: Sequence[str], index: int, scope: Scope
) -> Iterator[Node | Value]:
    """Keep track of what shares memory after node `index`.

    Gives a node for each tensor that a write has changed and that is read later, and every value that was written into
    a stored tensor: that one outlives the graph.
    """
    sources = {one.get("name"): one.get("arg") for one in inputs}
    for key in (*call.described.viewed, *call.described.written):
        arg = sources.get(key)
        shared = (
            [name for kind, item in arg.items() for name in tensors_in(kind, item)] if isinstance(arg, dict) else []
        )
        if not shared:
            continue
        group = scope.aliases.setdefault(shared[0], {shared[0]})
        if key in call.described.written:
            yield from _written(shared[0], outputs[0], group, index, scope)
        for name in outputs:
            if name:
                group.add(name)
                scope.aliases[name] = group


def _written(name: str, result: str, group: set[str], index: int, scope: Scope) -> Iterator[Node | Value]:
    written, before = scope.values[result], scope.values[name]
    scope.values[name] = written
    written.replaces = before
    if before.stored:
        yield written
    for other in sorted(group - {name, result}):
        old = scope.values[other]
        if old.stored:
            yield written
        if scope.last_read.get(other, -1) <= index:
            continue
        # Its memory holds something new now, which nothing in the graph computes by this name.
        maker = written.producer
        node = Node(other, "aten::written", "in-place write", "torch", span=None if maker is None else maker.span)
        connect(node, (old, written))
        again = Value(other, node, 0, old.version + 1, None, old.shape, dtype=old.dtype)
        node.outputs.append(again)
        scope.values[other] = again
        yield node
