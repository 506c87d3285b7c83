"""Names and shapes in weights that Caffe wrote as HDF5 (`.caffemodel.h5`); h5py reads no more of the file than that.

Layer `conv1` is the group `/data/conv1`, its blobs are the datasets `0`, `1`, ... in it (BVLC/caffe
src/caffe/net.cpp, Net::ToHDF5). A blob that another layer owns is not in the file.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any, Final

from netlint.loaders.file import File
from netlint.model import StoredTensor

#: A net of 10 000 layers has fewer.
_MOST_BLOBS: Final = 100_000
_MOST_AXES: Final = 32


class NotInstalled(Exception):
    """h5py is not there."""


class Damaged(Exception):
    """The file holds no layers that could be read; the message says why."""


def read_layers(file: File) -> dict[str, tuple[StoredTensor, ...]]:
    """The layers of a file, in its order. Raises NotInstalled, Damaged, or OSError when it cannot be reached."""
    try:
        h5py: Any = import_module("h5py")
    except ImportError:
        raise NotInstalled from None
    # The library's own errors do not say whether the file is there.
    size = file.size
    try:
        with h5py.File(io.BytesIO(file.content) if file.content is not None else file.path, "r") as content:
            return _layers(content.get("data"), h5py.Dataset)
    except (OSError, RuntimeError, ValueError, KeyError, AttributeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Damaged(f"the HDF5 file of {size} bytes is damaged: {reason}") from None


def _layers(data: Any, dataset: type) -> dict[str, tuple[StoredTensor, ...]]:
    blobs: dict[str, dict[int, StoredTensor]] = {}
    count = 0

    def note(name: str, item: object) -> None:
        nonlocal count
        count += 1
        if count > _MOST_BLOBS:
            raise ValueError(f"it has more than {_MOST_BLOBS} entries, more than any net")
        layer, _, index = name.rpartition("/")
        if isinstance(item, dataset):
            shape = tuple(int(extent) for extent in getattr(item, "shape", None) or ())
            if layer and index.isdecimal() and len(index) < 6 and len(shape) <= _MOST_AXES:
                blobs.setdefault(layer, {})[int(index)] = StoredTensor(shape)
        else:
            blobs.setdefault(name, {})

    if data is None:
        raise Damaged("the HDF5 file has no group `data`: Caffe did not write it")
    data.visititems(note)
    # Groups on the way to a layer whose name has a slash in it hold no blobs themselves, as layers without weights do.
    # Where the first blobs are another layer's, the rest cannot be told apart by its place: nothing is said of them.
    return {
        name: tuple(tensors[index] for index in range(len(tensors)))
        for name, tensors in blobs.items()
        if set(tensors) == set(range(len(tensors)))
    }
