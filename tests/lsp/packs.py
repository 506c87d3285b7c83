"""Rules of the tests' own, with every kind of fix, and some that misbehave."""

from __future__ import annotations

from pathlib import Path

_HEAD = '''"""{summary}"""

import os
import time
from collections.abc import Iterator

from netlint import Context, Edit, Finding, Node, rule


'''

LARGE_KERNEL = """@rule(severity="warning", on=("Conv",), fixes=("safe",))
def large_kernel(node: Node, ctx: Context) -> Iterator[Finding]:
    print("a rule may print")
    kernel = node.attrs["kernel_shape"]
    if kernel.value == (5, 5) and kernel.span is not None:
        edit = Edit(kernel.span, "3")
        yield ctx.finding(kernel, f"{node.label} has a 5x5 kernel", node=node, remedy="make it 3x3", edits=(edit,))
"""
LOUD_NAME = """@rule(severity="info", on=("Relu",), fixes=("unsafe",))
def loud_name(node: Node, ctx: Context) -> Iterator[Finding]:
    if node.name.isupper() and node.op_span is not None:
        edit = Edit(node.op_span, '"Sigmoid"')
        yield ctx.finding(node.op_span, "a loud name", node=node, remedy="take a sigmoid", edits=(edit,), applicability="unsafe")
"""
ADVICE = """@rule(severity="info", on=("Softmax",))
def advice(node: Node, ctx: Context) -> Iterator[Finding]:
    yield ctx.finding(node, "a softmax", remedy="think again")
"""
ENDS = """@rule(severity="error", on=("Tanh",))
def ends(node: Node, ctx: Context) -> Iterator[Finding]:
    os._exit(3)
    yield
"""
HANGS = """@rule(severity="error", on=("Sigmoid",))
def hangs(node: Node, ctx: Context) -> Iterator[Finding]:
    time.sleep(1000)
    yield
"""


def pack(folder: Path, *rules: str) -> Path:
    """A rule pack in a folder."""
    house = folder / "pack" / "house"
    house.mkdir(parents=True, exist_ok=True)
    for text in rules:
        name = text.partition("def ")[2].partition("(")[0]
        (house / f"{name}.py").write_text(_HEAD.format(summary=f"About {name}.") + text, encoding="utf-8")
        (house / f"{name}.md").write_text(f"# {name}\n\nThe page of {name}.\n", encoding="utf-8")
    return folder / "pack"
