"""The plugin as users meet it: pytest in a process of its own, with the entry point that the distribution declares."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.test_cli import BROKEN, CLEAN, netlint

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
FINDING = "error*double-softmax* SoftmaxWithLoss `loss` applies softmax itself*"


def needs(framework: str) -> pytest.MarkDecorator:
    """The framework is imported in the process that needs it, and there alone."""
    return pytest.mark.skipif(find_spec(framework) is None, reason=f"{framework} is not installed")


_SETTINGS_OF_THIS_RUN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_WORKER")

#: Runs pytest in the test's folder.
Run: TypeAlias = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """With the plugin and no other: pytest starts twice as fast. In a process of its own all the same, since pytester takes
    back what a run imports in this one, and neither rules nor frameworks can be imported twice."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in _SETTINGS_OF_THIS_RUN:
        monkeypatch.delenv(name, raising=False)

    def here(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "netlint.pytest_plugin", "-p", "no:cacheprovider", *arguments)

    return here


@pytest.fixture
def run_installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """With every plugin that is installed, and netlint as its distribution declares it."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "pytest11"
    ]
    installed = pytester.mkdir("installed") / "nn_netlint-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: nn-netlint\nVersion: 0\n", encoding="utf-8")
    lines = ["[pytest11]", *(f"{name} = {module}" for name, module in declared.items())]
    (installed / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(installed.parent), str(ROOT)]))
    for name in _SETTINGS_OF_THIS_RUN:
        monkeypatch.delenv(name, raising=False)

    def there(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return there


@pytest.fixture
def nets(pytester: pytest.Pytester) -> Path:
    folder = pytester.mkdir("nets")
    (folder / "broken.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "clean.prototxt").write_text(CLEAN, encoding="utf-8")
    return folder


def test_files_are_tests_with_readable_failures(run_installed: Run, nets: Path) -> None:
    (nets / "package.json").write_text("{}", encoding="utf-8")
    found = run_installed("--netlint", "-v")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["nets/broken.prototxt::netlint FAILED*", "nets/clean.prototxt::netlint PASSED*"])
    found.stdout.fnmatch_lines(
        [
            "*_ netlint: nets*broken.prototxt _*",
            f"nets?broken.prototxt:2:54: {FINDING}",
            '  2 | layer { name: "loss" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }',
            "    | *^^^",
            "  = softmax is applied here first (line 1)",
            "  = fix: feed SoftmaxWithLoss*",
            "FAILED nets/broken.prototxt::netlint - Failed: nets?broken.prototxt:2:54: *",
        ]
    )
    assert "Traceback" not in found.stdout.str()
    assert "pytest_plugin.py" not in found.stdout.str()


def test_without_the_option_files_are_left_alone(run: Run, nets: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    run().assert_outcomes(passed=1)


def test_paths_choose_files_also_outside_of_testpaths(run: Run, nets: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(**{"tests/test_it": "def test_nothing(): pass"})
    pytester.mkdir("other").joinpath("broken.prototxt").write_text(BROKEN, encoding="utf-8")
    (nets / "notes.txt").write_text("no model", encoding="utf-8")
    (nets / "test_here.py").write_text("def test_of_somebody_else(): assert False", encoding="utf-8")
    for paths in ("nets/*.prototxt", "nets", "nets/c* nets/**/broken*"):
        pytester.makeini(f"[pytest]\ntestpaths = tests\nnetlint_paths = {paths}\n")
        found = run("--netlint", "-v")
        found.assert_outcomes(passed=2, failed=1)
        found.stdout.fnmatch_lines(["*nets/broken.prototxt::netlint FAILED*", "*nets/clean.prototxt::netlint PASSED*"])
    # Who names a folder means that one.
    run("--netlint", "tests").assert_outcomes(passed=1)
    run("--netlint", "nets/clean.prototxt").assert_outcomes(passed=1)
    run("--netlint", "other").assert_outcomes()
    run("--netlint", "other/broken.prototxt").assert_outcomes(failed=1)


def test_folders_that_pytest_leaves_out_stay_out_unless_they_lie_elsewhere(run: Run, pytester: pytest.Pytester) -> None:
    for folder in ("build", ".hidden"):
        (pytester.path / folder).mkdir()
        (pytester.path / folder / "broken.prototxt").write_text(BROKEN, encoding="utf-8")
    pytester.mkdir("tests")
    paths = "netlint_paths = build .hidden/*.prototxt"
    for settings, failed in {
        paths: 0,
        f"{paths}\nnorecursedirs = .hidden": 1,
        f"{paths}\ntestpaths = tests": 2,
    }.items():
        pytester.makeini(f"[pytest]\n{settings}\n")
        run("--netlint").assert_outcomes(failed=failed)


def test_a_glob_with_an_ending_takes_what_netlint_would_not_look_for(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "net.prototxt.old").write_text(BROKEN, encoding="utf-8")
    pytester.makeini("[pytest]\nnetlint_paths = *.old\n")
    run("--netlint").assert_outcomes(failed=1)


def test_settings_stand_in_pytests_configuration(run: Run, nets: Path, pytester: pytest.Pytester) -> None:
    for settings, failed in {
        "netlint_ignore = accuracy-in-train,double-softmax, shapes": 0,
        "netlint_select = shapes double-softmax": 1,
        "netlint_fail_level = error": 1,
    }.items():
        pytester.makeini(f"[pytest]\n{settings}\n")
        run("--netlint").assert_outcomes(passed=2 - failed, failed=failed)
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nnetlint_ignore = ["double-softmax"]\n')
    (pytester.path / "tox.ini").unlink()
    run("--netlint").assert_outcomes(passed=2)


def test_netlints_own_configuration_holds(run: Run, nets: Path, pytester: pytest.Pytester) -> None:
    (nets / ".netlint.yaml").write_text("ignore: [double-softmax]\n", encoding="utf-8")
    run("--netlint").assert_outcomes(passed=2)
    pytester.makeini("[pytest]\nnetlint_config = false\n")
    run("--netlint").assert_outcomes(passed=1, failed=1)
    (pytester.path / "other.yaml").write_text("fail-level: info\n", encoding="utf-8")
    pytester.makeini("[pytest]\nnetlint_config = other.yaml\n")
    run("--netlint").assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("netlint_select = double-sofmax", "netlint: *did you mean `double-softmax`?*"),
        ("netlint_fail_level = fatal", "netlint_fail_level: `fatal` is none of error, warning, info"),
        ("netlint_config = missing.toml", "netlint: *missing.toml: No such file or directory"),
        ("netlint_rule_packs = nowhere", "netlint: *nowhere*"),
    ],
)
def test_wrong_settings_are_told_before_anything_runs(
    run: Run, nets: Path, pytester: pytest.Pytester, settings: str, says: str
) -> None:
    pytester.makeini(f"[pytest]\n{settings}\n")
    found = run("--netlint")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([f"ERROR: {says}"])


def test_with_xdist(run_installed: Run, nets: Path, pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(**{"tests/test_it": "def test_nothing(): pass"})
    pytester.makeini("[pytest]\ntestpaths = tests\nnetlint_paths = nets\n")
    run_installed("--netlint", "-n", "2").assert_outcomes(passed=2, failed=1)


def test_files_bear_the_marker(run: Run, nets: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    run("--netlint", "-m", "netlint").assert_outcomes(passed=1, failed=1, deselected=1)


def test_the_plugin_can_be_turned_off(run_installed: Run, nets: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    assert run_installed("-p", "no:netlint", "--netlint").ret == pytest.ExitCode.USAGE_ERROR


PLUGIN_OF_MODELS = """
import pytest
from onnx import parser

