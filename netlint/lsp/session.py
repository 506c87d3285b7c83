"""One connection to an editor: its documents, what was found in them, and when to look again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netlint.lsp.diagnostics import Board, Shown, Teller
from netlint.lsp.documents import is_model, path_of
from netlint.lsp.jobs import Crashed, Job, Layer, Lint, Linted, Mend, Mended, Outline, Reply, Rules, Setup
from netlint.lsp.pages import Pages
from netlint.lsp.process import Worker
from netlint.lsp.texts import Texts

#: Seconds without a key after which a text is linted.
_TYPING: Final = 0.1
#: Seconds after which a model on disk is read: whatever writes it may not be done yet.
_WRITING: Final = 0.5


class Session:
    """What the features share. Belongs to the thread of the event loop."""

    def __init__(self, server: LanguageServer, setup: Setup, worker: Worker) -> None:
        self.server, self.setup, self.worker = server, setup, worker
        self.texts, self.pages, self.board = Texts(server), Pages(), Board()
        self._waiting: dict[str, asyncio.Task[None]] = {}
        #: For each file, how often it was asked to be linted: an answer to any but the last question is dropped.
        self._asked: dict[str, int] = {}
        self._shown: set[str] = set()
        self._told: set[str] = set()
        #: The definitions that each linted file was found to read, by real path.
        self._reads: dict[str, frozenset[str]] = {}
        self._mended: dict[str, tuple[str, Mended]] = {}
        self._outlines: dict[str, tuple[str, list[Layer]]] = {}
        self._one_model = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    def opened(self, uri: str) -> None:
        """The editor shows a document."""
        self.texts.uris.add(uri)
        self.lint(uri)

    def closed(self, uri: str) -> None:
        """The editor shows a document no longer."""
        self.texts.uris.discard(uri)
        self.forget(uri)

    # Linting

    def lint(self, uri: str, delay: float = 0.0) -> None:
        """Look at a file soon, and tell what is found. A later call stands in for an earlier one."""
        if not self.texts.is_linted(uri) and not is_model(uri):
            return
        self._asked[uri] = self._asked.get(uri, 0) + 1
        waiting = self._waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self._waiting[uri] = self.start(self._wait(uri, self._asked[uri], delay))

    def typed(self, uri: str) -> None:
        """A document has changed in the editor."""
        if self.texts.is_linted(uri):
            self.lint(uri, _TYPING)
            real = os.path.realpath(path_of(uri))
            for other in [other for other, reads in self._reads.items() if other != uri and real in reads]:
                self.lint(other, _TYPING)

    def written(self, uri: str) -> None:
        """A model has changed on disk."""
        self.lint(uri, _WRITING)

    def lint_texts(self) -> None:
        """Look at every open text again: solvers and nets speak of each other."""
        for uri in sorted(self.texts.uris):
            if self.texts.is_linted(uri):
                self.lint(uri)

    def lint_all(self) -> None:
        """Look at everything again: how to lint has changed."""
        self._told.clear()
        for uri in sorted({*self.texts.uris, *self.board.owners}):
            self.lint(uri)

    def lint_about(self, uri: str) -> None:
        """Look again at the models that were found to say something of a file: the program that makes them."""
        for owner in self.board.owners_of(uri):
            self.lint(owner)

    def forget(self, uri: str) -> None:
        """A document was closed or a file is gone: what was found in it is taken back."""
        self._asked[uri] = self._asked.get(uri, 0) + 1
        for kept in (self._outlines, self._mended, self._reads):
            kept.pop(uri, None)
        self._publish(self.board.drop(uri))

    async def settled(self, uri: str) -> None:
        """Wait, not for long, until what is known of a document is of its present text."""
        waiting = self._waiting.get(uri)
        if waiting is not None:
            await asyncio.wait([waiting], timeout=2.0)

    async def _wait(self, uri: str, number: int, delay: float) -> None:
        await asyncio.sleep(delay)
        if not self.pages.rules:
            await self.learn_rules()
        text = self.texts.text(uri) if self.texts.is_linted(uri) else None
        path = path_of(uri)
        content = text.encode("utf-8", "replace") if text is not None else None
        job = Lint(path, content, self.texts.folder(path), self.setup, self.texts.unsaved())
        if content is not None:
            reply = await self.ask(job, uri)
        else:
            # A checkout may bring hundreds: what is typed waits for one of them at most.
            async with self._one_model:
                reply = await self.ask(job, uri)
        if number == self._asked[uri]:
            self._take(uri, reply)

    def _take(self, uri: str, reply: Reply) -> None:
        linted = reply if isinstance(reply, Linted) else Linted()
        if isinstance(reply, Crashed):
            self.tell(f"netlint could not lint {os.path.basename(path_of(uri))}: {reply.summary}", reply.details)
        if linted.failure:
            self.server.window_log_message(types.LogMessageParams(types.MessageType.Warning, linted.failure))
        if linted.misconfigured is not None:
            where = f"{linted.misconfigured.path}:{linted.misconfigured.line}"
            self.tell(f"netlint: {where}: {linted.misconfigured.message}")
        self.pages.learn(linted.rules)
        self._reads[uri] = linted.definitions
        teller = Teller(self.texts.encoding, self.pages.uri, self.texts.uri)
        self._publish(self.board.put(uri, teller.by_file(linted)))

    def _publish(self, uris: set[str]) -> None:
        for uri in sorted(uris):
            found = self.shown(uri)
            if not found and uri not in self._shown:
                continue
            self._shown.add(uri)
            diagnostics = [each.diagnostic for each in found]
            self.server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, diagnostics, self.texts.version(uri))
            )
            if not found:
                self._shown.discard(uri)

    def shown(self, uri: str) -> list[Shown]:
        """What is told of a file at the moment."""
        return self.board.at(uri, self.texts.text(uri))

    # The worker

    async def ask(self, job: Job, subject: str = "") -> Reply:
        """The worker's reply to a job."""
        return await self.worker.ask(job, subject)

    async def learn_rules(self) -> None:
        """Have the worker list the rules; that warms it up, too."""
        reply = await self.ask(Rules(self.setup))
        if isinstance(reply, Crashed):
            self.tell(f"netlint cannot list its rules: {reply.summary}", reply.details)
        elif isinstance(reply, list):
            self.pages.learn(reply)  # type: ignore[arg-type]  # the reply to `Rules`

    async def layers(self, uri: str) -> list[Layer]:
        """The layers of an open document's present text."""
        text = self.texts.text(uri)
        if text is None or not self.texts.is_linted(uri):
            return []
        known = self._outlines.get(uri)
        if known is not None and known[0] == text:
            return known[1]
        path = path_of(uri)
        reply = await self.ask(Outline(path, text.encode("utf-8", "replace"), self.texts.folder(path), self.setup))
        if isinstance(reply, Crashed):
            self._log(reply)
        layers: list[Layer] = reply if isinstance(reply, list) else []  # type: ignore[assignment]  # the reply to `Outline`
        self._outlines[uri] = (text, layers)
        return layers

    def is_fixable(self, uri: str) -> bool:
        """Whether some finding in a file has a safe fix."""
        fixes = (shown.finding.fix for shown in self.shown(uri) if shown.finding is not None)
        return any(fix is not None and fix.mends() for fix in fixes)

    async def mended(self, uri: str) -> Mended:
        """An open document's present text with all safe fixes made: each is tried, and taken back where it harms."""
        text = self.texts.text(uri) or ""
        known = self._mended.get(uri)
        if known is not None and known[0] == text:
            return known[1]
        path = path_of(uri)
        reply = await self.ask(Mend(path, text.encode("utf-8", "replace"), self.texts.folder(path), self.setup))
        if isinstance(reply, Crashed):
            self._log(reply)
        mended = reply if isinstance(reply, Mended) else Mended(text)
        self._mended[uri] = (text, mended)
        return mended

    # What people are told

    def tell(self, sentence: str, details: str = "") -> None:
        """Show a message, the same one only once until something changes; the details go to the log."""
        if details:
            self.server.window_log_message(types.LogMessageParams(types.MessageType.Error, f"{sentence}\n{details}"))
        if sentence not in self._told:
            self._told.add(sentence)
            self.server.window_show_message(types.ShowMessageParams(types.MessageType.Error, sentence))

    def _log(self, crashed: Crashed) -> None:
        said = f"{crashed.summary}\n{crashed.details}".strip()
        self.server.window_log_message(types.LogMessageParams(types.MessageType.Error, said))

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside; what goes wrong in it is told."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.tell(f"netlint: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Stop what runs."""
        self.worker.close()
