"""The corpus of public models, where it is at hand: data that is read in place and never part of the project."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CAFFE = Path(__file__).parents[2] / "shared" / "corpora" / "caffe"

needs_corpus = pytest.mark.skipif(not CAFFE.is_dir(), reason="the corpus of public models is not at hand")


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """Path below the corpus -> what is known of the file; of two versions of a path the later one is on disk."""
    if not CAFFE.is_dir():
        return {}
    return {_path(entry): entry for entry in json.loads((CAFFE / "manifest.json").read_text(encoding="utf-8"))}


@cache
def oracle() -> dict[str, dict[str, Any]]:
    """Path -> what Caffe made of the file that is on disk."""
    if not CAFFE.is_dir():
        return {}
    with gzip.open(CAFFE / "oracle.json.gz", "rt", encoding="utf-8") as stream:
        entries = json.load(stream)
    return {_path(entry): entry for entry in entries if entry["commit"] == manifest()[_path(entry)]["commit"]}


def _path(entry: dict[str, Any]) -> str:
    return f"{entry['repo'].replace('/', '+')}/{entry['path']}"
