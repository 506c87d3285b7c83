"""What is known of how the network will be trained."""

from dataclasses import dataclass
from typing import Literal

from netlint.model.param import Attr


@dataclass(frozen=True, slots=True)
class Training:
    """The training set-up as far as the source, its companion (a solver) or the user says.

    `weights` says where the parameters start: `scratch` (initialisers only), `pretrained` (a weights file), or
    `unknown`. Every other field is the attribute as written, or None where nothing is said.
    """

    weights: Literal["scratch", "pretrained", "unknown"] = "unknown"
    optimizer: Attr | None = None
    learning_rate: Attr | None = None
    learning_rate_policy: Attr | None = None
    momentum: Attr | None = None
    weight_decay: Attr | None = None
    iterations: Attr | None = None
