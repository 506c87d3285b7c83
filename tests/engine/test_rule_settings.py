"""What configurations and the command line say of rules: severities, ignored rules of some files, own packs, phases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netlint import lint, load
from netlint.engine.config import Configuration
from netlint.engine.config_file import ConfigError
from tests.engine.test_config import NET, SOLVER, write
from tests.test_cli import netlint

RULE = '''"""A layer without a name that says anything."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule


@rule(severity="warning", on=("Gemm",))
def short_name(node: Node, ctx: Context) -> Iterator[Finding]:
    if len(node.name) < 3:
        yield ctx.finding(node, f"{node.label} has a short name", remedy="say what it does")
'''


def severities(path: Path, **options: object) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in lint(path, config=True, **options).findings}  # type: ignore[arg-type]


def test_without_settings_rules_say_themselves(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET)
    assert severities(tmp_path / "net.prototxt") == {"accuracy-in-train": "info"}


def test_a_rule_stands_above_its_family_that_above_all(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="severity: {caffe: warning, all: error}\n")
    assert severities(tmp_path / "net.prototxt") == {"accuracy-in-train": "warning"}
    write(tmp_path, _netlint_yaml="severity: {caffe: warning, accuracy-in-train: error}\n")
    assert severities(tmp_path / "net.prototxt") == {"accuracy-in-train": "error"}
    write(tmp_path, _netlint_yaml="severity: {all: error}\n")
    assert severities(tmp_path / "net.prototxt") == {"accuracy-in-train": "error"}


def test_an_entry_stands_above_the_top_level_and_the_command_line_above_both(tmp_path: Path) -> None:
    write(
        tmp_path,
        net_prototxt=NET,
        _netlint_yaml="severity: {accuracy-in-train: error}\nfiles:\n- {paths: [net.*], severity: {caffe: warning}}\n",
    )
    assert severities(tmp_path / "net.prototxt") == {"accuracy-in-train": "warning"}
    assert severities(tmp_path / "net.prototxt", severity={"all": "info"}) == {"accuracy-in-train": "info"}


def test_the_severity_decides_about_the_exit_code(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET)
    assert netlint("net.prototxt", cwd=tmp_path).returncode == 0
    run = netlint("net.prototxt", "--severity", "accuracy-in-train=warning", cwd=tmp_path)
    assert run.returncode == 1
    assert "net.prototxt:5:15: warning[accuracy-in-train]" in run.stdout


def test_wrong_severities_are_told(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET)
    for given, told in (
        ("accuracy-in-train", "'accuracy-in-train' is no RULE=LEVEL, such as geometry=info"),
        ("caffe=loud", "the severity of `caffe` is 'loud', not one of error, warning, info"),
        ("cafe=info", "no rule or family is named `cafe`: did you mean `caffe`?"),
    ):
        run = netlint("net.prototxt", "--severity", given, cwd=tmp_path)
        assert run.returncode == 2
        assert told in run.stderr
    for text, told in (
        ("severity: {caffe: loud}", "`severity.caffe` is 'loud', not one of error, warning, info"),
        ("select: []", "`select` is empty: leave it out to run all rules that are on"),
        ("severity: info", "`severity` is 'info', not a table of settings"),
        ("severity: {cafe: info}", "no rule or family is named `cafe`: did you mean `caffe`?"),
        ("files: [{paths: [a], ignore: [cafe]}]", "files entry 1 (a): no rule or family is named `cafe`"),
        ("files: [{paths: [a], ignore: cafe}]", "`files[1].ignore` is 'cafe', not a list of texts"),
        ("files: [{paths: [a], select: [caffe]}]", "`files[1].select` can be set for all files only, at the top level"),
    ):
        write(tmp_path, _netlint_yaml=text)
        run = netlint("net.prototxt", cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, ""), text
        assert told in run.stderr


def test_rules_are_ignored_for_some_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        net_prototxt=NET,
        other_prototxt=NET,
        _netlint_yaml="files:\n- {paths: [net.*], ignore: [caffe]}\n",
    )
    assert [finding.path for finding in lint(tmp_path, config=True).findings] == [str(tmp_path / "other.prototxt")]
    # Who selects rules means just those.
    assert len(lint(tmp_path, config=True, select=["accuracy-in-train"]).findings) == 2


def test_what_is_ignored_in_a_net_is_ignored_through_its_solver(tmp_path: Path) -> None:
    write(
        tmp_path,
        net_prototxt=NET,
        solver_prototxt=SOLVER,
        _netlint_yaml="files:\n- {paths: [net.*], ignore: [accuracy-in-train]}\n",
    )
    assert [finding.rule for finding in lint(tmp_path / "solver.prototxt", config=True).findings] == []


def test_a_comment_for_a_rule_that_is_ignored_is_not_called_unused(tmp_path: Path) -> None:
    text = NET.replace('name: "acc"', 'name: "acc"  # netlint: ignore[accuracy-in-train]\n')
    write(tmp_path, net_prototxt=text, _netlint_yaml="files:\n- {paths: [net.*], ignore: [caffe]}\n")
    assert lint(tmp_path / "net.prototxt", config=True).findings == []


def test_unused_comments_weigh_what_the_configuration_says(tmp_path: Path) -> None:
    text = f"# netlint: ignore-file[double-softmax]\n{NET}"
    write(tmp_path, net_prototxt=text, _netlint_yaml="severity: {suppression: error}\n")
    assert severities(tmp_path / "net.prototxt") == {"accuracy-in-train": "info", "unused-suppression": "error"}


def test_packs_of_a_configuration(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="rule-packs: [lint]\nseverity: {short-name: error}\n")
    (tmp_path / "lint" / "house").mkdir(parents=True)
    (tmp_path / "lint" / "house" / "short_name.py").write_text(RULE)
    (tmp_path / "lint" / "house" / "short_name.md").write_text("# short-name\n\nSay what it does.\n")
    run = netlint("net.prototxt", cwd=tmp_path)
    assert run.returncode == 1
    assert "net.prototxt:3:15: error[short-name] InnerProduct `fc` has a short name" in run.stdout
    (result,) = json.loads(
        netlint("net.prototxt", "--select", "house", "--output-format", "sarif", cwd=tmp_path).stdout
    )["runs"]
    assert (
        result["tool"]["driver"]["rules"][0]["shortDescription"]["text"] == "A layer without a name that says anything."
    )
    assert netlint("net.prototxt", "--no-config", cwd=tmp_path).returncode == 0


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="rule-packs: [lint]\n")
    run = netlint("net.prototxt", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert ".netlint.yaml: `rule-packs`: " in run.stderr
    assert "No such file or directory" in run.stderr


def test_only_the_phase_that_is_named_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET)
    assert [model.phase for model in load(tmp_path / "net.prototxt")] == ["TRAIN", "TEST"]
    assert [model.phase for model in load(tmp_path / "net.prototxt", phase="test")] == ["TEST"]
    assert lint(tmp_path / "net.prototxt", phase="test").findings == []
    (tmp_path / "net.prototxt").write_text(f"# netlint: phase=test\n{NET}")
    assert [model.phase for model in load(tmp_path / "net.prototxt")] == ["TEST"]
    with pytest.raises(ValueError, match="dev is no phase: train or test"):
        lint(tmp_path / "net.prototxt", phase="dev")


def test_a_net_of_one_phase_keeps_it(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=f"state {{ phase: TRAIN }}\n{NET}", _netlint_yaml="phase: test\n")
    assert [model.phase for model in load(tmp_path / "net.prototxt", config=True)] == ["TRAIN"]


def test_a_source_without_phases_is_in_the_phase_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.onnxtxt").write_text(
        '<ir_version: 8, opset_import: ["": 17]>\nnet (float[N,8] x) => (float[N,8] y)\n{\n  y = Relu(x)\n}\n'
    )
    assert [model.phase for model in load(tmp_path / "net.onnxtxt")] == [""]
    assert [model.phase for model in load(tmp_path / "net.onnxtxt", phase="TEST")] == ["TEST"]


def test_the_command_lists_what_adds_up(tmp_path: Path) -> None:
    write(
        tmp_path,
        net_prototxt=NET,
        pyproject_toml='[tool.netlint]\nignore = ["loss"]\n[[tool.netlint.files]]\npaths = ["net*"]\nignore = ["caffe"]\n',
    )
    told = [line for line in netlint("config", "net.prototxt", cwd=tmp_path).stdout.splitlines() if "ignore" in line]
    assert told == [
        '  ignore      ["caffe"]  (pyproject.toml, files entry 1 (net*))',
        '  ignore      ["loss"]   (pyproject.toml, top level)',
    ]


def test_a_wrong_name_is_told_with_its_file(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="ignore: [cafe]\n")
    with pytest.raises(ConfigError, match=r"\.netlint\.yaml: no rule or family is named `cafe`"):
        lint(tmp_path / "net.prototxt", config=True)
    assert Configuration().applied(str(tmp_path / "net.prototxt")).values["ignore"].value == ["cafe"]
