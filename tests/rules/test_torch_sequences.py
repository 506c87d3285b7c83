"""Sequences: dropout of a single recurrent layer, positions and CTC outputs that are too short, causal masks. What a
rule says will fail is tried with PyTorch itself where it is at hand."""

from __future__ import annotations

import io
from typing import Any

import pytest

from netlint import Options, lint
from netlint.finding import Finding
from tests.loaders.torch.programs import archived, call, program, tensor
from tests.rules.keras_text import text

CAUSAL = "missing-causal-mask"


def of(rule: str, findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.severity, one.node, one.message) for one in findings if one.rule == rule]


# ctc-output-too-short

_COLUMNS: list[tuple[str, dict[str, Any]]] = [
    ("InputLayer", {"batch_shape": [None, 12, 8]}),
    ("Dense", {"units": 27, "activation": "softmax"}),
]


@pytest.mark.parametrize(("declared", "found"), [("32,13", True), ("32,12", False), ("", False), ("13", False)])
def test_keras_labels_of_a_declared_length(declared: str, found: bool) -> None:
    report = lint(text(_COLUMNS, "ctc"), filename="net.json", label_shape=declared)
    told = of("ctc-output-too-short", list(report.findings))
    assert told == [
        (
            "warning",
            "loss",
            "ctc `loss` gets 12 time steps, and labels are said to have up to 13 symbols: no path through 12 steps spells "
            "them, so that the loss is infinite (or 0 without a gradient, where infinities are left out)",
        )
    ] * found  # fmt: skip


@pytest.mark.parametrize(("steps", "symbols", "found"), [([10, 10], [3, 12], True), ([10, 12], [3, 12], False)])
def test_lengths_that_the_program_gives(steps: list[int], symbols: list[int], found: bool) -> None:
    node = call(
        "ctc_loss.IntList", "loss", log_probs="%x", targets="%y", input_lengths=steps, target_lengths=symbols,
        blank=0, reduction=1, zero_infinity=False,
    )  # fmt: skip
    tensors = {"x": tensor(12, 2, 5), "y": tensor(2, 12, dtype=5), "loss": tensor()}
    report = lint(archived(program([node], tensors, ["loss"])), filename="net.pt2")
    told = of("ctc-output-too-short", list(report.findings))
    assert [one[0] for one in told] == ["error"] * found
    assert not found or told[0][2].startswith("ctc_loss `loss` gets 10 time steps, and a label has 12 symbols: no path")


def test_torch_gives_an_infinite_loss() -> None:
    torch = pytest.importorskip("torch")

    def loss(steps: int) -> float:
        scores = torch.zeros(steps, 1, 5).log_softmax(-1)
        targets = torch.tensor([[1, 2, 3, 4]])
        return float(torch.nn.functional.ctc_loss(scores, targets, (steps,), (4,)))

    assert loss(3) == float("inf")
    assert loss(4) < float("inf")


def test_a_module_whose_axes_a_loop_may_turn() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.LogSoftmax(-1))

    def told(shape: tuple[int, ...]) -> list[str]:
        report = lint(module, input_shape=shape, loss=torch.nn.CTCLoss(), label_shape="2,12")
        return [one[0] for one in of("ctc-output-too-short", list(report.findings))]

    assert (told((10, 2, 8)), told((2, 10, 8))) == (["warning"], ["warning"])
    assert (told((12, 2, 8)), told((2, 12, 8))) == ([], [])


# position-table-too-short


def test_positions_that_are_counted() -> None:
    def told(rows: int) -> list[tuple[str, str, str]]:
        nodes = [
            call("arange.default", "count", end=32),
            call("unsqueeze.default", "row", self="%count", dim=0),
            call("expand.default", "rows", self="%row", size=[2, -1]),
            call("embedding.default", "places", weight="%w", indices="%rows"),
        ]
        tensors = {
            "w": tensor(rows, 8, grad=True), "count": tensor(32, dtype=5), "row": tensor(1, 32, dtype=5),
            "rows": tensor(2, 32, dtype=5), "places": tensor(2, 32, 8),
        }  # fmt: skip
        data = archived(program(nodes, tensors, ["places"], {"w": "positions.weight"}))
        return of("position-table-too-short", list(lint(data, filename="net.pt2").findings))

    assert told(16) == [
        (
            "error",
            "positions",
            "embedding `positions` looks up 32 positions in a table of 16 rows: the rows from 16 on do not exist",
        )
    ]
    assert told(32) == []


