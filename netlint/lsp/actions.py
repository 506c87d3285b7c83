"""What can be done about a finding: its fix, a comment that silences it, its rule's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lsprotocol import types

from netlint.engine.add_suppressions import NEVER, commented
from netlint.engine.edit import is_textual, with_line_end
from netlint.engine.ignore_file import with_ignore_file
from netlint.finding import Finding, Fix
from netlint.lsp.diagnostics import Shown
from netlint.lsp.jobs import Mended
from netlint.lsp.positions import Lines
from netlint.lsp.texts import Texts
from netlint.model import Source
from netlint.model.source import line_end

FIX_ALL: Final = "source.fixAll.netlint"
EXPLAIN: Final = "netlint.explain"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where actions are made: the document as the editor has it, and how to reach others."""

    uri: str
    text: str
    texts: Texts
    #: The client takes edits with the version that they are for.
    versioned: bool = True

    def change(self, edits: dict[str, list[types.TextEdit]]) -> types.WorkspaceEdit:
        """Edits by URI, as the client takes them."""
        if not self.versioned:
            return types.WorkspaceEdit(changes=edits)
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uri, self.texts.version(uri)), list(found)
                )
                for uri, found in edits.items()
            ]
        )


def quick_fixes(desk: Desk, shown: Sequence[Shown], place: types.Range) -> list[types.CodeAction]:
    """What can be done about the findings in a stretch of a document."""
    here = [each for each in shown if _touches(each.diagnostic.range, place)]
    found = [action for each in here for action in _fixes(desk, each)]
    found += [action for each in here for action in _suppressions(desk, each)]
    return [*found, *_explanations(here)]


def is_wanted(kind: str, only: Sequence[str]) -> bool:
    """Whether a client that asks for `only` these kinds wants another; kinds are a tree by their dots, and who names
    none wants all."""
    return not only or any(not each or kind == each or kind.startswith(f"{each}.") for each in only)


def _touches(one: types.Range, other: types.Range) -> bool:
    return _at(one.start) <= _at(other.end) and _at(other.start) <= _at(one.end)


def _at(position: types.Position) -> tuple[int, int]:
    return position.line, position.character


def _fixes(desk: Desk, shown: Shown) -> Iterator[types.CodeAction]:
    fix = shown.finding.fix if shown.finding is not None else None
    edits = _edits(desk, fix) if fix is not None and fix.mends(unsafe=True) else {}
    if fix is None or not edits:
        return
    safe = fix.applicability == "safe"
    yield types.CodeAction(
        title=fix.title if safe else f"{fix.title} (unsafe: may change what is trained)",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown.diagnostic],
        is_preferred=True if safe else None,
        edit=desk.change(edits),
    )


def fix_all(desk: Desk, mended: Mended) -> list[types.CodeAction]:
    """All safe fixes of the document at once."""
    if mended.text == desk.text:
        return []
    count = "the safe fix" if mended.count == 1 else f"all {mended.count} safe fixes"
    edit = desk.change({desk.uri: [_difference(desk, mended.text)]})
    return [types.CodeAction(title=f"netlint: apply {count}", kind=FIX_ALL, edit=edit)]


def _edits(desk: Desk, fix: Fix) -> dict[str, list[types.TextEdit]]:
    """The edits of a fix by URI; none at all when a text has changed since it was linted."""
    found: dict[str, list[types.TextEdit]] = {}
    for edit in fix.edits:
        source = edit.span.source
        uri = desk.texts.uri(source.path)
        if not is_textual(edit) or (desk.text if uri == desk.uri else desk.texts.any_text(uri)) != source.text:
            return {}
        place = Lines(source.text, desk.texts.encoding).range(edit.span.start, edit.span.end)
        new = with_line_end(edit.replacement, line_end(source.text))
        found.setdefault(uri, []).append(types.TextEdit(place, new))
    return found


def _suppressions(desk: Desk, shown: Shown) -> Iterator[types.CodeAction]:
    """A comment on the line, and one for the whole file."""
    finding = shown.finding
    if finding is None or finding.rule in NEVER:
        return
    path = finding.path
    if finding.span is not None and finding.span.source.text == desk.text:
        here = _with_comment(desk.text, finding.span.source, finding)
        if here is not None:
            yield _comment(desk, shown, f"netlint: ignore `{finding.rule}` here", here)
        everywhere = with_ignore_file(path, desk.text, finding.rule)
        if everywhere != desk.text:
            yield _comment(desk, shown, f"netlint: ignore `{finding.rule}` in this file", everywhere)


def _with_comment(text: str, source: Source, finding: Finding) -> str | None:
    after = commented(text.encode("utf-8", "surrogatepass"), source, [finding], "")
    return after.decode("utf-8", "surrogatepass") if after is not None else None


def _comment(desk: Desk, shown: Shown, title: str, after: str) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown.diagnostic],
        edit=desk.change({desk.uri: [_difference(desk, after)]}),
    )


def _difference(desk: Desk, after: str) -> types.TextEdit:
    """The one edit that makes `after` of the document."""
    before = desk.text
    start = _shared(before, after)
    rest, new = before[start:], after[start:]
    tail = _shared(rest[::-1], new[::-1])
    end = len(before) - tail
    return types.TextEdit(Lines(before, desk.texts.encoding).range(start, end), new[: len(new) - tail])


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _explanations(shown: Iterable[Shown]) -> Iterator[types.CodeAction]:
    by_rule: dict[str, list[types.Diagnostic]] = {}
    for each in shown:
        if each.finding is not None:
            by_rule.setdefault(each.finding.rule, []).append(each.diagnostic)
    for rule, diagnostics in by_rule.items():
        title = f"netlint: explain `{rule}`"
        yield types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=diagnostics,
            command=types.Command(title, EXPLAIN, arguments=[rule]),
        )
