"""Every run of the tests has a cache of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

from tests.indexes import package_index as package_index


@pytest.fixture(scope="session", autouse=True)
def cache_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("NETLINT_CACHE_DIR")
        os.environ["NETLINT_CACHE_DIR"] = folder
        yield folder
        if before is None:
            del os.environ["NETLINT_CACHE_DIR"]
        else:
            os.environ["NETLINT_CACHE_DIR"] = before
