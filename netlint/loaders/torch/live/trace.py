"""Exporting a module: torch runs its `forward` on tensors that have shapes and no data, and writes down each call.

Neither parameters nor buffers are copied, changed or computed with (`torch._subclasses.FakeTensorMode`).
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from netlint.loaders.torch.live.stop import Stop, one_line, stop_of, unfinished_call
from netlint.loaders.torch.live.surroundings import masks_as_given, quiet, unchanged

#: What torch raises where it cannot follow a program that may well run.
_LIMITS: Final = ("torch.fx.", "torch._dynamo.", "torch._subclasses.", "torch.export", "torch._export.", "torch.utils.")
_OWN_WORDS: Final = re.compile(
    r"fake|proxy|meta tensor|data pointer|data.dependent|numpy|sym(int|bool|float)|symbolic|torchbind|scriptobject"
    r"|not implemented|could not run|dispatch|functional",
    re.IGNORECASE,
)
_FRAME: Final = re.compile(r'^ *File "([^"\n]+)", line \d+, in [^\n]+\n(?:(?! *File ")[^\n]+\n?)*', re.MULTILINE)

#: Under this name the module stands in the wrapper that is exported.
_INSIDE: Final = "module"


class Unlintable(OSError):
    """A module that netlint cannot follow; the message says why."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A module's graph as `torch.export.save` writes it, up to where it fails if it does."""

    program: dict[str, Any]
    stop: Stop | None = None
    #: The names of what the module returns, without what it writes into its buffers.
    outputs: tuple[str, ...] = ()
    #: For each of them what the module calls it: its key, or its place in a tuple; empty where that is not known.
    keys: tuple[str, ...] = ()
    #: Where in memory the tensors lie that the module does not register, and to which a gradient comes back.
    constants: frozenset[int] = frozenset()


