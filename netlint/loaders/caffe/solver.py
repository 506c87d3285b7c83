"""What a solver says of the training."""

from __future__ import annotations

from typing import Final, Literal

from netlint.loaders.caffe.text_format import Message
from netlint.model import Attr, Source, Span, Training

_OPTIMIZERS: Final = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}


def training_of(
    source: Source, solver: Message, weights: Literal["scratch", "pretrained", "unknown"] = "unknown"
) -> Training:
    """The training set-up of a SolverParameter. A solver that names `weights` fine-tunes."""

    def attr(name: str, field_name: str) -> Attr | None:
        found = solver.by_name.get(field_name)
        if not found or found[0].value is None:
            return None
        return Attr(name, found[0].value, Span(source, found[0].start, found[0].end), field_name)

    if weights == "unknown" and "weights" in solver.by_name:
        weights = "pretrained"
    optimizer = attr("optimizer", "type") or attr("optimizer", "solver_type")
    if optimizer is not None and isinstance(optimizer.value, str):
        word = _OPTIMIZERS.get(optimizer.value.upper(), optimizer.value)
        optimizer = Attr("optimizer", word, optimizer.span, optimizer.word)
    return Training(
        weights=weights,
        optimizer=optimizer,
        learning_rate=attr("learning_rate", "base_lr"),
        learning_rate_policy=attr("learning_rate_policy", "lr_policy"),
        momentum=attr("momentum", "momentum"),
        weight_decay=attr("weight_decay", "weight_decay"),
        iterations=attr("iterations", "max_iter"),
    )
