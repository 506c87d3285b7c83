"""What the place where the model will run does not have."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Value, rule
from netlint.model import Unknown, spell
from netlint.model.profile import PROFILES, Profile


@rule(severity="warning", beyond=True)
def unsupported_by_profile(model: Model, ctx: Context) -> Iterator[Finding]:
    profile = PROFILES.get(model.task.profile or "")
    if profile is None:
        return
    opset = model.opsets.get("", 0)
    if profile.newest_opset is not None and opset > profile.newest_opset:
        yield ctx.finding(
            None,
            f"the model is written for opset {opset}, and {profile.about} reads {profile.newest_opset} at most",
            remedy=f"export it for opset {profile.newest_opset}, or convert it with `onnx.version_converter`",
        )
    for op, nodes in model.by_op.items():
        if op in profile.operators:
            more = f" (and {len(nodes) - 1} more)" if len(nodes) > 1 else ""
            yield ctx.finding(
                nodes[0],
                f"{nodes[0].label}{more}: the operator {profile.operators[op]} ({profile.about})",
                remedy="write it with operators that the target has, or leave it to another processor",
            )
    yield from _types(model, profile, ctx)
    yield from _open_shapes(model, profile, ctx)


def _types(model: Model, profile: Profile, ctx: Context) -> Iterator[Finding]:
    """Each element type once, where it appears first."""
    found: dict[str, list[Value]] = {}
    if profile.types:
        for value in (*(value for value in model.stored if value.uses), *model.values):
            if value.dtype in profile.types:
                found.setdefault(value.dtype, []).append(value)
    for dtype, values in found.items():
        more = f" (and {len(values) - 1} more)" if len(values) > 1 else ""
        yield ctx.finding(
            values[0],
            f"`{values[0].name}`{more} is {dtype}, which {profile.types[dtype]} ({profile.about})",
            remedy="use float32" if dtype == "float64" else "do this part outside of the model",
            node=values[0].producer or (values[0].uses[0].node if values[0].uses else None),
        )


def _open_shapes(model: Model, profile: Profile, ctx: Context) -> Iterator[Finding]:
    for node in model.by_op.get("Input", ()) if profile.fixed_shapes else ():
        shape = node.outputs[0].shape
        if isinstance(shape, Unknown) or any(isinstance(dim, Unknown) for dim in shape):
            yield ctx.finding(
                node,
                f"the input `{node.name}` has the open shape {spell(shape)}, and {profile.about} wants every "
                "extent fixed",
                remedy="export the model with fixed sizes, or fix them with "
                "`onnxruntime.tools.make_dynamic_shape_fixed`",
            )
