"""Bad input never hurts: one clear answer with a place, no exception, bounded time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint import Report, lint
from tests.test_fixtures import FIXTURES

NET = 'layer { name: "relu" type: "ReLU" bottom: "x" top: "y" }\n'


def lint_bytes(folder: Path, data: bytes, name: str = "net.prototxt") -> Report:
    path = folder / name
    path.write_bytes(data)
    return lint(path)


@pytest.mark.parametrize(
    ("name", "data", "rule", "place", "message"),
    [
        ("empty.prototxt", b"", "unreadable-model", (1, 1), "the file is empty"),
        (
            "comments.prototxt",
            b"# nothing\n",
            "unreadable-model",
            (1, 1),
            "the file holds comments only: there is no network in it",
        ),
        ("cut.prototxt", NET.encode()[:-3] + b"\n", "syntax", (1, 1), "`layer` is opened here and never closed"),
        (
            "weights.prototxt",
            b"\x0a\x05LeNet\x00\x12\x00\xff",
            "unreadable-model",
            (1, 1),
            "the file is binary, not a definition in text form",
        ),
        (
            "utf16.prototxt",
            NET.encode("utf-16"),
            "unreadable-model",
            (1, 1),
            "the file is UTF-16 text, which Caffe cannot read",
        ),
        (
            "bom.prototxt",
            b"\xef\xbb\xbf" + NET.encode(),
            "syntax",
            (1, 1),
            "the file starts with a byte-order mark, at which Caffe's parser stops",
        ),
        (
            "pointer.prototxt",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 548000000\n",
            "lfs-pointer",
            (1, 1),
            "the file is a Git LFS pointer, 548.0 MB are not downloaded: it was not linted",
        ),
        (
            "deep.prototxt",
            b"layer { " * 100_000,
            "syntax",
            (1, 801),
            "nested deeper than 100 messages: protobuf refuses it",
        ),
        (
            "template.prototxt",
            b'input: "data"\ninput_dim: {height}\nlayer { name: $NAME type: "ReLU" }\n',
            "template-placeholder",
            (2, 12),
            "the file is a template: `{height}` stands for a value that is still to be filled in",
        ),
        (
            "constants.prototxt",
            b'layer { name: "d" type: "Data" top: "d" data_param { batch_size: BATCH_SIZE } }\n',
            "template-placeholder",
            (1, 66),
            "the file is a template: `BATCH_SIZE` stands for a value that is still to be filled in",
        ),
        (
            "notes.txt",
            b"Dear diary\n",
            "unreadable-model",
            (1, 1),
            "no loader recognises this file by its name or first bytes",
        ),
    ],
)
def test_one_clear_answer(
    tmp_path: Path, name: str, data: bytes, rule: str, place: tuple[int, int], message: str
) -> None:
    report = lint_bytes(tmp_path, data, name)
    found = [(item.rule, (item.line, item.column), item.message) for item in report.findings]
    assert found == [(rule, place, message)]
    assert report.exit_code == (0 if rule in ("template-placeholder", "lfs-pointer") else 1)


@pytest.mark.parametrize("data", [NET.replace("\n", "\r\n").encode(), b"# caf\xe9 latin-1\n" + NET.encode()])
def test_line_endings_and_foreign_comments_are_fine(tmp_path: Path, data: bytes) -> None:
    assert lint_bytes(tmp_path, data).findings == []


def test_crlf_places_are_those_of_the_lines(tmp_path: Path) -> None:
    report = lint_bytes(tmp_path, b'name: "n"\r\nlayer { name 1 type: "ReLU" bottom: "x" top: "y" }\r\n')
    assert [(item.line, item.column, item.span and item.span.end_column) for item in report.findings] == [(2, 14, 15)]


def test_a_label_map_is_no_network_and_no_mistake(tmp_path: Path) -> None:
    assert lint_bytes(tmp_path, b'item { name: "dog" label: 1 display_name: "dog" }\n').findings == []


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_answered(data: bytes) -> None:
    from netlint.loaders import File, load

    for model in load(File("any.prototxt", data)):
        for problem in model.problems:
            assert problem.message


WORDS = [
    *("layer", "layers", "name", "type", "bottom", "top", "param", "include", "phase", "lr_mult", "input", "dim"),
    *("convolution_param", "pooling_param", "kernel_size", "num_output", "weight_filler", "input_shape", "input_dim"),
    *("{", "}", ":", "TRAIN", "TEST", "CONVOLUTION", "POOLING", '"a"', '"b"', '"Convolution"', '"Pooling"', '"Data"'),
    *('"InnerProduct"', '"Slice"', '"Concat"', '"Reshape"', '"SoftmaxWithLoss"', "0", "1", "-1", "3", "99999999999"),
    *("slice_param", "slice_point", "reshape_param", "shape", "axis", "inner_product_param", "group", "stride", "\n"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=120))
@settings(max_examples=400, deadline=None)
def test_words_of_the_language_in_any_order_are_answered(words: list[str]) -> None:
    for finding in lint(" ".join(words) + "\n", filename="any.prototxt").findings:
        assert finding.rule != "internal-error", finding.message


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_damaged_fixtures_are_answered(path: Path) -> None:
    """Mutate a real net: drop, repeat and swap lines and numbers; no rule may fail on the result."""
    lines = path.read_text(encoding="utf-8").splitlines()
    chance = random.Random(path.name)
    for _ in range(40):
        damaged = list(lines)
        for _ in range(chance.randint(1, 6)):
            at, other = chance.randrange(len(damaged)), chance.randrange(len(damaged))
            match chance.randrange(4):
                case 0:
                    damaged[at] = ""
                case 1:
                    damaged.insert(at, damaged[other])
                case 2:
                    damaged[at], damaged[other] = damaged[other], damaged[at]
                case _:
                    digits = [i for i, letter in enumerate(damaged[at]) if letter.isdigit()]
                    if digits:
                        i = chance.choice(digits)
                        damaged[at] = (
                            f"{damaged[at][:i]}{chance.choice(['0', '-1', '7', '4294967295'])}{damaged[at][i + 1 :]}"
                        )
        report = lint("\n".join([*damaged, ""]), filename="damaged.prototxt")
        assert [finding.message for finding in report.findings if finding.rule == "internal-error"] == []
