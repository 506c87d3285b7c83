"""What a module is traced with: the user's examples, or tensors of the shapes that the user says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netlint.loaders.options import LoadOptions
from netlint.loaders.torch.live.trace import Unlintable


def inputs_of(module: Any, options: LoadOptions) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Positional and keyword arguments for the module. Raises Unlintable where the user says nothing of them."""
    examples = options.live.example_inputs
    if isinstance(examples, Mapping):
        return (), examples
    if examples is not None:
        return tuple(examples) if isinstance(examples, list | tuple) else (examples,), {}
    positional = [shape.dims for shape in options.input_shapes if not shape.name]
    named = {shape.name: shape.dims for shape in options.input_shapes if shape.name}
    shapes = [*options.live.input_shapes, *positional]
    if not shapes and not named:
        raise Unlintable(
            "netlint must know what a module gets: give `input_shape=(1, 3, 224, 224)` (a list of shapes for several "
            "inputs), or `example_inputs=(...)`"
        )
    return tuple(_made(module, shape) for shape in shapes), {name: _made(module, dims) for name, dims in named.items()}


def as_tokens(
    exported: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]] | None:
    """The inputs with integers where an embedding looks rows up by them; None where none does."""
    graph = exported["graph_module"]["graph"]
    names = [
        item["user_input"]["arg"]["as_tensor"]["name"]
        for item in exported["graph_module"]["signature"]["input_specs"]
        if "as_tensor" in ((item.get("user_input") or {}).get("arg") or {})
    ]
    if len(names) != len(args) + len(kwargs):
        return None
    feeds: dict[str, set[str]] = {name: {name} for name in names}
    wanted: set[str] = set()
    for node in graph["nodes"]:
        sources: set[str] = set()
        for one in node["inputs"]:
            for name in _named(one["arg"]):
                found = feeds.get(name, set())
                sources |= found
                if node["target"].startswith("torch.ops.aten.embedding") and one["name"] == "indices":
                    wanted |= found
        for output in node["outputs"]:
            for name in _named(output):
                feeds[name] = sources
    floats = [
        name in wanted and tensor.is_floating_point()
        for name, tensor in zip(names, (*args, *kwargs.values()), strict=True)
    ]
    if not any(floats):
        return None
    made = [
        _made(tensor, tuple(tensor.shape), whole=True) if whole else tensor
        for whole, tensor in zip(floats, (*args, *kwargs.values()), strict=True)
    ]
    return tuple(made[: len(args)]), dict(zip(kwargs, made[len(args) :], strict=True))


def _named(argument: Any) -> list[str]:
    if not isinstance(argument, dict):
        return []
    if isinstance(argument.get("as_tensor"), dict):
        return [argument["as_tensor"]["name"]]
    several = argument.get("as_tensors")
    return [one["name"] for one in several] if isinstance(several, list) else []


def _made(like: Any, shape: tuple[int, ...], *, whole: bool = False) -> Any:
    """A tensor without data, on the device and of the float type of a module (or tensor)."""
    import torch
    from torch._subclasses import FakeTensorMode

    own = [like] if isinstance(like, torch.Tensor) else [*like.parameters(), *like.buffers()]
    device = next((tensor.device for tensor in own), torch.device("cpu"))
    dtype = next((tensor.dtype for tensor in own if tensor.is_floating_point()), torch.float32)
    mode = getattr(like, "fake_mode", None) or FakeTensorMode()
    with mode:
        return torch.zeros(shape, dtype=torch.int64 if whole else dtype, device=device)
