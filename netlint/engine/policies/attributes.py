"""Attributes of nodes for policies: ONNX's names, with the types and defaults that the specification gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from netlint.engine.policies.field import integer, integers, plain
from netlint.loaders.onnx.schema import attribute_kinds, default_attributes
from netlint.model import Model, Node, Shape, Unknown

_KINDS: Final = {
    "int": "int", "float": "double", "string": "string",
    "ints": "list(int)", "floats": "list(double)", "strings": "list(string)",
}  # fmt: skip

#: What netlint says of nodes beyond ONNX: sizes of weights, and what other frameworks' layers have.
_OWN: Final[Mapping[str, str]] = {
    "across_spatial": "bool", "activation": "string", "activity_regularizer": "string", "alpha": "double",
    "base": "double",
    "batch_first": "bool", "batch_size": "int", "beta": "double", "bias": "bool", "bidirectional": "bool",
    "bins": "list(int)", "channel_shared": "bool", "channels": "int", "classes": "int", "coeff": "list(double)",
    "depth_multiplier": "int", "depthwise": "bool", "dim": "int", "displacement": "int", "dropout": "double",
    "eps": "double", "from_logits": "bool", "ignore_label": "int", "include": "list(string)", "index": "int",
    "inplace": "bool", "kernel": "int", "keepdim": "bool", "label_smoothing": "double", "log_target": "bool",
    "loss_weight": "list(double)", "module": "string", "normalization": "string", "normalize": "bool",
    "num_axes": "int", "num_layers": "int", "offset": "double", "offsets": "list(int)", "operation": "string",
    "out_channels": "int", "out_features": "int", "output_size": "list(int)", "padding": "int",
    "padding_idx": "int", "points": "list(int)", "power": "double", "priors": "int", "propagate_down": "list(bool)",
    "pyramid_height": "int", "ratio": "double", "share_location": "bool", "shift": "double", "sizes": "list(int)",
    "sparse": "bool", "spatial": "int", "steps": "list(int)", "top_k": "int", "transpose": "bool", "vocabulary": "int",
}  # fmt: skip

#: Windows have one number a spatial axis; where the source is silent, every dialect means these.
_WINDOWED: Final = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool")
_UNPADDED: Final = ("NOTSET", "VALID", "")


@cache
def attribute_types() -> Mapping[str, str]:
    """The type of every attribute that a policy may name; `dyn` where operators differ."""
    found = dict(_OWN)
    for name, kinds in attribute_kinds().items():
        known = {_KINDS[kind] for kind in kinds if kind in _KINDS}
        if not known:
            continue
        own = {found[name]} if name in found else set()
        found[name] = (known | own).pop() if len(known | own) == 1 else "dyn"
    return dict(sorted(found.items()))


def attributes(model: Model, node: Node, wanted: frozenset[str], weight: Shape) -> dict[str, object]:
    """The attributes that are known, of those that a policy mentions. `weight` is the shape of the node's weight."""
    types = attribute_types()
    defaults = _defaults(model, node).items()
    found = {name: value for name, value in defaults if name in wanted and name not in node.attrs}
    for name, attr in node.attrs.items():
        if name in wanted and name in types:
            shown = _shown(attr.value, types[name])
            if shown is not None:
                found[name] = shown
    if node.op in _WINDOWED:
        for name, numbers in windowed(node, weight).items():
            if name in wanted and name not in found and name not in node.attrs and numbers is not None:
                found[name] = numbers
    return found


def windowed(node: Node, weight: Shape) -> dict[str, list[int] | None]:
    """Kernel, strides, dilations, pads and groups of a convolution or pooling, with what holds where nothing is
    written; None where it is not known."""
    kernel = _kernel(node, weight)
    rank = len(kernel) if kernel is not None else None
    found: dict[str, list[int] | None] = {"kernel_shape": kernel}
    for name, default in (("strides", 1), ("dilations", 1)):
        found[name] = _numbers(node, name, rank, default)
    padded = "pads" in node.attrs or node.get("auto_pad", "NOTSET") in _UNPADDED
    found["pads"] = _numbers(node, "pads", None if rank is None else 2 * rank, 0) if padded else None
    return found


def _kernel(node: Node, weight: Shape) -> list[int] | None:
    given = node.get("kernel_shape", ())
    if isinstance(given, tuple) and given:
        return integers(given)
    if node.op not in ("Conv", "ConvTranspose") or isinstance(weight, Unknown):
        return None
    return integers(weight[2:]) or None


def _numbers(node: Node, name: str, count: int | None, default: int) -> list[int] | None:
    attr = node.attrs.get(name)
    if attr is not None:
        return integers(attr.value) if isinstance(attr.value, tuple) else None
    return None if count is None else [default] * count


def _defaults(model: Model, node: Node) -> dict[str, object]:
    """What ONNX says where the source is silent. Other frameworks have defaults of their own, which loaders know."""
    if model.dialect != "onnx" or "::" in node.op or node.op != node.dialect_op:
        return {}
    opset = model.opsets.get("", 0)
    return {name: json.loads(text) for name, text in default_attributes(node.op, opset).items()}


def _shown(value: object, kind: str) -> object:
    """A value of the declared type, or None."""
    if kind == "dyn":
        return _anything(value)
    if kind.startswith("list("):
        if not isinstance(value, tuple):
            value = (value,)
        shown = [_shown(item, kind[5:-1]) for item in value]
        return None if None in shown else shown
    if kind == "int":
        return integer(value)
    if kind == "bool":
        return bool(value) if isinstance(value, int) else None
    if kind == "double":
        return float(value) if isinstance(value, int | float) and value == value else None
    return plain(value) if isinstance(value, str) else None


def _anything(value: object) -> object:
    if isinstance(value, tuple):
        shown = [_anything(item) for item in value]
        return None if None in shown else shown
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return value if value == value else None
    return plain(value) if isinstance(value, str) else None
