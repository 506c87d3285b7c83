"""A worker: a process that lints files one by one for `engine.workers`, which starts it."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import nullcontext
from typing import Any

from netlint.api import Options, Report, plan_of
from netlint.engine.codec import encode
from netlint.engine.findings_cache import FindingsCache
from netlint.engine.one_file import Plan, lint_and_keep
from netlint.engine.pack_folders import PackError
from netlint.engine.workers import READY
from netlint.loaders import File


def work() -> None:
    """Answer each line of standard input, after the first, which says how to lint; until it ends."""
    # Whoever started this process ends it: an interrupt from the keyboard reaches both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard output belongs to the answers. What a rule prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)
    answers.write(READY.decode())
    answers.flush()
    setup = json.loads(sys.stdin.buffer.readline())
    cache = FindingsCache(setup["cache"]) if setup["cache"] else None
    plan: Plan | None = None
    with cache or nullcontext():
        for line in sys.stdin.buffer:
            path, found, twin = json.loads(line)
            try:
                plan = plan or _plan(setup["options"])
                answer = encode(lint_and_keep(File(path, found=found), twin, plan, cache))
            except (ValueError, PackError) as error:
                answer = f"!{json.dumps([type(error).__name__, str(error)])}"
            answers.write(f"{answer}\n")
            answers.flush()


def _plan(options: dict[str, Any]) -> Plan:
    return plan_of(Options.of_portable(options), Report())
