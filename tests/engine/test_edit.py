"""Edits of a text: none of them changes more than it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlint.engine.edit import Overlap, TextEdit, apply_edits, touch
from netlint.model.source import line_end


def test_edits_count_in_the_text_as_it_was() -> None:
    edits = [TextEdit(4, 7, "3"), TextEdit(0, 3, "eins"), TextEdit(7, 7, "!")]
    assert apply_edits("one two", edits) == "eins 3!"


def test_insertions_at_one_place_stand_in_order() -> None:
    assert apply_edits("ac", [TextEdit(1, 1, "b"), TextEdit(1, 1, "B")]) == "abBc"


def test_an_insertion_at_the_border_of_another_edit() -> None:
    assert apply_edits("abc", [TextEdit(1, 2, "X"), TextEdit(1, 1, "<"), TextEdit(2, 2, ">")]) == "a<X>c"


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(Overlap, match="around offset 2"):
        apply_edits("abcd", [TextEdit(0, 3, ""), TextEdit(2, 4, "")])


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, 5)])
def test_offsets_outside_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="in a text of 4 characters"):
        apply_edits("abcd", [TextEdit(start, end, "")])


def test_line_ends_are_those_of_the_text() -> None:
    assert apply_edits("a\r\nb\r\n", [TextEdit(1, 1, "\nx\ny")]) == "a\r\nx\r\ny\r\nb\r\n"
    assert apply_edits("a\nb", [TextEdit(1, 1, "\nx")]) == "a\nx\nb"
    assert [line_end(text) for text in ("", "\n", "a", "\r\n", "a\nb\r\n")] == ["\n", "\n", "\n", "\r\n", "\n"]


def test_insertions_touch_what_begins_or_ends_there() -> None:
    inside, before, after = TextEdit(5, 8, ""), TextEdit(5, 5, "x"), TextEdit(8, 8, "x")
    assert touch([inside], [before])
    assert touch([inside], [after])
    assert touch([before], [before])
    assert not touch([inside], [TextEdit(8, 9, "")])
    assert not touch([before], [after])


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[TextEdit]]:
    text = draw(st.text(alphabet="ab\r\n#{} äé", max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, [TextEdit(start, end, draw(st.text(alphabet="xy ", max_size=5))) for start, end in spans]


@given(texts_with_edits())
def test_what_no_edit_covers_stays(given: tuple[str, list[TextEdit]]) -> None:
    text, edits = given
    # Written out in another way: from the end, so that offsets stay good.
    expected = text
    for edit in sorted(enumerate(edits), key=lambda item: (item[1].start, item[1].end, item[0]), reverse=True):
        expected = expected[: edit[1].start] + edit[1].text + expected[edit[1].end :]
    assert apply_edits(text, edits) == expected


@given(texts_with_edits(), st.randoms())
def test_the_order_of_edits_does_not_matter(given: tuple[str, list[TextEdit]], random: object) -> None:
    text, edits = given
    apart = [edit for number, edit in enumerate(edits) if not touch([edit], edits[:number])]
    shuffled = sorted(apart, key=lambda edit: hash((str(random), edit)))
    assert apply_edits(text, shuffled) == apply_edits(text, apart)


@given(texts_with_edits())
def test_what_does_not_touch_can_be_done_one_after_the_other(given: tuple[str, list[TextEdit]]) -> None:
    text, edits = given
    apart: list[TextEdit] = []
    for edit in edits:
        if not touch([edit], apart):
            apart.append(edit)
    later = sorted(apart, reverse=True)
    one_by_one = text
    for edit in later:
        one_by_one = one_by_one[: edit.start] + edit.text + one_by_one[edit.end :]
    assert apply_edits(text, apart) == one_by_one
