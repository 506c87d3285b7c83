"""Bad and malicious files: one clear finding, little time, little memory, and nothing opened that is not the model's."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import netlint
from netlint.loaders.onnx import proto
from netlint.loaders.wire import encoded
from tests.loaders.onnx.models import FLOAT, INT64, graph, model, node, small, tensor, value, weights

ROOT: Final = Path(__file__).parents[3]

#: Lints one file in a process of its own; the last line tells its peak memory in MiB, its CPU seconds, and every file
#: that it opened after netlint was imported.
_MEASURED = """
import os, resource, sys
from tests.memory import peak_mib
import netlint, netlint.api, netlint.loaders.onnx.document, netlint.loaders.onnx.text, netlint.loaders.onnx.payload
netlint.lint("<ir_version: 8, opset_import: [\\"\\": 17]> g (float[1] x) => (float[1] y) { y = Relu(x) }\\n", filename="a.onnxtxt")
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
before = resource.getrusage(resource.RUSAGE_SELF)
report = netlint.lint(sys.argv[1], read_weights=True)
usage = resource.getrusage(resource.RUSAGE_SELF)
for finding in report.findings:
    print(finding.severity, finding.rule, finding.message)
for failure in report.failures:
    print("failure", failure.reason)
used = usage.ru_utime + usage.ru_stime - before.ru_utime - before.ru_stime
files = opened[:]
print(peak_mib(), round(used, 2), *files, sep="|")
"""


def measured(path: Path) -> tuple[list[str], int, float, list[str]]:
    """(findings, MiB, seconds, files opened)."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    *lines, last = done.stdout.splitlines()
    memory, seconds, *opened = last.split("|")
    return lines, int(memory), float(seconds), opened


def harmless(path: Path) -> list[str]:
    """The findings on a file that must cost little and open nothing but itself and netlint's own files."""
    lines, memory, seconds, opened = measured(path)
    assert memory <= 512
    assert seconds <= 5
    code = (str(Path(netlint.__file__).parent.parent), sys.prefix, sys.base_prefix)
    # A number is a file that was opened by its path just before.
    named = [name for name in opened if not name.isdigit() and name != os.devnull]
    outside = [name for name in named if not name.startswith((str(path.parent), *code))]
    assert outside == []
    return lines


def rules(content: bytes, name: str = "model.onnx") -> list[str]:
    return [finding.rule for finding in netlint.lint(content, filename=name).findings]


def _field(number: int, content: bytes) -> bytes:
    return encoded(number << 3 | 2) + encoded(len(content)) + content


def test_a_good_model_is_silent() -> None:
    assert netlint.lint(small().SerializeToString(), filename="model.onnx").findings == []


def test_truncated_at_every_kibibyte(tmp_path: Path) -> None:
    whole = small()
    whole.graph.initializer.append(tensor("big", [64, 64]))
    content = whole.SerializeToString()
    for size in [*range(1024, len(content), 1024), *range(1, 1024, 61)]:
        findings = netlint.lint(content[:size], filename="model.onnx").findings
        assert [finding.rule for finding in findings] == ["unreadable-model"], size
        assert (
            "cut short" in findings[0].message
            or "ends inside" in findings[0].message
            or "no graph" in findings[0].message
        )


def test_flipped_bytes_never_raise() -> None:
    original = small().SerializeToString()
    chance = random.Random(7)
    for _ in range(2000):
        content = bytearray(original)
        for _ in range(chance.choice((1, 1, 2, 5))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        for finding in netlint.lint(bytes(content), filename="model.onnx", read_weights=True).findings:
            assert finding.rule != "internal-error", finding.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encoded(7 << 3 | 2) + b"\xff" * 9 + b"\x01", "cut short"),
        (encoded(7 << 3 | 2) + b"\xff" * 10 + b"\x01", "overlong number"),
        (b"\x08\x08" + encoded(7 << 3 | 2) + encoded(1 << 63), "cut short"),
        (b"\x08\x08\x3b", "wire type 3"),
        (b"\x08\x08\x02\x00", "field 0"),
        (bytes(range(256)) * 8, "no ONNX model"),
        (b"\x08\x08", "no graph"),
        (b"", "empty"),
    ],
)
def test_bytes_that_are_no_model(content: bytes, message: str) -> None:
    findings = netlint.lint(content, filename="model.onnx").findings
    assert [finding.rule for finding in findings] == ["unreadable-model"]
    assert message in findings[0].message


