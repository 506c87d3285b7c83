"""What can be known of a network without running it: one file, one fact."""

from netlint.facts.geometry import Geometry
from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.heads import Head, Heads
from netlint.facts.normalisation import Normalisation, SmallBatch
from netlint.facts.optimisation import Optimisation
from netlint.facts.paths import Paths
from netlint.facts.semantics import Meaning, Semantics
from netlint.facts.shapes import Shapes
from netlint.facts.trainability import Trainability
from netlint.facts.transfer import Mismatch, Transfer

__all__ = [
    "Geometry",
    "GradientFlow",
    "Head",
    "Heads",
    "Meaning",
    "Mismatch",
    "Normalisation",
    "Optimisation",
    "Paths",
    "Semantics",
    "Shapes",
    "SmallBatch",
    "Trainability",
    "Transfer",
]
