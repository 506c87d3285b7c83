"""What editors offer: fixes, comments, pages, names and outlines."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="pygls (the extra `lsp`) is not installed")

from lsprotocol import types

import netlint
from tests.lsp.editor import applied, editor, edits_of, played
from tests.lsp.packs import ADVICE, LARGE_KERNEL, LOUD_NAME, pack
from tests.lsp.test_diagnostics import BROKEN, RULE

ROOT = Path(__file__).parents[2]

NET = """input: "x" input_shape { dim: 1 dim: 3 dim: 32 dim: 32 }
layer { name: "a" type: "Convolution" bottom: "x" top: "a"
  convolution_param { num_output: 4 kernel_size: 5 weight_filler { type: "xavier" } } }
layer { name: "LOUD" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "Convolution" bottom: "a" top: "b"
  convolution_param { num_output: 4 kernel_size: 5 weight_filler { type: "xavier" } } }
layer { name: "s" type: "Softmax" bottom: "b" top: "s" }
"""
WHOLE = types.Range(types.Position(0, 0), types.Position(99, 0))


def own(folder: Path) -> tuple[str, str]:
    return "--rule-pack", str(pack(folder, LARGE_KERNEL, LOUD_NAME, ADVICE))


@pytest.mark.parametrize("spec", ["visual-studio-code", "neovim@0.7"])
@played
async def test_fixes(spec: str, tmp_path: Path) -> None:
    async with editor(tmp_path, spec=spec, arguments=own(tmp_path)) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), NET)
        await session.one(uri, "loud-name")
        found = {action.title: action for action in await session.actions(uri, WHOLE)}
        safe = found["make it 3x3"]
        assert (safe.kind, safe.is_preferred) == (types.CodeActionKind.QuickFix, True)
        assert safe.diagnostics is not None
        assert safe.diagnostics[0].code == "large-kernel"
        unsafe = found["take a sigmoid (unsafe: may change what is trained)"]
        assert not unsafe.is_preferred
        assert applied(NET, edits_of(unsafe, uri)) == NET.replace('"ReLU"', '"Sigmoid"')
        # Advice is no fix.
        assert "think again" not in found
        # A cursor on a line gets what stands there.
        here = types.Range(types.Position(5, 50), types.Position(5, 50))
        assert [action.title for action in await session.actions(uri, here)][:1] == ["make it 3x3"]
        everything = found["netlint: apply all 2 safe fixes"]
        assert everything.kind == "source.fixAll.netlint"
        mended = NET.replace("kernel_size: 5", "kernel_size: 3")
        assert applied(NET, edits_of(everything, uri)) == mended
        # On save an editor asks for one kind only.
        for kind in ("source.fixAll.netlint", "source.fixAll", "source"):
            assert [each.title for each in await session.actions(uri, WHOLE, kind)] == [everything.title]
        assert not [each for each in await session.actions(uri, WHOLE, "quickfix") if each.kind != "quickfix"]
        # A cursor that merely moves is not worth trying all fixes.
        context = types.CodeActionContext([], trigger_kind=types.CodeActionTriggerKind.Automatic)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), WHOLE, context)
        moved = await session.client.text_document_code_action_async(params)
        assert moved
        assert everything.title not in {each.title for each in moved}
        session.type(uri, mended)
        await session.without(uri, "large-kernel")
        assert await session.actions(uri, WHOLE, "source.fixAll") == []


@played
async def test_what_was_just_typed_is_waited_for(tmp_path: Path) -> None:
    async with editor(tmp_path, arguments=own(tmp_path)) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), NET)
        await session.one(uri, "large-kernel")
        longer = f"# a line\n{NET}"
        session.type(uri, longer)
        action = (await session.actions(uri, WHOLE, "source.fixAll"))[0]
        assert applied(longer, edits_of(action, uri)) == longer.replace("kernel_size: 5", "kernel_size: 3")


@played
async def test_all_fixes_of_several_rules(tmp_path: Path) -> None:
    text = """input: "x" input_shape { dim: 1 dim: 3 dim: 5 dim: 5 }
