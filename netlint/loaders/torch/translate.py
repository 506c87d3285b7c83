"""From the operators of `aten` to the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.aten.made import Made, Translation


@cache
def _translations() -> Mapping[str, Translation]:
    from netlint.loaders.torch.aten import elementwise, layers, layout, losses, reduce

    families = (elementwise, layers, layout, losses, reduce)
    return {name: translate for family in families for name, translate in family.TRANSLATIONS.items()}


def translated(call: Call) -> Made | None:
    """The node that a call becomes; None where the vocabulary has no word for it, and it keeps its own."""
    translate = _translations().get(call.name)
    return None if translate is None else translate(call)
