"""What a run gave, as every format takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlint.finding import Finding

if TYPE_CHECKING:
    from netlint.authoring import RuleInfo


def _above_info(finding: Finding) -> bool:
    return finding.severity != "info"


def _no_rules() -> Sequence[RuleInfo]:
    return ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Findings in order, the files that were read, and (path, reason) of what could not be."""

    findings: Sequence[Finding] = ()
    files: Sequence[str] = ()
    failures: Sequence[tuple[str, str]] = ()
    #: How many findings were mended in this run; None where nothing was to be.
    fixed: int | None = None
    #: Unsafe fixes are wanted: they are marked like the others.
    unsafe: bool = False
    #: Whether a finding makes the run fail.
    fails: Callable[[Finding], bool] = _above_info
    #: Every rule there is, for formats that describe them.
    rules: Callable[[], Sequence[RuleInfo]] = _no_rules
