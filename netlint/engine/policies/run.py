"""Policies at work: a rule whose check asks the condition of each node and fills in the message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, TypeAlias

from netlint import facts
from netlint.authoring import Context, Rule, RuleInfo
from netlint.engine.policies.cel import UNKNOWN, Overrun, Program
from netlint.engine.policies.model_fields import training_place
from netlint.engine.policies.policy import Policy, Template, from_text
from netlint.engine.policies.view import View
from netlint.engine.policies.vocabulary import mentioned, needed, variables
from netlint.finding import Finding
from netlint.model import Model, Node

#: A message shows no more of a value than this.
_LONGEST: Final = 200

#: A message with its expressions compiled: texts and programs by turns.
_Message: TypeAlias = tuple[str | Program, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """A policy with its expressions compiled."""

    policy: Policy
    on: tuple[str, ...]
    dialect_words: frozenset[str]
    words: frozenset[str]
    when: Program | None
    message: _Message
    remedy: _Message
    related: tuple[tuple[Program, _Message], ...]


def rule_from(info: RuleInfo) -> Rule:
    """The rule of a policy: it sees the model once, and looks for its nodes by itself. Raises PackError where the
    library for expressions is missing."""
    return _rule(info)


@cache
def _rule(info: RuleInfo) -> Rule:
    made = ready(info)
    given = {name: getattr(info, name) for name in RuleInfo.__dataclass_fields__}
    needs = tuple(getattr(facts, name) for name in needed(made.words))
    return Rule(**{**given, "on": (), "words": ()}, check=partial(_check, made), needs=needs)


def ready(info: RuleInfo) -> Ready:
    """A rule in YAML, compiled. Raises PackError where the library for expressions is missing."""
    policy = from_text(info.declared)
    names = tuple(variables(policy.sees_node))
    # What is said of a related place sees that node, whatever the rule itself sees.
    around = tuple(variables(sees_node=True))
    return Ready(
        policy,
        info.on,
        frozenset(info.words),
        mentioned(policy.expressions),
        Program(policy.when, names) if policy.when else None,
        _compiled(policy.message, names),
        _compiled(policy.remedy, names) if policy.remedy is not None else (),
        tuple((Program(node, names), _compiled(text, around)) for node, text in policy.related),
    )


def _compiled(template: Template, names: tuple[str, ...]) -> _Message:
    return tuple(Program(part, names) if index % 2 else part for index, part in enumerate(template.parts))


def _check(ready: Ready, model: Model, context: Context) -> Iterator[Finding]:
    view = View(model, context, ready.words)
    at: Node | None = None
    try:
        if not ready.policy.sees_node:
            yield from _asked(ready, None, view, context)
            return
        for at in seen_nodes(ready, model):
            yield from _asked(ready, at, view, context)
    except Overrun as error:
        where = at.label if at is not None else model.name or "the network"
        message = (
            f"rule `{context.rule.name}` ({ready.policy.place}) was stopped at {where}: {error}; the other rules ran"
        )
        yield Finding("internal-error", "error", message, model.source.path, model=model.title)


def seen_nodes(ready: Ready, model: Model) -> Iterator[Node]:
    """The nodes of the operators that a policy names."""
    for op in ready.on:
        yield from model.by_op.get(op, ())
    words = ready.dialect_words
    for node in model.nodes if words else ():
        if node.op not in ready.on and (node.dialect_op in words or f"{model.dialect}::{node.dialect_op}" in words):
            yield node


def _asked(ready: Ready, node: Node | None, view: View, context: Context) -> Iterator[Finding]:
    data = view.of_node(node) if node is not None else view.of_model()
    if ready.when is not None and not ready.when.holds(data):
        return
    at = ready.policy.at
    place = node.place(*at) if node is not None else training_place(context.model, at) if at else None
    related = [
        (other, _filled(text, view.of_node(other)))
        for program, text in ready.related
        for other in view.found(program(data))
    ]
    yield context.finding(
        place, _filled(ready.message, data), related=related, remedy=_filled(ready.remedy, data), node=node
    )


def _filled(message: _Message, data: Mapping[str, Any]) -> str:
    """The text; what is not known stands as `?`."""
    return "".join(part if isinstance(part, str) else _spelt(part(data)) for part in message)


def _spelt(value: object) -> str:
    if value is UNKNOWN or isinstance(value, dict):
        return "?"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        text = ", ".join(map(_spelt, value))
    elif isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
