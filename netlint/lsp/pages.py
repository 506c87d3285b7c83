"""The rules' pages: what the worker says of them, read when somebody asks."""

from __future__ import annotations

import os
from collections.abc import Iterable

from netlint.authoring import RuleInfo
from netlint.lsp.documents import uri_of
from netlint.output.told import page_url


class Pages:
    """Every rule by its name; empty until the worker has told of them."""

    def __init__(self) -> None:
        self.rules: dict[str, RuleInfo] = {}

    def learn(self, rules: Iterable[RuleInfo]) -> None:
        self.rules.update((rule.name, rule) for rule in rules)

    def uri(self, rule: str) -> str:
        """The page where it is published, else as it lies on this machine; empty where there is none."""
        info = self.rules.get(rule)
        if info is not None and page_url(info.page) != info.page:
            return page_url(info.page)
        return uri_of(info.page_file) if info is not None and os.path.isfile(info.page_file) else ""

    def text(self, rule: str) -> str:
        """The page in Markdown; its summary where it cannot be read, and empty for what is no rule."""
        info = self.rules.get(rule)
        if info is None:
            return ""
        from netlint.engine.packs import PackError, page_of

        try:
            return page_of(info).strip()
        except (OSError, UnicodeDecodeError, PackError):
            return f"# {rule}\n\n{info.summary}"
