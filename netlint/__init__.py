"""netlint: a static linter for neural-network definitions.

The names below are the whole public interface. They are imported when they are first used: `netlint --version`
and the start of an editor session must not pay for the graph, the rules or a framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from netlint.version import __version__

if TYPE_CHECKING:
    from netlint.api import Options, Report, lint, load
    from netlint.api_fix import FixReport, fix
    from netlint.authoring import Context, Fact, Rule, rule
    from netlint.finding import Edit, Finding, Fix, Related
    from netlint.model import (
        UNKNOWN,
        Attr,
        Edge,
        Initializer,
        Model,
        Node,
        Param,
        Problem,
        Span,
        Task,
        Training,
        Unknown,
        Value,
    )

_HOME = {
    "netlint.api": ("Options", "Report", "lint", "load"),
    "netlint.api_fix": ("FixReport", "fix"),
    "netlint.finding": ("Edit", "Finding", "Fix", "Related"),
    "netlint.model": (
        *("UNKNOWN", "Attr", "Edge", "Initializer", "Model", "Node"),
        *("Param", "Problem", "Span", "Task", "Training", "Unknown", "Value"),
    ),
    "netlint.authoring": ("Context", "Fact", "Rule", "rule"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "UNKNOWN",
    "Attr",
    "Context",
    "Edge",
    "Edit",
    "Fact",
    "Finding",
    "Fix",
    "FixReport",
    "Initializer",
    "Model",
    "Node",
    "Options",
    "Param",
    "Problem",
    "Related",
    "Report",
    "Rule",
    "Span",
    "Task",
    "Training",
    "Unknown",
    "Value",
    "__version__",
    "fix",
    "lint",
    "load",
    "rule",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'netlint' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
