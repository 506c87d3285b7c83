"""A Dropout of a finished model still drops."""

from collections.abc import Iterator

from netlint import Context, Edge, Finding, Node, rule
from netlint.facts import Liveness, Shapes, Trainability
from netlint.model import Attr


@rule(severity="warning", on=("Dropout",), needs=(Liveness, Shapes, Trainability), dialects=("onnx",))
def dropout_training_in_deploy(node: Node, ctx: Context) -> Iterator[Finding]:
    if not ctx[Trainability].finished or ctx[Liveness].dead(node):
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


def _training(node: Node, shapes: Shapes) -> Edge | Attr | Node | None:
    """What switches the training mode on: an input since opset 12, an attribute before opset 7."""
    if len(node.inputs) > 2 and shapes.elements(node.inputs[2].value) == (True,):
        return node.inputs[2]
    return node.place("is_test") if node.get("is_test", 1) == 0 else None


def _ratio(node: Node, shapes: Shapes) -> object:
    elements = shapes.elements(node.inputs[1].value) if len(node.inputs) > 1 and node.inputs[1].value.name else None
    return elements[0] if elements else node.get("ratio", 0.5)
