"""A size that the model declares as open is fixed inside of it."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, Value, rule
from netlint.facts import Shapes
from netlint.model import Dim, Shape, Symbol, product, spell

_BROADCASTING = ("Add", "Sub", "Mul", "Div")
_RECURRENT = ("LSTM", "GRU", "RNN")
#: What spreads or moves a constant, so that it is one still.
_SPREADING = frozenset(("Expand", "Tile", "Identity", "Cast", "Reshape", "Transpose", "Unsqueeze", "Squeeze"))


@rule(severity="warning", needs=(Shapes,), dialects=("onnx",))
def batch_baked_in(model: Model, ctx: Context) -> Iterator[Finding]:
    shapes = ctx[Shapes]
    inputs = [shapes.output(node) for node in model.by_op.get("Input", ())]
    # Only what a caller can choose is open; other symbols are names that an exporter has given to what it did not know.
    free = {name for shape in inputs if isinstance(shape, tuple) for dim in shape for name in _names(dim)}
    if not free:
        return
    for node in model.by_op.get("Reshape", ()):
        yield from _reshaped(node, shapes, free, ctx)
    for node in model.by_op.get("Expand", ()):
        yield from _expanded(node, shapes, free, ctx)
    for op in ("Concat", *_BROADCASTING):
        for node in model.by_op.get(op, ()):
            yield from _joined(node, shapes, free, ctx)
    for op in _RECURRENT:
        for node in model.by_op.get(op, ()):
            yield from _started(node, shapes, free, ctx)


def _names(dim: Dim) -> tuple[str, ...]:
    """The names in a plain product of them; none for a number, a sum, or what is unknown."""
    return dim.terms[0][0] if isinstance(dim, Symbol) and len(dim.terms) == 1 else ()


def _open(dim: Dim, free: set[str]) -> bool:
    """An extent of an input, as it is: `batch`, not `batch/2`."""
    return isinstance(dim, Symbol) and len(_names(dim)) == 1 and dim.terms[0][1] == 1 and _names(dim)[0] in free


def _reshaped(node: Node, shapes: Shapes, free: set[str], ctx: Context) -> Iterator[Finding]:
    given = shapes.input(node)
    wanted = shapes.elements(node.inputs[1].value) if len(node.inputs) > 1 else node.get("shape", ())
    if not isinstance(given, tuple) or not isinstance(wanted, tuple) or not wanted or -1 in wanted:
        return
    copies = node.get("allowzero", 0) == 0
    extents = [dim for dim in wanted if not isinstance(dim, str | float)]
    target = [given[axis] if dim == 0 and copies and axis < len(given) else dim for axis, dim in enumerate(extents)]
    whole, fixed = product(given), product(target)
    if not isinstance(whole, Symbol) or not set(_names(whole)) <= free or not isinstance(fixed, int | Symbol):
        return
    left = list(_names(whole))
    for name in _names(fixed):
        if name not in left:
            return
        left.remove(name)
    factor = fixed if isinstance(fixed, int) else fixed.terms[0][1] if len(fixed.terms) == 1 else 0
    if not left or not factor or factor % whole.terms[0][1]:
        return
    yield ctx.finding(
        node.inputs[1] if len(node.inputs) > 1 else node.place("shape"),
        f"{node.label} reshapes {spell(given)} to {spell(tuple(target))}, which only fits where {_quoted(left)} is "
        f"{factor // whole.terms[0][1]}, though the model declares it as open",
        related=[(maker, f"{maker.label} gives {spell(given)}") for maker in _makers(node.inputs[0].value)],
        remedy="write -1 for the extent that is open, or compute the shape from the input's; with PyTorch, say "
        "`x.flatten(1)` or `x.view(x.shape[0], ...)` and export with dynamic axes",
        node=node,
    )


def _expanded(node: Node, shapes: Shapes, free: set[str], ctx: Context) -> Iterator[Finding]:
    given, result = shapes.input(node), shapes.output(node)
    wanted = shapes.elements(node.inputs[1].value) if len(node.inputs) > 1 else None
    if not isinstance(given, tuple) or not isinstance(result, tuple) or wanted is None:
        return
    for dim, target in zip(reversed(given), reversed(wanted), strict=False):
        if _open(dim, free) and isinstance(target, int) and target > 1:
            yield ctx.finding(
                node.inputs[1],
                f"{node.label} expands {spell(given)} to "
                f"{spell(tuple(d for d in wanted if isinstance(d, int)))}, which "
                f"only fits where `{dim}` is {target} or 1, though the model declares it as open",
                remedy="compute the shape from the input's",
                node=node,
            )
            return


def _joined(node: Node, shapes: Shapes, free: set[str], ctx: Context) -> Iterator[Finding]:
    """A constant beside an open extent: concatenated with it, or added to it."""
    arrived = [shapes[edge.value] for edge in node.inputs]
    ranks = {len(shape) for shape in arrived if isinstance(shape, tuple)}
    if len(ranks) > 1 and node.op == "Concat":
        return
    axis = node.get("axis", 0) if node.op == "Concat" else None
    for edge, shape in zip(node.inputs, arrived, strict=True):
        if not isinstance(shape, tuple) or not _constant(edge.value):
            continue
        for other in arrived:
            clash = _clash(shape, other, free, axis)
            if clash is None:
                continue
            size, name = clash
            works = f"{size}" if node.op == "Concat" else f"{size} or 1"
            yield ctx.finding(
                edge,
                f"{node.label} joins the constant `{edge.value.name}` ({spell(shape)}) with {spell(other)}, which only "
                f"fits where `{name}` is {works}, though the model declares it as open",
                remedy="expand the constant to the size of the other input, which `Shape` gives",
                node=node,
            )
            return


def _clash(shape: tuple[Dim, ...], other: Shape, free: set[str], axis: object) -> tuple[int, Dim] | None:
    """(size, name) of the last axis on which a number stands beside an open extent."""
    if not isinstance(other, tuple):
        return None
    rank = len(shape)
    joined = axis % rank if isinstance(axis, int) and rank else None
    for place, (a, b) in enumerate(zip(reversed(shape), reversed(other), strict=False)):
        at = rank - 1 - place
        if isinstance(a, int) and at != joined and _open(b, free) and (a > 1 or (a == 1 and axis is not None)):
            return a, b
    return None


def _started(node: Node, shapes: Shapes, free: set[str], ctx: Context) -> Iterator[Finding]:
    """A recurrent layer that starts from a stored state of one batch size."""
    sequence, batch = shapes.input(node), 1 - int(node.get("layout", 0) == 1)
    if len(node.inputs) < 6 or not isinstance(sequence, tuple) or len(sequence) != 3:
        return
    state, edge = shapes.input(node, 5), node.inputs[5]
    if not isinstance(state, tuple) or len(state) != 3 or not _constant(edge.value):
        return
    size = state[batch]
    if isinstance(size, int) and _open(sequence[batch], free):
        yield ctx.finding(
            edge,
            f"{node.label} starts from the constant state `{edge.value.name}` ({spell(state)}), which only fits where "
            f"`{sequence[batch]}` is {size}, though the model declares it as open",
            remedy="leave the initial state out where it is zero, or make it an input",
            node=node,
        )


def _constant(value: Value) -> bool:
    while not value.stored:
        maker = value.producer
        if maker is None or maker.op not in _SPREADING or not maker.inputs:
            return False
        if maker.op in ("Expand", "Tile", "Reshape") and len(maker.inputs) > 1 and not maker.inputs[1].value.stored:
            return False
        value = maker.inputs[0].value
    return True


def _quoted(names: list[str]) -> str:
    return " times ".join(f"`{name}`" for name in names)


def _makers(value: Value) -> list[Node]:
    return [value.producer] if value.producer is not None else []
