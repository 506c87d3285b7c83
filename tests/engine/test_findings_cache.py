"""What is kept between runs: it counts as long as nothing changes that it depends on, and changes no output."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from netlint import Options, lint
from netlint.engine import findings_cache, identity
from netlint.engine.codec import decode, encode
from netlint.engine.findings_cache import FOLDER, trim
from netlint.engine.one_file import lint_file
from netlint.engine.targets import files
from netlint.loaders import File, reads
from tests.engine.test_packs import OWN_RULE, pack
from tests.test_cli import BROKEN, CLEAN, netlint

ROOT = Path(__file__).parents[2]
NET = """name: "n"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 5 weight_filler { type: "xavier" } } }
"""


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a cache of its own beside it."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "a.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "b.prototxt").write_text(NET, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NETLINT_CACHE_DIR", str(tmp_path / "kept"))
    return folder


def linted(*targets: str, **options: object) -> list[str]:
    """The files that a run lints, as it does not know their findings."""
    worked: list[str] = []
    found = [Path(target) for target in targets or (".",)]
    given = Options(**{"config": True, **options})  # type: ignore[arg-type]
    lint(*found, options=given, cache=True, whole=False, on_progress=lambda *told: worked.append(told[2]))
    return worked


def touched(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8")


def test_nothing_is_linted_twice(zoo: Path) -> None:
    assert linted() == ["./a.prototxt", "./b.prototxt"]
    assert linted() == []
    # Another time of the same content is no change.
    os.utime("a.prototxt", (1, 1))
    assert linted() == []


def test_a_changed_file_is_linted_and_the_others_are_not(zoo: Path) -> None:
    linted()
    before = os.stat("b.prototxt")
    touched("b.prototxt", NET.replace("kernel_size: 5", "kernel_size: 3"))
    os.utime("b.prototxt", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert linted() == ["./b.prototxt"]
    assert linted() == []
    # What it was before is still known.
    touched("b.prototxt", NET)
    assert linted() == []


def test_a_solver_is_linted_when_its_net_changes_or_moves(zoo: Path) -> None:
    (zoo / "nets").mkdir()
    touched("nets/deep.prototxt", CLEAN)
    touched("solver.prototxt", 'net: "deep.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\n')
    assert linted("solver.prototxt") == ["solver.prototxt"]
    assert linted("solver.prototxt") == []
    # Something with the name that was looked for.
    shutil.copyfile("nets/deep.prototxt", "deep.prototxt")
    assert linted("solver.prototxt") == ["solver.prototxt"]
    touched("deep.prototxt", BROKEN)
    assert linted("solver.prototxt") == ["solver.prototxt"]
    assert linted("solver.prototxt") == []
    os.unlink("deep.prototxt")
    assert linted("solver.prototxt") == ["solver.prototxt"]


def test_a_deployed_network_is_linted_when_its_training_twin_changes(zoo: Path) -> None:
    touched("n_deploy.prototxt", NET)
    touched("n_train_val.prototxt", NET)
    linted()
    touched("n_train_val.prototxt", NET.replace("num_output: 4", "num_output: 5"))
    assert linted() == ["./n_deploy.prototxt", "./n_train_val.prototxt"]
    os.unlink("n_train_val.prototxt")
    assert linted() == ["./n_deploy.prototxt"]


def test_a_model_is_linted_when_its_data_file_changes(zoo: Path) -> None:
    onnx = pytest.importorskip("onnx")
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[4, 4], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="w.bin")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [onnx.helper.make_tensor_value_info("x", 1, [1, 4])],
        [onnx.helper.make_tensor_value_info("y", 1, [1, 4])],
        [tensor],
    )
    Path("m.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    assert linted("m.onnx") == ["m.onnx"]
    Path("w.bin").write_bytes(bytes(64))
    assert linted("m.onnx") == ["m.onnx"]
    Path("w.bin").write_bytes(bytes(32))
    assert linted("m.onnx") == ["m.onnx"]
    assert linted("m.onnx") == []
    # Of the weights the content counts where it is read.
    Path("w.bin").write_bytes(bytes(64))
    assert linted("m.onnx", read_weights=True) == ["m.onnx"]
    Path("w.bin").write_bytes(bytes(63) + b"\1")
    assert linted("m.onnx", read_weights=True) == ["m.onnx"]


def test_a_program_is_linted_when_its_python_file_changes(zoo: Path) -> None:
    for name in ("padding_exceeds.pt2", "too_much_padding.pt2", "broken.py"):
        if (ROOT / "fixtures" / "torch" / name).exists():
            shutil.copyfile(ROOT / "fixtures" / "torch" / name, name)
    assert linted("too_much_padding.pt2") == ["too_much_padding.pt2"]
    assert linted("too_much_padding.pt2") == []
    with Path("broken.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# more\n")
    assert linted("too_much_padding.pt2") == ["too_much_padding.pt2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".netlint.yaml", "ignore: [double-softmax]\n"),
        ("pyproject.toml", "[tool.netlint]\nfail-level = 'error'\n"),
        ("../.netlint.yaml", "files:\n- {paths: ['**'], num-classes: 3}\n"),
    ],
)
def test_a_configuration_that_comes_changes_or_goes(zoo: Path, name: str, text: str) -> None:
    linted()
    touched(name, text)
    assert linted() == ["./a.prototxt", "./b.prototxt"]
    assert linted() == []
    # Where none is looked for, none counts.
    assert linted(config=False) == ["./a.prototxt", "./b.prototxt"]
    touched(name, f"{text}# more\n")
    assert linted(config=False) == []
    assert linted() == ["./a.prototxt", "./b.prototxt"]
    os.unlink(name)
    assert linted() == ["./a.prototxt", "./b.prototxt"]


def test_a_configuration_that_is_named(zoo: Path) -> None:
    touched("own.toml", "[tool.netlint]\nignore = ['double-softmax']\n")
    assert linted(config="own.toml") == ["./a.prototxt", "./b.prototxt"]
    assert linted(config="own.toml") == []
    touched("own.toml", "[tool.netlint]\nignore = []\n")
    assert linted(config="own.toml") == ["./a.prototxt", "./b.prototxt"]


def test_rules_of_a_pack(zoo: Path, tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack")
    assert linted(rule_packs=(folder,)) == ["./a.prototxt", "./b.prototxt"]
    assert linted(rule_packs=(folder,)) == []
    pack(folder, text=OWN_RULE.replace("a 5x5 kernel", "a kernel of 5x5"))
    assert linted(rule_packs=(folder,)) == ["./a.prototxt", "./b.prototxt"]
    (folder / "helper.py").write_text("", encoding="utf-8")
    assert linted(rule_packs=(folder,)) == ["./a.prototxt", "./b.prototxt"]


def test_rules_of_a_configurations_pack(zoo: Path, tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack")
    touched(".netlint.yaml", "rule-packs: [../pack]\n")
    assert linted() == ["./a.prototxt", "./b.prototxt"]
    assert linted() == []
    pack(folder, text=OWN_RULE + "\n# more\n")
    assert linted() == ["./a.prototxt", "./b.prototxt"]


@pytest.mark.parametrize(
    "option",
    [
        {"select": ("double-softmax",)},
        {"extend_select": ("all",)},
        {"ignore": ("double-softmax",)},
        {"severity": {"double-softmax": "info"}},
        {"input_shapes": ("1,3,16,16",)},
        {"weights": "scratch"},
        {"num_classes": 7},
        {"label_shape": "1,3"},
        {"dataset_size": 100},
        {"caffe_fork": "SSD"},
        {"read_weights": True},
        {"onnx_inference": True},
        {"profile": "tensorrt"},
        {"phase": "test"},
        {"fail_level": "info"},
    ],
    ids=str,
)
def test_an_option(zoo: Path, option: dict[str, object]) -> None:
    linted()
    assert linted(**option) == ["./a.prototxt", "./b.prototxt"]
    assert linted(**option) == []
    assert linted() == []


def test_a_weights_file(zoo: Path) -> None:
    shutil.copyfile(ROOT / "fixtures" / "torch" / "vit.pt2", "none.pt")
    for _ in range(2):
        report = lint(Path("a.prototxt"), weights_file="gone.caffemodel", cache=True, whole=False)
        assert [(failure.path, failure.reason) for failure in report.failures] == [
            ("gone.caffemodel", "No such file or directory")
        ]
        assert linted("a.prototxt", weights_file="gone.caffemodel") == ["a.prototxt"]
    safetensors = (2).to_bytes(8, "little") + b"{}"
    Path("w.safetensors").write_bytes(safetensors)
    assert linted("a.prototxt", weights_file="w.safetensors") == ["a.prototxt"]
    assert linted("a.prototxt", weights_file="w.safetensors") == []
    Path("w.safetensors").write_bytes((3).to_bytes(8, "little") + b"{ }")
    assert linted("a.prototxt", weights_file="w.safetensors") == ["a.prototxt"]


def test_another_netlint_another_folder_and_new_libraries(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linted()
    with monkeypatch.context() as patch:
        patch.setattr(identity, "__version__", "9.9")
        assert linted() == ["./a.prototxt", "./b.prototxt"]
    installed = zoo.parent / "site-packages"
    installed.mkdir()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(installed))
        assert linted() == ["./a.prototxt", "./b.prototxt"]
        (installed / "h5py").mkdir()
        assert linted() == ["./a.prototxt", "./b.prototxt"]
    monkeypatch.chdir(zoo.parent)
    assert linted("zoo") == ["zoo/a.prototxt", "zoo/b.prototxt"]


def test_a_wrong_name_is_told_also_where_all_is_known(zoo: Path) -> None:
    linted()
    for _ in range(2):
        run = netlint("check", ".", "--select", "duble-softmax", cwd=zoo)
        assert (run.returncode, run.stdout) == (2, "")
        assert "no rule or family is named `duble-softmax`: did you mean `double-softmax`?" in run.stderr


def test_a_file_without_a_model_is_looked_at_again_when_it_changes(zoo: Path) -> None:
    touched("c.json", '{"class_name": 5}')
    touched("d.json", "[]")
    linted()
    assert linted() == []
    touched("c.json", '{"class_name": "Sequential", "config": []}')
    assert linted() == ["./c.json"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda old: old[:-9],
        lambda old: old.replace(b"double", b"triple"),
        lambda _: b"\n\n\n[1]",
        lambda old: b"\0" + old,
    ],
)
def test_a_broken_cache_is_made_anew(zoo: Path, spoil: Callable[[bytes], bytes]) -> None:
    first = netlint(".", "--output-format", "json", cwd=zoo)
    kept = [path for path in (zoo.parent / "kept" / FOLDER).rglob("*") if path.is_file()]
    assert len(kept) >= 3
    for path in kept:
        path.write_bytes(spoil(path.read_bytes()))
    again = netlint(".", "--output-format", "json", cwd=zoo)
    assert (again.returncode, again.stdout, again.stderr) == (first.returncode, first.stdout, "")
    assert linted() == []


def test_a_cache_that_cannot_be_written_is_none(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched("file", "")
    monkeypatch.setenv("NETLINT_CACHE_DIR", str(zoo / "file"))
    run = netlint(".", "--output-format", "concise", cwd=zoo)
    assert (run.returncode, run.stderr) == (1, "")
    assert linted() == ["./a.prototxt", "./b.prototxt"]
    assert linted() == ["./a.prototxt", "./b.prototxt"]


def test_runs_at_the_same_time(zoo: Path) -> None:
    for number in range(30):
        touched(f"{number}.prototxt", BROKEN.replace("loss", f"loss{number}"))
    command = [sys.executable, "-m", "netlint", ".", "--output-format", "json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) for _ in range(4)]
    said = [run.communicate(timeout=60) for run in runs]
    assert len(set(said)) == 1
    assert said[0][1] == b""
    assert linted() == []
    assert not list((zoo.parent / "kept").rglob("*.tmp"))


def test_the_oldest_go_first(zoo: Path) -> None:
    linted()
    for number in range(6):
        touched("a.prototxt", BROKEN.replace("loss", f"loss{number}"))
        linted("a.prototxt")
    folder = zoo.parent / "kept" / FOLDER
    kept = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime_ns)
    for age, path in enumerate(reversed(kept)):
        os.utime(path, (1e9 - age, 1e9 - age))
    total = sum(path.stat().st_size for path in kept)
    trim(total)
    assert all(path.exists() for path in kept)
    trim(total - 1)
    left = [path.exists() for path in kept]
    assert not left[0]
    assert left == sorted(left)
    assert sum(path.stat().st_size for path in kept if path.exists()) <= total * 3 // 4
    linted()
    assert linted() == []


def test_a_run_looks_at_the_size_of_all(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr(findings_cache, "trim", lambda: looked.append(1))
    linted()
    linted()
    touched("a.prototxt", CLEAN)
    linted()
    assert len(looked) == 1
    monkeypatch.setattr(findings_cache, "_LOOK_AFTER", 10)
    touched("a.prototxt", BROKEN + "\n")
    linted()
    assert len(looked) > 1


def test_clean_removes_what_is_netlints(zoo: Path) -> None:
    linted()
    kept = zoo.parent / "kept"
    (kept / "rules-1.txt").write_text("somebody's", encoding="utf-8")
    run = netlint("clean", cwd=zoo)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("removed ")
    assert run.stdout.endswith(f" files from {kept}\n")
    assert [path.name for path in kept.iterdir()] == ["rules-1.txt"]
    assert netlint("clean", cwd=zoo).stdout == f"removed 0 files from {kept}\n"
    assert linted() == ["./a.prototxt", "./b.prototxt"]


def test_no_cache_reads_and_writes_none(zoo: Path) -> None:
    first = netlint(".", "--no-cache", cwd=zoo)
    assert not (zoo.parent / "kept" / FOLDER).exists()
    assert netlint(".", cwd=zoo).stdout == first.stdout


def test_a_run_that_knows_all_imports_nothing_heavy(zoo: Path) -> None:
    linted("a.prototxt")
    code = (
        "import sys; from netlint.cli import run; code = run(['a.prototxt', '--output-format', 'json']);"
        "print(code, *sys.modules, file=sys.stderr)"
    )
    run = netlint(code=code, cwd=zoo)
    assert '"rule": "double-softmax"' in run.stdout
    code_, *modules = run.stderr.split()
    assert code_ == "1"
    heavy = (
        "networkx",
        "numpy",
        "google",
        "yaml",
        "netlint.authoring",
        "netlint.model.graph",
        "netlint.facts",
        "netlint.ops",
    )
    rooms = ("netlint.loaders.caffe.document", "netlint.engine.packs", "netlint.engine.run", "netlint.rules", "hashlib")
    assert not [name for name in modules if name.startswith((*heavy, *rooms))]


def test_what_changes_while_it_is_read_is_not_kept(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netlint.engine import one_file

    def slow(file: File, twin: str, plan: one_file.Plan) -> object:
        touched("a.prototxt", CLEAN)
        return lint_file(file, twin, plan)

    with monkeypatch.context() as patch:
        patch.setattr(one_file, "lint_file", slow)
        assert linted("a.prototxt") == ["a.prototxt"]
    assert linted("a.prototxt") == ["a.prototxt"]


def test_a_large_file_is_known_by_its_times(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "_LARGE", 10)
    # It has just been written: its times do not say whether it is written again.
    linted("a.prototxt")
    assert linted("a.prototxt") == ["a.prototxt"]
    monkeypatch.setattr(reads, "_YOUNG", -1.0)
    linted("a.prototxt")
    assert linted("a.prototxt") == []
    os.utime("a.prototxt", (5, 5))
    assert linted("a.prototxt") == ["a.prototxt"]


def test_a_pipe_is_never_opened(zoo: Path) -> None:
    os.mkfifo("pipe.prototxt")
    run = netlint("pipe.prototxt", cwd=zoo)
    assert (run.returncode, run.stderr) == (2, "netlint: pipe.prototxt: not a regular file\n")


def test_every_file_that_is_opened_is_noted() -> None:
    """Of all fixtures: an audit hook sees what the loaders open or list."""
    code = f"""
