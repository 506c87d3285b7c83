"""What is known of how the network will be trained."""

from dataclasses import dataclass
from typing import Literal

from netlint.model.param import Attr
from netlint.model.source import Span


@dataclass(frozen=True, slots=True)
class Training:
    """The training set-up as far as the source, its companion (a solver) or the user says.

    `weights` says where the parameters start: `scratch` (initialisers only), `pretrained` (a weights file), or
    `unknown`. Every other field is the attribute as written (without a span where it is the framework's default), or
    None where nothing is said.
    """

    weights: Literal["scratch", "pretrained", "unknown"] = "unknown"
    optimizer: Attr | None = None
    learning_rate: Attr | None = None
    learning_rate_policy: Attr | None = None
    momentum: Attr | None = None
    weight_decay: Attr | None = None
    iterations: Attr | None = None
    #: The second moment's decay (`beta2`) of Adam.
    second_momentum: Attr | None = None
    #: The factor, exponent and steps of the learning rate's schedule.
    gamma: Attr | None = None
    power: Attr | None = None
    step_size: Attr | None = None
    step_values: Attr | None = None
    #: Batches that are summed up before one update.
    accumulated_batches: Attr | None = None
    #: The norm beyond which gradients are scaled down.
    gradient_limit: Attr | None = None
    #: What tempers the learning rate: a warm-up, or a rate for each layer by the size of its weights (LARS).
    tempered: Attr | None = None
    #: Batches of each test run, one number a test.
    test_iterations: Attr | None = None
    #: Where the set-up begins in its source; None when there is none.
    place: Span | None = None

    @property
    def known(self) -> bool:
        """Something says how the network is trained."""
        return self.place is not None