@pytest.fixture
def build():
    def make(op):
        return parser.parse_model(
            '<ir_version: 8, opset_import: ["": 17]> g (float[2,3] x) => (float[2,3] y) { h = Softmax(x) y = %s(h) }' % op
        )
    return make
"""
TWICE = "warning[[]double-softmax] Softmax `y` squashes the probabilities of Softmax `h` once more*"


@needs("onnx")
def test_a_marked_test_returns_the_model(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(PLUGIN_OF_MODELS)
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.netlint(fail_level="info", ignore=["double-activation"])

        def test_one(build):
            return build("Relu")

        @pytest.mark.parametrize("op", ["Sigmoid", "Softmax"])
        def test_several(build, op):
            return [build("Relu"), build(op)]

        @pytest.mark.netlint(ignore=["double-softmax", "double-activation"])
        def test_the_nearest_option_counts(build):
            return build("Softmax")

        class TestMethods:
            def test_method(self, build):
                return build("Softmax")
        """
    )
    found = run("--strict-markers", "-v", "-W", "error", "-rf")
    found.stdout.fnmatch_lines_random(
        [
            "*::test_one PASSED*",
            "*::test_several[[]Sigmoid] PASSED*",
            "*::test_several[[]Softmax] FAILED*",
            "*::test_the_nearest_option_counts PASSED*",
            "*::TestMethods::test_method FAILED*",
        ]
    )
    found.stdout.fnmatch_lines(
        [
            "*_ test_several[[]Softmax] _*",
            f"<g>.onnx:1:1: {TWICE}",
            "  = softmax is applied here first",
            "  = fix: *",
            "*_ TestMethods.test_method _*",
        ],
        consecutive=False,
    )
    assert "Traceback" not in found.stdout.str()
    assert "hidden" not in found.stdout.str()
    found.assert_outcomes(passed=3, failed=2)


