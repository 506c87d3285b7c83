"""Intervals of values: the fact (`fact`), intervals (`interval`), and how operators change them (the other files)."""

from netlint.facts.ranges.fact import Ranges
from netlint.facts.ranges.interval import ANY, NEVER, OFTEN, RARELY, UNSURE, Range

__all__ = ["ANY", "NEVER", "OFTEN", "RARELY", "UNSURE", "Range", "Ranges"]
