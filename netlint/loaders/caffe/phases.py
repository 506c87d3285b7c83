"""Which layers a phase has, as `Net::FilterNet` decides (BVLC/caffe src/caffe/net.cpp)."""

from __future__ import annotations

from typing import Final

from netlint.loaders.caffe.layer import Block, Layer
from netlint.model import Attr, Span

PHASES: Final = ("TRAIN", "TEST")


def included(layer: Layer, phase: str, state: Block) -> bool:
    """Net::FilterNet: with include rules one must match, otherwise no exclude rule may."""
    include, exclude = layer.message.by_name.get("include"), layer.message.by_name.get("exclude")
    if include:
        return any(_meets(Block(layer.source, "include", "NetStateRule", rule), phase, state) for rule in include)
    return not any(_meets(Block(layer.source, "exclude", "NetStateRule", rule), phase, state) for rule in exclude or ())


def _meets(rule: Block, phase: str, state: Block) -> bool:
    """Net::StateMeetsRule: phase, level, every `stage`, no `not_stage`."""
    level, stages = state.number("level"), {item.value for item in state.all("stage")}
    return (
        (not rule.has("phase") or rule.get("phase") == phase)
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
