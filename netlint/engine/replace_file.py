"""Writing a user's file whole or not at all."""

import os
import stat


def replace_file(path: str, content: bytes) -> None:
    """Write a file beside its place first, then move it there. Raises OSError.

    A link stays a link, a file keeps its permissions; a device or pipe is written to as it is.
    """
    mode = os.stat(path).st_mode if os.path.exists(path) else None
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as file:
            file.write(content)
        return
    path = os.path.realpath(path)
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied", path)
    beside = os.path.join(os.path.dirname(path), f".netlint-{os.urandom(8).hex()}.tmp")
    try:
        with open(beside, "xb") as file:
            file.write(content)
        if mode is not None:
            os.chmod(beside, stat.S_IMODE(mode))
        os.replace(beside, path)
    except BaseException as error:
        if os.path.exists(beside):
            os.unlink(beside)
        if isinstance(error, OSError):
            # Nobody knows the name of the file beside.
            error.filename, error.filename2 = path, None
        raise
