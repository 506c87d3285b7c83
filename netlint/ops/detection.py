"""Object detection: prior boxes, regions of interest, and the heads that decode or score boxes."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import came_from, integer, integers, needs_rank, undetermined
from netlint.ops.operator import Loss, Operator, Outcome, Report


def prior_box(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W), image -> (1, 2, H x W x priors x 4)`: four coordinates and four variances a box
    (weiliu89/caffe src/caffe/layers/prior_box_layer.cpp, Reshape)."""
    shape, priors = inputs[0] if inputs else UNKNOWN, integer(node, "priors", 0)
    if isinstance(shape, Unknown):
        return Outcome(((1, 2, UNKNOWN),))
    if not needs_rank(node, 0, shape, 4, "batch, channels, height and width", report):
        return undetermined(node)
    return Outcome(((1, 2, _times(shape[2], shape[3], priors, 4)),))


def detection_output(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`locations, confidences, priors -> (1, 1, K, 7)`, K boxes being kept
    (weiliu89/caffe src/caffe/layers/detection_output_layer.cpp, Reshape)."""
    head_fits(node, inputs, report)
    return Outcome(((1, 1, UNKNOWN, 7),) * len(node.outputs))


def multi_box_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`locations, confidences, priors, boxes -> scalar` (weiliu89/caffe src/caffe/layers/multibox_loss_layer.cpp)."""
    head_fits(node, inputs, report)
    return Outcome(((),) * len(node.outputs))


def head_fits(node: Node, inputs: Sequence[Shape], report: Report) -> None:
    """Four numbers a prior box (for each class, unless they share one location), and a score a class and box."""
    if len(inputs) < 3 or isinstance(inputs[2], Unknown) or len(inputs[2]) < 3:
        return
    extent, classes = inputs[2][2], integer(node, "classes", 0)
    if not isinstance(extent, int) or not isinstance(classes, int) or classes < 1:
        return
    boxes = extent // 4
    located = 1 if node.get("share_location", True) is True else classes
    wanted = (
        (0, boxes * located * 4, "4 coordinates" + (" a class" if located > 1 else "")),
        (1, boxes * classes, f"{classes} class scores"),
    )
    # Both heads agree on so many boxes for each: forks have prior boxes of their own (TextBoxes shifts each one).
    agreed = {_times_as_many(inputs[slot], needed) for slot, needed, _ in wanted}
    denser = len(agreed) == 1 and agreed != {0}
    for slot, needed, what in wanted:
        shape = inputs[slot]
        if isinstance(shape, Unknown) or len(shape) < 2:
            continue
        given = shape[1]
        if isinstance(given, int) and given != needed:
            report(
                Problem(
                    "loss-label-count",
                    f"{node.label} gets {boxes} prior boxes and needs {what} for each, {needed} in all, but "
                    f"`{node.inputs[slot].value.name}` gives {given}",
                    node.inputs[slot],
                    related=(*came_from(node, slot, shape), *came_from(node, 2, inputs[2])),
                    remedy="make the head's num_output match the prior boxes of its PriorBox layer"
                    + (" and `num_classes`" if slot else ""),
                    node=node,
                    severity="info" if denser else None,
                )
            )


def _times_as_many(shape: Shape, needed: int) -> int:
    """How many times `needed` a head gives; 0 where that is no whole number."""
    given = UNKNOWN if isinstance(shape, Unknown) or len(shape) < 2 else shape[1]
    return given // needed if isinstance(given, int) and needed and given % needed == 0 else 0


def detection_evaluate(node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """`detections, boxes -> (1, 1, K, 5)` (weiliu89/caffe src/caffe/layers/detection_evaluate_layer.cpp)."""
    return Outcome(((1, 1, UNKNOWN, 5),) * len(node.outputs))


def boxes(node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """`(1, 1, K, 7)`, K boxes being kept (eric612/MobileNet-YOLO src/caffe/layers/yolo_detection_output_layer.cpp and
    yolov3_detection_output_layer.cpp, Reshape)."""
    return Outcome(((1, 1, UNKNOWN, 7),) * len(node.outputs))


def _times(*dims: Dim) -> Dim:
    count = 1
    for dim in dims:
        if isinstance(dim, Unknown):
            return UNKNOWN
        count *= dim
    return count


def roi_pool(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W), (R, 5) -> (R, C, pooled height, pooled width)` (rbgirshick/fast-rcnn, roi_pooling_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    high, wide = integers(node, "pooled_shape", 2, 0)
    if not isinstance(shape, Unknown) and not needs_rank(
        node, 0, shape, 4, "batch, channels, height and width", report
    ):
        return undetermined(node)
    channels = UNKNOWN if isinstance(shape, Unknown) else shape[1]
    return Outcome(((_regions(inputs), channels, high, wide),) * len(node.outputs))


def position_sensitive_pool(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, D x g x g, H, W), (R, 5) -> (R, D, g, g)`: each cell of the grid has its own channels
    (daijifeng001/caffe-rfcn src/caffe/layers/psroi_pooling_layer.cpp, Reshape)."""
    shape = inputs[0] if inputs else UNKNOWN
    outputs, group = integer(node, "out_channels", 0), integer(node, "group", 0)
    needed = _times(outputs, group, group)
    if not isinstance(shape, Unknown) and len(shape) > 1:
        channels = shape[1]
        if isinstance(channels, int) and isinstance(needed, int) and channels != needed:
            report(
                Problem(
                    "channel-mismatch",
                    f"{node.label} makes {outputs} channels of a {group}x{group} grid and needs {needed} input "
                    f"channels, but gets {spell(shape)}",
                    node.place("out_channels", "group"),
                    related=came_from(node, 0, shape),
                    remedy=f"give the layer before it num_output {needed}",
                    node=node,
                )
            )
    return Outcome(((_regions(inputs), outputs, group, group),) * len(node.outputs))


def _regions(inputs: Sequence[Shape]) -> Dim:
    rois = inputs[1] if len(inputs) > 1 else UNKNOWN
    return UNKNOWN if isinstance(rois, Unknown) or not rois else rois[0]


def scalar(node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """One number, whatever the inputs."""
    return Outcome(((),) * len(node.outputs))


_BOXES = Loss(expects="values", targets="other")

OPERATORS = (
    Operator("caffe::PriorBox", prior_box, differentiable=False),
    Operator("caffe::DetectionOutput", detection_output, differentiable=False),
    Operator("caffe::YoloDetectionOutput", boxes, differentiable=False),
    Operator("caffe::DetectionEvaluate", detection_evaluate, kind="metric", differentiable=False),
    Operator("caffe::MultiBoxLoss", multi_box_loss, kind="loss", in_place="corrupts", loss=_BOXES),
    Operator("caffe::RegionLoss", scalar, kind="loss", in_place="corrupts", loss=_BOXES),
    Operator("MaxRoiPool", roi_pool, kind="pooling", in_place="corrupts"),
    Operator("caffe::PSROIPooling", position_sensitive_pool, kind="pooling", in_place="corrupts"),
)
