"""`.keras` archives: a zip with `config.json`, `metadata.json` and the weights, of which only the first is read."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import Final

from netlint.loaders.file import MAX_TEXT_BYTES, File
from netlint.loaders.keras.document import Definition, Refused

_CONFIG: Final = "config.json"
#: Members of an archive: Keras writes a handful, and one for each asset.
_MOST_MEMBERS: Final = 10_000
#: The largest end of a zip: its directory and the comment behind it.
_REMEDY: Final = "save the model again with `model.save('model.keras')`"


def read_archive(file: File) -> Definition:
    """The architecture. Raises Refused; nothing is unpacked to disk, so a member's name leads nowhere."""
    try:
        with zipfile.ZipFile(BytesIO(file.content) if file.content is not None else file.path) as archive:
            names = archive.namelist()
            if len(names) > _MOST_MEMBERS:
                raise Refused(f"the archive has {len(names):,} members, more than any model")
            if _CONFIG not in names:
                raise Refused(_without_config(names), _REMEDY)
            return Definition(_member(archive, _CONFIG), _CONFIG)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, zipfile.BadZipFile) and error.errno is not None:
            raise
        raise Refused(f"the archive is damaged: {error}", _REMEDY) from None


def _member(archive: zipfile.ZipFile, name: str) -> str:
    """The text of one member. What the directory says of its size may be a lie: reading stops at the limit."""
    if archive.getinfo(name).file_size > MAX_TEXT_BYTES:
        raise Refused(
            f"`{name}` in the archive unpacks to {archive.getinfo(name).file_size:,} bytes: no model is that large"
        )
    with archive.open(name) as stream:
        content = stream.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise Refused(f"`{name}` in the archive unpacks to more than {MAX_TEXT_BYTES:,} bytes: no model is that large")
    return content.decode("utf-8-sig", "replace")


def _without_config(names: list[str]) -> str:
    if any(name.endswith(".weights.h5") for name in names):
        return "the archive has weights, but no `config.json`: the architecture is not in it"
    return "the archive has no `config.json`, so it is no Keras model"
