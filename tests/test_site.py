"""The documentation site is built without a warning, and no link on it leads nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from netlint.engine.packs import load_rules

pytest.importorskip("zensical", reason="the site is built with zensical: pip install -e '.[docs]'")

ROOT = Path(__file__).parents[1]


class Page(HTMLParser):
    """What a page links to, and the names of its places."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.places.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "site"
    run = subprocess.run(
        [sys.executable, "-m", "docs.build", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Warning" not in run.stdout + run.stderr
    return target


def test_no_link_leads_nowhere(site: Path) -> None:
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    lost = []
    for path, page in pages.items():
        # The page for addresses that do not exist is shown at any of them, so its links are absolute.
        for link in page.links if path.name != "404.html" else ():
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            known = target.is_file() and (
                not parts.fragment or target not in pages or parts.fragment in pages[target].places
            )
            if not known:
                lost.append(f"{path.relative_to(site)}: {link}")
    assert lost == []


def test_every_rule_has_its_page_with_severity_and_examples(site: Path) -> None:
    for rule in load_rules():
        text = (site / rule.page.removesuffix(".md") / "index.html").read_text(encoding="utf-8")
        told = re.sub(r"<[^>]+>", "", text)
        assert f"{rule.severity} · family {rule.family}" in told, rule.name
        assert "What it does" in told, rule.name


def test_the_reference_has_every_public_name(site: Path) -> None:
    import netlint

    text = (site / "docs" / "reference" / "index.html").read_text(encoding="utf-8")
    for name in netlint.__all__:
        assert f"<code>netlint.{name}</code>" in text


def test_a_folder_with_other_things_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    run = subprocess.run(
        [sys.executable, "-m", "docs.build", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "holds no site" in run.stderr
    assert (tmp_path / "thesis.txt").is_file()