def _positions(torch: Any, rows: int, how: str) -> Any:
    class Tagger(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.words = torch.nn.Embedding(50, 8)
            self.places = torch.nn.Embedding(rows, 8)
            self.table = torch.nn.Parameter(torch.zeros(1, rows, 8))
            self.register_buffer("order", torch.arange(rows)[None])

        def forward(self, tokens: Any) -> Any:
            steps, words = tokens.shape[1], self.words(tokens)
            if how == "counted":
                return words + self.places(torch.arange(steps))
            if how == "buffer":
                return words + self.places(self.order[:, :steps])
            return words + (self.table[:, :steps] if how == "sliced" else self.table)

    return Tagger()


@pytest.mark.parametrize("how", ["counted", "sliced", "whole"])
def test_torch_stops_where_the_table_ends(how: str) -> None:
    torch = pytest.importorskip("torch")
    tokens = torch.zeros(2, 24, dtype=torch.long)
    short, fitting = _positions(torch, 16, how), _positions(torch, 24, how)
    told = of("position-table-too-short", list(lint(short, example_inputs=(tokens,)).findings))
    assert [one[0] for one in told] == ["error"]
    assert not lint(short, example_inputs=(tokens,)).failures
    with pytest.raises((RuntimeError, IndexError)):
        short(tokens)
    assert of("position-table-too-short", list(lint(fitting, example_inputs=(tokens,)).findings)) == []
    fitting(tokens)


def test_positions_that_nobody_knows_are_not_judged() -> None:
    torch = pytest.importorskip("torch")
    tokens = torch.zeros(2, 24, dtype=torch.long)
    report = lint(_positions(torch, 24, "buffer"), example_inputs=(tokens,))
    assert of("position-table-too-short", list(report.findings)) == []


def test_a_range_of_lengths_that_outgrows_the_table() -> None:
    torch = pytest.importorskip("torch")
    tokens = torch.zeros(2, 24, dtype=torch.long)

    def told(longest: int) -> list[str]:
        steps = torch.export.Dim("steps", min=2, max=longest)
        module = _positions(torch, 64, "counted")
        exported = torch.export.export(module, (tokens,), dynamic_shapes=({1: steps},), strict=False)
        stream = io.BytesIO()
        torch.export.save(exported, stream)
        found = of("position-table-too-short", list(lint(stream.getvalue(), filename="net.pt2").findings))
        return [f"{severity}: {message}" for severity, _, message in found]

    assert told(128) == [
        "warning: Embedding `places` looks up sequences of up to 128 positions in a table of 64 rows: the rows from 64 "
        "on do not exist"
    ]
    assert told(64) == []


# rnn-dropout-noop


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"dropout": 0.5}, True),
        ({"dropout": 0.5, "bidirectional": True}, True),
        ({"dropout": 0.5, "num_layers": 2}, False),
        ({"dropout": 0.0}, False),
    ],
)
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
def test_dropout_of_a_single_layer(kind: str, settings: dict[str, Any], found: bool) -> None:
    torch = pytest.importorskip("torch")
    layer = getattr(torch.nn, kind)(4, 5, batch_first=True, **settings)
    # It drops nothing, by PyTorch's own word.
    data = torch.ones(2, 7, 4)
    assert bool((layer(data)[0] == layer(data)[0]).all()) or not found
    stream = io.BytesIO()
    torch.save(layer, stream)
    exported = io.BytesIO()
    torch.export.save(torch.export.export(layer, (data,), strict=False), exported)
    for source, name in ((stream, "net.pt"), (exported, "net.pt2")):
        told = of("rnn-dropout-noop", list(lint(source.getvalue(), filename=name).findings))
        assert [one[0] for one in told] == ["warning"] * found
        assert not found or "has one layer, and its dropout of 0.5 stands between layers only" in told[0][2]


# missing-causal-mask


