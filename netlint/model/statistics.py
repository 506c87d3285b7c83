"""What the elements of a stored tensor are like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of one stored tensor. `low` and `high` leave NaN and infinities out; both are 0 where nothing is left."""

    count: int
    low: float
    high: float
    nans: int = 0
    infinities: int = 0
    #: Elements that are exactly 0, and elements too small for the type's normal range.
    zeros: int = 0
    denormals: int = 0
    #: The smallest magnitude of a denormal element; 0 where there is none.
    smallest: float = 0.0
    #: Equal tensors have equal ones. Empty where the other figures tell the tensor from all others.
    digest: bytes = b""

    @property
    def constant(self) -> bool:
        """All elements are one finite number."""
        return self.count > 0 and self.low == self.high and not self.nans and not self.infinities
