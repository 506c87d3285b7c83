"""What judging an ONNX model costs, next to loading it with other tools: `python -m benchmarks.onnx_cost`.

Whole processes, imports included: CPU seconds and peak memory of each, medians of interleaved runs, so that a busy
machine disturbs all of them alike; ratios say how many times netlint's cost another tool takes. The models are one of
the onnx wheel, a generated one of the size and shape of BERT-large (1.3 GB, sparse on disk), and generated chains.

Wants: onnx==1.23.2 onnxruntime==1.31.1 polygraphy==0.53.6 onnx-graphsurgeon==0.6.1 onnx-doctor==0.2.0
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from onnx import GraphProto, NodeProto, TensorProto, helper

ROOT: Final = Path(__file__).parents[1]

#: A tool that takes longer than this on its first run is not run again.
PATIENT: Final = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: CPU seconds, wall-clock seconds, peak memory in MiB; whether it was stopped."""

    cpu: float
    wall: float
    memory: float
    stopped: bool = False


def run(command: list[str], limit: float) -> Cost:
    """Run a command to its end, or stop it after `limit` seconds."""
    start = time.monotonic()
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    # Byte code is kept, as an installed package keeps its own.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    process = os.posix_spawn(command[0], command, environment, file_actions=silent)
    stopped = False
    while True:
        ended, _, usage = os.wait4(process, os.WNOHANG)
        if ended:
            break
        if not stopped and time.monotonic() - start > limit:
            os.kill(process, signal.SIGKILL)
            stopped = True
        time.sleep(0.002)
    wall = time.monotonic() - start
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, stopped)


def tools(model: Path) -> dict[str, list[str]]:
    """Command lines, netlint's first."""
    python, folder = sys.executable, Path(sys.executable).parent
    netlint = [python, "-m", "netlint", "--no-config", "--no-cache", "--output-format", "json", str(model)]
    return {
        "netlint": netlint,
        "netlint --weights": [*netlint, "--weights"],
        "onnx.load": [python, "-c", "import sys, onnx; onnx.load(sys.argv[1])", str(model)],
        "onnx full check": [
            python, "-c", "import sys, onnx; onnx.checker.check_model(sys.argv[1], full_check=True)", str(model),
        ],
        "onnxruntime session": [
            python,
            "-c",
            (
                "import sys, onnxruntime as r; o = r.SessionOptions(); "
                "o.graph_optimization_level = r.GraphOptimizationLevel.ORT_DISABLE_ALL; "
                "r.InferenceSession(sys.argv[1], o, providers=['CPUExecutionProvider'])"
            ),
            str(model),
        ],
        "onnx-doctor": [python, str(folder / "onnx-doctor"), "check", "--output-format", "json", str(model)],
        "polygraphy lint": [python, str(folder / "polygraphy"), "check", "lint", str(model), "-o", os.devnull],
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ models


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


#: IR version 10 and opset 20, before the graph (field 7).
_HEAD: Final = b"\x08\x0a" + _field(8, b"\x0a\x00\x10\x14")


def write_sparse(path: Path, graph: GraphProto, weights: dict[str, tuple[int, ...]]) -> None:
    """A model whose float32 weights are zeros that take no room on the disk."""
    body = graph.SerializeToString()
    heads = []
    for name, shape in weights.items():
        size = 4
        for extent in shape:
            size *= extent
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape).SerializeToString()
        tensor += _varint(9 << 3 | 2) + _varint(size)
        heads.append((_varint(5 << 3 | 2) + _varint(len(tensor) + size) + tensor, size))
    with path.open("wb") as stream:
        stream.write(_HEAD + _varint(7 << 3 | 2) + _varint(len(body) + sum(len(head) + size for head, size in heads)))
        stream.write(body)
        for head, size in heads:
            stream.write(head)
            stream.seek(size, os.SEEK_CUR)
        stream.truncate()


