"""What editors show: on unsaved texts, on binary models, in the files that a finding really stands in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="pygls (the extra `lsp`) is not installed")

from lsprotocol import types

import netlint
from netlint.lsp.documents import uri_of
from netlint.lsp.positions import Lines
from tests.lsp.editor import editor, played
from tests.lsp.packs import LARGE_KERNEL, pack

ROOT = Path(__file__).parents[2]

BROKEN = """layer { name: "p" type: "Softmax" bottom: "x" top: "p" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }
"""
#: A softmax before a loss that applies one itself.
RULE = "double-softmax"
RIGHT = """layer { name: "p" type: "InnerProduct" bottom: "x" top: "p" inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }
"""
SPECS = ("visual-studio-code", "neovim@0.7", "neovim@0.11", "emacs")


def at(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


@pytest.mark.parametrize("spec", SPECS)
@played
async def test_an_unsaved_text(spec: str, tmp_path: Path) -> None:
    async with editor(tmp_path, spec=spec) as session:
        # It was never written to disk.
        uri = session.open((tmp_path / "net.prototxt").as_uri(), BROKEN)
        found = await session.one(uri, RULE)
        assert BROKEN.splitlines()[found.range.start.line][found.range.start.character : found.range.end.character]
        assert found.range.start.line == 1
        assert found.severity == types.DiagnosticSeverity.Error
        assert found.source == "netlint"
        assert found.message.startswith("SoftmaxWithLoss `loss` ")
        assert "\nfix: " in found.message
        assert found.code_description is not None
        assert found.code_description.href == uri_of(str(ROOT / "rules" / "loss" / "double_softmax.md"))
        assert found.related_information
        assert found.related_information[0].location.uri == uri
        assert found.related_information[0].location.range.start.line == 0
        session.type(uri, RIGHT)
        await session.without(uri, RULE)
        session.type(uri, BROKEN)
        await session.one(uri, RULE)
        session.close(uri)
        await session.without(uri)
        assert session.client.messages == []


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
@played
async def test_columns_are_counted_in_the_units_agreed_on(encoding: str, width: int, tmp_path: Path) -> None:
    text = 'layer { name: "😀" type: "Konvolution" bottom: "x" top: "y" }\n'
    async with editor(tmp_path, encodings=[encoding]) as session:
        assert session.answer.capabilities.position_encoding == encoding
        uri = session.open((tmp_path / "net.prototxt").as_uri(), text)
        found = await session.one(uri, "unknown-layer-type")
        start = text.index('"Konvolution"') - 1 + width
        assert found.range == at(0, start, start + len('"Konvolution"'))
        assert "`😀`" in await session.hover(uri, 0, start + 3)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_the_protocols_own(ending: str) -> None:
    # A form feed and a line separator end no line.
    text = f"a\u2028b\x0c{ending}é😀c{ending}"
    lines = Lines(text, "utf-16")
    place = text.index("c")
    assert lines.position(place) == types.Position(1, 3)
    assert lines.offset(types.Position(1, 3)) == place
    assert lines.offset(types.Position(1, 99)) == place + 1
    assert lines.offset(types.Position(9, 0)) == len(text)
    assert lines.position(len(text)) == types.Position(2, 0)


def test_half_a_pair_of_surrogates_is_one_unit() -> None:
    lines = Lines("\ud800x", "utf-16")
    assert lines.position(1) == types.Position(0, 1)
    assert lines.offset(types.Position(0, 1)) == 1


def definitions() -> list[Path]:
    folders = {"caffe": "*.prototxt", "keras": "*.json", "tensorflow": "*.pbtxt"}
    return [path for folder, glob in folders.items() for path in sorted((ROOT / "fixtures" / folder).glob(glob))]


@played
async def test_the_same_as_on_the_command_line() -> None:
    async with editor(ROOT) as session:
        for path in definitions():
            expected = {(found.rule, found.line - 1, found.column - 1) for found in netlint.lint(path).findings}
            uri = session.open(path)
            found = await session.diagnostics(uri) if expected else ()
            told = {(each.code, each.range.start.line, each.range.start.character) for each in found}
            assert told == expected, path.name


@played
async def test_other_texts(tmp_path: Path) -> None:
    onnx = '<ir_version: 8, opset_import: ["": 17]>\nagraph (float[1, 3] x) => (float[1, 4] y) {\n  y = Relu(x)\n}\n'
    async with editor(tmp_path) as session:
        settings = session.open((tmp_path / "package.json").as_uri(), '{"name": "x", "layers": 3}\n', "json")
        labels = session.open((tmp_path / "labels.pbtxt").as_uri(), 'item { id: 1 display_name: "cat" }\n', "pbtxt")
        recipe = session.open((tmp_path / "recipe.yaml").as_uri(), "name: soup\n", "yaml")
        old = session.open("git:/net.prototxt?HEAD", BROKEN)
        new = session.open("untitled:Untitled-1", BROKEN, "prototxt")
        found = await session.one(
            session.open((tmp_path / "net.onnxtxt").as_uri(), onnx), "declared-shape-contradicted"
        )
        assert found.range == at(2, 2, 3)
        assert (await session.one(new, RULE)).range.start.line == 1
        # What is no model, or not what the user works on, says nothing.
        assert not {settings, labels, recipe, old} & set(session.client.diagnostics)


@played
async def test_a_binary_model_has_its_findings_at_the_top(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the onnx package is not installed")
    path = tmp_path / "net.onnx"
    helper = onnx.helper
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3])
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 4])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], name="squash")], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    async with editor(tmp_path) as session:
        uri = session.changed_on_disk(path, types.FileChangeType.Created)
        found = await session.diagnostics(uri)
        assert all(each.range == at(0, 0, 0) for each in found)
        assert any("squash" in each.message or "`y`" in each.message for each in found)
        path.unlink()
        session.changed_on_disk(path, types.FileChangeType.Deleted)
        await session.without(uri)
        # An editor that shows it as text anyway gets what is on disk, never its garbled text.
        path.write_bytes(b"")
        session.open(uri, "garbage { ]", "plaintext")
        assert [each.code for each in await session.diagnostics(uri)] == ["unreadable-model"]
        session.close(uri)
        await session.without(uri)


@played
async def test_a_solver_tells_of_its_net(tmp_path: Path) -> None:
    net, solver = tmp_path / "net.prototxt", tmp_path / "solver.prototxt"
    net.write_text(BROKEN, encoding="utf-8")
    solver.write_text('net: "net.prototxt"\nbase_lr: 0.1\n', encoding="utf-8")
    async with editor(tmp_path) as session:
        uri = session.open(solver)
        assert (await session.one(net.as_uri(), RULE)).range.start.line == 1
        # The net opened and mended, but not saved: of open files the unsaved text counts, for the solver as well.
        session.open(net)
        session.type(net.as_uri(), RIGHT)
        await session.without(net.as_uri(), RULE)
        session.type(net.as_uri(), f"# moved\n{RIGHT.replace('2 weight', '0 weight')}")
        moved = await session.one(net.as_uri(), "invalid-geometry")
        assert moved.range.start.line == 1
        session.type(net.as_uri(), RIGHT)
        await session.without(net.as_uri(), "invalid-geometry")
        net.write_text(RIGHT, encoding="utf-8")
        session.save(net.as_uri())
        session.close(net.as_uri())
        await session.without(net.as_uri(), RULE)
        session.close(uri)
        await session.without(net.as_uri())


@played
async def test_a_program_has_its_findings_in_python(tmp_path: Path) -> None:
    # The archive names its source relative to the folder of the repository.
    (tmp_path / "fixtures" / "torch").mkdir(parents=True)
    for name in ("too_much_padding.pt2", "broken.py"):
        shutil.copy(ROOT / "fixtures" / "torch" / name, tmp_path / "fixtures" / "torch" / name)
    archive, script = (tmp_path / "fixtures" / "torch" / name for name in ("too_much_padding.pt2", "broken.py"))
    async with editor(tmp_path) as session:
        session.changed_on_disk(archive)
        found = await session.diagnostics(script.as_uri())
        line = script.read_text(encoding="utf-8").splitlines()[found[0].range.start.line]
        assert f"[{found[0].code}]" in line
        # Python itself is not linted, and what is told of it stays while it is open.
        session.open(script, language="python")
        session.save(script.as_uri())
        assert await session.diagnostics(script.as_uri()) == found
        # A line that no longer reads as the archive quotes it is not spoken of.
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace("padding", "padding "), encoding="utf-8")
        session.save(script.as_uri())
        await session.without(script.as_uri())


@played
async def test_two_folders_each_with_its_configuration(tmp_path: Path) -> None:
    strict, mild = tmp_path / "strict", tmp_path / "mild"
    for folder in (strict, mild):
        folder.mkdir()
        (folder / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    (mild / ".netlint.yaml").write_text(f"ignore: [{RULE}]\n", encoding="utf-8")
    async with editor(strict, mild) as session:
        quiet, loud = session.open(mild / "net.prototxt"), session.open(strict / "net.prototxt")
        await session.one(loud, RULE)
        assert RULE not in {each.code for each in session.client.diagnostics.get(quiet, ())}
        # Read again when it changes.
        (mild / ".netlint.yaml").write_text("ignore: []\n", encoding="utf-8")
        session.changed_on_disk(mild / ".netlint.yaml")
        await session.one(quiet, RULE)


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        (".netlint.yaml", "fail-level: warning\nignroe: [x]\n", 1, "`ignroe` is no setting: did you mean `ignore`?"),
        ("pyproject.toml", "[tool.netlint]\nignore = x\n", 1, "Invalid value"),
        (".netlint.yaml", "ignore: [no-such-rule]\n", 0, "no rule or family is named `no-such-rule`"),
    ],
)
@played
async def test_a_wrong_configuration(name: str, text: str, line: int, message: str, tmp_path: Path) -> None:
    config = tmp_path / name
    config.write_text(text, encoding="utf-8")
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), BROKEN)
        found = (await session.diagnostics(config.as_uri()))[0]
        assert found.range.start.line == line
        assert message in found.message
        said = await session.until(lambda: session.client.messages)
        assert said[0].type == types.MessageType.Error
        assert str(config) in said[0].message
        assert found.message in said[0].message
        # The same is not told twice.
        session.type(uri, BROKEN + "\n")
        config.unlink()
        session.changed_on_disk(config, types.FileChangeType.Deleted)
        await session.one(uri, RULE)
        await session.without(config.as_uri())
        assert len(session.client.messages) == 1


@played
async def test_a_configuration_brings_rules_of_its_own(tmp_path: Path) -> None:
    house = pack(tmp_path, LARGE_KERNEL)
    (tmp_path / ".netlint.yaml").write_text("rule-packs: [pack]\nseverity: {large-kernel: error}\n", encoding="utf-8")
    text = 'layer { name: "a" type: "Convolution" bottom: "x" top: "a" convolution_param { num_output: 4 kernel_size: 5 } }\n'
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), text)
        found = await session.one(uri, "large-kernel")
        assert found.severity == types.DiagnosticSeverity.Error
        assert found.code_description is not None
        assert found.code_description.href == (house / "house" / "large_kernel.md").as_uri()


@played
async def test_unused_things_are_faded(tmp_path: Path) -> None:
    async with editor(tmp_path) as session:
        text = RIGHT.replace("\n", "  # netlint: ignore[double-softmax]\n", 1)
        uri = session.open((tmp_path / "net.prototxt").as_uri(), text)
        found = await session.one(uri, "unused-suppression")
        assert found.tags == (types.DiagnosticTag.Unnecessary,) or found.tags == [types.DiagnosticTag.Unnecessary]


@played
async def test_names_with_spaces_and_other_letters(tmp_path: Path) -> None:
    folder = tmp_path / "two words é"
    folder.mkdir()
    (folder / "net #1.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "solver.prototxt").write_text('net: "net #1.prototxt"\nbase_lr: 0.1\n', encoding="utf-8")
    async with editor(folder) as session:
        session.open(folder / "solver.prototxt")
        await session.one((folder / "net #1.prototxt").as_uri(), RULE)


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
@played
async def test_a_file_keeps_the_name_that_the_editor_gives_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "real" / "solver.prototxt").write_text('net: "net.prototxt"\nbase_lr: 0.1\n', encoding="utf-8")
    (tmp_path / "link").symlink_to("real")
    async with editor(tmp_path / "real") as session:
        linked = session.open(tmp_path / "link" / "net.prototxt")
        await session.one(linked, RULE)
        session.open(tmp_path / "real" / "solver.prototxt")
        await session.diagnostics((tmp_path / "real" / "solver.prototxt").as_uri())
        assert (tmp_path / "real" / "net.prototxt").as_uri() not in session.client.diagnostics
