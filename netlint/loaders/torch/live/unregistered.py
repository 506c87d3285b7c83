"""Layers that a module holds in a plain list or dictionary: `nn.Module` registers neither them nor their parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from netlint.loaders.torch.places import Places
from netlint.model import Problem

_CONTAINERS: Final = {list: "list", tuple: "tuple", dict: "dictionary", set: "set"}
_REGISTERING: Final = {"dictionary": "nn.ModuleDict({...})"}

#: Lists in lists; a list of a million numbers is none of layers.
_DEEPEST: Final = 3
_MOST_ITEMS: Final = 1024


def unregistered(module: Any, read: Collection[int], optimizers: Iterable[Any], places: Places) -> Iterator[Problem]:
    """One problem for each attribute that holds parameters which could learn and no module registers.

    `read` are the places in memory of the tensors beside registered ones to which a gradient comes back: what is kept
    for other ends, such as a teacher or the module's own parent, is not among them.
    """
    if not read:
        return
    import torch

    own = vars(torch.nn.Module())
    known = {id(parameter) for parameter in module.parameters()}
    trained = {id(one) for optimizer in optimizers for group in getattr(optimizer, "param_groups", ())
               for one in group.get("params", ())}  # fmt: skip
    told: set[int] = set()
    for path, inner in module.named_modules():
        for name, value in vars(inner).items():
            kind = next((word for type_, word in _CONTAINERS.items() if isinstance(value, type_)), "")
            if not kind or name in own:
                continue
            layers, parameters = _held(torch, value)
            hidden = {id(one): one for one in parameters if id(one) not in known and id(one) not in told}
            if any(one.requires_grad and one.data_ptr() in read for one in hidden.values()):
                told |= hidden.keys()
                full = f"{path}.{name}" if path else name
                yield _problem(inner, full, kind, len(layers), len(hidden), hidden.keys() <= trained, places)


def _held(torch: Any, container: Any, depth: int = 0) -> tuple[list[Any], list[Any]]:
    """(modules, parameters) in a container, those of the modules included."""
    layers: list[Any] = []
    parameters: list[Any] = []
    items = list(container.values()) if isinstance(container, Mapping) else list(container)
    for item in items[:_MOST_ITEMS]:
        if isinstance(item, torch.nn.Module):
            layers.append(item)
            parameters += item.parameters()
        elif isinstance(item, torch.nn.Parameter):
            parameters.append(item)
        elif isinstance(item, list | tuple | dict) and depth < _DEEPEST:
            inside = _held(torch, item, depth + 1)
            layers += inside[0]
            parameters += inside[1]
    return layers, parameters


def _problem(owner: Any, path: str, kind: str, layers: int, parameters: int, trained: bool, places: Places) -> Problem:
    what = f"{layers} layer{'s' if layers != 1 else ''}" if layers else ""
    count = f"{parameters} parameter{'s' if parameters != 1 else ''}"
    holds = f"{what} with {count}" if what else count
    reason = (
        "the optimiser was given them, but `state_dict()` does not save them and `to()` does not move them"
        if trained
        else "`parameters()` does not give them to an optimiser, `state_dict()` does not save them, and `to()` does "
        "not move them: they stay as initialised"
    )
    better = "nn.ParameterList([...])" if not layers else _REGISTERING.get(kind, "nn.ModuleList([...])")
    return Problem(
        "unregistered-module",
        f"`{path}` is a plain {kind}, so {type(owner).__name__} does not register what is in it ({holds}): {reason}",
        places.of_module(path),
        remedy=f"hold them in `{better}`",
        severity="warning" if trained else None,
    )
