"""Modules that torch cannot export at all, told before it is tried: some of them would be changed by the attempt."""

from __future__ import annotations

from typing import Any, Final

_MOST_NAMES: Final = 3


def refusal(module: Any) -> str:
    """Why a module cannot be followed; empty where nothing speaks against it."""
    import torch

    if isinstance(module, torch.jit.ScriptModule):
        return "a compiled module (TorchScript) cannot be followed: give netlint the module it was made from"
    inside = list(module.named_modules())
    script = [path for path, inner in inside if isinstance(inner, torch.jit.ScriptModule)]
    if script:
        return (
            f"it holds compiled parts (TorchScript: {_listed(_outermost(script))}), which cannot be followed: give "
            "netlint the module with the parts that they were made from"
        )
    lazy = [path for path, inner in inside if _unfinished(inner)]
    if lazy:
        return (
            f"it holds lazy layers ({_listed(lazy)}) that get their sizes from the first call: call the module once, "
            "then lint it"
        )
    packed = [path for path, inner in inside if _quantised(inner)]
    if packed:
        return (
            f"it holds quantised layers ({_listed(_outermost(packed))}), whose packed weights cannot be followed: lint "
            "the module before it is quantised"
        )
    return ""


def _unfinished(module: Any) -> bool:
    asks = getattr(module, "has_uninitialized_params", None)
    return callable(asks) and bool(asks())


def _quantised(module: Any) -> bool:
    """Of `torch.ao.nn.quantized` (dynamic ones are below it); what is only prepared for it computes with floats."""
    return type(module).__module__.startswith(("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized"))


def _outermost(paths: list[str]) -> list[str]:
    return [path for path in paths if not any(path.startswith(f"{other}.") for other in paths)]


def _listed(paths: list[str]) -> str:
    shown = ", ".join(f"`{path}`" if path else "itself" for path in paths[:_MOST_NAMES])
    return shown if len(paths) <= _MOST_NAMES else f"{shown}, ..."
