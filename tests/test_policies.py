"""Policies through the command, as a team would use them: the rules of `fixtures/policies` and small packs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netlint.api import Options, lint
from netlint.engine.packs import load_rules
from netlint.testing import check_pack
from tests.corpus import CAFFE, needs_corpus
from tests.engine.policies.packs import NET, rule, write
from tests.engine.test_packs import pack
from tests.test_cli import netlint

POLICIES = Path(__file__).parents[1] / "fixtures" / "policies"

#: Runs the command as if the library for expressions were not installed.
WITHOUT = "import sys; sys.modules['cel_expr_python'] = None; from netlint.cli import run; sys.exit(run(sys.argv[1:]))"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.prototxt"
    file.write_text(NET, encoding="utf-8")
    return file


def test_the_policies_do_on_their_samples_as_they_say() -> None:
    tried = check_pack(POLICIES)
    assert tried.problems == ()
    assert (tried.rules, tried.samples) == (12, 35)
    ran = netlint("test-rules", str(POLICIES))
    assert (ran.returncode, ran.stdout) == (0, f"{POLICIES}: 12 rules, 35 samples, all as they say\n")


def test_lint_with_a_policy(net: Path) -> None:
    ran = netlint(str(net), "--rule-pack", str(POLICIES), "--select", "mobile,dropout-in-deployed-graph")
    assert ran.returncode == 1
    assert ran.stdout.replace(f"{net.parent}/", "") == (
        "net.prototxt:2:15: warning[input-size-not-fixed] the input data is 1x3x32x32, and the camera gives 224x224\n"
        '  2 | layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }\n'
        "    |               ^^^^^^\n\n"
        "net.prototxt:4:35: warning[channels-not-multiple-of-8] Convolution `conv1` has 20 channels, "
        "which is no multiple of 8\n"
        "  4 |   convolution_param { num_output: 20 kernel_size: 5 stride: 2 } }\n"
        "    |                                   ^^\n"
        "  = fix: take 24\n\n"
        "net.prototxt:4:51: warning[large-kernel-on-mobile] Convolution `conv1` has a 5x5 kernel over 3 channels\n"
        "  4 |   convolution_param { num_output: 20 kernel_size: 5 stride: 2 } }\n"
        "    |                                                   ^\n"
        "  = fix: stack kernels of 3x3, or make it depthwise\n\n"
        "3 warnings in 1 file\n"
    )


def test_rules_and_explain_know_the_pack() -> None:
    listed = netlint("rules", "--rule-pack", str(POLICIES), "--output-format", "json")
    (found,) = (one for one in json.loads(listed.stdout) if one["name"] == "layer-name-not-snake-case")
    assert found == {
        "name": "layer-name-not-snake-case",
        "family": "house",
        "severity": "info",
        "default": False,
        "summary": "A layer whose name is not in snake case.",
        "dialects": ["caffe", "keras"],
        "page": "rules/house/design.yaml",
        "fixes": [],
    }
    page = netlint("explain", "opset-below-17", "--rule-pack", str(POLICIES)).stdout
    assert page.startswith("# opset-below-17\n\n## What it does\n\nAn ONNX model for an opset below 17.\n")
    assert "```cel\nmodel.opset < 17\n```" in page


def test_off_by_default_comments_baseline_and_sarif(net: Path, tmp_path: Path) -> None:
    option = ("--rule-pack", str(POLICIES))
    off = netlint(str(net), *option, "--output-format", "json").stdout
    assert "layer-name-not-snake-case" not in off
    net.write_text(NET.replace('name: "conv1"', 'name: "Conv-1"'), encoding="utf-8")
    on = json.loads(
        netlint(str(net), *option, "--extend-select", "layer-name-not-snake-case", "--output-format", "json").stdout
    )
    assert "layer-name-not-snake-case" in [one["rule"] for one in on["findings"]]
    sarif = json.loads(
        netlint(str(net), *option, "--select", "large-kernel-on-mobile", "--output-format", "sarif").stdout
    )
    (known,) = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert known["id"] == "large-kernel-on-mobile"
    assert known["shortDescription"]["text"] == "A convolution of 5 x 5 and more that mixes channels."
    assert known["help"]["markdown"].startswith("# large-kernel-on-mobile\n")
    (found,) = sarif["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["region"]["startColumn"] == 51
    baseline = tmp_path / "baseline.json"
    select = ("--select", "large-kernel-on-mobile,unused-suppression")
    assert netlint(str(net), *option, *select, "--write-baseline", str(baseline)).returncode == 0
    assert netlint(str(net), *option, *select, "--baseline", str(baseline)).returncode == 0
    silenced = net.read_text(encoding="utf-8").replace(
        "stride: 2 } }", "stride: 2 } }  # netlint: ignore[large-kernel-on-mobile] the first layer"
    )
    net.write_text(silenced, encoding="utf-8")
    assert netlint(str(net), *option, *select).stdout == "no findings in 1 file\n"
    net.write_text(silenced.replace("kernel_size: 5", "kernel_size: 3"), encoding="utf-8")
    assert "`large-kernel-on-mobile` finds nothing here" in netlint(str(net), *option, *select).stdout


def test_a_misspelt_name_is_told_before_anything_is_linted(net: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "pack", rule("node.out_chanels > 3"))
    for command in ((str(net),), ("rules",), ("explain", "own"), ("test-rules", str(own))):
        options = () if command[0] == "test-rules" else ("--rule-pack", str(own))
        ran = netlint(*command, *options)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.replace(f"{tmp_path}/", "") == (
            "Error: pack/house.yaml:7:17: `out_chanels` is no field of a Node: did you mean `out_channels`?\n"
            "        when: 'node.out_chanels > 3'\n"
            "                    ^\n"
        )


def test_without_the_library(net: Path, tmp_path: Path) -> None:
    own = write(tmp_path / "pack", rule("node.group > 1", on="LSTM"))
    ran = run_without(net, own)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "Error: rules in YAML need the package cel-expr-python: run `pip install 'nn-netlint[policies]'`, "
        "or leave the rule pack out\n"
    )
    # Once the pack was read, a rule without work needs no library; one with work says what it lacks.
    assert netlint(str(net), "--rule-pack", str(own), "--select", "own").returncode == 0
    assert run_without(net, own).returncode == 0
    assert netlint(str(net), "--rule-pack", str(write(own, rule("node.group > 1"))), "--select", "own").returncode == 0
    ran = run_without(net, own)
    assert (ran.returncode, ran.stderr[:63]) == (2, "Error: rules in YAML need the package cel-expr-python: run `pip")


def run_without(net: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, str(net), "--rule-pack", str(folder), "--select", "own", "--no-cache"],
        env={**os.environ, "PYTHONPATH": str(POLICIES.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_rule_without_work_imports_neither_yaml_nor_the_library(net: Path, tmp_path: Path) -> None:
    busy = write(tmp_path / "busy", rule("node.group > 1", on="[LSTM, Convolution, 'keras::Mine']"))
    quiet = write(tmp_path / "quiet", rule("node.group > 1", on="[LSTM, Conv2D, 'keras::Mine']"))
    code = (
        "import sys; from pathlib import Path; from netlint.api import Options, lint; "
        f"lint(Path({str(net)!r}), options=Options(select=('own',), rule_packs=(Path(sys.argv[1]),))); "
        "print([name for name in ('yaml', 'cel_expr_python', 'netlint.engine.policies') if name in sys.modules])"
    )

    def imported(folder: Path) -> str:
        return subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            env={**os.environ, "PYTHONPATH": str(POLICIES.parents[1])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    for folder in (busy, quiet):
        assert imported(folder) == "['yaml', 'cel_expr_python', 'netlint.engine.policies']"
    assert imported(quiet) == "[]"
    assert imported(busy) == "['cel_expr_python', 'netlint.engine.policies']"


def test_a_pack_may_hold_both_kinds_of_rules(net: Path, tmp_path: Path) -> None:
    folder = write(pack(tmp_path / "pack"), rule("node.kernel[0] > 3"), name="house/more.yaml")
    found = lint(net, select=("house",), rule_packs=(folder,)).findings
    assert [one.rule for one in found] == ["own", "large-kernel"]
    known = {one.name: (one.family, one.page) for one in load_rules((folder,))}
    assert known["own"] == ("house", "rules/house/more.yaml")
    ran = netlint("test-rules", str(folder))
    assert ran.returncode == 1
    assert "large_kernel.py: there is no page large_kernel.md beside it\n" in ran.stdout
    assert "more.yaml: `own` has no samples: nothing says that it works\n" in ran.stdout
    assert ran.stdout.endswith(": 2 rules, 0 samples, 2 wrong\n")


def test_a_changed_file_is_read_again_and_two_rules_of_one_name_are_refused(net: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", rule("node.kernel[0] > 3"))
    assert netlint(str(net), "--rule-pack", str(folder), "--select", "own").returncode == 1
    write(folder, rule("node.kernel[0] > 33"))
    assert netlint(str(net), "--rule-pack", str(folder), "--select", "own").returncode == 0
    write(folder, rule("true"), name="other.yml")
    ran = netlint(str(net), "--rule-pack", str(folder))
    assert ran.returncode == 2
    assert f"two rules are named `own`: {folder / 'house.yaml'} and {folder / 'other.yml'}" in ran.stderr


def test_samples_that_do_not_do_as_they_say(tmp_path: Path) -> None:
    sample = '{dialect: caffe, text: \'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }\'}'
    more = f"""
    bad: [{sample.replace('" }', '" } # info: [own]')}, {sample.replace("ReLU", "TanH")}]
    good: [{sample}, {{dialect: caffe, text: 'layer {{ name'}}]
    """
    net = 'layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 1 } } } '
    folder = write(
        tmp_path / "pack",
        rule("node.op == 'Relu'", on="Relu", more=more.replace("'layer { name: ", f"'{net}layer {{ name: ")),
    )
    ran = netlint("test-rules", str(folder))
    assert ran.returncode == 1
    told = [line.split(": ", 1)[1] for line in ran.stdout.splitlines()]
    assert told[:4] == [
        "the bad sample of `own`: info[own] is marked, but not found",
        "the bad sample of `own`: warning[own] is found, but not marked: found",
        "the bad sample of `own` has no finding: it has no Relu",
        "the good sample of `own`: warning[own] is found, but not marked: found",
    ]
    assert all(line.startswith("the good sample of `own`: error[syntax] ") for line in told[4:-1])
    assert told[-1] == "1 rule, 4 samples, 6 wrong"


DENSE = """
      - dialect: caffe
        text: |
          layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 8 dim: 3 } } }
          layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4 } }
