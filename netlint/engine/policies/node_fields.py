"""The fields of `Node`: what a policy can ask of a layer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from netlint.engine.policies.attributes import windowed
from netlint.engine.policies.field import Field, integer, plain
from netlint.engine.policies.shape_fields import dtype
from netlint.model import Node, Unknown, product
from netlint.ops import operator

if TYPE_CHECKING:
    from netlint.engine.policies.view import View

#: What may stand between a layer and the activation or normaliser that belongs to it.
_BETWEEN: Final = frozenset({"normalisation", "affine", "dropout"})
_FARTHEST: Final = 16


def _kind(_view: View, node: Node) -> str | None:
    described = operator(node.op)
    return described.kind if described.name else None


def _channels(view: View, node: Node, *, behind: bool) -> int | None:
    values = node.outputs if behind else [edge.value for edge in node.inputs]
    found = view.extent(values[0], "channels") if values else None
    if found is None and behind:
        declared = node.get("out_channels", node.get("out_features", ""))
        return integer(declared) if isinstance(declared, int) else None
    return found


def _window(name: str, view: View, node: Node) -> list[int] | None:
    return windowed(node, view.weight(node))[name]


def _group(view: View, node: Node) -> int | None:
    if node.op not in ("Conv", "ConvTranspose") or node.get("implicit_groups", 0):
        return None
    if node.get("depthwise", 0):
        return _channels(view, node, behind=False)
    return integer(node.get("group", 1))


def _hides_weights(node: Node) -> bool:
    """Whether a node may have weights of which nothing says: an operator that netlint does not know, in a source that
    does not list weights among the inputs, or that reads stored values."""
    if operator(node.op).name:
        return False
    return node.dialect in ("caffe", "keras") or any(edge.value.stored for edge in node.inputs)


def parameters(view: View, node: Node) -> int | None:
    """The elements of what the node learns; None where a shape is not known."""
    if _hides_weights(node):
        return None
    total = 0
    for param in node.params:
        if param.learnable:
            shape = view.fact("Shapes").param(node, param)
            count = shape if isinstance(shape, Unknown) else product(shape)
            if isinstance(count, Unknown):
                return None
            total += count
    return integer(total)


def _weight(view: View, node: Node) -> object:
    return view.plain_shape(view.weight(node))


def _trainable(_view: View, node: Node) -> bool | None:
    return None if _hides_weights(node) else any(param.trainable for param in node.params if param.learnable)


def _initializer(_view: View, node: Node) -> object:
    weight = node.param("weight")
    if weight is None or not weight.initializer.declared:
        return None
    return plain(weight.initializer.kind)


def _alone(node: Node) -> Node | None:
    """The only reader of the node's only output."""
    uses = [edge.node for value in node.outputs for edge in value.uses]
    return uses[0] if len(uses) == 1 else None


def _behind(view: View, node: Node, wanted: str) -> str | None:
    """The operator of one kind that alone goes on with this layer's output; empty where there is certainly none."""
    after = node
    for _ in range(_FARTHEST):
        found = _alone(after)
        if found is None:
            return "" if not view.unknown_behind(after) else None
        described = operator(found.op)
        if not described.name:
            return None
        if described.kind == wanted or (wanted == "activation" and described.probabilities):
            return found.op
        if described.kind not in _BETWEEN and found.op not in ("Identity", "Cast"):
            return ""
        after = found
    return None


def _meaning(view: View, node: Node) -> str | None:
    if not node.outputs:
        return None
    kind = view.fact("Semantics").of(node.outputs[0]).kind
    return None if kind == "unknown" else str(kind)


def _field_of_view(view: View, node: Node, *, strides: bool) -> list[int] | None:
    if not node.outputs:
        return None
    found = view.fact("ReceptiveFields")[node.outputs[0]]
    return None if found is None else [axis.stride if strides else axis.size for axis in found]


