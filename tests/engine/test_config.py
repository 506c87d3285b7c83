"""Configuration files: where they are found, what holds, and what is told when they are wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netlint import lint, load
from netlint.api import Options, shapes
from netlint.engine import config as config_module
from netlint.engine.config import Configuration
from netlint.engine.config_file import FILES, PATHS, RULE_PACKS, ConfigError, ConfigFile
from netlint.engine.config_read import FILE_KEYS, TOP_KEYS, read_config
from netlint.engine.config_schema import schema
from netlint.loaders import LoadOptions
from netlint.loaders.settings import SETTINGS
from tests.test_cli import imported, netlint

ROOT = Path(__file__).parents[2]
NET = """name: "tiny"
layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 4 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "fc" bottom: "label" top: "acc" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""
SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 10\n'


def write(folder: Path, **files: str) -> Path:
    """`net_prototxt="..."` writes net.prototxt."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / (f".{stem.strip('_')}.{ending}" if name == "_netlint_yaml" else f"{stem}.{ending}")).write_text(text)
    return folder


def says(folder: Path, name: str = "net.prototxt", solver: str = "") -> LoadOptions:
    return Configuration().says(str(folder / name), str(folder / solver) if solver else "")


def wrong(folder: Path, name: str = "net.prototxt") -> str:
    with pytest.raises(ConfigError) as error:
        Configuration().applied(str(folder / name))
    return str(error.value).replace(str(folder), "FOLDER")


def test_the_nearest_folder_wins_and_folders_without_settings_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml="[tool.netlint]\nnum-classes = 5\n")
    write(tmp_path / "a", pyproject_toml="[tool.ruff]\n# not tool.netlint\n")
    write(tmp_path / "a" / "b", _netlint_yaml="num-classes: 7\n")
    assert says(tmp_path / "a").task.num_classes == 5
    assert says(tmp_path / "a" / "b" / "c").task.num_classes == 7


def test_every_setting_in_toml_and_in_yaml(tmp_path: Path) -> None:
    write(
        tmp_path / "toml",
        pyproject_toml='[tool.netlint]\nfrom-scratch = true\nnum-classes = 3\ndataset-size = 8\nlabel-shape = "1,5,5"\n'
        'input-shape = { data = [1, 3, 9, 9], aux = "2,2" }\ncaffe-fork = "ssd"\n',
    )
    write(
        tmp_path / "yaml",
        _netlint_yaml="from-scratch: true\nnum-classes: 3\ndataset-size: 8\nlabel-shape: [1, 5, 5]\n"
        "input-shape: {data: '1,3,9,9', aux: [2, 2]}\ncaffe-fork: SSD\n",
    )
    one, two = says(tmp_path / "toml"), says(tmp_path / "yaml")
    assert one == two
    assert (one.weights, one.caffe_fork, one.task.num_classes, one.task.dataset_size) == ("scratch", "SSD", 3, 8)
    assert one.task.label_shape == (1, 5, 5)
    assert [(shape.name, shape.dims) for shape in one.input_shapes] == [("data", (1, 3, 9, 9)), ("aux", (2, 2))]


def test_the_last_matching_entry_wins_key_by_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        _netlint_yaml="""
num-classes: 1
dataset-size: 10
files:
  - paths: ["models/**"]
    num-classes: 2
    dataset-size: 20
  - paths: [models/ssd, "other/*.prototxt"]
    num-classes: 3
