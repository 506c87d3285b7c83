"""Whole models in the shape of real ones: the marked lines are flagged, everything else is silent."""

from pathlib import Path

import pytest

from netlint.testing import check_file

_ROOT = Path(__file__).parents[1] / "fixtures"
FIXTURES = sorted(
    [
        *(_ROOT / "caffe").rglob("*.prototxt"),
        *(_ROOT / "tensorflow").rglob("*.pbtxt"),
        *(_ROOT / "keras").rglob("*.json"),
    ]
)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    assert check_file(path) == []
