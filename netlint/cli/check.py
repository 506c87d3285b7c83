"""`netlint check`: the command that lints."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from netlint.cli.adoption import Adoption, adopt, adoption_options
from netlint.cli.check_command import CheckCommand
from netlint.cli.completion import complete_paths
from netlint.cli.fixing import Done, Fixing, fixing_options
from netlint.cli.long_runs import LongRun, long_run_options, progress
from netlint.cli.options import config_options, model_options, names_option, rule_packs_option, severities
from netlint.cli.outputs import Outputs, output_options, standard_input
from netlint.finding import SEVERITIES
from netlint.output.told import printable

if TYPE_CHECKING:
    from netlint.api import Report


#: What `--weights` means without a file.
_OWN: Final = "the models' own"


def _with_weights(
    paths: tuple[str, ...], given: str | None, options: dict[str, Any]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The paths and options that `--weights` leads to. `netlint --weights model.onnx` means the model's own weights,
    although the option comes before the path."""
    if given is None:
        return paths, options
    if given == _OWN:
        return paths, {**options, "read_weights": True}
    if not paths or given.lower().endswith(".onnx"):
        return (given, *paths), {**options, "read_weights": True}
    return paths, {**options, "weights_file": Path(given)}


def _with_model(paths: tuple[str, ...], given: str, options: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The paths and options that `--model` leads to: the network is linted with the one weights file, and that file as
    well."""
    if len(paths) != 1 or "weights_file" in options or "read_weights" in options:
        raise click.UsageError("--model takes exactly one PATH, a weights file, and no --weights.")
    return (given, *paths), {**options, "weights_file": Path(paths[0])}


@click.command(cls=CheckCommand, short_help="Lint files and folders (the default command).")
@click.argument("paths", nargs=-1, metavar="PATH...", shell_complete=complete_paths)
@names_option("--select", help="Run only these rules or families (comma-separated, repeatable).")
@names_option("--extend-select", help="Run these too: rules that are off by default.")
@names_option("--ignore", help="Leave these rules or families out.")
@click.option(
    "--severity",
    metavar="RULE=LEVEL,...",
    multiple=True,
    callback=severities,
    help="What the findings of a rule or family weigh: error, warning or info.",
)
@model_options
@click.option("--num-classes", type=click.IntRange(1), metavar="N", help="How many classes the data has.")
@click.option("--dataset-size", type=click.IntRange(1), metavar="N", help="How many samples the test set has.")
@click.option(
    "--from-scratch",
    "weights",
    flag_value="scratch",
    help="Training starts from the initialisers: a layer without one starts at zero, and that is an error.",
)
@click.option("--pretrained", "weights", flag_value="pretrained", help="Training starts from a weights file.")
@click.option(
    "--weights",
    "weights_file",
    is_flag=False,
    flag_value=_OWN,
    metavar="[FILE]",
    help="That file (.caffemodel, .pt, .safetensors): its names and shapes are compared with the network's; the "
    "weights are not read. "
    "Without FILE: read the weights inside the models (ONNX) in one pass, for rules about them.",
)
@click.option(
    "--model",
    "network",
    metavar="FILE",
    help="The network that PATH, a weights file, belongs to: `weights.pt --model net.pt2` says what "
    "`net.pt2 --weights weights.pt` says, and what there is to say of the weights file.",
)
@click.option(
    "--profile", default="", metavar="NAME", help="Where the networks will run: tensorrt, mobile, fp16, int32."
)
@click.option(
    "--onnx-inference", is_flag=True, help="Where netlint knows no shape, ask the `onnx` package (ONNX models)."
)
@click.option(
    "--fail-level",
    type=click.Choice(SEVERITIES),
    help="The mildest severity at which the exit code is 1.  [default: warning]",
)
@click.option(
    "--fail-on-skipped",
    is_flag=True,
    help="Exit with 1 also where a Git LFS pointer stands for a file, which is otherwise told as info.",
)
@config_options
@rule_packs_option
@adoption_options
@fixing_options
@output_options
@long_run_options
@click.option(
    "--stdin-filename",
    metavar="NAME",
    default="",
    help="What to call the model that PATH `-` reads from standard input; its ending and folder count as a file's.",
)
def check(
    paths: tuple[str, ...],
    outputs: Outputs,
    stdin_filename: str,
    network: str | None,
    adoption: Adoption,
    fixing: Fixing,
    running: LongRun,
    **options: Any,
) -> int:
    """Lint files and folders (the default command); `-` is standard input."""
    paths, options = _with_weights(paths, options.pop("weights_file"), options)
    if network is not None:
        paths, options = _with_model(paths, network, options)
    if not paths:
        raise click.UsageError("Missing argument 'PATH...'.")
    if stdin_filename and "-" not in paths:
        raise click.UsageError("--stdin-filename is for standard input: give the path `-`")
    if adoption.reason is not None and "-" in paths:
        raise click.UsageError("--add-suppressions writes into files: standard input is none")
    fixing.refuse(adoption, paths, watching=running.watch, telling=outputs.asked_for)
    from netlint import api
    from netlint.engine.config_file import ConfigError
    from netlint.engine.pack_folders import PackError

    try:
        targets = [Path(path) if path != "-" else standard_input() for path in dict.fromkeys(paths)]
        given, name = api.Options(**options), stdin_filename or "<stdin>"
        if running.show_files:
            return _show_files(targets, name)

        def lint() -> api.Report:
            with progress() as tell:
                # Whoever writes into files needs their texts.
                whole = adoption.reason is not None
                return api.lint(
                    *targets,
                    filename=name,
                    options=given,
                    on_progress=tell,
                    jobs=running.jobs,
                    cache=running.cache,
                    whole=whole,
                )

        def once() -> tuple[int, api.Report]:
            report = adopt(lint, adoption)
            return _told(report, paths, outputs, fixing), report

        if fixing.active:
            from netlint.cli.fixing import run_fixes

            with progress() as tell:
                report, done = run_fixes(targets, given, name, tell, adoption.baseline, fixing)
            return _told(report, paths, outputs, fixing, done)
        if not running.watch:
            return once()[0]
        from netlint.cli.watch import watch

        ours = [path for _, path in outputs.destinations if path != "-"]
        return watch(once, targets, given.rule_packs, [*ours, adoption.write_baseline])
    except (ConfigError, PackError) as error:
        raise click.ClickException(str(error)) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _told(report: Report, paths: tuple[str, ...], outputs: Outputs, fixing: Fixing, fixed: Done | None = None) -> int:
    """Write what a run gave; the exit code."""
    from netlint.output.outcome import Outcome

    failures = [(failure.path, failure.reason) for failure in report.failures]
    count = fixed.number if fixed is not None else None
    findings = [] if fixing.quiet else report.findings
    outcome = Outcome(findings, report.files, failures, count, fixing.unsafe, report.fails, report.known)
    if not fixing.quiet:
        failures += outputs.write(outcome, aside=fixing.active and "-" in paths)
    for path, reason in failures:
        click.echo(f"netlint: {printable(path)}: {printable(reason)}", err=True)
    if not report.files and not report.failures:
        click.echo(f"netlint: no model files found under {', '.join(paths)}", err=True)
    if fixed is not None and fixing.quiet:
        return 2 if failures else fixed.exit_code
    return 2 if failures else report.exit_code


def _show_files(targets: Sequence[Path | bytes], name: str) -> int:
    """Print the files that would be linted."""
    from netlint.engine.targets import files

    failures: list[tuple[str, str]] = []
    for file in files(targets, name, lambda path, reason: failures.append((path, reason))):
        if file.content is None and not os.path.exists(file.path):
            failures.append((file.path, os.strerror(errno.ENOENT)))
        else:
            click.echo(printable(file.path))
    for path, reason in failures:
        click.echo(f"netlint: {printable(path)}: {printable(reason)}", err=True)
    return 2 if failures else 0
