"""Archives that are broken or mean harm: one clear sentence each, no traceback, bounded memory and time."""

from __future__ import annotations

import json
import random
import struct
import time
import tracemalloc
from typing import Any

import pytest

from netlint import lint, load
from tests.loaders.torch.programs import FIXTURES, archived, call, program, tensor, zipped

RELU = call("relu.default", "y", self="%x")
GOOD = program([RELU], {"x": tensor(2, 3), "y": tensor(2, 3)}, ["y"])


def refusal(data: bytes) -> str:
    report = lint(data, filename="net.pt2")
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("unreadable-model", "error")]
    return report.findings[0].message


def test_the_good_one_is_good() -> None:
    assert lint(archived(GOOD), filename="net.pt2").findings == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 and then nothing", "this is no zip archive, or it is cut off: its list of members is missing"),
        (b"\x80\x02}q\x00.", "this is no zip archive, or it is cut off: its list of members is missing"),
        (zipped({"m/readme": "x"}), "the archive holds no exported program (`models/*.json`)"),
        (zipped({"m/data.pkl": "x"}), "this zip was written by `torch.save` or `torch.jit.save`: it holds no exported program"),
        (zipped({"m/data/aotinductor/m/a.so": ""}), "the archive holds compiled code (AOTInductor) and no graph"),
        (zipped({"m/models/model.json": "{"}), "`m/models/model.json` is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (zipped({"m/models/model.json": "[]"}), "`m/models/model.json` holds no object"),
        (zipped({"m/models/model.json": b"\xff{}"}), "`m/models/model.json` is no UTF-8 text at byte 0"),
        (zipped({"m/models/model.json": "[" * 200_000}), "`m/models/model.json` is nested too deeply"),
        (archived([]), "`m/models/model.json` holds no object"),
        (archived({}), "this is no exported program that can be read: `schema_version` is no object"),
        (archived({**GOOD, "schema_version": {"major": 9}, "torch_version": "3.1"}), "this is no exported program that can be read: it is written in version 9 of the format (by torch 3.1): netlint reads version 8"),
        (archived({**GOOD, "schema_version": {"major": 7, "minor": 3}}), "this is no exported program that can be read: it is written in version 7 of the format: netlint reads version 8"),
        (archived({**GOOD, "graph_module": None}), "this is no exported program that can be read: `graph_module` is no object"),
    ],
)  # fmt: skip
def test_refused(data: bytes, message: str) -> None:
    assert refusal(data) == message


@pytest.mark.parametrize("name", ["m/models/model.json", "serialized_exported_program.json"])
def test_both_layouts(name: str) -> None:
    (model,) = load(zipped({name: json.dumps(GOOD)}), filename="net.pt2")
    assert [node.op for node in model.nodes] == ["Input", "Relu"]


