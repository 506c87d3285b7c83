"""The JSON schema of the configuration, made of the settings themselves: `python -m netlint.engine.config_schema`.

What it prints is published as `config.schema.json`, for editors.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from netlint.engine.config_file import FAIL_LEVEL, FILES, IGNORE, PATHS, RULE_LISTS, RULE_PACKS, SEVERITY, WEIGHTS
from netlint.finding import SEVERITIES
from netlint.loaders.settings import SETTINGS, Form

_SHAPE: Final = {
    "anyOf": [
        {"type": "string", "examples": ["1,3,224,224"]},
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
    ]
}
_TEXTS: Final = {"type": "array", "items": {"type": "string", "minLength": 1}}
_FORMS: Final[dict[Form, dict[str, Any]]] = {
    "flag": {"type": "boolean"},
    "count": {"type": "integer", "minimum": 1},
    "shape": _SHAPE,
    "shapes": {"anyOf": [*_SHAPE["anyOf"], {"type": "object", "additionalProperties": _SHAPE}]},
    "word": {"type": "string"},
}


def schema() -> dict[str, Any]:
    """The schema of `[tool.netlint]` and of `.netlint.yaml`."""
    knowledge = {name: {"description": setting.summary, **_FORMS[setting.form]} for name, setting in SETTINGS.items()}
    knowledge[WEIGHTS] = {
        "description": "The weights file from which training starts, relative to the configuration's folder.",
        "type": "string",
        "minLength": 1,
    }
    lists = {name: {"description": summary, **_TEXTS} for name, summary in RULE_LISTS.items()}
    severity = {
        "description": "What the findings of rules or families weigh, instead of the rules' own severities.",
        "type": "object",
        "additionalProperties": {"enum": list(SEVERITIES)},
    }
    entry = {
        "type": "object",
        "description": "Settings for some files; of several entries that match a file the last one wins.",
        "properties": {
            PATHS: {"description": "Globs relative to the configuration's folder.", **_TEXTS},
            IGNORE: lists[IGNORE],
            SEVERITY: severity,
            **knowledge,
        },
        "required": [PATHS],
        "additionalProperties": False,
    }
    top = {
        **lists,
        SEVERITY: severity,
        FAIL_LEVEL: {
            "description": "The mildest severity at which the exit code is 1.",
            "enum": list(SEVERITIES),
            "default": "warning",
        },
        RULE_PACKS: {
            "description": "Folders of own rules, relative to the configuration's folder. Rules in Python run.",
            **_TEXTS,
        },
        **knowledge,
        FILES: {"type": "array", "items": entry},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netlint configuration",
        "description": "[tool.netlint] in pyproject.toml, or .netlint.yaml",
        "type": "object",
        "properties": top,
        "additionalProperties": False,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
