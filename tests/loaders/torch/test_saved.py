"""Whole saved modules: what their pickle says of the layers, and what follows from it."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netlint import lint, load
from netlint.model import Model, Node
from tests.loaders.torch.programs import FIXTURES, ROOT, zipped

RIGHT = ("perceptron", "frozen", "resnet", "tagger")


def model_of(name: str) -> Model:
    (model,) = load(str(FIXTURES / f"saved_{name}.pt"))
    return model


def node_of(model: Model, name: str) -> Node:
    return next(node for node in model.nodes if node.name == name)


def told(source: str | bytes) -> list[tuple[str, str, str, str]]:
    """(severity, rule, layer, message), without what holds of every module of somebody's own class."""
    found = lint(source, filename="net.pt").findings if isinstance(source, bytes) else lint(source).findings
    return [(one.severity, one.rule, one.node, one.message) for one in found if one.rule != "unsafe-checkpoint"]


@pytest.mark.parametrize("name", RIGHT)
def test_right_modules_are_silent(name: str) -> None:
    assert told(str(FIXTURES / f"saved_{name}.pt")) == []


def test_a_channel_mismatch_in_nested_chains() -> None:
    assert told(str(FIXTURES / "saved_mismatch.pt")) == [
        (
            "error",
            "channel-mismatch",
            "2.0",
            "the weight of Conv2d `2.0` is 8x32x3x3, made for 32 input channels, but its input ?x16x?x? has 16",
        )
    ]


def test_two_dense_layers_and_nothing_else() -> None:
    assert told(str(FIXTURES / "saved_linear.pt")) == [
        (
            "warning",
            "missing-activation",
            "1",
            "Linear `1` follows Linear `0` with nothing nonlinear between: the two layers together compute what one "
            "matrix of 8x4 computes",
        )
    ]


def test_layers_by_themselves_and_a_chain_inside_of_a_class() -> None:
    assert [one[:3] for one in told(str(FIXTURES / "saved_wrong.pt"))] == [
        ("warning", "double-softmax", "head.3"),
        ("warning", "norm-epsilon-extreme", "norm"),
        ("warning", "padding-exceeds-kernel", "stem"),
    ]


def test_settings_of_layers() -> None:
    model = model_of("frozen")
    assert (model.name, model.phase) == ("Sequential", "TEST")
    conv = node_of(model, "0")
    assert (conv.op, conv.dialect_op) == ("Conv", "Conv2d")
    assert (conv.get("strides", 0), conv.get("pads", 0), conv.get("kernel_shape", 0)) == ((2, 2), (0,) * 4, (3, 3))
    assert [(param.role, param.shape, param.trainable) for param in conv.params] == [
        ("weight", (8, 3, 3, 3), False),
        ("bias", (8,), False),
    ]
    assert all(param.trainable for param in node_of(model, "3").params)
    rnn = node_of(model_of("tagger"), "rnn")
    assert (rnn.op, rnn.get("num_layers", 0), rnn.get("dropout", 0), len(rnn.params)) == ("aten::lstm", 2, 0.2, 16)
    embedding = node_of(model_of("tagger"), "embedding")
    assert (embedding.get("vocabulary", 0), embedding.get("padding_idx", 0)) == (100, 0)


def test_what_is_connected_and_what_is_not() -> None:
    model = model_of("resnet")
    assert [node.name for node in node_of(model, "stem.0").successors] == ["stem.1"]
    # Nobody knows what a class's own `forward` does.
    assert [node.name for node in node_of(model, "body.0.conv1").successors] == ["body.0"]
    assert [node.name for node in node_of(model, "body.0").successors] == ["body.2"]
    # A Sequential of nothing but dense layers may well be a list.
    assert [node.name for node in node_of(model, "heads.0").successors] == ["heads"]
    (own,) = node_of(model, "").params
    assert (own.role, own.shape) == ("scale", (1,))


def test_the_command_shows_and_judges() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "netlint", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    shown = run("show", "fixtures/torch/saved_frozen.pt")
    assert shown.returncode == 0
    assert shown.stdout.splitlines() == [
        "fixtures/torch/saved_frozen.pt: Sequential (TEST), torch, 5 nodes",
        "line  name   type     output   parameters",
        "      input  Input    ?x?x?x?",
        "      0      Conv2d   ?x8x?x?         224",
        "      1      ReLU     ?x8x?x?",
        "      2      Flatten  ?x?",
        "      3      Linear   ?x10         18,010",
        "18,234 parameters",
    ]
    judged = run("--output-format", "concise", "fixtures/torch/saved_mismatch.pt")
    assert judged.returncode == 1
    assert judged.stdout.startswith(
        "fixtures/torch/saved_mismatch.pt:1:1: error[channel-mismatch] the weight of Conv2d `2.0` is 8x32x3x3"
    )


