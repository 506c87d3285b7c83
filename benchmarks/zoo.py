"""Long runs, as ratios: `python benchmarks/zoo.py [FILES]` lints a zoo of 2 000 model files in five ways.

Two cold jobs against one, a warm cache against a cold one, and the peak memory of a large zoo against a small one. The
runs are interleaved, and every figure is the median of their wall times on the same machine in the same minutes.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from benchmarks.speed import ROOT, residual_network

FILES = 2000
FEW = 200
ROUNDS = 3


def write_zoo(folder: Path, count: int) -> None:
    """Files of all text formats, some with mistakes; the same ones each time."""
    chance = random.Random(2026)
    for number in range(count):
        below = folder / f"family{number // 50:02}"
        below.mkdir(parents=True, exist_ok=True)
        depth = chance.choice((1, 2, 2, 3, 4, 6, 8, 12))
        kind = chance.choice(("caffe", "caffe", "solver", "keras", "archive", "onnx"))
        if kind == "caffe":
            text = residual_network(depth)
            (below / f"net{number:04}.prototxt").write_text(_spoilt(text, number), encoding="utf-8")
        elif kind == "solver":
            net = below / f"net{number:04}_train.prototxt"
            net.write_text(residual_network(depth), encoding="utf-8")
            solver = f'net: "{net.name}"\nbase_lr: 0.{number % 9 + 1}\nlr_policy: "fixed"\nmax_iter: {number + 1}\n'
            (below / f"solver{number:04}.prototxt").write_text(solver, encoding="utf-8")
        elif kind == "onnx":
            (below / f"net{number:04}.onnxtxt").write_text(onnx_text(4 * depth), encoding="utf-8")
        else:
            document = keras_json(3 * depth, mistaken=number % 3 == 0)
            if kind == "keras":
                (below / f"net{number:04}.json").write_text(document, encoding="utf-8")
            else:
                # A fixed time, so that the bytes are the same each time.
                with zipfile.ZipFile(below / f"net{number:04}.keras", "w") as archive:
                    archive.writestr(zipfile.ZipInfo("config.json"), document)


def _spoilt(text: str, number: int) -> str:
    """Every third net has the mistakes that most have."""
    if number % 3:
        return text
    return text.replace("pad: 1", "pad: 5", 1).replace('type: "msra"', 'type: "constant"', 1)


def keras_json(blocks: int, *, mistaken: bool) -> str:
    """A sequential network, as `model.to_json()` writes it."""
    layers: list[tuple[str, dict[str, object]]] = [("InputLayer", {"batch_shape": [None, 64, 64, 3]})]
    for block in range(blocks):
        layers.append(("Conv2D", {"filters": 32, "kernel_size": [3, 3], "padding": "same", "use_bias": mistaken}))
        layers += (
            [("BatchNormalization", {}), ("ReLU", {})] if block % 2 else [("LayerNormalization", {}), ("ReLU", {})]
        )
    layers += [("GlobalAveragePooling2D", {}), ("Dense", {"units": 10, "activation": "softmax"})]
    named = [
        {"class_name": kind, "config": {"name": f"{kind.lower()}_{index}", **config}}
        for index, (kind, config) in enumerate(layers)
    ]
    return json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": named}}, indent=1)


def onnx_text(blocks: int) -> str:
    """A chain of convolutions in ONNX's text syntax."""
    weights = ", ".join(f"float[16,{16 if block else 3},3,3] w{block} = {{}}" for block in range(blocks))
    lines = ['<ir_version: 8, opset_import: ["": 17]>', "net (float[1,3,64,64] x0) => (float y)", f"<{weights}>", "{"]
    for block in range(blocks):
        lines.append(f"  c{block} = Conv<pads = [1, 1, 1, 1]>(x{block}, w{block})")
        lines.append(f"  x{block + 1} = Relu(c{block})")
    return "\n".join([*lines, f"  y = GlobalAveragePool(x{blocks})", "}"]) + "\n"


def run(zoo: Path, cache: Path, *options: str) -> tuple[float, bytes]:
    """Wall seconds and output of one command."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "netlint", str(zoo), "--output-format", "json", *options],
        stdout=subprocess.PIPE,
        env={**os.environ, "NETLINT_CACHE_DIR": str(cache)},
        check=False,
    )
    assert done.returncode in (0, 1), done.returncode
    return time.perf_counter() - start, done.stdout


def peak(zoo: Path, cache: Path, *options: str) -> float:
    """MiB of the largest process that one command needs, itself or its workers."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, sys.executable, "-m", "netlint", str(zoo), *options]
    env = {**os.environ, "NETLINT_CACHE_DIR": str(cache)}
    return int(subprocess.run(command, stdout=subprocess.PIPE, env=env, check=True).stdout) / 1024


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Byte code is kept, as an installed package keeps its own.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        zoo, few = folder / "zoo", folder / "few"
        write_zoo(zoo, count)
        write_zoo(few, min(FEW, count))
        run(few, folder / "first")
        times: dict[str, list[float]] = {"one job": [], "two jobs": [], "auto": [], "cold": [], "warm": []}
        outputs = set()
        for number in range(ROUNDS):
            kept = folder / f"cache{number}"
            for kind, cache, options in (
                ("one job", folder / "first", ("-j", "1", "--no-cache")),
                ("two jobs", folder / "first", ("-j", "2", "--no-cache")),
                ("auto", folder / "first", ("--no-cache",)),
                ("cold", kept, ("-j", "1")),
                ("warm", kept, ("-j", "1")),
            ):
                seconds, output = run(zoo, cache, *options)
                times[kind].append(seconds)
                outputs.add(output)
        assert len(outputs) == 1, "the runs differ"
        found = json.loads(outputs.pop())["summary"]
        print(
            f"{found['files']} files, {found['findings']} findings, "
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        median = {kind: statistics.median(values) for kind, values in times.items()}
        for kind, values in times.items():
            print(f"{kind + ':':10} {median[kind]:.2f} s ({', '.join(f'{value:.2f}' for value in values)})")
        print(f"two jobs:     {median['two jobs'] / median['one job']:.2f} x one (aim: 0.6)")
        print(f"filling it:   {median['cold'] / median['one job']:.2f} x no cache")
        print(f"warm cache:   {median['warm'] / median['one job']:.3f} x no cache (aim: 0.1)")
        for title, options in (("one job", ("-j", "1")), ("two jobs", ("-j", "2"))):
            small = peak(few, folder / f"memory{title}", *options, "--no-cache")
            large = peak(zoo, folder / f"memory{title}", *options, "--no-cache")
            print(f"peak memory, {title}: {small:.0f} MiB with {FEW} files, {large:.0f} with {count} (aim: the same)")


if __name__ == "__main__":
    main()
