"""A graph input that nothing reads."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", dialects=("onnx",))
def input_disconnected(model: Model, ctx: Context) -> Iterator[Finding]:
    if not model.results:
        return
    for node in model.by_op.get("Input", ()):
        value = node.outputs[0]
        if not value.uses and value not in model.results:
            yield ctx.finding(
                node,
                f"nothing reads the graph input `{value.name}`: callers must give it, and it changes nothing",
                remedy="remove the input, or connect what should read it",
            )