def bert_large(path: Path) -> None:
    """734 nodes, 24 layers of width 1024, a vocabulary of 30522: 1.34 GB."""
    nodes: list[NodeProto] = []
    weights: dict[str, tuple[int, ...]] = {}
    constants: list[TensorProto] = []

    def node(op: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        output = name or f"v{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [output], name=f"{op}_{len(nodes)}", **attributes))
        return output

    def weight(name: str, *shape: int) -> str:
        weights[name] = shape
        return name

    def constant(name: str, values: list[float], kind: int, shape: list[int]) -> str:
        if not any(tensor.name == name for tensor in constants):
            constants.append(helper.make_tensor(name, kind, shape, values))
        return name

    def dense(value: str, name: str, inputs: int, outputs: int) -> str:
        product = node("MatMul", value, weight(f"{name}.weight", inputs, outputs))
        return node("Add", product, weight(f"{name}.bias", outputs))

    def norm(value: str, name: str) -> str:
        scale, shift = weight(f"{name}.gamma", 1024), weight(f"{name}.beta", 1024)
        return node("LayerNormalization", value, scale, shift, axis=-1, epsilon=1e-12)

    word = node("Gather", weight("embeddings.word", 30522, 1024), "input_ids")
    kind = node("Gather", weight("embeddings.type", 2, 1024), "token_type_ids")
    place = node("Gather", weight("embeddings.position", 512, 1024), "position_ids")
    hidden = norm(node("Add", node("Add", word, kind), place), "embeddings.norm")
    axes = constant("axes", [1, 2], TensorProto.INT64, [2])
    mask = node("Cast", node("Unsqueeze", "attention_mask", axes), to=TensorProto.FLOAT)
    mask = node("Sub", constant("one", [1.0], TensorProto.FLOAT, []), mask)
    mask = node("Mul", mask, constant("least", [-10000.0], TensorProto.FLOAT, []))
    heads = constant("heads", [0, 0, 16, 64], TensorProto.INT64, [4])
    joined = constant("joined", [0, 0, 1024], TensorProto.INT64, [3])
    scale = constant("scale", [8.0], TensorProto.FLOAT, [])
    for index in range(24):
        layer = f"layer.{index}"
        parts = {}
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            split = node("Reshape", dense(hidden, f"{layer}.{part}", 1024, 1024), heads)
            parts[part] = node("Transpose", split, perm=order)
        scores = node("Div", node("MatMul", parts["query"], parts["key"]), scale)
        attention = node("Softmax", node("Add", scores, mask), axis=-1)
        context = node("Transpose", node("MatMul", attention, parts["value"]), perm=[0, 2, 1, 3])
        output = dense(node("Reshape", context, joined), f"{layer}.output", 1024, 1024)
        hidden = norm(node("Add", output, hidden), f"{layer}.norm1")
        wide = node("Gelu", dense(hidden, f"{layer}.intermediate", 1024, 4096))
        hidden = norm(node("Add", dense(wide, f"{layer}.dense", 4096, 1024), hidden), f"{layer}.norm2")
    first = node("Gather", hidden, constant("zero", [0], TensorProto.INT64, []), axis=1)
    pooled = node(
        "Tanh", node("Gemm", first, weight("pooler.weight", 1024, 1024), weight("pooler.bias", 1024), transB=1)
    )
    node("Gemm", pooled, weight("head.weight", 2, 1024), weight("head.bias", 2), name="logits", transB=1)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "token_type_ids", "position_ids", "attention_mask")
    ]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])
    write_sparse(path, helper.make_graph(nodes, "bert_large", inputs, [logits], constants), weights)


def chain(path: Path, count: int) -> None:
    """`count` nodes: a convolution of four channels, a ReLU and a residual addition, again and again."""
    kind = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])
    weight = helper.make_tensor("w", TensorProto.FLOAT, [4, 4, 1, 1], bytes(range(64)), raw=True)

    def parts() -> Iterator[bytes]:
        yield _field(2, b"chain")
        yield _field(11, kind.SerializeToString())
        value = b"x"
        for index in range(0, count, 3):
            number = b"%d" % index
            weight.name = f"w{index}"
            yield _field(5, weight.SerializeToString())
            for op, inputs, output in (
                (b"Conv", (value, b"w" + number), b"c" + number),
                (b"Relu", (b"c" + number,), b"r" + number),
                (b"Add", (b"r" + number, value), b"a" + number),
            ):
                fields = b"".join(_field(1, name) for name in inputs)
                yield _field(1, fields + _field(2, output) + _field(3, op + number) + _field(4, op))
            value = b"a" + number
        kind.name = value.decode()
        yield _field(12, kind.SerializeToString())

    path.write_bytes(_HEAD + _field(7, b"".join(parts())))


def small() -> Path:
    """ResNet-50 without its weights, from the onnx wheel: 415 nodes, 80 KB."""
    import onnx

    return Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_resnet50.onnx"


# ------------------------------------------------------------------------------------------------ measuring


def measure(name: str, model: Path, runs: int, limit: float, only: list[str]) -> None:
    """Print one table: each tool on one model."""
    commands = {tool: command for tool, command in tools(model).items() if not only or tool in only}
    costs: dict[str, list[Cost]] = {tool: [] for tool in commands}
    for turn in range(runs + 1):
        for tool, command in commands.items():
            done = costs[tool]
            if not done or done[-1].cpu < PATIENT:
                done.append(run(command, limit))
                # The first turn warms the file cache, and counts only where it stays the only one.
                if turn == 1:
                    del done[0]
    print(f"\n### {name} ({model.stat().st_size / 1e6:,.1f} MB)\n")
    print("| tool | CPU s | peak MiB | times netlint's CPU | times netlint's memory | runs |")
    print("| --- | --- | --- | --- | --- | --- |")
    base = _median(costs[next(iter(commands))])
    for tool, done in costs.items():
        cost = _median(done)
        more = "> " if cost.stopped else ""
        print(
            f"| {tool} | {more}{cost.cpu:.2f} | {cost.memory:,.0f} | {more}{cost.cpu / base.cpu:.1f} | "
            f"{cost.memory / base.memory:.1f} | {len(done)} |",
            flush=True,
        )


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.memory for cost in costs),
        any(cost.stopped for cost in costs),
    )


def main() -> None:
    """Make the models, measure, print Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--limit", type=float, default=120, help="seconds after which a tool is stopped")
    arguments.add_argument("--model", action="append", help="small, bert-large, or a number of nodes; default: all")
    arguments.add_argument("--tool", action="append", default=[], help="only these (netlint is always there)")
    asked = arguments.parse_args()
    only = ["netlint", *asked.tool] if asked.tool else []
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.model or ["small", "bert-large", "10000", "100000", "1000000"]:
            path = Path(folder) / f"{name}.onnx"
            if name == "small":
                path = small()
            elif name == "bert-large":
                bert_large(path)
            else:
                chain(path, int(name))
            title = f"{int(name):,} nodes" if name.isdecimal() else name
            measure(title, path, asked.runs, asked.limit, only)
            if path.parent == Path(folder):
                path.unlink()


if __name__ == "__main__":
    main()