def test_several_methods_are_several_models() -> None:
    text = json.dumps(GOOD)
    models = load(zipped({"m/models/encode.json": text, "m/models/decode.json": text}), filename="net.pt2")
    assert [model.name for model in models] == ["decode", "encode"]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({"m/models/model.json": b" " * (129 << 20)})
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    message = refusal(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message == "`m/models/model.json` has 129 MiB: netlint reads up to 128"
    assert peak < 16 << 20


def test_a_size_that_lies_is_found_while_unpacking() -> None:
    bomb = bytearray(zipped({"m/models/model.json": b" " * (4 << 20)}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = bomb.find(mark) + offset
        bomb[at : at + 4] = struct.pack("<I", 10)
    assert "this is no zip archive that can be read" in refusal(bytes(bomb)) or "is no JSON" in refusal(bytes(bomb))


def test_many_small_parts_are_refused() -> None:
    text = b'{"a":[' + b"[]," * 3_000_000 + b"0]}"
    started = time.monotonic()
    assert refusal(zipped({"m/models/model.json": text})) == "`m/models/model.json` has more than 6,000,000 parts"
    assert time.monotonic() - started < 5


def test_a_list_of_members_that_lies() -> None:
    data = bytearray(archived(GOOD))
    at = data.rfind(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<I", 0xFFFFFFF0)
    assert refusal(bytes(data)) == "the archive claims a list of members of 4,294,967,280 bytes"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": None}, "node `y` is no list"),
        ({"target": 3}, "the target of node 0 is no text"),
        ({"outputs": [{"as_tensor": {"name": 3}}]}, "a tensor is no text"),
        ({"inputs": [{"name": "self", "arg": {"as_tensor": {"name": "z"}}}]}, "node `y` reads `z`, which nothing has made before"),
        ({"inputs": [{"name": "self", "arg": {"as_tensor": {"name": "y"}}}]}, "node `y` reads `y`, which nothing has made before"),
        ({"inputs": [{"name": "self", "arg": {"as_ints": "no"}}]}, "node `y` is no list"),
        ({"inputs": [{"name": "self", "arg": {"as_int": "no"}}]}, "node `y` holds something else than it says"),
    ],
)  # fmt: skip
def test_malformed_nodes(change: dict[str, Any], message: str) -> None:
    broken = program([{**RELU, **change}], {"x": tensor(2, 3), "y": tensor(2, 3)}, ["y"])
    assert refusal(archived(broken)) == f"this is no exported program that can be read: {message}"


def test_negative_extents_and_missing_outputs() -> None:
    negative = program([RELU], {"x": tensor(-2, 3), "y": tensor(2, 3)}, ["y"])
    assert refusal(archived(negative)).endswith("the sizes of `x`: an extent of -2")
    missing = program([RELU], {"x": tensor(2, 3), "y": tensor(2, 3)}, ["q"])
    assert refusal(archived(missing)).endswith("nothing makes the output `q`")


def test_graphs_inside_of_graphs_are_bounded() -> None:
    graph: dict[str, Any] = {"inputs": [], "outputs": [], "nodes": [], "tensor_values": {}}
    for _ in range(60):
        node = {
            "target": "torch.ops.higher_order.wrap_with_set_grad_enabled",
            "inputs": [{"name": "", "arg": {"as_bool": False}}, {"name": "", "arg": {"as_graph": {"name": "g", "graph": graph}}}],
            "outputs": [], "metadata": {}, "name": "g",
        }  # fmt: skip
        graph = {"inputs": [], "outputs": [], "nodes": [node], "tensor_values": {}}
    deep = program(graph["nodes"], {}, [])
    assert refusal(archived(deep)).endswith("graphs nest more than 24 deep")


def test_random_damage_never_raises() -> None:
    """Any value of the JSON replaced by any other."""
    chance = random.Random(7)
    for path in sorted(FIXTURES.glob("*.pt2"))[:6]:
        from netlint.loaders import File
        from netlint.loaders.torch import archive

        (found,) = archive.programs(File(str(path)))
        for _ in range(60):
            damaged = json.loads(json.dumps(found.document))
            for _ in range(chance.randint(1, 4)):
                _damage(damaged, chance)
            report = lint(archived(damaged), filename="net.pt2")
            assert "internal-error" not in {finding.rule for finding in report.findings}


def _damage(item: Any, chance: random.Random) -> None:
    for _ in range(12):
        if isinstance(item, dict) and item:
            key: Any = chance.choice(sorted(item))
        elif isinstance(item, list) and item:
            key = chance.randrange(len(item))
        else:
            return
        if chance.random() < 0.2 or not isinstance(item[key], dict | list):
            item[key] = chance.choice(
                [None, -1, 2**70, "x", [], {}, True, 1.5, [[]], {"as_int": "x"}, {"as_tensor": None}]
            )
            return
        item = item[key]


def test_truncated_files_never_raise() -> None:
    data = (FIXTURES / "resnet.pt2").read_bytes()
    for end in range(0, len(data), 997):
        assert len(lint(data[:end], filename="net.pt2").findings) == 1
