"""A layer is deployed or tested in another form than it is trained in."""

from collections.abc import Iterator
from typing import Final

from netlint import Attr, Context, Finding, Model, Node, rule

#: What must agree for the learned weights to mean the same, with the value that silence stands for.
_SHARED: Final = {
    "out_channels": 0,
    "out_features": 0,
    "kernel_shape": 0,
    "strides": 1,
    "pads": 0,
    "dilations": 1,
    "group": 1,
    "axis": 1,
}


@rule(severity="warning", beyond=True, dialects=("caffe",))
def train_deploy_drift(model: Model, ctx: Context) -> Iterator[Finding]:
    if model.trained_as is None:
        return
    trained: dict[str, list[Node]] = {}
    for node in model.trained_as.nodes:
        if node.params and node.name and node.param("weight") is not None:
            trained.setdefault(node.name, []).append(node)
    # A layer that both phases share was read once and has the very same attributes.
    pairs = [
        (node, twins[0])
        for node in model.nodes
        if node.params and len(twins := trained.get(node.name, [])) == 1 and twins[0].attrs is not node.attrs
    ]
    weighted = [(node, twin) for node, twin in pairs if node.param("weight") is not None]
    drifted = [(node, twin, *drift) for node, twin in weighted if (drift := _drift(node, twin)) is not None]
    if not drifted:
        return
    # Where a network was redesigned every layer differs: it is one fault, told where it begins.
    node, twin, name, what = drifted[0]
    more = len(drifted) - 1
    also = f" ({more} more {'layer differs' if more == 1 else 'layers differ'} as well)" if more else ""
    yield ctx.finding(
        node.place(name),
        f"{node.label} {what}{also}: the learned weights do not fit, or do not mean what they meant",
        related=[(twin.place(name), "trained like this"), *((other, "differs, too") for other, *_ in drifted[1:3])],
        remedy="write both alike",
        node=node,
    )


def _drift(node: Node, twin: Node) -> tuple[str, str] | None:
    """The attribute in which a layer is not what it was trained as, and how to say it."""
    if node.op != twin.op:
        return "", f"is a {node.dialect_op} here, but is trained as a {twin.dialect_op}"
    for name in _SHARED:
        if _value(node, name) != _value(twin, name):
            word = next((attr.word for attr in (node.attrs.get(name), twin.attrs.get(name)) if attr is not None), name)
            return name, f"has a {word} of {_spelled(node, name)} here, but is trained with {_spelled(twin, name)}"
    if (node.param("bias") is None) != (twin.param("bias") is None):
        has, had = ("no", "one") if node.param("bias") is None else ("a", "none")
        return "bias", f"has {has} bias here, but is trained with {had}"
    return None


def _value(node: Node, name: str) -> object:
    """The attribute, or None where it is not given or says what silence says."""
    attr = node.attrs.get(name)
    if attr is None:
        return None
    numbers = attr.value if isinstance(attr.value, tuple) else (attr.value,)
    return None if all(number == _SHARED[name] for number in numbers) else attr.value


def _spelled(node: Node, name: str) -> str:
    attr = node.attrs.get(name) or Attr(name, _SHARED[name])
    numbers = attr.value if isinstance(attr.value, tuple) else (attr.value,)
    return "x".join(map(str, dict.fromkeys(numbers)))
