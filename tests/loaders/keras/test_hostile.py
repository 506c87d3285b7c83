"""Bad and malicious files: one clear finding, little time and memory, nothing executed, unpacked or unpickled."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

import netlint.api as api

ROOT = Path(__file__).parents[3]

#: Lints one file in a process of its own; the last line tells its peak memory in MiB and which modules came in.
_MEASURED = """
import sys
import netlint.api
from tests.memory import peak_mib
report = netlint.api.lint(sys.argv[1])
for finding in report.findings:
    print(finding.rule, finding.message)
for failure in report.failures:
    print("failure", failure.reason)
loaded = [name for name in ("h5py", "keras", "tensorflow", "pickle", "numpy", "networkx") if name in sys.modules]
print(peak_mib(), *loaded, sep="|")
"""

DENSE = {"class_name": "Dense", "config": {"name": "fc", "units": 3}}
INPUT = {"class_name": "InputLayer", "config": {"name": "image", "batch_shape": [None, 4]}}


def sequential(*layers: dict[str, Any], name: str = "net") -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": name, "layers": [INPUT, *layers]}}


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def measured(path: Path) -> tuple[list[str], int, list[str]]:
    """(findings, MiB, modules that were imported)."""
    run = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    *findings, last = run.stdout.splitlines()
    memory, *modules = last.split("|")
    return findings, int(memory), modules


def told(path: Path) -> str:
    """The only finding, as `rule message`."""
    report = api.lint(path)
    assert report.failures == []
    (finding,) = report.findings
    return f"{finding.rule} {finding.message}"


def archive(path: Path, members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


@needs_proc
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target, target.open("config.json", "w") as stream:
        for _ in range(300):
            stream.write(b" " * (1 << 20))
    findings, memory, _ = measured(path)
    assert findings == [
        "unreadable-model `config.json` in the archive unpacks to 314,572,800 bytes: no model is that large"
    ]
    assert memory < 100


@needs_proc
def test_a_zip_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target, target.open("config.json", "w") as stream:
        for _ in range(200):
            stream.write(b" " * (1 << 20))
    data, size = path.read_bytes(), struct.pack("<I", 200 << 20)
    assert size in data
    path.write_bytes(data.replace(size, struct.pack("<I", 1000)))
    findings, memory, _ = measured(path)
    assert findings[0].startswith("unreadable-model ")
    assert memory < 200


def test_members_with_paths_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "escaped.txt"
    path = archive(tmp_path / "model.keras", {"../escaped.txt": "x", "/escaped.txt": "x", "../config.json": "{}"})
    assert told(path) == "unreadable-model the archive has no `config.json`, so it is no Keras model"
    assert not outside.exists()


def test_an_archive_without_an_architecture(tmp_path: Path) -> None:
    path = archive(tmp_path / "model.keras", {"metadata.json": "{}", "model.weights.h5": b"x"})
    assert told(path) == (
        "unreadable-model the archive has weights, but no `config.json`: the architecture is not in it"
    )


def test_damaged_archives(tmp_path: Path) -> None:
    whole = archive(tmp_path / "model.keras", {"config.json": json.dumps(sequential(DENSE))}).read_bytes()
    for end in (3, 30, len(whole) // 2, len(whole) - 5):
        path = tmp_path / f"cut{end}.keras"
        path.write_bytes(whole[:end])
        assert told(path).startswith("unreadable-model the archive is damaged: ")
    for at in range(0, len(whole), 7):
        path = tmp_path / "flipped.keras"
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        api.lint(path)


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = archive(tmp_path / "model.keras", {"config.json": "{}"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert told(path).startswith("unreadable-model the archive is damaged: ")


def test_deep_json(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"class_name": "Sequential", "config": ' + "[" * 100_000 + "]" * 100_000 + "}", encoding="utf-8")
    assert told(path) == "unreadable-model the JSON is nested too deeply: no model needs so many levels"
    inside = archive(tmp_path / "deep.keras", {"config.json": path.read_text(encoding="utf-8")})
    assert told(inside) == "unreadable-model the JSON is nested too deeply: no model needs so many levels"


def test_wrappers_in_wrappers(tmp_path: Path) -> None:
    layer: dict[str, Any] = DENSE
    for _ in range(300):
        layer = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": layer}}
    path = tmp_path / "wrapped.json"
    path.write_text(json.dumps(sequential(layer)), encoding="utf-8")
    start = time.perf_counter()
    report = api.lint(path)
    assert time.perf_counter() - start < 5
    assert all(finding.rule != "internal-error" for finding in report.findings)


@needs_proc
def test_models_that_call_models(tmp_path: Path) -> None:
    """Each level calls the one below twice: 30 levels would be a billion layers."""
    inner = sequential(DENSE, name="inner")
    for level in range(30):
        name = f"m{level}"
        inner["inbound_nodes"] = [[["image", 0, 0, {}]], [["inner", 0, 0, {}]]]
        inner["name"] = inner["config"]["name"] = "inner"
        outer_input = {**INPUT, "name": "image", "inbound_nodes": []}
        inner = {
            "class_name": "Functional",
            "config": {
                "name": name,
                "layers": [outer_input, inner],
                "input_layers": [["image", 0, 0]],
                "output_layers": [["inner", 1, 0]],
            },
        }
    path = tmp_path / "tower.json"
    path.write_text(json.dumps(inner), encoding="utf-8")
    start = time.perf_counter()
    findings, memory, _ = measured(path)
    assert findings == ["unreadable-model models inside the model are called more than 5,000 times"]
    assert memory < 300
    assert time.perf_counter() - start < 10


def test_a_circle_of_layers(tmp_path: Path) -> None:
    def dense(name: str, before: str) -> dict[str, Any]:
        config = {"name": name, "units": 4}
        return {"class_name": "Dense", "name": name, "config": config, "inbound_nodes": [[[before, 0, 0, {}]]]}

    model = {
        "class_name": "Functional",
        "config": {
            "name": "ring",
            "layers": [{**INPUT, "name": "image", "inbound_nodes": []}, dense("a", "b"), dense("b", "a")],
            "input_layers": [["image", 0, 0]],
            "output_layers": [["b", 0, 0]],
        },
    }
    path = tmp_path / "ring.json"
    path.write_text(json.dumps(model), encoding="utf-8")
    assert [(found.rule, found.node) for found in api.lint(path).findings if found.severity == "error"] == [
        ("cycle", "")
    ]


@needs_proc
def test_code_is_named_and_not_run(tmp_path: Path) -> None:
    function = {"class_name": "__lambda__", "config": {"code": "4wAAAAAAAAAA!!not base64!!", "defaults": None}}
    model = sequential({"class_name": "Lambda", "config": {"name": "evil", "function": function}}, DENSE)
    path = archive(tmp_path / "evil.keras", {"config.json": json.dumps(model)})
    report = api.lint(path, select=["code-in-model"])
    (finding,) = report.findings
    assert finding.message.startswith("Lambda `evil` holds compiled Python: whoever loads the file runs it")
    assert finding.pointer == "config.json#/config/layers/1/class_name"
    _, _, modules = measured(path)
    assert modules == []


def test_a_custom_class_is_named_once(tmp_path: Path) -> None:
    own = {"class_name": "Mine>Gate", "registered_name": "Mine>Gate", "module": "mine.layers", "config": {"name": "g"}}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(sequential(own, DENSE), indent=1), encoding="utf-8")
    (finding,) = api.lint(path, select=["unknown-layer-type"]).findings
    assert finding.message.startswith("Gate `g` is of a class that Keras does not have (registered as `mine.layers`)")


@pytest.mark.parametrize("text", ["{", '{"class_name": "Sequential"}', '{"class_name": 3, "config": {}}'])
def test_json_that_is_no_model(text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    assert told(path).startswith("unreadable-model ")


def test_hdf5(tmp_path: Path) -> None:
    h5py: Any = pytest.importorskip("h5py", reason="h5py is not installed")
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as store:
        store.attrs["model_config"] = json.dumps(sequential(DENSE))
        store.create_dataset("filler", data=b"x" * 5000)
    assert api.lint(path, select=["unreadable-model"]).findings == []
    whole = path.read_bytes()
    for end in (9, 100, 700, len(whole) // 2):
        cut = tmp_path / f"cut{end}.h5"
        cut.write_bytes(whole[:end])
        assert told(cut).startswith("unreadable-model the HDF5 file is damaged: ")
    weights = tmp_path / "weights.h5"
    with h5py.File(weights, "w") as store:
        store.create_group("layers")
    assert told(weights) == "unreadable-model the file holds weights only: the architecture is not in it"
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as store:
        store.create_group("data")
    assert told(other) == "unreadable-model the file is HDF5, but no Keras model: its root has no `model_config`"


def test_a_subclassed_model_is_told_plainly(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text('{"class_name": "MyNet", "config": {"name": "my_net"}}\n', encoding="utf-8")
    assert told(path).startswith("opaque-model MyNet `my_net` is a class of its own: ")


def test_metadata_of_a_saved_model_that_is_cut_off(tmp_path: Path) -> None:
    from netlint.loaders.keras.document import Refused
    from netlint.loaders.keras.metadata import read_metadata

    text = json.dumps(sequential(DENSE)).encode()
    entry = b"\x1a\x04root\x2a" + _length(text) + text
    content = b"\x0a" + _length(entry) + entry
    assert read_metadata(content).text == text.decode()
    for end in range(len(content)):
        with pytest.raises(Refused):
            read_metadata(content[:end])


def _length(content: bytes) -> bytes:
    size, out = len(content), b""
    while size > 0x7F:
        out += bytes([size & 0x7F | 0x80])
        size >>= 7
    return out + bytes([size])


@needs_proc
def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    path = archive(tmp_path / "model.keras", {"config.json": json.dumps(sequential(DENSE))})
    assert measured(path)[2] == []


def test_a_folder_with_other_json_and_hdf5(tmp_path: Path) -> None:
    """What is no model is nobody's mistake, unless it was named."""
    (tmp_path / "package.json").write_text('{"name": "x"}', encoding="utf-8")
    (tmp_path / "empty.json").write_text("", encoding="utf-8")
    (tmp_path / "config.json").write_text('{"class_name": "Adam"}', encoding="utf-8")
    (tmp_path / "net.json").write_text(json.dumps(sequential(DENSE)), encoding="utf-8")
    h5py: Any = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "images.h5", "w") as store:
        store.create_group("data")
    report = api.lint(tmp_path)
    assert [Path(name).name for name in report.files] == ["net.json"]
    assert [finding.rule for finding in report.findings if finding.severity == "error"] == []
    assert api.lint(tmp_path / "images.h5").findings[0].rule == "unreadable-model"
    assert api.lint(tmp_path / "package.json").findings[0].rule == "unreadable-model"


def test_text_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(b'{"class_name": "Sequential", "config": {"name": "\xff"}}')
    assert told(path) == "unreadable-model byte 49 is no UTF-8 text"
