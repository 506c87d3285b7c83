"""netlint's own shape inference against what PyTorch saw: wherever it answers, it agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netlint import lint
from netlint.api import shapes
from netlint.model import Symbol, Unknown, spell
from tests.loaders.torch.programs import CORPUS, FIXTURES, built, needs_corpus

FILES = sorted(FIXTURES.glob("*.pt2")) + sorted(CORPUS.glob("*.pt2"))


def answers(path: Path) -> tuple[int, int, list[str]]:
    """(values, those that netlint answers for in full, how it differs)."""
    total = known = 0
    wrong: list[str] = []
    for hidden, true in zip(built(path, hide=True), built(path), strict=True):
        found = shapes(hidden)
        assert [problem.message for rule in found._problems.values() for problem in rule] == []
        for node, twin in zip(hidden.nodes, true.nodes, strict=True):
            for value, own in zip(node.outputs, twin.outputs, strict=True):
                stated, inferred = own.shape, found[value]
                if node.op == "Input" or isinstance(stated, Unknown):
                    continue
                total += 1
                if isinstance(inferred, Unknown) or any(type(dim) is Unknown for dim in inferred):
                    continue
                known += 1
                if inferred != stated:
                    wrong.append(f"{node.label}: {spell(inferred)}, not {spell(stated)}")
    return total, known, wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_agrees_with_pytorch(path: Path) -> None:
    total, known, wrong = answers(path)
    assert wrong == []
    assert total > 0
    assert known == total


@needs_corpus
def test_the_corpus_is_there() -> None:
    assert len(list(CORPUS.glob("*.pt2"))) >= 9


def test_symbols_agree(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from fixtures.torch import nets

    network, (images,) = nets.ResNet(), (torch.ones(4, 3, 32, 32),)
    batch = {"x": {0: torch.export.Dim("batch")}}
    path = tmp_path / "dynamic.pt2"
    torch.export.save(torch.export.export(network.eval(), (images,), dynamic_shapes=batch, strict=False), path)
    total, known, wrong = answers(path)
    assert (known, wrong) == (total, [])
    (model,) = built(path)
    first = model.nodes[0].outputs[0].shape
    assert isinstance(first, tuple)
    assert isinstance(first[0], Symbol)
    assert model.extents[str(first[0])][0] in (0, 1, 2)


@pytest.mark.parametrize("way", ["eval", "strict", "decomposed"])
def test_other_ways_to_export(way: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from fixtures.torch import nets

    networks: dict[str, Any] = nets.NETS
    for name, make in networks.items():
        network, inputs = make()
        program = torch.export.export(network.train(way != "eval"), inputs, strict=way == "strict")
        if way == "decomposed":
            program = program.run_decompositions()
        path = tmp_path / f"{name}.pt2"
        torch.export.save(program, path)
        total, known, wrong = answers(path)
        assert (known, wrong) == (total, []), name
        assert [finding for finding in lint(str(path)).findings if finding.severity != "info"] == [], name
