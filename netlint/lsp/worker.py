"""The worker process: reads jobs from standard input, and writes replies where standard output was.

A process of its own, because nothing else can be stopped: whatever a text does to it, the server lives on.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from typing import BinaryIO, Final

from netlint.lsp.jobs import Crashed, Job, Reply

#: A message is its length, then a pickle. Both ends are netlint's own.
LENGTH: Final = struct.Struct(">Q")
#: The server stops a worker long before; this ends one whose server is gone. Seconds.
_ORPHAN: Final = 120


def main() -> None:
    """Work until standard input ends."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    # What a rule of the user's prints belongs to the log, not between our replies.
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # While the editor and the server still greet each other.
    from netlint import api  # noqa: F401
    from netlint.lsp.work import work

    while (job := receive(requests)) is not None:
        faulthandler.dump_traceback_later(_ORPHAN, exit=True)
        send(replies, _done(work, job))
        faulthandler.cancel_dump_traceback_later()


def _done(work: Callable[[Job], Reply], job: Job) -> Reply:
    try:
        return work(job)
    except Exception as error:
        return Crashed(f"{type(error).__name__}: {error}", traceback.format_exc())


def receive(stream: BinaryIO) -> Job | None:
    """The next message; None at the end."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    job: Job = pickle.loads(stream.read(LENGTH.unpack(header)[0]))
    return job


def send(stream: BinaryIO, message: object) -> None:
    """Write one message."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


if __name__ == "__main__":
    main()
    sys.exit()
