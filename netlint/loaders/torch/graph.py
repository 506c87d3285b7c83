"""From the exported graph to the model: values by name, in-place writes as new versions, layers with parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from netlint.loaders.options import InputShape, given_shape
from netlint.loaders.torch.arguments import (
    Argument,
    Call,
    Malformed,
    argument,
    listing,
    mapping,
    schema_of,
    split_target,
    tensor_name,
    text,
    union,
)
from netlint.loaders.torch.memory import note_reads, remember, writes
from netlint.loaders.torch.modules import Where, module_of
from netlint.loaders.torch.places import Places
from netlint.loaders.torch.scope import Meta, Scope, outputs_of, scope_of, tensors_in
from netlint.loaders.torch.translate import translated
from netlint.loaders.torch.wiring import connect
from netlint.model import (
    UNKNOWN,
    Attr,
    Initializer,
    Model,
    Node,
    Param,
    Span,
    Value,
)
from netlint.ops import operator

_STORED: Final = Initializer("stored", declared=True)
_FROZEN: Final = Attr("requires_grad", 0, spelled="requires_grad")

#: Graphs inside of graphs: `torch.no_grad` blocks, branches. Real ones nest two or three deep.
_DEEPEST: Final = 24

#: Calls that run the graph they are given, once, as it is: their nodes stand in the caller's place.
_TRANSPARENT: Final = frozenset(("wrap_with_set_grad_enabled", "wrap_with_autocast", "invoke_subgraph", "wrap"))

#: Checks and bookkeeping without a result.
_SILENT: Final = frozenset((
    "_assert_tensor_metadata", "_assert_async", "_functional_assert_async", "sym_constrain_range", "_assert_scalar",
    "sym_constrain_range_for_size", "_functional_assert_scalar", "_make_dep_token",
))  # fmt: skip

#: The batch counter of BatchNorm: it is counted up in every training step and read by nobody but `momentum=None`.
_COUNTER: Final = "num_batches_tracked"


@dataclass(slots=True)
class Builder:
    """Builds one model."""

    model: Model
    places: Places
    input_shapes: Sequence[InputShape] = ()
    #: Where the archive keeps each stored tensor; None where it does not say.
    members: Mapping[str, str] | None = None
    #: Stored tensors by their name in the graph, with what the signature says of them.
    stored: dict[str, Value] = field(default_factory=dict)
    trainable: set[Value] = field(default_factory=set)
    learnable: set[Value] = field(default_factory=set)
    #: Values that count as results: the outputs, and what is written into buffers or asked by Python.
    results: dict[Value, None] = field(default_factory=dict)
    modes: set[bool] = field(default_factory=set)
    depth: int = 0
    #: Where tensors are under `torch.no_grad`.
    grad_off: int = 0
    #: Where autocast was switched on or off by the program; None outside of such blocks.
    autocast: bool | None = None

    def build(self, module: Mapping[str, Any]) -> None:
        """Add everything of a `graph_module`. Raises Malformed."""
        graph = mapping(module.get("graph"), "`graph`")
        scope = scope_of(graph)
        signature = mapping(module.get("signature"), "`signature`")
        for spec in listing(signature.get("input_specs"), "`input_specs`"):
            self._input(spec, scope)
        self._nodes(graph, scope)
        for output in listing(graph.get("outputs"), "`outputs`"):
            self._result(output, scope)
        self.model.results = tuple(self.results)
        self._leave_out_ties()
        listed = {value.name for value in self.model.stored}
        self.model.also_stored = frozenset(value.name for value in self.stored.values()) - listed
        if self.modes:
            self.model.phase = "TRAIN" if True in self.modes else "TEST"

    def _leave_out_ties(self) -> None:
        """A tensor of several names is stored under all of them, and the graph reads it by one."""
        members = self.members
        read = {members.get(value.name) for value in self.model.stored if value.uses} if members is not None else set()
        self.model.stored = [
            value
            for value in self.model.stored
            if value.uses or (members is not None and members.get(value.name, "") not in read)
        ]
        for value in self.model.stored:
            if not value.uses:
                value.span = self.places.of_tensor(value.name)

    # Inputs, parameters, results

    def _input(self, spec: Any, scope: Scope) -> None:
        kind, item = union(spec, "an input")
        item = mapping(item, "an input")
        if kind == "user_input":
            inner, named = union(item.get("arg"), "an input")
            if inner == "as_tensor":
                self._user_input(tensor_name(named, "an input"), scope)
            return
        names = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}
        if kind not in names:
            return
        name = tensor_name(item.get("arg"), f"a {kind}")
        shape, dtype, wants_grad = scope.meta(name)
        value = Value(text(item.get(names[kind]), f"a {kind}"), None, shape=shape, dtype=dtype, stored=True)
        scope.values[name] = value
        self.stored[name] = value
        if kind == "tensor_constant" or (kind == "buffer" and item.get("persistent") is False):
            self.model.unsaved |= {value.name}
        if kind == "parameter":
            self.learnable.add(value)
            if wants_grad:
                self.trainable.add(value)
        if _COUNTER not in value.name:
            self.model.stored.append(value)

    def _user_input(self, name: str, scope: Scope) -> None:
        shape, dtype, _ = scope.meta(name)
        node = Node(name, "Input", "Input", self.model.dialect)
        value = Value(name, node, shape=given_shape(self.input_shapes, name, shape), dtype=dtype)
        node.outputs.append(value)
        scope.values[name] = value
        self.model.nodes.append(node)

    def _result(self, output: Any, scope: Scope) -> None:
        kind, item = union(output, "an output")
        for name in tensors_in(kind, item):
            value = scope.values.get(name)
            if value is None:
                raise Malformed(f"nothing makes the output `{name}`")
            self.results[value] = None

    # Nodes

    def _nodes(self, graph: Mapping[str, Any], scope: Scope) -> None:
        nodes = listing(graph.get("nodes"), "`nodes`")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Malformed(f"graphs nest more than {_DEEPEST} deep")
        in_place = any(isinstance(node, dict) and writes(node.get("target")) for node in nodes)
        if in_place:
            note_reads(nodes, graph, scope)
        for index, item in enumerate(nodes):
            node = mapping(item, f"node {index}")
            self._node(node, index, scope, in_place=in_place)
        self.depth -= 1

    def _node(self, item: Mapping[str, Any], index: int, scope: Scope, *, in_place: bool) -> None:
        target = text(item.get("target"), f"the target of node {index}")
        namespace, name, overload = split_target(target)
        if not namespace or name in _SILENT or name.startswith("sym_"):
            # Arithmetic on sizes: what it gives is in the file's table of numbers.
            self._ask(item, scope)
            return
        what = f"node `{item.get('name') or index}`"
        inputs = [mapping(one, what) for one in listing(item.get("inputs"), what)]
        if namespace == "higher_order":
            self._higher_order(item, name, inputs, scope, what)
            return
        call = self._call(namespace, name, overload, inputs, scope, what)
        outputs = outputs_of(item, what)
        if not outputs:
            self._ask(item, scope)
            return
        if name == "add_" and (counter := call.value("self")) is not None and counter.name.endswith(_COUNTER):
            scope.values[outputs[0]] = counter
            return
        metas = [scope.meta(one) for one in outputs]
        if name == "broadcast_tensors" and _unchanged(call, outputs, metas, scope):
            return
        call.outputs, call.dtype = len(outputs), metas[0][1]
        call.rank = len(metas[0][0]) if isinstance(metas[0][0], tuple) else -1
        self._add(call, namespace, item, outputs, metas, scope)
        if in_place:
            for made in remember(call, inputs, outputs, index, scope):
                if isinstance(made, Node):
                    self.model.nodes.append(made)
                else:
                    self.results[made] = None

    def _call(
        self, namespace: str, name: str, overload: str, inputs: list[dict[str, Any]], scope: Scope, what: str
    ) -> Call:
        names = scope.names(what)
        described = schema_of(name, overload) if namespace == "aten" else schema_of("", "")
        args: dict[str, Argument] = {name: described.defaults.get(name) for name in described.names}
        for slot, one in enumerate(inputs):
            key = one.get("name")
            args[key if isinstance(key, str) and key else f"input{slot}"] = argument(one.get("arg"), names, what)
        in_place = bool(described.written) or (name.endswith("_") and not name.endswith("__"))
        return Call(name.rstrip("_") if in_place else name, overload, args, described, in_place=in_place)

    def _add(
        self,
        call: Call,
        namespace: str,
        item: Mapping[str, Any],
        outputs: list[str],
        metas: list[Meta],
        scope: Scope,
    ) -> None:
        made = translated(call) if namespace == "aten" else None
        weight = call.value("weight")
        read = weight.name if weight is not None and weight.stored else ""
        where = module_of(item, call.name, read)
        op = made.op if made is not None else f"{namespace}::{call.name}"
        node = Node(where.name or outputs[0], op, where.label, self.model.dialect)
        node.attrs = self._attrs(call, made.attrs if made is not None else call.plain(), where)
        if made is not None:
            sources: Sequence[Value | None] = made.inputs
        else:
            sources = call.tensors()
        connect(node, sources)
        self._place(node, item, where)
        roles = made.roles if made is not None and made.roles is not None else operator(op).roles
        if roles:
            node.params = tuple(self._params(node, roles))
        for slot, (name, (shape, dtype, _)) in enumerate(zip(outputs, metas, strict=True)):
            value = Value(name, node, slot, 0, None, shape, dtype=dtype)
            node.outputs.append(value)
            if name:
                scope.values[name] = value
        if "training_mode" in node.attrs:
            self.modes.add(node.attrs["training_mode"].value == 1)
        self.model.nodes.append(node)

    def _attrs(self, call: Call, given: Mapping[str, Attr], where: Where) -> dict[str, Attr]:
        # Translations without attributes share one empty mapping.
        attrs = dict(given)
        if call.in_place:
            attrs["inplace"] = Attr("inplace", True)
        if self.grad_off:
            attrs["no_grad"] = Attr("no_grad", True)
        if self.autocast is not None:
            attrs["autocast"] = Attr("autocast", self.autocast)
        if where.module:
            attrs["module"] = Attr("module", where.module)
        return attrs

    def _params(self, node: Node, roles: Mapping[int, str]) -> Iterator[Param]:
        for slot, role in roles.items():
            value = node.inputs[slot].value if slot < len(node.inputs) else None
            if value is None or not value.stored or not value.name:
                continue
            learnable = value in self.learnable
            frozen = learnable and (value not in self.trainable or self.grad_off > 0)
            yield Param(
                role, _STORED, value.shape, learnable, _FROZEN if frozen else None,
                shared=Attr("name", value.name), span=value.span,
            )  # fmt: skip

    def _place(self, node: Node, item: Mapping[str, Any], where: Where) -> None:
        place = self.places.of_node(item, where)
        if place is not None:
            node.span, node.block, node.use = place.span, place.block, place.use
            if place.arguments:
                node.attrs = {name: _placed(attr, place.arguments) for name, attr in node.attrs.items()}

    def _ask(self, item: Mapping[str, Any], scope: Scope) -> None:
        """Python asks for a number of a tensor (`item()`), or checks it: whatever made the tensor is needed."""
        for one in item.get("inputs") or ():
            if isinstance(one, dict) and isinstance(one.get("arg"), dict):
                for kind, part in one["arg"].items():
                    for name in tensors_in(kind, part):
                        value = scope.values.get(name)
                        if value is not None and value.producer is not None and not _asks_shape(item):
                            self.results[value] = None

    # Graphs inside of graphs

    def _higher_order(
        self, item: Mapping[str, Any], name: str, inputs: list[dict[str, Any]], scope: Scope, what: str
    ) -> None:
        graphs = [one for one in inputs if isinstance(one.get("arg"), dict) and "as_graph" in one["arg"]]
        if name in _TRANSPARENT and len(graphs) == 1:
            self._inline(item, name, inputs, graphs[0], scope, what)
            return
        names = scope.names(what)
        values = [argument(one.get("arg"), names, what) for one in inputs if one not in graphs]
        node = Node(str(item.get("name") or name), f"torch::{name}", name, self.model.dialect)
        connect(node, list(_given(values)))
        outputs = outputs_of(item, what)
        for slot, one in enumerate(outputs):
            shape, dtype, _ = scope.meta(one)
            value = Value(one, node, slot, 0, None, shape, dtype=dtype)
            node.outputs.append(value)
            scope.values[one] = value
        self._place(node, item, module_of(item, name))
        self.model.nodes.append(node)

    def _inline(
        self,
        item: Mapping[str, Any],
        name: str,
        inputs: list[dict[str, Any]],
        given: Mapping[str, Any],
        scope: Scope,
        what: str,
    ) -> None:
        """The nodes of a graph that is run once, in place of the call: `with torch.no_grad(): ...`."""
        graph = mapping(mapping(given["arg"]["as_graph"], what).get("graph"), what)
        inner = scope_of(graph)
        formals = [one for formal in listing(graph.get("inputs"), what) for one in tensors_in(*union(formal, what))]
        actual = [
            one
            for argument_ in inputs[inputs.index(dict(given)) + 1 :]
            if isinstance(argument_.get("arg"), dict)
            for one in tensors_in(*union(argument_["arg"], what))
        ]
        for formal, one in zip(formals, actual, strict=False):
            inner.values[formal] = scope.find(one, what)
        switches_off = name == "wrap_with_set_grad_enabled" and inputs[0].get("arg") == {"as_bool": False}
        autocast = self.autocast
        if name == "wrap_with_autocast":
            self.autocast = len(inputs) > 2 and inputs[2].get("arg") == {"as_bool": True}
        self.grad_off += switches_off
        self._nodes(graph, inner)
        self.grad_off -= switches_off
        self.autocast = autocast
        made = [one for output in listing(graph.get("outputs"), what) for one in tensors_in(*union(output, what))]
        for outer, one in zip(outputs_of(item, what), made, strict=False):
            value = inner.find(one, what)
            scope.values[outer] = self._detached(value, outer) if switches_off else value

    def _detached(self, value: Value, name: str) -> Value:
        """What leaves a `no_grad` block has no gradient."""
        node = Node(name, "aten::detach", "no_grad", self.model.dialect, span=_span(value))
        connect(node, (value,))
        made = Value(name, node, 0, 0, None, value.shape, dtype=value.dtype)
        node.outputs.append(made)
        self.model.nodes.append(node)
        return made


def _span(value: Value) -> Span | None:
    return None if value.producer is None else value.producer.span


def _placed(attr: Attr, arguments: Mapping[str, Span]) -> Attr:
    """An attribute where the constructor gives it."""
    span = arguments.get(attr.spelled)
    return attr if span is None else Attr(attr.name, attr.value, span, attr.spelled)


def forget_shapes(model: Model) -> None:
    """Leave out what the file declares of computed values: it holds for the inputs that the program was traced with."""
    for node in model.nodes:
        if node.op != "Input":
            for value in node.outputs:
                value.shape = UNKNOWN


def _given(values: Any) -> Iterator[Value]:
    for value in values:
        if isinstance(value, Value):
            yield value
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, Value))


def _unchanged(call: Call, outputs: Sequence[str], metas: Sequence[Meta], scope: Scope) -> bool:
    """PyTorch's losses broadcast prediction and target first, which does nothing where they have one shape.

    Whether that is so: the results then are the inputs themselves.
    """
    given = call.values("tensors")
    if len(given) != len(outputs) or not all(
        value is not None and isinstance(value.shape, tuple) and value.shape == meta[0]
        for value, meta in zip(given, metas, strict=False)
    ):
        return False
    scope.values.update((name, value) for name, value in zip(outputs, given, strict=True) if value is not None)
    return True


def _asks_shape(item: Mapping[str, Any]) -> bool:
    """Sizes are in the shape, whatever the elements are."""
    target = item.get("target")
    return isinstance(target, str) and ("sym_" in target or "_assert_tensor_metadata" in target)
