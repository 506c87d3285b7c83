"""What the user knows about a model that its file does not say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from netlint.model import Pretrained, Task

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
