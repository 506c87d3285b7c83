"""netlint as a library: `netlint.lint(path)`, `netlint.load(path)`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypedDict, Unpack

from netlint.engine.findings_cache import FindingsCache
from netlint.engine.identity import identity
from netlint.engine.linted import Linted
from netlint.engine.merge import Merge
from netlint.engine.results import Way, results
from netlint.engine.targets import as_file
from netlint.engine.targets import files as found_files
from netlint.finding import SEVERITIES, Finding, Severity
from netlint.model import Pretrained

if TYPE_CHECKING:
    # What a run that knows all its results does without is imported where it is used.
    from netlint.authoring import RuleInfo
    from netlint.engine.config import Configuration
    from netlint.engine.one_file import Plan
    from netlint.engine.rule_settings import Given
    from netlint.facts import Shapes
    from netlint.loaders import File, Live, LoadOptions
    from netlint.model import Model

#: A path, the text of a definition (told apart by a line break or a brace),
#: its content as bytes, or a model in memory (`onnx.ModelProto`, `onnx_ir.Model`, a Keras model, a `torch.nn.Module`,
#: a `torch.export.ExportedProgram`).
Target: TypeAlias = str | bytes | os.PathLike[str] | object


@dataclass(frozen=True, slots=True)
class Options:
    """How to lint. Rules are named by name or family; `input_shapes` are texts such as `data=1,3,224,224`."""

    select: Sequence[str] = ()
    extend_select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    input_shapes: Sequence[str] = ()
    #: Of a module in memory (PyTorch): the shape of its input, or a list of shapes for several; or else its arguments,
    #: in order or by name. Nothing is computed with them.
    input_shape: Sequence[int] | Sequence[Sequence[int]] = ()
    example_inputs: object = None
    #: What trains it: the criterion, and the optimiser or all of them.
    loss: object = None
    optimizer: object = None
    weights: Literal["scratch", "pretrained"] | None = None
    #: The weights that training starts from, a file or what is known of one: compared with the network's layers.
    weights_file: str | os.PathLike[str] | Pretrained | None = None
    #: What the user knows of the task: the number of classes, the labels' shape (`1,500,500`), the test samples.
    num_classes: int | None = None
    label_shape: str | Sequence[int] = ""
    dataset_size: int | None = None
    #: The fork of Caffe that files are written for (`BVLC` for none); empty to see it from each file.
    caffe_fork: str = ""
    #: Read what stored tensors hold, for rules about weights (ONNX).
    read_weights: bool = False
    #: Where netlint knows no shape, ask the `onnx` package, in a process of its own.
    onnx_inference: bool = False
    #: Where the network will run: the name of a deployment profile (`tensorrt`, `mobile`, `fp16`, ...).
    profile: str = ""
    #: What the network is for, `train` or `test`: of a file with both, only that phase is looked at.
    phase: str = ""
    #: The mildest severity that fails a run; `warning` where nothing says otherwise.
    fail_level: Severity | None = None
    #: Rules and families, and what their findings weigh instead of the rules' own severities.
    severity: Mapping[str, Severity] = field(default_factory=dict)
    #: A run also fails where a file is not there to be linted: a Git LFS pointer stands for it.
    fail_on_skipped: bool = False
    rule_packs: Sequence[Path] = ()
    #: A configuration file; True for the nearest one of each file, as on the command line; False for none at all.
    config: str | os.PathLike[str] | bool = False

    def load_options(self) -> LoadOptions:
        """Raises ValueError for an input shape that is none, for a count below 1, for an unknown fork, and for
        a weights file from which training is said not to start."""
        from netlint import loaders
        from netlint.loaders import InputShape, LoadOptions
        from netlint.model import Task

        if self.weights_file is not None and self.weights == "scratch":
            raise ValueError("a weights file was given, so training does not start from scratch")
        for name, count in (("class", self.num_classes), ("sample", self.dataset_size)):
            if count is not None and count < 1:
                raise ValueError(f"{count} is not a number of {name}{'es' if name == 'class' else 's'}")
        labels = InputShape.parse(_as_text(self.label_shape)).dims if self.label_shape else None
        profile = loaders.profile(self.profile) if self.profile else None
        phase = loaders.phase(self.phase) if self.phase else None
        task = Task(self.num_classes, labels, self.dataset_size, profile, phase)
        weights = self.weights if self.weights_file is None else "pretrained"
        fork = loaders.caffe_fork(self.caffe_fork) if self.caffe_fork else None
        return LoadOptions(
            tuple(map(InputShape.parse, self.input_shapes)),
            weights,
            task,
            fork,
            read_weights=self.read_weights,
            onnx_inference=self.onnx_inference,
            live=self._live(),
        )

    def _live(self) -> Live:
        """Raises ValueError for a shape, a loss or an optimiser that is none."""
        from netlint.loaders import Live

        given = self.input_shape
        shapes = (given,) if given and all(isinstance(extent, int) for extent in given) else given
        optimizers: tuple[object, ...] = () if self.optimizer is None else (self.optimizer,)
        if isinstance(self.optimizer, list | tuple):
            optimizers = tuple(self.optimizer)
        for optimizer in optimizers:
            _refuse("optimizer", optimizer, hasattr(optimizer, "param_groups"))
        for loss in _each(self.loss):
            _refuse("loss", loss, callable(loss))
        return Live(tuple(map(_extents, shapes)), self.example_inputs, self.loss, optimizers)

    def rules(self) -> Given:
        """What is said of rules. Raises ValueError for a severity that is none."""
        from netlint.engine.rule_settings import Given

        for name, level in self.severity.items():
            if level not in SEVERITIES:
                raise ValueError(f"the severity of `{name}` is {level!r}, not one of {', '.join(SEVERITIES)}")
        return Given(self.select, self.extend_select, self.ignore, self.severity, self.rule_packs)

    def portable(self) -> dict[str, Any] | None:
        """All of it in JSON's types, for another process; None where objects are among it."""
        values = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return None if any(value is _OBJECT for value in values.values()) else values

    @classmethod
    def of_portable(cls, values: dict[str, Any]) -> Options:
        """The options that `portable` gave."""
        return cls(**{**values, "rule_packs": tuple(map(Path, values["rule_packs"]))})

    def configuration(self) -> Configuration | None:
        """The configurations to look for. Raises ConfigError for a file that is none."""
        if self.config is False:
            return None
        from netlint.engine.config import Configuration

        return Configuration("" if self.config is True else self.config)


