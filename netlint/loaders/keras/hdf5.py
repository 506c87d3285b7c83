"""HDF5 files of Keras 1 and 2: the architecture and the training set-up are JSON texts in the root's attributes."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any, Final

from netlint.loaders.file import MAX_TEXT_BYTES, File
from netlint.loaders.keras.document import Definition, Refused

_REMEDY: Final = "save the whole model with `model.save(...)`, or its architecture with `model.to_json()`"


def read_hdf5(file: File) -> Definition:
    """The two texts; no weight is read. Raises Refused."""
    try:
        h5py: Any = import_module("h5py")
    except ImportError:
        raise Refused(
            "HDF5 files are read with h5py, which is not installed", "install it (`pip install h5py`)"
        ) from None
    try:
        with h5py.File(BytesIO(file.content) if file.content is not None else file.path, "r") as store:
            config = _text(store.attrs, "model_config")
            if config:
                return Definition(config, "model_config", _text(store.attrs, "training_config"), "training_config")
            if (
                "model_weights" in store
                or "layer_names" in store.attrs
                or "layers" in store
                or "_layer_checkpoint_dependencies" in store
            ):
                raise Refused("the file holds weights only: the architecture is not in it", _REMEDY, stranger=True)
            raise Refused(
                "the file is HDF5, but no Keras model: its root has no `model_config`", _REMEDY, stranger=True
            )
    except Refused:
        raise
    except OSError as error:
        if error.errno is not None and not isinstance(error, BlockingIOError) and not str(error).startswith("Unable"):
            raise
        raise Refused(f"the HDF5 file is damaged: {error}", "copy it again, or save the model anew") from None
    except (RuntimeError, KeyError, ValueError, TypeError, UnicodeError) as error:
        raise Refused(f"the HDF5 file is damaged: {error}", "copy it again, or save the model anew") from None


def _text(attrs: Any, name: str) -> str:
    """A text attribute; empty where there is none. Keras 2 wrote bytes, later texts."""
    if name not in attrs:
        return ""
    if attrs.get_id(name).get_storage_size() > MAX_TEXT_BYTES:
        raise Refused(f"`{name}` has more than {MAX_TEXT_BYTES:,} bytes: no model is that large")
    value = attrs[name]
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text if isinstance(text, str) and len(text) <= MAX_TEXT_BYTES else ""
