"""Run rules over models and tell each fault once."""

from __future__ import annotations

import re
import traceback
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from netlint.authoring import Context, RuleInfo
from netlint.engine.merge import order
from netlint.engine.packs import rule_of
from netlint.engine.store import FactStore
from netlint.facts.shapes import Shapes
from netlint.facts.trainability import Trainability
from netlint.finding import Finding, Related
from netlint.model import Model


def check(models: Sequence[Model], rules: Sequence[RuleInfo]) -> list[Finding]:
    """The findings of `rules` on the models of one file, sorted by place and rule.

    A finding that holds in several phases is told once. A rule that raises becomes one finding `internal-error`.
    """
    found: list[Finding] = []
    for model in models:
        store = FactStore(model)
        stated, learns = _stated(model, store), _learns(store)
        for rule in rules:
            if (learns or not rule.learning) and _has_work(rule, model, stated):
                found += _apply(rule, model, store)
    return sorted(_one_a_place(_without_explained(_once(found), rules)), key=order)


def _stated(model: Model, store: FactStore) -> Container[str]:
    """The rules under whose names the loader or an operator states a problem."""
    try:
        return {problem.rule for problem in model.problems} | store.get(Shapes).problematic
    except Exception:
        # Each rule that needs the shapes will tell of it.
        return _Everything()


def _learns(store: FactStore) -> bool:
    """Whether the model is one that learns, or may be: also where that cannot be told."""
    try:
        return store.get(Trainability).learns
    except Exception:
        return True


class _Everything:
    def __contains__(self, _name: object) -> bool:
        return True


def _has_work(rule: RuleInfo, model: Model, stated: Container[str]) -> bool:
    """Whether a rule can find anything at all, seen from outside: the others are not even imported."""
    if rule.dialects and model.dialect not in rule.dialects:
        return False
    if rule.stated:
        return rule.name in stated
    if not rule.on and not rule.words:
        return True
    return any(op in model.by_op for op in rule.on) or bool(rule.words and not model.words.isdisjoint(rule.words))


def _apply(info: RuleInfo, model: Model, store: FactStore) -> list[Finding]:
    rule = rule_of(info)
    context = Context(model, rule, store.view(rule.name, rule.needs))
    try:
        if not rule.on:
            return list(rule.check(model, context))
        return [finding for op in rule.on for node in model.by_op.get(op, ()) for finding in rule.check(node, context)]
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"rule `{rule.name}` failed on {model.title}: {type(error).__name__}: {error} "
            f"({where.filename.replace(chr(92), '/').rpartition('/')[2]}, line {where.lineno}); the other rules ran"
        )
        return [Finding("internal-error", "error", message, model.source.path, model=model.title)]


def _once(found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one rule at one place merge: the first one stands, with the names of all models that it holds in."""
    merged: dict[tuple[object, ...], Finding] = {}
    for finding in found:
        # Without a node, or in a binary file without places, findings may be of different kinds: the message decides.
        what = finding.node if finding.node and finding.span else (finding.node, finding.message)
        key = (finding.rule, finding.path, finding.span and (finding.span.start, finding.span.end), what)
        first = merged.get(key)
        if first is None:
            merged[key] = finding
        elif finding.model not in first.model:
            merged[key] = replace(first, model=_join(first.model, finding.model))
    yield from merged.values()


def _one_a_place(found: Iterable[Finding]) -> Iterator[Finding]:
    """One line of a program that builds many layers (a block of PyTorch's) has its mistake once: the first layer
    stands for those of which the same is said."""
    merged: dict[tuple[object, ...], Finding] = {}
    others: dict[tuple[object, ...], list[str]] = {}
    for index, finding in enumerate(found):
        # Places of sources that build layers one by one belong to one layer each.
        key: tuple[object, ...] = (index,)
        if finding.node and finding.span is not None and finding.reused:
            text = _NAME.sub("", finding.message)
            key = (finding.rule, finding.path, finding.span.start, finding.span.end, text)
        if key in merged:
            if finding.node != merged[key].node and finding.node not in others.setdefault(key, []):
                others[key].append(finding.node)
        else:
            merged[key] = finding
    for key, finding in merged.items():
        names = others.get(key, [])
        if not names:
            yield finding
            continue
        more = f", and {len(names) - 3} more" if len(names) > 3 else ""
        also = Related(f"the same holds for {', '.join(f'`{name}`' for name in names[:3])}{more}", None)
        yield replace(finding, related=(*finding.related, also))


#: Names in a message, which differ from layer to layer.
_NAME: Final = re.compile("`[^`]*`")


def _join(first: str, other: str) -> str:
    """`LeNet (TRAIN)` and `LeNet (TEST)` are `LeNet (TRAIN, TEST)`."""
    name, bracket, phases = first.rpartition(" (")
    if bracket and other.startswith(f"{name} ("):
        return f"{name} ({phases.rstrip(')')}, {other[len(name) + 2 :]}"
    return f"{first}, {other}"


def _without_explained(found: Iterable[Finding], rules: Sequence[RuleInfo]) -> Iterator[Finding]:
    """Leave out what another rule explains better at the same node or line, as the rules declare it."""
    findings = list(found)
    gives_way = {rule.name: rule.unless for rule in rules if rule.unless}
    told = {(finding.rule, *_where(finding)) for finding in findings}
    for finding in findings:
        where = _where(finding)
        if not any((other, *where) in told for other in gives_way.get(finding.rule, ())):
            yield finding


def _where(finding: Finding) -> tuple[str, str | int]:
    """The node, else the line; in a binary file without lines a finding that names no node stands alone."""
    return finding.path, finding.node or (finding.line if finding.span else finding.message)
