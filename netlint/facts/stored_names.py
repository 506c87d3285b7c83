"""A checkpoint's tensors against those of a network, by name: PyTorch's `load_state_dict`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.model import Model, StoredTensor, Value

#: What checkpoints put in front of a network's names: the key of the state, the wrapper for several devices.
_PREFIXES: Final = (
    *("", "module.", "model.", "state_dict.", "model_state_dict.", "model_state.", "net.", "network.", "params."),
    *("state_dict.module.", "state_dict.model.", "model.module.", "_orig_mod.", "ema.", "model_ema.", "params_ema."),
)

#: BatchNorm's count of batches.
_COUNTER: Final = "num_batches_tracked"

#: How the keys begin under which a checkpoint keeps other things.
_BESIDE: Final = ("optim", "sched", "lr_sched", "ema", "scaler", "amp", "loss", "criterion", "rng", "epoch", "state.")


@dataclass(frozen=True, slots=True)
class Differing:
    """A tensor of the network and the one of its name in the checkpoint, whose shape is another."""

    value: Value
    stored: StoredTensor


class StoredNames(Fact):
    """What a checkpoint gives to a network of PyTorch's; empty for other dialects and without a checkpoint.

    The names may all have a prefix: the usual one under which most tensors are found.
    """

    def __init__(self, model: Model, _facts: Facts) -> None:
        stored = model.pretrained.layers if model.pretrained is not None and model.dialect == "torch" else {}
        wanted = [value for value in model.stored if value.uses and value.name not in model.unsaved] if stored else []
        prefix = max(_PREFIXES, key=lambda one: sum(one + value.name in stored for value in wanted))
        #: In the network's order.
        self.filled: list[Value] = []
        self.absent: list[Value] = []
        self.differing: list[Differing] = []
        for value in wanted:
            tensors = stored.get(prefix + value.name)
            if not tensors:
                self.absent.append(value)
            elif tensors[0].fits(value.shape):
                self.filled.append(value)
            else:
                self.differing.append(Differing(value, tensors[0]))
        known = model.also_stored.union(value.name for value in model.stored)
        #: Names in the checkpoint, without the prefix, that the network has no tensor for; in the checkpoint's order.
        self.unexpected: list[str] = []
        if self.filled:
            names = [name[len(prefix) :] for name in stored if name.startswith(prefix)]
            self.unexpected = [name for name in names if name not in known and not _beside(name, prefix)]


def _beside(name: str, prefix: str) -> bool:
    """No tensor of a network's: a count that programs leave out, or what is saved next to the state."""
    return name.endswith(_COUNTER) or (not prefix and name.lower().startswith(_BESIDE))