def test_millions_of_empty_nodes(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x08" + _field(7, b"\x0a\x00" * 5_000_000))
    lines = harmless(path)
    assert len(lines) == 1
    assert lines[0].startswith("error unreadable-model ")
    assert "no model looks like that" in lines[0]


def test_millions_of_empty_attributes_in_one_node(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x08" + _field(7, _field(1, _field(4, b"Relu") + b"\x2a\x00" * 5_000_000)))
    assert "no model looks like that" in harmless(path)[0]


def test_a_million_inputs_of_one_node(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x08" + _field(7, _field(1, _field(4, b"Sum") + b"\x0a\x00" * 2_000_000)))
    assert "has 2,000,000 inputs" in harmless(path)[0]


def test_nested_5000_deep(tmp_path: Path) -> None:
    inner = b"\x0a\x00"
    for _ in range(5000):
        # graph -> node -> attribute -> graph
        inner = _field(1, _field(4, b"If") + _field(5, _field(1, b"then_branch") + b"\xa0\x01\x05" + _field(6, inner)))
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x08" + _field(7, inner))
    lines = harmless(path)
    assert len(lines) == 1
    assert "nested deeper than 95 levels" in lines[0]


def test_nested_20_deep_is_legal() -> None:
    def branch(depth: int) -> Any:
        inner = node("Identity", ["x"], [f"o{depth}"]) if depth == 0 else node(
            "If", ["c"], [f"o{depth}"], f"if{depth}", then_branch=branch(depth - 1), else_branch=graph(
                [node("Identity", ["x"], [f"e{depth}"])], [], [value(f"e{depth}", [1])]
            )
        )  # fmt: skip
        return graph([inner], [], [value(f"o{depth}", [1])])

    top = node("If", ["c"], ["y"], "top", then_branch=branch(20), else_branch=branch(0))
    whole = model(graph([top], [value("x", [1]), value("c", [], 9)], [value("y", [1])]))
    assert [one for one in rules(whole.SerializeToString()) if one in ("unreadable-model", "internal-error")] == []


def _function(name: str, calls: list[str]) -> Any:
    function = proto.FunctionProto(name=name, domain="f", input=["a"], output=["b"])
    function.opset_import.add(domain="", version=17)
    function.opset_import.add(domain="f", version=1)
    last = "a"
    for index, call in enumerate(calls):
        out = "b" if index == len(calls) - 1 else f"t{index}"
        function.node.append(node(call, [last], [out], domain="" if call == "Relu" else "f"))
        last = out
    return function


def test_doubling_functions(tmp_path: Path) -> None:
    functions = [_function(f"f{level}", [f"f{level + 1}"] * 2) for level in range(25)] + [_function("f25", ["Relu"])]
    whole = model(
        graph([node("f0", ["x"], ["y"], "call", "f")], [value("x", [4])], [value("y", [4])]), functions=functions, f=1
    )
    path = tmp_path / "model.onnx"
    path.write_bytes(whole.SerializeToString())
    lines = harmless(path)
    assert [line.split(" ")[:2] for line in lines] == [["error", "function-expansion"]]
    assert "more nodes" in lines[0] or "nodes when its calls are written out" in lines[0]


def test_a_function_that_calls_itself() -> None:
    whole = model(
        graph([node("f0", ["x"], ["y"], "call", "f")], [value("x", [4])], [value("y", [4])]),
        functions=[_function("f0", ["f1"]), _function("f1", ["f0"])],
        f=1,
    )
    assert set(rules(whole.SerializeToString())) == {"function-expansion"}


def test_a_long_chain_of_functions(tmp_path: Path) -> None:
    functions = [_function(f"f{level}", [f"f{level + 1}"]) for level in range(5000)] + [_function("f5000", ["Relu"])]
    whole = model(
        graph([node("f0", ["x"], ["y"], "call", "f")], [value("x", [4])], [value("y", [4])]), functions=functions, f=1
    )
    path = tmp_path / "model.onnx"
    path.write_bytes(whole.SerializeToString())
    assert "64 levels deep" in harmless(path)[0]


def test_gigantic_element_counts(tmp_path: Path) -> None:
    nodes = [
        node("ConstantOfShape", ["s"], ["huge"], "fill"),
        node("Expand", ["x", "s"], ["e"], "expand"),
        node("Tile", ["x", "s"], ["t"], "tile"),
        node("Range", ["zero", "limit", "one"], ["r"], "range"),
        node("ReduceSum", ["huge"], ["y"], "sum"),
    ]
    count = (1 << 62).to_bytes(8, "little")
    tensors = [
        tensor("s", [2], count * 2, INT64), tensor("zero", [], bytes(8), INT64), tensor("limit", [], count, INT64),
        tensor("one", [], (1).to_bytes(8, "little"), INT64), tensor("bad", [1 << 31, 1 << 31], b"", FLOAT),
    ]  # fmt: skip
    path = tmp_path / "model.onnx"
    path.write_bytes(model(graph(nodes, [value("x", [1, 1])], [value("y", [])], tensors)).SerializeToString())
    lines = harmless(path)
    assert any(line.startswith("error corrupt-tensor tensor `bad`") for line in lines)


def test_a_cycle() -> None:
    nodes = [node("Add", ["x", "b"], ["a"], "first"), node("Relu", ["a"], ["b"], "second")]
    findings = netlint.lint(
        model(graph(nodes, [value("x", [4])], [value("b", [4])])).SerializeToString(), filename="model.onnx"
    ).findings
    told = [finding.message for finding in findings if finding.rule == "cycle"]
    assert len(told) == 1
    assert "Add `first` -> Relu `second` -> Add `first`" in told[0] or "Relu `second` -> Add `first`" in told[0]


def _external(location: str, **extra: str) -> Any:
    whole = small()
    stored = whole.graph.initializer[0]
    stored.ClearField("raw_data")
    stored.data_location = 1
    for key, text in {"location": location, **extra}.items():
        stored.external_data.add(key=key, value=text)
    return whole


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("../secret.bin", "leads out of the model's folder"),
        ("a/../../secret.bin", "leads out of the model's folder"),
        ("..\\secret.bin", "leads out of the model's folder"),
        ("/etc/passwd", "is an absolute path"),
        ("C:\\secret.bin", "is an absolute path"),
        ("missing.bin", "does not exist"),
        ("link.bin", "is a link that leads out of the model's folder"),
        ("inside/link.bin", "is a link that leads out of the model's folder"),
        ("hard.bin", "is a hard link"),
        ("pipe", "is no regular file"),
        ("folder", "is no regular file"),
        ("short.bin", "has 8 bytes, but the tensor's elements go on to byte 1,728"),
    ],
)
def test_external_data(tmp_path: Path, location: str, message: str) -> None:
    folder, outside = tmp_path / "model", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.bin").write_bytes(bytes(2000))
    (folder / "link.bin").symlink_to(outside / "secret.bin")
    (folder / "inside").symlink_to(outside)
    (outside / "link.bin").write_bytes(bytes(2000))
    os.link(outside / "secret.bin", folder / "hard.bin")
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "short.bin").write_bytes(bytes(8))
    path = folder / "model.onnx"
    path.write_bytes(_external(location).SerializeToString())
    lines = harmless(path)
    assert [line.split(" ")[:2] for line in lines] == [["error", "external-data"]]
    assert message in lines[0]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"offset": "-1"}, "its `offset` is `-1`"),
        ({"offset": "4611686018427387904"}, "go on to byte 4,611,686,018,427,389,632"),
        ({"length": "12"}, "`length` is 12 bytes, but its shape and type take 1,728"),
        ({"offset": "0x10"}, "its `offset` is `0x10`"),
        ({"__class__": "os"}, "unknown key `__class__`"),
    ],
)
def test_external_data_numbers(tmp_path: Path, extra: dict[str, str], message: str) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(4000))
    path = tmp_path / "model.onnx"
    path.write_bytes(_external("data.bin", **extra).SerializeToString())
    findings = netlint.lint(path).findings
    assert [finding.rule for finding in findings] == ["external-data"]
    assert message in findings[0].message


def test_right_external_data_are_read_in_the_weight_pass_only(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(4) + weights(432))
    path = tmp_path / "model.onnx"
    path.write_bytes(_external("data.bin", offset="4", length="1728").SerializeToString())
    assert netlint.lint(path).findings == []
    (model_,) = netlint.load(path, read_weights=True)
    statistics = model_.stored[0].statistics
    assert statistics is not None
    assert statistics.count == 432
