"""The jobs themselves: linting and listing, as the worker process does them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from netlint.authoring import RuleInfo
from netlint.finding import Edit, Finding
from netlint.lsp.jobs import Job, Layer, Lint, Linted, Mend, Mended, Misconfigured, Outline, Reply, Rules, Setup
from netlint.model import Model, Node, Span

_PLACE: Final = re.compile(r"^:(\d+):(\d+): ")
_KEY: Final = re.compile(r"`([^`]+)`")


def work(job: Job) -> Reply:
    """The reply to one job. Raises whatever went wrong inside of netlint."""
    if isinstance(job, Rules):
        return rules(job.setup)
    with contextlib.suppress(OSError):
        os.chdir(job.folder)
    if isinstance(job, Mend):
        return mend(job)
    return outline(job) if isinstance(job, Outline) else lint(job)


def rules(setup: Setup) -> list[RuleInfo]:
    """What is to be said of every rule. Raises PackError."""
    from netlint.engine.packs import load_rules

    return [_info(rule) for rule in load_rules(setup.rule_packs)]


def _info(rule: RuleInfo) -> RuleInfo:
    """A rule without its function, which cannot cross to another process."""
    return RuleInfo(**{each.name: getattr(rule, each.name) for each in fields(RuleInfo)})


def lint(job: Lint) -> Linted:
    """The findings of a text or a file. A text that no loader takes for its own has none."""
    from netlint import api
    from netlint.engine.config_file import ConfigError

    if job.content is not None and not _taken(job.path, job.content):
        return Linted()
    target = Path(job.path) if job.content is None else job.content
    options = api.Options(config=job.setup.config, rule_packs=job.setup.rule_packs)
    try:
        report = api.lint(target, filename=job.path, options=options, unsaved=job.unsaved)
    except ConfigError as error:
        return Linted(misconfigured=_misconfigured(str(error), job))
    failure = next((failure.reason for failure in report.failures), "")
    names = {finding.rule for finding in report.findings}
    told = tuple(_info(rule) for rule in report.known() if rule.name in names)
    findings = tuple(_plain(finding) for finding in report.findings)
    read = frozenset(os.path.realpath(path) for paths in report.definitions.values() for path in paths)
    return Linted(findings, failure=failure, rules=told, definitions=read)


def mend(job: Mend) -> Mended:
    """The text as `netlint --fix` would leave it; as it is where its configuration is wrong."""
    from netlint import api, api_fix

    text = job.content.decode("utf-8")
    if not _taken(job.path, job.content):
        return Mended(text)
    options = api.Options(config=job.setup.config, rule_packs=job.setup.rule_packs)
    try:
        fixed = api_fix.fix(job.content, filename=job.path, options=options).fixed
    except ValueError:
        return Mended(text)
    after = next((change.after for change in fixed.changes), job.content)
    return Mended(after.decode("utf-8"), len(fixed.mended))


def outline(job: Outline) -> list[Layer]:
    """The layers that stand in the text itself, in its order; what differs between phases is told of each."""
    from netlint import api

    if not _taken(job.path, job.content):
        return []
    try:
        models = api.load(job.content, filename=job.path, config=job.setup.config)
    except ValueError:
        # The configuration is wrong: linting tells of it.
        return []
    found: dict[tuple[int, int], Layer] = {}
    for model in models:
        for layer in _layers(model, job.path):
            known = found.get((layer.start, layer.end))
            if known is not None:
                layer = replace(known, outputs=tuple(dict.fromkeys((*known.outputs, *layer.outputs))))
            found[layer.start, layer.end] = layer
    return sorted(found.values(), key=lambda layer: (layer.start, -layer.end))


def _layers(model: Model, path: str) -> Iterator[Layer]:
    from netlint.api import shapes
    from netlint.model import product, spell
    from netlint.model.unknown import Unknown

    known = shapes(model)
    for node in model.nodes:
        span, name = node.block or node.span, _name_span(node)
        if span is None or name is None or span.path != path or span.pointer or span.source.binary:
            continue
        each = [(param.role, known.param(node, param)) for param in node.params]
        counts = [shape if isinstance(shape, Unknown) else product(shape) for _, shape in each]
        numbers = [count for count in counts if not isinstance(count, Unknown)]
        yield Layer(
            node.name,
            node.dialect_op,
            span.start,
            span.end,
            name.start,
            name.end,
            tuple((value.name, spell(known[value])) for value in node.outputs),
            tuple((role, spell(shape)) for role, shape in each),
            sum(numbers) if len(numbers) == len(counts) else None,
        )


def _name_span(node: Node) -> Span | None:
    return node.span or node.block


def _taken(path: str, content: bytes) -> bool:
    """Whether a loader takes the text for its own: editors show other JSON and other messages as well."""
    from netlint.loaders import File, loaders

    file = File(path, content)
    return any(loader.match(file) > 0 for loader in loaders())


def _plain(finding: Finding) -> Finding:
    """The finding as data: absolute paths, spans that need no loader to be read."""
    from netlint.output import told

    span = _plain_span(finding.span)
    related = tuple(
        replace(
            other,
            span=_plain_span(other.span),
            message=other.message if _plain_span(other.span) or not other.node else f"{other.message} ({other.node})",
        )
        for other in finding.related
    )
    fix = finding.fix
    if fix is not None and fix.edits:
        edits = [(_plain_span(edit.span), edit.replacement) for edit in fix.edits]
        whole = tuple(Edit(place, text) for place, text in edits if place is not None)
        fix = replace(fix, edits=whole if len(whole) == len(edits) else ())
    return replace(
        finding,
        path=os.path.abspath(finding.path) if os.path.exists(finding.path) else finding.path,
        span=span,
        message=finding.message if span is not None else told.message(finding),
        related=related,
        fix=fix,
        scope=_plain_span(finding.scope),
    )


def _plain_span(span: Span | None) -> Span | None:
    """A span of characters; None for a logical place."""
    if span is None or span.pointer or span.source.binary:
        return None
    if os.path.exists(span.source.path):
        span.source.path = os.path.abspath(span.source.path)
    return Span(span.source, span.start, span.end)


def _misconfigured(said: str, job: Lint) -> Misconfigured:
    """Which configuration a message speaks of, and where in it. The message begins with the file's path."""
    path, why = _named(said, job)
    place = _PLACE.match(why)
    if place is not None:
        return Misconfigured(path, why[place.end() :], int(place[1]), int(place[2]))
    why = why.removeprefix(":").strip()
    key = _KEY.search(why)
    line, column = _line_of(path, key[1]) if key is not None else (1, 1)
    return Misconfigured(path, why, line, column)


def _named(said: str, job: Lint) -> tuple[str, str]:
    from netlint.engine.config_file import PYPROJECT, YAML, shown

    folder = os.path.dirname(os.path.abspath(job.path))
    candidates = [os.path.abspath(job.setup.config)] if isinstance(job.setup.config, str) else []
    while True:
        candidates += [os.path.join(folder, PYPROJECT), os.path.join(folder, YAML)]
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    for path in candidates:
        for spelt in (path, shown(path)):
            if said.startswith(f"{spelt}:"):
                return path, said[len(spelt) :]
    # Both files of a folder configure netlint: the message begins with the folder.
    both = [
        path
        for path in candidates
        if said.startswith((f"{os.path.dirname(path)}:", f"{shown(os.path.dirname(path))}:"))
    ]
    return (both[-1] if both else job.path), said.partition(": ")[2] if both else said


def _line_of(path: str, key: str) -> tuple[int, int]:
    """Where the last part of a dotted key first stands in a configuration."""
    word = re.sub(r"\[\d+\]", "", key).rpartition(".")[2]
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line)
                if found is not None:
                    return number, found.start() + 1
    except OSError:
        pass
    return 1, 1
