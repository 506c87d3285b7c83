"""Where and why a module's `forward` fails."""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from traceback import walk_tb
from types import FrameType
from typing import Any


@dataclass(frozen=True, slots=True)
class Stop:
    """Where and why a `forward` fails: torch's message, and the call as the graph describes calls."""

    message: str
    item: Mapping[str, Any]
    #: The innermost module's class, in lower case, as operators of it begin.
    operator: str
    #: The operator that fails is the last one of the graph.
    last: bool


def unfinished_call(exported: Any) -> Any:
    """The call that failed, where the graph has it; None where Python code raised between the calls."""
    calls = [node for node in exported.graph_module.graph.nodes if node.op == "call_function"]
    # Every other operator that returns something has left a value.
    returns = getattr(getattr(calls[-1].target, "_schema", None), "returns", ()) if calls else ()
    return calls[-1] if returns and calls[-1].meta.get("val") is None else None


def stop_of(module: Any, failure: Exception, graph: dict[str, Any], *, last: bool) -> Stop:
    """What the exception of a module says. `last`: the last call of the graph failed; it is completed as others are."""
    frames = [frame for frame, _ in walk_tb(failure.__traceback__)]
    lines = {id(frame): line for frame, line in walk_tb(failure.__traceback__)}
    message = one_line(failure)
    if not isinstance(failure, RuntimeError | ValueError):
        # A message such as `'key'` says nothing without its kind.
        message = f"{type(failure).__name__}: {message}"
    if last:
        item = graph["nodes"][-1]
        item["outputs"] = [{"as_tensor": {"name": item["name"]}}]
        graph["outputs"] = [*graph["outputs"], {"as_tensor": {"name": item["name"]}}]
        return Stop(message, item, "", last=True)
    stack = list(_modules(module, frames))
    metadata = {
        "stack_trace": "\n".join(_quoted(frame, lines[id(frame)]) for frame in frames if _shown(frame)),
        "nn_module_stack": ";".join(f"_,{path},{kind.__module__}.{kind.__qualname__}" for path, kind in stack),
    }
    return Stop(message, {"metadata": metadata}, stack[-1][1].__name__.lower() if stack else "", last=False)


def _modules(module: Any, frames: list[FrameType]) -> Iterator[tuple[str, type]]:
    """The modules whose `forward` runs, outermost first, by their paths."""
    paths = {id(inner): path for path, inner in module.named_modules()}
    for frame in frames:
        inner = frame.f_locals.get("self")
        if frame.f_code.co_name == "forward" and id(inner) in paths:
            yield paths[id(inner)], type(inner)


def _shown(frame: FrameType) -> bool:
    """Not a call of netlint's own, around the module."""
    return os.path.dirname(frame.f_code.co_filename) != os.path.dirname(__file__)


def _quoted(frame: FrameType, number: int) -> str:
    path = frame.f_code.co_filename
    text = linecache.getline(path, number).strip()
    return f'  File "{path}", line {number}, in {frame.f_code.co_name}\n    {text}'


def one_line(error: BaseException) -> str:
    """An exception's message in one line of moderate length."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    text = text.rstrip(".")
    return text if len(text) <= 300 else f"{text[:297]}..."
