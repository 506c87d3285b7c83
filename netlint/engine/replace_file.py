"""Writing a user's file whole or not at all."""

import os
import stat
import tempfile


def replace_file(path: str, content: bytes) -> None:
    """Give the file at `path` this content, in one step; it keeps its mode, and a link stays one. Raises OSError."""
    target = os.path.realpath(path)
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied", path)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".netlint-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
