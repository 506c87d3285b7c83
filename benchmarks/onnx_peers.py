"""What other tools find in the broken ONNX models, next to netlint: `python -m benchmarks.onnx_peers [--all]`.

Without `--all` one model of each kind is judged, the first; with it all of them. A tool finds a kind when it says
something of the broken model, in any severity, that it does not say of the right ones that look like it; netlint only
when the finding has the right rule and the right place. Each tool runs in a process of its own, with a time limit.

Wants: onnx==1.23.2 onnxruntime==1.31.1 polygraphy==0.53.6 onnx-graphsurgeon==0.6.1 onnx-doctor==0.2.0
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fixtures.onnx.broken import FAMILIES, all_cases
from fixtures.onnx.case import Case

ROOT: Final = Path(__file__).parents[1]

#: Seconds after which a tool hangs.
LIMIT: Final = 30

#: What a tool said: marks (`E` error, `w` warning, `i` information) with a text that is the same for the same remark.
Said = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tool:
    """`command` for a model and a file to write to; `said` reads (exit code, output, errors, that file)."""

    name: str
    command: Callable[[Path, Path], list[str]]
    said: Callable[[int, str, str, Path], Iterable[tuple[str, str]]]


def _python(code: str) -> Callable[[Path, Path], list[str]]:
    return lambda model, _: [sys.executable, "-c", code, str(model)]


def _script(name: str) -> str:
    """A command of the environment that this runs in."""
    return str(Path(sys.executable).parent / name)


def _exception(code: int, _output: str, errors: str, _file: Path) -> Iterable[tuple[str, str]]:
    if code:
        yield "E", errors.strip().splitlines()[-1] if errors.strip() else f"exit code {code}"


def _session(code: int, output: str, errors: str, file: Path) -> Iterable[tuple[str, str]]:
    yield from _exception(code, output, errors, file)
    yield from (("w", line.partition("]")[2]) for line in errors.splitlines() if "[W:onnxruntime" in line)


def _doctor(code: int, output: str, errors: str, file: Path) -> Iterable[tuple[str, str]]:
    try:
        entries = json.loads(output)
    except ValueError:
        yield from _exception(code, output, errors, file)
        return
    yield from (({"error": "E", "warning": "w", "info": "i"}[entry["severity"]], entry["code"]) for entry in entries)


def _polygraphy(code: int, _output: str, _errors: str, file: Path) -> Iterable[tuple[str, str]]:
    if not file.exists():
        yield from [("x", "aborted without a report")] if code else []
        return
    for entry in json.loads(file.read_text(encoding="utf-8"))["lint_entries"]:
        yield {"warning": "w"}.get(entry["level"], "E"), entry["message"]


def _netlint(code: int, output: str, errors: str, _file: Path) -> Iterable[tuple[str, str]]:
    if code not in (0, 1):
        yield "x", f"exit code {code}: {errors[-200:]}"
        return
    for finding in json.loads(output)["findings"]:
        mark = {"error": "E", "warning": "w", "info": "i"}[finding["severity"]]
        yield mark, f"[{finding['rule']}] {finding['node']} {finding['message']} {finding['related']}"


TOOLS: Final = (
    Tool("checker", _python("import sys, onnx; onnx.checker.check_model(sys.argv[1])"), _exception),
    Tool("full check", _python("import sys, onnx; onnx.checker.check_model(sys.argv[1], full_check=True)"), _exception),
    Tool(
        "strict inference",
        _python(
            "import sys, onnx; onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1], load_external_data=False), "
            "check_type=True, strict_mode=True, data_prop=True)"
        ),
        _exception,
    ),
    Tool(
        "onnxruntime session",
        _python(
            "import sys, onnxruntime as r; o = r.SessionOptions(); "
            "o.graph_optimization_level = r.GraphOptimizationLevel.ORT_DISABLE_ALL; "
            "r.InferenceSession(sys.argv[1], o, providers=['CPUExecutionProvider'])"
        ),
        _session,
    ),
    Tool(
        "polygraphy lint",
        lambda model, file: [_script("polygraphy"), "check", "lint", str(model), "-o", str(file)],
        _polygraphy,
    ),
    Tool(
        "onnx-doctor",
        lambda model, _: [_script("onnx-doctor"), "check", "--output-format", "json", str(model)],
        _doctor,
    ),
    Tool(
        "netlint",
        lambda model, _: [
            *(sys.executable, "-m", "netlint", "--no-config", "--no-cache"),
            *("--output-format", "json", str(model), "--weights"),
        ],
        _netlint,
    ),
)  # fmt: skip


def judge(tool: Tool, case: Case) -> Said:
    """What the tool says of the case. A hang is `("h", "")`."""
    with tempfile.TemporaryDirectory() as folder:
        model = case.make(Path(folder))
        report = Path(folder) / "report.json"
        try:
            done = subprocess.run(
                tool.command(model, report),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=LIMIT,
                check=False,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        except subprocess.TimeoutExpired:
            return frozenset((("h", ""),))
        said = tool.said(done.returncode, done.stdout, done.stderr, report)
        return frozenset((mark, text.replace(folder, "")) for mark, text in said)


def mark(tool: Tool, case: Case, said: Said, of_right: Said) -> str:
    """The worst mark of what is new about the broken model; `·` for nothing."""
    if tool.name == "netlint":
        new = {one for one in said if _meant(case, one[1])}
    else:
        usual = {_without_names(text) for _, text in of_right}
        new = {one for one in said if _without_names(one[1]) not in usual}
    return next((each for each in "hxEwi" if any(each == one[0] for one in new)), "·")


def _meant(case: Case, text: str) -> bool:
    rule = re.match(r"\[([a-z0-9-]+)\]", text)
    at_place = not case.at or not set(case.at.split()).isdisjoint(re.findall(r"\w+", text))
    return rule is not None and rule[1] in case.rules and at_place


def _without_names(text: str) -> str:
    """A message without what differs from model to model."""
    return re.sub(r"\d+|'[^']*'|\"[^\"]*\"|\([^)]*\)", "", text)


def main() -> None:
    """Judge and print two tables in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--all", action="store_true", help="every broken model, not one of each kind")
    arguments.add_argument("--family", choices=FAMILIES, help="only this family")
    arguments.add_argument("--tool", action="append", choices=[tool.name for tool in TOOLS], help="only these tools")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = arguments.parse_args()
    tools = [tool for tool in TOOLS if not asked.tool or tool.name in asked.tool]
    cases = [case for case in all_cases() if asked.family in (None, case.family)]
    first = {(case.family, case.kind, case.broken): case for case in reversed(cases)}
    if not asked.all:
        cases = [case for case in cases if case is first[case.family, case.kind, case.broken]]
    pairs = [(tool, case) for tool in tools for case in cases]
    with ThreadPoolExecutor(asked.jobs) as pool:
        said = dict(
            zip(
                ((tool.name, case.name) for tool, case in pairs),
                pool.map(lambda pair: judge(*pair), pairs),
                strict=True,
            )
        )

    def of(tool: Tool, case: Case) -> str:
        rights = (said[tool.name, other.name] for other in cases if (other.kind, other.broken) == (case.kind, False))
        return mark(tool, case, said[tool.name, case.name], frozenset().union(*rights))

    broken = [case for case in cases if case.broken]
    marks = {(tool.name, case.name): of(tool, case) for tool in tools for case in broken}
    _print_row("model", *(tool.name for tool in tools))
    _print_row(*["---"] * (len(tools) + 1))
    for case in broken:
        _print_row(
            case.name if asked.all else f"{case.family}/{case.kind}", *(marks[tool.name, case.name] for tool in tools)
        )
    print()
    totals = Counter(case.family for case in broken)
    _print_row("found of", *(f"{family} {count}" for family, count in totals.items()), "all")
    _print_row(*["---"] * (len(totals) + 2))
    for tool in tools:
        found = Counter(case.family for case in broken if marks[tool.name, case.name] in ("E", "w", "i"))
        _print_row(tool.name, *(str(found[family]) for family in totals), str(found.total()))
    right = [case for case in cases if not case.broken]
    print(f"\nsaid of the {len(right)} right models (errors or warnings):")
    for tool in tools:
        loud = [case.name for case in right if any(one[0] in "Ewxh" for one in said[tool.name, case.name])]
        print(f"- {tool.name}: {len(loud)}{': ' + ', '.join(loud) if loud and len(loud) < 12 else ''}")


def _print_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
