"""Which module of the user's a call belongs to, by `nn_module_stack`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

#: Modules of torch's whose forward does more than one thing, and the operators that are the module itself.
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "LSTM": ("lstm",), "GRU": ("gru",), "RNN": ("rnn_",), "LSTMCell": ("lstm_cell",), "GRUCell": ("gru_cell",),
    "RNNCell": ("rnn_",), "MultiheadAttention": ("scaled_dot_product_attention",), "LocalResponseNorm": (),
    "CosineSimilarity": ("cosine_similarity",), "PairwiseDistance": ("pairwise_distance",),
}  # fmt: skip

#: Files of `torch/nn/modules` that hold containers and whole networks, whose calls are the work of others.
_COMPOSITE: Final = ("container", "transformer", "module")

_LONGEST: Final = 65_536

#: How exports by bytecode spell a module inside of a container: `__dict__['_modules']['body'].0` is `body.0`.
_ATTRIBUTE: Final = re.compile(r"(?:__dict__\['_modules'\]|\b_modules)\['([^']*)'\]")


class Level(NamedTuple):
    """One module on the way in: its path (`layer1.0`) and its class (`torchvision.models.resnet.BasicBlock`)."""

    path: str
    kind: str

    @property
    def word(self) -> str:
        return self.kind.rpartition(".")[2]

    @property
    def of_torch(self) -> bool:
        return self.kind.startswith(("torch.nn.", "torch.ao.nn."))


class Where(NamedTuple):
    """How a node is called: `name` and the word in front of it (`Conv2d`), the module's path, the modules around it."""

    name: str
    label: str
    module: str
    stack: tuple[Level, ...]

    @property
    def owner(self) -> Level | None:
        """The innermost module that the user (or a library other than torch) wrote."""
        return next((level for level in reversed(self.stack) if not level.of_torch), None)


def module_of(item: Mapping[str, Any], operator: str, weight: str = "") -> Where:
    """The place of a call of `operator`, which reads the parameter `weight` (by its full name) if any.

    The node has its module's name where it is all that the module does, or where it reads the module's weight. Other
    calls keep the name that the exporter gave them: `name` is empty.
    """
    metadata = item.get("metadata")
    text = metadata.get("nn_module_stack") if isinstance(metadata, dict) else None
    stack = _stack(text) if isinstance(text, str) and len(text) <= _LONGEST else ()
    # Module paths can repeat: `layer@1` is the second call of `layer`.
    inner = stack[-1] if stack else Level("", "")
    spoken = metadata.get("torch_fn") if isinstance(metadata, dict) else None
    operator, aten = _spoken(spoken, operator), operator
    path = inner.path.partition("@")[0]
    if weight:
        holder = weight.rpartition(".")[0]
        if holder:
            return Where(holder, inner.word if holder == path else operator, path, stack)
    elif _is_all(inner, aten) and path:
        return Where(path, inner.word, path, stack)
    return Where("", operator, path, stack)


def _is_all(level: Level, operator: str) -> bool:
    """Whether the operator is what the module is for."""
    if not level.kind.startswith("torch.nn.modules."):
        return False
    if level.kind.split(".")[3] in _COMPOSITE:
        return False
    own = _OWN.get(level.word)
    if own is not None:
        return operator.startswith(own) if own else False
    # With another padding than zeros a convolution pads first.
    return operator.startswith("conv") if "Conv" in level.word else True


def _spoken(torch_fn: object, operator: str) -> str:
    """The function as the user wrote it: `cross_entropy_1;function.cross_entropy` for `cross_entropy_loss`."""
    word = torch_fn.rpartition(".")[2] if isinstance(torch_fn, str) and len(torch_fn) < 256 else ""
    return word if word.isidentifier() and not word.startswith("_") else operator


@lru_cache(maxsize=4096)
def _stack(text: str) -> tuple[Level, ...]:
    """`L__self__,,pkg.Net;L__self___conv1,conv1,torch.nn.modules.conv.Conv2d` as levels, outermost first."""
    levels = []
    for entry in text.split(";"):
        parts = entry.split(",", 2)
        if len(parts) == 3:
            path = _ATTRIBUTE.sub(r"\1", parts[1]) if "_modules'" in parts[1] else parts[1]
            levels.append(Level(path, parts[2].strip()))
    return tuple(levels)
