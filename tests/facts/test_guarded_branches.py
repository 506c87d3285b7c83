"""Branches of an `If` that asks for a shape: the one that does not fit never runs."""

from __future__ import annotations

import pytest

from netlint import lint

SQUEEZE_IF_ONE = """<ir_version: 8, opset_import: ["": 17]>
g (float[2,{axis},4] x, bool asked) => (float[] y)
<int64[1] one = {{1}}, int64[1] wanted = {{1}}>
{{
  shape = Shape(x)
  extent = Gather <axis = 0> (shape, wanted)
  single = Equal(extent, one)
  y = If({condition}) <
    then_branch = squeezed () => (float[] a) {{ a = Squeeze(x, one) }},
    else_branch = kept () => (float[] b) {{ b = Identity(x) }}
  >
}}
"""


@pytest.mark.parametrize(("axis", "condition", "told"), [(3, "single", []), (3, "asked", [9]), (1, "asked", [])])
def test_only_what_may_run_is_judged(axis: int, condition: str, told: list[int]) -> None:
    text = SQUEEZE_IF_ONE.format(axis=axis, condition=condition)
    found = lint(text, filename="a.onnxtxt").findings
    assert [one.line for one in found if one.severity == "error"] == told
