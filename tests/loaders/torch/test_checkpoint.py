"""Checkpoints: what they hold, and what loading them would run; nothing of it is run."""

from __future__ import annotations

import collections
import functools
import json
import os
import pickle
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from netlint import lint, load
from netlint.loaders.torch.allowed import verdict
from netlint.loaders.torch.opcodes import Import
from tests.loaders.torch.programs import zipped


class Calls:
    """Pickles to a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.made = (function, arguments)

    def __call__(self) -> None:
        """Pickles call what can be called."""

    def __reduce__(self) -> Any:
        return self.made


def saved(value: object, protocol: int = 2) -> bytes:
    return zipped({"m/data.pkl": pickle.dumps(value, protocol), "m/version": "3"})


def told(data: bytes, name: str = "net.pt") -> list[tuple[str, str, str]]:
    return [(one.rule, one.severity, one.message) for one in lint(data, filename=name).findings]


def spelled(rule: str, severity: str, message: str) -> list[tuple[str, str, str]]:
    return [(rule, severity, message)]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_call_of_the_system_is_an_error_and_not_made(protocol: int, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    command = f"touch {proof}"
    evil = saved({"weight": 1, "x": Calls(os.system, command)}, protocol)
    findings = told(evil)
    assert [one[:2] for one in findings] == [("unsafe-checkpoint", "error")]
    assert findings[0][2].startswith(f"whoever loads this file runs `{os.system.__module__}.system('touch ")
    assert not proof.exists()


def test_eval_behind_getattr() -> None:
    chain = Calls(getattr, Calls(__import__, "builtins"), "eval")
    assert told(saved(chain)) == spelled(
        "unsafe-checkpoint",
        "error",
        "whoever loads this file runs `__builtin__.__import__('builtins')`, and imports `__builtin__.getattr`",
    )


class Layer:
    """Has one of its own methods as an attribute, as timm's FasterNet has."""

    def __init__(self) -> None:
        self.forward = self.run

    def run(self) -> None:
        raise AssertionError("nothing is run")


def test_a_method_as_an_attribute() -> None:
    data = saved({"a": Layer(), "b": Layer()})
    assert told(data) == spelled(
        "unsafe-checkpoint",
        "info",
        "this file holds more than tensors: loading it imports and runs `tests.loaders.torch.test_checkpoint.Layer`; "
        "`torch.load` refuses that by default, and it breaks as soon as that code moves",
    )


@pytest.mark.parametrize(
    "value",
    [
        Calls(Calls(getattr, Layer(), "run")),
        Calls(getattr, Layer(), "__class__"),
        Calls(getattr, Calls(getattr, Layer(), "run"), "im_func"),
        Calls(getattr, Layer, "run"),
        [Calls(getattr, Layer(), "run"), getattr],
        Calls(functools.partial, getattr, Layer(), "run"),
    ],
)
def test_other_uses_of_getattr(value: object) -> None:
    findings = told(saved(value))
    assert [one[:2] for one in findings] == [("unsafe-checkpoint", "error")]
    assert "getattr" in findings[0][2]


def test_text_pickles_under_their_own_name() -> None:
    assert told(b"cposix\nsystem\n(S'true'\ntR.", "x.pkl") == spelled(
        "unsafe-checkpoint", "error", "whoever loads this file runs `posix.system('true')`"
    )
    assert told(b"(iposix\nsystem\n.", "x.pickle") == spelled(
        "unsafe-checkpoint", "error", "whoever loads this file runs `posix.system`"
    )


def test_names_that_the_pickle_computes() -> None:
    data = b"\x80\x04\x8c\x05posix\x940" + b"(K\x01l\x8c\x06system\x93."
    assert told(zipped({"m/data.pkl": data})) == spelled(
        "unsafe-checkpoint", "error", "whoever loads this file imports `?.computed name`"
    )


def test_a_class_that_is_changed() -> None:
    data = b"\x80\x02ctorch\nTensor\n}X\x03\x00\x00\x00addK\x01sb."
    assert told(zipped({"m/data.pkl": data})) == spelled(
        "unsafe-checkpoint", "error", "whoever loads this file imports `?.a change of torch.Tensor`"
    )


def test_a_whole_module_is_an_info() -> None:
    data = zipped({"m/data.pkl": b"\x80\x02cmodels.unet\nUNet\n)\x81}b."})
    assert told(data) == spelled(
        "unsafe-checkpoint",
        "info",
        "this file holds more than tensors: loading it imports and runs `models.unet.UNet`; `torch.load` refuses that "
        "by default, and it breaks as soon as that code moves",
    )


def test_plain_data_is_silent() -> None:
    value = {
        "epoch": 3, "lr": 0.1, "names": ["a", "b"], "shape": (1, 2), "kinds": {1, 2}, "raw": b"x",
        "state": collections.OrderedDict(a=1), "path": Path("x"), "counts": collections.Counter("ab"),
    }  # fmt: skip
    for protocol in range(6):
        assert told(saved(value, protocol)) == []


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("torch._utils", "_rebuild_tensor_v2", "data"),
        ("torch", "FloatStorage", "data"),
        ("torch", "bfloat16", "data"),
        ("torch.nn.modules.conv", "Conv2d", "data"),
        ("numpy._core.multiarray", "_reconstruct", "data"),
        ("__torch__.net", "___torch_mangle_3", "data"),
        ("timm.models.resnet", "ResNet", "code"),
        ("__main__", "Net", "code"),
        ("torch.hub", "load", "unsafe"),
        ("torch.fx.graph_module", "reduce_graph_module", "unsafe"),
        ("torch", "load", "unsafe"),
        ("torch", "compile", "unsafe"),
        ("numpy.testing._private.utils", "runstring", "unsafe"),
        ("builtins", "eval", "unsafe"),
        ("__builtin__", "getattr", "unsafe"),
        ("subprocess", "Popen", "unsafe"),
        ("nt", "system", "unsafe"),
        ("posix", "system", "unsafe"),
        ("torch", "serialization.os.system", "unsafe"),
        ("__main__", "os.system", "unsafe"),
        ("torch.nn.modules.linear", "torch", "code"),
    ],
)
def test_verdicts(module: str, name: str, expected: str) -> None:
    assert verdict(Import(module, name)) == expected


