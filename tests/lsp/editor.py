"""A test's own editor: it starts the server as editors do, opens texts, and waits for what it is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import make_test_lsp_client

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds; a slow machine needs a few for the first answer.
_PATIENCE = 30.0


class Editor:
    """One server, and the documents that are open in it."""

    def __init__(self, client: LanguageClient, answer: types.InitializeResult) -> None:
        self.client, self.answer = client, answer
        self._versions: dict[str, int] = {}

    def open(self, path: Path | str, text: str | None = None, language: str = "prototxt") -> str:
        """Open a file (its text as on disk, or another); its URI."""
        uri = path.as_uri() if isinstance(path, Path) else path
        if text is None:
            text = Path(path).read_text(encoding="utf-8")
        self._versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def type(self, uri: str, text: str) -> None:
        """Make the document's text another."""
        self._versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, uri: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def changed_on_disk(self, path: Path, kind: types.FileChangeType = types.FileChangeType.Changed) -> str:
        change = types.FileEvent(path.as_uri(), kind)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        return path.as_uri()

    async def until(self, look: Callable[[], T]) -> T:
        """What `look` gives as soon as that is anything."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not (seen := look()):
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never seen; {self.client.diagnostics}, {self.client.messages}") from None
        return seen

    async def diagnostics(self, uri: str, *, rule: str = "") -> Sequence[types.Diagnostic]:
        """What is told of a file, once it is something (and has a finding of `rule`)."""

        def look() -> Sequence[types.Diagnostic]:
            found = self.client.diagnostics.get(uri, ())
            return found if not rule or any(each.code == rule for each in found) else ()

        return await self.until(look)

    async def one(self, uri: str, rule: str) -> types.Diagnostic:
        """The first diagnostic of a rule."""
        return next(each for each in await self.diagnostics(uri, rule=rule) if each.code == rule)

    async def without(self, uri: str, rule: str = "") -> None:
        """Wait until nothing (of a rule) is told of a file any more."""
        await self.until(
            lambda: (
                uri in self.client.diagnostics
                and not any(not rule or each.code == rule for each in self.client.diagnostics[uri])
            )
        )

    async def actions(self, uri: str, place: types.Range, *only: str) -> list[types.CodeAction]:
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), place, types.CodeActionContext([], list(only) or None)
        )
        found = await self.client.text_document_code_action_async(params)
        return [each for each in found or () if isinstance(each, types.CodeAction)]

    async def titles(self, uri: str, place: types.Range) -> list[str]:
        """The titles of all actions. lsprotocol's client takes an action that has a command for a mere command."""
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), place, types.CodeActionContext([]))
        return [each.title for each in await self.client.text_document_code_action_async(params) or ()]

    async def hover(self, uri: str, line: int, character: int) -> str:
        params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        found = await self.client.text_document_hover_async(params)
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value


@asynccontextmanager
async def editor(
    *folders: Path,
    spec: str = "visual-studio-code",
    encodings: Sequence[str] = (),
    arguments: Sequence[str] = (),
    command: Sequence[str] = (sys.executable, "-m", "netlint", "lsp"),
) -> AsyncIterator[Editor]:
    """A server with a workspace of these folders, and the capabilities of an editor."""
    client = make_test_lsp_client()

    def register(_params: types.RegistrationParams) -> None:
        return None

    client.feature(types.CLIENT_REGISTER_CAPABILITY)(register)
    await client.start_io(*command, *arguments)
    capabilities = client_capabilities(spec)
    if encodings:
        capabilities.general = types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind(each) for each in encodings]
        )
    workspace = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
    answer = await client.initialize_session(
        types.InitializeParams(
            capabilities, root_uri=folders[0].as_uri() if folders else None, workspace_folders=workspace
        )
    )
    try:
        yield Editor(client, answer)
        await client.shutdown_session()
    finally:
        server = client._server
        if server is not None and server.returncode is None:
            server.kill()
        await client.stop()


def played(scene: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that waits for things."""

    @wraps(scene)
    def test(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(scene(*args, **kwargs))

    return test


def applied(text: str, edits: Sequence[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]) -> str:
    """The text after edits, for texts of ASCII lines."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def offset(position: types.Position) -> int:
        return starts[position.line] + position.character

    for edit in sorted(edits, key=lambda edit: offset(edit.range.start), reverse=True):
        assert isinstance(edit, types.TextEdit)
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def edits_of(action: types.CodeAction, uri: str) -> list[types.TextEdit]:
    """The edits of an action for one document."""
    assert action.edit is not None
    if action.edit.changes:
        return list(action.edit.changes[uri])
    found = []
    for change in action.edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        if change.text_document.uri == uri:
            found += [edit for edit in change.edits if isinstance(edit, types.TextEdit)]
    return found
