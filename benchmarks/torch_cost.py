"""What judging an exported PyTorch program costs, next to loading it: `python -m benchmarks.torch_cost`.

Whole processes, imports included, of a ResNet-50 written by `torch.export.save` with its weights (100 MB): CPU seconds,
wall-clock seconds and peak memory, medians of interleaved runs, so that a busy machine disturbs both alike.

Wants: torch==2.13.0, and netlint's own requirements, in one environment.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]

#: What netlint promises: as many times faster than loading the program.
PROMISED: Final = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: CPU seconds, wall-clock seconds, peak memory in MiB."""

    cpu: float
    wall: float
    memory: float


def run(command: list[str]) -> Cost:
    """Run a command to its end. Raises RuntimeError when it could not do its work."""
    start = time.monotonic()
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    # Compiled modules are kept, as those of an installed package are.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    process = os.posix_spawn(command[0], command, environment, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError(f"{' '.join(command[:3])} failed")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024)


def resnet50() -> Any:
    """ResNet-50 as He et al. describe it (arXiv:1512.03385, table 1)."""
    import torch
    from torch import nn

    class Bottleneck(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, inputs: int, width: int, stride: int) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
            self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
            self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
            self.relu = nn.ReLU(inplace=True)
            self.down = None
            if stride != 1 or inputs != 4 * width:
                shortcut = nn.Conv2d(inputs, 4 * width, 1, stride, bias=False)
                self.down = nn.Sequential(shortcut, nn.BatchNorm2d(4 * width))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(out)))))
            out = out + (x if self.down is None else self.down(x))
            return self.relu(out)

    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for width, count, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for index in range(count):
            layers.append(Bottleneck(inputs, width, first if index == 0 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def write(path: Path) -> None:
    """Export the network with its weights."""
    import torch

    program = torch.export.export(resnet50().eval(), (torch.ones(1, 3, 224, 224),), strict=False)
    torch.export.save(program, path)


def median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall", "memory")))


def main() -> int:
    """Print the table; 1 when netlint is not as much faster as promised."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", type=Path, help="another program than ResNet-50")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or Path(folder) / "resnet50.pt2"
        if arguments.model is None:
            # In a process of its own: a child's peak memory counts what its parent had.
            code = "import sys, pathlib; from benchmarks.torch_cost import write; write(pathlib.Path(sys.argv[1]))"
            run([sys.executable, "-W", "ignore", "-c", code, str(model)])
        loading = "import sys, torch; torch.export.load(sys.argv[1])"
        tools = {
            "netlint": [
                sys.executable,
                "-m",
                "netlint",
                "--no-config",
                "--no-cache",
                "--output-format",
                "json",
                str(model),
            ],
            "torch.export.load": [sys.executable, "-W", "ignore", "-c", loading, str(model)],
            "import torch": [sys.executable, "-c", "import torch"],
            "import networkx": [sys.executable, "-c", "import networkx"],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in tools}
        for round_ in range(arguments.runs + 1):
            for name, command in tools.items():
                cost = run(command)
                # The first round only warms the caches of the file system and of compiled code.
                if round_:
                    costs[name].append(cost)
    ours = median(costs["netlint"])
    print(f"{'':20}{'CPU s':>8}{'x':>7}{'wall s':>8}{'x':>7}{'MiB':>7}")
    for name, several in costs.items():
        cost = median(several)
        print(
            f"{name:20}{cost.cpu:8.3f}{cost.cpu / ours.cpu:7.1f}{cost.wall:8.3f}{cost.wall / ours.wall:7.1f}"
            f"{cost.memory:7.0f}"
        )
    return int(median(costs["torch.export.load"]).cpu / ours.cpu < PROMISED)


if __name__ == "__main__":
    sys.exit(main())