def test_marked_tests_that_are_wrong_say_so(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.netlint
        def test_returns_nothing():
            pass

        @pytest.mark.netlint
        def test_returns_an_empty_list():
            return []

        @pytest.mark.netlint
        def test_returns_no_model():
            return 3

        @pytest.mark.netlint(inputshape=(1, 2))
        def test_misspells():
            return 3

        @pytest.mark.netlint((1, 2))
        def test_names_nothing():
            return 3

        @pytest.mark.netlint(select=["double-sofmax"])
        def test_knows_no_such_rule():
            return 'layer { name: "a" type: "ReLU" bottom: "x" top: "y" }'

        @pytest.mark.netlint
        def test_has_a_fault():
            raise KeyError("mine")

        @pytest.mark.netlint
        @pytest.mark.xfail
        def test_is_expected_to_fail():
            return 3
        """
    )
    found = run()
    found.assert_outcomes(failed=7, xfailed=1)
    found.stdout.fnmatch_lines(
        [
            "*_ test_returns_nothing _*",
            "a test with the marker `netlint` returns the model to lint, and this one returned none",
            "*_ test_returns_an_empty_list _*",
            "*returned none",
            "*_ test_returns_no_model _*",
            "netlint cannot lint an object of type int: give it a path*",
            "*_ test_misspells _*",
            "netlint has no option `inputshape`: did you mean `input_shape`?",
            "*_ test_names_nothing _*",
            "the marker `netlint` takes options by name, such as input_shape=(8, 3, 224, 224)",
            "*_ test_knows_no_such_rule _*",
            "*did you mean `double-softmax`?",
            "*_ test_has_a_fault _*",
            '*raise KeyError("mine")',
            "E*KeyError: 'mine'",
        ]
    )
    assert "pytest_plugin.py" not in found.stdout.str()


@needs("onnx")
def test_the_fixture_knows_the_settings(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(PLUGIN_OF_MODELS)
    pytester.makeini("[pytest]\nnetlint_ignore = double-softmax\n")
    pytester.makepyfile(
        """
        def test_as_the_settings_say(assert_clean, build):
            assert_clean(build("Softmax"))

        def test_as_the_call_says(assert_clean, build):
            assert_clean(build("Relu"), build("Softmax"), ignore=[])

        def test_a_misspelt_option(assert_clean):
            assert_clean("net.prototxt", fail_levl="info")
        """
    )
    found = run()
    found.assert_outcomes(passed=1, failed=2)
    found.stdout.fnmatch_lines(
        [
            '>*assert_clean(build("Relu"), build("Softmax"), ignore=[[]])',
            f"E*<g>.onnx:1:1: {TWICE}",
            "netlint has no option `fail_levl`: did you mean `fail_level`?",
        ]
    )


@needs("torch")
def test_torch_models_have_lines_in_the_test(run_installed: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_nets="""
        import pytest
        from torch import nn

        @pytest.mark.netlint(input_shape=(8, 16), loss=nn.CrossEntropyLoss())
        def test_net():
            return nn.Sequential(
                nn.Linear(16, 4),
                nn.Softmax(dim=1),
            )
        """
    )
    found = run_installed()
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["test_nets.py:8:*: error[[]double-softmax] *"])


@needs("tensorflow")
@needs("keras")
def test_keras_models_have_lines_in_the_test(run_installed: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_nets="""
        import pytest
        import keras

        @pytest.mark.netlint
        def test_net():
            model = keras.Sequential([
                keras.Input((16,)),
                keras.layers.Dense(4, activation="softmax"),
                keras.layers.Softmax(),
            ])
            return model
        """
    )
    found = run_installed()
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["test_nets.py:9:9: warning[[]double-softmax] *"])


def test_the_plugin_costs_next_to_nothing() -> None:
    code = "import sys, pytest, netlint.pytest_plugin; print(*[name for name in sys.modules if name.startswith('netlint')])"
    assert netlint(code=code).stdout.split() == ["netlint.version", "netlint", "netlint.pytest_plugin"]


ASYNC = """
import pytest

@pytest.mark.RUNNER
@pytest.mark.netlint
class TestAsync:
    async def test_bad(self, build):
        return build("Softmax")

    async def test_good(self, build):
        return build("Relu")

    async def test_nothing(self, build):
        pass

    async def test_fails(self, build):
        raise KeyError("boom")

    def test_plain(self, build):
        return build("Relu")
"""

#: As anyio and others do it: they run what is async, and drop what comes back.
A_RUNNER = """
import asyncio
import inspect

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
        return True

def pytest_configure(config):
    config.addinivalue_line("markers", "runner: run by this file")
"""


@needs("onnx")
@pytest.mark.parametrize("runner", ["runner", pytest.param("asyncio", marks=needs("pytest_asyncio"))])
def test_async_tests_return_models_to_whoever_runs_them(run: Run, pytester: pytest.Pytester, runner: str) -> None:
    pytester.makeconftest(PLUGIN_OF_MODELS + (A_RUNNER if runner == "runner" else ""))
    pytester.makepyfile(ASYNC.replace("RUNNER", runner))
    plugins = ("-p", "pytest_asyncio.plugin") if runner == "asyncio" else ()
    found = run(*plugins, "--strict-markers", "-v", "-rf")
    found.stdout.fnmatch_lines_random(
        ["*::test_bad FAILED*", "*::test_good PASSED*", "*::test_nothing FAILED*", "*::test_plain PASSED*"]
    )
    found.stdout.fnmatch_lines(
        [
            "*_ TestAsync.test_bad _*",
            f"<g>.onnx:1:1: {TWICE}",
            "*_ TestAsync.test_nothing _*",
            "a test with the marker `netlint` returns the model to lint, and this one returned none",
            "*KeyError: 'boom'",
        ],
        consecutive=False,
    )
    found.assert_outcomes(passed=2, failed=3)


@needs("onnx")
def test_an_async_test_that_nobody_runs_is_told_by_pytest(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(PLUGIN_OF_MODELS)
    pytester.makepyfile("import pytest\n\n@pytest.mark.netlint\nasync def test_it(build):\n    return build('Relu')\n")
    found = run()
    found.stdout.fnmatch_lines(["*async def functions are not natively supported*"])
    found.assert_outcomes(failed=1)
