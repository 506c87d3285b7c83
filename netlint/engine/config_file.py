"""What a configuration file holds once it is read: `[tool.netlint]` of a pyproject.toml, or a `.netlint.yaml`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netlint.loaders.reads import CONFIGURATIONS

if TYPE_CHECKING:
    from netlint.finding import Severity
    from netlint.loaders import LoadOptions

PYPROJECT, YAML = CONFIGURATIONS

IGNORE: Final = "ignore"
#: Names of rules or families.
RULE_LISTS: Final[Mapping[str, str]] = {
    "select": "Run only these rules or families.",
    "extend-select": "Run these too: rules that are off by default.",
    IGNORE: "Leave these rules or families out.",
}
FAIL_LEVEL: Final = "fail-level"
#: A table of rules and families, and the severity of what they find.
SEVERITY: Final = "severity"
#: Folders of own rules, relative to the configuration's folder.
RULE_PACKS: Final = "rule-packs"
FILES: Final = "files"
PATHS: Final = "paths"
#: A weights file, relative to the configuration's folder.
WEIGHTS: Final = "weights"
#: Three ways to say where training starts: a section that says one of them overrules weaker ones in all.
STARTS: Final = ("from-scratch", "pretrained", WEIGHTS)


def shown(path: str) -> str:
    """A path for messages: relative to the working folder where it lies below it."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


class ConfigError(ValueError):
    """A configuration that cannot be used: says which file, where in it, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """The top level of a configuration, or one entry of `files`: values as written, and where they stand."""

    path: str
    origin: str
    values: Mapping[str, Any]
    #: What each of the values says of a file.
    says: Mapping[str, LoadOptions]
    #: One for each glob; none at the top level, which holds for every file.
    patterns: tuple[re.Pattern[str], ...] = ()

    @property
    def folder(self) -> str:
        """Where relative paths start."""
        return os.path.dirname(self.path)

    def matches(self, relative: str) -> bool:
        return any(pattern.fullmatch(relative) for pattern in self.patterns)


@dataclass(frozen=True, slots=True, eq=False)
class ConfigFile:
    """A checked configuration."""

    path: str
    top: Section
    #: In the file's order: a later one stands above an earlier one.
    files: tuple[Section, ...] = ()

    @property
    def folder(self) -> str:
        """Where the globs of `files` start."""
        return os.path.dirname(self.path)

    @property
    def rule_lists(self) -> Mapping[str, tuple[str, ...]]:
        """The rules that are selected and ignored, by the names of the settings."""
        return {key: tuple(value) for key, value in self.top.values.items() if key in RULE_LISTS}

    @property
    def rule_packs(self) -> tuple[Path, ...]:
        """The folders of own rules, in full."""
        return tuple(Path(self.folder, name) for name in self.top.values.get(RULE_PACKS, ()))

    @property
    def fail_level(self) -> Severity | None:
        """The mildest severity that fails a run, where it is set."""
        return self.top.values.get(FAIL_LEVEL)

    def wrong(self, why: str) -> ConfigError:
        """An error that names this file."""
        return ConfigError(f"{shown(self.path)}: {why}")
