"""What a transfer function is: the interval of a node's outputs, by those of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from netlint.facts.ranges.interval import Range
from netlint.model import Node

if TYPE_CHECKING:
    from netlint.facts.ranges.fact import Ranges

Transfer: TypeAlias = "Callable[[Node, Ranges], Range]"
