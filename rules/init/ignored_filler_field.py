"""A filler is given a field that it never reads."""

from collections.abc import Iterator, Mapping
from typing import Final

from netlint import Context, Finding, Initializer, Model, rule
from netlint.edits import remove_attr
from netlint.facts import Trainability

#: What each filler reads (BVLC/caffe include/caffe/filler.hpp); `sparse` elsewhere is refused, not ignored.
_READS: Final[Mapping[str, frozenset[str]]] = {
    "constant": frozenset({"value"}),
    "uniform": frozenset({"min", "max"}),
    "normal": frozenset({"mean", "std"}),
    "positive_unitball": frozenset(),
    "xavier_uniform": frozenset({"variance_norm"}),
    "kaiming_normal": frozenset({"variance_norm"}),
    "bilinear": frozenset(),
}


# A filler without type, whose std is ignored too, is told by dead-zero-init where the zeros do harm.
@rule(severity="info", fixes=("safe",), needs=(Trainability,), dialects=("caffe",), unless=("dead-zero-init",))
def ignored_filler_field(model: Model, ctx: Context) -> Iterator[Finding]:
    # A finished model takes all its numbers from a weights file and fills nothing.
    for node in () if ctx[Trainability].deployed else model.nodes:
        seen: set[int] = set()
        for param in node.params:
            start = param.initializer
            # LSTM and RNN fill several blobs from one filler.
            if id(start) in seen or start.kind not in _READS:
                continue
            seen.add(id(start))
            reads = _READS[start.kind]
            for name, given in start.fields.items():
                if given.span is not None and name not in reads and name not in ("type", "sparse"):
                    yield ctx.finding(
                        given,
                        f"{_called(start)} of {node.label} never reads `{name}`: the setting has no effect",
                        remedy=_remedy(start, name),
                        # Without a type nobody knows which of the two was meant.
                        edits=remove_attr(node, given) if "type" in start.fields else (),
                        node=node,
                    )


def _called(start: Initializer) -> str:
    if "type" in start.fields:
        return f"the {start.spelled} filler"
    return "the filler without `type`, which is the constant 0,"


def _remedy(start: Initializer, name: str) -> str:
    readers = {"value": "constant", "std": "gaussian", "mean": "gaussian", "min": "uniform", "max": "uniform"}
    if "type" not in start.fields and name in readers:
        return f'say `type: "{readers[name]}"`'
    other = f', or use the filler that reads it (`type: "{readers[name]}"`)' if name in readers else ""
    return f"remove `{name}`{other}"
