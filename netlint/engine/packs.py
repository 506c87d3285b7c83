"""Rule packs: folders of `<family>/<rule>.py` with a page beside each rule.

netlint's own pack is loaded by the same few lines as a user's folder or an installed plugin (entry point group
`netlint.rules`, each naming a package whose folder is a pack).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from netlint.authoring import Fact, Rule, RuleInfo
from netlint.engine import index

_PACKAGE: Final = "netlint.rules"


class PackError(Exception):
    """A rule pack that cannot be used: says which file and why."""


def built_in_folder() -> Path:
    """netlint's own rules: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


@cache
def load_rules(folders: tuple[Path, ...] = ()) -> tuple[RuleInfo, ...]:
    """Every rule of the built-in pack, of installed plugins and of `folders`, validated, by family and name.

    What is known from an earlier run is not imported again: `rule_of` does that when a rule has work to do. Raises
    PackError.
    """
    rules = load_folder(built_in_folder(), _PACKAGE)
    for name, folder in _plugins():
        rules += load_folder(folder, f"{_PACKAGE}_{name}")
    for number, folder in enumerate(folders):
        rules += load_folder(folder, f"{_PACKAGE}_local_{number}")
    validate(rules)
    return tuple(sorted(rules, key=lambda rule: (rule.family, rule.name)))


def _plugins() -> Iterator[tuple[str, Path]]:
    """(name, folder) of every installed pack. The machinery for entry points costs more to import than a small network
    takes to lint, so it is only asked when some distribution mentions the group."""
    if not any(map(_mentions_packs, sys.path)):
        return
    from importlib.metadata import entry_points

    for point in entry_points(group=_PACKAGE):
        yield point.name, Path(point.load().__path__[0])


def _mentions_packs(folder: str) -> bool:
    """Whether a distribution in this folder of the import path declares rule packs."""
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for name in names:
        try:
            with open(os.path.join(name, "entry_points.txt"), encoding="utf-8", errors="replace") as declared:
                if f"[{_PACKAGE}]" in declared.read():
                    return True
        except OSError:
            continue
    return False


def load_folder(folder: Path, package: str) -> list[RuleInfo]:
    """The rules of one pack. Raises PackError when a file holds no rule of its name, or cannot be imported."""
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
        family, stem = name.removesuffix(".py").split("/")
        rule = _import_rule(os.path.join(place, family, f"{stem}.py"), f"{package}.{family}.{stem}")
        _refuse_circles(rule.needs, (), rule.name)
        rules.append(rule)
    index.write(place, package, files, rules)
    return rules


def rule_of(info: RuleInfo) -> Rule:
    """The rule itself, imported when it is first asked for. Raises PackError when its file has become unusable."""
    return info if isinstance(info, Rule) else _import_rule(f"{info.page_file.removesuffix('.md')}.py", info.module)


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
            raise PackError(f"two rules are named `{rule.name}`: {names[rule.name].page} and {rule.page}")
        names[rule.name] = rule
    for rule in rules:
        for other in rule.unless:
            if other not in names:
                raise PackError(f"`{rule.name}` gives way to `{other}`, which is no rule")


def _refuse_circles(needs: Iterable[type[Fact]], path: tuple[type[Fact], ...], rule: str) -> None:
    for fact in needs:
        if fact in path:
            circle = " -> ".join(step.__name__ for step in (*path[path.index(fact) :], fact))
            raise PackError(f"`{rule}` needs facts that need each other: {circle}")
        _refuse_circles(fact.needs, (*path, fact), rule)
