"""netlint in pytest: the fixture `assert_clean`, the marker `netlint` for tests that return models, and
`pytest --netlint` for model files. docs/pytest.md is the page for users.

pytest imports this module in every run in an environment that has netlint: it imports nothing else until it is used.
"""

from __future__ import annotations

import glob
import inspect
import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from netlint.api import Options

#: Settings in pytest's configuration: the field of `netlint.Options`, pytest's type, what it says.
_SETTINGS: Final = {
    "netlint_select": ("select", "args", "Run only these rules or families of netlint."),
    "netlint_extend_select": ("extend_select", "args", "Run these rules or families too."),
    "netlint_ignore": ("ignore", "args", "Leave these rules or families out."),
    "netlint_fail_level": ("fail_level", "string", "The mildest severity that fails a test: error, warning or info."),
    "netlint_profile": ("profile", "string", "Where the networks will run: tensorrt, mobile, fp16, int32."),
    "netlint_rule_packs": ("rule_packs", "paths", "Folders of own rules."),
}
_PATHS: Final = "netlint_paths"
_CONFIG: Final = "netlint_config"
_MARK: Final = "netlint"

_given = pytest.StashKey[dict[str, Any]]()
#: Set where a test is async: whoever runs it sees to it, not netlint.
_async_test = pytest.StashKey[bool]()
_wanted = pytest.StashKey[Mapping[str, bool]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("netlint", "netlint, the linter for neural networks")
    group.addoption("--netlint", action="store_true", help=f"Lint model files as tests, those that `{_PATHS}` names.")
    parser.addini(_PATHS, "Globs of model files for --netlint, relative to the root folder.", type="args", default=[])
    parser.addini(_CONFIG, "netlint's configuration: a file, or `false` for none; else the nearest one.", default="")
    for name, (_field, kind, text) in _SETTINGS.items():
        parser.addini(name, text, type=kind, default=None)  # type: ignore[arg-type]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "netlint(**options): lint the model that the test returns, or the list of them; the options are those of "
        "netlint.lint, such as input_shape=(8, 3, 224, 224).",
    )
    if config.getoption("--netlint"):
        # A wrong setting is told before anything is collected.
        _refuse_wrong_settings(config)
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args += _outside(config)


@pytest.fixture
def assert_clean(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Asserts that models have no findings: `assert_clean(model, input_shape=(8, 3, 224, 224))`.

    The arguments are those of `netlint.lint`; what they leave open stands in pytest's configuration.
    """
    from netlint import testing

    def check(*targets: object, **fields: Any) -> None:
        __tracebackhide__ = True
        testing.assert_clean(*targets, options=_options_of_test(request.config, fields))

    return check


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Lint what a test with the marker returns, in place of pytest's own call of it."""
    if pyfuncitem.get_closest_marker(_MARK) is None or _async_test in pyfuncitem.stash:
        return None
    chosen = _marked(pyfuncitem)
    wanted = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own hook does
    with _places():
        model = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted})
    _check_returned(model, chosen)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Lint what an async test with the marker returns: who runs it (pytest-asyncio, anyio) drops what comes back."""
    if not isinstance(item, pytest.Function) or item.get_closest_marker(_MARK) is None:
        return (yield)
    test = item.obj
    if not inspect.iscoroutinefunction(test):
        return (yield)
    chosen = _marked(item)
    returned: list[object] = []

    @wraps(test)
    async def keeping(*args: object, **given: object) -> None:
        returned.append(await test(*args, **given))

    item.stash[_async_test] = True
    item.obj = keeping
    try:
        with _places():
            result = yield
    finally:
        item.obj = test
    for model in returned:
        _check_returned(model, chosen)
    return result


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    config = parent.config
    if not config.getoption("--netlint"):
        return None
    named = _files(config).get(os.path.realpath(file_path))
    if named is None and (config.getini(_PATHS) and not parent.session.isinitpath(file_path)):
        return None
    if not named and not _is_model(file_path):
        return None
    return ModelFile.from_parent(parent, path=file_path)


class ModelFile(pytest.File):
    """A model file, which is one test."""

    def collect(self) -> Iterator[pytest.Item]:
        yield ModelItem.from_parent(self, name=_MARK)


class ModelItem(pytest.Item):
    """Passes where netlint finds nothing at or above the fail level."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        #: It asks for no fixtures. Other plugins (pytest-lsp) look here without asking what kind of test it is.
        self.funcargs: dict[str, object] = {}
        self.add_marker(_MARK)

    def runtest(self) -> None:
        _check([Path(_shown(self.path))], _options_of_test(self.config, {}))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{_MARK}: {_shown(self.path)}"


def _marked(item: pytest.Function) -> Options:
    """The options that the markers of a test give, the nearest one first."""
    fields: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers(_MARK))):
        if mark.args:
            pytest.fail(
                "the marker `netlint` takes options by name, such as input_shape=(8, 3, 224, 224)", pytrace=False
            )
        fields |= mark.kwargs
    return _options_of_test(item.config, fields)


