"""Shapes as Keras computes them, and as netlint does, layer by layer; needs keras."""

from __future__ import annotations

from typing import Any

import netlint.api as api
from netlint.facts import Shapes
from netlint.model import Model, Shape, Unknown

#: The shapes of the outputs of each call of each layer; None is an open extent.
Found = dict[str, list[list[tuple[int | None, ...] | None]]]


def by_keras(model: Any, prefix: str = "") -> Found:
    """Every layer's and op node's output shapes, those of models inside under the model's name."""
    found: Found = {}
    inner = getattr(model, "_functional", None) or model
    for operation in inner.operations:
        if hasattr(operation, "operations") or hasattr(operation, "_functional"):
            found.update(by_keras(operation, f"{prefix}{operation.name}/"))
        found[prefix + operation.name] = [
            [tuple(tensor.shape) for tensor in node.output_tensors] for node in operation._inbound_nodes
        ]
    return found


def by_netlint(model: Model, shapes: Shapes) -> Found:
    """The shapes of what each layer hands on: values that no node of the same layer takes."""
    found: Found = {}
    for node in model.nodes:
        handed = [value for value in node.outputs if all(edge.node.name != node.name for edge in value.uses)]
        if handed:
            found.setdefault(node.name, []).append([_plain(shapes[value]) for value in handed])
    return found


def _plain(shape: Shape) -> tuple[int | None, ...] | None:
    if isinstance(shape, Unknown):
        return None
    return tuple(dim if isinstance(dim, int) else None for dim in shape)


def _agree(wanted: tuple[int | None, ...] | None, given: tuple[int | None, ...] | None) -> bool:
    """The same, or known where Keras leaves it open."""
    if wanted is None or given is None or len(wanted) != len(given):
        return False
    return all(a == b or a is None for a, b in zip(wanted, given, strict=True))


def differences(path: str, model: Any) -> list[str]:
    """Where netlint's shapes of the file at `path` are not those of the model that Keras made."""
    loaded = api.load(path)[0]
    problems = [f"{problem.rule}: {problem.message}" for problem in loaded.problems]
    wanted, given = by_keras(model), by_netlint(loaded, api.shapes(loaded))
    for name, calls in wanted.items():
        mine = given.get(name)
        if mine is None:
            if not any(other.startswith(f"{name}/") for other in given) and "/input" not in name:
                problems.append(f"{name} is missing")
            continue
        outputs = [output for call in mine for output in call]
        if not all(any(_agree(output, own) for own in outputs) for call in calls for output in call):
            problems.append(f"{name}: Keras {calls}, netlint {mine}")
    return problems