"""


@pytest.mark.parametrize(
    ("when", "on", "why"),
    [
        ("node.input.batch > 8", "Gemm", "of InnerProduct `ip` the condition is false"),
        ("node.input.d5 > 8", "Gemm", "of InnerProduct `ip` the condition is not known: `d5` is not known"),
        ("node.in_shapes[1].d0 > 8", "Gemm", "of InnerProduct `ip` the condition is not known: index error"),
        ("node.input.batch / 0 > 8", "Gemm", "of InnerProduct `ip` the condition is not known: divide by zero"),
        ("node.input.batch > 1", "Relu", "it has no Relu"),
        (
            "model.training.learning_rate > 1.0",
            "",
            "of the network the condition is not known: `learning_rate` is not known",
        ),
        ("model.node_count > 9", "", "of the network the condition is false"),
    ],
)
def test_a_sample_that_is_not_found_is_told_why(tmp_path: Path, when: str, on: str, why: str) -> None:
    folder = write(tmp_path / "pack", rule(when, on=on, more=f"\n    bad:{DENSE}"))
    ran = netlint("test-rules", str(folder))
    assert f"the bad sample of `own` has no finding: {why}" in ran.stdout
    assert ran.returncode == 1


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    ran = netlint("test-rules", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"Error: {tmp_path}: no rules in it\n" in ran.stderr


def test_a_rule_for_another_dialect_is_told_why(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", rule("true", on="Gemm", more=f"\n    dialects: [onnx]\n    bad:{DENSE}"))
    assert "has no finding: the rule is not for caffe\n" in netlint("test-rules", str(folder)).stdout


def test_a_name_of_netlints_own_is_refused_with_the_file_that_takes_it(net: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", rule("true").replace("name: own", "name: double-softmax"))
    ran = netlint(str(net), "--rule-pack", str(folder))
    assert ran.returncode == 2
    assert f"double_softmax.md and {folder / 'house.yaml'}" in ran.stderr


@needs_corpus
def test_each_hit_on_public_models_is_true() -> None:
    """What a finding stands on is the number that it speaks of."""
    options = Options(select=("house", "mobile"), rule_packs=(POLICIES,))
    folders = [CAFFE / name for name in ("BVLC+caffe", "hujie-frank+SENet", "shelhamer+fcn.berkeleyvision.org")]
    found = lint(*folders, options=options).findings
    told = {one.rule for one in found}
    assert told >= {
        "channels-not-multiple-of-8",
        "large-kernel-on-mobile",
        "parameter-budget",
        "dropout-in-deployed-graph",
    }
    assert not told & {"internal-error", "opset-below-17"}
    for one in found:
        text = one.span.source.text[one.span.start : one.span.end] if one.span is not None else ""
        block = one.scope.source.text[one.scope.start : one.scope.end] if one.scope is not None else ""
        if one.rule == "channels-not-multiple-of-8":
            assert int(text) % 8
            assert f"has {int(text)} channels" in one.message
        elif one.rule == "large-kernel-on-mobile":
            assert int(text) >= 5
            assert "group" not in block or "group: 1" in block
        elif one.rule == "dropout-in-deployed-graph":
            assert '"Dropout"' in block or "DROPOUT" in block
            assert "Loss" not in one.span.source.text if one.span is not None else False
        elif one.rule == "parameter-budget":
            assert int(one.message.split(" has ")[1].split()[0]) > 5_000_000
    budgets = {one.path.rpartition("caffe/")[2]: one.message for one in found if one.rule == "parameter-budget"}
    # As the models' own pages say.
    assert (
        budgets["models/bvlc_googlenet/deploy.prototxt"] == "`GoogleNet` has 6998552 parameters: the budget is 5000000"
    )
    assert budgets["models/bvlc_alexnet/deploy.prototxt"] == "`AlexNet` has 60965224 parameters: the budget is 5000000"


def test_the_policies_are_part_of_no_other_pack(tmp_path: Path) -> None:
    shutil.copytree(POLICIES, tmp_path / "copy")
    assert {one.name for one in load_rules((tmp_path / "copy",))} == {one.name for one in load_rules((POLICIES,))}


def test_an_editor_shows_the_page_made_of_the_rules_texts(tmp_path: Path) -> None:
    from netlint.lsp.pages import Pages

    pages = Pages()
    pages.learn(load_rules((POLICIES,)))
    assert pages.text("opset-below-17").startswith("# opset-below-17\n\n## What it does\n\nAn ONNX model for an opset")
    (broken,) = (one for one in load_rules((write(tmp_path / "pack", rule("true")),)) if one.name == "own")
    (tmp_path / "pack" / "house.yaml").write_text("[", encoding="utf-8")
    pages.learn([broken])
    assert pages.text("own") == "# own\n\nfound"
