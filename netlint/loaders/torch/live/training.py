"""The criterion as a node behind the module, the optimisers as the model's training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from netlint.loaders.torch.live.trace import Unlintable
from netlint.loaders.torch.optimizer import named, number, trained
from netlint.loaders.torch.places import Places
from netlint.loaders.torch.wiring import connect
from netlint.model import UNKNOWN, Attr, Model, Node, Param, Problem, Span, Training, Value
from netlint.ops import operator, operators

#: Functions of `torch.nn.functional` whose names say another word than the class of the same loss.
_FUNCTIONS: Final[Mapping[str, str]] = {
    "binarycrossentropy": "bce",
    "binarycrossentropywithlogits": "bcewithlogits",
}

_MOST_NAMES: Final = 4


def add_loss(model: Model, criteria: Any, names: Sequence[str] = (), keys: Sequence[str] = ()) -> None:
    """The criterion on the module's first output, with a target of unknown shape; several of them, in a list, each on
    the output at its place, in a dictionary on that of its key. What a module returns beside these may have losses of
    its own: those are unknown.

    `names` are those of the outputs in the graph, `keys` what the module calls them. Raises Unlintable for a criterion
    without an output.
    """
    results = {value.name: value for value in model.results or ()}
    outputs = [results[name] for name in names if name in results] or list(results.values())
    if not outputs:
        return
    judged = _assigned(criteria, outputs, keys if len(keys) == len(names) == len(outputs) else ())
    others = [value for value in model.results or () if value not in judged]
    ends = [_add(model, criterion, value, "" if not index else f"_{index}")
            for index, (value, criterion) in enumerate(judged.items())]  # fmt: skip
    for index, output in enumerate((value for value in outputs if value not in judged), start=len(judged)):
        other = Node(f"loss_{index}", "torch::CustomLoss", "unknown loss", "torch")
        _attach(model, other, [output])
    model.results = (*ends, *others)


def _assigned(criteria: Any, outputs: Sequence[Value], keys: Sequence[str]) -> dict[Value, Any]:
    if isinstance(criteria, Mapping):
        if not keys:
            raise Unlintable(
                "what the module calls its outputs is not known here: give `loss` as a list in their order"
            )
        missing = [str(key) for key in criteria if keys.count(str(key)) != 1]
        if missing:
            raise Unlintable(
                f"`loss` has a criterion for `{missing[0]}`, but the module gives {_listing(list(dict.fromkeys(keys)))}"
                + (f", of which `{missing[0]}` holds several tensors" if missing[0] in keys else "")
            )
        return {outputs[keys.index(str(key))]: criterion for key, criterion in criteria.items()}
    if isinstance(criteria, list | tuple):
        if len(criteria) > len(outputs):
            raise Unlintable(f"`loss` has {len(criteria)} criteria, and the module gives {len(outputs)} tensors")
        return {value: one for value, one in zip(outputs, criteria, strict=False) if one is not None}
    return {outputs[0]: criteria}


def _add(model: Model, criterion: Any, output: Value, end: str) -> Value:
    """One criterion behind one output."""
    op = _operator_of(criterion)
    target = Node(f"target{end}", "Input", "target", "torch")
    target.outputs.append(Value(target.name, target))
    model.nodes.append(target)
    word = getattr(criterion, "__name__", type(criterion).__name__)
    # Where the criterion is made nobody knows: its findings stand at the layer that it judges.
    last = output.producer
    while last is not None and operator(last.op).kind == "layout" and last.inputs:
        last = last.inputs[0].producer
    span = None if last is None else last.span
    attrs = _attrs(criterion) if op else {}
    shape, judged = output.shape, operator(op).loss if op else None
    if judged is not None and judged.targets == "classes" and isinstance(shape, tuple) and len(shape) == 3:
        # (batch, classes, positions), or (batch, positions, classes) that the training loop flattens.
        attrs["axis"] = Attr("axis", UNKNOWN)
    node = Node(f"loss{end}", op or f"torch::{word}", word, "torch", attrs, span=span)
    _attach(model, node, [output, target.outputs[0]])
    return node.outputs[0]


def _attach(model: Model, node: Node, values: Sequence[Value]) -> None:
    connect(node, values)
    node.outputs.append(Value(node.name, node))
    model.nodes.append(node)


def _operator_of(criterion: Any) -> str:
    """A loss of torch's by its class or function; empty for the user's own."""
    named = criterion if hasattr(criterion, "__name__") else type(criterion)
    if not str(getattr(named, "__module__", "")).startswith(("torch.nn.modules.loss", "torch.nn.functional")):
        return ""
    word = _folded(named.__name__)
    word = _FUNCTIONS.get(word, word)
    return next((name for name, found in operators().items() if found.loss is not None and _folded(name) == word), "")


def _folded(name: str) -> str:
    return name.replace("_", "").lower().removesuffix("loss")


def _attrs(criterion: Any) -> dict[str, Attr]:
    numbers = ("reduction", "ignore_index", "label_smoothing", "delta", "beta", "log_target")
    found = ((name, getattr(criterion, name, None)) for name in numbers)
    return {name: Attr(name, value) for name, value in found if isinstance(value, str | bool | int | float)}


def add_optimizers(model: Model, module: Any, optimizers: Sequence[Any], places: Places) -> None:
    """How the optimisers train the module, and which of its parameters they leave out."""
    groups = [group for one in optimizers for group in getattr(one, "param_groups", ())]
    if not groups:
        return
    names = dict(module.named_parameters())
    held = {id(tensor): group for group in groups for tensor in group["params"]}
    model.training = _training(model, optimizers, groups)
    _scale(model, names, held, groups)
    missing = [name for name, tensor in names.items() if tensor.requires_grad and id(tensor) not in held]
    frozen = [name for name, tensor in names.items() if not tensor.requires_grad and id(tensor) in held]
    word = " and ".join(dict.fromkeys(type(one).__name__ for one in optimizers))
    if missing:
        model.problems.append(_missing(model, missing, len(names) - len(frozen), word, places))
    elif frozen:
        model.problems.append(_frozen(model, frozen, word, places))


def _training(model: Model, optimizers: Sequence[Any], groups: Sequence[Mapping[str, Any]]) -> Training:
    training = replace(model.training, place=Span(model.source, 0, 0))
    kinds = {type(one) for one in optimizers}
    if len(kinds) != 1:
        return training
    kind = kinds.pop()
    if not kind.__module__.startswith("torch.optim"):
        # The numbers of others mean what they mean.
        return named(training, model.source, kind.__name__)
    return trained(training, model.source, kind.__name__, groups)


def _scale(
    model: Model, names: Mapping[str, Any], held: Mapping[int, Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> None:
    """Each parameter's factors on the learning rate and the weight decay, by the group that has it."""
    rate = max((number(group.get("lr")) or 0.0 for group in groups), default=0.0)
    decay = max((number(group.get("weight_decay")) or 0.0 for group in groups), default=0.0)

    def scaled(param: Param) -> Param:
        tensor = names.get(str(param.shared.value)) if param.shared is not None else None
        group = held.get(id(tensor)) if tensor is not None else None
        if group is None or not param.trainable:
            return param
        own_rate, own_decay = number(group.get("lr")), number(group.get("weight_decay"))
        if rate and own_rate is not None and own_rate != rate:
            param = replace(param, lr_mult=Attr("lr", own_rate / rate, None, "lr"))
        if decay and own_decay is not None and own_decay != decay:
            param = replace(param, decay_mult=Attr("weight_decay", own_decay / decay, None, "weight_decay"))
        return param

    for node in model.nodes:
        node.params = tuple(map(scaled, node.params))


