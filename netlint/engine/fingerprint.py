"""A finding's identity that lasts while lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from netlint.finding import Finding


def fingerprints(findings: Iterable[Finding], named: Callable[[str], str] = str) -> Iterator[str]:
    """A hexadecimal number of 32 digits for each finding, no two alike.

    It is made of the rule, the path (as `named` writes it), the node or pointer, and the text of the line without its
    indentation (of a very long line, what is meant alone); of the message only where there is neither node nor line,
    since messages speak of shapes and lines elsewhere. Equal ones are told apart by their order in the file.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        span = finding.span
        line = "" if span is None or span.pointer else " ".join(span.meant.split())
        place = (finding.node, finding.pointer, line)
        key = (finding.rule, named(finding.path), *(place if any(place) else ("", "", "", finding.message)))
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        yield hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