NODE: Final = (
    Field("name", "string", "its name in the source", lambda _view, node: plain(node.name)),
    Field("op", "string", "its operator's ONNX name: `Conv`, `Gemm`, `Relu`", lambda _view, node: plain(node.op)),
    Field("dialect_op", "string", "the source's own word: `Convolution`, `Conv2D`",
          lambda _view, node: plain(node.dialect_op)),
    Field("label", "string", "for messages: Convolution `conv1`", lambda _view, node: plain(node.label)),
    Field(
        "kind",
        "string",
        "`weighted`, `activation`, `normalisation`, `pooling`, `merge`, `layout`, `dropout`, `reduction`, `loss`, "
        "`metric`, `affine`, `source`, `sink`, `other`; not known of operators that netlint does not know",
        _kind,
    ),
    Field("attributes", "Attributes", "its attributes by their ONNX names", lambda view, node: view.attributes(node)),
    Field("in_shapes", "list(Shape)", "the shapes of its inputs; not known where one rank is not",
          lambda view, node: view.shapes(edge.value for edge in node.inputs), ("Shapes",)),
    Field("out_shapes", "list(Shape)", "the shapes of its outputs; not known where one rank is not",
          lambda view, node: view.shapes(node.outputs), ("Shapes",)),
    Field("input", "Shape", "the shape of its first input",
          lambda view, node: view.shape(node.inputs[0].value) if node.inputs else None, ("Shapes",)),
    Field("output", "Shape", "the shape of its first output",
          lambda view, node: view.shape(node.outputs[0]) if node.outputs else None, ("Shapes",)),
    Field("in_channels", "int", "the channels that arrive at its first input",
          lambda view, node: _channels(view, node, behind=False), ("Shapes",)),
    Field("out_channels", "int", "the channels (or units) of its first output",
          lambda view, node: _channels(view, node, behind=True), ("Shapes",)),
    Field("inputs", "list(string)", "the names of what it reads",
          lambda _view, node: [plain(edge.value.name) for edge in node.inputs]),
    Field("outputs", "list(string)", "the names of what it makes",
          lambda _view, node: [plain(value.name) for value in node.outputs]),
    Field("kernel", "list(int)", "the window of a convolution or pooling, one number a spatial axis",
          partial(_window, "kernel_shape"), ("Shapes",)),
    Field("strides", "list(int)", "its strides",
          partial(_window, "strides"), ("Shapes",)),
    Field("dilations", "list(int)", "its dilations",
          partial(_window, "dilations"), ("Shapes",)),
    Field("pads", "list(int)", "its padding: all begins, then all ends",
          partial(_window, "pads"), ("Shapes",)),
    Field("group", "int", "the groups of a convolution", _group, ("Shapes",)),
    Field("parameters", "int", "how many numbers it learns", parameters, ("Shapes",)),
    Field("weight", "Shape", "the shape of its weight", _weight, ("Shapes",)),
    Field("bias", "bool", "whether it has a bias",
          lambda _view, node: None if _hides_weights(node) else node.param("bias") is not None),
    Field("trainable", "bool", "whether something in it is trained", _trainable),
    Field("initializer", "string", "how its weight starts (`xavier_uniform`, `constant`), where the source says it",
          _initializer),
    Field("dtype", "string", "the element type of its first output (`float32`), where the source says it",
          lambda _view, node: dtype(node.outputs[0]) if node.outputs else None),
    Field("activation", "string", "the activation that alone goes on with its output, normalisers and dropout seen "
          "through; empty where there is none", lambda view, node: _behind(view, node, "activation")),
    Field("norm", "string", "the same for a normaliser", lambda view, node: _behind(view, node, "normalisation")),
    Field("meaning", "string", "what its output holds: `probabilities`, `logits`, `labels`, `features`, `data`",
          _meaning, ("Semantics",)),
    Field("receptive_field", "list(int)", "how many pixels of the network's input one output position sees, by axis",
          lambda view, node: _field_of_view(view, node, strides=False), ("ReceptiveFields",)),
    Field("total_stride", "list(int)", "how many pixels of the network's input lie between two output positions",
          lambda view, node: _field_of_view(view, node, strides=True), ("ReceptiveFields",)),
    Field("ops_before", "list(string)", "the operators of all nodes whose signal arrives here",
          lambda view, node: view.ops(node, before=True)),
    Field("ops_behind", "list(string)", "the operators of all nodes that its signal reaches",
          lambda view, node: view.ops(node, before=False)),
    Field("is_output", "bool", "whether the network gives its result to the outside",
          lambda view, node: any(value in view.results for value in node.outputs)),
)  # fmt: skip
