"""A loss or metric that Keras does not have: what it computes is not in the file."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.ops import keras_losses

#: Words for which Keras chooses a metric, and metrics of Keras 2 alone.
_RESOLVED: Final = ("crossentropy", "ce", "logcosh", "log_cosh", "meantensor")


@rule(severity="info", on=("keras::CustomLoss", "keras::metrics::CustomMetric"))
def opaque_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    loss = node.op == "keras::CustomLoss"
    if node.dialect_op.lower() in _RESOLVED:
        return
    close = get_close_matches(_snake(node.dialect_op), [*_known(loss=loss)], n=1, cutoff=0.85)
    yield ctx.finding(
        node,
        f"{node.dialect_op} is no {'loss' if loss else 'metric'} of Keras: its code "
        "is not in the file, so nothing can be said of how it fits the outputs, and loading the model needs it "
        "under `custom_objects`",
        remedy=f"did you mean `{close[0]}`?" if close else "give `custom_objects` when the model is loaded",
    )


def _known(*, loss: bool) -> Iterator[str]:
    if not loss:
        yield from (_snake(name) for name in keras_losses.METRICS)
        return
    yield from ("mean_squared_error", "mean_absolute_error", "binary_crossentropy", "huber")
    for described in keras_losses.OPERATORS:
        if described.loss is not None:
            yield _snake(described.name.removeprefix("keras::"))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
