"""`netlint net.pt2 --weights FILE`: the checkpoint's names and shapes are compared with the network's."""

from __future__ import annotations

import collections
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from netlint import lint, load
from netlint.cli import netlint
from tests.loaders.torch.programs import FIXTURES, zipped
from tests.loaders.torch.test_checkpoint import Calls, safetensors

NET = FIXTURES / "squeeze.pt2"


def tensors() -> dict[str, tuple[int, ...]]:
    (model,) = load(str(NET))
    return {
        value.name: tuple(map(int, map(str, value.shape))) for value in model.stored if isinstance(value.shape, tuple)
    }


def file_of(folder: Path, shapes: dict[str, Any]) -> str:
    """A safetensors file of these tensors."""
    header: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        size = 4
        for dim in shape:
            size *= dim
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    path = folder / "weights.safetensors"
    path.write_bytes(safetensors(header, bytes(end)))
    return str(path)


def told(path: str) -> list[tuple[str, str, str, str]]:
    report = lint(str(NET), weights_file=path)
    assert report.failures == []
    return [(one.rule, one.severity, one.node, one.message) for one in report.findings]


@pytest.mark.parametrize("prefix", ["", "module.", "state_dict.model."])
def test_a_checkpoint_that_fits(prefix: str, tmp_path: Path) -> None:
    assert told(file_of(tmp_path, {prefix + name: shape for name, shape in tensors().items()})) == []


def test_another_shape(tmp_path: Path) -> None:
    found = told(file_of(tmp_path, {**tensors(), "out.weight": (10, 16)}))
    assert found == [
        (
            "weights-name-mismatch",
            "error",
            "out",
            '`out.weight` is 7x16, but 10x16 in weights.safetensors: `load_state_dict` stops with "size mismatch", even '
            "with `strict=False`",
        )
    ]


def test_missing_tensors(tmp_path: Path) -> None:
    found = told(
        file_of(tmp_path, {name: shape for name, shape in tensors().items() if not name.startswith("squeeze")})
    )
    assert found == [
        (
            "weights-name-mismatch",
            "warning",
            "squeeze",
            'weights.safetensors has no `squeeze.weight`, `squeeze.bias`: `load_state_dict` stops with "Missing '
            'key(s)"; with `strict=False` they keep the values that they start with',
        )
    ]


def test_another_network(tmp_path: Path) -> None:
    found = told(file_of(tmp_path, {"encoder.weight": (3, 4)}))
    assert [one[:3] for one in found] == [("weights-name-mismatch", "warning", "conv")]
    assert found[0][3] == "weights.safetensors holds none of the network's 8 tensors, `conv.weight` being the first"


def test_a_checkpoint_that_means_harm_is_told(tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    path.write_bytes(zipped({"m/data.pkl": pickle.dumps(collections.OrderedDict(a=Calls(os.system, "true")), 2)}))
    (failure,) = lint(str(NET), weights_file=str(path)).failures
    assert failure.path == str(path)
    assert failure.reason.startswith("whoever loads this file runs `posix.system('true')`")


def test_tensors_that_the_network_does_not_have(tmp_path: Path) -> None:
    more = {f"aux.{index}.weight": (2, 2) for index in range(5)}
    beside = {"optimizer.state.0.exp_avg": (7, 16), "conv.num_batches_tracked": ()}
    found = told(file_of(tmp_path, {**tensors(), **more, **beside}))
    assert found == [
        (
            "weights-name-mismatch",
            "info",
            "conv",
            "weights.safetensors holds `aux.0.weight`, `aux.1.weight`, `aux.2.weight` and 2 more, which the network "
            'does not have: `load_state_dict` stops with "Unexpected key(s)"; with `strict=False` they are left out',
        )
    ]


def test_the_weights_first(tmp_path: Path) -> None:
    path = file_of(tmp_path, {**tensors(), "out.weight": (10, 16)})
    command = [path, "--model", str(NET), "--output-format", "concise", "--no-config"]
    result = CliRunner().invoke(netlint, command, standalone_mode=False)
    assert "error[weights-name-mismatch] `out.weight` is 7x16, but 10x16 in weights.safetensors" in result.output
    assert result.return_value == 1
    for wrong in ([str(NET), *command], [*command, "--weights", path]):
        refused = CliRunner().invoke(netlint, wrong)
        assert refused.exit_code == 2
        assert "--model takes exactly one PATH, a weights file, and no --weights." in refused.output


def test_constants_ties_and_modules_that_nothing_calls(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch exports the program")

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.aux, self.b = (torch.nn.Linear(4, 4, bias=False) for _ in range(3))
            self.b.weight = self.a.weight
            self.register_buffer("shift", torch.ones(4), persistent=False)

        def forward(self, x: Any) -> Any:
            return torch.relu(self.b(torch.relu(self.a(x)))) * torch.tensor([1.0, 2, 3, 4]) + self.shift

    net = Net()
    torch.save(net.state_dict(), tmp_path / "a.pt")
    torch.export.save(torch.export.export(net, (torch.ones(2, 4),), strict=False), tmp_path / "a.pt2")
    report = lint(str(tmp_path / "a.pt2"), weights_file=str(tmp_path / "a.pt"), select=["weights-name-mismatch"])
    assert report.findings == []
    assert report.failures == []
