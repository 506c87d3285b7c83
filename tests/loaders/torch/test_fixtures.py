"""The stored programs: right networks are silent, mistakes are found at their marked lines in the Python file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from netlint import lint
from netlint.model import Shape
from tests.loaders.torch.programs import CORPUS, FIXTURES, ROOT, built, needs_corpus

MARK = re.compile(r"# (error|warning|info): \[([a-z0-9-]+)\]")
SOURCE = (FIXTURES / "broken.py").read_text(encoding="utf-8")
_NETS = re.compile(r'^    "(\w+)": lambda: \((\w+)\(', re.MULTILINE)


def names(file: str) -> dict[str, str]:
    """Program -> class."""
    return dict(_NETS.findall((FIXTURES / file).read_text(encoding="utf-8")))


def marks(owner: str) -> set[tuple[int, str, str]]:
    """(line, severity, rule) of the marks in a class and in those before it that bear none of their own network."""
    found: set[tuple[int, str, str]] = set()
    current = ""
    for number, line in enumerate(SOURCE.splitlines(), 1):
        if match := re.match(r"class (\w+)", line):
            current = match[1]
        if (match := MARK.search(line)) and (current == owner or (current, owner) == ("Block", "BiasBeforeNorm")):
            found.add((number, match[1], match[2]))
    return found


@pytest.mark.parametrize("name", names("nets.py"))
def test_right_networks_are_silent(name: str) -> None:
    assert lint(str(FIXTURES / f"{name}.pt2")).findings == []


@pytest.mark.parametrize(("name", "owner"), names("broken.py").items())
def test_mistakes_stand_at_the_marked_lines(name: str, owner: str) -> None:
    findings = lint(str(FIXTURES / f"{name}.pt2")).findings
    assert {(finding.line, finding.severity, finding.rule) for finding in findings} == marks(owner)
    assert {Path(finding.path).name for finding in findings} == {"broken.py"}


def test_a_finding_names_the_constructor_and_the_call() -> None:
    (finding,) = lint(str(FIXTURES / "too_much_padding.pt2")).findings
    line = SOURCE.splitlines()[finding.line - 1]
    assert line[finding.column - 1 :].startswith("2)  #")
    assert finding.message.startswith("Conv2d `stem` pads 2 pixels, and its kernel spans 1")
    related = [(other.message, other.span.line) for other in finding.related if other.span is not None]
    called = next(number for number, text in enumerate(SOURCE.splitlines(), 1) if "self.stem(x)" in text)
    assert related == [("called here", called)]


def test_one_line_that_builds_several_layers_is_told_once() -> None:
    (finding,) = lint(str(FIXTURES / "bias_before_norm.pt2")).findings
    assert finding.node == "blocks.0.conv"
    assert finding.related[-1].message == "the same holds for `blocks.1.conv`, `blocks.2.conv`"


def test_a_comment_in_the_python_file_silences(tmp_path: Path) -> None:
    text = SOURCE.replace("# warning: [padding-exceeds-kernel]", "# netlint: ignore[padding-exceeds-kernel] wanted")
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    program = tmp_path / "net.pt2"
    program.write_bytes((FIXTURES / "too_much_padding.pt2").read_bytes())
    assert lint(str(program)).findings == []


def test_a_file_that_was_changed_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("\n" + SOURCE, encoding="utf-8")
    program = tmp_path / "net.pt2"
    program.write_bytes((FIXTURES / "too_much_padding.pt2").read_bytes())
    (finding,) = lint(str(program)).findings
    assert (finding.path, finding.line, finding.node) == (str(program), 1, "stem")


def test_bytes_have_no_folder() -> None:
    (finding,) = lint((FIXTURES / "too_much_padding.pt2").read_bytes(), filename="net.pt2").findings
    assert (finding.path, finding.span, finding.node) == ("net.pt2", None, "stem")


@needs_corpus
def test_known_good_models_have_no_error_and_no_warning() -> None:
    findings = lint(str(CORPUS)).findings
    assert [finding for finding in findings if finding.severity != "info"] == []


def test_torch_is_never_imported() -> None:
    child = """
import sys
class Forbidden:
    def find_spec(self, name, path=None, target=None):
        assert name.partition(".")[0] not in ("torch", "pickle", "tensorflow", "onnx"), name
sys.meta_path.insert(0, Forbidden())
sys.modules.pop("pickle", None)
from netlint import lint
from netlint.model import Shape
print(len(lint(sys.argv[1]).findings))
"""
    run = [sys.executable, "-c", child, str(FIXTURES / "double_softmax.pt2")]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.mark.parametrize("file", ["nets", "broken"])
def test_stored_programs_are_what_torch_exports(file: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from fixtures.torch import broken, generate, nets

    for name, make in {"nets": nets, "broken": broken}[file].NETS.items():
        torch.manual_seed(0)
        again = tmp_path / f"{name}.pt2"
        again.write_bytes(generate.stripped(generate.export(*make()), name))
        assert outline(again) == outline(FIXTURES / f"{name}.pt2")


def outline(path: Path) -> list[tuple[str, str, list[Shape], bool]]:
    (model,) = built(path)
    return [
        (node.name, node.op, [value.shape for value in node.outputs], any(param.trainable for param in node.params))
        for node in model.nodes
    ]
