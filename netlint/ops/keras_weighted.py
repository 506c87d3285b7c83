"""Layers with weights that only Keras has: products by an equation, attention, and layers of its first versions. Their
shapes are those of `compute_output_shape` in keras/src/layers."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, minus, plus, quotient
from netlint.ops.arithmetic import axis_of, differ, integer, integers, refused, undetermined, whole
from netlint.ops.keras_layers import arriving, last_of
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report


def dot(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Sums over one axis of each input; batches stand in both and once in the result (Dot.compute_output_shape)."""
    a, b, axes = arriving(inputs), arriving(inputs, 1), node.get("axes", ())
    if isinstance(a, Unknown) or isinstance(b, Unknown) or not isinstance(axes, tuple) or len(axes) != 2:
        return undetermined(node)
    one, other = axes
    if not isinstance(one, int) or not isinstance(other, int):
        return undetermined(node)
    if not -len(a) <= one < len(a) or not -len(b) <= other < len(b):
        return undetermined(node)
    one, other = one % len(a), other % len(b)
    if differ(a[one], b[other]):
        return refused(
            node,
            inputs,
            report,
            "matmul-mismatch",
            f"{node.label} multiplies axis {one} of extent {a[one]} with axis {other} of extent {b[other]}",
            slots=(0, 1),
            remedy="give both inputs one extent along the axes that are summed over",
        )
    rest = [dim for axis, dim in enumerate(b) if axis != other][1:]
    result = [dim for axis, dim in enumerate(a) if axis != one] + rest
    return Outcome((tuple(result) if len(result) > 1 else (*result, 1),))


