"""What a file itself tells netlint, in a comment: `# netlint: from-scratch num-classes=20 caffe-fork=SSD`.

The settings are those of the command line, without the dashes; the command line stands above them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from netlint.loaders.options import InputShape, LoadOptions
from netlint.model import Problem, Source, Span

_COMMENT = re.compile(r"(?:#|%|//)[ \t]*netlint:[ \t]*(?!ignore\[)([^\n]*)")
_SETTING = re.compile(r"(?P<name>[a-z]+(?:-[a-z]+)*)(?:=(?P<value>\S+))?")
_FLAGS: Final = ("from-scratch", "pretrained")
_VALUES: Final = ("num-classes", "dataset-size", "label-shape", "input-shape", "caffe-fork")


def with_inline(source: Source, options: LoadOptions) -> tuple[LoadOptions, list[Problem]]:
    """The options with what the file says added, and what it says wrongly."""
    if "netlint:" not in source.text:
        return options, []
    problems: list[Problem] = []
    for comment in _COMMENT.finditer(source.text):
        # Settings first, then a reason in plain words.
        for setting in _SETTING.finditer(source.text, comment.start(1), comment.end(1)):
            span = Span(source, setting.start(), setting.end())
            name, value = setting["name"], setting["value"]
            if name not in _FLAGS and name not in _VALUES:
                if value is not None or setting.start() == comment.start(1):
                    close = get_close_matches(name, (*_FLAGS, *_VALUES), n=1)
                    known = f"did you mean `{close[0]}`?" if close else f"use {', '.join((*_FLAGS, *_VALUES))}"
                    problems.append(Problem("unknown-field", f"netlint knows no setting `{name}`", span, remedy=known))
                break
            try:
                options = _set(options, name, value or "")
            except ValueError as error:
                problems.append(Problem("unknown-field", f"`{name}` is set wrongly: {error}", span))
    return options, problems


def _set(options: LoadOptions, name: str, value: str) -> LoadOptions:
    """One setting, where the user has not said it already. Raises ValueError for a value that is none."""
    task = options.task
    if name == "from-scratch":
        return replace(options, weights=options.weights or "scratch")
    if name == "pretrained":
        return replace(options, weights=options.weights or "pretrained")
    if name == "input-shape":
        return replace(options, input_shapes=(InputShape.parse(value), *options.input_shapes))
    if name == "caffe-fork":
        from netlint.loaders.caffe.forks import canonical

        return replace(options, caffe_fork=options.caffe_fork or canonical(value))
    if name == "label-shape":
        return replace(options, task=replace(task, label_shape=task.label_shape or InputShape.parse(value).dims))
    count = int(value) if value.isdecimal() else 0
    if count < 1:
        raise ValueError(f"{value or 'nothing'} is not a number of at least 1")
    if name == "num-classes":
        return replace(options, task=replace(task, num_classes=task.num_classes or count))
    return replace(options, task=replace(task, dataset_size=task.dataset_size or count))