def _check_returned(model: object, chosen: Options) -> None:
    """Fails the test for what it returned: a model, or a list of them."""
    models = list(model) if isinstance(model, list | tuple) else [model]
    if not models or any(one is None for one in models):
        pytest.fail(
            "a test with the marker `netlint` returns the model to lint, and this one returned none", pytrace=False
        )
    _check(models, chosen)


def _options_of_test(config: pytest.Config, fields: dict[str, Any]) -> Options:
    """The options of one test, which fails where they are wrong."""
    try:
        return _options(config, fields)
    except pytest.UsageError as error:
        wrong = str(error)
    pytest.fail(wrong, pytrace=False)


def _options(config: pytest.Config, fields: Mapping[str, Any] = MappingProxyType({})) -> Options:
    """netlint's options: pytest's configuration under what a test gives. Raises pytest.UsageError for wrong ones."""
    from netlint import Options

    known = Options.__dataclass_fields__
    for name in fields:
        if name not in known:
            close = get_close_matches(name, known, 1)
            raise pytest.UsageError(f"netlint has no option `{name}`{f': did you mean `{close[0]}`?' if close else ''}")
    if _given not in config.stash:
        config.stash[_given] = _configured(config)
    settings = config.stash[_given]
    return Options(**{**settings, **fields})


def _refuse_wrong_settings(config: pytest.Config) -> None:
    """Raises pytest.UsageError for settings that are wrong for the files that are named."""
    from netlint.engine.packs import PackError
    from netlint.engine.rule_settings import RuleSettings

    chosen = _options(config)
    try:
        chosen.load_options()
        settings = RuleSettings(chosen.rules(), chosen.configuration())
        paths = [str(config.rootpath / "model"), *_files(config)]
        settings.all(paths)
        settings.check(paths)
    except (ValueError, PackError) as error:
        raise pytest.UsageError(f"netlint: {error}") from None


def _configured(config: pytest.Config) -> dict[str, Any]:
    """The fields of `Options` that pytest's configuration sets. Raises pytest.UsageError."""
    from netlint.finding import SEVERITIES

    found: dict[str, Any] = {}
    for name, (field, kind, _text) in _SETTINGS.items():
        value = config.getini(name)
        if value:
            found[field] = " ".join(value).replace(",", " ").split() if kind == "args" else value
    level = found.get("fail_level", SEVERITIES[0])
    if level not in SEVERITIES:
        raise pytest.UsageError(f"netlint_fail_level: `{level}` is none of {', '.join(SEVERITIES)}")
    named = config.getini(_CONFIG)
    found["config"] = True if not named else named != "false" and str(config.rootpath / named)
    return found


def _check(targets: Sequence[object], chosen: Options) -> None:
    """Fails the test that runs, with netlint's text and no traceback."""
    from netlint import lint
    from netlint.engine.packs import PackError
    from netlint.testing import complaint

    try:
        text = complaint(lint(*targets, options=chosen))
    except (TypeError, ValueError, PackError) as error:
        text = str(error)
    if text:
        pytest.fail(text, pytrace=False)


def _places() -> ExitStack:
    """Keeps the lines at which a model is built, with the frameworks that are loaded."""
    stack = ExitStack()
    if "torch" in sys.modules:
        import netlint.torch

        stack.enter_context(netlint.torch.record())
    if "keras" in sys.modules or "tf_keras" in sys.modules:
        import netlint.keras

        stack.enter_context(netlint.keras.record())
    return stack


def _files(config: pytest.Config) -> Mapping[str, bool]:
    """The files that the globs name; False for one that a folder or a `*` alone brought up: it may be no model."""
    if _wanted not in config.stash:
        found: dict[str, bool] = {}
        for pattern in config.getini(_PATHS):
            for path in glob.iglob(os.path.join(glob.escape(str(config.rootpath)), pattern), recursive=True):
                certain = not pattern.endswith("*")
                below = [path]
                if os.path.isdir(path):
                    # `models` means what `models/**` does.
                    below = glob.glob(os.path.join(glob.escape(path), "**"), recursive=True) if certain else []
                    certain = False
                for file in map(os.path.realpath, filter(os.path.isfile, below)):
                    found[file] = found.get(file, False) or certain
        config.stash[_wanted] = found
    return config.stash[_wanted]


def _outside(config: pytest.Config) -> list[str]:
    """The model files that lie in none of the folders that pytest searches."""
    searched = [Path(os.path.realpath(config.invocation_params.dir / arg.partition("::")[0])) for arg in config.args]
    files = ((Path(path), certain) for path, certain in sorted(_files(config).items()))
    return [
        str(path)
        for path, certain in files
        if not any(path.is_relative_to(folder) for folder in searched) and (certain or _is_model(path))
    ]


def _is_model(path: Path) -> bool:
    from netlint.loaders import recognised

    return recognised(str(path))


def _shown(path: Path) -> str:
    """A path as people would type it here."""
    try:
        relative = os.path.relpath(path)
    except ValueError:
        # Another drive of Windows.
        return str(path)
    return str(path) if relative.startswith(os.pardir) else relative
