"""A Dropout of a finished model still drops."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Edge, Finding, Node, rule
from netlint.facts import Liveness, Shapes, Trainability
from netlint.model import Attr

_ATTENTION: Final = ("Attention", "aten::scaled_dot_product_attention")


@rule(
    severity="warning",
    on=("Dropout", *_ATTENTION),
    needs=(Liveness, Shapes, Trainability),
    dialects=("onnx", "torch"),
)
def dropout_training_in_deploy(node: Node, ctx: Context) -> Iterator[Finding]:
    if ctx[Liveness].dead(node):
        return
    if node.dialect == "torch":
        yield from _always_on(node, ctx)
        return
    if node.op in _ATTENTION or not ctx[Trainability].finished:
        return
    place = _training(node, ctx[Shapes])
    if place is None or _ratio(node, ctx[Shapes]) == 0:
        return
    yield ctx.finding(
        place,
        f"{node.label} is in training mode: it drops at random in every run, so that the same input gives another "
        "answer each time",
        remedy="export the model in evaluation mode (PyTorch: `model.eval()`, `training=TrainingMode.EVAL`)",
        node=node,
    )


def _always_on(node: Node, ctx: Context) -> Iterator[Finding]:
    """PyTorch: a call that drops while the dropout layers of the same program do not. The functions do not know the
    mode of the module that calls them."""
    attention = node.op in _ATTENTION
    ratio = node.get("dropout" if attention else "ratio", 0)
    # A layer that is left in training mode is somebody's choice: Monte Carlo dropout.
    called = attention or (node.dialect_op != "Dropout" and node.get("training_mode", 0) == 1)
    if not called or not isinstance(ratio, int | float) or ratio <= 0:
        return
    # Elsewhere a layer may be off because its part of the network is frozen; here it shows the mode of this module.
    module = node.get("module", "")
    idle = next((other for other in ctx.model.by_op.get("Dropout", ()) if _evaluates(other, module)), None)
    if idle is None:
        return
    word, value = ("dropout_p", "p if self.training else 0.0") if attention else ("training", "self.training")
    yield ctx.finding(
        node,
        f"{node.label} drops {ratio:.0%} although its module is evaluated, as {idle.label} shows: the function does "
        "not know the mode, and the same input gives another answer each time",
        related=[(idle, "this one is switched off")],
        remedy=f"pass `{word}={value}`",
    )


def _evaluates(node: Node, module: object) -> bool:
    """A dropout layer, switched off, that belongs to this module directly."""
    path = node.get("module", "")
    return (
        node.dialect_op == "Dropout"
        and node.get("training_mode", 1) == 0
        and isinstance(path, str)
        and path.rpartition(".")[0] == module
    )


def _training(node: Node, shapes: Shapes) -> Edge | Attr | Node | None:
    """What switches the training mode on: an input since opset 12, an attribute before opset 7."""
    if len(node.inputs) > 2 and shapes.elements(node.inputs[2].value) == (True,):
        return node.inputs[2]
    return node.place("is_test") if node.get("is_test", 1) == 0 else None


def _ratio(node: Node, shapes: Shapes) -> object:
    elements = shapes.elements(node.inputs[1].value) if len(node.inputs) > 1 and node.inputs[1].value.name else None
    return elements[0] if elements else node.get("ratio", 0.5)
