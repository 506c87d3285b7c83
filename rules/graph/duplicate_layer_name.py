"""Two layers of one phase share a name."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.ops import operator


@rule(severity="warning")
def duplicate_layer_name(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    if model.dialect in ("keras", "onnx", "tensorflow", "torch"):
        # Weights have names of their own in ONNX, Keras refuses such a model, what one node of TensorFlow's does may
        # take several steps, and a module of PyTorch's that is called twice is two nodes of one name: the loaders know
        # which names count.
        return
    named: dict[str, list[Node]] = {}
    for node in model.nodes:
        earlier = named.setdefault(node.name, [])
        first = _rival(node, earlier)
        earlier.append(node)
        if first is None:
            continue
        what = f"{node.label} has the name of an earlier layer, {first.label}" if node.name else _unnamed(node, first)
        # What netlint does not know may have blobs of its own.
        known = bool(operator(node.op).name and operator(first.op).name)
        matters = known and bool(node.params or first.params)
        yield ctx.finding(
            node,
            f"{what}: {_cost(node, first) if matters else 'logs and tools cannot tell them apart'}",
            related=[(first, "this layer bears the same name")],
            remedy="give each layer a name of its own",
            severity="warning" if matters else "info",
        )


def _rival(node: Node, earlier: list[Node]) -> Node | None:
    """The earlier layer that counts: Caffe copies weights to the first layer of a name."""
    if not earlier or (not node.name and not node.params):
        return None
    if not node.name:
        return next((other for other in earlier if other.params), None)
    if node.params and earlier[0].params and _all_shared(node, earlier[0]):
        return None
    return earlier[0]


def _all_shared(node: Node, first: Node) -> bool:
    """Both layers have the same parameters by name: there is nothing to copy to the wrong one."""
    names = [param.shared.value if param.shared else None for param in node.params]
    return None not in names and names == [param.shared.value if param.shared else None for param in first.params]


def _unnamed(node: Node, first: Node) -> str:
    return f"this {node.dialect_op} has no name, like an earlier {first.dialect_op}"


def _cost(node: Node, first: Node) -> str:
    if len(node.params) == len(first.params):
        return (
            "stored weights are copied by name, so both sets go to the first, and this layer keeps what its filler made"
        )
    return (
        "stored weights are copied by name, and Caffe stops when it loads them, because the two layers do not have "
        "the same number of blobs"
    )
