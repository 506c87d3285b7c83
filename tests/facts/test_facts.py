"""Facts on small nets whose answers are plain to see."""

from __future__ import annotations

import pytest

from netlint import Model
from netlint.engine.store import FactStore
from netlint.facts import GradientFlow, Paths, Semantics, Trainability
from tests.nets import model, node

FILLER = 'weight_filler { type: "xavier" }'
DATA = 'layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 4 } }\n'


def fc(name: str, bottom: str, rest: str = FILLER, extra: str = "") -> str:
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" {extra} '
        f"inner_product_param {{ num_output: 10 {rest} }} }}\n"
    )


def layer(kind: str, name: str, *bottoms: str, top: str = "", rest: str = "") -> str:
    inputs = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{kind}" {inputs} top: "{top or name}" {rest} }}\n'


NET = (
    DATA
    + fc("fc1", "data")
    + layer("ReLU", "relu1", "fc1", top="fc1")
    + fc("fc2", "fc1")
    + layer("Dropout", "drop", "fc2", top="fc2")
    + layer("SoftmaxWithLoss", "loss", "fc2", "label")
    + layer("Accuracy", "accuracy", "fc2", "label")
    + fc("aside", "fc1")
)


def facts(found: Model) -> FactStore:
    return FactStore(found)


def test_the_gradient_reaches_what_the_loss_depends_on() -> None:
    found = model(NET)
    flow = facts(found).get(GradientFlow)
    assert [item.name for item in flow.losses] == ["loss"]
    assert {item.name for item in found.nodes if flow.reaches(item)} == {"data", "fc1", "relu1", "fc2", "drop", "loss"}
    assert flow.certain


def test_labels_get_no_gradient() -> None:
    found = model(
        DATA
        + 'layer { name: "y" type: "Data" top: "y" data_param { batch_size: 4 } }\n'
        + fc("fc1", "data")
        + layer("SoftmaxWithLoss", "loss", "fc1", "y")
    )
    assert not facts(found).get(GradientFlow).reaches(node(found, "y"))


@pytest.mark.parametrize(
    ("rest", "reached"),
    [("loss_weight: 0", False), ("loss_weight: 0.3", True), ("propagate_down: false propagate_down: false", False)],
)
def test_a_switched_off_loss_reaches_nothing(rest: str, reached: bool) -> None:
    found = model(DATA + fc("fc1", "data") + layer("SoftmaxWithLoss", "loss", "fc1", "label", rest=rest))
    assert facts(found).get(GradientFlow).reaches(node(found, "fc1")) is reached


def test_the_gradient_stops_at_argmax() -> None:
    found = model(
        DATA + fc("fc1", "data") + layer("ArgMax", "best", "fc1") + layer("EuclideanLoss", "l", "best", "label")
    )
    assert not facts(found).get(GradientFlow).reaches(node(found, "fc1"))


def test_an_unknown_operator_makes_absence_uncertain() -> None:
    found = model(DATA + fc("fc1", "data") + layer("FancyLoss", "l", "fc1", "label"))
    assert not facts(found).get(GradientFlow).certain


def test_heads_and_chains() -> None:
    found = model(NET)
    paths = facts(found).get(Paths)
    assert [paths.is_head(node(found, name)) for name in ("fc1", "fc2", "aside")] == [False, True, False]
    assert [edge.node.name for edge in paths.ends(node(found, "fc1"))] == ["fc2", "aside"]
    assert [item.name for item in paths.before(node(found, "fc2"))] == ["fc1"]
    assert paths.only_successor(node(found, "fc2")) is node(found, "drop")
    assert paths.only_successor(node(found, "drop")) is None


def test_meanings_pass_through_what_only_moves_elements() -> None:
    found = model(
        DATA
        + fc("fc1", "data")
        + layer("Softmax", "prob", "fc1")
        + layer("Flatten", "flat", "prob")
        + layer("Dropout", "drop", "flat", top="flat")
        + layer("SoftmaxWithLoss", "loss", "flat", "label")
    )
    semantics = facts(found).get(Semantics)
    loss = node(found, "loss")
    meaning = semantics.of(loss.inputs[0].value)
    assert (meaning.kind, meaning.squash, meaning.by) == ("probabilities", "softmax", node(found, "prob"))
    assert semantics.of(loss.inputs[1].value).kind == "labels"
    assert semantics.is_label(node(found, "data").outputs[1])
    assert semantics.of(node(found, "data").outputs[0]).kind == "data"


def test_scores_that_a_loss_squashes_are_logits() -> None:
    found = model(DATA + fc("fc1", "data") + layer("SoftmaxWithLoss", "loss", "fc1", "label"))
    meaning = facts(found).get(Semantics).of(node(found, "fc1").outputs[0])
    assert (meaning.kind, meaning.by) == ("logits", node(found, "fc1"))


def test_a_join_of_different_things_means_nothing() -> None:
    found = model(
        DATA + fc("a", "data") + layer("Softmax", "p", "a") + fc("b", "data") + layer("Concat", "both", "p", "b")
    )
    assert facts(found).get(Semantics).of(node(found, "both").outputs[0]).kind == "unknown"


@pytest.mark.parametrize(
    ("body", "head", "frozen", "fine_tuning"),
    [
        (FILLER, FILLER, "", False),
        ("", FILLER, "", True),
        ("", "", "", False),
        ("", "", "param { lr_mult: 0 } param { lr_mult: 0 }", True),
    ],
)
def test_evidence_of_fine_tuning(body: str, head: str, frozen: str, fine_tuning: bool) -> None:
    found = model(
        DATA
        + fc("body", "data", body, frozen)
        + fc("head", "body", head)
        + layer("SoftmaxWithLoss", "l", "head", "label")
    )
    trainability = facts(found).get(Trainability)
    assert trainability.training
    assert trainability.fine_tuning is fine_tuning
    assert trainability.frozen(node(found, "body")) is bool(frozen)


def test_a_test_net_is_not_trained() -> None:
    found = model(NET, "TEST")
    assert not facts(found).get(Trainability).training