#: Stands for what JSON has no type for.
_OBJECT: Final = object()


def _plain(value: object) -> object:
    """A value in JSON's types, or `_OBJECT`."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        value = {str(key): _plain(part) for key, part in value.items()}
        return _OBJECT if _OBJECT in value.values() else value
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return _OBJECT if _OBJECT in parts else parts
    return _OBJECT


def _as_text(shape: str | Sequence[int]) -> str:
    return shape if isinstance(shape, str) else ",".join(map(str, shape))


def _each(loss: object) -> list[object]:
    """The criteria that are given: one, a list of them, or a dictionary."""
    if isinstance(loss, Mapping):
        loss = list(loss.values())
    several = loss if isinstance(loss, list | tuple) else [loss]
    return [one for one in several if one is not None]


def _refuse(name: str, given: object, fits: bool) -> None:
    """Raises ValueError for what is no loss or optimiser: nothing would be said of it."""
    if isinstance(given, type):
        raise ValueError(f"`{name}` is the class {given.__name__}: give an object of it, {given.__name__}(...)")
    if not fits:
        what = "a loss of torch.nn, or a function" if name == "loss" else "one of torch.optim, or a list of them"
        raise ValueError(f"`{name}` is {given!r}: give {what}"[:200])


def _extents(shape: object) -> tuple[int, ...]:
    """Raises ValueError for what is no shape."""
    if isinstance(shape, Sequence) and all(isinstance(extent, int) and extent >= 0 for extent in shape):
        return tuple(shape)
    raise ValueError(f"{shape!r} is not a shape: write (N, C, H, W), or a list of shapes for several inputs")


class OptionFields(TypedDict, total=False):
    """The fields of `Options` as keyword arguments."""

    select: Sequence[str]
    extend_select: Sequence[str]
    ignore: Sequence[str]
    input_shapes: Sequence[str]
    input_shape: Sequence[int] | Sequence[Sequence[int]]
    example_inputs: object
    loss: object
    optimizer: object
    weights: Literal["scratch", "pretrained"] | None
    weights_file: str | os.PathLike[str] | Pretrained | None
    num_classes: int | None
    label_shape: str | Sequence[int]
    dataset_size: int | None
    caffe_fork: str
    read_weights: bool
    onnx_inference: bool
    profile: str
    phase: str
    fail_level: Severity | None
    severity: Mapping[str, Severity]
    fail_on_skipped: bool
    rule_packs: Sequence[Path]
    config: str | os.PathLike[str] | bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A path that could not be linted at all, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Report:
    """What linting gave: findings in order, the files that were read, and those that could not be."""

    findings: list[Finding] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    fail_level: Severity = "warning"
    #: The fail levels of files whose configuration has one of its own.
    fail_levels: dict[str, Severity] = field(default_factory=dict)
    #: Rules whose findings fail the run, mild as they are.
    fail_on: frozenset[str] = frozenset()
    #: The rules that ran, on some file at least, and whose silence says something.
    rules: set[str] = field(default_factory=set)
    #: For each file, the definitions that were read for it: itself, the net that a solver names, the training file
    #: beside it.
    definitions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: What else was read or looked for than the files, in a run with a cache.
    reads: set[str] = field(default_factory=set)
    #: Every rule there is, with those of the packs that configurations name.
    known: Callable[[], Sequence[RuleInfo]] = tuple

    def fail(self, path: str, reason: str) -> None:
        """Something could not be linted at all."""
        self.failures.append(Failure(path, reason))

    def take(self, file: File, linted: Linted, merge: Merge) -> None:
        """The result of the next file; its findings go to `merge`."""
        self.reads.update(linted.reads)
        if linted.failure:
            self.fail(file.path, linted.failure)
        elif linted.is_model:
            self.files.append(file.path)
            self.definitions[file.path] = linted.definitions
            self.rules.update(linted.rules)
            if linted.fail_level is not None:
                for path in linted.paths:
                    self.fail_levels.setdefault(path, linted.fail_level)
            merge.add(linted, on_disk=file.content is None)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings at or above the fail level, 2 when something could not be linted."""
        if self.failures:
            return 2
        return int(any(self.fails(finding) for finding in self.findings))

    def fails(self, finding: Finding) -> bool:
        """Whether a finding is at or above the fail level of its file, or fails the run whatever its severity."""
        if finding.rule in self.fail_on:
            return True
        level = self.fail_levels.get(finding.path, self.fail_level)
        return SEVERITIES.index(finding.severity) <= SEVERITIES.index(level)


