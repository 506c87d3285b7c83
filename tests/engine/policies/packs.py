"""Small rule packs in YAML for the tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from netlint.api import lint
from netlint.engine.packs import PackError
from netlint.engine.policies.read import PolicyRule, read_file

NET = """name: "net"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 20 kernel_size: 5 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "fc" type: "InnerProduct" bottom: "conv1" top: "fc" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def write(folder: Path, *rules: str, name: str = "house.yaml") -> Path:
    """A pack of one file with these rules, each a mapping in YAML."""
    items = [indent(dedent(rule).strip("\n"), "    ") for rule in rules]
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("rules:\n" + "".join(f"  -\n{item}\n" for item in items), encoding="utf-8")
    return folder


def rule(when: str, on: str = "Conv", message: str = "found", more: str = "") -> str:
    """A rule named `own`."""
    lines = [
        "name: own",
        "severity: warning",
        f"message: {message!r}",
        *([f"on: {on}"] if on else []),
        f"when: {when!r}",
    ]
    return "\n".join([*lines, dedent(more)])


def told(folder: Path, text: str = NET, filename: str = "net.prototxt") -> list[tuple[int, int, str, str]]:
    """(line, column, node, message) of what the rule `own` finds."""
    report = lint(text, filename=filename, select=("own",), rule_packs=(folder,))
    return [(found.line, found.column, found.node, found.message) for found in report.findings]


def holds(folder: Path, when: str, on: str = "Conv", text: str = NET, filename: str = "net.prototxt") -> bool:
    """Whether a condition holds for some node (or, without `on`, for the model)."""
    pack = folder / f"pack{len(list(folder.iterdir())) if folder.exists() else 0}"
    return bool(told(write(pack, rule(when, on)), text, filename))


def read(folder: Path, text: str) -> list[PolicyRule]:
    """The rules of a file with this text."""
    file = folder / "house.yaml"
    file.write_text(text, encoding="utf-8")
    return read_file(str(file), "house.yaml", "house")


def wrong(folder: Path, data: str | bytes) -> str:
    """What is wrong with a file."""
    file = folder / "house.yaml"
    file.write_bytes(data if isinstance(data, bytes) else dedent(data).lstrip("\n").encode("utf-8"))
    with pytest.raises(PackError) as error:
        read_file(str(file), "house.yaml", "house")
    return str(error.value).replace(f"{folder}/", "")
