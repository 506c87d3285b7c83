"""Which rules run: by name or family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlint.authoring import RuleInfo


class UnknownRule(ValueError):
    """A name that is neither a rule nor a family."""


def select(
    rules: Sequence[RuleInfo],
    *,
    only: Iterable[str] = (),
    extend: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> list[RuleInfo]:
    """The rules that are on: the default ones, or those of `only`; plus `extend`, minus `ignore`.

    Each entry is a rule, a family, or `all`. Raises UnknownRule, with a suggestion.
    """
    wanted = _names(rules, only)
    chosen = wanted if wanted else {rule.name for rule in rules if rule.default}
    chosen = (chosen | _names(rules, extend)) - _names(rules, ignore)
    return [rule for rule in rules if rule.name in chosen]


def _names(rules: Sequence[RuleInfo], entries: Iterable[str]) -> set[str]:
    names: set[str] = set()
    for entry in entries:
        matching = {rule.name for rule in rules if entry in (rule.name, rule.family, "all")}
        if not matching:
            known = [name for rule in rules for name in (rule.name, rule.family)]
            from difflib import get_close_matches

            close = get_close_matches(entry, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "`netlint rules` lists them"
            raise UnknownRule(f"no rule or family is named `{entry}`: {hint}")
        names |= matching
    return names
