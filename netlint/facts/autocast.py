"""What automatic mixed precision does to the inputs of an operator: where it changes their type, the operator reads
(and keeps for the backward pass) a copy.

Measured with PyTorch 2.13 on the processor; for graphics cards after the lists in aten/src/ATen/autocast_mode.h.
"""

from __future__ import annotations

from typing import Final, Literal

from netlint.model import Node, Value
from netlint.ops import operator

#: Work in the lower precision on every device: inputs of 32 bits are copied.
_LOWERED: Final = frozenset({"Conv", "ConvTranspose", "Gemm"})
#: Work in 32 bits on some device: inputs of less are copied there.
_RAISED: Final = frozenset({"LayerNormalization", "GroupNormalization", "RMSNormalization", "Log", "Softplus"})

#: Give what they get, in the type in which they get it.
_KEEPING: Final = frozenset({
    "Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Tanh", "Swish", "Gelu", "HardSwish", "HardSigmoid", "Clip", "Relu6",
    "BatchNormalization", "Dropout", "MaxPool", "Abs", "Neg", "Add", "Sub", "Mul",
})  # fmt: skip

_FARTHEST: Final = 64


def copied(reader: Node, value: Value) -> Literal["never", "perhaps", "always"]:
    """Whether an operator of a PyTorch program reads a copy of a value where autocast is on: `always` in a block of the
    program in which it is, `perhaps` where whoever trains the program may switch it on around all of it."""
    switched = reader.get("autocast", "")
    if switched is False or reader.op not in _LOWERED | _RAISED:
        return "never"
    if value.dtype != "float32":
        # Without autocast it has this type already.
        return "perhaps" if switched is True and reader.op in _RAISED else "never"
    if switched is True:
        return "always" if reader.op in _LOWERED else "never"
    certain = _low(value) if reader.op in _LOWERED else _full(value)
    return "never" if certain else "perhaps"


def _low(value: Value) -> bool:
    """Under autocast it certainly has the lower precision: such layers make it, and nothing of 32 bits comes to it."""
    waiting, seen = [value], set[Node]()
    while waiting:
        node = waiting.pop().producer
        if node is None or len(seen) > _FARTHEST:
            return False
        if node in seen or node.op in _LOWERED:
            continue
        seen.add(node)
        if node.op not in _KEEPING and operator(node.op).kind != "layout":
            return False
        # Weights of a normaliser do not change the type; of numbers 32 bits win.
        slots = node.inputs[:1] if operator(node.op).kind == "normalisation" else node.inputs
        waiting += [edge.value for edge in slots if edge.value.shape != ()]
    return True


def _full(value: Value) -> bool:
    """Under autocast it certainly has 32 bits: rows of a table, or a sum with such."""
    for _ in range(_FARTHEST):
        node = value.producer
        if node is None:
            return False
        if node.op in ("Embedding", "Input"):
            return True
        if node.op in ("Add", "Sub", "Mul") and len(node.inputs) == 2:
            first, second = (edge.value for edge in node.inputs)
            # A stored tensor has the type that it is stored in.
            if first.stored or second.stored:
                return any(one.stored and one.shape != () and one.dtype == "float32" for one in (first, second))
            made = second.producer
            value = second if made is not None and made.op in ("Embedding", "Input") else first
        elif node.op in _KEEPING and node.inputs:
            value = node.inputs[0].value
        else:
            return False
    return False