import os, sys
opened, on = set(), []
def hook(event, arguments):
    if on and event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str):
        opened.add(os.path.realpath(arguments[0]))
sys.addaudithook(hook)
from netlint import Options
from netlint.api import Report, plan_of
from netlint.engine.one_file import lint_file
from netlint.engine.targets import files
from netlint.loaders import File
from netlint.loaders.reads import note, recorded, watched
plan = plan_of(Options(extend_select=("all",), config=True, read_weights=True), Report())
plan.rules.known("")
own = tuple(os.path.realpath(path) for path in ({str(ROOT / "netlint")!r}, {str(ROOT / "rules")!r}, sys.prefix, sys.base_prefix))
count = 0
for file in files(["fixtures"], "", print):
    with recorded() as reads:
        note("content", file.path)
        on.append(1)
        lint_file(File(file.path, found=True), "", plan)
        on.clear()
    known = {{os.path.realpath(path) for path in (*watched(reads), *(path for _, path in reads))}}
    # A configuration may stand in every folder above.
    rest = {{path for path in opened - known if not path.startswith(own) and not path.endswith((".toml", ".yaml"))}}
    assert not rest, (file.path, rest)
    opened.clear()
    count += 1
print(count)
"""
    run = netlint(code=code, cwd=ROOT)
    assert run.stderr == ""
    assert int(run.stdout) > 50


def test_a_result_is_the_same_after_it_was_kept(zoo: Path) -> None:
    from netlint.api import Report, plan_of

    plan = plan_of(Options(extend_select=("all",)), Report())
    for file in files([ROOT / "fixtures"], "", lambda *_: None):
        text = encode(lint_file(file, "", plan))
        assert encode(decode(text)) == text
        assert "\n" not in text


def test_a_keras_archive_is_known_by_its_content(zoo: Path) -> None:
    document = (ROOT / "fixtures" / "keras" / "squeeze_excitation_collapse.json").read_text(encoding="utf-8")
    with zipfile.ZipFile("k.keras", "w") as archive:
        archive.writestr("config.json", document)
    first = netlint("k.keras", "--output-format", "json", cwd=zoo)
    again = netlint("k.keras", "--output-format", "json", cwd=zoo)
    assert first.returncode == 1
    assert again.stdout == first.stdout
    os.utime("k.keras", (5, 5))
    assert linted("k.keras") == []
