"""Writes `netlint/loaders/torch/schema.txt` from the operator schemas of the installed `torch`.

python -m tests.loaders.torch.schema_text > netlint/loaders/torch/schema.txt
"""

from __future__ import annotations

import json
from typing import Any

_HEAD = """\
# The functional and in-place operators of PyTorch's `aten`, from the schemas of torch {version}
# (python -m tests.loaders.torch.schema_text). A line each: name.overload, then its arguments in order, with the default as
# JSON behind `=` where there is one. `!` in front of an argument: it is written in place; `~`: the result may be a view of it.
"""

#: Never in an exported program: derivatives, variants for one device or layout, bookkeeping of tensors.
_SKIPPED = (
    *("backward", "cudnn", "miopen", "mkldnn", "sparse", "quantize", "fbgemm", "nested", "foreach", "_fused_", "_amp_"),
    *("_jagged", "sym_constrain", "_sym_", "_cufft", "_mps", "_test_", "_debug", "_ctc", "_thnn", "_efficientzero"),
    *("special_", "_ufunc", "_vulkan", "_copy_from", "qint", "fake_quant", "_weight_", "_pack", "_wrapped", "_scaled_"),
)
_KEPT = ("_scaled_dot_product_flash_attention", "_scaled_dot_product_efficient_attention", "pad_packed_sequence")


def _wanted(name: str) -> bool:
    if name.startswith(_KEPT) and "backward" not in name:
        return True
    return not any(part in name for part in _SKIPPED)


def _default(value: Any) -> str:
    """A default as JSON; numbers of enumerations as they are."""
    if isinstance(value, bool | int | float | str) or value is None:
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, list | tuple):
        return json.dumps(list(value), separators=(",", ":"))
    return "null"


def _argument(argument: Any) -> str:
    name: str = argument.name
    info = argument.alias_info
    mark = "" if info is None else "!" if info.is_write else "~"
    if not argument.has_default_value():
        return mark + name
    value = argument.default_value
    # The files write reductions and the like as numbers, and element types in an enumeration of their own.
    return f"{mark}{name}={_default(value)}"


def text() -> str:
    """The whole file."""
    import torch

    lines = []
    for schema in torch._C._jit_get_all_schemas():
        namespace, _, name = schema.name.partition("::")
        overload = schema.overload_name or "default"
        if namespace != "aten" or not _wanted(name) or any(argument.is_out for argument in schema.arguments):
            continue
        if not any("Tensor" in str(one.type) for one in (*schema.arguments, *schema.returns)):
            continue
        if "Dimname" in str(schema) or " t" in overload or overload.endswith(("names", "dimname", "_out")):
            continue
        lines.append(" ".join((f"{name}.{overload}", *map(_argument, schema.arguments))))
    return _HEAD.format(version=torch.__version__.partition("+")[0]) + "\n".join(sorted(set(lines))) + "\n"


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201 - that is what it is for
