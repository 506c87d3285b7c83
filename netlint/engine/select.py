"""Which rules run: by name or family."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from netlint.authoring import RuleInfo


class UnknownRule(ValueError):
    """A name that is neither a rule nor a family."""


def select(
    rules: Sequence[RuleInfo],
    *,
    only: Collection[str] = (),
    extend: Collection[str] = (),
    ignore: Collection[str] = (),
) -> list[RuleInfo]:
    """The rules that are on: the default ones, or those of `only`; plus `extend`, minus `ignore`.

    Each entry is a rule, a family, or `all`; `refuse_unknown` says which of them are none.
    """
    chosen = named(rules, only) if only else {rule.name for rule in rules if rule.default}
    chosen = (chosen | named(rules, extend)) - named(rules, ignore)
    return [rule for rule in rules if rule.name in chosen]


def named(rules: Iterable[RuleInfo], entries: Collection[str]) -> set[str]:
    """The names of the rules that the entries speak of."""
    return {rule.name for rule in rules if {rule.name, rule.family, "all"} & set(entries)} if entries else set()


def refuse_unknown(rules: Sequence[RuleInfo], entries: Iterable[str]) -> None:
    """Raises UnknownRule, with a suggestion, for an entry that is neither a rule nor a family."""
    known = {name for rule in rules for name in (rule.name, rule.family)}
    for entry in entries:
        if entry not in known and entry != "all":
            from difflib import get_close_matches

            close = get_close_matches(entry, sorted(known), n=1)
            hint = f"did you mean `{close[0]}`?" if close else "`netlint rules` lists them"
            raise UnknownRule(f"no rule or family is named `{entry}`: {hint}")
