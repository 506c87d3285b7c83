"""The text that people see."""

import re
from dataclasses import replace

from netlint.finding import Finding, Severity
from netlint.output.outcome import Outcome
from netlint.output.text import concise, full, render, summary
from tests.nets import report

NET = """layer { name: "p" type: "Softmax" bottom: "x" top: "p" }
layer {
\tname: "loss" type: "SoftmaxWithLoss"
\tbottom: "p" bottom: "label"
}
"""
MESSAGE = (
    "SoftmaxWithLoss `loss` applies softmax itself, but Softmax `p` already did: the scores can differ by 1 at most, so "
    "the gradients stay tiny and the loss stops far from zero"
)


def test_a_block_has_the_line_a_caret_span_the_other_end_and_the_remedy() -> None:
    (block,) = render(report(NET, select=("double-softmax",)).findings, colour=False)
    assert block.split("\n") == [
        f"net.prototxt:4:10: error[double-softmax] {MESSAGE}",
        '  4 | \tbottom: "p" bottom: "label"',
        "    | \t        ^^^",
        "  = softmax is applied here first (line 1)",
        "  = fix: feed SoftmaxWithLoss `loss` what Softmax `p` reads, and keep the softmax for deployment only",
        "",
    ]


def test_sentences_are_broken_at_the_width_of_a_terminal() -> None:
    findings = report(NET, select=("double-softmax",)).findings
    (block,) = render(findings, colour=False, width=72)
    assert block.split("\n") == [
        "net.prototxt:4:10: error[double-softmax] SoftmaxWithLoss `loss` applies",
        "    softmax itself, but Softmax `p` already did: the scores can differ",
        "    by 1 at most, so the gradients stay tiny and the loss stops far from",
        "    zero",
        '  4 | \tbottom: "p" bottom: "label"',
        "    | \t        ^^^",
        "  = softmax is applied here first (line 1)",
        "  = fix: feed SoftmaxWithLoss `loss` what Softmax `p` reads, and keep",
        "    the softmax for deployment only",
        "",
    ]
    (painted,) = render(findings, colour=True, width=72)
    assert re.sub(r"\033\[[0-9;]*m", "", painted) == block
    (narrow,) = render(findings, colour=False, width=40)
    assert " ".join(
        line.strip() for line in narrow.split("\n")[: narrow.split("\n").index('  4 | \tbottom: "p" bottom: "label"')]
    ) == (f"net.prototxt:4:10: error[double-softmax] {MESSAGE}")


def test_colours_only_when_asked_for() -> None:
    findings = report(NET, select=("double-softmax",)).findings
    assert "\033[" not in "".join(render(findings, colour=False))
    assert "\033[31;1merror\033[0m" in "".join(render(findings, colour=True))


def test_a_long_line_is_cut_around_the_span() -> None:
    text = f"# {'x' * 500}\n" + NET.replace("\n", " " + " " * 300)
    (block,) = render(report(text, select=("double-softmax",)).findings, colour=False)
    excerpt, carets = block.split("\n")[1:3]
    assert len(excerpt) < 180
    assert excerpt[carets.index("^") :].startswith('"p"')


def test_one_line_a_finding() -> None:
    findings = report(NET, select=("double-softmax",)).findings
    assert list(concise(findings)) == [f"net.prototxt:4:10: error[double-softmax] {MESSAGE}"]


def test_the_summary_counts() -> None:
    findings = report(NET, select=("double-softmax",)).findings
    assert summary(findings, 1, colour=False) == "1 error in 1 file"
    assert summary([], 2, colour=False) == "no findings in 2 files"


def _convolutions(count: int, severity: Severity = "info") -> list[Finding]:
    text = "\n".join(
        f'layer {{ name: "x{number}" type: "Input" top: "x{number}" input_param {{ shape {{ dim: [1, 8, 8, 8] }} }} }}\n'
        f'layer {{ name: "c{number}" type: "Convolution" bottom: "x{number}" top: "c{number}" '
        "convolution_param { num_output: 8 kernel_size: 1 stride: 2 } }"
        for number in range(count)
    )
    found = report(text, select=("stride-gap",)).findings
    assert [finding.rule for finding in found] == ["stride-gap"] * count
    return [replace(finding, severity=severity) for finding in found]


def test_an_info_that_holds_for_many_layers_is_told_once() -> None:
    found = _convolutions(6)
    told = full(Outcome(found, ["net.prototxt"]))
    assert told.count("[stride-gap]") == 1
    assert (
        "  = the same holds for `c1` (line 4), `c2` (line 6), `c3` (line 8) and 2 more: `--output-format concise` lists all\n"
        in told
    )
    assert told.endswith("6 info in 1 file")


def test_what_is_rare_or_matters_is_told_of_each_layer() -> None:
    assert full(Outcome(_convolutions(3), ["net.prototxt"])).count("[stride-gap]") == 3
    assert full(Outcome(_convolutions(6, "warning"), ["net.prototxt"])).count("[stride-gap]") == 6
    assert len(list(concise(_convolutions(6)))) == 6
