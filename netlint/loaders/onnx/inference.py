"""ONNX's own shape inference as a fallback, where the user asks for it: `--onnx-inference`.

It is C++ that has crashed and hung on bad models, so it runs in a process of its own, with a time limit, on the
structure without the weights; netlint's own checks (cycles, functions that come to too much) stand before it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from netlint.loaders.onnx.proto import ModelProto
from netlint.loaders.onnx.types import declared
from netlint.loaders.protobuf import Message
from netlint.model import Problem, Shape

_SECONDS: Final = 30


def inferred(structure: bytes) -> tuple[Mapping[str, Shape], list[Problem]]:
    """The shapes that `onnx.shape_inference` gives to the values of the main graph, by name; or why it gives none."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD], input=structure, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {}, [failed(f"it did not end within {_SECONDS} seconds", "warning")]
    if done.returncode == 3:
        return {}, [failed("the package `onnx` is not installed", "info", "pip install onnx")]
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return {}, [failed(f"it stopped: {last or f'exit code {done.returncode}'}", "warning")]
    graph: Message = ModelProto.FromString(done.stdout).graph
    shapes = {info.name: declared(info.type)[1] for infos in (graph.value_info, graph.output) for info in infos}
    return {name: shape for name, shape in shapes.items() if isinstance(shape, tuple)}, []


#: Reads a model from standard input and writes it with shapes to standard output.
_CHILD: Final = """
import sys
try:
    import onnx, onnx.shape_inference
except ImportError:
    sys.exit(3)
model = onnx.ModelProto.FromString(sys.stdin.buffer.read())
model = onnx.shape_inference.infer_shapes(model, data_prop=True)
del model.graph.initializer[:]
del model.graph.node[:]
sys.stdout.buffer.write(model.SerializeToString())
"""


def failed(why: str, severity: str, remedy: str = "") -> Problem:
    """Why the user, who asked for it, goes without."""
    return Problem(
        "onnx-inference-failed",
        f"ONNX's shape inference could not help: {why}; shapes that only it would know stay unknown",
        None,
        remedy=remedy,
        severity="warning" if severity == "warning" else "info",
    )
