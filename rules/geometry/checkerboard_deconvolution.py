"""A deconvolution whose kernel is no multiple of its stride."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Trainability
from netlint.ops.convolution import uneven_overlap


@rule(severity="info", on=("ConvTranspose",), needs=(Trainability,))
def checkerboard_deconvolution(node: Node, ctx: Context) -> Iterator[Finding]:
    overlap, trainability = uneven_overlap(node), ctx[Trainability]
    # An interpolation kernel falls off towards its edges and leaves no grid.
    if overlap is None or trainability.fixed_kernel(node) or not (trainability.learns or node.dialect == "onnx"):
        return
    # One group a channel is how interpolation is written as a convolution.
    if node.dialect == "onnx" and node.get("group", 1) != 1:
        return
    reach, stride = overlap
    if reach > stride:
        yield ctx.finding(
            node.place("kernel_shape", "strides"),
            f"{node.label} overlaps kernels of {reach} pixels at a stride of {stride}: some pixels are written by more "
            "kernels than their neighbours, which tends to leave a checkerboard",
            remedy=f"use a kernel that is a multiple of the stride, such as {2 * stride}",
            node=node,
        )
