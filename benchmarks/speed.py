"""How fast netlint is, as ratios and CPU time: `python benchmarks/speed.py [alexnet.prototxt]`.

Machines are noisy, so every whole-process figure is the median of interleaved runs, given as a multiple of an
interpreter that does nothing, or of one that only imports networkx, in the same minute.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 15


def residual_network(blocks: int) -> str:
    """A train_val net of residual blocks, about 100 lines each, written as people write them."""
    data = (
        "  transform_param {\n    crop_size: 224\n    mean_value: 104\n    mean_value: 117\n    mean_value: 123\n  }\n"
        "  data_param {\n    batch_size: 32\n  }\n"
    )
    lines = ['name: "resnet"', _layer("data", "Data", [], "data", f'  top: "label"\n{data}')]
    bottom = "data"
    lines.append(_conv("conv1", bottom, 64, 3))
    bottom = "conv1"
    for block in range(blocks):
        top = bottom
        for branch in ("a", "b", "c"):
            name = f"res{block}{branch}"
            lines.append(_conv(name, top, 64, 1 if branch != "b" else 3))
            top = name
            if branch != "c":
                lines.append(_layer(f"{name}_relu", "ReLU", [name], name))
        lines.append(_layer(f"res{block}", "Eltwise", [bottom, top], f"res{block}"))
        lines.append(_layer(f"res{block}_relu", "ReLU", [f"res{block}"], f"res{block}"))
        bottom = f"res{block}"
    pooling = "  pooling_param {\n    pool: AVE\n    global_pooling: true\n  }\n"
    lines.append(_layer("pool", "Pooling", [bottom], "pool", pooling))
    lines.append(
        _layer(
            "fc",
            "InnerProduct",
            ["pool"],
            "fc",
            '  inner_product_param {\n    num_output: 1000\n    weight_filler {\n      type: "xavier"\n    }\n  }\n',
        )
    )
    lines.append(_layer("loss", "SoftmaxWithLoss", ["fc", "label"], "loss"))
    return "\n".join(lines) + "\n"


def _conv(name: str, bottom: str, outputs: int, kernel: int) -> str:
    convolution = _layer(
        name,
        "Convolution",
        [bottom],
        name,
        f"  convolution_param {{\n    num_output: {outputs}\n    kernel_size: {kernel}\n    pad: {kernel // 2}\n"
        '    bias_term: false\n    weight_filler {\n      type: "msra"\n    }\n  }\n',
    )
    norm = _layer(f"bn_{name}", "BatchNorm", [name], name)
    scale = _layer(f"scale_{name}", "Scale", [name], name, "  scale_param {\n    bias_term: true\n  }\n")
    return f"{convolution}\n{norm}\n{scale}"


def _layer(name: str, kind: str, bottoms: Sequence[str], top: str, rest: str = "") -> str:
    inputs = "".join(f'  bottom: "{bottom}"\n' for bottom in bottoms)
    return f'layer {{\n  name: "{name}"\n  type: "{kind}"\n{inputs}  top: "{top}"\n{rest}}}'


def in_process(text: str, runs: int = RUNS) -> float:
    """CPU seconds for parse, shapes and all rules in both phases, once everything is imported: the best of many."""
    from netlint import lint

    lint(residual_network(1), filename="warm.prototxt")
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        report = lint(text, filename="net.prototxt")
        best = min(best, time.process_time() - start)
        assert not report.findings, report.findings[0]
    return best


def processes(commands: dict[str, list[str]]) -> dict[str, float]:
    """Median CPU seconds of each command, the runs interleaved."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(RUNS + 1):
        for name, command in commands.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if run:  # the first round warms the file cache and the bytecode
                times[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Measure and print."""
    text = residual_network(87)
    lines = text.count("\n")
    seconds = in_process(text)
    print(f"parse + shapes + all rules, {lines} lines, both phases: {seconds * 1000:.1f} ms CPU (aim: 60 for 10 000)")

    print("growth, in microseconds a line:", end="")
    for blocks in (9, 87, 808, 870):
        text = residual_network(blocks)
        seconds = in_process(text, 3)
        lines = text.count("\n")
        print(
            f"  {lines} lines {seconds / lines * 1e6:.1f}", end=f" ({seconds:.2f} s, aim: 1.0)" if blocks == 808 else ""
        )
    print()

    command = Path(sys.executable).parent / "netlint"
    netlint = [str(command)] if command.exists() else [sys.executable, "-m", "netlint"]
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.prototxt"
        small.write_text(residual_network(1), encoding="utf-8")
        target = sys.argv[1] if len(sys.argv) > 1 else str(small)
        os.environ["PYTHONPATH"] = str(ROOT)
        # Byte code is kept, as an installed package keeps its own.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        os.environ["NETLINT_CACHE_DIR"] = str(Path(folder) / "cache")
        found = processes(
            {
                "pass": [sys.executable, "-c", "pass"],
                "networkx": [sys.executable, "-c", "import networkx"],
                "version": [*netlint, "--version"],
                "explain": [*netlint, "explain", "double-softmax"],
                "lint": [*netlint, target, "--no-cache"],
                "again": [*netlint, target],
                "show": [*netlint, "show", target],
            }
        )
    print(f"netlint --version: {found['version'] / found['pass']:.2f} x `python -c pass` (aim: 2.5)")
    print(f"netlint explain:   {found['explain'] / found['pass']:.2f} x `python -c pass` (aim: 2.5)")
    print(f"netlint FILE:      {found['lint'] / found['networkx']:.2f} x `python -c 'import networkx'` (aim: 1.6)")
    print(
        f"the same again:    {found['again'] / found['networkx']:.2f} x `python -c 'import networkx'` (known findings)"
    )
    print(f"netlint show FILE: {found['show'] / found['networkx']:.2f} x `python -c 'import networkx'`")


if __name__ == "__main__":
    main()
