"""What a user can say of a file: each setting once, for the command line, the configuration and comments alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from netlint.loaders.options import InputShape, LoadOptions
from netlint.model import Task

#: How a setting's value is written: nothing at all, a number of at least 1, a shape, several of them, a word.
Form: TypeAlias = Literal["flag", "count", "shape", "shapes", "word"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to say. `say` gives options in which nothing else is said; it raises ValueError for a wrong value."""

    form: Form
    say: Callable[[str], LoadOptions]
    summary: str


def _count(text: str) -> int:
    count = int(text) if text.isdecimal() else 0
    if count < 1:
        raise ValueError(f"{text or 'nothing'} is not a number of at least 1")
    return count


def _fork(text: str) -> LoadOptions:
    from netlint.loaders.caffe.forks import canonical

    return LoadOptions(caffe_fork=canonical(text))


def _profile(text: str) -> LoadOptions:
    from netlint.model.profile import profile_named

    return LoadOptions(task=Task(profile=profile_named(text).name))


def phase_named(text: str) -> str:
    """A phase as models bear it. Raises ValueError for a name that is none."""
    phase = text.upper()
    if phase not in ("TRAIN", "TEST"):
        raise ValueError(f"{text or 'nothing'} is no phase: train or test")
    return phase


SETTINGS: Final[Mapping[str, Setting]] = {
    "from-scratch": Setting(
        "flag", lambda _: LoadOptions(weights="scratch"), "Training starts from the initialisers, from no weights file."
    ),
    "pretrained": Setting("flag", lambda _: LoadOptions(weights="pretrained"), "Training starts from a weights file."),
    "num-classes": Setting(
        "count", lambda text: LoadOptions(task=Task(num_classes=_count(text))), "How many classes the data has."
    ),
    "dataset-size": Setting(
        "count", lambda text: LoadOptions(task=Task(dataset_size=_count(text))), "How many samples the test set has."
    ),
    "label-shape": Setting(
        "shape",
        lambda text: LoadOptions(task=Task(label_shape=InputShape.parse(text).dims)),
        "Shape of the labels as the data gives them to losses and accuracies; three numbers keep the file's batch.",
    ),
    "input-shape": Setting(
        "shapes",
        lambda text: LoadOptions(input_shapes=(InputShape.parse(text),)),
        "Shape of an input, or of all data inputs without a name; three numbers keep the file's batch.",
    ),
    "caffe-fork": Setting(
        "word", _fork, "The fork of Caffe that the file is for (BVLC for none) instead of what it looks like."
    ),
    "read-weights": Setting(
        "flag",
        lambda _: LoadOptions(read_weights=True),
        "Read what stored tensors hold, for rules about weights (ONNX): one pass, with bounded memory.",
    ),
    "onnx-inference": Setting(
        "flag",
        lambda _: LoadOptions(onnx_inference=True),
        "Where netlint knows no shape, ask the `onnx` package, in a process of its own.",
    ),
    "profile": Setting(
        "word", _profile, "Where the network will run (tensorrt, mobile, fp16, ...): what that place refuses is told."
    ),
    "phase": Setting(
        "word",
        lambda text: LoadOptions(task=Task(phase=phase_named(text))),
        "What the network is for, `train` or `test` (deployment): of a file with both, only that phase is looked at.",
    ),
}
