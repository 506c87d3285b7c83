"""Edits of the JSON that Keras writes for a model: the arguments of layers, and layers of a Sequential."""

from __future__ import annotations

from netlint.edits.fields import Edits
from netlint.finding import Edit
from netlint.loaders.keras.places import JsonSpan
from netlint.model import Node, Span


def set_argument(node: Node, name: str, text: str) -> Edits:
    """Give an argument of a layer a value, as it stands in JSON; what is missing is written."""
    block = node.block
    if not isinstance(block, JsonSpan) or block.source.binary:
        return ()
    found = block.inside("config", name)
    if found is not None:
        return (Edit(_plain(found), text),)
    config = block.inside("config")
    return _added(config, name, text) if config is not None else ()


def _added(config: JsonSpan, name: str, text: str) -> Edits:
    """One more member behind the others, on a line of its own where they have theirs."""
    source, members = config.source, config.members()
    if not members:
        return ()
    last = max(members.values(), key=lambda span: span.end)
    begin = source.text.rfind("\n", 0, last.start) + 1
    line = source.text[begin : last.start]
    alone = line.lstrip().startswith('"') and line.count('"') == 2
    gap = source.newline + line[: len(line) - len(line.lstrip())] if alone and begin > config.start else " "
    return (Edit(Span(source, last.end, last.end), f',{gap}"{name}": {text}'),)


def remove_sequential(node: Node) -> Edits:
    """Remove a layer from the list of a Sequential model; none in a functional one, where others name it."""
    block = node.block
    if not isinstance(block, JsonSpan) or block.source.binary or block.inside("config") is None:
        return ()
    index = block.steps[-1]
    if block.steps[-2:-1] != ("layers",) or not isinstance(index, int) or block.inside("inbound_nodes") is not None:
        return ()
    siblings = block.around().members()
    text, source = block.source.text, block.source
    after, before = siblings.get(index + 1), siblings.get(index - 1)
    if after is None and before is None:
        return ()
    if after is not None:
        start, end = block.start, after.start
        # A comment belongs to the line that it stands on.
        return (Edit(Span(source, start, end), ""),) if "//" not in text[block.end : end] else _with_comma(block, after)
    assert before is not None
    return (Edit(Span(source, before.end, block.end), ""),) if "//" not in text[before.end : block.start] else ()


def _with_comma(block: JsonSpan, after: JsonSpan) -> Edits:
    comma = block.source.text.find(",", block.end, after.start)
    return (Edit(Span(block.source, block.start, comma + 1), ""),) if comma >= 0 else ()


def _plain(span: JsonSpan) -> Span:
    return Span(span.source, span.start, span.end)
