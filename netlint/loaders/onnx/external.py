"""Tensors whose elements lie in other files: whether what the model says of those files is right and harmless.

A model from a stranger can name any path of the machine: nothing is opened but a tiny regular file in the model's own
folder, to see whether it is a Git LFS pointer. The reasons are those of CVE-2022-25882,
CVE-2024-27318 (paths that lead out of the folder), CVE-2026-34447 (links), CVE-2026-34446 (hard links) and
CVE-2026-34445 (unknown keys).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netlint.loaders import lfs
from netlint.loaders.file import File
from netlint.loaders.onnx.tensors import BITS, dtype_of, is_external
from netlint.loaders.protobuf import Message
from netlint.loaders.reads import note
from netlint.model import Problem, Value, product

_RULE = "external-data"
_KEYS = ("location", "offset", "length", "checksum", "basepath")
_NUMBER = re.compile(r"[0-9]{1,19}")

#: One fault is told for so many tensors by name; the others are counted.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an external tensor says that its elements are. `length` of None: up to the end of the file."""

    location: str
    offset: int = 0
    length: int | None = None


def problems(tensors: Sequence[tuple[Value, Message]], model: Message | None, file: File) -> Iterator[Problem]:
    """Each fault once, with the tensors that have it. `model` is searched for tensors in attributes, too."""
    found: dict[tuple[str, str, str], list[Value]] = {}
    files: dict[str, str | bytes | int] = {}
    for value, tensor in tensors if model is None else _all(tensors, model):
        if is_external(tensor) or len(tensor.external_data):
            for fault in _faults(tensor, file, files):
                found.setdefault(fault, []).append(value)
    for (rule, what, remedy), values in found.items():
        names = ", ".join(f"`{value.name}`" for value in values[:_NAMED])
        more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
        message = f"tensor{'s' if len(values) > 1 else ''} {names}{more}: {what}"
        yield Problem("lfs-pointer" if rule == lfs.RULE else "external-data", message, values[0], remedy=remedy)


def _all(tensors: Sequence[tuple[Value, Message]], model: Message) -> Iterator[tuple[Value, Message]]:
    """Every tensor of the model: those that became values, and those in sparse tensors and attributes."""
    yield from tensors
    known = {id(tensor) for _, tensor in tensors}
    graphs = [model.graph, *(part for info in model.training_info for part in (info.initialization, info.algorithm))]
    nodes = [node for function in model.functions for node in function.node]
    while graphs or nodes:
        if graphs:
            graph = graphs.pop()
            for sparse in graph.sparse_initializer:
                yield from ((Value(part.name, None), part) for part in (sparse.values, sparse.indices))
            nodes += graph.node
            continue
        for attribute in nodes.pop().attribute:
            if attribute.HasField("g"):
                graphs.append(attribute.g)
                yield from ((Value(one.name, None), one) for one in attribute.g.initializer if id(one) not in known)
            graphs += attribute.graphs
            inner = [*attribute.tensors, *((attribute.t,) if attribute.HasField("t") else ())]
            for sparse in (
                *attribute.sparse_tensors,
                *((attribute.sparse_tensor,) if attribute.HasField("sparse_tensor") else ()),
            ):
                inner += (sparse.values, sparse.indices)
            yield from ((Value(one.name or attribute.name, None), one) for one in inner if id(one) not in known)


def where(tensor: Message) -> Stored | str:
    """Where the tensor's elements are, or what is wrong with what it says."""
    entries: dict[str, str] = {}
    for entry in tensor.external_data:
        if entry.key in entries:
            return f"its external data give `{entry.key}` twice"
        if entry.key not in _KEYS:
            return f"its external data have the unknown key `{entry.key[:40]}`"
        entries[entry.key] = entry.value
    if not entries.get("location"):
        return "its elements lie in another file, but no `location` says in which"
    for key in ("offset", "length"):
        text = entries.get(key, "0")
        if not _NUMBER.fullmatch(text) or int(text) >= 1 << 63:
            return f"its `{key}` is `{text[:24]}`, which is no number of bytes"
    length = int(entries["length"]) if "length" in entries else None
    return Stored(entries["location"], int(entries.get("offset", "0")), length)