def trace(module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Traced:
    """The graph of a module for these inputs. Raises Unlintable."""
    import torch

    try:
        inspect.signature(module.forward).bind(*args, **kwargs)
    except TypeError as error:
        raise Unlintable(f"the inputs do not fit the module's `forward`: {error}") from None
    except ValueError:
        # It has no signature to ask.
        pass
    with unchanged(module):
        return _traced(torch, module, args, kwargs)


def _traced(torch: Any, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Traced:
    failures: list[Exception] = []
    returned: list[list[str]] = []
    around = _around(torch, module, failures, returned)
    try:
        with quiet(), masks_as_given():
            exported = torch.export.export(around, args, dict(kwargs), strict=False)
    except Exception as error:
        # Whatever the module's code or the exporter raises: it must not reach the user as a traceback.
        return _by_bytecode(torch, module, args, kwargs, (*failures, error)[0])
    unfinished = unfinished_call(exported) if failures else None
    if unfinished is not None and len(unfinished.target._schema.returns) > 1:  # noqa: SLF001 - how it is declared
        # Of one that gives several tensors the writer must know how many.
        exported.graph_module.graph.erase_node(unfinished)
        unfinished = None
    program = written(exported)
    _unwrap(program["graph_module"]["graph"])
    for spec in program["graph_module"]["signature"]["input_specs"]:
        for item in spec.values():
            for key in ("parameter_name", "buffer_name", "tensor_constant_name") if isinstance(item, dict) else ():
                if key in item:
                    item[key] = item[key].removeprefix(f"{_INSIDE}.")
    if not failures:
        names = [(one.get("as_tensor") or {}).get("name", "") for one in program["graph_module"]["graph"]["outputs"]]
        keys = tuple(returned[-1])
        return Traced(program, None, tuple(names[: len(keys)]), keys, frozenset(_addresses(exported)))
    stop = stop_of(module, failures[0], program["graph_module"]["graph"], last=unfinished is not None)
    return Traced(program, stop)


def _by_bytecode(torch: Any, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], why: Exception) -> Traced:
    """The graph as torch's compiler reads it from the bytecode, where running `forward` does not give it: numbers that
    are taken out of tensors, assertions on values, numpy. It costs seconds. Raises Unlintable with the first reason.
    """
    try:
        with quiet(), masks_as_given():
            exported = torch.export.export(module, args, dict(kwargs), strict=True)
        program = written(exported)
    except Exception as error:
        raise Unlintable(f"torch.export cannot follow the module: {one_line(why)}") from error
    names = [name for name in exported.graph_signature.user_outputs if isinstance(name, str)]
    return Traced(program, None, tuple(names), (), frozenset(_addresses(exported)))


def _addresses(exported: Any) -> Iterator[int]:
    """Where the tensors lie that no module registers and that an output learns from: not those that are read under
    `torch.no_grad` or behind `detach` alone, as a teacher is."""
    names = exported.graph_signature.inputs_to_lifted_tensor_constants
    for node in exported.graph.nodes:
        if node.op != "placeholder" or node.name not in names or not _reaches_output(node):
            continue
        try:
            address = exported.constants[names[node.name]].data_ptr()
        except (AttributeError, RuntimeError):
            # An object of another kind, or a tensor without data.
            continue
        if address:
            yield int(address)


def _reaches_output(node: Any) -> bool:
    """Whether a gradient of some output comes back to a node of torch.fx's."""
    waiting, seen = [node], {node}
    while waiting:
        for user in waiting.pop().users:
            if user.op == "output":
                return True
            name = getattr(user.target, "__name__", "")
            stops = name.startswith("detach") or (name == "wrap_with_set_grad_enabled" and user.args[0] is False)
            if not stops and user not in seen:
                seen.add(user)
                waiting.append(user)
    return False


def written(exported: Any) -> dict[str, Any]:
    """The JSON of a `.pt2` file for an exported program, without its weights. Raises Unlintable."""
    import torch

    try:
        from torch._export.serde.schema import SCHEMA_VERSION
        from torch._export.serde.serialize import EnumEncoder, GraphModuleSerializer, _dataclass_to_dict

        serializer = GraphModuleSerializer(exported.graph_signature, exported.module_call_graph)
        graph_module = _dataclass_to_dict(serializer.serialize(exported.graph_module))
        ranges = {
            str(symbol): {"min_val": _bound(extent.lower), "max_val": _bound(extent.upper)}
            for symbol, extent in exported.range_constraints.items()
        }
        text = json.dumps({"graph_module": graph_module, "range_constraints": ranges}, cls=EnumEncoder)
    except Exception as error:
        # The writer of torch's knows fewer programs than its exporter.
        raise Unlintable(
            f"torch {torch.__version__} cannot write down the module's graph: {one_line(error)}"
        ) from error
    program: dict[str, Any] = json.loads(text)
    version = {"major": SCHEMA_VERSION[0], "minor": SCHEMA_VERSION[1]}
    return {**program, "schema_version": version, "torch_version": str(torch.__version__)}


def _bound(limit: Any) -> int | None:
    try:
        number = int(limit)
    except (TypeError, ValueError, OverflowError, AttributeError):
        return None
    return number if abs(number) < 1 << 62 else None


def _around(torch: Any, module: Any, failures: list[Exception], returned: list[list[str]]) -> Any:
    """A module that calls the given one and notes the exception where it fails: what was traced before is not lost.

    Its outputs are the tensors in the module's output, whatever holds them (what they are called goes to `returned`),
    and behind them those that the module has put in the place of its buffers.
    """

    class Around(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.module = module
            self.training = module.training

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            opened, depth = _opened()
            before = dict(self.module.named_buffers())
            try:
                if isinstance(module, torch.fx.GraphModule) and not kwargs:
                    # The lines of the program that was traced, rather than those of generated code.
                    with torch.fx.traceback.preserve_node_meta():
                        output = torch.fx.Interpreter(self.module).run(*args)
                else:
                    output = self.module(*args, **kwargs)
                found = _tensors(torch, output)
                returned.append(_keys(torch, output))
                state = self.module.named_buffers()
                return found + [tensor for name, tensor in state if tensor is not before.get(name)]
            except Exception as error:
                if _is_limit(error):
                    raise
                failures.append(error)
                # The tracer leaves the modules open in which it was.
                while len(opened) > depth:
                    opened.popitem()
                return []

    return Around()


def _opened() -> tuple[Any, int]:
    from torch.fx.experimental import proxy_tensor

    mode: Any = proxy_tensor.get_innermost_proxy_mode() or proxy_tensor.get_proxy_mode()
    opened = getattr(getattr(mode, "tracer", None), "module_stack", {})
    return opened, len(opened)


def _tensors(torch: Any, output: Any, depth: int = 0) -> list[Any]:
    if isinstance(output, torch.Tensor):
        return [output]
    if depth > 8:
        return []
    return [tensor for part in _parts(output).values() for tensor in _tensors(torch, part, depth + 1)]


def _keys(torch: Any, output: Any) -> list[str]:
    """What the outermost container of an output calls each tensor in it."""
    if isinstance(output, torch.Tensor):
        return ["0"]
    return [str(key) for key, part in _parts(output).items() for _ in _tensors(torch, part, 1)]


def _parts(output: Any) -> Mapping[Any, Any]:
    if output is None or isinstance(output, str | bytes | int | float):
        return {}
    if isinstance(output, Mapping):
        return output
    if isinstance(output, list | tuple):
        return dict(enumerate(output))
    found: Mapping[Any, Any] = getattr(output, "__dict__", {})
    return found


def _is_limit(error: BaseException) -> bool:
    """Whether torch's tracing fails rather than the module."""
    kinds = type(error).__mro__
    return (
        isinstance(error, NotImplementedError | MemoryError | RecursionError)
        or any(kind.__module__.startswith(_LIMITS) for kind in kinds)
        or _OWN_WORDS.search(str(error)) is not None
    )


# The wrapper's own traces


def _unwrap(graph: dict[str, Any]) -> None:
    """Take the wrapper out of module paths and stack traces."""
    for node in graph["nodes"]:
        metadata = node.get("metadata") or {}
        stack = metadata.get("nn_module_stack")
        if isinstance(stack, str):
            metadata["nn_module_stack"] = ";".join(_unwrapped(stack))
        traced = metadata.get("stack_trace")
        if isinstance(traced, str):
            metadata["stack_trace"] = _FRAME.sub(lambda frame: "" if frame[1] == __file__ else frame[0], traced)
        for one in node["inputs"]:
            inner = one["arg"].get("as_graph")
            if isinstance(inner, dict):
                _unwrap(inner["graph"])


def _unwrapped(stack: str) -> Iterator[str]:
    for entry in stack.split(";"):
        parts = entry.split(",", 2)
        if len(parts) == 3 and (parts[1] == _INSIDE or parts[1].startswith((f"{_INSIDE}.", f"{_INSIDE}@"))):
            path = parts[1][len(_INSIDE) :]
            yield f"{parts[0]},{path.removeprefix('.') if not path.startswith('@') else ''},{parts[2]}"
        elif len(parts) != 3 or not parts[2].endswith(".Around"):
            yield entry
