"""A new head still bears the name of the pre-trained one, whose shape is another."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Transfer


@rule(severity="error", beyond=True, needs=(Transfer,))
def leftover_name(model: Model, ctx: Context) -> Iterator[Finding]:
    if model.pretrained is None:
        return
    for found in ctx[Transfer].mismatches:
        if found.new_head:
            node, size = found.node, found.node.place("out_features", "out_channels")
            yield ctx.finding(
                node,
                f"{node.label} is a new head of {found.needs}, but still bears the name of the old one, which is "
                f'{found.stored} in {model.pretrained.name}: Caffe stops with "shape mismatch"',
                related=[(size, "the new number of outputs")] if size is not node else [],
                remedy=f'rename it, for instance to "{node.name}_new": it then starts from its filler',
            )
