"""Which configuration holds for a file, and what it says of it.

The nearest folder upwards from the file that has a configuration wins; it is `[tool.netlint]` in its pyproject.toml, or
its `.netlint.yaml`. In it the last `files` entry that matches stands above the top level, key by key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from netlint.engine.config_file import PYPROJECT, STARTS, WEIGHTS, YAML, ConfigError, ConfigFile, Section, shown
from netlint.loaders import File, LoadOptions, UnreadableWeights, read_weights
from netlint.loaders.reads import note
from netlint.model import Pretrained


class Value(NamedTuple):
    """A value as the configuration writes it, and the section where it stands."""

    value: Any
    section: Section


@dataclass(frozen=True, slots=True)
class Applied:
    """What holds for one file: the sections that apply, from the strongest."""

    sections: tuple[Section, ...] = ()

    @property
    def values(self) -> Mapping[str, Value]:
        """Each key with its strongest value."""
        found: dict[str, Value] = {}
        for section in self.sections:
            started = any(key in found for key in STARTS)
            for key, value in section.values.items():
                if key not in found and not (started and key in STARTS):
                    found[key] = Value(value, section)
        return found


class Configuration:
    """The configurations of one run. Each folder is looked at once."""

    def __init__(self, path: str | os.PathLike[str] = "") -> None:
        """With a path that file holds for all; without one each file has the nearest.

        Raises ConfigError for a given file that is no configuration.
        """
        self._by_folder: dict[str, ConfigFile | None] = {}
        #: How the files of a folder's configuration were when they were first looked for.
        self._states: dict[str, str] = {}
        self._weights: dict[str, Pretrained] = {}
        self._only = _given(os.fspath(path)) if path else None

    def of(self, path: str) -> ConfigFile | None:
        """The configuration of a file. Raises ConfigError."""
        if self._only is not None:
            note("content", self._only.path)
            return self._only
        folder = os.path.dirname(os.path.abspath(path))
        note("config", folder, self._states)
        return self._nearest(folder)

    def applied(self, path: str, solver: str = "") -> Applied:
        """What holds for a file: its own entries, those of the solver that names it, the top level. Raises
        ConfigError."""
        config = self.of(path)
        sections = _entries(config, path)
        if solver:
            sections += [section for section in _entries(self.of(solver), solver) if section not in sections]
        return Applied((*sections, *([config.top] if config else [])))

    def says(self, path: str, solver: str = "") -> LoadOptions:
        """What the configuration says of a file, for its loader. Raises ConfigError."""
        options = _NOTHING
        for key, (value, section) in self.applied(path, solver).values.items():
            if key in section.says:
                options = options.over(section.says[key])
            elif key == WEIGHTS:
                options = replace(options, weights="pretrained", pretrained=self._weights_of(section, value))
        return options

    def _weights_of(self, section: Section, name: str) -> Pretrained:
        """What stands in the weights file that a section names, read once a run."""
        path = os.path.join(section.folder, name)
        note("content", path)
        if path not in self._weights:
            try:
                self._weights[path] = read_weights(File(path))
            except (UnreadableWeights, OSError) as error:
                reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
                raise ConfigError(f"{shown(section.path)}: `{WEIGHTS}` names {path}: {reason}") from None
        return self._weights[path]

    def _nearest(self, folder: str) -> ConfigFile | None:
        searched = []
        found: ConfigFile | None = None
        while folder not in self._by_folder:
            searched.append(folder)
            found, above = _here(folder), os.path.dirname(folder)
            if found is not None or above == folder:
                break
            folder = above
        else:
            found = self._by_folder[folder]
        for each in searched:
            self._by_folder[each] = found
        return found


_NOTHING: Final = LoadOptions()


def _entries(config: ConfigFile | None, path: str) -> list[Section]:
    """The `files` entries that hold for a file, the last one first."""
    if config is None or not config.files:
        return []
    relative = os.path.relpath(os.path.abspath(path), config.folder).replace(os.sep, "/")
    return [section for section in reversed(config.files) if section.matches(relative)]


def _given(path: str) -> ConfigFile:
    """The configuration that the user names."""
    if not path.endswith((".toml", ".yaml", ".yml")):
        raise ConfigError(f"{path}: a configuration is a .toml or a .yaml file")
    try:
        config = _read(os.path.abspath(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    if config is None:
        raise ConfigError(f"{path}: there is no [tool.netlint] in it")
    return config


def _here(folder: str) -> ConfigFile | None:
    """The configuration in this very folder."""
    by_toml, by_yaml = (_found(os.path.join(folder, name)) for name in (PYPROJECT, YAML))
    if by_toml is not None and by_yaml is not None:
        raise ConfigError(
            f"{shown(folder)}: both {PYPROJECT} ([tool.netlint]) and {YAML} configure netlint: keep {PYPROJECT} and "
            f"move the settings of {YAML} into it"
        )
    return by_toml or by_yaml


def _found(path: str) -> ConfigFile | None:
    if not os.path.isfile(path):
        return None
    try:
        return _read(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None


def _read(path: str) -> ConfigFile | None:
    """The configuration in a file; most of the world's pyproject.toml files hold none. Raises OSError."""
    with open(path, "rb") as stream:
        data = stream.read()
    if path.endswith(".toml") and b"tool.netlint" not in data:
        return None
    from netlint.engine.config_read import read_config

    return read_config(path, data)
