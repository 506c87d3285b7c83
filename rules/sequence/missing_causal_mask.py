"""A language model sees the tokens that it is to foretell."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Causality


@rule(severity="warning", needs=(Causality,), default=False)
def missing_causal_mask(model: Model, ctx: Context) -> Iterator[Finding]:
    for network in ctx[Causality].models:
        unmasked = [one for one in network.attentions if one.sees == "open"]
        causal = [one for one in network.attentions if one.sees == "causal"]
        if not unmasked or not (network.shifted or causal):
            continue
        first = unmasked[0].node
        if network.shifted is not None:
            why = f"{network.shifted.label} asks each step for the next token of the same sequence"
            other = (network.shifted, "the target is the sequence itself, one step on")
        else:
            why = f"{causal[0].node.label}, in the same stack, is causal"
            other = (causal[0].node, "sees the steps before only")
        more = f" (as {len(unmasked) - 1} more)" if len(unmasked) > 1 else ""
        yield ctx.finding(
            first,
            f"{first.label} lets each step see all others{more}, but {why}: the answer can be read off, and nothing is "
            "learned that helps where it is not there",
            related=[other, *((one.node, "has no mask either") for one in unmasked[1:4])],
            remedy="mask what comes later: `is_causal=True`, `use_causal_mask=True`, or a triangular mask",
        )
