"""How the command line adopts a collection with known findings: comments written into files, or a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from netlint.cli.telling import counted, tell
from netlint.output.destinations import check_place

if TYPE_CHECKING:
    from netlint.api import Report
    from netlint.engine.baseline import Compared, Entry
    from netlint.finding import Finding


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was asked for: a baseline to read, one to write, the reason of comments to add (None to add none)."""

    baseline: str = ""
    write_baseline: str = ""
    reason: str | None = None


def with_reason(arguments: Sequence[str]) -> list[str]:
    """The arguments for a parser that wants a value: `--add-suppressions` takes a reason behind `=` alone, and what
    follows it is a path."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    bare = "--add-suppressions"
    return [f"{word}=" if word == bare and at < end else word for at, word in enumerate(arguments)]


def adoption_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The three options, given to the command as one `adoption`."""

    @wraps(command)
    def adopting(*, baseline: str, write_baseline: str, add_suppressions: str | None, **options: Any) -> Any:
        if add_suppressions is not None and write_baseline:
            raise click.UsageError("give either --add-suppressions or --write-baseline")
        if add_suppressions is not None and not add_suppressions.isprintable():
            raise click.UsageError("the reason of --add-suppressions must be one line of plain text")
        if write_baseline:
            try:
                check_place(write_baseline)
            except ValueError as error:
                raise click.UsageError(str(error)) from None
        reason = None if add_suppressions is None else add_suppressions.strip()
        return command(adoption=Adoption(baseline, write_baseline, reason), **options)

    read = click.option("--baseline", metavar="FILE", default="", help="Leave out the findings that FILE holds.")
    write = click.option("--write-baseline", metavar="FILE", default="", help="Write all findings of this run to FILE.")
    add = click.option(
        "--add-suppressions",
        metavar="[=REASON]",
        default=None,
        help="Write a comment `netlint: ignore[rule] REASON` into the files for every finding of this run.",
    )
    return read(write(add(adopting)))


def adopt(lint: Callable[[], Report], adoption: Adoption) -> Report:
    """What `lint` reports, without what the baseline holds and what comments silence now; how much that was goes to
    standard error. Raises click.ClickException for a file that cannot be read or written."""
    path = adoption.baseline
    if not path and not adoption.write_baseline and adoption.reason is None:
        return lint()
    from netlint.engine import baseline

    try:
        known = baseline.read(path) if path else None
        report = lint()
        if adoption.write_baseline:
            count = baseline.write(adoption.write_baseline, report.findings)
            tell(f"wrote {counted(count, 'finding')} to {adoption.write_baseline}")
            report.findings = [finding for finding in report.findings if finding.rule == "internal-error"]
            return report
        compared = _compared(report, path, known)
        if adoption.reason is not None and report.findings:
            report, compared = _commented(lint, report, adoption, known)
    except baseline.BaselineError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or path}: {error.strerror or error}") from None
    if compared is not None:
        tell_compared(path, compared)
    return report


def tell_compared(path: str, compared: Compared) -> None:
    """How much a baseline held, and how much of it is no more."""
    tell(f"{counted(compared.known, 'finding')} left out, as {path} says")
    if compared.gone:
        what = "1 entry no longer occurs" if compared.gone == 1 else f"{compared.gone} entries no longer occur"
        tell(f"{path}: {what}: write it again with --write-baseline")


def _compared(report: Report, path: str, known: Counter[Entry] | None) -> Compared | None:
    """The findings of a report against a baseline; the report keeps the new ones."""
    from netlint.engine.baseline import compare

    if known is None:
        return None
    compared = compare(path, report.findings, report.files, report.rules, known)
    report.findings = compared.new
    return compared


def _commented(
    lint: Callable[[], Report], report: Report, adoption: Adoption, known: Counter[Entry] | None
) -> tuple[Report, Compared | None]:
    """Write the comments, and report what is left."""
    from netlint.engine.add_suppressions import add_suppressions

    compared: Compared | None = None

    def relint() -> Sequence[Finding]:
        nonlocal report, compared
        report = lint()
        compared = _compared(report, adoption.baseline, known)
        return report.findings

    added = add_suppressions(report.findings, adoption.reason or "", relint)
    tell(f"silenced {counted(added.count, 'finding')} in {counted(len(added.files), 'file')}")
    for reason, count in added.left.items():
        tell(f"{counted(count, 'finding')} not silenced: {reason}")
    return report, compared
