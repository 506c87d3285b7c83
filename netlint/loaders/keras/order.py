"""In which order the layers of a functional model are called, and with which tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import Any

from netlint.loaders.keras.build import Arguments, Builder, tell
from netlint.loaders.keras.calls import Call, Ref
from netlint.loaders.keras.layer import Layer
from netlint.model import UNKNOWN, Value


def in_order(
    builder: Builder,
    layers: list[Layer],
    calls: Mapping[str, list[Call]],
    values: Mapping[tuple[str, int], list[Value]],
) -> Iterable[tuple[Layer, int, Call]]:
    """Calls, each behind those whose outputs it takes, else in the order of the source."""
    jobs: dict[tuple[str, int], tuple[int, Layer, Call]] = {}
    for layer in layers:
        for index, call in enumerate(calls[layer.name]):
            jobs.setdefault((layer.name, index), (len(jobs), layer, call))
    waiting: dict[tuple[str, int], int] = {}
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    missing: list[tuple[Layer, Ref]] = []
    ready: list[tuple[int, tuple[str, int]]] = []
    for key, (rank, layer, call) in jobs.items():
        needs = set()
        for ref in call.refs():
            if (ref.layer, ref.call) in jobs:
                needs.add((ref.layer, ref.call))
            elif (ref.layer, ref.call) not in values:
                missing.append((layer, ref))
        waiting[key] = len(needs)
        for need in needs:
            readers.setdefault(need, []).append(key)
        if not needs:
            heappush(ready, (rank, key))
    for layer, ref in missing:
        tell(
            builder,
            "unknown-bottom",
            f"{layer.label} takes call {ref.call} of `{ref.layer}`, which is not in the model",
            layer,
            "name a layer that the model has",
        )
    done = 0
    while ready:
        _, key = heappop(ready)
        done += 1
        yield jobs[key][1], key[1], jobs[key][2]
        for reader in readers.get(key, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, (jobs[reader][0], reader))
    if done < len(jobs):
        stuck = next(jobs[key][1] for key, count in waiting.items() if count)
        tell(
            builder,
            "cycle",
            f"{stuck.label} waits for its own output: {len(jobs) - done} calls stand in a circle or behind one",
            stuck,
            "let each layer read only from layers before it",
        )


def output_of(values: Mapping[tuple[str, int], list[Value]], ref: Ref) -> Value | None:
    made = values.get((ref.layer, ref.call), ())
    return made[ref.output] if 0 <= ref.output < len(made) else None


def arguments_of(call: Call, values: Mapping[tuple[str, int], list[Value]]) -> Arguments:
    def filled(item: Any) -> Any:
        if isinstance(item, Ref):
            found = output_of(values, item)
            if found is None:
                # What is not there: a value without a producer, of which nothing is known.
                return Value(item.layer, None, shape=UNKNOWN)
            return found
        if isinstance(item, list):
            return [filled(part) for part in item]
        if type(item) is dict:
            return {name: filled(part) for name, part in item.items()}
        return item

    args = [filled(item) for item in call.args]
    kwargs = {name: filled(item) for name, item in call.kwargs.items()}
    inputs = list(values_in(args))
    if not inputs:
        # The first argument by its name.
        inputs = list(values_in([item for name, item in kwargs.items() if name != "mask"]))
    return Arguments(inputs, args, kwargs)


def values_in(item: Any) -> Iterable[Value]:
    if isinstance(item, Value):
        yield item
    elif isinstance(item, list | tuple):
        for part in item:
            yield from values_in(part)
    elif isinstance(item, dict):
        for part in item.values():
            yield from values_in(part)
