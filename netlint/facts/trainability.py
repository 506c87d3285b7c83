"""What trains, what is frozen, and where the weights come from."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from netlint.authoring import Fact, Facts
from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.paths import Paths
from netlint.model import Model, Node, Param
from netlint.ops import operator


class Trainability(Fact):
    """Trainable and frozen parameters, and whether the network starts from scratch or from a weights file."""

    needs = (GradientFlow, Paths)

    def __init__(self, model: Model, facts: Facts) -> None:
        flow, paths = facts[GradientFlow], facts[Paths]
        #: The model is one that gets trained: it has a loss in a phase that learns.
        self.training: bool = model.phase != "TEST" and bool(flow.losses)
        sources = [node for op, nodes in model.by_op.items() if operator(op).kind == "source" for node in nodes]
        #: A finished model: it has inputs and no loss. Where an unknown operator could be a loss, its inputs must all
        #: be bare declarations, which have no labels to give.
        self.deployed: bool = (
            bool(sources)
            and not flow.losses
            # PyTorch keeps the loss out of the module: one that was traced while it learns is no finished one.
            and not (model.dialect == "torch" and model.phase == "TRAIN")
            and (flow.certain or all(node.dialect_op in ("Input", "Placeholder", "") for node in sources))
            # A Keras file says how its weights start, compiled or not: it is a definition to train.
            and model.dialect != "keras"
        )
        #: A deployed model without a training graph beside it (ONNX `training_info`). A single operator is a test or a
        #: demonstration of it, and says nothing of deployment.
        self.finished: bool = (
            self.deployed
            and not (model.dialect == "onnx" and model.trained_as is not None)
            and len(model.nodes) - len(sources) > 1
        )
        #: The model learns, or is a fragment of one that does: nothing says that it is only run.
        self.learns: bool = model.phase != "TEST" and not self.deployed
        self._nodes = model.nodes
        #: Weighted layers whose weight the source gives no initializer: they start at the framework's default.
        self.bare: list[Node] = []
        self.filled: list[Node] = []
        for node in paths.weighted:
            weight = _weight(node)
            if weight is not None:
                (self.filled if weight.initializer.declared else self.bare).append(node)
        self._norms: list[Node] = list(model.by_op.get("BatchNormalization", ()))
        self.weights: Literal["scratch", "pretrained", "unknown"] = model.training.weights

    @cached_property
    def trainable(self) -> list[Node]:
        """The nodes of which something learns."""
        return [node for node in self._nodes if any(param.trainable for param in node.params)]

    @property
    def fine_tuning(self) -> bool:
        """Evidence that weights come from a file: the source says so; a body without initializers below a head with
        one; or frozen weights in a layer that has no initializer."""
        if self.weights != "unknown":
            return self.weights == "pretrained"
        if self.bare and self.filled:
            return True
        return any(self.frozen(node) for node in self.bare)

    def frozen(self, node: Node) -> bool:
        """The node has learnable parameters and none of them trains."""
        learnable = [param for param in node.params if param.learnable]
        return bool(learnable) and not any(param.trainable for param in learnable)

    @cached_property
    def batchnorm_frozen_throughout(self) -> bool:
        """Every BatchNorm uses stored statistics and every Scale behind one is frozen: as detectors, which see one or
        two images at a time, do on purpose."""
        trainable = set(self.trainable)
        return all(
            norm.get("training_mode", 1) == 0
            and not any(after in trainable for after in norm.successors if after.op == "caffe::Scale")
            for norm in self._norms
        )

    def fixed_kernel(self, node: Node) -> bool:
        """The weight starts as an interpolation, or never changes: a resampler rather than a learned layer."""
        weight = _weight(node)
        return weight is not None and (weight.initializer.kind == "bilinear" or not weight.trainable)


def _weight(node: Node) -> Param | None:
    return node.param("weight")
