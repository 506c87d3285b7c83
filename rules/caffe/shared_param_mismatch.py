"""Layers that share a parameter disagree on its shape or its multipliers."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import Attr, Context, Finding, Model, Node, Param, rule
from netlint.facts import Shapes


@rule(severity="error", needs=(Shapes,), dialects=("caffe",))
def shared_param_mismatch(model: Model, ctx: Context) -> Iterator[Finding]:
    owners: dict[str, tuple[Node, Param]] = {}
    multipliers: dict[tuple[str, str], tuple[Node, Attr]] = {}
    for node in model.nodes:
        for param in node.params:
            name = str(param.shared.value) if param.shared is not None else ""
            if not name or param.shared is None:
                continue
            owner, first = owners.setdefault(name, (node, param))
            differing = ctx[Shapes].differing((node, param), (owner, first))
            if differing is not None:
                ours, theirs = differing
                yield ctx.finding(
                    param.shared,
                    f"{node.label} shares its {param.role} `{name}` with {owner.label}, but needs {ours} where "
                    f"that is {theirs}: Caffe stops here",
                    related=[(first.shared or owner, f"{owner.label} owns the parameter")],
                    remedy="give both layers the same number of inputs and outputs, or do not share",
                    node=node,
                )
            for multiplier in (param.lr_mult, param.decay_mult):
                if multiplier is None:
                    continue
                other, said = multipliers.setdefault((name, multiplier.name), (node, multiplier))
                if said.value != multiplier.value:
                    yield ctx.finding(
                        multiplier,
                        f"{node.label} gives the shared parameter `{name}` a {multiplier.name} of {multiplier.value}, "
                        f"but {other.label} says {said.value}: Caffe stops here",
                        related=[(said, f"{other.label} says {said.value}")],
                        remedy="write the same value in both, or only in the first layer",
                        node=node,
                    )