def test_a_module_in_a_checkpoint_and_two_of_them() -> None:
    torch = pytest.importorskip("torch")
    good, bad = torch.nn.Sequential(torch.nn.Linear(2, 2)), torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1, padding=3))
    for old in (False, True):
        stream = io.BytesIO()
        torch.save({"epoch": 3, "ema": good, "model": bad}, stream, _use_new_zipfile_serialization=not old)
        assert [one[:3] for one in told(stream.getvalue())] == [("warning", "padding-exceeds-kernel", "model.0")]


def _saved(torch: Any, module: Any) -> Model:
    stream = io.BytesIO()
    torch.save(module, stream)
    (model,) = load(stream.getvalue(), filename="net.pt")
    return model


def test_hooks_and_weights_that_are_computed_say_nothing() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(5, 4))
    module[0].register_forward_hook(torch.nn.functional.relu)
    model = _saved(torch, module)
    assert [node.op for node in model.nodes] == ["Input", "torch::Linear", "Gemm"]
    with pytest.warns(FutureWarning, match="weight_norm"):
        torch.nn.utils.weight_norm(module[1])
    assert _saved(torch, module).nodes[2].op == "torch::Linear"


def test_every_layer_of_torch_becomes_what_torch_runs() -> None:
    """The operators of a chain, as `torch.export` writes them for the same chain."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    chains = [
        (
            nn.Sequential(
                nn.ZeroPad2d(1), nn.Conv2d(4, 8, 3, padding="same", groups=2), nn.BatchNorm2d(8), nn.ReLU6(),
                nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1), nn.InstanceNorm2d(6, affine=True), nn.LeakyReLU(0.2),
                nn.MaxPool2d(2), nn.AvgPool2d(3, 1, 1), nn.GroupNorm(2, 6), nn.SiLU(), nn.Dropout2d(0.1), nn.ELU(0.5),
                nn.Upsample(scale_factor=2.0, mode="bilinear"), nn.Hardswish(), nn.ReflectionPad2d(2), nn.Softplus(2),
                nn.Conv2d(6, 4, 1, bias=False), nn.PixelShuffle(2), nn.Softmax2d(), nn.AdaptiveAvgPool2d(2),
                nn.Flatten(), nn.Linear(4, 8), nn.GELU("tanh"), nn.GLU(), nn.LayerNorm(4), nn.Tanh(), nn.Mish(),
                nn.Unflatten(1, (2, 2)), nn.RMSNorm(2), nn.Sigmoid(), nn.Hardsigmoid(), nn.LogSoftmax(-1),
            ),
            torch.ones(2, 4, 9, 9),
        ),
        (
            nn.Sequential(
                nn.Embedding(10, 4, padding_idx=1), nn.Dropout(0.3), nn.Conv1d(5, 6, 2), nn.BatchNorm1d(6), nn.SELU(),
                nn.MaxPool1d(2), nn.AdaptiveAvgPool1d(3), nn.Hardtanh(-2, 2), nn.Identity(), nn.AvgPool1d(2),
                nn.CELU(0.7), nn.Softshrink(0.3), nn.Threshold(0.1, 20), nn.AlphaDropout(0.1), nn.LogSigmoid(),
            ),
            torch.ones(2, 5, dtype=torch.long),
        ),
        (nn.Sequential(nn.Linear(3, 4), nn.LSTM(4, 5, 2, batch_first=True, dropout=0.1)), torch.ones(2, 7, 3)),
        (nn.Sequential(nn.GRU(4, 5, bidirectional=True, bias=False)), torch.ones(2, 7, 4)),
        (nn.Sequential(nn.RNN(4, 5, nonlinearity="relu")), torch.ones(2, 7, 4)),
        (nn.Sequential(nn.Conv3d(3, 4, 3, dilation=2), nn.BatchNorm3d(4), nn.Dropout3d()), torch.ones(2, 3, 9, 9, 9)),
    ]  # fmt: skip
    for chain, example in chains:
        stream = io.BytesIO()
        torch.export.save(torch.export.export(chain, (example,), strict=False), stream)
        (exported,) = load(stream.getvalue(), filename="net.pt2")
        saved = _saved(torch, chain)
        ours, theirs = (
            [node for node in one.nodes if node.op not in ("Input", "aten::filled")] for one in (saved, exported)
        )
        assert [(node.op, node.name) for node in ours] == [(node.op, node.name) for node in theirs]
        for mine, other in zip(ours, theirs, strict=True):
            attrs = {key: attr.value for key, attr in other.attrs.items() if key != "module"}
            assert {key: mine.get(key, "absent") for key in attrs} == attrs, mine.label
            assert [(p.role, p.shape, p.trainable) for p in mine.params] == [
                (p.role, p.shape, p.trainable) for p in other.params
            ], mine.label


def _pickled(body: bytes) -> bytes:
    return zipped({"m/data.pkl": b"\x80\x02" + body + b"."})


_SEQUENTIAL = b"ctorch.nn.modules.container\nSequential\n)\x81"
_KEYS = b"}(X\x0b\x00\x00\x00_parametersN" + b"X\x08\x00\x00\x00_buffersN" + b"X\x08\x00\x00\x00_modules"


def test_a_module_that_holds_itself() -> None:
    # BINPUT 1, its state, in whose `_modules` BINGET 1 is.
    data = _pickled(_SEQUENTIAL + b"q\x01" + _KEYS + b"}X\x01\x00\x00\x000h\x01s" + b"ub")
    assert told(data) == []


def test_one_module_in_many_places_is_bounded() -> None:
    """Each Sequential holds the one before twice: 2 ** 60 layers."""
    inner = _SEQUENTIAL + _KEYS + b"}ub" + b"q\x00"
    for level in range(60):
        get = b"h" + bytes([level])
        parts = b"}(X\x01\x00\x00\x00a" + get + b"X\x01\x00\x00\x00b" + get + b"u"
        inner = inner + b"0" + _SEQUENTIAL + _KEYS + parts + b"ub" + b"q" + bytes([level + 1])
    start = time.monotonic()
    assert told(_pickled(inner)) == []
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("state", [None, 3, "text", [1, 2], {"_modules": 1, "_parameters": [2], "_buffers": {"a": 1}}])
def test_states_that_no_module_has(state: Any) -> None:
    data = _pickled(_SEQUENTIAL + pickle.dumps(state, 2)[2:-1] + b"b")
    assert told(data) == []


def test_fixtures_are_what_torch_writes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from fixtures.torch import saved
    from fixtures.torch.generate import pickled

    modules: dict[str, Any] = saved.MODULES
    for name, build in modules.items():
        path = tmp_path / f"saved_{name}.pt"
        path.write_bytes(pickled(build()))
        (model,) = load(str(path))
        stored = model_of(name)
        assert [(node.name, node.op) for node in model.nodes] == [(node.name, node.op) for node in stored.nodes]
        counted = sum(parameter.numel() for parameter in build().parameters())
        assert counted == sum(
            torch.Size(param.shape).numel() for node in stored.nodes for param in node.params if param.learnable
        )


def _stored(module: Any) -> bytes:
    torch = pytest.importorskip("torch")
    stream = io.BytesIO()
    torch.save(module, stream)
    return stream.getvalue()


def test_dense_layers_that_do_not_fit_whatever_the_rank() -> None:
    nn = pytest.importorskip("torch").nn
    wrong = nn.Sequential(nn.Linear(10, 20), nn.Sequential(nn.ReLU(), nn.Dropout()), nn.Linear(21, 3))
    assert told(_stored(wrong)) == [
        (
            "error",
            "dense-input-mismatch",
            "2",
            "the weight of Linear `2` is made for 21 features, but Linear `0` brings 20",
        )
    ]
    # What changes the last axis, or might, says nothing.
    for between in (nn.GLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Bilinear(1, 1, 1)):
        assert "dense-input-mismatch" not in [
            one[1] for one in told(_stored(nn.Sequential(wrong[0], between, wrong[2])))
        ]
    assert told(_stored(nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 3)))) == []


def test_two_softmaxes_in_a_row_need_no_rank() -> None:
    nn = pytest.importorskip("torch").nn
    (found,) = told(_stored(nn.Sequential(nn.Linear(10, 20), nn.Softmax(1), nn.Softmax(1))))
    assert found[:3] == ("warning", "double-softmax", "2")
    # Over rows and columns in turn, and over axes that may be the same or not.
    for first, second in ((1, 2), (1, -1)):
        assert told(_stored(nn.Sequential(nn.Linear(10, 20), nn.Softmax(first), nn.Softmax(second)))) == []
