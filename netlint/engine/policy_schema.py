"""The JSON schema of policy files, made of the keys themselves: `python -m netlint.engine.policy_schema`.

What it prints is published as `policy.schema.json`, for editors.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from netlint.engine.policies.keys import RELATED_KEYS, REQUIRED, RULE_KEYS, RULES, SAMPLE_ENDINGS, SAMPLE_KEYS
from netlint.engine.policies.words import DIALECTS
from netlint.finding import SEVERITIES

_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}


def _one_or_more(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _record(keys: dict[str, dict[str, Any]], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": keys, "required": list(required), "additionalProperties": False}


def schema() -> dict[str, Any]:
    """The schema of a policy file."""
    sample = _record(
        {
            "dialect": {"description": SAMPLE_KEYS["dialect"], "enum": list(SAMPLE_ENDINGS)},
            "text": {"description": SAMPLE_KEYS["text"], **_TEXT},
        },
        tuple(SAMPLE_KEYS),
    )
    related = _record(
        {key: {"description": about, **_TEXT} for key, about in RELATED_KEYS.items()}, tuple(RELATED_KEYS)
    )
    kinds: dict[str, dict[str, Any]] = {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
        "severity": {"enum": list(SEVERITIES)},
        "on": _one_or_more(_TEXT),
        "at": _one_or_more(_TEXT),
        "dialects": _one_or_more({"enum": list(DIALECTS)}),
        "default": {"type": "boolean", "default": True},
        "related": {"type": "array", "items": related},
        "bad": _one_or_more(sample),
        "good": _one_or_more(sample),
    }
    keys = {key: {"description": about, **kinds.get(key, _TEXT)} for key, about in RULE_KEYS.items()}
    rule = {**_record(keys, REQUIRED), "anyOf": [{"required": ["on"]}, {"required": ["when"]}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netlint policies",
        "description": "Rules in YAML: a file of a rule pack",
        **_record({RULES: {"description": "The rules of the file.", "type": "array", "items": rule}}, (RULES,)),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
