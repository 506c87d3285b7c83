"""The server's end of its worker: one job at a time, each within a time limit; a worker that hangs is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from typing import Final

from netlint.lsp.jobs import Crashed, Job, Reply
from netlint.lsp.worker import LENGTH

#: Seconds for one job: far above any real network's, and short enough that somebody still waits for it.
LIMIT: Final = 20.0
#: Seconds after which a job is stopped when nobody wants its answer any more.
_OUTDATED: Final = 2.0


class Worker:
    """Belongs to the thread of the event loop."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = asyncio.Lock()
        self._since = 0.0
        self._subject = ""

    async def ask(self, job: Job, subject: str = "") -> Reply:
        """The reply to a job, after those that were asked before. A job that runs long on an older text of the same
        `subject` is stopped."""
        # Who asked may lose interest: the exchange is carried through all the same, for the next one's sake.
        return await asyncio.shield(asyncio.ensure_future(self._asked(job, subject)))

    async def _asked(self, job: Job, subject: str) -> Reply:
        if subject and subject == self._subject and self._turn.locked():
            late = self._since + _OUTDATED - time.monotonic()
            if late > 0:
                await self._free(late)
            if subject == self._subject and self._turn.locked() and time.monotonic() - self._since >= _OUTDATED:
                self._kill()
        async with self._turn:
            self._since, self._subject = time.monotonic(), subject
            try:
                return await asyncio.wait_for(self._exchange(job), self.limit)
            except TimeoutError:
                self._kill()
                return Crashed(f"gave up after {self.limit:g} seconds", "")
            except (OSError, ValueError, EOFError, pickle.PickleError):
                self._kill()
                return Crashed("the linting process ended early", "")
            finally:
                self._subject = ""

    def start(self) -> None:
        """Start the process before there is anything to do."""
        self._running()

    def close(self) -> None:
        """Stop the process."""
        self._kill()

    async def _free(self, seconds: float) -> None:
        """Until the running job is done, at most so long."""
        until = time.monotonic() + seconds
        while self._turn.locked() and time.monotonic() < until:
            await asyncio.sleep(0.02)

    async def _exchange(self, job: Job) -> Reply:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()
        process = self._running()

        def settle(reply: Reply | None, error: Exception | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            elif reply is not None:
                answer.set_result(reply)

        def talk() -> None:
            try:
                reply, error = _exchanged(process, job), None
            except Exception as caught:
                reply, error = None, caught
            # The loop may be gone by now: then nobody waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, reply, error)

        # Not one of the loop's own threads: the end of the server waits for those.
        threading.Thread(target=talk, daemon=True).start()
        return await answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = _started()
        return self._process

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                # What was still to be sent is lost with the process.
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            self._process = None


def _started() -> subprocess.Popen[bytes]:
    """A worker that imports from where this process does, but never from the folders that it lints."""
    path = [entry for entry in sys.path if entry and os.path.isabs(entry)]
    code = f"import sys; sys.path[:] = {path!r}; from netlint.lsp.worker import main; main()"
    return subprocess.Popen([sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _exchanged(process: subprocess.Popen[bytes], job: Job) -> Reply:
    """Raises OSError or EOFError when the process is gone."""
    if process.stdin is None or process.stdout is None:
        raise EOFError
    data = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
    process.stdin.write(LENGTH.pack(len(data)) + data)
    process.stdin.flush()
    header = process.stdout.read(LENGTH.size)
    if len(header) < LENGTH.size:
        raise EOFError
    reply: Reply = pickle.loads(process.stdout.read(LENGTH.unpack(header)[0]))
    return reply
