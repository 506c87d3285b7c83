"""A deconvolution whose kernel is smaller than its stride."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.ops.convolution import uneven_overlap


@rule(severity="warning", on=("ConvTranspose",))
def deconvolution_gap(node: Node, ctx: Context) -> Iterator[Finding]:
    weight, overlap = node.param("weight"), uneven_overlap(node)
    # Given weights that are frozen spread zeros between the pixels on purpose.
    unpools = weight is not None and not weight.trainable and weight.initializer.declared
    if overlap is None or unpools:
        return
    reach, stride = overlap
    if reach < stride:
        yield ctx.finding(
            node.place("kernel_shape", "strides"),
            f"{node.label} puts kernels of {reach} pixels {stride} pixels apart: between them no input reaches "
            f"{stride - reach} of {stride} rows and columns, which hold the bias only",
            remedy=f"use a kernel of at least {stride}, better {2 * stride}",
            node=node,
        )