""",
    )
    found = {
        name: (options.task.num_classes, options.task.dataset_size)
        for name in ("net.prototxt", "models/a", "models/ssd/deep/a", "models/ssd2/a", "other/a.prototxt", "other/b/a")
        for options in [says(tmp_path, name)]
    }
    assert found == {
        "net.prototxt": (1, 10),
        "models/a": (2, 20),
        "models/ssd/deep/a": (3, 20),
        "models/ssd2/a": (2, 20),
        "other/a.prototxt": (3, 10),
        "other/b/a": (1, 10),
    }


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**/deploy.prototxt", "deploy.prototxt", True),
        ("**/deploy.prototxt", "a/b/deploy.prototxt", True),
        ("**/deploy.prototxt", "a/not_deploy.prototxt", False),
        ("a/**/b.prototxt", "a/b.prototxt", True),
        ("a/*/b.prototxt", "a/b.prototxt", False),
        ("*.prototxt", "a/b.prototxt", False),
        ("net[0-9].prototxt", "net3.prototxt", True),
        ("net[!0-9].prototxt", "net3.prototxt", False),
        ("./a/", "a/b/c.prototxt", True),
        ("net?.prototxt", "net12.prototxt", False),
        ("a+b (1).prototxt", "a+b (1).prototxt", True),
        ("[.prototxt", "[.prototxt", True),
    ],
)
def test_globs(glob: str, path: str, matches: bool, tmp_path: Path) -> None:
    write(tmp_path, _netlint_yaml=json.dumps({"files": [{"paths": [glob], "num-classes": 2}]}))
    assert (says(tmp_path, path).task.num_classes == 2) is matches


def test_where_training_starts_is_one_thing_in_three_words(tmp_path: Path) -> None:
    write(
        tmp_path,
        _netlint_yaml="from-scratch: true\nfiles:\n"
        "- {paths: [fine.prototxt], pretrained: true}\n- {paths: [open.prototxt], from-scratch: false}\n",
    )
    assert says(tmp_path).weights == "scratch"
    assert says(tmp_path, "fine.prototxt").weights == "pretrained"
    assert says(tmp_path, "open.prototxt").weights is None


def test_the_command_line_stands_above_the_comment_above_the_entry_above_the_top(tmp_path: Path) -> None:
    write(
        tmp_path,
        _netlint_yaml="num-classes: 1\ndataset-size: 1\ninput-shape: '3,1,1'\ncaffe-fork: SSD\n"
        "files: [{paths: [net.prototxt], dataset-size: 2, input-shape: '3,2,2', num-classes: 2}]\n",
        net_prototxt=f"# netlint: input-shape=3,3,3 num-classes=3\n{NET}",
    )
    path = tmp_path / "net.prototxt"
    (model, *_) = load(path, config=True)
    assert (model.task.num_classes, model.task.dataset_size) == (3, 2)
    assert model.variant is not None
    assert model.variant.name == "SSD"
    assert shapes(model)[model.nodes[0].outputs[0]] == (4, 3, 3, 3)
    (model, *_) = load(path, config=True, input_shapes=["3,4,4"], caffe_fork="BVLC")
    assert shapes(model)[model.nodes[0].outputs[0]] == (4, 3, 4, 4)
    assert model.variant is not None
    assert model.variant.name == "BVLC"


def test_a_solver_passes_its_entry_on_below_that_of_the_net(tmp_path: Path) -> None:
    write(
        tmp_path,
        _netlint_yaml="dataset-size: 1\nfiles:\n- {paths: [net.prototxt], num-classes: 2}\n"
        "- {paths: [solver.prototxt], num-classes: 3, dataset-size: 4, from-scratch: true}\n",
        net_prototxt=NET,
        solver_prototxt=SOLVER,
    )
    model = next(model for model in load(tmp_path / "solver.prototxt", config=True) if model.nodes)
    assert (model.task.num_classes, model.task.dataset_size, model.training.weights) == (2, 4, "scratch")
    (tmp_path / "net.prototxt").write_text(f"# netlint: pretrained\n{NET}")
    model = next(model for model in load(tmp_path / "solver.prototxt", config=True) if model.nodes)
    assert model.training.weights == "pretrained"


def test_rules_and_fail_level(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="ignore: [accuracy-in-train]\nfail-level: info\n")
    path = tmp_path / "net.prototxt"
    assert [finding.rule for finding in lint(path).findings] == ["accuracy-in-train"]
    assert lint(path, config=True).findings == []
    # Who selects a rule wants to see it.
    report = lint(path, config=True, select=["accuracy-in-train"])
    assert [finding.rule for finding in report.findings] == ["accuracy-in-train"]
    assert report.exit_code == 1
    assert lint(path, config=True, select=["accuracy-in-train"], fail_level="error").exit_code == 0


def test_each_file_has_its_own_configuration(tmp_path: Path) -> None:
    write(tmp_path / "a", net_prototxt=NET, _netlint_yaml="fail-level: info\n")
    write(tmp_path / "b", net_prototxt=NET, _netlint_yaml="select: [loss]\n")
    report = lint(tmp_path, config=True)
    assert [Path(finding.path).parent.name for finding in report.findings] == ["a"]
    assert report.exit_code == 1
    assert lint(tmp_path / "a").exit_code == 0


def test_a_weights_file_is_relative_to_the_configuration(tmp_path: Path) -> None:
    # NetParameter { layer { name: "fc" blobs { shape { dim: 5 dim: 7 } } } }
    (tmp_path / "w.caffemodel").write_bytes(bytes.fromhex("a2060c0a0266633a063a0408050807"))
    write(tmp_path, _netlint_yaml="weights: w.caffemodel\n")
    write(tmp_path / "deep", net_prototxt=NET)
    (model, *_) = load(tmp_path / "deep" / "net.prototxt", config=True)
    assert model.training.weights == "pretrained"
    assert model.pretrained is not None
    assert model.pretrained.layers["fc"][0].dims == (5, 7)
    (tmp_path / "w.caffemodel").unlink()
    with pytest.raises(ConfigError, match=r"`weights` names .*: No such file or directory"):
        load(tmp_path / "deep" / "net.prototxt", config=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("num-clases: 3\n", "`num-clases` is no setting: did you mean `num-classes`?"),
        ("num_classes: 3\n", "`num_classes` is no setting: did you mean `num-classes`?"),
        ("num-classes: many\n", "`num-classes` is 'many', not a whole number"),
        ("num-classes: true\n", "`num-classes` is true, not a whole number"),
        ("num-classes: 0\n", "`num-classes` is set wrongly: 0 is not a number of at least 1"),
        ("pretrained: 1\n", "`pretrained` is 1, not true or false"),
        ("pretrained: true\nfrom-scratch: true\n", "`pretrained` contradicts `from-scratch`: keep one of them"),
        ("input-shape: big\n", "`input-shape` is set wrongly: 'big' is not a shape: write NAME=N,C,H,W or N,C,H,W"),
        ("input-shape: 3\n", '`input-shape` is 3, not a shape such as [1, 3, 224, 224] or "1,3,224,224"'),
        ("caffe-fork: 3\n", "`caffe-fork` is 3, not a text"),
        ("select: loss\n", "`select` is 'loss', not a list of texts"),
        ("select:\n", "`select` is empty, not a list of texts"),
        ("files: [{paths: []}]\n", "`files[1].paths` is empty: the entry would hold for no file"),
        ("fail-level: fatal\n", "`fail-level` is 'fatal', not one of error, warning, info"),
        ("weights: 3\n", "`weights` is 3, not the path of a weights file"),
        ("- a\n", "the file is ['a'], not a table of settings"),
        ("files: {a: 1}\n", "`files` is a table, not a list of tables"),
        (
            "files: [{num-classes: 1}]\n",
            '`files[1]` has no `paths`: say for which files it holds, as paths = ["models/ssd/**"]',
        ),
        (
            "files: [{paths: [a], select: [loss]}]\n",
            "`files[1].select` can be set for all files only, at the top level",
        ),
        ("files: [{paths: a}]\n", "`files[1].paths` is 'a', not a list of texts"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(text: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, _netlint_yaml=text)
    assert wrong(tmp_path) == f"FOLDER/.netlint.yaml: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignore: [loss]\nignore: [init]\n", "2:1: `ignore` is set twice"),
        ("files:\n  - paths: [a]\n    phase: test\n    phase: train\n", "4:5: `phase` is set twice"),
    ],
)
def test_what_yaml_would_overrule_in_silence_is_told(text: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, _netlint_yaml=text)
    assert wrong(tmp_path) == f"FOLDER/.netlint.yaml:{message}"


def test_anchors_may_be_used_twice(tmp_path: Path) -> None:
    write(tmp_path, _netlint_yaml="ignore: &names [loss]\nextend-select: *names\nfiles: [{paths: *names}]\n")
    write(tmp_path, net_prototxt=NET)
    assert load(tmp_path / "net.prototxt", config=True)


def test_keys_in_a_pyproject_bear_its_prefix(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml='[[tool.netlint.files]]\npaths = ["a"]\ncaffe-frok = "SSD"\n')
    assert wrong(tmp_path) == (
        "FOLDER/pyproject.toml: `tool.netlint.files[1].caffe-frok` is no setting: did you mean `caffe-fork`?"
    )


def test_syntax_errors_have_a_place(tmp_path: Path) -> None:
    write(tmp_path / "toml", pyproject_toml="[tool.netlint]\nnum-classes = \n")
    assert wrong(tmp_path / "toml") == "FOLDER/pyproject.toml:2:15: Invalid value"
    write(tmp_path / "yaml", _netlint_yaml="num-classes: 3\n  ignore: [a\n")
    assert wrong(tmp_path / "yaml") == "FOLDER/.netlint.yaml:2:9: mapping values are not allowed here"


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[" * 100_000, b"a: &a [*a]\n", b"!!python/object:os.system x", b"\x00", b"? [a]\n"]
)
def test_hostile_files_are_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".netlint.yaml").write_bytes(content)
    assert wrong(tmp_path).startswith("FOLDER/.netlint.yaml")


def test_two_in_one_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, pyproject_toml="[tool.netlint]\n", _netlint_yaml="num-classes: 2\n")
    assert wrong(tmp_path) == (
        "FOLDER: both pyproject.toml ([tool.netlint]) and .netlint.yaml configure netlint: keep pyproject.toml and move "
        "the settings of .netlint.yaml into it"
    )


def test_an_unknown_rule_names_the_configuration(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="ignore: [double-sofmax]\n")
    with pytest.raises(
        ConfigError, match=r"\.netlint\.yaml: no rule .* `double-sofmax`: did you mean `double-softmax`"
    ):
        lint(tmp_path / "net.prototxt", config=True)


def test_a_folder_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    here = config_module._here

    def noted(folder: str) -> ConfigFile | None:
        looked.append(folder)
        return here(folder)

    monkeypatch.setattr(config_module, "_here", noted)
    configuration = Configuration()
    for name in ("a/x", "a/y", "b/x", "x"):
        configuration.of(str(tmp_path / name))
    assert len(looked) == len(set(looked))
    assert {str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path)} <= set(looked)


def test_a_named_configuration_holds_for_all_files(tmp_path: Path) -> None:
    write(tmp_path / "net", net_prototxt=NET, _netlint_yaml="num-classes: 2\n")
    write(
        tmp_path,
        own_toml="[tool.netlint]\nnum-classes = 4\n[[tool.netlint.files]]\npaths=['net']\ndataset-size=9\n",
        bare_toml="",
    )
    (model, *_) = load(tmp_path / "net" / "net.prototxt", config=tmp_path / "own.toml")
    assert (model.task.num_classes, model.task.dataset_size) == (4, 9)
    with pytest.raises(ConfigError, match=r"bare\.toml: there is no \[tool\.netlint\] in it"):
        Options(config=tmp_path / "bare.toml").configuration()
    with pytest.raises(ConfigError, match=r"none\.toml: No such file or directory"):
        Options(config=tmp_path / "none.toml").configuration()


def test_the_schema_is_that_of_the_code() -> None:
    published = json.loads((ROOT / "netlint" / "engine" / "config.schema.json").read_text(encoding="utf-8"))
    assert published == schema()
    assert tuple(published["properties"]) == TOP_KEYS
    assert tuple(published["properties"][FILES]["items"]["properties"]) == (PATHS, *FILE_KEYS)


def test_what_the_schema_takes_the_reader_takes(tmp_path: Path) -> None:
    import jsonschema

    for number, content in enumerate(
        (
            {"select": ["loss"], "fail-level": "info", "input-shape": {"data": [1, 2]}},
            {"files": [{"paths": ["a"], "num-classes": 3, "label-shape": "1,2"}]},
            {"files": [{"num-classes": 3}]},
            {"num-classes": 0},
            {"select": "loss"},
            {"colour": True},
        )
    ):
        path, data = str(tmp_path / f"{number}.yaml"), json.dumps(content).encode()
        valid = jsonschema.Draft202012Validator(schema()).is_valid(content)
        if valid:
            assert read_config(path, data) is not None
        else:
            with pytest.raises(ConfigError):
                read_config(path, data)


def test_every_setting_is_an_option_of_the_command_line() -> None:
    text = netlint("check", "--help").stdout
    absent = [name for name in (*TOP_KEYS, "config", "no-config") if f"--{name}" not in text]
    # The command line says `--weights` without a file, and `--rule-pack` for each folder.
    assert [name for name in absent if name not in ("read-weights", RULE_PACKS)] == [FILES]
    assert "--rule-pack" in text
    assert set(SETTINGS) < set(FILE_KEYS)


def test_the_command_shows_what_holds_and_where_it_comes_from(tmp_path: Path) -> None:
    write(
        tmp_path,
        net_prototxt=f"# netlint: pretrained\n{NET}",
        pyproject_toml='[tool.netlint]\nfrom-scratch = true\nnum-classes = 5\n[[tool.netlint.files]]\npaths = ["*.prototxt"]\nnum-classes = 6\n',
    )
    told = {"num-classes", "from-scratch", "pretrained", "weights", "fail-level", FILES}
    unset = [key for key in TOP_KEYS if key not in told]
    run = netlint("config", "net.prototxt", cwd=tmp_path)
    assert run.stdout.splitlines() == [
        "net.prototxt:",
        "  fail-level   warning  (default)",
        "  pretrained   true     (net.prototxt:1, comment)",
        "  num-classes  6        (pyproject.toml, files entry 1 (*.prototxt))",
        f"not set: {', '.join(unset)}",
    ]
    rows = json.loads(netlint("config", "net.prototxt", "--output-format", "json", cwd=tmp_path).stdout)["settings"]
    assert {
        "key": "num-classes",
        "value": 6,
        "origin": "files entry 1 (*.prototxt)",
        "path": os.path.realpath(tmp_path / "pyproject.toml"),
        "line": None,
    } in [{**row, "path": row["path"] and os.path.realpath(row["path"])} for row in rows]
    assert (
        "num-classes"
        not in netlint("config", "--no-config", "net.prototxt", cwd=tmp_path).stdout.partition("not set")[0]
    )


def test_a_wrong_configuration_is_2(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, _netlint_yaml="num-clases: 3\n")
    for arguments in (("net.prototxt",), ("show", "net.prototxt"), ("config", "net.prototxt")):
        run = netlint(*arguments, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr == "Error: .netlint.yaml: `num-clases` is no setting: did you mean `num-classes`?\n"
    assert netlint("--no-config", "net.prototxt", cwd=tmp_path).returncode == 0
    run = netlint("--no-config", "--config", ".netlint.yaml", "net.prototxt", cwd=tmp_path)
    assert "give either --config or --no-config" in run.stderr


def test_parsers_are_imported_only_for_what_they_parse(tmp_path: Path) -> None:
    write(tmp_path, net_prototxt=NET, pyproject_toml="[tool.ruff]\n")
    assert imported("net.prototxt", cwd=tmp_path) & {"tomllib", "yaml"} == set()
    (tmp_path / "pyproject.toml").write_text("[tool.netlint]\n")
    assert imported("net.prototxt", cwd=tmp_path) & {"tomllib", "yaml"} == {"tomllib"}
