"""Policy files read and checked: every mistake with its place, before any network is looked at."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, cast

from netlint.authoring import RuleInfo
from netlint.engine.config_file import shown
from netlint.engine.pack_folders import PackError
from netlint.engine.policies.attributes import attribute_types
from netlint.engine.policies.cel import Checker
from netlint.engine.policies.document import Document, Wrong, kind_of, place_in
from netlint.engine.policies.keys import RELATED_KEYS, REQUIRED, RULE_KEYS, RULES, SAMPLE_ENDINGS, SAMPLE_KEYS
from netlint.engine.policies.mistakes import called, explained, is_call, not_among
from netlint.engine.policies.model_fields import TRAINING_PLACES
from netlint.engine.policies.policy import Policy, Template, holes, template
from netlint.engine.policies.vocabulary import records, variables
from netlint.engine.policies.words import DIALECTS, sorted_out, wrong
from netlint.finding import SEVERITIES, Severity

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOST_TOLD: Final = 20

#: Types that a message can show.
_SHOWN: Final = ("int", "uint", "double", "string", "bool", "dyn", "list<int>", "list<double>", "list<string>",
                 "list<dyn>", "list<bool>")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A definition that a rule is tried on: its dialect, its text, and the line of the file where the text begins."""

    dialect: str
    text: str
    line: int
    bad: bool


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A rule of a policy file, with what only its page and its tests need."""

    info: RuleInfo
    about: str
    why: str
    #: As it is written, for the page.
    written: Mapping[str, str]
    samples: tuple[Sample, ...]


def read_file(path: str, page: str, family: str) -> list[PolicyRule]:
    """The rules of one file. `page` is its path inside the pack, behind `rules/`.

    Raises PackError with everything that is wrong, line by line, or where the library for expressions is missing.
    """
    try:
        with open(path, "rb") as stream:
            document = Document(path, stream.read())
    except OSError as error:
        raise PackError(f"{shown(path)}: {error.strerror or error}") from None
    found = list(_Reader(document, page, family).rules())
    if document.wrong:
        worst = sorted(document.wrong, key=lambda one: one.offset)
        more = f"\n... and {len(worst) - _MOST_TOLD} more" if len(worst) > _MOST_TOLD else ""
        raise PackError(document.told(worst[:_MOST_TOLD]) + more)
    return found


def is_policy_file(name: str) -> bool:
    """Whether a file of a pack holds rules in YAML, by its ending."""
    return name.endswith((".yaml", ".yml")) and not name.startswith(".")


@cache
def _checker(sees_node: bool) -> Checker:
    return Checker(records(), variables(sees_node))


class _Reader:
    """One file on its way to rules: everything wrong is noted in the document."""

    def __init__(self, document: Document, page: str, family: str) -> None:
        self._document = document
        self._page = page
        self._family = family
        self._names: dict[str, int] = {}

    def rules(self) -> Iterable[PolicyRule]:
        document = self._document
        if document.root is None:
            document.blame(None, f"the file is empty: write `{RULES}:` and a list of rules")
            return
        top = self._keys(document.root, "a policy file", (RULES,), (RULES,))
        if RULES in top:
            for node in document.items(top[RULES][1], f"`{RULES}`"):
                rule = self._rule(node)
                if rule is not None:
                    yield rule

    def _keys(self, node: Any, what: str, known: Iterable[str], required: Iterable[str]) -> dict[str, tuple[Any, Any]]:
        """The keys of a mapping; blames unknown and missing ones."""
        found = self._document.mapping(node, what)
        names = tuple(known)
        for name, (key, _value) in list(found.items()):
            if name not in names:
                close = get_close_matches(name.lower(), names, n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(names)}"
                self._document.blame(key, f"`{name}` is no key of {what}: {hint}")
                del found[name]
        for name in required:
            if name not in found and kind_of(node) == "a mapping":
                self._document.blame(node, f"{what} needs `{name}`")
        return found

    def _rule(self, node: Any) -> PolicyRule | None:
        document = self._document
        keys = self._keys(node, "a rule", RULE_KEYS, REQUIRED)
        if not keys:
            return None
        before = len(document.wrong)
        values = {name: value for name, (_key, value) in keys.items()}
        name = self._name(values["name"]) if "name" in values else ""
        severity = self._choice(values["severity"], "`severity`", SEVERITIES) if "severity" in values else ""
        names = self._on(values["on"]) if "on" in values else ()
        sees_node = "on" in values
        when = self._condition(values["when"], sees_node) if "when" in values else ""
        if "when" not in values and not sees_node:
            document.blame(node, "a rule without `on` needs `when`: it would hold for every model")
        message = self._template(values.get("message"), "`message`", sees_node)
        remedy = self._template(values["remedy"], "`remedy`", sees_node) if "remedy" in values else None
        policy = Policy(
            message,
            when,
            remedy,
            self._attributes(values["at"], sees_node) if "at" in values else (),
            self._related(values["related"], sees_node) if "related" in values else (),
            sees_node,
            f"{os.path.basename(document.path)}, line {document.source.position(node.start_mark.index)[0]}",
        )
        texts = {key: document.text(values[key], f"`{key}`") for key in ("about", "why") if key in values}
        default = document.switch(values["default"], "`default`") if "default" in values else True
        dialects = self._dialects(values["dialects"]) if "dialects" in values else ()
        samples = [
            sample for key in ("bad", "good") if key in values for sample in self._samples(values[key], key, name)
        ]
        if len(document.wrong) > before:
            return None
        ops, words = sorted_out(names)
        about = texts.get("about", "")
        info = RuleInfo(
            name=name,
            family=self._family,
            severity=cast("Severity", severity),
            on=ops,
            words=words,
            dialects=dialects,
            default=default,
            summary=_summary(about) or _shortened(message),
            page=f"rules/{self._page}",
            page_file=document.path,
            declared=policy.as_text(),
        )
        written: dict[str, str] = {
            key: str(values[key].value).strip() for key in ("when", "message", "remedy") if key in values
        }
        if names:
            written["on"] = ", ".join(names)
        return PolicyRule(info, about, texts.get("why", ""), written, tuple(samples))

    def _name(self, node: Any) -> str:
        name = self._document.text(node, "`name`")
        if name and not _NAME.fullmatch(name):
            kebab = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
            hint = f": write `{kebab}`" if _NAME.fullmatch(kebab) else ""
            self._document.blame(node, f"`{name[:60]}` is no name in kebab case{hint}")
        line = self._document.source.position(node.start_mark.index)[0]
        if name and name in self._names:
            self._document.blame(node, f"`{name}` is named in line {self._names[name]} already")
        self._names.setdefault(name, line)
        return name

    def _choice(self, node: Any, what: str, choices: tuple[str, ...]) -> str:
        text = self._document.text(node, what)
        if text and text not in choices:
            close = get_close_matches(text.lower(), choices, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(choices)}"
            self._document.blame(node, f"{what} is `{text[:60]}`: {hint}")
        return text

    def _on(self, node: Any) -> tuple[str, ...]:
        names = self._texts(node, "`on`", wrong)
        if isinstance(node.value, list) and not node.value:
            self._document.blame(node, "`on` names no operator: leave it out to see the model once")
        return names

    def _dialects(self, node: Any) -> tuple[str, ...]:
        return self._texts(node, "`dialects`", lambda name: not_among(name, "a dialect", DIALECTS))

    def _attributes(self, node: Any, sees_node: bool) -> tuple[str, ...]:
        if not sees_node:
            return self._texts(node, "`at`", lambda name: not_among(name, "a field of the training", TRAINING_PLACES))
        return self._texts(node, "`at`", lambda name: not_among(name, "an attribute", attribute_types()))

    def _texts(self, node: Any, what: str, refuse: Callable[[str], str]) -> tuple[str, ...]:
        """One text, or a list of them; each is blamed for what `refuse` says of it."""
        items = node.value if isinstance(node.value, list) and node.tag.endswith(":seq") else [node]
        found = []
        for item in items:
            text = self._document.text(item, what if item is node else f"an entry of {what}")
            problem = refuse(text) if text else ""
            if problem:
                self._document.blame(item, problem)
            elif text:
                found.append(text)
        return tuple(dict.fromkeys(found))

    def _condition(self, node: Any, sees_node: bool) -> str:
        if kind_of(node) == "true or false":
            return str(self._document.switch(node, "`when`")).lower()
        text = self._document.text(node, "`when`")
        if not text:
            return ""
        kind = self._checked(node, text, 0, sees_node)
        if kind and kind not in ("bool", "dyn"):
            self._document.blame(node, f"`when` is {called(kind)}, not a condition that is true or false")
        return text.strip()

    def _template(self, node: Any, what: str, sees_node: bool) -> Template:
        """A message with holes, each of which is checked."""
        text = self._document.text(node, what) if node is not None else ""
        if text.count("{{") != len(holes(text)) or text.count("}}") < len(holes(text)):
            self._document.blame(node, f"{what} has a `{{{{` without `}}}}`", text.find("{{"))
        for offset, expression in holes(text):
            if not expression.strip():
                self._document.blame(node, f"{what} has nothing between `{{{{` and `}}}}`", offset)
                continue
            kind = self._checked(node, expression, offset, sees_node)
            if kind and kind not in _SHOWN:
                hint = ": write its `.label`" if kind == "node" else ": write its `.text`" if kind == "shape" else ""
                self._document.blame(node, f"a message cannot show {called(kind)}{hint}", offset + _indent(expression))
        return template(" ".join(text.split()) if "\n" in text.strip() else text.strip())

    def _related(self, node: Any, sees_node: bool) -> tuple[tuple[str, Template], ...]:
        found = []
        for item in self._document.items(node, "`related`"):
            keys = self._keys(item, "a related place", RELATED_KEYS, RELATED_KEYS)
            if len(keys) < len(RELATED_KEYS):
                continue
            text = self._document.text(keys["node"][1], "`node`")
            kind = self._checked(keys["node"][1], text, 0, sees_node) if text else ""
            if kind and kind not in ("node", "list<node>", "dyn"):
                self._document.blame(keys["node"][1], f"`node` is {called(kind)}, not a node or a list of nodes")
            found.append((text.strip(), self._template(keys["message"][1], "`message`", True)))
        return tuple(found)

    def _samples(self, node: Any, key: str, name: str) -> Iterable[Sample]:
        items = self._document.items(node, f"`{key}`") if not node.tag.endswith(":map") else [node]
        for item in items:
            keys = self._keys(item, "a sample", SAMPLE_KEYS, SAMPLE_KEYS)
            if len(keys) < len(SAMPLE_KEYS):
                continue
            dialect = self._choice(keys["dialect"][1], "`dialect`", tuple(SAMPLE_ENDINGS))
            value = keys["text"][1]
            text = self._document.text(value, "`text`")
            if key == "good" and f"[{name}]" in text:
                self._document.blame(value, "a good sample bears no mark")
            line = self._document.source.position(place_in(self._document.source.text, value)[0])[0] if text else 1
            yield Sample(dialect, text, line, key == "bad")

    def _checked(self, node: Any, expression: str, offset: int, sees_node: bool) -> str:
        """The type of an expression that stands at an offset of a text; empty where it is wrong, which is blamed."""
        kind, faults = _checker(sees_node).check(expression)
        if any(fault.name and not fault.record and is_call(expression, fault) for fault in faults):
            # Variables of a macro that is none are unknown as well.
            faults = [one for one in faults if not one.name or one.record or is_call(expression, one)]
        places = place_in(self._document.source.text, node) if faults else []
        for fault in faults:
            at = places[min(offset + fault.offset, len(places) - 1)]
            self._document.wrong.append(Wrong(at, explained(fault, expression, sees_node)))
        return kind


def _summary(about: str) -> str:
    return about.strip().partition("\n")[0].strip()


def _shortened(message: Template) -> str:
    """The message as a summary, with dots for what is filled in."""
    return "...".join(message.parts[::2]).strip()


def _indent(expression: str) -> int:
    return len(expression) - len(expression.lstrip())
