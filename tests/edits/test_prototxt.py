"""Edits of prototxt keep the layout around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlint import Node
from netlint.edits import (
    Edits,
    add_beside,
    add_fields,
    add_filler,
    add_layer,
    refill,
    remove_at,
    remove_attr,
    remove_field,
    remove_layer,
    set_each,
    set_field,
    without_bias,
    zero_rates,
)
from netlint.edits.fields import New, field_at, inserted, removed, tree
from netlint.engine.edit import apply_edits, text_edit
from netlint.loaders.text_format import Field, Message, parse
from netlint.model import Source
from tests.nets import models, node


def applied(text: str, edits: Edits) -> str:
    return apply_edits(text, map(text_edit, edits))


def conv(text: str, name: str = "conv") -> Node:
    return node(models(text)[0], name)


SPREAD = """layer {
  name: "conv"
  type: "Convolution"
  bottom: "x"
  top: "conv"
  convolution_param {
    num_output: 16  # enough
    kernel_size: 3
  }
}
"""
SHORT = (
    'layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" '
    "convolution_param { num_output: 16 kernel_size: 3 } }\n"
)
BRACED_DOWN = """layer
{
\tname: "conv"
\ttype: "Convolution"
\tbottom: "x"
\ttop: "conv"
\tconvolution_param
\t{
\t\tnum_output: 16; kernel_size: 3
\t}
}
"""
V1 = """layers {
  name: 'conv' type: CONVOLUTION
  bottom: 'x' top: 'conv'
  blobs_lr: 1
  blobs_lr: 2
  weight_decay: 1
  weight_decay: 0
  convolution_param { num_output: 16 kernel_size: 3 }
}
"""


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (SPREAD, "    kernel_size: 3\n", "    kernel_size: 3\n    bias_term: false\n"),
        (SHORT, "kernel_size: 3 }", "kernel_size: 3 bias_term: false }"),
        (BRACED_DOWN, "kernel_size: 3\n", "kernel_size: 3\n\t\tbias_term: false\n"),
        (V1, "kernel_size: 3 }", "kernel_size: 3 bias_term: false }"),
        (SPREAD.replace("\n", "\r\n"), "    kernel_size: 3\r\n", "    kernel_size: 3\r\n    bias_term: false\r\n"),
        # The brace closes on the last field's line.
        (SPREAD.replace("3\n  }", "3 }"), "kernel_size: 3 }", "kernel_size: 3 bias_term: false }"),
        (
            SPREAD.replace("kernel_size: 3\n", "kernel_size: 3  # small\n"),
            "# small\n",
            "# small\n    bias_term: false\n",
        ),
    ],
    ids=["spread", "short", "braces of their own", "V1", "CRLF", "closed early", "commented"],
)
def test_a_field_is_written_in_the_style_of_the_message(text: str, before: str, after: str) -> None:
    edits = set_field(conv(text), ("convolution_param", "bias_term"), "false")
    assert applied(text, edits) == text.replace(before, after)


def test_a_value_is_replaced_where_it_stands() -> None:
    text = SPREAD.replace("kernel_size: 3", "kernel_size  :  3 # three")
    edits = set_field(conv(text), ("convolution_param", "kernel_size"), "5")
    assert applied(text, edits) == text.replace("3 # three", "5 # three")


def test_a_block_that_is_missing_is_written() -> None:
    text = 'layer {\n  name: "bn"\n  type: "BatchNorm"\n  bottom: "x"\n  top: "bn"\n}\n'
    edits = set_field(conv(text, "bn"), ("batch_norm_param", "eps"), "1e-5")
    assert applied(text, edits) == text.replace(
        '  top: "bn"\n', '  top: "bn"\n  batch_norm_param {\n    eps: 1e-5\n  }\n'
    )
    short = 'layer { name: "bn" type: "BatchNorm" bottom: "x" top: "bn" }\n'
    edits = set_field(conv(short, "bn"), ("batch_norm_param", "eps"), "1e-5")
    assert applied(short, edits) == short.replace(" }\n", " batch_norm_param { eps: 1e-5 } }\n")


def test_short_blocks_beside_it_make_a_new_one_short() -> None:
    text = SPREAD.replace("  convolution_param", "  param { lr_mult: 1 }\n  convolution_param").replace(
        "convolution_param {\n    num_output: 16  # enough\n    kernel_size: 3\n  }",
        "convolution_param { num_output: 16 kernel_size: 3 }",
    )
    edits = add_fields(conv(text), [("param", [("lr_mult", "0")])], after="param")
    assert applied(text, edits) == text.replace("{ lr_mult: 1 }\n", "{ lr_mult: 1 }\n  param { lr_mult: 0 }\n")


def test_a_setting_that_is_given_twice_is_left() -> None:
    text = SHORT.replace("kernel_size: 3", "kernel_size: 3 kernel_size: 5")
    assert set_field(conv(text), ("convolution_param", "kernel_size"), "1") == ()
    assert applied(text, set_each(conv(text), ("convolution_param", "kernel_size"), "1")) == text.replace(
        "kernel_size: 3 kernel_size: 5", "kernel_size: 1 kernel_size: 1"
    )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n"),
        ("a: 1\n  b: 2  # why\nc: 3\n", "a: 1\n  # why\nc: 3\n"),
        ("a: 1 b: 2 c: 3\n", "a: 1 c: 3\n"),
        ("a: 1\nb: 2 c: 3\n", "a: 1\nc: 3\n"),
        ("a: 1, b: 2, c: 3\n", "a: 1, c: 3\n"),
        ("a: 1; b: 2;\nc: 3\n", "a: 1;\nc: 3\n"),
        ("a: 1\nb: 2", "a: 1\n"),
        ("a: 1\nb: 2 # last", "a: 1\n# last"),
        ("a: 1\r\n\tb: 2\r\nc: 3\r\n", "a: 1\r\nc: 3\r\n"),
        ("a: 1\nb {\n  x: 1\n}\nc: 3\n", "a: 1\nc: 3\n"),
        ("a: 1\nb <x: 1> c: 3\n", "a: 1\nc: 3\n"),
        ("a: 1\n\n# of b\nb: 2\n\nc: 3\n", "a: 1\n\n# of b\n\nc: 3\n"),
    ],
)
def test_a_field_goes_with_its_line_and_leaves_comments(text: str, after: str) -> None:
    source = Source("a.prototxt", text)
    root = tree(text)
    assert root is not None
    edit = removed(source, next(field for field in root.fields if field.name == "b"))
    assert edit is not None
    assert apply_edits(text, [text_edit(edit)]) == after


def test_a_part_of_a_list_is_left() -> None:
    text = SHORT.replace("kernel_size: 3", "kernel_size: [3, 5]")
    found = field_at(Source("n", text), text.index("5]"))
    assert found is not None
    assert removed(Source("n", text), found) is None
    assert remove_field(conv(text), ("convolution_param", "kernel_size")) == ()


def test_a_block_goes_with_its_last_field_unless_it_holds_a_comment() -> None:
    text = 'layer {\n  name: "bn" type: "BatchNorm" bottom: "x" top: "bn"\n  batch_norm_param { use_global_stats: true }\n}\n'
    bn = conv(text, "bn")
    assert applied(text, remove_attr(bn, bn.attrs["training_mode"])) == text.replace(
        "  batch_norm_param { use_global_stats: true }\n", ""
    )
    noted = text.replace("{ use_global_stats: true }", "{\n    # see below\n    use_global_stats: true\n  }")
    bn = conv(noted, "bn")
    assert applied(noted, remove_attr(bn, bn.attrs["training_mode"])) == noted.replace(
        "    use_global_stats: true\n", ""
    )


def test_a_layer_goes_and_its_readers_read_what_it_read() -> None:
    text = (
        SHORT + "\n" + 'layer {\n  name: "relu"\n  type: "ReLU"\n  bottom: "conv"\n  top: "out"\n}\n\n'
        "layer { name: 'a' type: 'TanH' bottom: 'out' top: 'a' }\nlayer { name: 'b' type: 'TanH' bottom: 'out' top: 'b' }\n"
    )
    edits = remove_layer(conv(text, "relu"))
    assert applied(text, edits) == (
        SHORT + "\nlayer { name: 'a' type: 'TanH' bottom: 'conv' top: 'a' }\n"
        "layer { name: 'b' type: 'TanH' bottom: 'conv' top: 'b' }\n"
    )


@pytest.mark.parametrize(
    "rest",
    [
        # Nothing reads it: it is what the net gives.
        "",
        # Its value is overwritten by another layer, so its readers may mean that one.
        'layer { name: "d" type: "Dropout" bottom: "out" top: "out" }\nlayer { name: "a" type: "TanH" bottom: "out" top: "a" }\n',
        # What it reads is overwritten behind it.
        'layer { name: "d" type: "Dropout" bottom: "conv" top: "conv" }\nlayer { name: "a" type: "TanH" bottom: "out" top: "a" }\n',
    ],
)
def test_a_layer_stays_where_its_readers_are_not_certain(rest: str) -> None:
    text = SHORT + 'layer { name: "relu" type: "ReLU" bottom: "conv" top: "out" }\n' + rest
    assert remove_layer(conv(text, "relu")) == ()


def test_a_layer_is_written_behind_another_one() -> None:
    new: list[New] = [("name", '"s"'), ("scale_param", [("bias_term", "true")])]
    spread = SPREAD + "\n" + SHORT.replace("conv", "next")
    assert applied(spread, add_layer(conv(spread), new)) == spread.replace(
        "  }\n}\n", '  }\n}\nlayer {\n  name: "s"\n  scale_param {\n    bias_term: true\n  }\n}\n'
    )
    assert applied(SHORT, add_layer(conv(SHORT), new)) == (
        f'{SHORT}layer {{ name: "s" scale_param {{ bias_term: true }} }}\n'
    )


def test_a_bias_goes_with_all_that_belongs_to_it() -> None:
    text = SPREAD.replace(
        "  convolution_param {",
        "  param { lr_mult: 1 }\n  param { lr_mult: 2 decay_mult: 0 }\n  convolution_param {",
    ).replace("    kernel_size: 3\n", "    kernel_size: 3\n    bias_filler { value: 0.1 }  # was 0\n")
    assert applied(text, without_bias(conv(text))) == text.replace(
        "  param { lr_mult: 2 decay_mult: 0 }\n", ""
    ).replace("bias_filler { value: 0.1 }", "bias_term: false")
    assert applied(V1, without_bias(conv(V1))) == V1.replace("  blobs_lr: 2\n", "").replace(
        "  weight_decay: 0\n", ""
    ).replace("kernel_size: 3 }", "kernel_size: 3 bias_term: false }")


def test_fillers() -> None:
    assert applied(SPREAD, add_filler(conv(SPREAD), "msra")) == SPREAD.replace(
        "kernel_size: 3\n", 'kernel_size: 3\n    weight_filler {\n      type: "msra"\n    }\n'
    )
    zero = SHORT.replace("kernel_size: 3", 'weight_filler { type: "constant" value: 0 } kernel_size: 3')
    assert applied(zero, refill(conv(zero), "kaiming")) == zero.replace('"constant" value: 0', '"msra"')
    nameless = SPREAD.replace("kernel_size: 3\n", "kernel_size: 3\n    weight_filler {\n      std: 0.01\n    }\n")
    assert applied(nameless, refill(conv(nameless), "xavier")) == nameless.replace(
        "      std", '      type: "gaussian"\n      std'
    )


def test_rates_of_statistics() -> None:
    text = (
        'layer {\n  name: "bn" type: "BatchNorm" bottom: "x" top: "bn"\n'
        "  param { lr_mult: 1 decay_mult: 0 }\n  param { }\n}\n"
    )
    place = conv(text, "bn").span
    assert applied(text, zero_rates(place, 3)) == text.replace("lr_mult: 1", "lr_mult: 0").replace(
        "  param { }\n", "  param { lr_mult: 0 }\n  param { lr_mult: 0 }\n"
    )
    named = text.replace("param { }", 'param { name: "shared" }')
    assert zero_rates(conv(named, "bn").span, 3) == ()


def test_a_solver_has_fields_of_its_own() -> None:
    text = 'net: "net.prototxt"  # the net\nbase_lr: 0.1\nmax_iter: 9'
    source = Source("solver.prototxt", text)
    root = tree(text)
    assert root is not None
    span = models_span(source, root.fields[1])
    assert applied(text, add_beside(span, [("lr_policy", '"fixed"')])) == text.replace(
        "0.1\n", '0.1\nlr_policy: "fixed"\n'
    )
    assert add_beside(span, [("max_iter", "1")]) == ()
    assert (
        applied(text, remove_at(models_span(source, root.fields[2])))
        == 'net: "net.prototxt"  # the net\nbase_lr: 0.1\n'
    )


def models_span(source: Source, field: Field):  # type: ignore[no-untyped-def]
    from netlint.model import Span

    return Span(source, field.start, field.end)


def test_the_oldest_format_is_left() -> None:
    text = (
        'layers {\n  layer { name: "conv" type: "conv" num_output: 16 kernelsize: 3 }\n  bottom: "x" top: "conv"\n}\n'
    )
    assert set_field(conv(text), ("convolution_param", "bias_term"), "false") == ()


# Texts of every layout: one field a line or several, comments, separators, both kinds of braces and of line ends.
_NAMES = st.sampled_from(["a", "b", "c"])
_GAPS = st.sampled_from([" ", "\n", "  \n", "\n  ", " # note\n", "\n\n", "; ", ", ", ";\n"])


@st.composite
def _messages(draw: st.DrawFn, depth: int = 0) -> str:
    parts = [draw(st.sampled_from(["", " ", "\n", "\n  ", " # first\n"]))]
    for _ in range(draw(st.integers(0 if depth else 1, 4))):
        name = draw(_NAMES)
        if depth < 2 and draw(st.booleans()):
            opening, closing = draw(st.sampled_from([("{", "}"), ("<", ">")]))
            parts.append(
                f"{name}{draw(st.sampled_from([' ', ': ', '']))}{opening}{draw(_messages(depth + 1))}{closing}"
            )
        else:
            value = draw(st.sampled_from(["1", " 2", ' "x #y"', " -1e3"]))
            parts.append(f"{name}:{value}")
        parts.append(draw(_GAPS))
    return "".join(parts)


def _content(message: Message | None) -> list[object]:
    fields = message.fields if message is not None else []
    return [(field.name, field.text if field.message is None else _content(field.message)) for field in fields]


def _inner(message: Message) -> list[tuple[Message, int]]:
    """Every field, as the message that holds it and its number there."""
    found = []
    for index, field in enumerate(message.fields):
        found.append((message, index))
        if field.message is not None:
            found += _inner(field.message)
    return found


@given(_messages(), st.booleans(), st.data())
def test_a_removal_takes_one_field_and_no_comment(text: str, windows: bool, data: st.DataObject) -> None:
    text = text.replace("\n", "\r\n") if windows else text
    parsed = parse(text)
    assert not parsed.errors
    holder, index = data.draw(st.sampled_from(_inner(parsed.root)))
    field = holder.fields[index]
    edit = removed(Source("a.prototxt", text), field)
    assert edit is not None
    after = apply_edits(text, [text_edit(edit)])
    inside = text[field.name_start : field.end].count("# ")
    assert after.count("# ") == text.count("# ") - inside
    holder.fields.remove(field)
    again = parse(after)
    assert not again.errors
    assert _content(again.root) == _content(parsed.root)


@given(_messages(), st.booleans(), st.booleans(), st.data())
def test_an_insertion_adds_one_field_and_nothing_else(
    text: str, windows: bool, block: bool, data: st.DataObject
) -> None:
    text = text.replace("\n", "\r\n") if windows else text
    parsed = parse(text)
    messages = [
        holder.fields[index] for holder, index in _inner(parsed.root) if holder.fields[index].message is not None
    ]
    if not messages:
        return
    into = data.draw(st.sampled_from(messages))
    new: New = ("z", [("y", "1"), ("x", [("w", "2")])]) if block else ("z", "7")
    edit = inserted(Source("a.prototxt", text), into, [new])
    if edit is None:
        assert into.message is not None
        assert not into.message.fields
        return
    after = apply_edits(text, [text_edit(edit)])
    # Taking it away again leaves the text as it was: nothing else was touched.
    assert into.message is not None
    emptied = not into.message.fields
    assert emptied or after[: edit.span.start] + after[len(after) - len(text) + edit.span.end :] == text
    stands = Field("z", 0, "7", 0, 0)
    if block:
        stands = parse("z { y: 1 x { w: 2 } }").root.fields[0]
    into.message.fields.append(stands)
    again = parse(after)
    assert not again.errors
    assert _content(again.root) == _content(parsed.root)
