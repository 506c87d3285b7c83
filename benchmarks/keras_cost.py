"""What judging a Keras model costs, next to Keras itself: `python -m benchmarks.keras_cost`.

Whole processes, imports included: seconds by the clock and of the processor and peak memory, medians of interleaved
runs, so that a busy machine disturbs all of them alike. The model is a ResNet-50 with its weights (about 100 MB), built
and saved by Keras in the first step.

Wants: keras, tensorflow (in the Python given by --keras), networkx
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]

_BUILD: Final = """
import sys, keras
keras.applications.ResNet50(weights=None).save(sys.argv[1])
"""
_LOAD: Final = "import sys, keras; keras.models.load_model(sys.argv[1])"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: wall-clock and CPU seconds, peak memory in MiB."""

    wall: float
    cpu: float
    memory: float


def run(command: list[str], cache: str) -> Cost:
    """One process, waited for. Byte code is kept in `cache`, as an installed package keeps its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = cache
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} failed with {process.returncode}: {' '.join(command[1:])}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    """Print a table of medians, and how many times as long as netlint the others take."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="runs of each cheap process (default %(default)s)")
    parser.add_argument("--keras", default=sys.executable, help="a Python that has keras and tensorflow")
    parser.add_argument("--model", type=Path, help="a .keras file; else a ResNet-50 is built")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or Path(folder) / "resnet50.keras"
        if given.model is None:
            run([given.keras, "-c", _BUILD, str(model)], f"{folder}/keras")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "python -c 'import networkx'": [sys.executable, "-c", "import networkx"],
            "netlint": [sys.executable, "-m", "netlint", "--no-cache", str(model)],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for command in commands.values():
            run(command, folder)
        for _ in range(given.runs):
            for name, command in commands.items():
                costs[name].append(run(command, folder))
        load = [given.keras, "-c", _LOAD, str(model)]
        run(load, f"{folder}/keras")
        costs["keras.models.load_model"] = [run(load, f"{folder}/keras") for _ in range(5)]
        size = model.stat().st_size
    netlint = statistics.median(cost.wall for cost in costs["netlint"])
    print(f"{model.name}, {size / 2**20:.1f} MiB")
    print(f"{'':30}{'wall s':>9}{'CPU s':>9}{'MiB':>8}{'x netlint':>11}")
    for name, each in costs.items():
        wall, cpu, memory = (
            statistics.median(getattr(cost, field) for cost in each) for field in ("wall", "cpu", "memory")
        )
        print(f"{name:30}{wall:9.3f}{cpu:9.3f}{memory:8.0f}{wall / netlint:11.2f}")


if __name__ == "__main__":
    main()
