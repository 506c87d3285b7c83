"""The results of a run's files in their order, from wherever they come: an earlier run, workers, or this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from netlint.engine.codec import decode, encode
from netlint.engine.findings_cache import FindingsCache
from netlint.engine.linted import Linted
from netlint.engine.pairs import training_twin
from netlint.loaders import File

if TYPE_CHECKING:
    from netlint.engine.one_file import Plan
    from netlint.engine.workers import Answer

#: Starting workers pays from so many files on, or from so many bytes of text in at least two files: with 70 to 90
#: files of 7 KiB two jobs are as fast as one, with 130 they need three quarters of the time.
_MANY: Final = 100
_MUCH: Final = 1 << 20
#: Larger files are mostly weights, which are skipped.
_TEXT: Final = 4 << 20
#: The texts of so few files need not be given up.
_FEW: Final = 20


class Way(NamedTuple):
    """How a run is worked off. Nothing in it changes what is found."""

    #: How many processes; None for as many as pay.
    jobs: int | None = 1
    cache: FindingsCache | None = None
    #: Findings keep the texts in which they stand, for whoever wants to change these.
    whole: bool = True
    #: The options in JSON's types, as workers take them; None for options that cannot leave this process.
    options: Mapping[str, Any] | None = None


def results(
    files: Sequence[File], way: Way, plan: Callable[[], Plan], tell: Callable[[int, int, str], None] | None
) -> Iterator[tuple[File, Linted]]:
    """Each file with its result; `tell` hears of each one that is not known from an earlier run: how many
    files are done, of how many, and the path.

    Raises what `plan` raises, before anything else, unless all results are known; and ConfigError.
    """
    paths = {file.path for file in files}
    tasks = [(file, training_twin(file.path, paths)) for file in files]
    known = {number: linted for number, task in enumerate(tasks) if (linted := _kept(*task, way)) is not None}
    missing = [number for number in range(len(tasks)) if number not in known]
    count = len(known)
    settled = plan() if missing or not files else None
    with closing(_from_workers(missing, tasks, way)) as answers:
        done: dict[int, Answer] = {}
        for number, (file, twin) in enumerate(tasks):
            linted = known.pop(number, None)
            while linted is None and number not in done and (answered := next(answers, None)) is not None:
                done[answered[0]] = answered[1]
                count += 1
                if tell is not None:
                    tell(count, len(files), files[answered[0]].path)
            answer = done.pop(number, None)
            if isinstance(answer, Linted):
                linted = answer
            elif isinstance(answer, Exception):
                raise answer
            if linted is None and settled is not None:
                if tell is not None:
                    tell(count, len(files), file.path)
                count += 1
                linted = _here(file, twin, settled, way, shrink=len(files) > _FEW)
            if linted is not None:
                yield file, linted


def _kept(file: File, twin: str, way: Way) -> Linted | None:
    """The result of an earlier run."""
    if way.cache is None or file.content is not None:
        return None
    return way.cache.get(file.path, file.found, twin)


def _here(file: File, twin: str, plan: Plan, way: Way, *, shrink: bool) -> Linted:
    """A file linted in this process."""
    from netlint.engine.one_file import lint_and_keep

    if file.content is not None:
        return lint_and_keep(file, twin, plan, None)
    # Another one for the work: it keeps the first bytes of the file.
    linted = lint_and_keep(File(file.path, found=file.found), twin, plan, way.cache)
    return linted if way.whole or not shrink else decode(encode(linted))


def _from_workers(
    missing: Sequence[int], tasks: Sequence[tuple[File, str]], way: Way
) -> Generator[tuple[int, Answer], None, None]:
    """The results that workers give, by the numbers of the files, as they come; none for files that are better linted
    here."""
    numbers = [number for number in missing if tasks[number][0].content is None]
    count = _processes([tasks[number][0].path for number in numbers], way)
    if count < 2 or way.options is None:
        return
    from netlint.engine.workers import NoWorker, Task, possible, work_off

    if not possible():
        return
    given = [Task(number, tasks[number][0].path, tasks[number][0].found, tasks[number][1]) for number in numbers]
    setup = {"options": way.options, "cache": way.cache.identity if way.cache is not None else ""}
    with closing(work_off(given, setup, count)) as answers:
        for task, answer in answers:
            if not isinstance(answer, NoWorker):
                yield task.number, answer


def _processes(paths: Sequence[str], way: Way) -> int:
    """How many processes work at these files."""
    if way.whole or len(paths) < 2:
        return 1
    if way.jobs is not None:
        return min(way.jobs, len(paths))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2:
        return 1
    pays = len(paths) >= _MANY or sum(map(_size, paths)) >= _MUCH
    return min(cores, len(paths)) if pays else 1


def _size(path: str) -> int:
    """Bytes of a file that may be a text."""
    try:
        size = os.stat(path).st_size
    except OSError:
        return 0
    return size if size <= _TEXT else 0
