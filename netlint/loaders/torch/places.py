"""Where a node stands in the user's own Python files: the constructor of its module, and the line that calls it.

A `.pt2` file names files and lines of the machine that wrote it. They count only where such a file is on disk and its
line still reads as the archive quotes it; installed packages are not the user's.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from netlint.loaders.reads import note
from netlint.loaders.torch.constructors import Built, Script, read_script
from netlint.loaders.torch.modules import Level, Where
from netlint.model import Span

if TYPE_CHECKING:
    from netlint.loaders.torch.live.homes import Home

_FRAME: Final = re.compile(r'File "([^"\n]+)", line (\d+), in ([^\n]+)\n[ \t]*([^\n]*)')
_INSTALLED: Final = ("site-packages", "dist-packages", "/lib/python", "\\Lib\\", "<")
_MOST_BYTES: Final = 2 << 20
_LONGEST: Final = 65_536
_MOST_FILES: Final = 64


class Place(NamedTuple):
    """Where a node is built, the whole statement, and where it is called (if that is somewhere else)."""

    span: Span
    block: Span
    use: Span | None
    #: The arguments of the constructor, by their names.
    arguments: Mapping[str, Span] = {}


@dataclass(slots=True)
class Places:
    """Looks places up, each file read once. `folder` is where the archive lies; without one nothing is looked for."""

    folder: str | None
    scripts: dict[str, Script | None] = field(default_factory=dict)
    calls: dict[str, tuple[Script, Span] | None] = field(default_factory=dict)
    built: dict[tuple[str, str, str], Built | None] = field(default_factory=dict)
    #: The class of each module that was met, and the file in which it is.
    owners: dict[str, tuple[Level, Script]] = field(default_factory=dict)
    #: Of a module in memory: the classes of each module inside, by its path, nearest first.
    homes: Mapping[str, Sequence[Home]] = field(default_factory=dict)
    #: Of a module in memory: where parts of it were made, by their paths, as far as that was recorded.
    recorded: Mapping[str, Span] = field(default_factory=dict)

    def of_node(self, item: Mapping[str, Any], where: Where) -> Place | None:
        """The constructor of the module that a node stands for, else the line that calls it."""
        if self.folder is None:
            return None
        metadata = item.get("metadata")
        trace = metadata.get("stack_trace") if isinstance(metadata, dict) else None
        if not isinstance(trace, str) or len(trace) > _LONGEST:
            return None
        if trace not in self.calls:
            self.calls[trace] = self._call(trace)
        found = self.calls[trace]
        made = self._recorded(where.name)
        if found is None:
            return None if made is None else Place(made, made, None)
        script, use = found
        owner = where.owner
        built = self._constructor(script, owner, where.name) if where.name and owner is not None else None
        if owner is not None:
            self.owners.setdefault(owner.path.partition("@")[0], (owner, script))
        if built is not None:
            return Place(built.span, built.span, use, built.arguments)
        return Place(use, use, None) if made is None else Place(made, made, use)

    def of_tensor(self, name: str) -> Span | None:
        """Where the module of a stored tensor is built, or a parameter of the user's own made."""
        path = name.split(".")
        for cut in range(len(path) - 1, -1, -1):
            known = self.owners.get(".".join(path[:cut]))
            if known is not None:
                owner, script = known
                # The last part is the tensor of a module of torch's, unless the owner itself holds it.
                inside = path[cut:-1] or path[cut:]
                built = self._at_home(owner.path.partition("@")[0], ".".join(inside)) or script.constructor(
                    owner.word, inside
                )
                return None if built is None else built.span
        return None

    def _call(self, trace: str) -> tuple[Script, Span] | None:
        """The innermost line of the user's."""
        for match in reversed(list(_FRAME.finditer(trace))):
            path, line, quoted = match[1], int(match[2]), match[4].strip()
            if any(part in path for part in _INSTALLED):
                continue
            script = self._script(path)
            span = script.line_span(line, quoted) if script is not None else None
            # A newer version of the file than the one that was exported says nothing certain.
            return (script, span) if script is not None and span is not None else None
        return None

    def _script(self, path: str) -> Script | None:
        if path not in self.scripts:
            if len(self.scripts) >= _MOST_FILES:
                return None
            self.scripts[path] = self._read(path)
        return self.scripts[path]

    def _read(self, path: str) -> Script | None:
        # A network path would be asked for over the network.
        if not path.endswith(".py") or path.startswith(("//", "\\\\")) or "\0" in path:
            return None
        beside = os.path.join(self.folder or "", re.split(r"[/\\]", path)[-1])
        for candidate in (path, beside) if os.path.isabs(path) else (beside,):
            note("content", candidate)
            try:
                status = os.stat(candidate)
                if stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES:
                    return read_script(candidate)
            except OSError:
                continue
        return None

    def _constructor(self, script: Script, owner: Level, name: str) -> Built | None:
        prefix = owner.path.partition("@")[0]
        if prefix and not name.startswith(prefix + "."):
            return None
        inside = name[len(prefix) + 1 :] if prefix else name
        key = (script.source.path, owner.kind, inside)
        if key not in self.built:
            self.built[key] = self._at_home(prefix, inside) or script.constructor(owner.word, inside.split("."))
        return self.built[key]

    def _recorded(self, path: str) -> Span | None:
        """Where a module was made, in the file as it is read here."""
        made = self.recorded.get(path) if path else None
        script = self._script(made.path) if made is not None else None
        if made is None or script is None:
            return None
        source = script.source
        return Span(source, source.offset(made.line, made.column), source.offset(made.end_line, made.end_column))

    def of_module(self, path: str) -> Span | None:
        """Where a module of a module in memory is built, by its path."""
        parts = path.split(".")
        for cut in range(len(parts) - 1, -1, -1):
            built = self._at_home(".".join(parts[:cut]), ".".join(parts[cut:]))
            if built is not None:
                return built.span
        return self._recorded(path)

    def _at_home(self, owner: str, inside: str) -> Built | None:
        """By the class of the module `owner` itself, or the first of those it inherits from that builds the part."""
        for home in self.homes.get(owner, ()):
            if not any(part in home.path for part in _INSTALLED):
                script = self._script(home.path)
                built = script.constructor(home.name, inside.split("."), home.line) if script is not None else None
                if built is not None:
                    return built
        return None
