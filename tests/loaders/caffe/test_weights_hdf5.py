"""Weights in HDF5, as Caffe writes them with `snapshot_format: HDF5`."""

from __future__ import annotations

import io
import sys

import pytest

from netlint.loaders import File, UnreadableWeights, read_weights

h5py = pytest.importorskip("h5py")


def stored(*names: str, shape: tuple[int, ...] = (2, 3)) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name in names:
            if name.endswith("/"):
                file.create_group(name)
            else:
                file.create_dataset(name, shape=shape, dtype="f4")
    return content.getvalue()


def layers(data: bytes) -> dict[str, list[tuple[int, ...]]]:
    found = read_weights(File("net.caffemodel.h5", data)).layers
    return {name: [tensor.dims for tensor in tensors] for name, tensors in found.items()}


def test_names_and_shapes() -> None:
    data = stored("data/conv1/0", "data/conv1/1", "data/inception/1x1/0", "data/relu1/")
    assert layers(data) == {"conv1": [(2, 3), (2, 3)], "inception": [], "inception/1x1": [(2, 3)], "relu1": []}


def test_nothing_is_said_of_a_layer_whose_first_blob_is_another_ones() -> None:
    assert layers(stored("data/a/0", "data/b/1")) == {"a": [(2, 3)]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (stored("model/conv1/0"), "the HDF5 file has no group `data`: Caffe did not write it"),
        (stored("data/relu/"), "the HDF5 file holds no layers: it is no .caffemodel.h5"),
        (stored("data/conv/0")[:900], "the HDF5 file of 900 bytes is damaged: "),
        (stored("data"), "the HDF5 file of 1400 bytes is damaged: "),
    ],
)
def test_what_is_no_weights_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableWeights) as error:
        layers(data)
    assert str(error.value).startswith(message)


def test_without_h5py_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UnreadableWeights, match=r"which netlint reads with h5py: install it \(`pip install h5py`\)"):
        layers(b"\x89HDF\r\n\x1a\n")