def _language_model(torch: Any, masks: list[str], how: str, target: str) -> Any:
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, mask: str) -> None:
            super().__init__()
            self.mixed, self.out, self.norm = nn.Linear(16, 48), nn.Linear(16, 16), nn.LayerNorm(16)
            self.mask = mask
            self.register_buffer("seen", torch.tril(torch.ones(64, 64)))

        def forward(self, x: Any) -> Any:
            batch, steps, width = x.shape
            parts = self.mixed(self.norm(x)).view(batch, steps, 3, 4, 4).permute(2, 0, 3, 1, 4)
            if how == "fused":
                mixed = functional.scaled_dot_product_attention(*parts, is_causal=self.mask == "causal")
            else:
                scores = parts[0] @ parts[1].transpose(-2, -1) / 2
                if self.mask == "triangle":
                    scores = scores.masked_fill(torch.tril(torch.ones(steps, steps)) == 0, float("-inf"))
                if self.mask == "stored":
                    scores = scores.masked_fill(self.seen[:steps, :steps] == 0, float("-inf"))
                mixed = scores.softmax(-1) @ parts[2]
            return x + self.out(mixed.transpose(1, 2).reshape(batch, steps, width))

    class Model(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.head = nn.Embedding(50, 16), nn.Linear(16, 50)
            self.blocks = nn.Sequential(*map(Block, masks))

        def scores(self, tokens: Any) -> Any:
            return self.head(self.blocks(self.embed(tokens)))

        def forward(self, tokens: Any, labels: Any = None) -> Any:
            if target == "moved scores":
                scores = self.scores(tokens)[:, :-1]
                return functional.cross_entropy(scores.reshape(-1, 50), tokens[:, 1:].reshape(-1))
            if target == "moved tokens":
                return functional.cross_entropy(self.scores(tokens[:, :-1]).transpose(1, 2), tokens[:, 1:])
            if target == "labels":
                return functional.cross_entropy(self.scores(tokens).transpose(1, 2), labels)
            return self.scores(tokens)

    tokens = torch.zeros(2, 20, dtype=torch.long)
    inputs = (tokens, tokens) if target == "labels" else (tokens,)
    options = Options(example_inputs=inputs, extend_select=(CAUSAL,))
    report = lint(Model(), options=options)
    assert not report.failures
    return [message for _, _, message in of(CAUSAL, list(report.findings))]


@pytest.mark.parametrize(
    ("masks", "how", "target", "found"),
    [
        (["", ""], "fused", "moved scores", 1),
        (["", ""], "fused", "moved tokens", 1),
        (["", ""], "written", "moved tokens", 1),
        (["causal", "causal"], "fused", "moved tokens", 0),
        (["triangle", "triangle"], "written", "moved scores", 0),
        (["stored", "stored"], "written", "moved scores", 0),
        (["stored", ""], "written", "moved scores", 1),
        # An encoder that foretells hidden tokens.
        (["", ""], "fused", "labels", 0),
        (["", ""], "written", "nothing", 0),
        # Of a mask that is stored nobody knows what it hides.
        (["stored", ""], "written", "nothing", 0),
        (["causal", ""], "fused", "nothing", 1),
        (["triangle", ""], "written", "labels", 1),
    ],
)
def test_who_sees_what_it_foretells(masks: list[str], how: str, target: str, found: int) -> None:
    torch = pytest.importorskip("torch")
    assert len(_language_model(torch, masks, how, target)) == found


def test_the_message_says_why() -> None:
    torch = pytest.importorskip("torch")
    assert _language_model(torch, ["", ""], "fused", "moved tokens") == [
        "scaled_dot_product_attention `scaled_dot_product_attention` lets each step see all others (as 1 more), but "
        "cross_entropy `cross_entropy_loss` asks each step for the next token of the same sequence: the answer can be "
        "read off, and nothing is learned that helps where it is not there"
    ]
    assert _language_model(torch, ["causal", ""], "fused", "nothing") == [
        "scaled_dot_product_attention `scaled_dot_product_attention_1` lets each step see all others, but "
        "scaled_dot_product_attention `scaled_dot_product_attention`, in the same stack, is causal: the answer can be "
        "read off, and nothing is learned that helps where it is not there"
    ]


def test_encoders_beside_a_causal_decoder() -> None:
    torch = pytest.importorskip("torch")
    nn, functional = torch.nn, torch.nn.functional

    class Translator(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.head = nn.Embedding(50, 16), nn.Linear(16, 50)
            self.both = nn.Transformer(16, 4, 1, 1, 32, batch_first=True)

        def forward(self, tokens: Any) -> Any:
            given = tokens[:, :-1]
            mask = torch.ones(given.shape[1], given.shape[1], dtype=torch.bool).triu(1)
            mixed = self.both(self.embed(given), self.embed(given), tgt_mask=mask, tgt_is_causal=True)
            return functional.cross_entropy(self.head(mixed).transpose(1, 2), tokens[:, 1:])

    class Summary(nn.Module):  # type: ignore[misc, name-defined]
        """What is seen from both sides is one vector for the whole sequence."""

        def __init__(self) -> None:
            super().__init__()
            self.embed, self.head = nn.Embedding(50, 16), nn.Linear(16, 50)
            self.encoder = nn.MultiheadAttention(16, 4, batch_first=True)
            self.decoder = nn.MultiheadAttention(16, 4, batch_first=True)

        def forward(self, tokens: Any) -> Any:
            x = self.embed(tokens)
            code = self.encoder(x, x, x, need_weights=False)[0].mean(1, keepdim=True)
            y = x[:, :-1] + code
            mask = torch.ones(y.shape[1], y.shape[1], dtype=torch.bool).triu(1)
            y = self.decoder(y, y, y, attn_mask=mask, need_weights=False)[0]
            return functional.cross_entropy(self.head(y).transpose(1, 2), tokens[:, 1:])

    for module in (Translator(), Summary()):
        report = lint(module, input_shape=(2, 20), extend_select=(CAUSAL,))
        assert not report.failures
        assert of(CAUSAL, list(report.findings)) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_keras_layers_with_and_without_the_mask() -> None:
    keras = pytest.importorskip("keras")

    def told(*masks: bool) -> list[str]:
        tokens = keras.Input((20,), dtype="int32")
        x = keras.layers.Embedding(50, 16)(tokens)
        for mask in masks:
            x = x + keras.layers.MultiHeadAttention(2, 8)(x, x, use_causal_mask=mask)
        model = keras.Model(tokens, keras.layers.Dense(50)(keras.layers.LayerNormalization()(x)))
        report = lint(model.to_json(), filename="net.json", extend_select=(CAUSAL,))
        return [one[0] for one in of(CAUSAL, list(report.findings))]

    assert told(True, True) == told(False, False) == []
    assert told(True, False) == told(False, True) == ["warning"]
