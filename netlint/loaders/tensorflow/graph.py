"""A graph as operators that read each other: names resolved, calls of functions written out, only what is needed.

Nothing is expanded before something reads it, so a library of functions that call each other costs what is used of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final

from netlint.loaders.protobuf import Message
from netlint.loaders.tensorflow.proto import DATA_TYPES

#: Operators that call a function of the library, with the attribute that names it.
_CALLS: Final = {"PartitionedCall": "f", "StatefulPartitionedCall": "f", "RemoteCall": "f"}

#: The largest public models have 100,000 nodes; calls nest a dozen levels.
_MOST_OPS: Final = 400_000
_MOST_FRAMES: Final = 20_000
_DEEPEST_CALLS: Final = 64
_MOST_INPUTS: Final = 65_536

#: Outputs of operators that have several of them under names, as function bodies call them
#: (tensorflow/core/ops/*.cc). Of others the number behind the name is the output itself.
_OUTPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "FusedBatchNorm": ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"),
    "FusedBatchNormV2": ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"),
    "FusedBatchNormV3": (
        "y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3",
    ),
    "SoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "SparseSoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "TopKV2": ("values", "indices"),
    "TopK": ("values", "indices"),
    "Unique": ("y", "idx"),
    "UniqueV2": ("y", "idx"),
    "UniqueWithCounts": ("y", "idx", "count"),
    "Switch": ("output_false", "output_true"),
    "Merge": ("output", "value_index"),
    "MaxPoolWithArgmax": ("output", "argmax"),
    "NonMaxSuppressionV4": ("selected_indices", "valid_outputs"),
    "NonMaxSuppressionV5": ("selected_indices", "selected_scores", "valid_outputs"),
    "CombinedNonMaxSuppression": ("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
    "TensorListPopBack": ("output_handle", "tensor"),
    "CudnnRNN": ("output", "output_h", "output_c", "reserve_space"),
    "CudnnRNNV2": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
    "CudnnRNNV3": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
    "LSTMBlockCell": ("i", "cs", "f", "o", "ci", "co", "h"),
    "BlockLSTM": ("i", "cs", "f", "o", "ci", "co", "h"),
    "BlockLSTMV2": ("i", "cs", "f", "o", "ci", "co", "h"),
    "GRUBlockCell": ("r", "u", "c", "h"),
    "TensorArrayV3": ("handle", "flow"),
    "StatelessRandomGetKeyCounter": ("key", "counter"),
    "Svd": ("s", "u", "v"),
    "Qr": ("q", "r"),
    "ListDiff": ("out", "idx"),
}  # fmt: skip


class Refused(Exception):
    """The graph cannot be written out; the message says why."""


class Endless(Refused):
    """The calls of its functions have no end, or come to too much."""


@dataclass(frozen=True, slots=True)
class Port:
    """One output of an operator."""

    op: Op
    index: int


@dataclass(slots=True, eq=False)
class Op:
    """One operator, written out: `name` begins with the calls around it."""

    name: str
    type: str
    raw: Message
    frame: Frame
    #: The outputs that it reads, in order, control inputs left out; None for a name that nobody has.
    inputs: list[Port | None] = field(default_factory=list)
    _attrs: dict[str, Message] | None = None
    _spans: dict[str, Message] | None = None

    @property
    def attrs(self) -> dict[str, Message]:
        if self._attrs is None:
            self._attrs = {entry.key: entry.value for entry in self.raw.attr}
        return self._attrs

    def place(self, name: str) -> Message | None:
        """Where an attribute stands in a text."""
        if self._spans is None:
            self._spans = {entry.key: entry.span for entry in self.raw.attr if entry.HasField("span")}
        return self._spans.get(name)

    def integer(self, name: str, default: int = 0) -> int:
        value = self.attrs.get(name)
        return int(value.i) if value is not None else default

    def integers(self, name: str) -> tuple[int, ...]:
        value = self.attrs.get(name)
        return tuple(value.list.i) if value is not None else ()

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.attrs.get(name)
        return bool(value.b) if value is not None else default

    def number(self, name: str, default: float = 0.0) -> float:
        value = self.attrs.get(name)
        return float(value.f) if value is not None else default

    def text(self, name: str, default: str = "") -> str:
        value = self.attrs.get(name)
        return value.s.decode("utf-8", "replace") if value is not None and value.s else default

    def dtype(self, name: str) -> str:
        """The element type that an attribute names, without being a reference; empty when there is none."""
        value = self.attrs.get(name)
        return DATA_TYPES.get(value.type % 100, "") if value is not None else ""

    def input(self, slot: int) -> Port | None:
        return self.inputs[slot] if slot < len(self.inputs) else None


@dataclass(frozen=True)
class Function:
    """The nodes of a function of the library by name, or of the graph itself."""

    name: str
    nodes: Mapping[str, Message]
    arguments: Mapping[str, int] = field(default_factory=dict)
    results: tuple[str, ...] = ()


@dataclass(eq=False)
class Frame:
    """One call of a function: who called it, and which of its operators are made."""

    function: Function
    prefix: str = ""
    caller: Frame | None = None
    call: Message | None = None
    depth: int = 0
    ops: dict[str, Op] = field(default_factory=dict)
    calls: dict[str, Frame] = field(default_factory=dict)


@dataclass
class Graph:
    """A GraphDef: its nodes and its library, written out on demand."""

    message: Message
    missing: list[tuple[Op, int, str]] = field(default_factory=list)
    twice: list[Message] = field(default_factory=list)
    circles: list[list[Op]] = field(default_factory=list)
    _made: int = 0
    _frames: int = 0

    @cached_property
    def main(self) -> Frame:
        nodes: dict[str, Message] = {}
        for node in self.message.node:
            if node.name in nodes:
                self.twice.append(node)
            else:
                nodes[node.name] = node
        return Frame(Function("", nodes))

    @cached_property
    def functions(self) -> Mapping[str, Message]:
        return {one.signature.name: one for one in self.message.library.function}

    @cached_property
    def _read(self) -> dict[str, Function]:
        return {}

    def function(self, name: str) -> Function | None:
        known = self._read.get(name)
        if known is None and name in self.functions:
            message = self.functions[name]
            returned = {entry.key: entry.value for entry in message.ret}
            known = self._read[name] = Function(
                name,
                {node.name: node for node in message.node_def},
                {argument.name: index for index, argument in enumerate(message.signature.input_arg)},
                tuple(returned.get(result.name, "") for result in message.signature.output_arg),
            )
        return known

    def called(self, node: Message) -> str:
        """The function that a node calls; empty for an operator."""
        attribute = _CALLS.get(node.op)
        if attribute is None:
            return node.op if node.op in self.functions else ""
        found = next((entry.value for entry in node.attr if entry.key == attribute), None)
        return str(found.func.name) if found is not None else ""

    def port(self, frame: Frame, reference: str) -> Port | None:
        """The operator's output that a reference means, seen through calls and arguments; None where nobody has the
        name. Raises Refused for calls without end."""
        for _ in range(_MOST_FRAMES):
            name, _, rest = reference.partition(":")
            argument = frame.function.arguments.get(name) if frame.caller is not None else None
            if argument is not None:
                assert frame.call is not None
                assert frame.caller is not None
                given = [one for one in frame.call.input if not one.startswith("^")]
                if argument >= len(given):
                    return None
                reference, frame = given[argument], frame.caller
                continue
            node = frame.function.nodes.get(name)
            if node is None:
                return None
            callee = self.called(node)
            function = self.function(callee) if callee else None
            if function is None:
                return Port(self._op(frame, node), _index(node.op, rest))
            index = _index("", rest)
            if index >= len(function.results):
                return None
            frame = self._frame(frame, node, function)
            reference = function.results[index]
        raise Endless("its functions hand values around without end")

    def _frame(self, frame: Frame, node: Message, function: Function) -> Frame:
        inner = frame.calls.get(node.name)
        if inner is None:
            around: Frame | None = frame
            while around is not None:
                if around.function is function:
                    raise Endless(
                        f"function `{function.name}` calls itself, directly or through others: nobody can write it out"
                    )
                around = around.caller
            self._frames += 1
            if frame.depth >= _DEEPEST_CALLS or self._frames > _MOST_FRAMES:
                raise Endless(
                    f"the calls of its functions come to more than {min(self._frames, _MOST_FRAMES):,} bodies, "
                    f"{frame.depth} deep, when they are written out"
                )
            inner = Frame(function, f"{frame.prefix}{node.name}/", frame, node, frame.depth + 1)
            frame.calls[node.name] = inner
        return inner

    def _op(self, frame: Frame, node: Message) -> Op:
        made = frame.ops.get(node.name)
        if made is None:
            self._made += 1
            if self._made > _MOST_OPS:
                raise Endless(
                    f"its graph comes to more than {_MOST_OPS:,} operators when its functions are written out"
                )
            made = frame.ops[node.name] = Op(f"{frame.prefix}{node.name}", node.op, node, frame)
        return made

    def ordered(self, roots: Iterable[Port]) -> list[Op]:
        """Everything that the roots need, makers before readers. The way back of a loop is cut; any other circle is
        noted in `circles`, and cut too."""
        order: list[Op] = []
        state: dict[Op, int] = {}
        for root in roots:
            if root.op in state:
                continue
            stack: list[tuple[Op, Iterator[Port]]] = [(root.op, self._inputs(root.op))]
            state[root.op] = 0
            while stack:
                op, waiting = stack[-1]
                for port in waiting:
                    seen = state.get(port.op)
                    if seen is None:
                        state[port.op] = 0
                        stack.append((port.op, self._inputs(port.op)))
                        break
                    if seen == 0:
                        self._cut(op, port, partial(_stacked, stack))
                else:
                    state[op] = 1
                    order.append(op)
                    stack.pop()
        return order

    def _inputs(self, op: Op) -> Iterator[Port]:
        if not op.inputs:
            if len(op.raw.input) > _MOST_INPUTS:
                raise Refused(f"node `{op.raw.name}` has {len(op.raw.input):,} inputs: no operator takes so many")
            slot = 0
            for reference in op.raw.input:
                if reference.startswith("^"):
                    continue
                port = self.port(op.frame, reference)
                if port is None:
                    self.missing.append((op, slot, reference))
                elif op.type in ("Merge", "RefMerge") and port.op.type in ("NextIteration", "RefNextIteration"):
                    port = None
                op.inputs.append(port)
                slot += 1
        return (port for port in op.inputs if port is not None)

    def _cut(self, op: Op, port: Port, path: Callable[[], list[Op]]) -> None:
        # One is told; finding them all would cost a walk each.
        if not self.circles:
            stacked = path()
            self.circles.append(stacked[stacked.index(port.op) :])
        op.inputs = [None if one == port else one for one in op.inputs]


def _stacked(stack: list[tuple[Op, Iterator[Port]]]) -> list[Op]:
    return [op for op, _ in stack]


def _index(kind: str, rest: str) -> int:
    """The output that `name:2`, or in a function `name:output:2`, means."""
    word, _, number = rest.rpartition(":")
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
    names = _OUTPUTS.get(kind, ())
    return names.index(word) + index if word in names else index
