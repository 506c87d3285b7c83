"""SELU layers without the initialiser, or with the dropout, that break their self-normalisation."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.edits import set_argument, write_word
from netlint.facts import InitialSignal, Trainability

_ENOUGH: Final = 3
_SCALED: Final = ("kaiming_normal", "kaiming_uniform", "normal", "uniform", "truncated_normal")


@rule(severity="warning", fixes=("unsafe",), learning=True, on=("Selu",), needs=(InitialSignal, Trainability))
def selu_recipe(node: Node, ctx: Context) -> Iterator[Finding]:
    model, trainability = ctx.model, ctx[Trainability]
    units = model.by_op["Selu"]
    # The recipe is the network's: told once.
    if node is not units[0]:
        return
    # A normaliser does what the recipe is for.
    normalised = any(op in model.by_op for op in ("BatchNormalization", "LayerNormalization", "GroupNormalization"))
    if len(units) < _ENOUGH or normalised or trainability.fine_tuning:
        return
    layers = [layer for unit in units if (layer := _layer(unit)) is not None]
    wrong = [layer for layer in layers if _kind(layer) in _SCALED and not _keeps_variance(layer, ctx)]
    if len(wrong) >= _ENOUGH:
        weight = wrong[0].param("weight")
        assert weight is not None
        yield ctx.finding(
            weight.initializer,
            f"{wrong[0].label} and {len(wrong) - 1} other layers before SELU start with "
            f"{weight.initializer.spelled or weight.initializer.kind}: SELU only holds its mean of 0 and variance of 1 "
            "if weights have a variance of 1 / inputs",
            related=[(unit, "SELU") for unit in units[:1]],
            remedy='use `kernel_initializer="lecun_normal"`' if model.dialect == "keras" else "use LeCun's normal",
            edits=tuple(
                edit for layer in wrong for edit in set_argument(layer, "kernel_initializer", '"lecun_normal"')
            ),
            applicability="unsafe",
            node=wrong[0],
        )
    for drop in model.by_op.get("Dropout", []):
        before = drop.inputs[0].producer if drop.inputs else None
        if before is not None and before.op == "Selu" and drop.dialect_op == "Dropout" and drop.get("ratio", 0.5) != 0:
            yield ctx.finding(
                drop,
                f"{drop.label} sets outputs of {before.label} to 0, which is not where SELU is off: mean and variance "
                "move away from 0 and 1, and the layers behind lose their normalisation",
                related=[(before, "SELU")],
                remedy="use AlphaDropout",
                edits=write_word(drop, ("Dropout",), "AlphaDropout"),
                applicability="unsafe",
            )


def _layer(unit: Node) -> Node | None:
    before = unit.inputs[0].producer if unit.inputs else None
    return before if before is not None and before.op in ("Gemm", "Conv") and before.param("weight") else None


def _kind(layer: Node) -> str:
    weight = layer.param("weight")
    return weight.initializer.kind if weight is not None and weight.trainable else ""


def _keeps_variance(layer: Node, ctx: Context) -> bool:
    """A deviation that somebody has computed from the number of inputs."""
    gain = ctx[InitialSignal].gain(layer)
    return gain is not None and 0.8 <= gain.factor <= 1.25
