"""What a policy can speak of: documented, typed as declared, and complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from docs import policy_reference
from netlint import load
from netlint.authoring import Context
from netlint.engine import policy_schema
from netlint.engine.policies.attributes import attribute_types
from netlint.engine.policies.cel import Checker
from netlint.engine.policies.page import page
from netlint.engine.policies.read import read_file
from netlint.engine.policies.run import rule_from
from netlint.engine.policies.view import View
from netlint.engine.policies.vocabulary import FIELDS, FUNCTIONS, records, variables
from netlint.engine.policies.words import DIALECTS, wrong
from netlint.engine.store import FactStore
from netlint.model import Model
from tests.engine.policies.packs import rule

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "fixtures" / "policies"
NETS = sorted(
    path
    for pattern in ("caffe/*.prototxt", "keras/*.json", "torch/*.pt2", "tensorflow/*.pbtxt")
    for path in (ROOT / "fixtures").glob(pattern)
)
#: Attributes that say how netlint reads a source, and nothing of the network.
INTERNAL = {
    "activity_l2", "affine", "align", "border", "depthwise", "displacement_stride", "each", "end_axis", "gates",
    "has_biases", "image_params", "implicit", "implicit_groups", "no_grad", "opaque", "pooled_shape", "same_size",
    "stride", "uniform",
}  # fmt: skip


def test_the_tables_of_the_documentation_are_made_of_the_code() -> None:
    assert policy_reference.PAGE.read_text(encoding="utf-8") == policy_reference.page()


def test_the_schema_is_made_of_the_keys() -> None:
    kept = (ROOT / "netlint" / "engine" / "policy.schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == policy_schema.schema()


def test_the_schema_takes_the_policies_and_refuses_what_netlint_refuses() -> None:
    validator = jsonschema.Draft202012Validator(policy_schema.schema())
    for path in POLICIES.rglob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for one in content["rules"]:
            # YAML 1.1, as PyYAML reads it, takes a bare `on` for true; editors read YAML 1.2.
            if True in one:
                one["on"] = one.pop(True)
        assert list(validator.iter_errors(content)) == []
    good = {"name": "a", "severity": "info", "message": "m", "on": "Conv"}
    assert validator.is_valid({"rules": [good]})
    for bad in ({"nam": "x"}, {"severity": "warn"}, {"name": "A"}, {"default": 1}, {"dialects": "cafe"}, {"bad": "x"}):
        assert not validator.is_valid({"rules": [{**good, **bad}]})
    assert not validator.is_valid({"rules": [{key: good[key] for key in ("name", "severity", "message")}]})


@pytest.mark.parametrize("sees_node", [True, False])
def test_every_field_and_function_is_known_to_the_checker(sees_node: bool) -> None:
    checker = Checker(records(), variables(sees_node))
    for field in FIELDS["Model"]:
        assert checker.check(f"has(model.{field.name})") == ("bool", [])
    for field in FIELDS["Node"] if sees_node else ():
        assert checker.check(f"has(node.{field.name})") == ("bool", [])
    for name in FUNCTIONS:
        assert checker.check(_CALLS[name])[1] == [], name
    assert sorted(_CALLS) == sorted(FUNCTIONS)


_CALLS = {
    "all": "[1].all(a, a > 0)", "exists": "[1].exists(a, a > 0)", "exists_one": "[1].exists_one(a, a > 0)",
    "filter": "[1].filter(a, a > 0)", "map": "[1].map(a, a + 1)", "has": "has(model.name)", "size": "model.name.size()",
    "matches": "model.name.matches('a+')", "contains": "model.name.contains('a')", "int": "int(1.5)",
    "startsWith": "model.name.startsWith('a')", "endsWith": "model.name.endsWith('a')", "double": "double(1)",
    "string": "string(1)", "bool": "bool('true')", "type": "type(1) == int", "dyn": "dyn(1)",
    "lowerAscii": "model.name.lowerAscii()", "upperAscii": "model.name.upperAscii()", "split": "model.name.split('/')",
    "join": "['a'].join('/')", "replace": "model.name.replace('a', 'b')", "trim": "model.name.trim()",
    "indexOf": "model.name.indexOf('a')", "lastIndexOf": "model.name.lastIndexOf('a')",
    "substring": "model.name.substring(1)", "charAt": "model.name.charAt(0)", "format": "'%d'.format([1])",
    "math.greatest": "math.greatest(1, 2)", "math.least": "math.least(1, 2)", "math.abs": "math.abs(-1)",
    "math.ceil": "math.ceil(1.5)", "math.floor": "math.floor(1.5)", "math.round": "math.round(1.5)",
    "math.trunc": "math.trunc(1.5)", "math.sign": "math.sign(-1)", "math.isNaN": "math.isNaN(1.5)",
    "math.isInf": "math.isInf(1.5)", "math.isFinite": "math.isFinite(1.5)",
}  # fmt: skip


def everything(model: Model) -> View:
    words = frozenset(field.name for fields in FIELDS.values() for field in fields) | frozenset(attribute_types())
    store = FactStore(model)
    needs = tuple(sorted({need for fields in FIELDS.values() for field in fields for need in field.needs}))
    from netlint import facts

    types = tuple(getattr(facts, need) for need in needs)
    return View(model, Context(model, None, store.view("test", types)), words)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", NETS, ids=lambda path: path.name)
def test_every_value_has_its_declared_type_and_every_attribute_its_name(path: Path) -> None:
    for model in load(path):
        view = everything(model)
        fits(view.of_model()["model"], "Model")
        for node in model.nodes:
            fits(view.of_node(node)["node"], "Node")
            unnamed = {name for name in node.attrs if name not in attribute_types()} - INTERNAL
            assert not unnamed, f"{node.op}: name {unnamed} in `policies.attributes._OWN`, or in `INTERNAL` here"


def fits(value: object, kind: str) -> None:
    """Whether a value is of the declared type."""
    if kind.startswith("list("):
        assert type(value) is list
        for item in value:
            fits(item, kind[5:-1])
    elif kind.startswith("map("):
        assert isinstance(value, dict)
        assert all(type(key) is str and type(count) is int for key, count in value.items())
    elif kind == "Attributes":
        assert isinstance(value, dict)
        for name, item in value.items():
            if attribute_types()[name] != "dyn":
                fits(item, attribute_types()[name])
    elif kind in FIELDS:
        assert isinstance(value, dict)
        types = {field.name: field.type for field in FIELDS[kind]}
        for name, item in value.items():
            if name != "#":
                fits(item, types[name])
    else:
        assert type(value) is {"int": int, "double": float, "bool": bool, "string": str}[kind]


def test_the_facts_that_fields_name_are_enough(tmp_path: Path) -> None:
    """A field that asks a fact without naming it would fail only in a rule that mentions nothing else."""
    net = next(path for path in NETS if path.name == "lenet.prototxt")
    model = load(net)[0]
    for record in ("Node", "Model"):
        for field in FIELDS[record]:
            when = f"has({'node' if record == 'Node' else 'model'}.{field.name})"
            text = "rules:\n  - " + rule(when, on="[Conv]" if record == "Node" else "").replace("\n", "\n    ")
            (tmp_path / "x.yaml").write_text(text + "\n", encoding="utf-8")
            made = rule_from(read_file(str(tmp_path / "x.yaml"), "x.yaml", "x")[0].info)
            store = FactStore(model)
            list(made.check(model, Context(model, made, store.view(made.name, made.needs))))


def test_operators_that_rules_may_name() -> None:
    for name in (
        "Conv",
        "Convolution",
        "Conv2D",
        "Conv2d",
        "PriorBox",
        "keras::Mine",
        "Placeholder",
        "TreeEnsembleRegressor",
    ):
        assert wrong(name) == ""
    assert (
        wrong("conv")
        == "no operator is named `conv`: did you mean `Conv`? (one of your own has its dialect in front: `keras::conv`)"
    )
    assert wrong("InnerProdukt").startswith("no operator is named `InnerProdukt`: did you mean `InnerProduct`?")


def test_the_dialects_are_those_of_the_loaders() -> None:
    assert {model.dialect for path in NETS[::7] for model in load(path)} <= set(DIALECTS)


def test_a_page_is_made_of_the_rules_own_texts() -> None:
    rules = read_file(str(POLICIES / "mobile.yaml"), "mobile.yaml", "mobile")
    made = page(next(one.info for one in rules if one.info.name == "large-kernel-on-mobile"))
    assert re.findall(r"^#+ (.+)$", made, re.MULTILINE) == [
        "large-kernel-on-mobile", "What it does", "Why is this bad?", "Examples", "How to mend it",
    ]  # fmt: skip
    assert "A convolution of 5 x 5 and more that mixes channels." in made
    assert "&& node.group == 1\n```" in made
    assert "    kernel_size: 5  # warning: [large-kernel-on-mobile]\n" in made
