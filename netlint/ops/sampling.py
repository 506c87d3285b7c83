"""Images read at computed places: grids, regions, columns, boxes."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, product, spell
from netlint.ops.arithmetic import MOST_AXES, called, differ, integer, listed, needs_rank, refused, undetermined
from netlint.ops.constants import shares
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def sampled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`X (N, C, d...), grid (N, o..., r) -> (N, C, o...)` (ONNX GridSample)."""
    shape, grid = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(shape, Unknown) or isinstance(grid, Unknown):
        return undetermined(node)
    rank = len(shape) - 2
    if rank < 1 or len(grid) != len(shape) or differ(grid[-1], rank):
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} reads {spell(shape)} at the places of {called(node, 1)} {spell(grid)}, which needs "
            f"{len(shape)} axes and {max(rank, 0)} coordinates in the last one",
            slots=(0, 1),
            remedy="give a grid of batch, the output's spatial axes, and one coordinate for each of them",
        )
    if differ(shape[0], grid[0]):
        return refused(
            node,
            inputs,
            report,
            "merge-shape-mismatch",
            f"{node.label} reads {shape[0]} images ({spell(shape)}) at the places of {grid[0]} grids ({spell(grid)})",
            slots=(0, 1),
            remedy="give each image a grid",
        )
    return Outcome(((*shape[:2], *grid[1:-1]),) * len(node.outputs))


def grid(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`theta (N, r, r + 1), size (N, C, d...) -> (N, d..., r)` (ONNX AffineGrid)."""
    size = listed(node, inputs, "", 1)
    if not isinstance(size, tuple) or not 3 <= len(size) <= MOST_AXES:
        return undetermined(node)
    return Outcome(((size[0], *size[2:], len(size) - 2),) * len(node.outputs))


def folded(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, C x block, L), image_shape, block_shape -> (N, C, image...)` (ONNX Col2Im)."""
    shape = inputs[0] if inputs else UNKNOWN
    image, block = listed(node, inputs, "", 1), listed(node, inputs, "", 2)
    if isinstance(shape, tuple) and not needs_rank(node, 0, shape, 3, "batch, columns and places", report):
        return undetermined(node)
    if not isinstance(image, tuple) or len(image) > MOST_AXES:
        return undetermined(node)
    batch, columns = (UNKNOWN, UNKNOWN) if isinstance(shape, Unknown) else shape[:2]
    cells = product(block) if isinstance(block, tuple) and len(block) <= MOST_AXES else UNKNOWN
    if isinstance(columns, int) and isinstance(cells, int) and cells > 0 and columns % cells:
        return refused(
            node,
            inputs,
            report,
            "channel-mismatch",
            f"{node.label} folds {columns} columns ({spell(shape)}) into blocks of {cells}, which do not divide them",
            remedy=f"give a multiple of {cells} columns",
        )
    return Outcome(((batch, shares(columns, cells), *image),) * len(node.outputs))


def aligned(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`X (N, C, H, W), rois (R, 4), batch_indices (R,) -> (R, C, output_height, output_width)` (ONNX RoiAlign)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and not needs_rank(node, 0, shape, 4, "batch, channels, height and width", report):
        return undetermined(node)
    regions: Dim = UNKNOWN
    for slot in (2, 1):
        given = inputs[slot] if slot < len(inputs) else UNKNOWN
        if isinstance(given, tuple) and given and not isinstance(regions, int):
            regions = given[0]
    channels = UNKNOWN if isinstance(shape, Unknown) else shape[1]
    high, wide = integer(node, "output_height", 1), integer(node, "output_width", 1)
    return Outcome(((regions, channels, high, wide),) * len(node.outputs))


def suppressed(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`boxes (N, B, 4), scores (N, C, B) -> (K, 3)` (ONNX NonMaxSuppression)."""
    for slot, what in ((0, "batch, boxes and 4 coordinates"), (1, "batch, classes and boxes")):
        shape: Shape = inputs[slot] if slot < len(inputs) else UNKNOWN
        if isinstance(shape, tuple) and not needs_rank(node, slot, shape, 3, what, report):
            return undetermined(node)
    boxes, scores = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(boxes, tuple) and isinstance(scores, tuple) and differ(boxes[1], scores[2]):
        refused(
            node,
            inputs,
            report,
            "merge-shape-mismatch",
            f"{node.label} gets {boxes[1]} boxes ({spell(boxes)}) but scores for {scores[2]} ({spell(scores)})",
            slots=(0, 1),
            remedy="give each box one score a class",
        )
    return Outcome(((UNKNOWN, 3),) * len(node.outputs))


def decoded(node: Node, _inputs: Arrived, _report: Report) -> Outcome:
    """`(height, width, channels)` of an image file (ONNX ImageDecoder)."""
    pixels = node.get("pixel_format", "RGB")
    channels: Dim = 3 if pixels in ("RGB", "BGR") else 1 if pixels == "Grayscale" else UNKNOWN
    return Outcome(((UNKNOWN, UNKNOWN, channels),) * len(node.outputs))


OPERATORS = (
    Operator("GridSample", sampled, kind="layout"),
    Operator("AffineGrid", grid),
    Operator("Col2Im", folded, kind="layout", linear=True),
    Operator("RoiAlign", aligned, kind="pooling"),
    Operator("NonMaxSuppression", suppressed, differentiable=False),
    Operator("ImageDecoder", decoded, differentiable=False),
)
