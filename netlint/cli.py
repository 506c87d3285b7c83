"""The command line: thin, it only calls the API and prints."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from netlint.adoption import Adoption, CheckCommand, adopt, adoption_options
from netlint.cli_output import Outputs, output_options, standard_input
from netlint.completion import SHELLS, complete_paths, complete_rules, script
from netlint.finding import SEVERITIES
from netlint.fixing import Done, Fixing, fixing_options
from netlint.long_runs import LongRun, long_run_options, progress
from netlint.output.told import printable
from netlint.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from netlint.api import Report


class _DefaultGroup(click.Group):
    """`netlint PATH` is `netlint check PATH`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may follow `netlint`: a command or what may follow `netlint check`, an option or else a path."""
        with check.make_context("check", [], parent=ctx, resilient_parsing=True) as inner:
            found = [*super().shell_complete(ctx, incomplete), *check.shell_complete(inner, incomplete)]
        # Shells complete paths themselves, and then nothing else.
        return list({item.value: item for item in found}.values()) or complete_paths(ctx, self, incomplete)


@click.group(
    cls=_DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`netlint PATH...` is short for `netlint check PATH...`.",
)
@click.version_option(__version__, message="netlint %(version)s (neural-network linter)")
def netlint() -> None:
    """Lint neural-network definitions before training starts.

    Exit codes: 0 clean, 1 findings at or above the fail level, 2 when something could not be linted; 130 interrupted,
    141 when the reader of the output left.
    """


def _names(flag: str, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002
    """An option that takes names of rules or families."""

    def split(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.strip() for entry in given for name in entry.split(",") if name.strip())

    return click.option(
        flag, metavar="RULE,...", multiple=True, callback=split, help=help, shell_complete=complete_rules
    )


def _levels(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Rules and families with a severity each."""
    entries = [entry.strip() for each in given for entry in each.split(",") if entry.strip()]
    wrong = next((entry for entry in entries if "=" not in entry), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r} is no RULE=LEVEL, such as geometry=info")
    return {name.strip(): level.strip() for name, _, level in (entry.partition("=") for entry in entries)}


def _model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What the user knows of a model that its file does not say."""
    labels = click.option(
        "--label-shape",
        metavar="N,C,H,W",
        default="",
        help="Shape of the labels as the data gives them to losses and accuracies; C,H,W keeps the file's batch.",
    )
    phase = click.option(
        "--phase",
        metavar="PHASE",
        default="",
        help="What the networks are for, train or test: of a file with both, only that phase is looked at.",
    )
    fork = click.option(
        "--caffe-fork",
        metavar="NAME",
        default="",
        help="The fork of Caffe that the files are for (SSD, NVIDIA, ...; BVLC: none) instead of what they look like.",
    )
    return click.option(
        "--input-shape",
        "input_shapes",
        metavar="[NAME=]N,C,H,W",
        multiple=True,
        help="Shape of an input, or of all data inputs without NAME; C,H,W keeps the file's batch. Repeatable.",
    )(labels(fork(phase(command))))


def _config_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which configuration holds, as `Options.config` says it."""

    @wraps(command)
    def configured(*, config: Path | None, no_config: bool, **options: Any) -> Any:
        if config is not None and no_config:
            raise click.UsageError("give either --config or --no-config")
        return command(config=config if config is not None else not no_config, **options)

    named = click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="A configuration (.toml or .yaml) for all files, instead of the nearest one of each.",
    )
    return named(click.option("--no-config", is_flag=True, help="Use no configuration at all.")(configured))


def _rule_packs(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--rule-pack", "rule_packs", type=click.Path(path_type=Path), multiple=True, help="A folder of own rules."
    )(command)


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


@netlint.command(cls=CheckCommand)
@click.argument("paths", nargs=-1, metavar="PATH...", shell_complete=complete_paths)
@_names("--select", help="Run only these rules or families (comma-separated, repeatable).")
@_names("--extend-select", help="Run these too: rules that are off by default.")
@_names("--ignore", help="Leave these rules or families out.")
@click.option(
    "--severity",
    metavar="RULE=LEVEL,...",
    multiple=True,
    callback=_levels,
    help="What the findings of a rule or family weigh: error, warning or info.",
)
@_model_options
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
@_config_options
@_rule_packs
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
    fixing.refuse(adoption, paths, watching=running.watch)
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
            from netlint.fixing import run_fixes

            with progress() as tell:
                report, done = run_fixes(targets, given, name, tell, adoption.baseline, fixing)
            return _told(report, paths, outputs, fixing, done)
        if not running.watch:
            return once()[0]
        from netlint.watch import watch

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
        click.echo(printable(file.path))
    for path, reason in failures:
        click.echo(f"netlint: {printable(path)}: {printable(reason)}", err=True)
    return 2 if failures else 0


@netlint.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@_model_options
@_config_options
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def show(paths: tuple[str, ...], output_format: str, **options: Any) -> int:
    """Print each network as a table: nodes, output shapes, parameter counts."""
    from netlint import api
    from netlint.engine.config_file import ConfigError
    from netlint.output import table

    shown = []
    code = 0
    for path in paths:
        try:
            models = api.load(Path(path), **options)
        except OSError as error:
            click.echo(f"netlint: {printable(path)}: {error.strerror or error}", err=True)
            code = 2
            continue
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        for problem in (problem for model in models[:1] for problem in model.problems):
            if problem.rule in ("syntax", "unreadable-model", "lfs-pointer"):
                click.echo(f"netlint: {printable(path)}: {printable(problem.message)}", err=True)
                code = 2
        shown += [(model, api.shapes(model)) for model in models if model.nodes]
    if output_format == "json":
        click.echo(table.render_json(shown))
    else:
        click.echo(table.render(shown))
    return code


