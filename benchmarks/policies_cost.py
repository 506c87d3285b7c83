"""What rules in YAML cost: python -m benchmarks.policies_cost. It needs the extra `policies`."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from netlint.api import Options, lint
from netlint.engine.packs import load_folder
from netlint.engine.policies.read import read_file

POLICIES = Path(__file__).parents[1] / "fixtures" / "policies"
_LAYERS = 5_000

CONDITIONS = {
    "one field": "node.out_channels % 8 == 7",
    "four fields": "node.out_channels % 8 == 7 && node.group == 1 && node.kernel[0] > 1 && node.bias",
    "neighbours": 'consumers.exists(next, next.kind == "loss") && producers.size() > 1',
    "operators behind": '"Loop" in node.ops_behind',
    "receptive field": "node.receptive_field.exists(pixels, pixels < 0)",
}


def _net() -> str:
    data = 'layer { name: "d" type: "Input" top: "t0" input_param { shape { dim: 1 dim: 8 dim: 64 dim: 64 } } }'
    layers = (
        f'layer {{ name: "c{number}" type: "Convolution" bottom: "t{number}" top: "t{number + 1}" '
        "convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }"
        for number in range(_LAYERS)
    )
    return "\n".join([data, *layers, ""])


def _best(run: Callable[[], object], times: int = 5) -> float:
    found = []
    for _ in range(times):
        started = time.process_time()
        run()
        found.append(time.process_time() - started)
    return min(found)


def _start(*arguments: str) -> float:
    """Seconds of processor time that the command takes."""
    command = [sys.executable, "-m", "netlint", *arguments, "--no-cache"]
    found = []
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(found)


def main() -> None:
    text = _net()
    with tempfile.TemporaryDirectory() as folder:
        pack = _written(Path(folder) / "none", "false")
        none = _best(partial(_lint, text, pack))
        print(f"one rule in YAML on {_LAYERS} convolutions, in microseconds a node, above the condition `false`:")
        for name, when in CONDITIONS.items():
            own = _written(Path(folder) / name.replace(" ", "_"), when)
            print(f"  {name}: {(_best(partial(_lint, text, own)) - none) / _LAYERS * 1e6:.1f}")
        net = Path(folder) / "net.prototxt"
        net.write_text("\n".join(text.splitlines()[:20]) + "\n")
        plain = _start(str(net))
        quiet = _written(Path(folder) / "quiet", "true", "[LSTM]")
        loaded, idle = (_start(str(net), "--rule-pack", str(pack)) / plain for pack in (POLICIES, quiet))
        print(f"netlint FILE with {len(load_folder(POLICIES, 'counted'))} rules in YAML: {loaded:.2f} x without them")
        print(f"netlint FILE with a rule in YAML that has no work: {idle:.2f} x")
        cold = _best(partial(_cold, POLICIES))
        print(f"reading and checking {len(load_folder(POLICIES, 'counted'))} rules anew: {cold * 1e3:.0f} ms")


def _lint(text: str, pack: Path) -> object:
    return lint(text, filename="net.prototxt", options=Options(select=("own",), rule_packs=(pack,)))


def _cold(pack: Path) -> None:
    for path in (*pack.glob("*.yaml"), *pack.glob("*/*.yaml")):
        read_file(str(path), path.name, path.stem)


def _written(pack: Path, when: str, on: str = "[Conv]") -> Path:
    pack.mkdir()
    rule = f"rules:\n  - name: own\n    severity: info\n    message: m\n    on: {on}\n    when: {when!r}\n"
    (pack / "own.yaml").write_text(rule)
    return pack


if __name__ == "__main__":
    main()
