"""How the command line mends what it finds: `--fix`, `--unsafe-fixes`, `--diff` and what is told of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from netlint.cli.adoption import tell_compared
from netlint.cli.telling import counted, tell

if TYPE_CHECKING:
    from netlint.api import Options, Report, Target
    from netlint.cli.adoption import Adoption
    from netlint.engine.baseline import Compared
    from netlint.engine.fix import Change, Fixed
    from netlint.finding import Finding


@dataclass(frozen=True, slots=True)
class Fixing:
    """What was asked for: to write fixes or to show them as a diff, which ones, and what to tell."""

    fix: bool = False
    only: bool = False
    diff: bool = False
    #: Unsafe fixes as well; without the three above they are marked, and nothing is changed.
    unsafe: bool = False
    show: bool = False

    @property
    def active(self) -> bool:
        return self.fix or self.only or self.diff

    @property
    def quiet(self) -> bool:
        """Findings are not told."""
        return self.only or self.diff

    def refuse(self, adoption: Adoption, paths: Sequence[str], *, watching: bool, telling: bool) -> None:
        """Raises click.UsageError for what does not go together."""
        if self.active and adoption.reason is not None:
            raise click.UsageError("fix first, then silence the rest: give either --fix or --add-suppressions")
        if self.active and adoption.write_baseline:
            raise click.UsageError("fix first, then write the baseline: give either --fix or --write-baseline")
        if self.active and watching:
            raise click.UsageError("--watch lints while others write: give either --watch or --fix")
        if self.active and "-" in paths and len(set(paths)) > 1:
            raise click.UsageError("standard input is fixed alone: its text goes to standard output")
        if self.quiet and telling:
            alone = "--diff" if self.diff else "--fix-only"
            raise click.UsageError(f"{alone} tells no findings: --output FORMAT:FILE and --statistics go with --fix")
        if self.show and not self.active:
            raise click.UsageError("--show-fixes tells what was fixed: give --fix or --diff as well")


class Done(NamedTuple):
    """How many findings were mended, and the exit code where nothing else is told."""

    number: int
    exit_code: int


def fixing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The five options, given to the command as one `fixing`."""

    @wraps(command)
    def fixing(*, fix: bool, fix_only: bool, diff: bool, unsafe_fixes: bool, show_fixes: bool, **options: Any) -> Any:
        return command(fixing=Fixing(fix, fix_only, diff, unsafe_fixes, show_fixes), **options)

    made = click.option("--fix", is_flag=True, help="Mend in the files what can be mended, and tell the rest.")
    only = click.option("--fix-only", is_flag=True, help="The same, without telling the rest; the exit code is 0.")
    shown = click.option(
        "--diff", is_flag=True, help="Write nothing, print what --fix would change; the exit code is 1 if there is any."
    )
    unsafe = click.option(
        "--unsafe-fixes", is_flag=True, help="Also fixes after which the network may learn or compute otherwise."
    )
    told = click.option("--show-fixes", is_flag=True, help="List what was fixed.")
    return made(only(shown(unsafe(told(fixing)))))


def run_fixes(
    targets: Sequence[Target],
    options: Options,
    filename: str,
    on_progress: Callable[[int, int, str], None] | None,
    baseline: str,
    fixing: Fixing,
) -> tuple[Report, Done]:
    """Mend what can be mended, write it or print it; the report of what remains. What the baseline holds is left alone.
    Raises click.ClickException for a file that cannot be read."""
    from netlint import api_fix
    from netlint.engine.baseline import BaselineError

    met: list[Compared] = []
    try:
        sift = _sift(baseline, met)
        done = api_fix.fix(
            *targets, options=options, filename=filename, unsafe=fixing.unsafe, on_progress=on_progress, sift=sift
        )
    except BaselineError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or baseline}: {error.strerror or error}") from None
    fixed, report = done.fixed, done.report
    piped = next((target for target in targets if isinstance(target, bytes)), None)
    if fixing.diff:
        click.echo(b"".join(_diff(fixed.changes)), nl=False)
    elif piped is not None:
        click.echo(fixed.changes[0].after if fixed.changes else piped, nl=False)
    else:
        report.failures += api_fix.write(fixed.changes)
    _tell_fixes(fixed, fixing)
    if met:
        tell_compared(baseline, met[0])
    return report, Done(len(fixed.mended), int(fixing.diff and bool(fixed.changes)))


def _sift(baseline: str, met: list[Compared]) -> Callable[[Report], None] | None:
    """Takes out of a report what the baseline holds; `met` gets what each report has of it."""
    from netlint.engine.baseline import compare, read

    if not baseline:
        return None
    known = read(baseline)

    def sift(report: Report) -> None:
        met.append(compare(baseline, report.findings, report.files, report.rules, known.copy()))
        report.findings = met[-1].new

    return sift


def _tell_fixes(fixed: Fixed, fixing: Fixing) -> None:
    """How many, where nothing else says it; each of them, where they are asked for; and what was taken back."""
    if fixing.show and fixed.mended:
        for line in _listed(fixed.mended, "would fix" if fixing.diff else "fixed"):
            tell(line)
    elif fixing.quiet:
        done = "would fix" if fixing.diff else "fixed"
        where = counted(len({change.path for change in fixed.changes}), "file")
        tell(f"{done} {counted(len(fixed.mended), 'finding')} in {where}" if fixed.mended else "nothing to fix")
    for finding, reason in fixed.left:
        tell(f"{finding.path}:{finding.line}: the fix of {finding.rule} is not made: {reason}")


def _listed(mended: Sequence[Finding], word: str) -> Iterator[str]:
    counts: dict[str, Counter[str]] = {}
    for finding in mended:
        counts.setdefault(finding.path, Counter())[finding.rule] += 1
    yield f"{word} {counted(len(mended), 'finding')}:"
    for path, rules in counts.items():
        for rule, count in sorted(rules.items()):
            yield f"  {path}: {count} x {rule}"


def _diff(changes: Sequence[Change]) -> Iterator[bytes]:
    """A unified diff that `patch` and `git apply` take, each file's lines in its own encoding."""
    from difflib import diff_bytes, unified_diff

    for path, before, after in changes:
        name = os.fsencode(path)
        for line in diff_bytes(unified_diff, _lines(before), _lines(after), name, name):
            yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[bytes]:
    *lines, last = content.split(b"\n")
    return [*(line + b"\n" for line in lines), *([last] if last else [])]