@netlint.command()
@click.argument("file", metavar="FILE")
@_config_options
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def config(file: str, config: Path | bool, output_format: str) -> int:
    """Print the settings that hold for a file, and where each comes from."""
    from netlint import api
    from netlint.engine.effective import effective
    from netlint.loaders import File
    from netlint.output import settings

    try:
        found = list(effective(File(file), api.Options(config=config).configuration()))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        click.echo(f"netlint: {file}: {error.strerror or error}", err=True)
        return 2
    click.echo((settings.render_json if output_format == "json" else settings.render)(file, found))
    return 0


@netlint.command()
@click.argument("rule", shell_complete=complete_rules)
@_rule_packs
def explain(rule: str, rule_packs: tuple[Path, ...]) -> int:
    """Print the page of a rule: what it does, why it matters, bad and good examples."""
    from netlint.engine.packs import PackError, load_rules, page_of
    from netlint.engine.select import UnknownRule, refuse_unknown, select

    try:
        known = load_rules(rule_packs)
        refuse_unknown(known, (rule,))
        pages = [page_of(entry) for entry in select(known, only=(rule,))]
    except PackError as error:
        raise click.ClickException(str(error)) from None
    except UnknownRule as error:
        raise click.UsageError(str(error)) from None
    click.echo("\n".join(pages), nl=False)
    return 0


@netlint.command()
@_rule_packs
@click.option("--output-format", type=click.Choice(("full", "json", "markdown")), default="full", show_default=True)
def rules(rule_packs: tuple[Path, ...], output_format: str) -> int:
    """List all rules."""
    from netlint.engine.packs import PackError, load_rules
    from netlint.output import catalogue

    render = {
        "full": catalogue.render,
        "json": catalogue.render_json,
        "markdown": catalogue.render_markdown,
    }[output_format]
    try:
        click.echo(render(load_rules(rule_packs)))
    except PackError as error:
        raise click.ClickException(str(error)) from None
    return 0


def _address(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    host, colon, port = given.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{given!r} is no HOST:PORT, such as 127.0.0.1:2087")
    return host.removeprefix("[").removesuffix("]"), int(port)


@netlint.command()
@click.option("--stdio", is_flag=True, help="Speak over standard input and output (the default).")
@click.option("--tcp", metavar="HOST:PORT", callback=_address, help="Wait there for one editor instead.")
@_config_options
@click.option(
    "--rule-pack", "rule_packs", type=click.Path(path_type=Path), multiple=True, help="A folder of own rules."
)
def lsp(stdio: bool, tcp: tuple[str, int] | None, config: Path | bool, rule_packs: tuple[Path, ...]) -> int:
    """Serve an editor: the Language Server Protocol."""
    if stdio and tcp is not None:
        raise click.UsageError("give either --stdio or --tcp")
    from netlint.lsp.jobs import Setup
    from netlint.lsp.process import Worker

    named = config if isinstance(config, bool) else os.path.abspath(config)
    setup, worker = Setup(named, tuple(Path(os.path.abspath(pack)) for pack in rule_packs)), Worker()
    # Both take their time to import what they need.
    worker.start()
    try:
        from netlint.lsp.server import serve

        serve(setup, worker, tcp)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException("the language server needs pygls: pip install 'nn-netlint[lsp]'") from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror or error}") from None
    finally:
        worker.close()
    return 0


@netlint.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the script that completes netlint's commands, options and rules in a shell."""
    click.echo(script(netlint, shell))
    return 0


@netlint.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(path_type=Path))
def test_rules(folders: tuple[Path, ...]) -> int:
    """Try the rules of rule packs on their own samples and pages.

    Exit codes: 0 all as they say, 1 some are not, 2 when a rule pack cannot be used.
    """
    from netlint.engine.packs import PackError
    from netlint.testing import check_pack

    code = 0
    for folder in folders:
        try:
            tried = check_pack(folder)
        except PackError as error:
            raise click.ClickException(str(error)) from None
        for problem in tried.problems:
            click.echo(printable(problem))
        wrong = f"{len(tried.problems)} wrong" if tried.problems else "all as they say"
        click.echo(f"{folder}: {tried.rules} rules, {tried.samples} samples, {wrong}")
        code = code or int(bool(tried.problems))
    return code


@netlint.command()
def clean() -> int:
    """Remove what netlint keeps between runs: the findings of earlier runs and the index of rules."""
    from netlint.engine.clean import clean as remove

    folder, count = remove()
    click.echo(f"removed {count} file{'' if count == 1 else 's'} from {printable(folder)}")
    return 0


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal's encoding lacks, and names that are no text at all, are shown as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = netlint.main(arguments, prog_name="netlint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("netlint: interrupted", err=True)
        return 130
    except (BrokenPipeError, SystemExit) as left:
        # Where the reader of our output left, click exits with 1, which would say that there are findings. Its
        # completion of shells exits with 0.
        if isinstance(left, SystemExit) and left.code != 1:
            raise
        # Be quiet about it, as other command-line tools are.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return result if isinstance(result, int) else 0
