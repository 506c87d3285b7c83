"""What a module is traced with: the user's examples, or tensors of the shapes that the user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    made = _floats(module, [*shapes, *named.values()])
    return made[: len(shapes)], dict(zip(named, made[len(shapes) :], strict=True))


def _floats(module: Any, shapes: Sequence[tuple[int, ...]]) -> tuple[Any, ...]:
    """Tensors without data, on the device and of the float type of a module."""
    import torch
    from torch._subclasses import FakeTensorMode

    own = [*module.parameters(), *module.buffers()]
    device = next((tensor.device for tensor in own), torch.device("cpu"))
    dtype = next((tensor.dtype for tensor in own if tensor.is_floating_point()), torch.float32)
    with FakeTensorMode():
        return tuple(torch.zeros(shape, dtype=dtype, device=device) for shape in shapes)


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
    given = (*args, *kwargs.values())
    if not any(name in wanted and tensor.is_floating_point() for name, tensor in zip(names, given, strict=True)):
        return None
    made = [tensor.long() if name in wanted else tensor for name, tensor in zip(names, given, strict=True)]
    return tuple(made[: len(args)]), dict(zip(kwargs, made[len(args) :], strict=True))


def _named(argument: Any) -> list[str]:
    if not isinstance(argument, dict):
        return []
    if isinstance(argument.get("as_tensor"), dict):
        return [argument["as_tensor"]["name"]]
    several = argument.get("as_tensors")
    return [one["name"] for one in several] if isinstance(several, list) else []
