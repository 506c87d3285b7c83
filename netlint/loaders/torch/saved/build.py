"""From the tree of a saved module to a model.

What a module's own `forward` does is not in the file. It is known of torch's layers, and of `nn.Sequential`, which runs
its parts one after the other. Any other module is a node of an unknown operator, which reads what its parts give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.saved.layers import call_of
from netlint.loaders.torch.saved.tree import Module, Tensor
from netlint.loaders.torch.translate import translated
from netlint.loaders.torch.wiring import connect
from netlint.model import UNKNOWN, Attr, Initializer, Model, Node, Param, Problem, Shape, Value
from netlint.ops import Arrived, operator

_STORED: Final = Initializer("stored", declared=True)
_FROZEN: Final = Attr("requires_grad", 0, spelled="requires_grad")


def add_modules(model: Model, modules: Sequence[Module]) -> None:
    """Give the model the nodes of these modules."""
    builder = _Builder(model)
    results = []
    for module in modules:
        name = f"{module.path}.input" if module.path else "input"
        node = Node(name, "Input", "Input", model.dialect)
        value = Value(name, node, shape=_demanded(module))
        node.outputs.append(value)
        model.nodes.append(node)
        results.append(builder.run(module, value, sure=True))
    model.results = tuple(results)
    model.phase = "TRAIN" if any(module.training for module in modules) else "TEST"
    if len(modules) == 1:
        model.name = modules[0].word


@dataclass(slots=True)
class _Builder:
    model: Model
    #: What is inferred of each value, as far as netlint knows the operators on the way.
    shapes: dict[Value, Shape] = field(default_factory=dict)

    def run(self, module: Module, given: Value, *, sure: bool) -> Value:
        """Add what a module does with a value, and give its result. `sure`: nothing but chains stands around it."""
        if module.is_chain and (sure or _reads_as_chain(module)):
            for part in module.parts.values():
                given = self.run(part, given, sure=True)
            return given
        if module.of_torch and module.word == "Identity" and not module.altered:
            return given
        found = call_of(module, self._shape(given))
        if found is not None:
            call, data = found
            made = translated(call)
            op = made.op if made is not None else f"aten::{call.name}"
            sources = made.inputs if made is not None else call.tensors()
            node = self._node(module, op)
            node.attrs = dict(made.attrs if made is not None else call.plain())
            if call.in_place:
                node.attrs["inplace"] = Attr("inplace", True)
            connect(node, [given if source is data else source for source in sources])
            roles = made.roles if made is not None and made.roles is not None else operator(op).roles
            self._finish(module, node, roles, call.outputs)
            if call.in_place:
                node.outputs[0].replaces = given
            return node.outputs[0]
        return self._unseen(module, given)

    def _unseen(self, module: Module, given: Value) -> Value:
        """A module whose `forward` is not known: nobody knows what its parts get."""
        ends = []
        for part in module.parts.values():
            name = f"{part.path}.input"
            ends.append(self.run(part, Value(name, None, shape=_demanded(part)), sure=False))
        node = self._node(module, f"torch::{module.word}")
        tensors = [tensor.value for tensor in module.tensors.values()]
        connect(node, [given, *ends, *tensors])
        first = 1 + len(ends)
        self._finish(module, node, {first + slot: name for slot, name in enumerate(module.tensors)}, 1)
        return node.outputs[0]

    def _node(self, module: Module, op: str) -> Node:
        return Node(module.path, op, module.word, self.model.dialect)

    def _finish(self, module: Module, node: Node, roles: Mapping[int, str], outputs: int) -> None:
        held = {tensor.value: tensor for tensor in module.tensors.values()}
        node.params = tuple(_params(node, roles, held))
        self.model.stored += [value for value in held if value not in self.shapes and _read(value)]
        self.shapes.update((value, value.shape) for value in held)
        name = module.path or module.word
        node.outputs = [Value(f"{name}.{slot}" if slot else name, node, slot) for slot in range(outputs)]
        inferred = operator(node.op).infer(node, Arrived(map(self._shape, _inputs(node)), node, {}), _ignore)
        self.shapes.update(zip(node.outputs, inferred.outputs, strict=False))
        self.model.nodes.append(node)

    def _shape(self, value: Value) -> Shape:
        return self.shapes.get(value, value.shape)


def _inputs(node: Node) -> Iterator[Value]:
    return (edge.value for edge in node.inputs)


def _ignore(_problem: Problem) -> None:
    """Rules tell it, when they ask the operator themselves."""


def _read(value: Value) -> bool:
    # The counter of a BatchNorm is read by nobody.
    return bool(value.uses)


def _params(node: Node, roles: Mapping[int, str], held: Mapping[Value, Tensor]) -> Iterator[Param]:
    for slot, role in roles.items():
        value = node.inputs[slot].value if slot < len(node.inputs) else None
        tensor = held.get(value) if value is not None else None
        if value is not None and tensor is not None:
            frozen = tensor.learnable and not tensor.trains
            # Without `requires_grad` no update comes.
            yield Param(
                role, _STORED, value.shape, tensor.learnable, _FROZEN if frozen else None,
                shared=Attr("name", value.name),
            )  # fmt: skip


def _demanded(module: Module) -> Shape:
    """The axes that a module demands of its input, where its first layer does. Images are taken for batches, unless
    a layer behind it takes the first axis for something else."""
    if any(leaf.word == "Flatten" and leaf.settings.get("start_dim") == 0 for leaf in _leaves(module)):
        return UNKNOWN
    first = next(_leaves(module), None)
    found = call_of(first, UNKNOWN) if first is not None else None
    return UNKNOWN if found is None else found[1].shape


def _leaves(module: Module) -> Iterator[Module]:
    """The parts of a chain in order, those of chains inside of it in their place."""
    if not module.is_chain:
        yield module
        return
    for part in module.parts.values():
        yield from _leaves(part)


def _reads_as_chain(module: Module) -> bool:
    """Whether a Sequential inside of a module is called as a whole. Some use it as a list, and call its parts in ways
    of their own: then its parts are all layers with weights, or do not fit each other."""
    leaves = list(_leaves(module))
    if all(leaf.tensors or leaf.parts for leaf in leaves):
        return False
    channels: int | None = None
    for leaf in leaves:
        found = call_of(leaf, UNKNOWN)
        if found is None:
            channels = None
            continue
        wanted, given = _channels(found[0])
        if channels is not None and wanted is not None and channels != wanted:
            return False
        if found[0].name in ("flatten", "unflatten", "pixel_shuffle", "glu"):
            channels = None
        channels = given if given is not None else channels
    return True


def _channels(call: Call) -> tuple[int | None, int | None]:
    """How many channels a layer reads, and how many it gives; None where it takes any, and gives as many."""
    weight = call.value("weight", "running_mean")
    shape = weight.shape if weight is not None else UNKNOWN
    if not isinstance(shape, tuple) or not shape or call.name in ("layer_norm", "prelu", "embedding", "rms_norm"):
        return None, None
    sizes = [size if isinstance(size, int) else 0 for size in shape[:2]]
    groups = call.dim("groups", 1)
    factor = groups if isinstance(groups, int) else 1
    if call.name.startswith("conv_transpose"):
        return sizes[0], sizes[1] * factor
    if call.name.startswith("conv") or call.name == "linear":
        return sizes[1] * factor, sizes[0]
    return sizes[0], sizes[0]
