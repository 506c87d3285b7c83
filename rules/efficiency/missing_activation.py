"""Dense layers with nothing nonlinear between."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import LinearChains
from netlint.finding import Severity


@rule(severity="warning", needs=(LinearChains,))
def missing_activation(model: Model, ctx: Context) -> Iterator[Finding]:
    chains = ctx[LinearChains]
    for chain in chains.chains:
        # A narrow middle is a matrix of low rank, as in linear bottlenecks and adapters.
        links = [link for link in chain if not link.bottleneck]
        if not links:
            continue
        spatial = any(link.spatial for link in chain)
        sure = (len(links) > 1 and not spatial) or chains.linear_throughout
        # Two convolutions end a pyramid or begin an upsampler; of three nobody has a use.
        if spatial and not sure and len(links) < 2:
            continue
        # 38 published Caffe networks end in two plain InnerProduct layers (cifar10_quick).
        severity: Severity | None = None if sure and model.dialect != "caffe" else "info"
        layers = [chain[0].first, *(link.second for link in chain)]
        count = {2: "two", 3: "three"}.get(len(layers), str(len(layers)))
        yield ctx.finding(
            links[0].second,
            f"{links[0].second.label} follows {links[0].first.label} with nothing nonlinear between: the {count} "
            f"layers together compute what one "
            + (
                "convolution with a larger kernel computes (but for the border)"
                if spatial
                else f"matrix of {chain[0].fed}x{chain[-1].out} computes"
            ),
            related=[(layer, "linear") for layer in layers if layer is not links[0].second],
            remedy="put an activation between them, or make one layer of them",
            severity=severity,
        )
