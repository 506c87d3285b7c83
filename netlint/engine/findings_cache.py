"""What linting a file gave, kept until something changes that it depends on.

A result stands in a file of its own, named by what was known before: the run's identity, the path, the content. In it
stand the other things that were looked at, and how they were; the result counts only where all of them are the same.
Nothing in it is trusted: what cannot be read is not there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Final

from netlint.engine import cache
from netlint.engine.codec import decode, encode
from netlint.engine.linted import Linted
from netlint.loaders.reads import ONCE, Reads, digest, state, watched

FOLDER: Final = "findings"
#: The oldest results go when there are more bytes than this, down to three quarters of it.
MOST_BYTES: Final = 128 << 20
#: How much one process writes before it looks at the size of all.
_LOOK_AFTER: Final = 16 << 20
#: How often runs look at the size of all, in seconds; a result that is used counts as new once a day.
_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR


class FindingsCache:
    """The results of runs with one identity (`engine.identity`)."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self._states: Reads = {}
        #: The names of rules, by their digest: one list holds for most files.
        self._rules: dict[str, tuple[str, ...]] = {}
        self._written = 0

    def get(self, path: str, found: bool, twin: str) -> Linted | None:
        """The result of a file, met in a folder or named, with its training twin; None where it is not known."""
        try:
            with open(self._file(self._key(path, found, twin, self._state("content", path))), "rb") as stream:
                check, reads, rules, text = stream.read().split(b"\n", 3)
                if digest(b"\n".join((reads, rules, text))) != check.decode("ascii"):
                    return None
                if time.time() - os.fstat(stream.fileno()).st_mtime > _DAY:
                    os.utime(stream.name)
            others = {(kind, name): known for kind, name, known in json.loads(reads)}
            if any(self._state(*read) != known for read, known in others.items()):
                return None
            return decode(text)._replace(rules=self._names(rules.decode("ascii")), reads=watched(others))
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return None

    def put(self, path: str, found: bool, twin: str, linted: Linted, reads: Reads) -> None:
        """Keep a result, unless something of what was read has changed in the meantime."""
        own = reads.get(("content", path), "")
        if linted.failure or any(finding.rule == "internal-error" for finding in linted.findings):
            return
        if any(kind not in ONCE and state(kind, name) != known for (kind, name), known in reads.items()):
            return
        try:
            text = encode(linted._replace(rules=()))
        except (TypeError, ValueError):
            # A rule put something into a finding that is no text.
            return
        names = " ".join(linted.rules).encode()
        rules = digest(names)
        if rules not in self._rules:
            self._rules[rules] = linted.rules
            self._write(rules, names)
        others = [[*read, known] for read, known in reads.items() if read != ("content", path)]
        parts = (json.dumps(others).encode(), rules.encode(), text.encode())
        content = b"\n".join(parts)
        self._write(self._key(path, found, twin, own), b"\n".join((digest(content).encode(), content)))

    def __enter__(self) -> FindingsCache:
        return self

    def __exit__(self, *_: object) -> None:
        """At the end of a run: results do not pile up, and yet most runs need not look at all of them."""
        mark = os.path.join(cache.folder(), FOLDER, "looked-at")
        try:
            young = time.time() - os.stat(mark).st_mtime < _HOUR
        except OSError:
            young = False
        if self._written and not young:
            trim()
            cache.write(mark, b"")

    def _write(self, key: str, content: bytes) -> None:
        cache.write(self._file(key), content)
        self._written += len(content)
        if self._written > _LOOK_AFTER:
            self._written = 0
            trim()

    def _key(self, path: str, found: bool, twin: str, content: str) -> str:
        return digest("\0".join((self.identity, path, str(found), twin, content)).encode("utf-8", "surrogateescape"))

    @staticmethod
    def _file(key: str) -> str:
        return os.path.join(cache.folder(), FOLDER, key[:2], key[2:])

    def _state(self, kind: str, path: str) -> str:
        found = self._states.get((kind, path))
        if found is None:
            found = self._states[kind, path] = state(kind, path)
        return found

    def _names(self, rules: str) -> tuple[str, ...]:
        names = self._rules.get(rules)
        if names is None:
            with open(self._file(rules), "rb") as stream:
                content = stream.read()
            if digest(content) != rules:
                raise ValueError("a broken list of rules")
            names = self._rules[rules] = tuple(content.decode().split())
        return names


def trim(most: int = MOST_BYTES) -> None:
    """Remove the oldest results where all of them have more than `most` bytes."""
    kept = sorted(_all(), reverse=True)
    if sum(size for _, size, _ in kept) <= most:
        return
    left = most * 3 // 4
    for _, size, path in kept:
        left -= size
        if left < 0:
            cache.remove(path)


def _all() -> Iterator[tuple[float, int, str]]:
    """(time of last use, bytes, path) of all results."""
    for root, _, names in os.walk(os.path.join(cache.folder(), FOLDER)):
        for name in names:
            path = os.path.join(root, name)
            try:
                status = os.stat(path)
            except OSError:
                continue
            yield status.st_mtime, status.st_size, path