layer { name: "a" type: "Convolution" bottom: "x" top: "a" convolution_param { num_output: 4 kernel_size: 5 pad: 1 } }
layer { name: "p" type: "Pooling" bottom: "a" top: "p" pooling_param { pool: MAX kernel_size: 3 } }
layer { name: "t" type: "ReLU" bottom: "p" top: "t" }  # netlint: ignore[double-softmax]
"""
    async with editor(tmp_path, arguments=own(tmp_path)) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), text)
        await session.one(uri, "large-kernel")
        await session.one(uri, "unused-suppression")
        expected = text.replace("kernel_size: 5", "kernel_size: 3").replace("  # netlint: ignore[double-softmax]", "")
        action = (await session.actions(uri, WHOLE, "source.fixAll.netlint"))[0]
        assert action.title == "netlint: apply all 2 safe fixes"
        assert applied(text, edits_of(action, uri)) == expected


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ('layer { name: "s" type: "Softmax" }', 'layer { name: "s" type: "Softmax" }  # netlint: ignore[advice]'),
        (
            'layer { name: "s" type: "Softmax" }  # netlint: ignore[x, y]',
            'layer { name: "s" type: "Softmax" }  # netlint: ignore[x, y, advice]',
        ),
        (
            'layer { name: "s" type: "Softmax" }  # netlint: ignore[x] why',
            'layer { name: "s" type: "Softmax" }  # netlint: ignore[x, advice] why',
        ),
    ],
)
@played
async def test_a_comment_here(line: str, after: str, tmp_path: Path) -> None:
    async with editor(tmp_path, arguments=own(tmp_path)) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), f"{line}\r\n")
        found = await session.one(uri, "advice")
        actions = {action.title: action for action in await session.actions(uri, found.range)}
        edits = edits_of(actions["netlint: ignore `advice` here"], uri)
        assert applied(f"{line}\r\n", edits) == f"{after}\r\n"
        session.type(uri, f"{after}\r\n")
        await session.without(uri, "advice")


@played
async def test_a_comment_for_the_file(tmp_path: Path) -> None:
    async with editor(tmp_path) as session:
        before = NET.replace("dim: 32", "dim: 1") + BROKEN.replace('"x"', '"s"')
        uri = session.open((tmp_path / "net.prototxt").as_uri(), before)
        text = before
        for rule, top in (
            (RULE, f"# netlint: ignore-file[{RULE}]\n"),
            ("kernel-exceeds-input", f"# netlint: ignore-file[{RULE}, kernel-exceeds-input]\n"),
        ):
            found = await session.one(uri, rule)
            actions = {action.title: action for action in await session.actions(uri, found.range)}
            text = applied(text, edits_of(actions[f"netlint: ignore `{rule}` in this file"], uri))
            assert text == f"{top}{before}"
            session.type(uri, text)
            await session.without(uri, rule)


@played
async def test_comments_in_json(tmp_path: Path) -> None:
    path = ROOT / "fixtures" / "keras" / "cifar10_stuck_at_ln10.json"
    text = path.read_text(encoding="utf-8")
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.json").as_uri(), text, "json")
        found = (await session.diagnostics(uri))[0]
        actions = {action.title: action for action in await session.actions(uri, found.range)}
        edit = edits_of(actions[f"netlint: ignore `{found.code}` here"], uri)[0]
        assert f"// netlint: ignore[{found.code}]" in applied(text, [edit])


@played
async def test_a_broken_file_cannot_be_silenced(tmp_path: Path) -> None:
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), "layer { name: }\n")
        found = await session.one(uri, "syntax")
        assert await session.titles(uri, found.range) == ["netlint: explain `syntax`"]


@played
async def test_pages(tmp_path: Path) -> None:
    page = (ROOT / "rules" / "loss" / "double_softmax.md").read_text(encoding="utf-8").strip()
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), f"# netlint: ignore-file[unused-label]\n{BROKEN}")
        found = await session.one(uri, RULE)
        said = await session.hover(uri, found.range.start.line, found.range.start.character)
        assert said.startswith("**SoftmaxWithLoss** `loss`")
        assert page in said
        # A rule's name in a comment.
        assert (await session.hover(uri, 0, 25)).startswith("# unused-label")
        assert await session.hover(uri, 0, 3) == ""
        assert f"netlint: explain `{RULE}`" in await session.titles(uri, found.range)
        await session.client.workspace_execute_command_async(types.ExecuteCommandParams("netlint.explain", [RULE]))
        assert [shown.uri for shown in session.client.shown_documents] == [
            (ROOT / "rules" / "loss" / "double_softmax.md").as_uri()
        ]


@played
async def test_an_editor_that_shows_no_documents_is_told_the_page(tmp_path: Path) -> None:
    async with editor(tmp_path, spec="neovim@0.7") as session:
        window = session.client.capabilities.window if session.client.capabilities else None
        if window is not None and window.show_document is not None:
            window.show_document.support = False
        session.open((tmp_path / "net.prototxt").as_uri(), BROKEN)
        await session.one((tmp_path / "net.prototxt").as_uri(), RULE)
        await session.client.workspace_execute_command_async(types.ExecuteCommandParams("netlint.explain", [RULE]))
        said = [shown.uri for shown in session.client.shown_documents] + [
            each.message for each in session.client.messages
        ]
        assert any("double_softmax.md" in each or each.startswith(f"# {RULE}") for each in said)


@played
async def test_a_layer_under_the_cursor(tmp_path: Path) -> None:
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), NET)
        assert (await session.hover(uri, 2, 40)).split("\n\n---")[0] == (
            "**Convolution** `a`\n\n- output `a`: 1x4x28x28\n- 304 parameters: weight 4x3x5x5, bias 4"
        )
        params = types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
        outline = await session.client.text_document_document_symbol_async(params)
        assert outline is not None
        symbols = [each for each in outline if isinstance(each, types.DocumentSymbol)]
        assert [(each.name, each.detail, each.range.start.line) for each in symbols][-4:] == [
            ("a", "Convolution 1x4x28x28", 1),
            ("LOUD", "ReLU 1x4x28x28", 3),
            ("b", "Convolution 1x4x24x24", 4),
            ("s", "Softmax 1x4x24x24", 6),
        ]


@played
async def test_names_inside_of_a_comment(tmp_path: Path) -> None:
    text = 'layer { name: "a" }  # netlint: ignore[dead-zero-init, dead-\n'
    async with editor(tmp_path) as session:
        uri = session.open((tmp_path / "net.prototxt").as_uri(), text)
        await session.diagnostics(uri)

        async def names(character: int) -> list[types.CompletionItem]:
            params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(0, character))
            found = await session.client.text_document_completion_async(params)
            return list(found) if isinstance(found, list | tuple) else []

        inside = await names(text.index("dead-\n") + 5)
        by_label = {item.label: item for item in inside}
        known = {rule.name for rule in netlint_rules()}
        assert set(by_label) == known - {"dead-zero-init"}
        edit = by_label["dead-node"].text_edit
        assert isinstance(edit, types.TextEdit)
        assert applied(text, [edit]) == text.replace("dead-\n", "dead-node\n")
        assert await names(5) == []


def netlint_rules() -> tuple[netlint.Rule, ...]:
    from netlint.engine.packs import load_rules

    return load_rules()  # type: ignore[return-value]
