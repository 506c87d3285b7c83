"""Writes `netlint/loaders/onnx/defaults.txt` from the operator schemas of the installed `onnx`.

python -m tests.loaders.onnx.default_text > netlint/loaders/onnx/defaults.txt
"""

from __future__ import annotations

import json
import sys
from typing import Any

_HEAD = """\
# What the attributes of ONNX's operators (default domain) are where a model leaves them out, from the schemas of onnx {version}
# (python -m tests.loaders.onnx.default_text). A line each: name, the opset that brings this version, attribute=JSON.
"""


def text() -> str:
    """The whole file."""
    import onnx
    from onnx import defs as known
    from onnx import helper

    # The stubs leave the enumerations' names out.
    defs: Any = known
    lines = []
    for schema in sorted(defs.get_all_schemas_with_history(), key=lambda one: (one.name, one.since_version)):
        if schema.domain:
            continue
        values = []
        for name, attribute in sorted(schema.attributes.items()):
            if attribute.default_value.type in (1, 2, 3, 6, 7, 8):
                values.append(f"{name}={_spelt(helper.get_attribute_value(attribute.default_value))}")
        lines.append(" ".join([schema.name, str(schema.since_version), *values]))
    # A version without defaults hides those of the one before it.
    kept = {line.split(" ")[0] for line in lines if "=" in line}
    return _HEAD.format(version=onnx.__version__) + "".join(f"{line}\n" for line in lines if line.split(" ")[0] in kept)


def _spelt(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_spelt, value))}]"
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, float):
        value = float(f"{value:.8g}")
    found = json.dumps(value, separators=(",", ":"))
    assert " " not in found
    return found


if __name__ == "__main__":
    sys.stdout.write(text())
