"""What the user knows about a model that its file does not say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from netlint.model import Pretrained, Shape, Task

_FORM = re.compile(r"(?:(?P<name>[^=:]+)[=:])?[\[(]?(?P<dims>\d+(?:\s*[x,]\s*\d+)*)[\])]?")


@dataclass(frozen=True, slots=True)
class InputShape:
    """The extents of one input, outermost first; of every data input when `name` is empty.

    Three numbers are channels, height and width and leave the batch as the file has it.
    """

    dims: tuple[int, ...]
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> InputShape:
        """Read `data=1,3,224,224`, `data:1x3x224x224` or `3,224,224`. Raises ValueError with what is wrong."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a shape: write NAME=N,C,H,W or N,C,H,W")
        dims = tuple(int(number) for number in re.split(r"\s*[x,]\s*", match["dims"]))
        if 0 in dims:
            raise ValueError(f"{text!r} has a dimension of 0")
        return cls(dims, (match["name"] or "").strip())


def given_shape(input_shapes: Iterable[InputShape], name: str, shape: Shape) -> Shape:
    """The shape that the user gives to the input `name`, which the source declares as `shape`; that one where the user
    says nothing of it."""
    for given in input_shapes:
        if given.name and given.name != name:
            continue
        if isinstance(shape, tuple) and len(given.dims) == len(shape) - 1 and not given.name:
            return (shape[0], *given.dims)
        if given.name or not isinstance(shape, tuple) or len(given.dims) == len(shape):
            return given.dims
    return shape


@dataclass(frozen=True, slots=True)
class Live:
    """What the user says of a module in memory: the shapes of its inputs, one an argument, or the arguments themselves;
    the criterion and the optimisers that train it. The objects are the framework's."""

    input_shapes: tuple[tuple[int, ...], ...] = ()
    example_inputs: object = None
    loss: object = None
    optimizers: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Knowledge from the command line, the configuration or the caller.

    `weights` says where training starts: `scratch`, `pretrained`, or None to leave it to the file.
    """

    input_shapes: tuple[InputShape, ...] = ()
    weights: Literal["scratch", "pretrained"] | None = None
    task: Task = field(default_factory=Task)
    #: The fork of Caffe that files are written for (`BVLC` for none), or None to see it from each file.
    caffe_fork: str | None = None
    #: The weights file from which training starts, read.
    pretrained: Pretrained | None = None
    #: Read what stored tensors hold, for rules about weights.
    read_weights: bool = False
    #: Let ONNX's shape inference help where netlint's own does not know.
    onnx_inference: bool = False
    #: What the user says of a module in memory.
    live: Live = field(default_factory=Live)
    #: What a configuration says of a file (and of the solver that names it), below everything said here.
    configured: Callable[[str, str], LoadOptions] | None = None
    #: These options before the configuration filled their gaps: what a file says itself comes in between.
    said: LoadOptions | None = None

    def over(self, other: LoadOptions) -> LoadOptions:
        """These options, and where they say nothing, those of `other`."""
        mine, theirs = self.task, other.task
        task = Task(
            mine.num_classes or theirs.num_classes,
            mine.label_shape or theirs.label_shape,
            mine.dataset_size or theirs.dataset_size,
            mine.profile or theirs.profile,
            mine.phase or theirs.phase,
        )
        return replace(
            self,
            # A later shape of one input wins.
            input_shapes=(*other.input_shapes, *self.input_shapes),
            weights=self.weights or other.weights,
            task=task,
            caffe_fork=self.caffe_fork or other.caffe_fork,
            read_weights=self.read_weights or other.read_weights,
            onnx_inference=self.onnx_inference or other.onnx_inference,
            # Training that starts from scratch reads no weights file.
            pretrained=self.pretrained or (None if self.weights == "scratch" else other.pretrained),
        )

    def settled(self, path: str, solver: str = "") -> LoadOptions:
        """With what the configuration says of the file at `path`, which `solver` names."""
        if self.configured is None:
            return self
        return replace(self.over(self.configured(path, solver)), said=self)
