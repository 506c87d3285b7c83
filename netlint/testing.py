"""Run rule pages and marked model files as tests; for netlint's own rules and for anybody's.

A page is a rule's documentation: its fenced blocks are examples. A line that must be flagged bears a mark in the
dialect's comment sign, `# error: [rule-name]` (or `warning:`, `info:`; `//` in the JSON of Keras, where netlint reads
over comments); a block without marks must be silent under all rules. Findings and marks must agree exactly. Where
findings of a bad block offer fixes, all are made: none of them may be left then, and nothing new may be found. Blocks
of Python lint a module in memory and are programs: a page is checked without running them, and `live_blocks` gives them
to whoever does.

A comment `# weights: conv1=96x3x11x11,96 fc8=1000x4096,1000` stands
for a weights file with these layers; what a user would say on the command line, a block says as any file can:
`# netlint: num-classes=20`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

from netlint.api import OptionFields, Options, Report, Target, lint, load
from netlint.api_fix import fix
from netlint.authoring import RuleInfo
from netlint.engine import index
from netlint.engine.packs import load_rules
from netlint.engine.policies.keys import SAMPLE_ENDINGS
from netlint.finding import Applicability, Finding
from netlint.model import Pretrained, StoredTensor
from netlint.output.text import render

if TYPE_CHECKING:
    from netlint.engine.policies.read import Sample

#: The sections of a page, in order; `Fix` is for rules that offer edits, and for those alone.
HEADINGS: Final = ("What it does", "Why is this bad?", "Examples", "Fix", "When not to use it", "References")

#: The languages of fenced blocks that are linted, and the ending by which the loader knows them.
LANGUAGES: Final = {
    "prototxt": ".prototxt",
    "onnxtxt": ".onnxtxt",
    "json": ".json",
    "pbtxt": ".pbtxt",
    "pickle": ".pickle",
}

_MARK = re.compile(r"(error|warning|info): \[([a-z0-9-]+)\]")
_WEIGHTS = re.compile(r"^# weights: (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


#: Blocks that build a module in memory and lint it: they are programs, and need their framework.
_LIVE: Final = "python"


def assert_clean(*targets: Target, options: Options | None = None, **fields: Unpack[OptionFields]) -> None:
    """Assert in a test that models have no findings at or above `fail_level` (`warning` if none is given).

    The arguments are those of `netlint.lint`. Raises AssertionError with the report as text, and also where a model
    could not be linted at all.
    """
    __tracebackhide__ = True
    text = complaint(lint(*targets, options=options, **fields))
    if text:
        raise AssertionError(text)


def complaint(report: Report) -> str:
    """What makes a report fail, as text: findings at or above the fail level, and what could not be linted. Empty where
    nothing does."""
    if not report.exit_code:
        return ""
    told = list(render([finding for finding in report.findings if report.fails(finding)], colour=False))
    told += [f"cannot lint {failure.path}: {failure.reason}" for failure in report.failures]
    return "\n".join(told)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced example: its language, its text, and the line of the page on which the text starts."""

    language: str
    text: str
    line: int

    @property
    def marked(self) -> bool:
        return bool(_MARK.search(self.text))


def blocks(page: str) -> list[Block]:
    """The fenced examples of a page that can be linted."""
    return [
        Block(found[1], found[2], page.count("\n", 0, found.start(2)) + 1)
        for found in _FENCE.finditer(page)
        if found[1] in LANGUAGES
    ]


def live_blocks(page: str) -> list[Block]:
    """The examples of a page that lint a module in memory: programs that leave a `report`."""
    return [
        Block(found[1], found[2], page.count("\n", 0, found.start(2)) + 1)
        for found in _FENCE.finditer(page)
        if found[1] == _LIVE
    ]


def expected(text: str) -> set[tuple[int, str, str]]:
    """(line, severity, rule) for every mark."""
    return {
        (number, mark[1], mark[2])
        for number, line in enumerate(text.splitlines(), start=1)
        for mark in _MARK.finditer(line)
    }


def check_text(text: str, filename: str, options: Options | None = None) -> list[str]:
    """Lint a text and compare with its marks; each difference is one line of the answer."""
    report = lint(_closed(text), filename=filename, options=_pretending(text, options))
    return list(_differences(expected(text), report.findings, filename))


