"""How far one update moves the weights: learning rate, momentum, batch and the number of summed terms."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.shapes import Shapes
from netlint.model import Attr, Model, Node, Unknown, product

#: Optimisers that divide by the gradient's own size: the scale of a loss does not matter to them.
_ADAPTIVE: Final = frozenset(
    {
        *("AdaGrad", "RMSProp", "AdaDelta", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "SparseAdam", "Adafactor"),
        *("Rprop", "Lion"),
    }
)

#: Optimisers that shrink the weights by the learning rate times the decay, apart from the gradient (Loshchilov and
#: Hutter, arXiv:1711.05101): 0.01 to 0.1 are usual.
_DECOUPLED: Final = frozenset({"AdamW", "Adafactor", "Lion", "Muon"})


class Optimisation(Fact):
    """Numbers about the training set-up; None where the source does not say them or netlint cannot know them."""

    needs = (GradientFlow, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._model, self._training = model, model.training
        self._shapes, self._flow = facts[Shapes], facts[GradientFlow]
        #: The set-up belongs to this model: it is the one that learns, or stands for a solver without its net.
        self.told: bool = model.training.known and model.phase != "TEST"
        self.rate = number(self._training.learning_rate)
        self.momentum = number(self._training.momentum) or 0.0
        optimizer = self._training.optimizer
        self.optimizer: str = str(optimizer.value) if optimizer is not None else "SGD"
        self.adaptive: bool = self.optimizer in _ADAPTIVE
        self.decoupled_decay: bool = self.optimizer in _DECOUPLED

    @property
    def place(self) -> Attr | None:
        """The learning rate, where the source spells it."""
        rate = self._training.learning_rate
        return rate if rate is not None and rate.span is not None else None

    @cached_property
    def batch(self) -> int | None:
        """Samples of one update: the largest batch of a data layer, times the batches that are summed up."""
        sizes = [size for node in self._model.by_op.get("Input", ()) if (size := self.batch_of(node)) is not None]
        repeat = number(self._training.accumulated_batches) or 1
        return int(max(sizes) * repeat) if sizes else None

    def batch_of(self, node: Node) -> int | None:
        """Samples that a data layer gives at once."""
        size = node.get("batch_size", 0)
        if isinstance(size, int) and size > 0:
            return size
        shape = self._shapes.output(node)
        first = shape[0] if isinstance(shape, tuple) and shape else None
        return first if isinstance(first, int) and first > 0 else None

    @property
    def step(self) -> float | None:
        """The length of steps that all point the same way: rate / (1 - momentum) (SGD and Nesterov)."""
        if self.rate is None or self.adaptive or not 0 <= self.momentum < 1:
            return None
        return self.rate / (1 - self.momentum)

    @cached_property
    def largest_multiplier(self) -> float:
        """The largest factor on the learning rate of any trainable parameter."""
        factors = [
            float(param.lr_mult.value) if param.lr_mult and isinstance(param.lr_mult.value, int | float) else 1.0
            for node in self._model.nodes
            for param in node.params
            if param.trainable
        ]
        return max(factors, default=1.0)

    def summed_classes(self, node: Node) -> int | None:
        """How many positions a classification loss sums up without dividing by them; None when it averages, or when
        their number is unknown (softmax_loss_layer.cpp, get_normalizer)."""
        mode, normalize = node.get("normalization", ""), node.get("normalize", True)
        if mode not in ("", "NONE", "BATCH_SIZE") or (mode == "" and normalize is not False):
            return None
        shape, axis = self._shapes.input(node), node.get("axis", 1)
        if isinstance(shape, Unknown) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
            return None
        axis %= len(shape)
        first = 0 if mode == "NONE" else 1
        positions = product(tuple(dim for at, dim in enumerate(shape) if at >= first and at != axis))
        return positions if isinstance(positions, int) else None

    @cached_property
    def averages(self) -> bool:
        """Every loss is a mean over its positions: the learning rate by itself says how far a step goes."""
        return self._flow.certain and all(
            node.op == "CrossEntropyLoss"
            and node.get("normalize", True) is True
            and node.get("normalization", "VALID") in ("VALID", "FULL")
            and "loss_weight" not in node.attrs
            for node in self._flow.losses
        )

    @cached_property
    def normalised(self) -> bool:
        """The network has normalisation layers, which make it indifferent to the scale of its weights."""
        return any(op in self._model.by_op for op in ("BatchNormalization", "MeanVarianceNormalization"))

    @property
    def bearable(self) -> float:
        """The `step` at a batch of 256 from which on the loss is likely to diverge: AlexNet trains with 0.1, residual
        nets without normalisation with 1 (SphereFace), ResNet with 1 and more."""
        if self.normalised:
            return 5
        return 2 if "Sum" in self._model.by_op else 1


def number(attr: Attr | None) -> float | None:
    """The value of a numeric attribute."""
    return float(attr.value) if attr is not None and isinstance(attr.value, int | float) else None
