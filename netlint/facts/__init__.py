"""What can be known of a network without running it: one file, one fact."""

from netlint.facts.attention import Attention
from netlint.facts.geometry import Geometry
from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.heads import Head, Heads
from netlint.facts.initial_signal import Gain, InitialSignal
from netlint.facts.linear_chains import LinearChains
from netlint.facts.liveness import Liveness
from netlint.facts.normalisation import Normalisation, SmallBatch
from netlint.facts.optimisation import Optimisation
from netlint.facts.paths import Paths
from netlint.facts.ranges import Range, Ranges
from netlint.facts.saturation import Saturation
from netlint.facts.semantics import Meaning, Semantics
from netlint.facts.shapes import Shapes
from netlint.facts.trainability import Trainability
from netlint.facts.transfer import Mismatch, Transfer
from netlint.facts.weights import Weight, Weights
from netlint.facts.written_losses import Written, WrittenLosses

__all__ = [
    "Attention",
    "Gain",
    "Geometry",
    "GradientFlow",
    "Head",
    "Heads",
    "InitialSignal",
    "LinearChains",
    "Liveness",
    "Meaning",
    "Mismatch",
    "Normalisation",
    "Optimisation",
    "Paths",
    "Range",
    "Ranges",
    "Saturation",
    "Semantics",
    "Shapes",
    "SmallBatch",
    "Trainability",
    "Transfer",
    "Weight",
    "Weights",
    "Written",
    "WrittenLosses",
]
