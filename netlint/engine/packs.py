"""Rule packs: folders of `<family>/<rule>.py` with a page beside each rule, and of rules written in YAML.

netlint's own pack is loaded by the same few lines as a user's folder or an installed plugin (entry point group
`netlint.rules`, each naming a package whose folder is a pack).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from netlint.authoring import Fact, Rule, RuleInfo
from netlint.engine import index
from netlint.engine.config_file import shown
from netlint.engine.pack_folders import PACKAGE, PackError, built_in_folder, plugins

__all__ = ["PackError", "built_in_folder", "load_folder", "load_rules", "page_of", "rule_of", "validate"]


@cache
def load_rules(folders: tuple[Path, ...] = ()) -> tuple[RuleInfo, ...]:
    """Every rule of the built-in pack, of installed plugins and of `folders`, validated, by family and name.

    What is known from an earlier run is not imported again: `rule_of` does that when a rule has work to do. Raises
    PackError.
    """
    rules = load_folder(built_in_folder(), PACKAGE)
    for name, folder in plugins():
        rules += load_folder(folder, f"{PACKAGE}_{name}")
    for number, folder in enumerate(folders):
        rules += load_folder(folder, f"{PACKAGE}_local_{number}")
    validate(rules)
    return tuple(sorted(rules, key=lambda rule: (rule.family, rule.name)))


def load_folder(folder: Path, package: str) -> list[RuleInfo]:
    """The rules of one pack. Raises PackError when a file holds no rule of its name, or cannot be read."""
    place = os.fspath(folder)
    try:
        files = index.stamps(place)
    except OSError as error:
        raise PackError(f"{place}: {error.strerror or error}") from None
    known = index.read(place, package, files)
    if known is not None:
        return known
    rules: list[RuleInfo] = []
    for name, _time, _size in files:
        if name.endswith(index.YAML):
            rules += _declared(place, name)
            continue
        family, stem = name.removesuffix(".py").split("/")
        rule = _import_rule(os.path.join(place, family, f"{stem}.py"), f"{package}.{family}.{stem}")
        _refuse_circles(rule.needs, (), rule.name)
        rules.append(rule)
    index.write(place, package, files, rules)
    return rules


def rule_of(info: RuleInfo) -> Rule:
    """The rule itself, imported when it is first asked for. Raises PackError when its file has become unusable, or the
    library for expressions is missing."""
    if info.declared:
        from netlint.engine.policies.run import rule_from

        return rule_from(info)
    return info if isinstance(info, Rule) else _import_rule(f"{info.page_file.removesuffix('.md')}.py", info.module)


def page_of(info: RuleInfo) -> str:
    """The page of a rule, in Markdown. Raises OSError, or PackError for a file in YAML that has become wrong."""
    if info.declared:
        from netlint.engine.policies.page import page

        return page(info)
    with open(info.page_file, encoding="utf-8") as stream:
        return stream.read()


def _declared(folder: str, name: str) -> list[RuleInfo]:
    """The rules of a file in YAML. Their family is the file's folder, or the file's own name."""
    from netlint.engine.policies.read import read_file

    family = name.rpartition("/")[0] or name.rpartition(".")[0]
    return [rule.info for rule in read_file(os.path.join(folder, *name.split("/")), name, family)]


def _import_rule(path: str, module: str) -> Rule:
    stem = module.rpartition(".")[2]
    rule = getattr(_import(path, module), stem, None)
    if not isinstance(rule, Rule):
        raise PackError(f"{path}: no rule named `{stem}` in it")
    return rule


def _import(path: str, name: str) -> ModuleType:
    known = sys.modules.get(name)
    # Another pack may have stood under this name in an earlier call.
    if known is not None and known.__file__ == path:
        return known
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PackError(f"{path}: cannot be imported")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PackError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def validate(rules: Sequence[RuleInfo]) -> None:
    """Refuse two rules of one name, and an unknown name in `unless`."""
    names: dict[str, RuleInfo] = {}
    for rule in rules:
        if rule.name in names:
            raise PackError(
                f"two rules are named `{rule.name}`: {_written_in(names[rule.name])} and {_written_in(rule)}"
            )
        names[rule.name] = rule
    for rule in rules:
        for other in rule.unless:
            if other not in names:
                raise PackError(f"`{rule.name}` gives way to `{other}`, which is no rule")


def _written_in(rule: RuleInfo) -> str:
    """The file that a user would open; of rules made in memory, the page that they would have."""
    return shown(rule.page_file) if rule.page_file else rule.page


def _refuse_circles(needs: Iterable[type[Fact]], path: tuple[type[Fact], ...], rule: str) -> None:
    for fact in needs:
        if fact in path:
            circle = " -> ".join(step.__name__ for step in (*path[path.index(fact) :], fact))
            raise PackError(f"`{rule}` needs facts that need each other: {circle}")
        _refuse_circles(fact.needs, (*path, fact), rule)
