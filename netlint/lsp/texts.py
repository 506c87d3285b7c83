"""The documents that are open in the editor, as it has them."""

from __future__ import annotations

import os

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from netlint.lsp.documents import is_text, path_of, uri_of
from netlint.lsp.positions import Lines


class Texts:
    """Documents by the URIs that the client gives them."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self.uris: set[str] = set()

    def document(self, uri: str) -> TextDocument | None:
        """An open document. pygls itself keeps them under names of its own."""
        return self._server.workspace.get_text_document(uri) if uri in self.uris else None

    def text(self, uri: str) -> str | None:
        """What the editor holds of a document; None when it is not open."""
        document = self.document(uri)
        return document.source if document is not None else None

    def any_text(self, uri: str) -> str | None:
        """What the editor holds of a file, or what is on disk; None where neither is."""
        text = self.text(uri)
        if text is not None:
            return text
        try:
            with open(path_of(uri), encoding="utf-8", newline="") as file:
                return file.read()
        except (OSError, UnicodeDecodeError):
            return None

    def unsaved(self) -> dict[str, bytes]:
        """The texts of all files that are open, by path."""
        found = ((path_of(uri), self.text(uri)) for uri in self.uris if uri.startswith("file:") and self.is_linted(uri))
        return {path: text.encode("utf-8", "replace") for path, text in found if text is not None}

    def version(self, uri: str) -> int | None:
        """The version of an open document."""
        document = self.document(uri)
        return document.version if document is not None else None

    def lines(self, uri: str) -> Lines | None:
        """The lines of an open document, in the client's units."""
        text = self.text(uri)
        return Lines(text, self.encoding) if text is not None else None

    @property
    def encoding(self) -> str:
        """The units in which the client counts columns."""
        agreed = self._server.workspace.position_encoding
        return str(agreed.value if isinstance(agreed, types.PositionEncodingKind) else agreed or "utf-16")

    def uri(self, path: str) -> str:
        """The URI of a path, as the client spells it where the document is open."""
        for uri in self.uris:
            known = path_of(uri)
            if known == path or (os.path.basename(known) == os.path.basename(path) and _same(known, path)):
                return uri
        return uri_of(path)

    def is_linted(self, uri: str) -> bool:
        """Whether a document is linted as the text that the editor holds."""
        document = self.document(uri)
        return document is not None and is_text(uri, document.language_id or "")

    def folder(self, path: str) -> str:
        """The working folder for a file: the innermost folder of the workspace around it, else its own."""
        roots = [path_of(folder.uri) for folder in self._server.workspace.folders.values()]
        if not roots and self._server.workspace.root_path:
            roots = [self._server.workspace.root_path]
        around = [root for root in roots if path.startswith(os.path.join(root, ""))]
        return max(around, key=len, default=os.path.dirname(path) or os.getcwd())


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