def lint(
    *targets: Target,
    options: Options | None = None,
    filename: str = "",
    on_progress: Callable[[int, int, str], None] | None = None,
    jobs: int | None = 1,
    cache: bool = False,
    whole: bool = True,
    unsaved: Mapping[str, bytes] | None = None,
    **fields: Unpack[OptionFields],
) -> Report:
    """Lint files, folders, or the text of a definition.

    `filename` names the text in findings and tells its format. `on_progress` is told of each file that is linted: how
    many are done, of how many, and the path. The other keyword arguments are the fields of `Options`; give either them
    or `options`. No configuration is looked for unless `config` says so.

    With `whole=False` findings give up the texts in which they stand, and know no more of them than reports show. That
    allows for `jobs` (processes that work at the same time; None for as many as pay) and for a `cache` of findings
    between runs, which change nothing else. Models in memory are linted here, and anew each time.

    `unsaved` holds contents of files, by path, that count instead of what is on disk. Such a run works alone and keeps
    nothing.

    Raises ValueError for an unknown rule name, a malformed input shape or configuration. A target that cannot be read
    is one of the report's `failures`, never an exception.
    """
    options = _given(options, fields)
    if not unsaved:
        return _lint(targets, options, filename, Manner(on_progress, jobs, cache, whole))
    from netlint.loaders.unsaved import unsaved as holding

    with holding(unsaved):
        return _lint(targets, options, filename, Manner(on_progress))


