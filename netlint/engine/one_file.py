"""The way of one file through netlint: load, check, sift. It knows nothing of the other files of a run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from netlint import loaders
from netlint.engine.config import Configuration
from netlint.engine.findings_cache import FindingsCache
from netlint.engine.linted import Linted
from netlint.engine.rule_settings import RuleSettings
from netlint.engine.run import check
from netlint.engine.suppress import UNUSED, sift
from netlint.loaders import File, LoadOptions
from netlint.loaders.reads import note, recorded, watched
from netlint.model import Model


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for all files of a run."""

    options: LoadOptions
    configuration: Configuration | None
    rules: RuleSettings
    #: The user gave a fail level, so those of configurations stand back.
    fail_level_given: bool = False
    #: The weights file could not be read: the next run has to say so again.
    weights_missing: bool = False


def lint_file(file: File, twin: str, plan: Plan) -> Linted:
    """The result of one file; `twin` is the training definition of a deployed network, empty without one.

    Raises ConfigError for a configuration that is none.
    """
    config = plan.configuration.of(file.path) if plan.configuration is not None else None
    rules, known = plan.rules.of(file.path), plan.rules.known(file.path)
    with _collector_paused():
        try:
            models = loaders.load(file, plan.options)
        except OSError as error:
            return Linted(failure=error.strerror or str(error))
        if not models:
            return Linted(is_model=False)
        training = _training_model(twin, plan.options)
        for model in models if training is not None else ():
            model.trained_as = training
        found = plan.rules.judged(check(models, rules), file.path)
        paths = tuple(dict.fromkeys((file.path, *(finding.path for finding in found))))
        unused = plan.rules.severities(file.path).get(UNUSED, known[UNUSED].severity)
        kept, comments = sift(found, models, rules, known, unused, file.path)
        read = [*models, training] if training is not None else models
        definitions = tuple(dict.fromkeys(model.source.path for model in read))
        for model in read:
            model.take_apart()
    level = config.fail_level if config is not None and not plan.fail_level_given else None
    certain = tuple(rule.name for rule in rules if not rule.beyond)
    return Linted(tuple(kept), comments, certain, level, paths if level is not None else (), definitions)


def lint_and_keep(file: File, twin: str, plan: Plan, cache: FindingsCache | None) -> Linted:
    """The same, and the result is kept for the next run. Raises ConfigError."""
    try:
        if cache is None:
            return lint_file(file, twin, plan)
        with recorded() as reads:
            note("content", file.path)
            linted = lint_file(file, twin, plan)
    except MemoryError:
        return Linted(failure="there is not enough memory to lint it")
    if not plan.weights_missing and plan.rules.knows_given(file.path):
        cache.put(file.path, file.found, twin, linted, reads)
    return linted._replace(reads=watched(reads))


def _training_model(path: str, options: LoadOptions) -> Model | None:
    """What a training file trains; None without a file, and where the file has its own troubles."""
    if not path:
        return None
    try:
        models = loaders.load(File(path), options)
    except OSError:
        return None
    return next((model for model in models if model.phase == "TRAIN" and model.nodes), None)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No cyclic garbage collection while a network is built: everything in it is alive, and walking it is waste."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
