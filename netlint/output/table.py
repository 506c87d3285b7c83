"""`netlint show`: the nodes of a model with shapes and parameter counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from netlint.facts import Shapes
from netlint.model import Model, Node, Shape, Unknown, product, spell
from netlint.output.told import printable


def render(models: Iterable[tuple[Model, Shapes]]) -> str:
    """One table a network; phases in which nothing differs share one."""
    phases: dict[tuple[str, str], list[str]] = {}
    for model, shapes in models:
        name = printable(f"{model.source.path}: {model.name or 'unnamed'}")
        phases.setdefault((name, f"{_dialect(model)}, {_table(model, shapes)}"), []).append(model.phase)
    return "\n\n".join(
        f"{name} ({', '.join(found)}), {table}" if any(found) else f"{name}, {table}"
        for (name, table), found in phases.items()
    )


def _dialect(model: Model) -> str:
    """The framework, and the fork with its evidence: caffe, fork SSD or NVIDIA (`Permute` in line 12)."""
    variant = model.variant
    if variant is None:
        return model.dialect
    if variant.given:
        return f"{model.dialect}, fork {variant.name} (as told)"
    words = ", ".join(f"`{word.word}` in line {word.span.line}" for word in variant.evidence)
    names = (variant.name, *variant.others)
    fork = " or ".join(names) if len(names) < 4 else f"{names[0]} or one of {len(names) - 1} others"
    return f"{model.dialect}, fork {fork} ({words})"


def _table(model: Model, shapes: Shapes) -> str:
    """The number of nodes, one row a node, a total below."""
    rows = [("line", "name", "type", "output", "parameters")]
    total, complete = 0, True
    for node in model.nodes:
        count = _count(node, shapes)
        complete = complete and count is not None
        total += count or 0
        line = str(node.span.line) if node.span else ""
        outputs = ", ".join(spell(shapes[value]) for value in node.outputs)
        parameters = "" if not node.params else f"{count:,}" if count is not None else "?"
        rows.append((line, printable(node.name), printable(node.dialect_op), printable(outputs), parameters))
    head = f"{len(model.nodes)} nodes"
    return "\n".join([head, *_columns(rows), f"{total:,} parameters{'' if complete else ' known, some unknown'}"])


def _count(node: Node, shapes: Shapes) -> int | None:
    total = 0
    for param in node.params:
        shape = shapes.param(node, param)
        elements = shape if isinstance(shape, Unknown) else product(shape)
        if isinstance(elements, Unknown):
            return None
        total += elements
    return total


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if column in (0, len(row) - 1) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def render_json(models: Iterable[tuple[Model, Shapes]]) -> str:
    """The contract of `show.schema.json`: unknown dimensions are null, and so is the shape of an unknown rank."""
    return json.dumps({"models": [_model(model, shapes) for model, shapes in models]}, indent=2, ensure_ascii=False)


def _model(model: Model, shapes: Shapes) -> dict[str, Any]:
    return {
        "path": model.source.path,
        "name": model.name,
        "dialect": model.dialect,
        "phase": model.phase,
        "nodes": [_node(node, shapes) for node in model.nodes],
    }


def _node(node: Node, shapes: Shapes) -> dict[str, Any]:
    return {
        "name": node.name,
        "op": node.op,
        "dialect_op": node.dialect_op,
        "line": node.span.line if node.span else None,
        "inputs": [edge.value.name for edge in node.inputs],
        "outputs": [{"name": value.name, "shape": _shape(shapes[value])} for value in node.outputs],
        "params": [{"role": param.role, "shape": _shape(shapes.param(node, param))} for param in node.params],
    }


def _shape(shape: Shape) -> list[int | None] | None:
    if isinstance(shape, Unknown):
        return None
    return [None if isinstance(dim, Unknown) else dim for dim in shape]
