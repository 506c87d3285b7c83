"""Layers under the cursor and in the outline."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from netlint.lsp.jobs import Layer
from netlint.lsp.positions import Lines

#: Outlines longer than this are of no use to people.
_MOST: int = 20_000


def layer_at(layers: Sequence[Layer], offset: int) -> Layer | None:
    """The innermost layer around a place."""
    around = [layer for layer in layers if layer.start <= offset <= layer.end]
    return min(around, key=lambda layer: layer.end - layer.start, default=None)


def describe(layer: Layer) -> str:
    """What is known of a layer, in Markdown."""
    lines = [f"**{_plain(layer.kind)}** {_code(layer.name) if layer.name else '(unnamed)'}", ""]
    lines += [f"- output {_code(name)}: {shape}" if name else f"- output: {shape}" for name, shape in layer.outputs]
    if layer.params:
        each = ", ".join(f"{_plain(role)} {shape}" for role, shape in layer.params)
        count = "?" if layer.count is None else f"{layer.count:,}"
        lines.append(f"- {count} parameters: {each}")
    return "\n".join(lines)


def symbols(layers: Sequence[Layer], lines: Lines) -> list[types.DocumentSymbol]:
    """The outline: every layer with its type and shapes."""
    return [
        types.DocumentSymbol(
            name=layer.name or layer.kind,
            detail=" ".join([layer.kind, *dict.fromkeys(shape for _, shape in layer.outputs)]),
            kind=types.SymbolKind.Object,
            range=lines.range(min(layer.start, layer.name_start), max(layer.end, layer.name_end)),
            selection_range=lines.range(layer.name_start, layer.name_end),
        )
        for layer in layers[:_MOST]
    ]


def _code(name: str) -> str:
    """A name of the file's as code: no backquote ends it."""
    fence = "``" if "`" in name else "`"
    return f"{fence}{' ' if len(fence) > 1 else ''}{name}{' ' if len(fence) > 1 else ''}{fence}"


def _plain(word: str) -> str:
    return "".join(f"\\{char}" if char in "*_`[]<>\\" else char for char in word)
