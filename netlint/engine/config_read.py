"""Reading and checking a configuration file: imported when there is one.

TOML's and YAML's parsers are imported when there is something for them to parse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from netlint.engine.config_file import (
    FAIL_LEVEL,
    FILES,
    IGNORE,
    PATHS,
    RULE_LISTS,
    RULE_PACKS,
    SEVERITY,
    STARTS,
    WEIGHTS,
    ConfigError,
    ConfigFile,
    Section,
    shown,
)
from netlint.finding import SEVERITIES
from netlint.loaders import InputShape, LoadOptions
from netlint.loaders.settings import SETTINGS, Setting

_MOST_BYTES: Final = 1 << 20

#: What may stand in a `files` entry (besides `paths`), and what at the top level.
FILE_KEYS: Final = (IGNORE, SEVERITY, *SETTINGS, WEIGHTS)
TOP_KEYS: Final = (*RULE_LISTS, SEVERITY, FAIL_LEVEL, RULE_PACKS, *SETTINGS, WEIGHTS, FILES)


def read_config(path: str, data: bytes) -> ConfigFile | None:
    """The configuration in a file's content; None for a pyproject.toml without `[tool.netlint]`. Raises ConfigError."""
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"{shown(path)}: more than {_MOST_BYTES} bytes are no configuration")
    if not path.endswith(".toml"):
        content = _yaml(path, data)
        return _checked(_Place(path, ""), {} if content is None else content)
    table = _toml(path, data).get("tool", {})
    if not isinstance(table, dict) or "netlint" not in table:
        return None
    return _checked(_Place(path, "tool.netlint"), table["netlint"])


def _toml(path: str, data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown(path)}: not UTF-8 text (byte {error.start})") from None
    except RecursionError:
        raise ConfigError(f"{shown(path)}: nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)$", said)
        where = f"{place[1]}:{place[2]}: " if place else " "
        raise ConfigError(f"{shown(path)}:{where}{said[: place.start()] if place else said}") from None


