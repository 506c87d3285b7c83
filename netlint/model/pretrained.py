"""What is known of a weights file: the names of its layers and the shapes of their tensors, never a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from netlint.model.shape import Shape
from netlint.model.unknown import Unknown


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """The shape of one tensor in a weights file.

    `padded` marks Caffe's first format, which writes every shape with four axes: leading ones mean nothing in it.
    """

    dims: tuple[int, ...]
    padded: bool = False

    def fits(self, shape: Shape) -> bool:
        """Whether a parameter of this shape can take the stored values; true as long as nothing says otherwise."""
        if isinstance(shape, Unknown):
            return True
        wanted = (1,) * (len(self.dims) - len(shape)) + shape if self.padded else shape
        return len(wanted) == len(self.dims) and all(
            isinstance(dim, Unknown) or dim == stored for dim, stored in zip(wanted, self.dims, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A weights file from which training starts: its path, and for each layer the shapes of its tensors in order."""

    path: str
    layers: Mapping[str, tuple[StoredTensor, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name without its folder, for messages."""
        return self.path.replace("\\", "/").rpartition("/")[2]
