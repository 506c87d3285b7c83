"""What a pickle of a model may import: names that only build data, names of somebody's code, and others."""

from __future__ import annotations

import re
import sys
from typing import Final, Literal, TypeAlias

from netlint.loaders.torch.opcodes import Import

#: `data`: builds values and nothing else. `code`: a class or function of a library or of the user's own program, which
#: loading imports. `unsafe`: can do anything, or is meant for other things than data.
Verdict: TypeAlias = Literal["data", "code", "unsafe"]

#: After torch/_weights_only_unpickler.py (`_get_allowed_globals`), with the numpy and standard types that checkpoints
#: hold beside tensors.
_DATA: Final = frozenset((
    "collections.OrderedDict", "collections.Counter", "collections.defaultdict", "collections.deque", "_codecs.encode",
    "copyreg._reconstructor", "argparse.Namespace", "types.SimpleNamespace", "decimal.Decimal", "fractions.Fraction",
    "uuid.UUID", "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
    "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "functools.partial", "zoneinfo.ZoneInfo._unpickle",
    "builtins.list", "builtins.dict", "builtins.set", "builtins.frozenset", "builtins.tuple", "builtins.int",
    "builtins.float", "builtins.complex", "builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.bool",
    "builtins.object", "builtins.slice", "builtins.range",
    "torch.Size", "torch.Tensor", "torch.device", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
    "torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2", "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "numpy.ndarray", "numpy.dtype", "numpy.random._pickle.__randomstate_ctor",
))  # fmt: skip

_DATA_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        r"torch(\.cuda)?\.\w+(Storage|Tensor)",
        r"torch\.(u?int|float|bfloat|complex|q?u?int|quint|bool|half|double|long|short|per_)\w*",
        r"torch\._utils\._rebuild_\w+",
        # Classes that only hold parameters and settings.
        r"torch\.(nn\.modules|nn\.utils|optim|ao\.nn)\.[\w.]+\.[A-Z]\w*",
        r"torch\.optim\.[A-Z]\w*",
        r"numpy(\.core|\._core)\.(multiarray|numeric)\.(_reconstruct|scalar|_frombuffer)",
        r"numpy\.(u?int|float|complex|bool|str|bytes|datetime|timedelta)\w*",
        r"numpy\.dtypes\.\w+",
        # The types of TorchScript are not Python's.
        r"__torch__\..*",
        r"torch\.jit\._pickle\.\w+",
    )
)

_RENAMED: Final = {"__builtin__": "builtins", "copy_reg": "copyreg", "exceptions": "builtins"}

#: Activations that a module keeps as an attribute; a pickle has no reason to call them.
_KEPT: Final = re.compile(r"torch\.nn\.functional\.\w+|torch\._C\._nn\.\w+")

#: Parts of libraries that run programs, fetch files or build code.
_UNSAFE: Final = re.compile(
    r"torch\.(hub|load|utils\.cpp_extension|utils\.model_zoo|package|fx|jit|_dynamo|_inductor|serialization|ops)\b.*"
    r"|torch\.(_C|classes|compile|distributed|multiprocessing)\b.*"
    r"|numpy\.(load|loadtxt|fromfile|memmap|testing|f2py|distutils|ctypeslib)\b.*"
    r"|(pip|setuptools|pkg_resources|distutils|IPython|joblib|dill|cloudpickle|requests|urllib3|nt)\b.*"
)


#: Unpickles the bytes that it is given: they are looked at as well.
LOADS_BYTES: Final = "torch.storage._load_from_bytes"


def verdict(found: Import, *, called: bool = False) -> Verdict:
    """What is to be said of an import, or of a call of what is imported."""
    module = _RENAMED.get(found.module, found.module)
    path = f"{module}.{found.name}"
    if path in _DATA or path == LOADS_BYTES:
        return "data"
    # `builtins` and a dotted name reach any attribute: `object.__subclasses__`.
    if found.module != "?" and any(form.fullmatch(path) for form in _DATA_FORMS) and "__" not in found.name:
        return "data"
    if path.startswith("__torch__.") or (_KEPT.fullmatch(path) and not called):
        return "data"
    root = module.partition(".")[0]
    if found.module == "?" or "." in found.name or root in sys.stdlib_module_names or _UNSAFE.fullmatch(path):
        return "unsafe" if root != "__main__" or "." in found.name else "code"
    return "code"