def _yaml(path: str, data: bytes) -> object:
    import yaml

    try:
        content = yaml.safe_load(data)
        repeated = _repeated(yaml.compose(data, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{mark.line + 1}:{mark.column + 1}: " if mark else " "
        raise ConfigError(f"{shown(path)}:{where}{error.problem or error.context or 'not YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{shown(path)}: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}"
        ) from None
    if repeated is not None:
        mark = repeated.start_mark
        raise ConfigError(f"{shown(path)}:{mark.line + 1}:{mark.column + 1}: `{repeated.value}` is set twice")
    return content


def _repeated(root: Any) -> Any:
    """The first key node that stands twice in its table: YAML's parser would keep the last one in silence."""
    waiting: list[Any] = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is None or node.id == "scalar" or id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "sequence":
            waiting += reversed(node.value)
            continue
        keys: set[str] = set()
        for key, _ in node.value:
            if key.id == "scalar" and key.value in keys:
                return key
            keys.add(key.value if key.id == "scalar" else "")
        waiting += [value for _, value in reversed(node.value)]
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a configuration something stands."""

    path: str
    key: str

    def below(self, key: str) -> _Place:
        return _Place(self.path, f"{self.key}.{key}" if self.key else key)

    def wrong(self, why: str) -> ConfigError:
        return ConfigError(f"{shown(self.path)}: {f'`{self.key}`' if self.key else 'the file'} {why}")


def _checked(place: _Place, content: object) -> ConfigFile:
    table = _table(place, content)
    for key in table:
        _known(place, key, TOP_KEYS)
    for key in (*RULE_LISTS, RULE_PACKS):
        if key in table and not _texts(place.below(key), table[key]) and key == "select":
            raise place.below(key).wrong("is empty: leave it out to run all rules that are on")
    _severities(place, table)
    if FAIL_LEVEL in table:
        _severity(place.below(FAIL_LEVEL), table[FAIL_LEVEL])
    entries = table.get(FILES, [])
    if not isinstance(entries, list):
        raise place.below(FILES).wrong(f"is {_spelt(entries)}, not a list of tables")
    values = {key: value for key, value in table.items() if key != FILES}
    top = Section(place.path, "top level", values, _said(place, values))
    return ConfigFile(place.path, top, tuple(_entries(place, entries)))


def _entries(place: _Place, entries: list[object]) -> Iterator[Section]:
    for number, entry in enumerate(entries, start=1):
        at = place.below(f"{FILES}[{number}]")
        table = _table(at, entry)
        for key in table:
            _known(at, key, (PATHS, *FILE_KEYS))
        if PATHS not in table:
            raise at.wrong(f'has no `{PATHS}`: say for which files it holds, as {PATHS} = ["models/ssd/**"]')
        globs = _texts(at.below(PATHS), table[PATHS])
        if not globs:
            raise at.below(PATHS).wrong("is empty: the entry would hold for no file")
        if IGNORE in table:
            _texts(at.below(IGNORE), table[IGNORE])
        _severities(at, table)
        values = {key: value for key, value in table.items() if key != PATHS}
        origin = f"{FILES} entry {number} ({', '.join(globs)})"
        yield Section(place.path, origin, values, _said(at, values), tuple(map(_pattern, globs)))


def _table(place: _Place, content: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise place.wrong(f"is {_spelt(content)}, not a table of settings")
    return {str(key): value for key, value in content.items()}


def _known(place: _Place, key: str, keys: tuple[str, ...]) -> None:
    if key in keys:
        return
    close = get_close_matches(key.replace("_", "-"), keys, n=1)
    if not close and key in TOP_KEYS:
        raise place.below(key).wrong("can be set for all files only, at the top level")
    hint = f"did you mean `{close[0]}`?" if close else f"use {', '.join(keys)}"
    raise place.below(key).wrong(f"is no setting: {hint}")


def _severities(place: _Place, table: Mapping[str, Any]) -> None:
    if SEVERITY in table:
        at = place.below(SEVERITY)
        for name, level in _table(at, table[SEVERITY]).items():
            _severity(at.below(name), level)


def _severity(place: _Place, level: object) -> None:
    if level not in SEVERITIES:
        raise place.wrong(f"is {_spelt(level)}, not one of {', '.join(SEVERITIES)}")


def _texts(place: _Place, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise place.wrong(f"is {_spelt(value)}, not a list of texts")
    return [str(item) for item in value]


def _said(place: _Place, values: Mapping[str, Any]) -> Mapping[str, LoadOptions]:
    """What each value says of a file. Raises ConfigError for one of the wrong kind."""
    starts = [key for key in STARTS if values.get(key)]
    if starts[:1] == [STARTS[0]] and len(starts) > 1:
        raise place.below(starts[1]).wrong(f"contradicts `{STARTS[0]}`: keep one of them")
    if WEIGHTS in values and not (isinstance(values[WEIGHTS], str) and values[WEIGHTS]):
        raise place.below(WEIGHTS).wrong(f"is {_spelt(values[WEIGHTS])}, not the path of a weights file")
    return {key: _options(place.below(key), SETTINGS[key], value) for key, value in values.items() if key in SETTINGS}


def _options(at: _Place, setting: Setting, value: object) -> LoadOptions:
    options = LoadOptions()
    try:
        for text in _FORMS[setting.form](value):
            options = setting.say(text).over(options)
    except _WrongKind as error:
        raise at.wrong(f"is {_spelt(value)}, not {error}") from None
    except ValueError as error:
        raise at.wrong(f"is set wrongly: {error}") from None
    return options


class _WrongKind(Exception):
    """A value of another type than the setting takes; the message says which one it takes."""


def _flag(value: object) -> list[str]:
    if not isinstance(value, bool):
        raise _WrongKind("true or false")
    return [""] if value else []


def _number(value: object) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _WrongKind("a whole number")
    return [str(value)]


def _word(value: object) -> list[str]:
    if not isinstance(value, str):
        raise _WrongKind("a text")
    return [value]


def _shape(value: object) -> list[str]:
    if isinstance(value, list) and value and all(isinstance(dim, int) and not isinstance(dim, bool) for dim in value):
        return [",".join(map(str, value))]
    if isinstance(value, str):
        return [value]
    raise _WrongKind('a shape such as [1, 3, 224, 224] or "1,3,224,224"')


def _shapes(value: object) -> list[str]:
    """One shape for all data inputs, or a table of names and shapes."""
    if not isinstance(value, dict):
        return _shape(value)
    found = []
    for name, shape in value.items():
        (text,) = _shape(shape)
        if InputShape.parse(text).name:
            raise ValueError(f"{text!r} names an input inside of `{name}`")
        found.append(f"{name}={text}")
    return found


_FORMS: Final[Mapping[str, Callable[[object], list[str]]]] = {
    "flag": _flag,
    "count": _number,
    "word": _word,
    "shape": _shape,
    "shapes": _shapes,
}


def _spelt(value: object) -> str:
    """A value of TOML or YAML for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if value is None:
        return "empty"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob relative to the configuration's folder: `*` and `?` stay inside of one folder, `**` crosses folders, and
    what names a folder holds for everything in it."""
    trimmed = glob.removeprefix("./").rstrip("/")
    parts: list[str] = []
    for piece in re.findall(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^]/]*\]|.", trimmed, re.DOTALL):
        if piece == "**/":
            parts.append("(?:[^/]+/)*")
        elif piece == "**":
            parts.append(".*")
        elif piece == "*":
            parts.append("[^/]*")
        elif piece == "?":
            parts.append("[^/]")
        elif len(piece) > 1:
            inside = piece[1:-1].replace("\\", "\\\\")
            parts.append(f"[^{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]")
        else:
            parts.append(re.escape(piece))
    return re.compile("".join(parts) + "(?:/.*)?", re.DOTALL)
