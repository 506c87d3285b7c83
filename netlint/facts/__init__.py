"""What can be known of a network without running it: one file, one fact.

A fact is imported when it is first used: few networks need all of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlint.facts.attention import Attention
    from netlint.facts.causality import Causality
    from netlint.facts.crossings import Crossings
    from netlint.facts.gates import Gate, Gates
    from netlint.facts.geometry import Geometry
    from netlint.facts.gradient_flow import GradientFlow
    from netlint.facts.heads import Head, Heads
    from netlint.facts.initial_signal import Gain, InitialSignal
    from netlint.facts.linear_chains import LinearChains
    from netlint.facts.liveness import Liveness
    from netlint.facts.normalisation import Normalisation, SmallBatch
    from netlint.facts.optimisation import Optimisation
    from netlint.facts.order import Order
    from netlint.facts.overwrites import Overwrite, Overwrites
    from netlint.facts.paths import Paths
    from netlint.facts.ranges import Range, Ranges
    from netlint.facts.receptive_fields import Reach, ReceptiveFields
    from netlint.facts.saturation import Saturation
    from netlint.facts.semantics import Meaning, Semantics
    from netlint.facts.shapes import Shapes
    from netlint.facts.stored_names import Differing, StoredNames
    from netlint.facts.trainability import Trainability
    from netlint.facts.transfer import Mismatch, Transfer
    from netlint.facts.unflattened import Unflattened, UnflattenedHeads
    from netlint.facts.weights import Weight, Weights
    from netlint.facts.written_losses import Written, WrittenLosses

__all__ = [
    "Attention",
    "Causality",
    "Crossings",
    "Differing",
    "Gain",
    "Gate",
    "Gates",
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
    "Order",
    "Overwrite",
    "Overwrites",
    "Paths",
    "Range",
    "Ranges",
    "Reach",
    "ReceptiveFields",
    "Saturation",
    "Semantics",
    "Shapes",
    "SmallBatch",
    "StoredNames",
    "Trainability",
    "Transfer",
    "Unflattened",
    "UnflattenedHeads",
    "Weight",
    "Weights",
    "Written",
    "WrittenLosses",
]

_HOME = {
    "Attention": "attention",
    "Causality": "causality",
    "Crossings": "crossings",
    "Gate": "gates",
    "Gates": "gates",
    "Geometry": "geometry",
    "GradientFlow": "gradient_flow",
    "Head": "heads",
    "Heads": "heads",
    "Gain": "initial_signal",
    "InitialSignal": "initial_signal",
    "LinearChains": "linear_chains",
    "Liveness": "liveness",
    "Normalisation": "normalisation",
    "SmallBatch": "normalisation",
    "Optimisation": "optimisation",
    "Order": "order",
    "Overwrite": "overwrites",
    "Overwrites": "overwrites",
    "Paths": "paths",
    "Range": "ranges",
    "Ranges": "ranges",
    "Reach": "receptive_fields",
    "ReceptiveFields": "receptive_fields",
    "Saturation": "saturation",
    "Meaning": "semantics",
    "Semantics": "semantics",
    "Shapes": "shapes",
    "Differing": "stored_names",
    "StoredNames": "stored_names",
    "Trainability": "trainability",
    "Mismatch": "transfer",
    "Transfer": "transfer",
    "Unflattened": "unflattened",
    "UnflattenedHeads": "unflattened",
    "Weight": "weights",
    "Weights": "weights",
    "Written": "written_losses",
    "WrittenLosses": "written_losses",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'netlint.facts' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"netlint.facts.{_HOME[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