def einsum_dense(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`ab,bc->ac`: axes of the output come from the input, from `output_shape`, or from both (einsum_dense.py)."""
    shape, equation = arriving(inputs), node.get("equation", "")
    if isinstance(shape, Unknown) or not isinstance(equation, str):
        return undetermined(node)
    left, arrow, after = equation.replace(" ", "").partition("->")
    before, comma, kernel = left.partition(",")
    if (
        not arrow
        or not comma
        or len(set(after.replace("...", ""))) != len(after.replace("...", ""))
        or len(equation) > 64
    ):
        return undetermined(node)
    given = node.get("output_shape", ())
    sizes = list(whole(given)) if isinstance(given, tuple) else []
    extents: dict[str, Dim] = {}
    if before.startswith("...") or before.endswith("..."):
        leading = before.startswith("...")
        named = before.replace("...", "")
        if len(named) > len(shape):
            return undetermined(node)
        free = len(shape) - len(named)
        own = shape[free:] if leading else shape[: len(named)]
        extents.update(zip(named, own, strict=True))
        elided: tuple[Dim, ...] = shape[:free] if leading else shape[len(named) :]
        letters = after.replace("...", "")
        # The sizes that are given count from the side where nothing is left open.
        wanted: list[Dim] = sizes[-len(letters) :] if leading else [shape[0], *sizes][: len(letters)]
        if leading:
            wanted = [*[UNKNOWN] * (len(letters) - len(wanted)), *wanted]
        for letter, size in zip(letters, wanted, strict=False):
            if letter not in extents or isinstance(extents[letter], Unknown):
                extents[letter] = size
        named_out = tuple(extents.get(letter, UNKNOWN) for letter in letters)
        result = (*elided, *named_out) if leading else (*named_out, *elided)
    else:
        if len(before) != len(shape):
            return undetermined(node)
        extents.update(zip(before, shape, strict=True))
        for letter, size in zip(after[1:], sizes, strict=False):
            if letter not in extents or (isinstance(extents[letter], Unknown) and isinstance(size, int)):
                extents[letter] = size
        result = tuple(extents.get(letter, UNKNOWN) for letter in after)
    weight: Shape = tuple(extents.get(letter, UNKNOWN) for letter in kernel)
    axes = node.get("bias_axes", "")
    bias = _bias(axes, after.replace("...", ""), extents) if isinstance(axes, str) else UNKNOWN
    return Outcome((result,), (weight, bias)[: len(node.params)])


def _bias(axes: str, letters: str, extents: dict[str, Dim]) -> Shape:
    """One element for each index of the bias' axes; a 1 for each axis behind the first of them."""
    first = min((letters.find(letter) for letter in axes if letter in letters), default=len(letters))
    return tuple(extents.get(letter, UNKNOWN) if letter in axes else 1 for letter in letters[first:])


def reverse_embedding(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(..., features) -> (..., vocabulary)` by the transposed table."""
    shape = arriving(inputs)
    rows, features = integer(node, "vocabulary", 0), integer(node, "out_features", 0)
    output: Shape = UNKNOWN if isinstance(shape, Unknown) else (*shape[:-1], rows)
    return Outcome((output,), ((rows, features),)[: len(node.params)])


def multi_head(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`query (N, T..., F), value, key -> (N, T..., F)`, or as wide as `output_shape`; kernels `(F, heads, width)`, the
    last one `(heads, width, F)` (multi_head_attention.py, grouped_query_attention.py)."""
    query, value = arriving(inputs), arriving(inputs, 1)
    key = arriving(inputs, 2) if len(inputs) > 2 else value
    if isinstance(query, Unknown) or not query:
        return undetermined(node)
    heads, width = integer(node, "num_heads", 0), integer(node, "key_dim", 0)
    held = integer(node, "kv_num_heads", 0) if "kv_num_heads" in node.attrs else heads
    deep = integer(node, "value_dim", 0) if "value_dim" in node.attrs else width
    wanted = node.get("output_shape", ())
    last: tuple[Dim, ...] = whole(wanted) if isinstance(wanted, tuple) and wanted else (query[-1],)
    shapes: dict[str, Shape] = {
        "query_weight": (query[-1], heads, width),
        "query_bias": (heads, width),
        "key_weight": (last_of(key), held, width),
        "key_bias": (held, width),
        "value_weight": (last_of(value), held, deep),
        "value_bias": (held, deep),
        "output_weight": (heads, deep, *last),
        "output_bias": last,
    }
    params = tuple(shapes.get(param.role, UNKNOWN) for param in node.params)
    scores: Shape = UNKNOWN
    if len(query) == 3 and isinstance(value, tuple) and len(value) == 3:
        scores = (query[0], heads, query[1], value[1])
    return Outcome(((*query[:-1], *last), scores)[: len(node.outputs)], params)


def attention(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`query (N, T, F), value (N, S, V), key (N, S, F) -> (N, T, V)` (attention.py, additive_attention.py)."""
    query, value = arriving(inputs), arriving(inputs, 1)
    if isinstance(query, Unknown) or isinstance(value, Unknown) or len(query) < 2 or len(value) < 2:
        return undetermined(node)
    each: Shape = (query[-1],) if node.op == "keras::AdditiveAttention" else ()
    outputs: tuple[Shape, ...] = ((*query[:-1], value[-1]), (*query[:-1], value[-2]))
    return Outcome(outputs[: len(node.outputs)], (each,) * len(node.params))


def halved(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """One half along `axis` gates the other."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report, default=-1)
    if axis is None:
        return undetermined(node)
    return Outcome(((*shape[:axis], quotient(shape[axis], 2), *shape[axis + 1 :]),))


def locally(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """As a convolution; the weights, which differ from place to place, are not described."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    rank = len(shape) - 2
    kernel, strides = integers(node, "kernel_shape", rank, 1), integers(node, "strides", rank, 1)
    same_size = "auto_pad" in node.attrs
    spatial = tuple(
        quotient(plus(minus(size, 1 if same_size else extent), step), step)
        for size, extent, step in zip(shape[2:], kernel, strides, strict=True)
    )
    return Outcome(((shape[0], integer(node, "out_channels", 0), *spatial),), (UNKNOWN,) * len(node.params))


def maxout(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, F) -> (N, out)`; weight `(pieces, F, out)`, bias `(pieces, out)` (keras/layers/core.py of Keras 1.2.2)."""
    shape, units, pieces = arriving(inputs), integer(node, "out_features", 0), integer(node, "pieces", 4)
    if isinstance(shape, Unknown) or len(shape) != 2:
        return undetermined(node)
    params: tuple[Shape, ...] = ((pieces, shape[1], units), (pieces, units))
    return Outcome(((shape[0], units),), params[: len(node.params)])


def highway(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; weight `(F, F)` (keras/layers/core.py of Keras 1.2.2)."""
    shape = arriving(inputs)
    return Outcome((shape,), ((last_of(shape), last_of(shape)),) * len(node.params))


def scaled(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; one factor for each element of the last axis."""
    shape = arriving(inputs)
    return Outcome((shape,), ((last_of(shape),),) * len(node.params))


def elements(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; parameters have one element for each of a sample."""
    shape = arriving(inputs)
    each: Shape = UNKNOWN if isinstance(shape, Unknown) else shape[1:]
    return Outcome((shape,), (each,) * len(node.params))


OPERATORS = (
    Operator("keras::MaxoutDense", maxout, kind="weighted"),
    Operator("keras::Highway", highway, kind="weighted"),
    Operator("keras::LayerScale", scaled, kind="affine", linear=True),
    Operator("keras::Dot", dot, kind="merge"),
    Operator("keras::EinsumDense", einsum_dense, kind="weighted", linear=True),
    Operator("keras::ReverseEmbedding", reverse_embedding, kind="weighted", linear=True),
    Operator("keras::LocallyConnected", locally, kind="weighted", linear=True),
    Operator("keras::MultiHeadAttention", multi_head, kind="weighted"),
    Operator("keras::Attention", attention),
    Operator("keras::AdditiveAttention", attention),
    Operator("keras::GLU", halved),
    Operator("keras::SReLU", elements, kind="activation", activation=Activation()),
    Operator("keras::ParametricSoftplus", elements, kind="activation", activation=Activation()),
)
