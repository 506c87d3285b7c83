"""One JSON object a line and finding, for streams: each is a `finding` of `report.schema.json`."""

from __future__ import annotations

import json

from netlint.output.json import as_object
from netlint.output.outcome import Outcome


def render(outcome: Outcome) -> str:
    """The findings in order; nothing at all where there are none."""
    return "\n".join(json.dumps(as_object(finding), ensure_ascii=False) for finding in outcome.findings)
