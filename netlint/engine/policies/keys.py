"""What may stand in a policy file: the keys of the file, of a rule, of a sample and of a related place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RULES: Final = "rules"

#: The keys of a rule, each with what it says.
RULE_KEYS: Final[Mapping[str, str]] = {
    "name": "The rule's name, in kebab case: it names the mistake.",
    "severity": "error: cannot work or is forbidden; warning: almost surely a mistake; info: worth knowing.",
    "message": "What is there, and what it costs; expressions between {{ and }} are filled in.",
    "about": "What the rule finds, in a sentence or more; the first line is its summary.",
    "why": "Why that matters.",
    "on": "Operators whose nodes the rule sees: ONNX's names, or a dialect's own words. Without it: the model, once.",
    "when": "The condition, an expression in CEL. Without it: every node of these operators.",
    "remedy": "What to change; expressions between {{ and }} are filled in.",
    "at": "The attribute at which the finding stands, by its ONNX name; of several the first that is written. In a "
    "rule without `on`: a field of the training.",
    "related": "Other places that belong to the finding.",
    "dialects": "The dialects of which the rule speaks; all without it.",
    "default": "false: the rule runs only where it is selected.",
    "bad": "Samples in which the rule must find something.",
    "good": "Samples in which it must find nothing.",
}
REQUIRED: Final = ("name", "severity", "message")

SAMPLE_KEYS: Final[Mapping[str, str]] = {
    "dialect": "The sample's dialect, which says how it is read.",
    "text": "The definition; a mark `# warning: [name]` behind a line says that the finding stands there.",
}
RELATED_KEYS: Final[Mapping[str, str]] = {
    "node": "An expression that gives a node or a list of nodes.",
    "message": "What is said of it; expressions between {{ and }} are filled in, `node` being that node.",
}

#: The dialects that have a text form, each with the ending by which its loader knows it.
SAMPLE_ENDINGS: Final[Mapping[str, str]] = {
    "caffe": ".prototxt", "onnx": ".onnxtxt", "keras": ".json", "tensorflow": ".pbtxt",
}  # fmt: skip