def check_file(path: Path, options: Options | None = None) -> list[str]:
    """The same for a file."""
    return list(
        _differences(expected(path.read_text(encoding="utf-8")), lint(path, options=options).findings, str(path))
    )


def check_page(path: Path, options: Options | None = None) -> list[str]:
    """Everything that is wrong with a rule's page: its title, its sections, its examples."""
    page = path.read_text(encoding="utf-8")
    rule = path.stem.replace("_", "-")
    problems = []
    if not page.startswith(f"# {rule}\n"):
        problems.append(f"{path}: the title must be `# {rule}`")
    options = options or Options()
    known = next((info for info in load_rules(tuple(options.rule_packs)) if info.name == rule), None)
    fixes = known.fixes if known is not None else ()
    wanted = tuple(heading for heading in HEADINGS if heading != "Fix" or fixes)
    headings = tuple(re.findall(r"^## (.+)$", page, re.MULTILINE))
    if headings != wanted:
        problems.append(f"{path}: the sections must be {', '.join(wanted)}")
    problems += [f"{path}: the section `Fix` must tell what `{_FLAGS[kind]}` does" for kind in _untold(page, fixes)]
    examples = blocks(page)
    shown = [*examples, *live_blocks(page)]
    if known is not None:
        # Also a rule that is off by default shows what it finds.
        options = replace(options, extend_select=(*options.extend_select, rule))
    if not any(f"[{rule}]" in block.text for block in shown if block.marked):
        problems.append(f"{path}: no example marks a line with [{rule}]")
    if all(block.marked for block in shown):
        problems.append(f"{path}: no example shows how to do it right")
    for block in examples:
        name = f"{path.stem}_{block.line}{LANGUAGES[block.language]}"
        wrong = check_text(block.text, name, options)
        if block.marked and known is not None:
            wrong += check_fixes(block.text, known, name, options)
        problems += [f"{path}:{block.line}: {problem}" for problem in wrong]
    return problems


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying the rules of a pack: how many there are, on how many samples, and each difference."""

    rules: int
    samples: int
    problems: tuple[str, ...]


def check_pack(folder: Path) -> Tried:
    """Try the rules of a pack: those in YAML on their samples, those in Python on their pages. Raises PackError."""
    load_rules((folder,))
    options = Options(rule_packs=(folder,))
    problems: list[str] = []
    rules = samples = 0
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")]):
        if path.suffix in index.YAML and path.is_file() and not path.name.startswith("."):
            from netlint.engine.policies.read import read_file

            for rule in read_file(str(path), path.name, path.stem):
                rules, samples = rules + 1, samples + len(rule.samples)
                if not rule.samples:
                    problems.append(f"{path}: `{rule.info.name}` has no samples: nothing says that it works")
                for sample in rule.samples:
                    problems += _tried(sample, rule.info, options, path)
        elif path.suffix == ".py" and path.name != "__init__.py" and path.parent != folder:
            page = path.with_suffix(".md")
            rules += 1
            if page.is_file():
                samples += len(blocks(page.read_text(encoding="utf-8")))
                problems += check_page(page, options)
            else:
                problems.append(f"{path}: there is no page {page.name} beside it")
    return Tried(rules, samples, tuple(problems))


#: Rules under which a sample is told that is none: its silence says nothing.
_UNREADABLE: Final = ("syntax", "unreadable-model", "unknown-bottom")


def _tried(sample: Sample, rule: RuleInfo, options: Options, path: Path) -> Iterator[str]:
    """How a rule in YAML does on a sample. A bad one without marks must only be found, wherever."""
    where = f"{path}:{sample.line}"
    what = f"the {'bad' if sample.bad else 'good'} sample of `{rule.name}`"
    name = f"{rule.name}{SAMPLE_ENDINGS[sample.dialect]}"
    options = replace(options, select=(rule.name, *_UNREADABLE))
    text = sample.text if "\n" in sample.text else f"{sample.text}\n"
    found = lint(text, filename=name, options=options).findings
    for other in found:
        if other.rule != rule.name:
            at = f"{path}:{sample.line + other.line - 1}"
            yield f"{at}: {what}: {other.severity}[{other.rule}] {other.message}"
    # A sample that cannot be read has said so.
    why = _why_silent(rule, text, name, options) if sample.bad and not found else ""
    found = [finding for finding in found if finding.rule == rule.name]
    marks = expected(sample.text)
    if sample.bad and not marks and not found:
        yield f"{where}: {what} has no finding{why}"
    if marks or not sample.bad:
        for line, difference in _differing(marks, found):
            yield f"{path}:{sample.line + line - 1}: {what}: {difference}{why}"


def _why_silent(rule: RuleInfo, text: str, name: str, options: Options) -> str:
    from netlint.engine.policies.silent import why_silent

    why = why_silent(rule, load(text, filename=name, options=options))
    return f": {why}" if why else ""


#: What to call on the command line for each kind of fix.
_FLAGS: Final[Mapping[Applicability, str]] = {"safe": "--fix", "unsafe": "--fix --unsafe-fixes"}


def _untold(page: str, fixes: Sequence[Applicability]) -> Iterator[Applicability]:
    """The kinds of fixes that a page does not speak of."""
    section = page.partition("\n## Fix\n")[2].partition("\n## ")[0]
    return (kind for kind in fixes if f"`{_FLAGS[kind]}`" not in section)


def offers(text: str, rule: RuleInfo, filename: str, options: Options | None = None) -> set[Applicability]:
    """The kinds of fixes that a rule offers for a text."""
    found = lint(_closed(text), filename=filename, options=_pretending(text, options)).findings
    return {
        finding.fix.applicability
        for finding in found
        if finding.rule == rule.name and finding.fix is not None and finding.fix.edits
    }


def check_fixes(text: str, rule: RuleInfo, filename: str, options: Options | None = None) -> list[str]:
    """Make all fixes of a text. Each one that the rule does not declare, that is taken back, or that leaves findings
    which offer one, is a line of the answer."""
    problems = [
        f"{filename}: the rule offers a fix that is {kind}, but does not declare it in `fixes`"
        for kind in sorted(offers(text, rule, filename, options) - set(rule.fixes))
    ]
    done = fix(_closed(text), filename=filename, options=_pretending(text, options), unsafe=True)
    for finding, reason in done.fixed.left:
        problems.append(f"{filename}:{finding.line}: the fix of {finding.rule} is not made: {reason}")
    return problems + [
        f"{filename}:{finding.line}: {finding.rule} still offers a fix after all were made"
        for finding in done.report.findings
        if finding.fix is not None and finding.fix.mends(unsafe=True)
    ]


def _closed(text: str) -> str:
    """A text with a line end, by which it is told from a path."""
    return text if "\n" in text else f"{text}\n"


def _pretending(text: str, options: Options | None) -> Options | None:
    """The options with the weights file that a comment of the text stands for."""
    weights = _WEIGHTS.search(text)
    return replace(options or Options(), weights_file=_pretended(weights[1])) if weights is not None else options


def _pretended(layers: str) -> Pretrained:
    """What a page says of a weights file: for each layer the shapes of its tensors."""
    entries = (entry.split("=") for entry in layers.split())
    return Pretrained(
        "weights.caffemodel",
        {
            name: tuple(StoredTensor(tuple(map(int, shape.split("x")))) for shape in shapes.split(","))
            for name, shapes in entries
        },
    )


def _differences(wanted: set[tuple[int, str, str]], findings: Sequence[Finding], name: str) -> Iterator[str]:
    for line, difference in _differing(wanted, findings):
        yield f"{name}:{line}: {difference}"


def _differing(wanted: set[tuple[int, str, str]], findings: Sequence[Finding]) -> Iterator[tuple[int, str]]:
    """Each difference between marks and findings, with its line."""
    given = {(finding.line, finding.severity, finding.rule): finding for finding in findings}
    for line, severity, rule in sorted(wanted - given.keys()):
        yield line, f"{severity}[{rule}] is marked, but not found"
    for key in sorted(given.keys() - wanted):
        line, severity, rule = key
        yield line, f"{severity}[{rule}] is found, but not marked: {given[key].message}"
