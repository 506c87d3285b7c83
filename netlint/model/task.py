"""What the user knows of the task that a network is for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """Knowledge that no definition holds; every field is None where nobody said it.

    `dataset_size` counts the samples of the set that the network is tested on.
    """

    num_classes: int | None = None
    #: The shape of the labels, outermost first; three numbers leave the batch as the data has it.
    label_shape: tuple[int, ...] | None = None
    dataset_size: int | None = None
    #: Where the network is going to run: the name of a deployment profile (`netlint.model.profile`).
    profile: str | None = None
    #: The phase that the network is for: `TRAIN` or `TEST`.
    phase: str | None = None
