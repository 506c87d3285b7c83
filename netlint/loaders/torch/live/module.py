"""A module in memory as a model: its graph, where its classes build it, and how it is trained."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Final

from netlint.loaders.options import LoadOptions
from netlint.loaders.recording import place_of
from netlint.loaders.torch.arguments import Malformed
from netlint.loaders.torch.document import build
from netlint.loaders.torch.graph import Builder
from netlint.loaders.torch.live.homes import homes_of
from netlint.loaders.torch.live.inputs import as_tokens, inputs_of
from netlint.loaders.torch.live.refused import refusal
from netlint.loaders.torch.live.stop import Stop
from netlint.loaders.torch.live.trace import Traced, Unlintable, trace, written
from netlint.loaders.torch.live.training import add_loss, add_optimizers
from netlint.loaders.torch.live.unregistered import unregistered
from netlint.loaders.torch.modules import module_of
from netlint.loaders.torch.places import Places
from netlint.model import Model, Problem, Source, Span, Training

#: What normalisers say while training (torch/nn/functional.py, _verify_batch_size).
_ONE_VALUE: Final = "Expected more than 1 value per channel when training"


#: What torch says of inputs of the wrong type: netlint chose it.
_OF_TYPES: Final = re.compile(
    r"scalar type|dtype|\b(Long|Int|Bool|Byte)\b|\bLong|(input|weight|bias) type|integer|indices|index tensor|boolean"
)


def load_live(target: Any, path: str, options: LoadOptions) -> Model:
    """The model of a module or an exported program. Raises Unlintable."""
    import torch

    is_program = not isinstance(target, torch.nn.Module)
    reason = "" if is_program else refusal(target)
    if reason:
        raise Unlintable(reason)
    traced = Traced(written(target)) if is_program else _traced(target, options)
    training = Training(weights=options.weights or "unknown")
    model = Model(
        path.strip("<>"), "torch", Source(path, binary=True), task=options.task, training=training, traced=True
    )
    places = Places(
        os.getcwd(), homes={} if is_program else homes_of(target), recorded={} if is_program else _made(target)
    )
    members = {} if is_program else _tensors(target)
    builder = Builder(model, places, (), members or None)
    try:
        build(traced.program, model, builder)
    except Malformed as error:
        raise Unlintable(f"the graph that torch exports cannot be read: {error}") from error
    # Buffers that no call reads are state of another mode, or are made anew.
    model.stored = [value for value in model.stored if value.uses or value in builder.learnable]
    if not is_program and target.training and any(True for _ in target.parameters()):
        model.phase = "TRAIN"
    if traced.stop is not None:
        _fail(model, builder, traced.stop)
    elif options.live.loss is not None:
        add_loss(model, options.live.loss, traced.outputs, traced.keys)
    if not is_program:
        model.problems += unregistered(target, traced.constants, options.live.optimizers, places)
    if not is_program and options.live.optimizers:
        add_optimizers(model, target, options.live.optimizers, places)
    model.scripts = tuple(script.source for script in places.scripts.values() if script is not None)
    return model


def _traced(module: Any, options: LoadOptions) -> Traced:
    args, kwargs = inputs_of(module, options)
    traced = trace(module, args, kwargs)
    if options.live.example_inputs is None:
        if traced.stop is not None and _ONE_VALUE in traced.stop.message and all(one.shape[0] == 1 for one in args):
            # A batch of 1 stands for any batch.
            args = tuple(one.expand(2, *one.shape[1:]) for one in args)
            traced = trace(module, args, kwargs)
        tokens = as_tokens(traced.program, args, kwargs)
        if tokens is not None:
            # Shapes do not say that an input holds numbers of words.
            traced = trace(module, *tokens)
        if _wrong_type(traced):
            traced = _of_integers(module, args, kwargs, traced)
    return traced


def _wrong_type(traced: Traced) -> bool:
    return traced.stop is not None and _OF_TYPES.search(traced.stop.message) is not None


def _of_integers(module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], floats: Traced) -> Traced:
    """A shape does not say of which type an input is. Raises Unlintable where neither floats nor integers do."""
    traced = trace(module, tuple(one.long() for one in args), {name: one.long() for name, one in kwargs.items()})
    if _wrong_type(traced):
        what = floats.stop.message if floats.stop is not None else ""
        raise Unlintable(f"it takes neither floats nor integers alone ({what}): give `example_inputs`")
    return traced


def _made(module: Any) -> Mapping[str, Span]:
    """Where the modules inside were made, as far as that was recorded."""
    places = ((path, place_of(inner)) for path, inner in module.named_modules())
    return {path: place for path, place in places if place is not None}


def _tensors(module: Any) -> Mapping[str, str]:
    """For each name of a parameter or buffer what stands for the tensor itself: tied ones have one."""
    named = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    return {name: str(id(tensor)) for name, tensor in named}


def _fail(model: Model, builder: Builder, stop: Stop) -> None:
    """Say where `forward` fails; what stands before the failure is no dead end."""
    node = model.nodes[-1] if stop.last and model.nodes else None
    place = None
    if node is None:
        found = builder.places.of_node(stop.item, module_of(stop.item, stop.operator))
        place = None if found is None else found.span
    ends = [value for value in model.values if not value.uses]
    model.results = tuple(dict.fromkeys((*(model.results or ()), *ends)))
    model.stored = [value for value in model.stored if value.uses]
    model.problems.append(
        Problem(
            "forward-fails",
            f"{node.label if node is not None else 'the forward pass'} fails: {stop.message}",
            node if node is not None else place,
            remedy="make it run on these inputs, or lint it with the inputs that it is for",
            node=node,
        )
    )
