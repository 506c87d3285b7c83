"""What can be known of a network without running it: one file, one fact."""

from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.paths import Paths
from netlint.facts.semantics import Meaning, Semantics
from netlint.facts.shapes import Shapes
from netlint.facts.trainability import Trainability

__all__ = ["GradientFlow", "Meaning", "Paths", "Semantics", "Shapes", "Trainability"]
