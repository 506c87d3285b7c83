"""The language server: which message of the protocol leads to what."""

from __future__ import annotations

from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netlint.lsp.actions import EXPLAIN, FIX_ALL, Desk, fix_all, is_wanted, quick_fixes
from netlint.lsp.comments import completions, rule_at
from netlint.lsp.documents import GLOBS, is_configuration, is_model, is_text
from netlint.lsp.jobs import Setup
from netlint.lsp.layers import describe, layer_at, symbols
from netlint.lsp.positions import Lines
from netlint.lsp.process import Worker
from netlint.lsp.session import Session
from netlint.version import __version__

#: More pages than this at one place are no help.
_MOST_PAGES: Final = 3


def serve(setup: Setup, worker: Worker, tcp: tuple[str, int] | None = None) -> None:
    """Serve one editor over standard input and output, or the first that connects to an address."""
    server, session = build(setup, worker)
    try:
        if tcp is None:
            server.start_io()
        else:
            server.start_tcp(*tcp)
    finally:
        session.close()


def build(setup: Setup, worker: Worker) -> tuple[LanguageServer, Session]:
    """A server and its session."""
    # Whole texts: pygls applies partial changes to lines as Python splits them, which are not those of the protocol.
    server = LanguageServer("netlint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
    session = Session(server, setup, worker)
    _documents(server, session)
    _files(server, session)
    _questions(server, session)
    return server, session


def _documents(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        session.opened(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        session.typed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        if is_configuration(uri):
            session.lint_all()
        elif is_text(uri):
            session.lint_texts()
        elif is_model(uri):
            session.written(uri)
        else:
            session.lint_about(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        session.closed(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    def stopped(_params: None) -> None:
        session.close()

    @server.feature(types.EXIT)
    def left(_params: None) -> None:
        session.close()


def _files(server: LanguageServer, session: Session) -> None:
    @server.feature(types.INITIALIZED)
    async def ready(_params: types.InitializedParams) -> None:
        session.start(session.learn_rules())
        workspace = server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        watchers = [types.FileSystemWatcher(glob) for glob in GLOBS]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = types.Registration("netlint.files", method, options)
        await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            if is_model(change.uri) and change.type == types.FileChangeType.Deleted:
                session.forget(change.uri)
            elif is_model(change.uri):
                session.written(change.uri)
        others = [change.uri for change in params.changes if not is_model(change.uri)]
        if any(map(is_configuration, others)):
            session.lint_all()
        elif others:
            session.lint_texts()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def settings_changed(_params: types.DidChangeConfigurationParams) -> None:
        session.lint_all()


def _questions(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        lines = session.texts.lines(uri)
        if lines is None:
            return None
        offset = lines.offset(params.position)
        named = rule_at(lines.text, offset)
        if named is not None and (page := session.pages.text(named[0])):
            return _told(page, lines, named[1], named[2])
        await session.settled(uri)
        parts = []
        layer = layer_at(await session.layers(uri), offset)
        if layer is not None:
            parts.append(describe(layer))
        parts += [session.pages.text(rule) for rule in _rules_at(session, uri, params.position)[:_MOST_PAGES]]
        if not parts:
            return None
        text = "\n\n---\n\n".join(part for part in parts if part)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL]),
    )
    async def act(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        await session.settled(uri)
        text = session.texts.text(uri)
        if text is None:
            return []
        versioned = _takes_versions(server)
        desk = Desk(uri, text, session.texts, versioned)
        only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
        found = []
        if is_wanted(types.CodeActionKind.QuickFix, only):
            found += quick_fixes(desk, session.shown(uri), params.range)
        # Fixes are tried first, which takes its time: not whenever the cursor moves.
        asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
        if (asked or only) and is_wanted(FIX_ALL, only) and session.is_fixable(uri):
            found += fix_all(desk, await session.mended(uri))
        # Somebody may have typed meanwhile.
        return found if session.texts.text(uri) == text else []

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["[", ","]))
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        lines = session.texts.lines(params.text_document.uri)
        return completions(lines, params.position, session.pages.rules.values()) if lines is not None else []

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def outline(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        layers = await session.layers(params.text_document.uri)
        lines = session.texts.lines(params.text_document.uri)
        return symbols(layers, lines) if lines is not None else []

    @server.command(EXPLAIN)
    async def explain(rule: str) -> None:
        page = session.pages.uri(rule)
        window = server.client_capabilities.window
        if page and window is not None and window.show_document is not None and window.show_document.support:
            await server.window_show_document_async(types.ShowDocumentParams(page, take_focus=True))
        else:
            text = session.pages.text(rule) or f"no rule is named `{rule}`"
            server.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))


def _told(page: str, lines: Lines, start: int, end: int) -> types.Hover:
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, page), lines.range(start, end))


def _rules_at(session: Session, uri: str, position: types.Position) -> list[str]:
    """The rules of the findings at a place, the narrowest first."""
    here = (position.line, position.character)
    found = []
    for shown in session.shown(uri):
        start, end = shown.diagnostic.range.start, shown.diagnostic.range.end
        if shown.finding is not None and (start.line, start.character) <= here <= (end.line, end.character):
            found.append((end.line - start.line, end.character - start.character, shown.finding.rule))
    return list(dict.fromkeys(rule for *_, rule in sorted(found)))


def _takes_versions(server: LanguageServer) -> bool:
    workspace = server.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace is not None else None
    return bool(edits is not None and edits.document_changes)