def _faults(tensor: Message, file: File, files: dict[str, str | bytes | int]) -> Iterator[tuple[str, str, str]]:
    """(the rule that tells it, what is wrong, remedy)."""
    again = "save the model again with `onnx.save_model(..., save_as_external_data=True)`"
    if tensor.raw_data or tensor.payload_field:
        yield _RULE, "it holds its elements itself and names another file for them, too", again
        return
    stored = where(tensor)
    if isinstance(stored, str):
        yield _RULE, stored, again
        return
    escape = _escapes(stored.location)
    if escape:
        what = f"`{stored.location}` {escape}: loading the model would read a file that is not part of it"
        yield _RULE, what, again
        return
    needed = _bytes(tensor)
    if needed is not None and stored.length is not None and stored.length != needed:
        yield _RULE, f"`length` is {stored.length:,} bytes, but its shape and type take {needed:,}", again
    if file.content is not None:
        return
    folder = os.path.dirname(os.path.abspath(file.path))
    if stored.location not in files:
        files[stored.location] = _status(folder, stored.location)
    status = files[stored.location]
    if isinstance(status, str):
        yield _RULE, status, "put the data file beside the model, as the exporter wrote it"
        return
    if isinstance(status, bytes):
        remedy = lfs.remedy(os.path.join(folder, stored.location))
        yield lfs.RULE, f"`{stored.location}` is a {lfs.sentence(status)}", remedy
        return
    end = stored.offset + (stored.length if stored.length is not None else needed or 0)
    if end > status:
        what = (
            f"`{stored.location}` has {status:,} bytes, but the tensor's elements go on to byte {end:,}: "
            "the file is cut short, or is not the one that the model was saved with"
        )
        yield _RULE, what, "fetch or copy the data file again"


def _bytes(tensor: Message) -> int | None:
    bits = BITS.get(dtype_of(tensor))
    count = product(tuple(tensor.dims))
    return (count * bits + 7) // 8 if bits is not None and isinstance(count, int) and count >= 0 else None


def _escapes(location: str) -> str:
    """How a location leads out of the model's folder by its words alone; empty when it does not."""
    plain = location.replace("\\", "/")
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain):
        return "is an absolute path"
    if "\0" in plain:
        return "holds a zero byte"
    if os.path.normpath(plain).split(os.sep)[0] == "..":
        return "leads out of the model's folder"
    return ""


def _status(folder: str, location: str) -> str | bytes | int:
    """The size of the data file, what is wrong with it, or the Git LFS pointer that stands for it."""
    path = os.path.join(folder, location)
    note("status", path)
    try:
        here = os.lstat(path)
        if stat.S_ISLNK(here.st_mode) or os.path.realpath(path) != os.path.join(
            os.path.realpath(folder), os.path.normpath(location)
        ):
            target = os.path.realpath(path)
            inside = os.path.commonpath([target, os.path.realpath(folder)]) == os.path.realpath(folder)
            if not inside:
                # Download caches link to their store on purpose: tell it, for ONNX refuses such models too.
                return f"`{location}` is a link that leads out of the model's folder"
            here = os.stat(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            return f"`{location}` does not exist beside the model: without it the weights are missing"
        return f"`{location}` cannot be reached: {error.strerror or error}"
    except ValueError:
        return f"`{location}` is no path"
    if not stat.S_ISREG(here.st_mode):
        return f"`{location}` is no regular file: reading it could block, or never end"
    if here.st_nlink > 1:
        return f"`{location}` is a hard link: it may be another file of this machine under a new name"
    if here.st_size < lfs.MAX_BYTES and (pointer := lfs.pointer_beside(path)):
        return pointer
    return here.st_size


def size(folder: str, location: str) -> int | None:
    """The size of a data file that may be read; None for one that may not."""
    status = None if _escapes(location) else _status(folder, location)
    return status if isinstance(status, int) else None