def _missing(model: Model, missing: Sequence[str], trainable: int, word: str, places: Places) -> Problem:
    if len(missing) == trainable:
        return Problem(
            "optimizer-missing-params",
            f"{word} has none of the module's {trainable} trainable parameters: the module never learns",
            None,
            remedy="build the optimiser from this module's `parameters()`, after the last layer was replaced",
        )
    spans = dict(_built(model, missing, places))
    first, *others = spans.items() if spans else [("", None)]
    return Problem(
        "optimizer-missing-params",
        f"{word} leaves out {_listing(missing)}, {len(missing)} of {trainable} trainable parameters: "
        f"{'it stays' if len(missing) == 1 else 'they stay'} as initialised",
        first[1],
        related=tuple((span, f"`{name}` is left out, too") for name, span in others[:_MOST_NAMES] if span is not None),
        remedy="give them to the optimiser, or set `requires_grad = False` to say that they are meant to stay",
    )


def _frozen(model: Model, frozen: Sequence[str], word: str, places: Places) -> Problem:
    span = next((span for _, span in _built(model, frozen, places)), None)
    return Problem(
        "optimizer-missing-params",
        f"{word} has {_listing(frozen)}, whose `requires_grad` is False: "
        f"{'it gets' if len(frozen) == 1 else 'they get'} no gradient and no update",
        span,
        remedy="leave frozen parameters out of the optimiser, or set `requires_grad` if they should learn",
        severity="info",
    )


def _built(model: Model, names: Sequence[str], places: Places) -> Iterator[tuple[str, Span]]:
    """The modules (or lone parameters) of these names and where they are built, each place once."""
    nodes = {node.name: node.span for node in model.nodes if node.span is not None}
    told = set()
    for name in names:
        path = name.rpartition(".")[0] or name
        span = nodes.get(path) or places.of_module(path) or places.of_module(name)
        if span is not None and (span.path, span.start) not in told:
            told.add((span.path, span.start))
            yield path, span


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown}, ..."
