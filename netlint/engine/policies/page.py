"""The page of a rule in YAML, made of the texts that its author wrote."""

from __future__ import annotations

import re

from netlint.authoring import RuleInfo
from netlint.engine.config_file import shown
from netlint.engine.policies.keys import SAMPLE_ENDINGS
from netlint.engine.policies.read import PolicyRule, Sample, read_file

_LANGUAGES = {dialect: ending.lstrip(".") for dialect, ending in SAMPLE_ENDINGS.items()}


def page(info: RuleInfo) -> str:
    """The page in Markdown, with the sections that rules in Python have. Raises PackError."""
    rules = read_file(info.page_file, info.page.partition("/")[2], info.family)
    return next((_page(rule) for rule in rules if rule.info.name == info.name), f"# {info.name}\n")


def _page(rule: PolicyRule) -> str:
    info = rule.info
    parts = [f"# {info.name}", "## What it does", rule.about.strip() or _said(rule), _condition(rule)]
    if rule.why:
        parts += ["## Why is this bad?", rule.why.strip()]
    bad, good = ([sample for sample in rule.samples if sample.bad is wanted] for wanted in (True, False))
    if rule.samples:
        parts.append("## Examples")
        parts += map(_block, bad)
        if bad and good:
            parts.append("Use instead:")
        parts += map(_block, good)
    if "remedy" in rule.written:
        parts += ["## How to mend it", _words(rule.written["remedy"])]
    return "\n\n".join(filter(None, parts)) + "\n"


def _said(rule: PolicyRule) -> str:
    return f"It says: {_words(rule.written['message'])}"


def _words(text: str) -> str:
    """A message, its expressions as code."""
    return re.sub(r"\{\{\s*(.*?)\s*\}\}", r"`\1`", " ".join(text.split()))


def _condition(rule: PolicyRule) -> str:
    info = rule.info
    head = f"Severity {info.severity}{'' if info.default else ', off by default'}; written in {shown(info.page_file)}."
    nodes = f" Of every {rule.written['on']}" if "on" in rule.written else " Of the model"
    spoken = f" ({', '.join(info.dialects)})" if info.dialects else ""
    if "when" not in rule.written:
        return f"{head}{nodes}{spoken}."
    return f"{head}{nodes}{spoken} for which this holds:\n\n```cel\n{rule.written['when']}\n```"


def _block(sample: Sample) -> str:
    text = sample.text.rstrip("\n")
    return f"```{_LANGUAGES[sample.dialect]}\n{text}\n```"
