"""Local functions: which there are, and how many nodes their calls come to when each is written out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from netlint.loaders.protobuf import Message
from netlint.model import Problem

#: More nodes than this from functions alone: ONNX Runtime and shape inference would not end either.
MOST_EXPANDED: Final = 100_000


class FunctionKey(NamedTuple):
    """What tells functions apart (docs/IR.md, "Functions")."""

    domain: str
    name: str
    overload: str


def function_key(message: Message) -> FunctionKey:
    """The identity of a function, or of the one that a node calls."""
    is_node = hasattr(message, "op_type")
    domain = message.domain if message.domain != "ai.onnx" else ""
    return FunctionKey(domain, message.op_type if is_node else message.name, message.overload)


@dataclass(slots=True)
class Expansion:
    """The functions of a model. `sizes` counts the nodes of each, written out; None where it calls itself."""

    functions: dict[FunctionKey, Message] = field(default_factory=dict)
    sizes: dict[FunctionKey, int | None] = field(default_factory=dict)

    def affordable(self, key: FunctionKey) -> bool:
        """Whether the calls of this function can be written out."""
        size = self.sizes.get(key)
        return size is not None and size <= MOST_EXPANDED


def expansion(model: Message) -> tuple[Expansion, list[Problem]]:
    """The model's functions, and those that call themselves or come to too much.

    The sizes are computed bottom-up, once a function: a chain of functions that each call the next twice has 2^n
    nodes, and writing it out is what makes other tools hang.
    """
    result = Expansion({function_key(function): function for function in model.functions})
    problems: list[Problem] = []
    if not result.functions:
        return result, problems
    calls = {key: _calls(function, result.functions) for key, function in result.functions.items()}
    for key in calls:
        _measure(key, calls, result.sizes)
    for key, size in result.sizes.items():
        if size is None:
            problems.append(_recursive(key))
    total = sum(min(result.sizes[key] or 0, MOST_EXPANDED + 1) for key in called(model.graph, result.functions))
    too_large = [key for key, size in result.sizes.items() if size is not None and size > MOST_EXPANDED]
    if too_large:
        worst = max(too_large, key=lambda key: (result.sizes[key] or 0, key))
        problems.append(_too_large(worst, result.sizes[worst] or 0))
    elif total > MOST_EXPANDED * 4:
        problems.append(_too_many_calls(total))
        result.sizes = dict.fromkeys(result.sizes)
    return result, problems


def called(graph: Message, functions: Iterable[FunctionKey]) -> Iterator[FunctionKey]:
    """The functions that the nodes of a graph (or of a function) call, bodies included, one entry a call."""
    for node in graph.node:
        key = function_key(node)
        if key in functions:
            yield key
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from called(attribute.g, functions)
            for inner in attribute.graphs:
                yield from called(inner, functions)


def _calls(function: Message, functions: Iterable[FunctionKey]) -> tuple[int, list[FunctionKey]]:
    """(own nodes, the functions it calls, one entry a call)."""
    return len(function.node), list(called(function, functions))


def _measure(
    start: FunctionKey, calls: dict[FunctionKey, tuple[int, list[FunctionKey]]], sizes: dict[FunctionKey, int | None]
) -> None:
    """Fill in the sizes of `start` and of all that it calls, without recursion: chains may be long."""
    path: list[FunctionKey] = [start]
    on_path = {start}
    while path:
        key = path[-1]
        if key in sizes:
            on_path.discard(path.pop())
            continue
        own, called = calls[key]
        if any(other in on_path for other in called):
            sizes[key] = None
            continue
        pending = next((other for other in called if other not in sizes), None)
        if pending is not None:
            path.append(pending)
            on_path.add(pending)
            continue
        parts = [sizes[other] for other in called]
        sizes[key] = None if None in parts else own + sum(part or 0 for part in parts)


def label(key: FunctionKey) -> str:
    """How messages call a function."""
    return f"`{key.domain}::{key.name}`" if key.domain else f"`{key.name}`"


def _recursive(key: FunctionKey) -> Problem:
    return Problem(
        "function-expansion",
        f"local function {label(key)} calls itself, directly or through others: no runtime can write it out",
        None,
        remedy="write the repetition as a `Loop`, or take the call out",
    )


def _too_large(key: FunctionKey, size: int) -> Problem:
    count = f"{size:,}" if size < 10**12 else f"more than 10^{len(str(size)) - 1}"
    return Problem(
        "function-expansion",
        f"local function {label(key)} comes to {count} nodes when its calls are written out: "
        "runtimes and shape inference hang on it",
        None,
        remedy="let no function call another one twice, level after level",
    )


def _too_many_calls(total: int) -> Problem:
    return Problem(
        "function-expansion",
        f"the calls of local functions come to more than {total:,} nodes when they are written out",
        None,
        remedy="keep the functions small, or export the model with its functions inlined",
        severity="warning",
    )
