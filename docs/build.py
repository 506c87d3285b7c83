"""Builds the documentation site: `python -m docs.build [FOLDER]`, with `pip install -e '.[docs]'`.

The pages are the Markdown files of the repository in their own places, so that a link that works there works on the
site, too. Made here: what stands at the head of each rule's page, the list of rules, the reference of the Python
interface, and the navigation. Zensical refuses a link that leads nowhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

from docs.reference import reference
from netlint.authoring import RuleInfo
from netlint.engine.packs import built_in_folder, load_folder
from netlint.output.catalogue import render_markdown

ROOT = Path(__file__).parents[1]
#: Besides `docs/` and the rules' pages: what pages link to.
LINKED = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "action.yml",
    ".pre-commit-hooks.yaml",
    "netlint/output/*.json",
    "netlint/engine/*.json",
    "fixtures/policies/**/*.yaml",
)


def build(target: Path) -> int:
    """Build the site into `target`; the exit code of the generator, 1 where it found something wrong."""
    with tempfile.TemporaryDirectory() as stage:
        folder = Path(stage)
        write_pages(folder / "pages")
        (folder / "mkdocs.yml").write_text(configuration(), encoding="utf-8")
        generator = shutil.which("zensical", path=os.path.dirname(sys.executable)) or "zensical"
        command = [generator, "build", "--strict", "--config-file", str(folder / "mkdocs.yml")]
        if subprocess.run(command, check=False).returncode != 0:
            return 1
        if target.exists():
            shutil.rmtree(target)
        shutil.copytree(folder / "site", target)
    return 0


def write_pages(folder: Path) -> None:
    """Every page and every file that pages link to, in the places that they have in the repository."""
    for pattern in ("docs/**/*.md", *LINKED):
        for path in ROOT.glob(pattern):
            _copy(path, folder / path.relative_to(ROOT))
    # The README is the home page; other pages link to it by its name.
    _copy(ROOT / "README.md", folder / "README.md")
    rules = built_in()
    for rule in rules:
        _write(folder / rule.page, headed(rule))
    _write(folder / "rules" / "index.md", f"# Rules\n\n{len(rules)} rules, by family.\n\n{_rules_here(rules)}\n")
    _write(folder / "docs" / "reference.md", reference())


def built_in() -> list[RuleInfo]:
    """netlint's own rules, by family and name."""
    return sorted(load_folder(built_in_folder(), "netlint.rules"), key=lambda rule: (rule.family, rule.name))


def headed(rule: RuleInfo) -> str:
    """A rule's page with what its Python file says of it under the title."""
    title, _, rest = Path(rule.page_file).read_text(encoding="utf-8").partition("\n")
    told = [f"**{rule.severity}**", f"family {rule.family}"]
    told += [f"only for {', '.join(rule.dialects)}"] if rule.dialects else []
    told += [f"offers {' and '.join(rule.fixes)} fixes"] if rule.fixes else []
    told += [] if rule.default else ["off by default (`--extend-select`)"]
    return f"{title}\n\n{' · '.join(told)}\n{rest}"


def configuration() -> str:
    """`docs/site.json` with the folders of this build and the navigation."""
    settings = json.loads((ROOT / "docs" / "site.json").read_text(encoding="utf-8"))
    rules = [
        {family: [{rule.name: rule.page} for rule in members]}
        for family, members in groupby(built_in(), key=lambda rule: rule.family)
    ]
    settings["nav"] = [*settings["nav"], {"Rules": ["rules/index.md", *rules]}]
    # JSON is YAML.
    return json.dumps({**settings, "docs_dir": "pages", "site_dir": "site"}, indent=2)


def _rules_here(rules: list[RuleInfo]) -> str:
    """The list of rules with links as they are seen from `rules/`."""
    return render_markdown(rules).replace("](rules/", "](")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _target(arguments: list[str]) -> Path:
    """The folder to build into: a new one, or one that holds a site."""
    target = Path(arguments[0]) if arguments else ROOT / "build" / "site"
    if target.exists() and not (target / "sitemap.xml").is_file():
        sys.exit(f"{target}: this folder holds no site, and its content would be lost")
    return target


if __name__ == "__main__":
    sys.exit(build(_target(sys.argv[1:])))
