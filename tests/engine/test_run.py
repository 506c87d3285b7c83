"""Running: facts once, faults once, failures contained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netlint import Context, Fact, Finding, Model, Node
from netlint.authoring import Facts, rule
from netlint.engine.run import check
from netlint.engine.store import FactStore, UndeclaredNeed
from tests.nets import models

NET = """name: "n"
layer { name: "a" type: "ReLU" bottom: "x" top: "a" }
layer { name: "b" type: "ReLU" bottom: "a" top: "b" }
"""


class Count(Fact):
    computed = 0

    def __init__(self, model: Model, facts: Facts) -> None:
        Count.computed += 1
        self.nodes = len(model.nodes)


class Doubled(Fact):
    needs = (Count,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self.nodes = 2 * facts[Count].nodes


class Greedy(Fact):
    def __init__(self, model: Model, facts: Facts) -> None:
        facts[Count]


@rule(severity="warning", on=("Relu",))
def every_relu(node: Node, ctx: Context) -> Iterator[Finding]:
    yield ctx.finding(node, f"{node.label} is here")


@rule(severity="info", on=("Relu",), unless=("every-relu",))
def polite(node: Node, ctx: Context) -> Iterator[Finding]:
    yield ctx.finding(node, f"{node.label} too")


@rule(severity="info")
def failing(model: Model, ctx: Context) -> Iterator[Finding]:
    yield ctx.finding(model.nodes[0], "before")
    raise KeyError("gone")


def test_a_fact_is_computed_once_a_model() -> None:
    store = FactStore(models(NET)[0])
    before = Count.computed
    assert store.get(Doubled).nodes == 4
    assert store.get(Count) is store.get(Count)
    assert Count.computed == before + 1


def test_an_undeclared_need_is_refused() -> None:
    store = FactStore(models(NET)[0])
    with pytest.raises(UndeclaredNeed, match="Greedy asks for Count without listing it"):
        store.get(Greedy)


def test_a_finding_that_holds_in_both_phases_is_told_once() -> None:
    found = check(models(NET), [every_relu])
    assert [(item.line, item.message, item.model) for item in found] == [
        (2, "ReLU `a` is here", "n (TRAIN, TEST)"),
        (3, "ReLU `b` is here", "n (TRAIN, TEST)"),
    ]


def test_a_rule_gives_way_to_one_that_explains_the_fault_better() -> None:
    assert {item.rule for item in check(models(NET), [every_relu, polite])} == {"every-relu"}
    assert {item.rule for item in check(models(NET), [polite])} == {"polite"}


def test_a_rule_that_raises_becomes_one_finding_and_the_others_run() -> None:
    found = check(models(NET)[:1], [failing, every_relu])
    assert [item.rule for item in found] == ["internal-error", "every-relu", "every-relu"]
    assert found[0].message.startswith("rule `failing` failed on n (TRAIN): KeyError: 'gone' (test_run.py, line ")


def test_order_is_by_place_whatever_the_order_of_the_rules() -> None:
    found = models(NET)
    assert check(found, [every_relu, failing]) == check(found, [failing, every_relu])
