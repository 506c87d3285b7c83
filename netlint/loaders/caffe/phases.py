"""Which layers a phase has, as `Net::FilterNet` decides (BVLC/caffe src/caffe/net.cpp)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.loaders.caffe.layer import Block, Layer
from netlint.loaders.text_format import Field
from netlint.model import Attr, Span

PHASES: Final = ("TRAIN", "TEST")


@dataclass(frozen=True, slots=True)
class State:
    """A NetState: what the layers' rules are held against."""

    phase: str
    level: int | None = None
    stages: frozenset[str] = frozenset()
    #: A solver runs the net in exactly this state; otherwise it is only one that might be.
    settled: bool = False

    def merged(self, *blocks: Block) -> State:
        """With the levels and stages that these NetState messages add, later ones winning (Solver::InitTrainNet)."""
        level, stages = self.level, self.stages
        for block in blocks:
            level = block.number("level") if block.has("level") else level
            stages |= {str(item.value) for item in block.all("stage")}
        return State(self.phase, level, stages, self.settled)


#: Both phases, with no more than the net itself says.
ANY_SOLVER: Final = tuple(map(State, PHASES))


def included(layer: Layer, state: State) -> bool:
    """Net::FilterNet: with include rules one must match, otherwise no exclude rule may."""
    include, exclude = layer.message.by_name.get("include"), layer.message.by_name.get("exclude")
    if include:
        return any(_meets(Block(layer.source, "include", "NetStateRule", rule), state) for rule in include)
    return not any(_meets(Block(layer.source, "exclude", "NetStateRule", rule), state) for rule in exclude or ())


def possible(layer: Layer, phase: str) -> bool:
    """Whether some level and stages would put the layer into this phase: a solver may set them."""
    include = layer.message.by_name.get("include")
    if not include:
        return not any(
            rule.message is not None and set(rule.message.by_name) == {"phase"} and _phase_of(layer, rule) == phase
            for rule in layer.message.by_name.get("exclude", ())
        )
    return any(_phase_of(layer, rule) in ("", phase) for rule in include)


def _phase_of(layer: Layer, rule: Field) -> str:
    """The phase that a rule asks for; empty for any."""
    block = Block(layer.source, rule.name, "NetStateRule", rule)
    return str(block.get("phase")) if block.has("phase") else ""


def _meets(rule: Block, state: State) -> bool:
    """Net::StateMeetsRule: phase, level, every `stage`, no `not_stage`."""
    level, stages = state.level or 0, state.stages
    return (
        (not rule.has("phase") or rule.get("phase") == state.phase)
        and (not rule.has("min_level") or level >= rule.number("min_level"))
        and (not rule.has("max_level") or level <= rule.number("max_level"))
        and all(item.value in stages for item in rule.all("stage"))
        and not any(item.value in stages for item in rule.all("not_stage"))
    )


def include_phases(layer: Layer) -> Attr | None:
    """The phases that the layer's `include` rules name: where its author wants it."""
    rules = layer.message.by_name.get("include")
    if not rules:
        return None
    blocks = [Block(layer.source, "include", "NetStateRule", rule) for rule in rules]
    phases = tuple(str(block.get("phase")) for block in blocks if block.has("phase"))
    return Attr("include", phases, Span(layer.source, rules[0].name_start, rules[0].end), "include")


def only_phase(layer: Layer) -> str:
    """The phase that a single include rule without further conditions restricts the layer to; else empty."""
    rules = layer.message.by_name.get("include", [])
    if len(rules) != 1 or rules[0].message is None or set(rules[0].message.by_name) != {"phase"}:
        return ""
    return str(rules[0].message.by_name["phase"][0].value)