class Manner(NamedTuple):
    """How a run is done, as `lint` takes it."""

    on_progress: Callable[[int, int, str], None] | None = None
    jobs: int | None = 1
    cache: bool = False
    whole: bool = True


def _lint(targets: Sequence[Target], options: Options, filename: str, manner: Manner) -> Report:
    on_progress, jobs, cache, whole = manner
    report = Report(fail_level=options.fail_level or "warning")
    if options.fail_on_skipped:
        from netlint.loaders import SKIPPED

        report.fail_on = SKIPPED
    portable = options.portable()
    files = list(found_files(targets, filename, report.fail))
    paths = {file.path for file in files}

    def plan() -> Plan:
        settled = plan_of(options, report)
        # Wrong names are told before any work is done.
        settled.rules.check(paths)
        return settled

    report.known = lambda: plan_of(options, Report()).rules.all(paths)
    kept = FindingsCache(identity(portable)) if cache and portable is not None and not whole else None
    merge = Merge()
    with kept or nullcontext():
        way = Way(jobs, kept, whole, portable)
        for file, linted in results(files, way, plan, on_progress):
            report.take(file, linted, merge)
    report.findings = merge.findings()
    return report


def plan_of(options: Options, report: Report) -> Plan:
    """What holds for all files. Raises ValueError for a wrong name, shape or configuration; a weights file that cannot
    be read is a failure of the report."""
    from netlint.engine.one_file import Plan
    from netlint.engine.rule_settings import RuleSettings

    load_options, configuration = options.load_options(), options.configuration()
    if options.weights_file is not None:
        load_options = _with_weights(load_options, options.weights_file, report)
    if configuration is not None:
        load_options = replace(load_options, configured=configuration.says)
    return Plan(
        load_options,
        configuration,
        RuleSettings(options.rules(), configuration),
        fail_level_given=options.fail_level is not None,
        weights_missing=options.weights_file is not None and load_options.pretrained is None,
    )


def _given(options: Options | None, fields: OptionFields) -> Options:
    """The options, however they are given. Raises ValueError for both ways at once."""
    if options is None:
        return Options(**fields)
    if fields:
        raise ValueError(f"give either `options` or {', '.join(f'`{name}`' for name in fields)}")
    return options


def _with_weights(options: LoadOptions, given: str | os.PathLike[str] | Pretrained, report: Report) -> LoadOptions:
    """The options with what stands in the weights file. One that cannot be read is a failure; the nets are linted
    all the same."""
    from netlint.loaders import File, UnreadableWeights, read_weights

    if isinstance(given, Pretrained):
        return replace(options, pretrained=given)
    path = os.fspath(given)
    try:
        return replace(options, pretrained=read_weights(File(path)))
    except UnreadableWeights as error:
        report.fail(path, str(error))
    except OSError as error:
        report.fail(path, error.strerror or str(error))
    return options


def load(
    target: Target,
    *,
    filename: str = "",
    options: Options | None = None,
    **fields: Unpack[OptionFields],
) -> list[Model]:
    """The models of one file or text. Raises OSError when it cannot be read; bad content never raises.

    The keyword arguments are those of `lint`. A solver's first model stands for the solver itself, where its net is a
    file of its own.
    """
    from netlint import loaders

    options = _given(options, fields)
    load_options, configuration = options.load_options(), options.configuration()
    if configuration is not None:
        load_options = replace(load_options, configured=configuration.says)
    return loaders.load(as_file(target, filename), load_options)


def shapes(model: Model) -> Shapes:
    """The shapes of a model's values and parameters."""
    from netlint.engine.store import FactStore
    from netlint.facts import Shapes

    return FactStore(model).get(Shapes)
