"""What is said of mistakes in policy files: suggestions, and types in words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from netlint.engine.policies.cel import FOREIGN, Fault
from netlint.engine.policies.vocabulary import FUNCTIONS, records, variables


def not_among(name: str, what: str, known: Iterable[str]) -> str:
    names = list(known)
    if name in names:
        return ""
    close = get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(names)}" if len(names) < 10 else ""
    return f"`{name[:60]}` is not {what} that netlint knows{f': {hint}' if hint else ''}"


def is_call(expression: str, fault: Fault) -> bool:
    return expression[fault.offset + len(fault.name) :].lstrip().startswith("(")


def explained(fault: Fault, expression: str, sees_node: bool) -> str:
    """What is wrong, with a suggestion."""
    if not fault.name:
        return fault.message
    if fault.record:
        fields = next((record.fields for record in records() if record.name == fault.record), {})
        close = get_close_matches(fault.name, fields, n=1)
        hint = f": did you mean `{close[0]}`?" if close else ""
        what = "attribute" if fault.record == "Attributes" else f"field of a {fault.record}"
        return f"`{fault.name}` is no {what}{hint}"
    if fault.name in FOREIGN:
        return f"nothing is named `{fault.name}`: did you mean `{FOREIGN[fault.name]}`?"
    names = variables(sees_node)
    other = variables(not sees_node)
    if fault.name in other and not is_call(expression, fault):
        why = "a rule without `on` sees the model once" if not sees_node else "it is there in rules without `on`"
        return f"there is no `{fault.name}` here: {why}"
    known = FUNCTIONS if is_call(expression, fault) else tuple(names)
    close = get_close_matches(fault.name, known, n=1) or get_close_matches(fault.name, [*names, *FUNCTIONS], n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(names)}"
    return f"nothing is named `{fault.name}`: {hint}"


def called(kind: str) -> str:
    """A type in words."""
    if kind.startswith("list<"):
        return f"a list ({kind[5:-1]})"
    return {"int": "a number", "double": "a number", "string": "a text", "bool": "true or false"}.get(kind, f"a {kind}")
