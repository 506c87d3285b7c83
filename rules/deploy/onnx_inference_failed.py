"""ONNX's own shape inference, which the user asked for, could not help."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", beyond=True, stated=True)
def onnx_inference_failed(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
