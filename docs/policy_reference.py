"""The tables of `docs/policies.md`, made of what the code knows: `python -m docs.policy_reference` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netlint.engine.policies.attributes import attribute_types
from netlint.engine.policies.keys import REQUIRED, RULE_KEYS
from netlint.engine.policies.vocabulary import FIELDS, FUNCTIONS, MODEL_VARIABLES, NODE_VARIABLES

PAGE = Path(__file__).with_name("policies.md")
START = "<!-- python -m docs.policy_reference writes from here -->"
END = "<!-- to here -->"

_ABOUT = {
    "Node": "A layer",
    "Shape": "The extents of a value or a weight. An extent that is not known is not there",
    "Model": "The network",
    "Training": "How it is trained, as far as the source, its solver or `compile()` says",
    "Value": "An input or output of the network",
}


def tables() -> str:
    """Keys, variables, fields, functions and attributes."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "### Keys of a rule"
    yield ""
    yield "| key | what it says |"
    yield "| --- | --- |"
    for key, about in RULE_KEYS.items():
        yield f"| `{key}`{' (needed)' if key in REQUIRED else ''} | {about} |"
    for title, variables in (
        ("Variables of a rule with `on`", NODE_VARIABLES),
        ("Variables of a rule without `on`", MODEL_VARIABLES),
    ):
        yield ""
        yield f"### {title}"
        yield ""
        yield "| variable | type | what it is |"
        yield "| --- | --- | --- |"
        for name, (kind, about) in variables.items():
            yield f"| `{name}` | {kind} | {about} |"
    for record, fields in FIELDS.items():
        yield ""
        yield f"### {record}"
        yield ""
        yield f"{_ABOUT[record]}."
        yield ""
        yield "| field | type | what it is |"
        yield "| --- | --- | --- |"
        for field in fields:
            yield f"| `{field.name}` | {field.type} | {field.about} |"
    yield ""
    yield "### Attributes"
    yield ""
    yield "Each attribute has the type that ONNX gives it; `dyn` where operators differ."
    yield ""
    for kind in ("int", "double", "bool", "string", "list(int)", "list(double)", "list(string)", "list(bool)", "dyn"):
        names = ", ".join(f"`{name}`" for name, own in attribute_types().items() if own == kind)
        yield f"- {kind}: {names}"
    yield ""
    yield "### Functions and macros"
    yield ""
    yield ", ".join(f"`{name}`" for name in FUNCTIONS) + "."


def page() -> str:
    """The page with its tables as they must be."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
