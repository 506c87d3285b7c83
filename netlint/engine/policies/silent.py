"""Why a policy says nothing of a network: nothing for it to see, or a condition that is false or not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlint.authoring import Context, RuleInfo
from netlint.engine.policies.cel import Overrun
from netlint.engine.policies.run import ready, rule_from, seen_nodes
from netlint.engine.policies.view import View
from netlint.engine.store import FactStore
from netlint.model import Model

#: More reasons than these help nobody.
_MOST_TOLD = 3


def why_silent(info: RuleInfo, models: Iterable[Model]) -> str:
    """What keeps a rule in YAML from speaking of these models, in a few words; empty where nothing does.

    Raises PackError where the library for expressions is missing.
    """
    reasons = list(dict.fromkeys(reason for model in models for reason in _reasons(info, model)))
    more = f"; and {len(reasons) - _MOST_TOLD} more" if len(reasons) > _MOST_TOLD else ""
    return "; ".join(reasons[:_MOST_TOLD]) + more


def _reasons(info: RuleInfo, model: Model) -> Iterator[str]:
    if info.dialects and model.dialect not in info.dialects:
        yield f"the rule is not for {model.dialect}"
        return
    rule, made = rule_from(info), ready(info)
    view = View(model, Context(model, rule, FactStore(model).view(rule.name, rule.needs)), made.words)
    nodes = list(seen_nodes(made, model)) if made.policy.sees_node else [None]
    if not nodes:
        yield f"it has no {' or '.join((*info.on, *info.words))}"
    when = made.when
    if when is None:
        return
    for node in nodes:
        where = "the network" if node is None else node.label
        try:
            data = view.of_model() if node is None else view.of_node(node)
            unknown, holds = when.unknown(data), when.holds(data)
        except Overrun as error:
            yield f"of {where}: {error}"
            continue
        if unknown:
            yield f"of {where} the condition is not known: {unknown}"
        elif not holds:
            yield f"of {where} the condition is false"