def test_activations_are_kept_but_not_called() -> None:
    assert verdict(Import("torch.nn.functional", "relu")) == "data"
    assert verdict(Import("torch.nn.functional", "relu"), called=True) == "code"


def test_broken_pickles_are_refused() -> None:
    good = pickle.dumps({"a": [1, 2, (3, 4)]}, 2)
    for end in range(2, len(good)):
        findings = told(zipped({"m/data.pkl": good[:end]}))
        assert [one[:2] for one in findings] == [("unreadable-model", "error")], end
        assert findings[0][2].startswith("this is no checkpoint that can be read: it ")


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02" + b"(" * 110_000 + b".",
        b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        b"\x80\x02]q\x00" + b"(" + b"h\x00" * 50_000 + b"l.",
        b"\x80\x02]q\x00h\x00" + b"2" * 90_000 + b".",
        b"\x80\x04\x96" + struct.pack("<Q", 2**62) + b"x.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
    ],
)
def test_bombs_are_bounded(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netlint.loaders.torch.opcodes._MOST_OPCODES", 100_000)
    started = time.monotonic()
    tracemalloc.start()
    load(zipped({"m/data.pkl": data}), filename="net.pt")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 << 20
    assert time.monotonic() - started < 20


def test_a_structure_that_holds_itself() -> None:
    loop: list[Any] = []
    loop += [loop, {"again": loop}]
    assert told(saved(loop)) == []


def test_a_pickle_in_a_pickle_is_looked_at() -> None:
    inner = pickle.dumps(Calls(os.system, "true"), 2)
    body = b"\x80\x04ctorch.storage\n_load_from_bytes\n" + b"B" + struct.pack("<I", len(inner)) + inner + b"\x85R."
    assert [one[:2] for one in told(zipped({"m/data.pkl": body}))] == [("unsafe-checkpoint", "error")]


def safetensors(header: Any, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_safetensors() -> None:
    header = {
        "__metadata__": {"format": "pt"},
        "fc.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "fc.bias": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    }
    (model,) = load(safetensors(header, bytes(28)), filename="net.safetensors")
    assert model.problems == []
    assert model.pretrained is not None
    assert {name: one[0].dims for name, one in model.pretrained.layers.items()} == {
        "fc.weight": (2, 3),
        "fc.bias": (2,),
    }


@pytest.mark.parametrize(
    ("entry", "room", "message"),
    [
        ({"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 20]}, 20, "tensor `w` is 2x3 of F32, which takes 24 bytes, but its place has 20"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, 4, "tensor `w` stands at bytes 0 to 8, but the file holds 4"),
        ({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}, 8, "tensor `w` leaves 4 bytes before it unused"),
        ({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, 8, "the tensors take 4 bytes, but the file holds 8"),
        ({"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}, 4, "tensor `w` has no shape"),
        ({"dtype": "F32", "shape": [1]}, 4, "tensor `w` has no place in the file"),
        (3, 0, "tensor `w` is described by no object"),
    ],
)  # fmt: skip
def test_safetensors_that_are_wrong(entry: Any, room: int, message: str) -> None:
    assert told(safetensors({"w": entry}, bytes(room)), "w.safetensors") == spelled("corrupt-tensor", "error", message)


@pytest.mark.parametrize("data", [b"", b"\x01", struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 2) + b"[]"])
def test_safetensors_that_are_none(data: bytes) -> None:
    assert [one[:2] for one in told(data, "w.safetensors")] == [("unreadable-model", "error")]


def test_what_torch_writes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from fixtures.torch import nets

    network = nets.ResNet()
    states = {name: tuple(one.shape) for name, one in network.state_dict().items()}
    optimizer = torch.optim.Adam(network.parameters())
    files: dict[str, Any] = {
        "state.pt": network.state_dict(), "module.pt": torch.nn.Sequential(torch.nn.Linear(3, 4)),
        "run.pt": {"model": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1},
    }  # fmt: skip
    for name, value in files.items():
        torch.save(value, tmp_path / name)
        torch.save(value, tmp_path / f"old_{name}", _use_new_zipfile_serialization=False)
    for prefix in ("", "old_"):
        assert lint(*(str(tmp_path / f"{prefix}{name}") for name in files)).findings == []
        assert found(tmp_path / f"{prefix}state.pt") == states
        assert found(tmp_path / f"{prefix}run.pt") == {f"model.{name}": shape for name, shape in states.items()}
        assert found(tmp_path / f"{prefix}module.pt") == {"0.weight": (4, 3), "0.bias": (4,)}


def found(path: Path) -> dict[str, tuple[int, ...]]:
    (model,) = load(str(path))
    assert model.pretrained is not None
    return {name: one[0].dims for name, one in model.pretrained.layers.items()}
