"""The zip of `torch.export.save`: its JSON members, read with bounds; pickles and weights are never opened.

Newer files hold `<stem>/models/<name>.json`, one for each method (torch/export/pt2_archive/constants.py); older ones
`serialized_exported_program.json` at the root (torch/export/__init__.py of 2.1 to 2.7).
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from netlint.loaders.file import File

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

#: Graphs have kilobytes; one of 20 000 operators, whose stack traces are long, has 50 MB.
_MOST_JSON: Final = 128 << 20
#: Commas and brackets: every one of them may cost an object. That graph has 2 million.
_MOST_PARTS: Final = 6_000_000
#: The list of members: an archive of 100 000 tensors has 12 MB of it.
_MOST_DIRECTORY: Final = 32 << 20

_OLD_PROGRAM: Final = "serialized_exported_program.json"


class Refused(Exception):
    """The archive cannot be read; the message says why, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


class Program(NamedTuple):
    """One exported program: its name, its JSON, and for each stored tensor the member that holds it.

    Tensors that are one (tied weights) have one member; None where the archive does not list them.
    """

    name: str
    document: dict[str, Any]
    members: Mapping[str, str] | None = None


def programs(file: File) -> list[Program]:
    """The exported programs in the archive. Raises Refused, and OSError for a file out of reach."""
    from zipfile import BadZipFile, ZipFile

    stream: BinaryIO = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    with stream:
        bounded_directory(stream, file.size)
        try:
            with ZipFile(stream) as archive:
                return _programs(archive)
        except (BadZipFile, ValueError, NotImplementedError, struct.error, EOFError, IndexError) as error:
            raise Refused(f"this is no zip archive that can be read: {error}", "export the program again") from None


def bounded_directory(stream: BinaryIO, size: int) -> None:
    """Refuse an archive whose list of members would fill the memory (PKWARE APPNOTE 4.3.14 to 4.3.16)."""
    reach = min(size, 65_536 + 22 + 20 + 56)
    stream.seek(size - reach)
    tail = stream.read(reach)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise Refused("this is no zip archive, or it is cut off: its list of members is missing", "fetch it again")
    claimed = struct.unpack_from("<I", tail, at + 12)[0]
    if claimed == 0xFFFFFFFF:
        wide = tail.rfind(b"PK\x06\x06", 0, at)
        claimed = struct.unpack_from("<Q", tail, wide + 40)[0] if 0 <= wide <= len(tail) - 48 else size
    if claimed > min(size, _MOST_DIRECTORY):
        raise Refused(f"the archive claims a list of members of {claimed:,} bytes", "export the program again")
    stream.seek(0)


def _programs(archive: ZipFile) -> list[Program]:
    names = archive.namelist()
    members = sorted(name for name in names if name.endswith(".json") and os.path.dirname(name).endswith("models"))
    if not members:
        members = [name for name in names if name == _OLD_PROGRAM or name.endswith("/" + _OLD_PROGRAM)][:1]
    if not members:
        raise Refused(*_without_program(names))
    if len(members) > 64:
        raise Refused(f"the archive holds {len(members)} programs")
    return [
        Program(_stem(name), _document(archive, archive.getinfo(name)), _members(archive, name)) for name in members
    ]


def _members(archive: ZipFile, program: str) -> dict[str, str] | None:
    """Which member holds each tensor (`data/weights/<name>_weights_config.json`)."""
    root, _, name = program.rpartition("models/")
    try:
        info = archive.getinfo(f"{root}data/weights/{name.removesuffix('.json')}_weights_config.json")
    except KeyError:
        return None
    config = _document(archive, info).get("config")
    if not isinstance(config, dict):
        return None
    return {
        tensor: entry["path_name"]
        for tensor, entry in config.items()
        if isinstance(entry, dict) and isinstance(entry.get("path_name"), str)
    }


def _without_program(names: list[str]) -> tuple[str, str]:
    if any("aotinductor" in name for name in names):
        return (
            "the archive holds compiled code (AOTInductor) and no graph",
            "lint the program that was compiled: save it with `torch.export.save`",
        )
    if any(name.endswith("data.pkl") for name in names):
        return (
            "this zip was written by `torch.save` or `torch.jit.save`: it holds no exported program",
            "export the module: `torch.export.save(torch.export.export(module, inputs), 'model.pt2')`",
        )
    return "the archive holds no exported program (`models/*.json`)", "save it with `torch.export.save`"


def _stem(name: str) -> str:
    stem = name.rpartition("/")[2].removesuffix(".json")
    return name.partition("/")[0] if stem == "model" and "/" in name else "" if name == _OLD_PROGRAM else stem


def _document(archive: ZipFile, info: ZipInfo) -> dict[str, Any]:
    if info.flag_bits & 1:
        raise Refused(f"`{info.filename}` is encrypted")
    if info.file_size > _MOST_JSON:
        raise Refused(f"`{info.filename}` has {info.file_size >> 20} MiB: netlint reads up to {_MOST_JSON >> 20}")
    import zlib

    try:
        with archive.open(info) as member:
            # The size in the list may lie.
            text = member.read(_MOST_JSON + 1)
    except zlib.error as error:
        raise Refused(f"`{info.filename}` cannot be unpacked: {error}") from None
    if len(text) > _MOST_JSON:
        raise Refused(f"`{info.filename}` has more than {_MOST_JSON >> 20} MiB")
    return parsed(text, info.filename)


def parsed(text: bytes, name: str) -> dict[str, Any]:
    """A JSON object. Raises Refused for anything else, and for more of it than memory should hold."""
    if text.count(b",") + text.count(b"[") + text.count(b"{") > _MOST_PARTS:
        raise Refused(f"`{name}` has more than {_MOST_PARTS:,} parts")
    try:
        found = json.loads(text)
    except UnicodeDecodeError as error:
        raise Refused(f"`{name}` is no UTF-8 text at byte {error.start:,}") from None
    except ValueError as error:
        raise Refused(f"`{name}` is no JSON: {error}") from None
    except RecursionError:
        raise Refused(f"`{name}` is nested too deeply") from None
    if not isinstance(found, dict):
        raise Refused(f"`{name}` holds no object")
    return found
