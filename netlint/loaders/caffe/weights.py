"""Names and shapes in a `.caffemodel`, read by walking its wire format: the weights themselves are skipped.

A `.caffemodel` is a NetParameter in protobuf's binary form (https://protobuf.dev/programming-guides/encoding). Layers
stand in field 100 (today), or 2 (V1, in which a V0 layer may be wrapped as field 1). Nothing of the content is
trusted: every length must fit into what holds it, and the number of fields is bounded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from netlint.loaders.file import File
from netlint.model import Pretrained, StoredTensor

_HDF5: Final = b"\x89HDF\r\n\x1a\n"

#: A net of 10 000 layers has fewer; more would be seconds of work on what cannot be weights.
_MAX_FIELDS: Final = 500_000
_MAX_NAME: Final = 4096
#: kMaxBlobAxes and the limit on an extent (BVLC/caffe include/caffe/blob.hpp, src/caffe/blob.cpp).
_MAX_AXES: Final = 32
_MAX_EXTENT: Final = 2**31 - 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Unreadable(Exception):
    """The file is no weights file that netlint can read; the message says why."""


class _LayerFields(NamedTuple):
    """The numbers of the fields that matter in one version of the layer message."""

    name: int
    blobs: int


#: src/caffe/proto/caffe.proto: LayerParameter, V1LayerParameter, V0LayerParameter.
_V2: Final = _LayerFields(name=1, blobs=7)
_V1: Final = _LayerFields(name=4, blobs=6)
_V0: Final = _LayerFields(name=1, blobs=50)
_WRAPPED_V0: Final = 1
#: NetParameter's fields of layers.
_LAYERS: Final = {100: _V2, 2: _V1}


def read_weights(file: File) -> Pretrained:
    """The layers of a weights file. Raises Unreadable, or OSError when the file cannot be reached."""
    if file.head.startswith(_HDF5):
        return Pretrained(file.path, _hdf5_layers(file))
    if file.path.lower().endswith(".solverstate"):
        raise Unreadable("this is a solver's state, which holds no layers: give the .caffemodel of the same snapshot")
    if file.size == 0:
        raise Unreadable("the file is empty")
    with io.BytesIO(file.content) if file.content is not None else open(file.path, "rb") as stream:
        layers = _Reader(stream, file.size).net()
    if not layers:
        raise Unreadable("the file holds no layers: it is no .caffemodel")
    return Pretrained(file.path, layers)


def _hdf5_layers(file: File) -> dict[str, tuple[StoredTensor, ...]]:
    from netlint.loaders.caffe.weights_hdf5 import Damaged, NotInstalled, read_layers

    if file.path.lower().endswith(".solverstate.h5"):
        raise Unreadable(
            "this is a solver's state, which holds no layers: give the .caffemodel.h5 of the same snapshot"
        )
    try:
        layers = read_layers(file)
    except NotInstalled:
        raise Unreadable(
            "this is an HDF5 file, which netlint reads with h5py: install it (`pip install h5py`), or save the net as "
            ".caffemodel"
        ) from None
    except Damaged as error:
        raise Unreadable(str(error)) from None
    if not any(layers.values()):
        raise Unreadable("the HDF5 file holds no layers: it is no .caffemodel.h5")
    return layers


class _Reader:
    """A walk over the fields of one file, from its start to its end."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._at = 0
        self._fields_left = _MAX_FIELDS

    def net(self) -> dict[str, tuple[StoredTensor, ...]]:
        """NetParameter. Of several layers of one name the first stands, as in `Net::CopyTrainedLayersFrom`."""
        layers: dict[str, tuple[StoredTensor, ...]] = {}
        for number, value in self._fields(self._size):
            if number in _LAYERS and value is not None:
                name, tensors = self._layer(self._at + value, _LAYERS[number])
                if name:
                    layers.setdefault(name, tensors)
        return layers

    def _layer(self, end: int, fields: _LayerFields) -> tuple[str, tuple[StoredTensor, ...]]:
        name = ""
        tensors: list[StoredTensor] = []
        for number, length in self._fields(end):
            if length is None:
                continue
            if number == fields.name:
                name = self._text(length)
            elif number == fields.blobs:
                tensors.append(self._tensor(self._at + length))
            elif fields is _V1 and number == _WRAPPED_V0:
                name, tensors = self._wrapped(self._at + length)
        return name, tuple(tensors)

    def _wrapped(self, end: int) -> tuple[str, list[StoredTensor]]:
        name, tensors = self._layer(end, _V0)
        return name, list(tensors)

    def _tensor(self, end: int) -> StoredTensor:
        """BlobProto: `shape`, or the old num, channels, height and width, of which an absent one is 0."""
        dims: list[int] = []
        old = [0, 0, 0, 0]
        padded = False
        for number, length in self._fields(end):
            if number == 7 and length is not None:
                dims += self._shape(self._at + length)
            elif 1 <= number <= 4 and length is None:
                old[number - 1] = _extent(self._varint(end))
                padded = True
        if len(dims) > _MAX_AXES:
            raise self._corrupt(f"a blob has {len(dims)} axes, and Caffe takes {_MAX_AXES} at most")
        # Blob::ShapeEquals looks at the old fields first.
        return StoredTensor(tuple(old), padded=True) if padded else StoredTensor(tuple(dims))

    def _shape(self, end: int) -> list[int]:
        """BlobShape: `dim`, one by one or packed into one field."""
        dims: list[int] = []
        for number, length in self._fields(end):
            if number != 1:
                continue
            stop = self._at + length if length is not None else None
            while stop is None or self._at < stop:
                dims.append(_extent(self._varint(stop or end)))
                if stop is None:
                    break
                if len(dims) > _MAX_AXES:
                    raise self._corrupt(f"a blob has more than {_MAX_AXES} axes")
        return dims

    def _fields(self, end: int) -> Iterator[tuple[int, int | None]]:
        """(number, length) of each field up to `end`; the length is None for a varint, which the caller may read.

        Numbers of fixed size are stepped over. The caller may read a field or leave it: the walk goes on behind it.
        """
        while self._at < end:
            self._fields_left -= 1
            if self._fields_left < 0:
                raise self._corrupt(f"it has more than {_MAX_FIELDS} fields, more than any net")
            key = self._varint(end)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise self._corrupt("a field has the number 0, which does not exist")
            if kind == _BYTES:
                length = self._varint(end)
                stop = self._at + length
                if stop > end:
                    raise Unreadable(
                        f"a field at byte {self._at} says that it has {length} bytes, but {end - self._at} are left: "
                        "the file is cut off or damaged, or no .caffemodel"
                    )
                yield number, length
                self._seek(stop)
            elif kind == _VARINT:
                start = self._at
                yield number, None
                if self._at == start:
                    self._varint(end)
            elif kind in (_FIXED32, _FIXED64):
                stop = self._at + (4 if kind == _FIXED32 else 8)
                if stop > end:
                    raise self._corrupt("a number is cut off")
                self._seek(stop)
            else:
                raise self._corrupt(f"a field has wire type {kind}, which Caffe never writes")

    def _varint(self, end: int) -> int:
        value = shift = 0
        while True:
            byte = self._stream.read(1) if self._at < end else b""
            if not byte:
                raise self._corrupt("a number is cut off")
            self._at += 1
            value |= (byte[0] & 0x7F) << shift
            if byte[0] < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise self._corrupt("a number has more than 64 bits")

    def _text(self, length: int) -> str:
        if length > _MAX_NAME:
            raise self._corrupt(f"a layer's name has {length} bytes")
        data = self._stream.read(length)
        self._at += len(data)
        return data.decode("utf-8", "replace")

    def _seek(self, place: int) -> None:
        if place != self._at:
            self._stream.seek(place)
            self._at = place

    def _corrupt(self, why: str) -> Unreadable:
        return Unreadable(f"the file is no .caffemodel, or it is damaged: {why} (byte {self._at})")


def _extent(value: int) -> int:
    if value > _MAX_EXTENT:
        raise Unreadable("the file is no .caffemodel, or it is damaged: a blob has a negative or huge dimension")
    return value
