"""A node's attributes: converted and checked, with what the specification lets its inputs and its opset say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.onnx import attributes, checks
from netlint.loaders.onnx.attributes import by_name
from netlint.loaders.onnx.building import Build
from netlint.loaders.onnx.described import CONVOLUTIONS, SOFTMAX, WITH_BODIES, Described
from netlint.loaders.onnx.scope import Scope
from netlint.loaders.protobuf import Message
from netlint.model import Attr, Dim, Node, Problem

#: Of nodes that have none: one for all of them.
NO_ATTRIBUTES: Final[Mapping[str, Attr]] = {}


def set_attributes(build: Build, given: list[Message], node: Node, known: Described, scope: Scope) -> list[Message]:
    """Give the node its attributes, and tell what is wrong with them; those that hold graphs are returned."""
    if not given and node.op == "Constant":
        build.report(checks.no_value(node))
        return []
    kernel = _kernel(node) if node.op in CONVOLUTIONS else ()
    # Blocks repeat: in a binary file, where nothing has a place, equal attributes are converted and checked once.
    key: tuple[object, ...] | None = None
    if not build.places.text and not scope.bindings and node.op not in WITH_BODIES:
        key = (node.op, known.opset, kernel, *[one.SerializePartialToString() for one in given])
        same = build.converted.get(key)
        if same is not None:
            node.attrs = same
            return []
    attrs, graphs = by_name(given, scope.bindings, build.places)
    node.attrs = attrs
    found = _problems(build, given, node, known)
    build.model.problems += found
    if node.op in SOFTMAX and known.schema is not None:
        node.attrs = {**_axis(known.opset), **attrs}
    elif kernel and "kernel_shape" not in attrs:
        node.attrs = {**attrs, "kernel_shape": Attr("kernel_shape", kernel)}
    if key is not None and not graphs and not found:
        build.converted[key] = node.attrs
    return graphs


def _problems(build: Build, given: list[Message], node: Node, known: Described) -> list[Problem]:
    if known.schema is None:
        return []
    domain = known.op.rpartition("::")[0]
    inside = bool(build.calls)
    return list(attributes.problems(given, node, known.schema, domain, known.opset, build.places, in_function=inside))


def _axis(opset: int) -> dict[str, Attr]:
    """The axis that the opset's default gives; before opset 13 all axes from there on are one."""
    if opset >= 13:
        return {"axis": Attr("axis", -1)}
    return {"axis": Attr("axis", 1), "flattens": Attr("flattens", 1)}


def _kernel(node: Node) -> tuple[Dim, ...]:
    """The window of a convolution, which the specification lets readers take from the weight."""
    weight = node.param("weight")
    if weight is None or not isinstance(weight.shape, tuple) or len(weight.shape) < 3:
        return ()
    return weight.shape[2:]
