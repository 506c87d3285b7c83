"""What rules in YAML cost: python -m benchmarks.policies_cost. It needs the extra `policies`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from netlint.api import Options, lint
from netlint.engine.packs import built_in_folder, load_folder

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
    command = [sys.executable, "-m", "netlint", *arguments]
    return _best_wall(lambda: subprocess.run(command, capture_output=True, check=False))


def _best_wall(run: Callable[[], object], times: int = 7) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    text = _net()
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "none"
        _write(pack, "false")
        none = _best(lambda: _lint(text, pack))
        print(f"one rule in YAML on {_LAYERS} convolutions, in microseconds a node, above the condition `false`:")
        for name, when in CONDITIONS.items():
            own = Path(folder) / name.replace(" ", "_")
            _write(own, when)
            print(f"  {name}: {(_best(lambda own=own: _lint(text, own)) - none) / _LAYERS * 1e6:.1f}")
        net = Path(folder) / "net.prototxt"
        net.write_text("\n".join(text.splitlines()[:20]) + "\n")
        quiet = Path(folder) / "quiet"
        _write(quiet, "true", "[LSTM]")
        plain = _start(str(net))
        print(
            f"netlint FILE with {_count(POLICIES)} rules in YAML: {_start(str(net), '--rule-pack', str(POLICIES)) / plain:.2f} x"
        )
        print(
            f"netlint FILE with a rule in YAML that has no work: {_start(str(net), '--rule-pack', str(quiet)) / plain:.2f} x"
        )


def _lint(text: str, pack: Path) -> object:
    return lint(text, filename="net.prototxt", options=Options(select=("own",), rule_packs=(pack,)))


def _count(pack: Path) -> int:
    assert built_in_folder().is_dir()
    return len(load_folder(pack, "counted"))


def _write(pack: Path, when: str, on: str = "[Conv]") -> None:
    pack.mkdir()
    rule = f"rules:\n  - name: own\n    severity: info\n    message: m\n    on: {on}\n    when: {when!r}\n"
    (pack / "own.yaml").write_text(rule)


if __name__ == "__main__":
    main()
