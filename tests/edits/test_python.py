"""Edits of the calls that make modules in a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint.edits.python import set_keyword
from netlint.engine.edit import apply_edits, text_edit
from netlint.model import Source, Span


def _set(text: str, statement: str = "", before: int = 2) -> str:
    source = Source("net.py", text)
    statement = statement or text
    start = text.index(statement)
    edits = set_keyword(Span(source, start, start + len(statement)), "Linear", "bias", "False", before)
    return apply_edits(text, map(text_edit, edits))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("self.fc = nn.Linear(3, 4)", "self.fc = nn.Linear(3, 4, bias=False)"),
        ("self.fc = nn.Linear(3, 4, bias=True)", "self.fc = nn.Linear(3, 4, bias=False)"),
        ("self.fc = nn.Linear(3, out_features=f(4))", "self.fc = nn.Linear(3, out_features=f(4), bias=False)"),
        ("self.fc = nn.Linear(3, 4,)", "self.fc = nn.Linear(3, 4, bias=False,)"),
        ('Linear(3, d["\u00e9\u00e9"])', 'Linear(3, d["\u00e9\u00e9"], bias=False)'),
        (
            "self.fc = nn.Linear(\n    3,\n    4,\n)",
            "self.fc = nn.Linear(\n    3,\n    4,\n    bias=False,\n)",
        ),
        ("nn.Sequential(nn.Linear(3, 4), nn.ReLU())", "nn.Sequential(nn.Linear(3, 4, bias=False), nn.ReLU())"),
    ],
)
def test_the_argument_is_set(text: str, after: str) -> None:
    assert _set(text) == after


@pytest.mark.parametrize(
    "text",
    [
        # The third positional argument is the bias.
        "nn.Linear(3, 4, True)",
        "nn.Linear(*sizes)",
        "nn.Linear(3, 4, **more)",
        "nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5))",
        "make(3, 4)",
        "nn.Linear(3, (\n 4  # four\n))",
        "nn.Linear(3, 4",
    ],
)
def test_what_is_not_certain_is_left(text: str) -> None:
    assert _set(text) == text


def test_the_rest_of_the_program_is_left() -> None:
    text = "a = 1\r\nself.fc = nn.Linear(3, 4)  # head\r\nb = 2\r\n"
    assert _set(text, "self.fc = nn.Linear(3, 4)") == text.replace("4)", "4, bias=False)")


def test_a_module_in_memory_offers_the_edit_of_its_program(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    import importlib.util

    from netlint import lint

    text = (
        "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 8, 3)\n        self.norm = nn.BatchNorm2d(8)\n\n"
        "    def forward(self, x):\n        return self.norm(self.conv(x))\n"
    )
    path = tmp_path / "mended_net.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("mended_net", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = lint(module.Net(), input_shape=(2, 3, 8, 8), select=("bias-before-batchnorm",)).findings
    (fix,) = [finding.fix for finding in found]
    assert fix is not None
    assert fix.applicability == "unsafe"
    assert apply_edits(text, map(text_edit, fix.edits)) == text.replace("8, 3)", "8, 3, bias=False)")
