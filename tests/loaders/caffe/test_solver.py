"""Solvers that name a net: where it is found, in which states it is linted, and what is said of the solver."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint import lint, load
from netlint.api import Report
from tests.nets import report, told

SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 100\n'
NET = """name: "tiny"
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
        data_param { batch_size: 8 } transform_param { crop_size: 32 mean_value: 1 mean_value: 2 mean_value: 3 } }
layer { name: "val" type: "Data" top: "data" top: "label" include { phase: TEST stage: "val" }
        data_param { batch_size: 4 } transform_param { crop_size: 32 mean_value: 1 mean_value: 2 mean_value: 3 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""
BROKEN = NET.replace('bottom: "fc" bottom', 'bottom: "cf" bottom')


def write(folder: Path, **files: str) -> Path:
    """Write `name.prototxt` files and return the solver's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.prototxt").write_text(text, encoding="utf-8")
    return folder / "solver.prototxt"


def places(found: Report) -> list[tuple[str, int, int, str]]:
    return [(Path(item.path).name, item.line, item.column, item.rule) for item in found.findings]


def test_a_net_beside_the_solver_is_linted_with_its_training(tmp_path: Path) -> None:
    path = write(tmp_path, solver=SOLVER, net=NET)
    solver, train = load(path)
    assert (solver.nodes, solver.training.known, solver.source.path) == ([], False, str(path))
    assert (train.title, train.source.path) == ("tiny (TRAIN)", str(tmp_path / "net.prototxt"))
    assert train.training.learning_rate is not None
    assert train.training.learning_rate.span is not None
    assert (train.training.learning_rate.span.path, train.training.learning_rate.span.line) == (str(path), 2)


def test_a_finding_of_the_net_keeps_the_nets_path(tmp_path: Path) -> None:
    path = write(tmp_path, solver=SOLVER, net=BROKEN)
    assert places(lint(path, select=("unknown-bottom",))) == [("net.prototxt", 8, 54, "unknown-bottom")]


def test_a_folder_that_holds_both_tells_each_finding_once(tmp_path: Path) -> None:
    write(tmp_path, solver=SOLVER, net=BROKEN)
    assert places(lint(tmp_path, select=("unknown-bottom",))) == [("net.prototxt", 8, 54, "unknown-bottom")]


def test_a_comment_in_the_net_silences_there(tmp_path: Path) -> None:
    silenced = BROKEN.replace('"loss" }', '"loss" } # netlint: ignore[unknown-bottom] on purpose')
    path = write(tmp_path, solver=SOLVER, net=silenced)
    assert places(lint(path, select=("unknown-bottom",))) == []


@pytest.mark.parametrize(
    ("solver", "name"),
    [
        ("", "net.prototxt"),
        ("a/b/c", "net.prototxt"),
        ("a/b/c", "../../../net.prototxt"),
        ("models/x", "./net.prototxt"),
    ],
)
def test_the_net_is_looked_for_up_to_the_repositorys_root(tmp_path: Path, solver: str, name: str) -> None:
    write(tmp_path, net=NET)
    path = write(tmp_path / solver, solver=SOLVER.replace("net.prototxt", name))
    assert [model.phase for model in load(path)] == ["", "TRAIN"]


def test_the_search_ends_at_the_repositorys_root(tmp_path: Path) -> None:
    write(tmp_path, net=NET)
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    path = write(tmp_path / "repository" / "models", solver=SOLVER)
    assert [model.phase for model in load(path)] == [""]


def test_the_working_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, net=NET.replace("tiny", "here"))
    path = write(tmp_path / "sub", solver=SOLVER, net=NET)
    monkeypatch.chdir(tmp_path)
    assert load(path)[1].name == "here"


@pytest.mark.parametrize(
    ("name", "severity", "says"),
    [
        ("nett.prototxt", "warning", "did you mean `net.prototxt`?"),
        ("other.prototxt", "warning", "lint from the folder where Caffe runs"),
        ("models/elsewhere.prototxt", "info", "lint from the folder where Caffe runs"),
        ("/home/ann/caffe/net_of_ann.prototxt", "info", "relative to the folder in which Caffe is started"),
        ("${ROOT}/net.prototxt", "info", "write the path of the net"),
    ],
)
def test_a_missing_net_is_told_at_its_name(tmp_path: Path, name: str, severity: str, says: str) -> None:
    path = write(tmp_path, solver=SOLVER.replace("net.prototxt", name), net=NET)
    (found,) = lint(path).findings
    assert (found.rule, found.severity, found.line, found.column) == ("solver-net-missing", severity, 1, 6)
    assert found.message.startswith(f"`net` names `{name}`")
    assert found.fix is not None
    assert says in found.fix.title


def test_a_text_that_is_no_file_says_nothing_of_its_neighbours() -> None:
    assert told(SOLVER) == []


@pytest.mark.parametrize("content", [SOLVER, 'item { name: "cat" id: 1 }\n'])
def test_a_file_that_is_no_net_is_told_and_not_followed(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, solver=SOLVER.replace("net.prototxt", "solver2.prototxt"), solver2=content)
    (found,) = lint(path, select=("solver-net-missing",)).findings
    assert found.message.endswith("solver2.prototxt`, a file that holds no net")


def test_a_solver_that_names_itself_ends(tmp_path: Path) -> None:
    path = write(tmp_path, solver=SOLVER.replace("net.prototxt", "solver.prototxt"))
    assert places(lint(path)) == [("solver.prototxt", 1, 6, "solver-net-missing")]


def test_what_cannot_be_parsed_is_told_in_the_net(tmp_path: Path) -> None:
    path = write(tmp_path, solver=SOLVER, net='layer { name: "a" type "ReLU" }\n')
    assert {(name, rule) for name, _, _, rule in places(lint(path))} == {("net.prototxt", "syntax")}


def test_each_test_state_makes_a_model_of_its_own(tmp_path: Path) -> None:
    tests = 'test_interval: 10\ntest_iter: 5\ntest_iter: 6\ntest_state { stage: "val" }\ntest_state { stage: "none" }\n'
    path = write(tmp_path, solver=SOLVER + tests, net=NET)
    _, train, val, none = load(path)
    assert [[node.name for node in model.nodes] for model in (train, val, none)] == [
        ["data", "fc", "loss"],
        ["val", "fc", "loss"],
        ["fc", "loss"],
    ]
    # The solver does run the net in that state, so what is missing there is missing.
    assert places(lint(path, select=("unknown-bottom",))) == [
        ("net.prototxt", 6, 49, "unknown-bottom"),
        ("net.prototxt", 8, 67, "unknown-bottom"),
    ]


def test_train_state_adds_stages_and_levels(tmp_path: Path) -> None:
    net = NET.replace("phase: TRAIN", 'phase: TRAIN min_level: 2 stage: "fine"')
    path = write(tmp_path, solver=f'{SOLVER}train_state {{ level: 2 stage: "fine" }}\n', net=net)
    assert places(lint(path, select=("unknown-bottom",))) == []
    assert load(path)[1].nodes[0].name == "data"


def test_train_net_and_test_net_each_run_in_one_phase(tmp_path: Path) -> None:
    text = SOLVER.replace("net:", "train_net:") + 'test_net: "val.prototxt"\ntest_iter: 5\ntest_interval: 10\n'
    path = write(tmp_path, solver=text, net=NET, val=NET.replace(' stage: "val"', ""))
    assert [(Path(model.source.path).name, model.phase) for model in load(path)] == [
        ("solver.prototxt", ""),
        ("net.prototxt", "TRAIN"),
        ("val.prototxt", "TEST"),
    ]


def test_transforms_of_two_files_are_compared(tmp_path: Path) -> None:
    text = SOLVER.replace("net:", "train_net:") + 'test_net: "val.prototxt"\ntest_iter: 5\ntest_interval: 10\n'
    val = NET.replace(' stage: "val"', "").replace("mean_value: 1 ", "mean_value: 100 ")
    path = write(tmp_path, solver=text, net=NET, val=val)
    (found,) = lint(path).findings
    assert (Path(found.path).name, found.line, found.rule) == ("val.prototxt", 5, "preprocessing-train-test-mismatch")
    assert found.related[0].span is not None
    assert Path(found.related[0].span.path).name == "net.prototxt"


CHECKS = [
    ('base_lr: 1\nlr_policy: "fixed"\n', "solver-net-missing", 1, 1, "the solver has no net to train"),
    (f"{SOLVER}net_param {{ }}\n", "solver-net-missing", 5, 1, "two nets to train, `net` and `net_param`"),
    (f"{SOLVER}test_iter: 5\n", "solver-test-iter", 5, 12, "test_interval is 0"),
    (f'{SOLVER}test_net: "a"\n', "solver-test-iter", 5, 11, "1 test net and 0 `test_iter`"),
    (
        f"{SOLVER}test_iter: 5\ntest_interval: 2\ntest_state {{ }}\ntest_state {{ }}\n",
        "solver-test-iter",
        8,
        1,
        "2 `test_state` for 1 test net",
    ),
    (f'{SOLVER}type: "AdaGrad"\nmomentum: 0.5\n', "solver-momentum", 6, 11, "a momentum of 0.5 with AdaGrad"),
    (f"{SOLVER}solver_type: RMSPROP\nrms_decay: 1.0\n", "solver-momentum", 6, 12, "a rms_decay of 1.0"),
    (f'{SOLVER}solver_type: SGD\ntype: "SGD"\n', "solver-momentum", 5, 14, "both `type` and the old `solver_type`"),
    (f"{SOLVER}momentum: 1\n", "momentum-range", 5, 11, "a momentum of 1"),
    (SOLVER.replace("0.01", "-0.01"), "lr-zero-or-tiny", 2, 10, "a base_lr of -0.01"),
    (SOLVER.replace('"fixed"', '"exp"'), "lr-policy-inert", 3, 12, 'lr_policy "exp" without a gamma'),
    (SOLVER.replace('lr_policy: "fixed"', ""), "lr-policy-inert", 2, 1, "no lr_policy"),
    (SOLVER.replace('"fixed"', '"fixd"'), "lr-policy-inert", 3, 12, 'no lr_policy "fixd"'),
    (
        SOLVER.replace('"fixed"', '"multistep"') + "gamma: 0.1\nstepvalue: [80, 50]\n",
        "solver-schedule-inert",
        6,
        17,
        "stepvalue 50 stands after 80",
    ),
    (
        SOLVER.replace('"fixed"', '"step"') + "gamma: 0.1\nstepsize: 100\n",
        "solver-schedule-inert",
        6,
        11,
        "a stepsize of 100 in a training of 100 iterations",
    ),
    (f"{SOLVER}weight_decay: 0.5\n", "weight-decay-huge", 5, 15, "a weight_decay of 0.5"),
]


@pytest.mark.parametrize(
    ("text", "rule", "line", "column", "says"), CHECKS, ids=[f"{c[1]}-{c[4][:20]}" for c in CHECKS]
)
def test_the_solver_is_checked(text: str, rule: str, line: int, column: int, says: str) -> None:
    (found,) = report(text).findings
    assert (found.rule, found.line, found.column) == (rule, line, column)
    assert says in found.message


def fcn(rate: str, momentum: str = "0.99", normalize: str = "normalize: false", more: str = "") -> str:
    return f"""base_lr: {rate}
lr_policy: "fixed"
momentum: {momentum}
max_iter: 100000
{more}
net_param {{
  layer {{ name: "data" type: "DummyData" top: "data" top: "label"
    dummy_data_param {{ shape {{ dim: 1 dim: 3 dim: 500 dim: 500 }} shape {{ dim: 1 dim: 1 dim: 500 dim: 500 }} }} }}
  layer {{ name: "score" type: "Convolution" bottom: "data" top: "score"
    convolution_param {{ num_output: 21 kernel_size: 1 weight_filler {{ type: "xavier" }} }} }}
  layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss"
    loss_param {{ {normalize} }} }}
}}
"""


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (fcn("1e-10"), []),
        (fcn("1e-12"), []),
        (fcn("1e-14"), []),
        (fcn("1e-17"), ["sum-reduced-loss-lr"]),
        (fcn("0.001"), ["sum-reduced-loss-lr"]),
        (fcn("0.001", normalize="normalization: NONE"), ["sum-reduced-loss-lr"]),
        (fcn("0.001", more="clip_gradients: 10"), []),
        (fcn("0.001", momentum="0.9", normalize="normalize: true"), []),
        (fcn("0.001", momentum="0.9", more='type: "Adam"'), []),
        (fcn("1e-12", normalize="normalize: true"), ["lr-zero-or-tiny"]),
        (fcn("1.0", momentum="0.9", normalize="normalize: true"), ["lr-too-high"]),
        (fcn("0.1", momentum="0.9", normalize="normalize: true", more='type: "Adam"'), ["lr-too-high"]),
    ],
)
def test_the_learning_rate_is_held_against_what_the_loss_sums(text: str, rules: list[str]) -> None:
    found = report(text).findings
    assert [item.rule for item in found] == rules
    assert all((item.line, item.column) == (1, 10) for item in found)
