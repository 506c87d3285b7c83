"""Every run of the tests has a cache of its own, and drawn examples that are the same in each run: what fails, fails for
everybody. `NETLINT_FUZZ=1 pytest` draws new ones."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest

from tests.indexes import package_index as package_index

hypothesis.settings.register_profile("same", derandomize=True)
if not os.environ.get("NETLINT_FUZZ"):
    hypothesis.settings.load_profile("same")


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
