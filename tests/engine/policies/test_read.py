"""Policy files: every mistake has its place, and nothing that stands in them does harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from netlint.engine.policies.document import Document, place_in
from tests.engine.policies.packs import read, wrong

HEAD = "rules:\n  - name: a\n    severity: info\n    message: m\n"


def test_every_mistake_of_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    said = wrong(
        tmp_path,
        """
        rules:
          - name: Bad_Name
            severty: warning
            severity: warn
            on: [Convolutoin, Conv]
            when: |
              node.out_channels > 3
                && node.out_chanels % 8 != 0
                || "é" == nod.op
            message: {{ node.label }}
        """,
    )
    assert said.splitlines() == [
        "house.yaml:2:11: `Bad_Name` is no name in kebab case: write `bad-name`",
        "      - name: Bad_Name",
        "              ^",
        "house.yaml:3:5: `severty` is no key of a rule: did you mean `severity`?",
        "        severty: warning",
        "        ^",
        "house.yaml:4:15: `severity` is `warn`: did you mean `warning`?",
        "        severity: warn",
        "                  ^",
        "house.yaml:5:10: no operator is named `Convolutoin`: did you mean `Convolution`? "
        "(one of your own has its dialect in front: `keras::Convolutoin`)",
        "        on: [Convolutoin, Conv]",
        "             ^",
        "house.yaml:8:17: `out_chanels` is no field of a Node: did you mean `out_channels`?",
        "            && node.out_chanels % 8 != 0",
        "                    ^",
        "house.yaml:9:19: nothing is named `nod`: did you mean `node`?",
        '            || "é" == nod.op',
        "                      ^",
        "house.yaml:10:14: `message` is a mapping, not a text: put it between quotes",
        "        message: {{ node.label }}",
        "                 ^",
    ]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("when: node.opp == 'x'", "6:16"),
        ("when: '''a'' == node.opp'", "6:26"),
        (r"""when: "\"a\" == node.opp" """, "6:26"),
        (r"""when: "'\u0061\x61' == node.opp" """, "6:33"),
        ("when: >-\n      true &&\n      node.opp == 'x'", "8:12"),
        ("when: |\n\n      true\n        && node.opp == 'x'", "9:17"),
        ("when: true &&\n      node.opp == 'x'", "7:12"),
        ("when: \"true &&\n\n      node.opp == 'x'\"", "8:12"),
    ],
)
def test_the_place_inside_of_every_kind_of_scalar(tmp_path: Path, written: str, place: str) -> None:
    said = wrong(tmp_path, f"{HEAD}    on: Conv\n    {written}\n")
    assert said.startswith(f"house.yaml:{place}: `opp` is no field of a Node: did you mean `op`?\n")


def test_the_places_of_a_scalar_are_those_of_its_characters() -> None:
    text = "a: >-\n  one\n  two\n\n  three\nb: 'it''s'\nc: \"x\\ty\\u00e9z\"\n"
    document = Document("x.yaml", text.encode())
    for _key, value in document.root.value:
        places = place_in(text, value)
        for character, at in zip(value.value, places, strict=False):
            if character.isalnum() and character != "é":
                assert text[at] == character


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("on: Conv\nwhen: node.out_channels", "6:11: `when` is a number, not a condition that is true or false"),
        ("when: node.op == 'Conv'", "5:11: there is no `node` here: a rule without `on` sees the model once"),
        ("on: Conv\nwhen: nodes.size() > 1", "6:11: there is no `nodes` here: it is there in rules without `on`"),
        ("on: Conv\nwhen: node.input[1] > 2", "an index does not take (Shape, int): an extent of a shape is `.d0`"),
        ("on: Conv\nwhen: node.parameters > 2.5", "`>` does not take (int, double): write both as whole numbers"),
        ("on: Conv\nwhen: consumers.exist(c, c.op == 'x')", "nothing is named `exist`: did you mean `exists`?"),
        ("on: Conv\nwhen: node.attributes.kernel_shap == [3, 3]", "`kernel_shap` is no attribute: did you mean"),
        ("on: Conv\nwhen: model.training.optimiser == ''", "`optimiser` is no field of a Training: did you mean"),
        ("on: Conv\nwhen: node.name.matches('[')", "invalid regular expression: missing ]"),
        ("on: Conv\nwhen: node.op ==", "6:21: syntax error: something is missing at the end"),
        ("on: Conv\nwhen: (node.bias", "syntax error: something is missing at the end"),
        ("on: Conv\nwhen: node.bias and node.bias", "6:21: syntax error at `and`: write `&&`"),
        ("on: Conv\nwhen: node.bias or node.bias", "6:21: syntax error at `or`: write `||`"),
        ("on: Conv\nwhen: node.group = 1", "syntax error at `=`: write `==`"),
        ("on: Conv\nwhen: not node.bias", "syntax error behind `not`: write `!`"),
        ("on: Conv\nwhen: not(node.bias)", "6:11: nothing is named `not`: did you mean `!`?"),
        ("on: Conv\nwhen: node.bias == True", "6:24: nothing is named `True`: did you mean `true`?"),
        ("on: Conv\nat: kernl_shape", "`kernl_shape` is not an attribute that netlint knows: did you mean"),
        (
            "on: Conv\nat: kernel_shap",
            "`kernel_shap` is not an attribute that netlint knows: did you mean `kernel_shape`?",
        ),
        ("when: model.node_count > 1\nat: kernel_shape", "is not a field of the training that netlint knows"),
        ("on: Conv\ndialects: [cafe]", "`cafe` is not a dialect that netlint knows: did you mean `caffe`?"),
        ("on: []", "`on` names no operator"),
        ("on: MyLayer", "(one of your own has its dialect in front: `keras::MyLayer`)"),
        ("severity: error", "`severity` stands twice"),
        ("about: x", "a rule without `on` needs `when`"),
        ("on: Conv\nremedy: 'use {{ node }}'", "a message cannot show a node: write its `.label`"),
        ("on: Conv\nremedy: 'use {{ node.op'", "`remedy` has a `{{` without `}}`"),
        ("on: Conv\nremedy: 'use {{ }}'", "`remedy` has nothing between `{{` and `}}`"),
        ("on: Conv\nrelated: [{node: node.op, message: m}]", "`node` is a text, not a node or a list of nodes"),
        ("on: Conv\nrelated: [{node: node}]", "a related place needs `message`"),
        ("on: Conv\ngood: [{dialect: torch, text: x}]", "`dialect` is `torch`"),
        ("on: Conv\ngood: [{dialect: caffe, text: 'x # info: [a]'}]", "a good sample bears no mark"),
        ("on: Conv\ndefault: maybe", "`default` is a text, not true or false"),
        ("on: Conv\nwhen: true\nabout: 5", "`about` is a number, not a text"),
        ("on: Conv\nwhen: ''", "`when` is empty"),
    ],
)
def test_what_is_wrong_with_a_rule(tmp_path: Path, keys: str, expected: str) -> None:
    body = "".join(f"    {line}\n" for line in keys.splitlines())
    assert expected in wrong(tmp_path, HEAD + body)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "house.yaml:1:1: the file is empty: write `rules:` and a list of rules"),
        (b"rules: \xe9", "house.yaml:1: not UTF-8 text (byte 7)"),
        (b"a\0b", "the character 0 may not stand in YAML"),
        (b"#" * 300_000, "house.yaml: more than 262144 bytes are no policy file"),
        (b"- a", "a policy file is a list, not a mapping of keys and values"),
        (b"{}", "a policy file needs `rules`"),
        (b"rules:\n", "`rules` is empty, not a list"),
        (b"rule: []", "`rule` is no key of a policy file: did you mean `rules`?"),
        (b"[" * 100_000, "house.yaml: nested too deeply"),
        (b"{a: " * 50_000, "house.yaml: nested too deeply"),
        (b"rules: []\n---\nrules: []\n", "expected a single document in the stream, but found another document"),
        (b"rules: &r [*r]\n", "a rule is a list, not a mapping of keys and values"),
        (b'rules: !!python/object/apply:os.system ["id"]\n', "is a value of the type tag:yaml.org,2002:python/object"),
        (b"rules:\n  - <<: {name: a}\n", "a key is a value of the type tag:yaml.org,2002:merge, not a text"),
        (b"rules:\n\t- name: a\n", "house.yaml:2:1: found character '\\t' that cannot start any token"),
        (HEAD.encode() + b"    message: x: {{ node.op }}\n", "put the text between quotes"),
        (HEAD.encode() + b'    about: "\\ud800"\n', "`about` holds half of a character"),
    ],
)
def test_files_that_are_none(tmp_path: Path, data: bytes, expected: str) -> None:
    assert expected in wrong(tmp_path, data)


@pytest.mark.parametrize(("expression", "mistakes"), [("node.group = 1", 1), ("node.group == 1 and node.grop", 1)])
def test_what_follows_from_a_syntax_error_is_not_told(tmp_path: Path, expression: str, mistakes: int) -> None:
    said = wrong(tmp_path, f"{HEAD}    on: Conv\n    when: {expression}\n")
    assert said.count("house.yaml:") == mistakes
    assert "expecting" not in said


def test_a_misspelt_operator_is_one_mistake(tmp_path: Path) -> None:
    said = wrong(tmp_path, f"{HEAD}    on: [Convv]\n")
    assert "no operator is named `Convv`: did you mean `Conv`?" in said
    assert "names no operator" not in said


def test_a_bomb_of_aliases_and_many_errors_are_bounded(tmp_path: Path) -> None:
    lines = ["a: &a [" + ",".join("x" * 9) + "]"]
    lines += [f"{chr(c)}: &{chr(c)} [{','.join([f'*{chr(c - 1)}'] * 9)}]" for c in range(98, 118)]
    started = time.perf_counter()
    said = wrong(tmp_path, "\n".join([*lines, "rules: *u"]))
    assert time.perf_counter() - started < 5
    assert said.splitlines()[-1] == "... and 10 more"
    assert "`a` is no key of a policy file: there are rules" in said


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(" * 5000 + "true" + ")" * 5000, "the expression is nested too deeply"),
        ("1" + "+1" * 100 + " > 2", "the expression is nested too deeply"),
        ("1" + "+1" * 12_000 + " > 2", "an expression of more than 20000 characters"),
        ("[" + ",".join(f"x{n}" for n in range(3000)) + "].size() > 1", "nothing is named `x0`"),
    ],
)
def test_expressions_that_are_too_much(tmp_path: Path, expression: str, expected: str) -> None:
    assert expected in wrong(tmp_path, f"{HEAD}    when: {expression!r}\n")


def test_a_file_with_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = (HEAD + "    on: Conv\n    when: nodd.op == 'x'\n").replace("\n", "\r\n")
    assert wrong(tmp_path, b"\xef\xbb\xbf" + text.encode()).startswith("house.yaml:6:11: nothing is named `nodd`")


def test_a_rule_as_it_is_read(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path, HEAD + "    on: [Convolution, Relu, 'keras::Mine']\n    dialects: caffe\n    default: false\n"
    )
    info = found.info
    assert (info.name, info.family, info.severity, info.default) == ("a", "house", "info", False)
    assert (info.on, info.words, info.dialects) == (("Relu", "keras::Mine"), ("Convolution", "keras::Mine"), ("caffe",))
    assert (info.page, info.summary) == ("rules/house.yaml", "m")
