"""Files in parallel: processes that lint one file at a time.

A worker is a process of its own on every system, with nothing of the caller's memory in it; a thread talks to it in
lines of JSON. A worker that dies costs the file that it was at, no other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, TypeAlias

from netlint.engine.codec import decode
from netlint.engine.linted import Linted
from netlint.engine.pack_folders import PackError

_START: Final = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from netlint.worker import work; work()"

#: The first line of a worker.
READY: Final = b"ready\n"

#: What one file gave, or why the whole run has to end.
Answer: TypeAlias = Linted | Exception


class Task(NamedTuple):
    """A file to lint: its number in the run, its path, whether it was met in a folder, its training twin."""

    number: int
    path: str
    found: bool
    twin: str


class NoWorker(Exception):
    """No process can be started here: the file is to be linted without one."""


def possible() -> bool:
    """Whether this program can start workers: not when it is one frozen executable."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def work_off(tasks: Sequence[Task], setup: dict[str, Any], count: int) -> Generator[tuple[Task, Answer], None, None]:
    """The answers of `count` workers, as they come; NoWorker for each file for which there is none. Leaving the
    iterator early ends the workers at once."""
    crew = _Crew(tasks, json.dumps(setup))
    threads = [threading.Thread(target=crew.serve, daemon=True) for _ in range(min(count, len(tasks)))]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            yield crew.answers.get()
    finally:
        crew.end()
        for thread in threads:
            thread.join(5)


class _Crew:
    """The workers of a run, each served by a thread."""

    def __init__(self, tasks: Sequence[Task], setup: str) -> None:
        self.answers: SimpleQueue[tuple[Task, Answer]] = SimpleQueue()
        self._setup = setup
        self._tasks = iter(tasks)
        self._lock = threading.Lock()
        self._workers: set[subprocess.Popen[bytes]] = set()
        self._ended = False
        self._none_starts = False

    def serve(self) -> None:
        """Keep one worker busy until no task is left; a new one follows one that died."""
        worker: _Worker | None = None
        while (task := self._next()) is not None:
            worker = worker or self._hired()
            try:
                answer = worker.ask(task) if worker is not None else NoWorker()
            except Exception as error:
                answer = error
            if worker is not None and answer is None:
                answer = Linted(failure=_reason(self._dismissed(worker)))
                worker = None
            self.answers.put((task, answer or NoWorker()))
        if worker is not None:
            self._dismissed(worker)

    def _next(self) -> Task | None:
        with self._lock:
            return None if self._ended else next(self._tasks, None)

    def _hired(self) -> _Worker | None:
        """A new worker; None where none can be started, which is tried once."""
        if self._none_starts:
            return None
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps([entry or os.getcwd() for entry in sys.path])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # An interrupt from the keyboard is the caller's alone.
                start_new_session=True,
            )
        except OSError:
            self._none_starts = True
            return None
        with self._lock:
            self._workers.add(process)
            if self._ended:
                process.kill()
        worker = _Worker(process, self._setup)
        if worker.is_ready():
            return worker
        self._none_starts = not self._ended
        self._dismissed(worker)
        return None

    def _dismissed(self, worker: _Worker) -> int:
        """Wait for the end of a worker that has nothing to do or has died; its exit code, negative for a signal."""
        code = worker.close()
        with self._lock:
            self._workers.discard(worker.process)
        return code

    def end(self) -> None:
        """No more tasks; whoever still works is killed: nobody wants the answer."""
        with self._lock:
            self._ended = True
            for process in self._workers:
                process.kill()


class _Worker:
    """The near end of one process."""

    def __init__(self, process: subprocess.Popen[bytes], setup: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._to, self._from = process, process.stdin, process.stdout
        self._send(setup)

    def is_ready(self) -> bool:
        """Whether it has started; waits for that."""
        return self._from.readline() == READY

    def ask(self, task: Task) -> Answer | None:
        """The answer; None when the worker is no more."""
        self._send(json.dumps([task.path, task.found, task.twin]))
        line = self._from.readline()
        if not line.endswith(b"\n"):
            return None
        return _error(line) if line.startswith(b"!") else decode(line)

    def close(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        with suppress(OSError):
            self._to.close()
        self._from.close()
        return self.process.wait()

    def _send(self, line: str) -> None:
        try:
            self._to.write(line.encode() + b"\n")
            self._to.flush()
        except OSError:
            # It has died: reading its answer tells.
            return


def _error(line: bytes) -> Exception:
    """What ended the work of a worker, as the exception that it would have been here."""
    from netlint.engine.config_file import ConfigError

    kind, message = json.loads(line[1:])
    kinds: dict[str, type[Exception]] = {"ConfigError": ConfigError, "PackError": PackError}
    return kinds.get(kind, ValueError)(message)


def _reason(code: int) -> str:
    if code >= 0:
        return f"the process that linted it ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = {"SIGKILL": ", perhaps for want of memory", "SIGSEGV": ": it crashed"}.get(name, "")
    return f"the process that linted it was ended by {name}{why}"
