"""Whatever stands in a message comes back out of each format through a reader of that format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netlint.finding import Finding
from netlint.model import Source, Span
from netlint.output.formats import renderer
from netlint.output.outcome import Outcome

PATH = "a, b: 100%.prototxt"
SOURCE = Source(PATH, "layer {\n}\n")

#: Any text at all: control characters, quotes, line ends of every kind, lone surrogates, other planes.
MESSAGES = st.text(
    st.one_of(st.sampled_from("\n\r\t\"'%&<>]:,\\\0\x1b\x85\u2028\u202e\ufffe\ud800\U0001f600é"), st.characters()),
    min_size=1,
)


def written(name: str, message: str) -> str:
    """The output, as it is once written and read as UTF-8."""
    finding = Finding("some-rule", "error", message, PATH, Span(SOURCE, 0, 5), node="n")
    text = renderer(name)(Outcome([finding], [PATH]))
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def command(line: str) -> tuple[dict[str, str], str]:
    """A workflow command's properties and message, as GitHub's runner reads them (actions/runner, ActionCommand)."""
    assert line.startswith("::error ")
    head, message = line[len("::error ") :].split("::", 1)

    def data(text: str) -> str:
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    properties = dict(entry.split("=", 1) for entry in head.split(","))
    return {key: data(value.replace("%3A", ":").replace("%2C", ",")) for key, value in properties.items()}, data(
        message
    )


def github(text: str) -> tuple[str, str]:
    (line,) = re.split("[\r\n]", text)
    properties, message = command(line)
    return properties["file"], message


def json_lines(text: str) -> tuple[str, str]:
    (line,) = text.split("\n")
    finding = json.loads(line)
    return finding["path"], finding["message"]


def plain_json(text: str) -> tuple[str, str]:
    (finding,) = json.loads(text)["findings"]
    return finding["path"], finding["message"]


def sarif(text: str) -> tuple[str, str]:
    (result,) = json.loads(text)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%2C%20b%3A%20100%25.prototxt"
    return PATH, result["message"]["text"]


def gitlab(text: str) -> tuple[str, str]:
    (issue,) = json.loads(text)
    return issue["location"]["path"], issue["description"]


def rdjson(text: str) -> tuple[str, str]:
    (diagnostic,) = json.loads(text)["diagnostics"]
    return diagnostic["location"]["path"], diagnostic["message"]


def checkstyle(text: str) -> tuple[str, str]:
    ((file),) = ElementTree.fromstring(text.encode("utf-8"))
    return str(file.get("name")), str(file[0].get("message"))


def junit(text: str) -> tuple[str, str]:
    (suite,) = ElementTree.fromstring(text.encode("utf-8"))
    (failure,) = suite[0]
    message = str(failure.get("message"))
    assert failure.text == f"{PATH}:1:1: error: {message}"
    return str(suite.get("name")), message


def in_json(message: str) -> str:
    """JSON reads two surrogates in a row as the character that they mean."""
    return message.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def in_xml(message: str) -> str:
    """XML 1.0 has no control characters: their pictures stand for them."""
    shown = "".join(chr(0x2400 + ord(one)) if ord(one) < 32 and one not in "\t\n\r" else one for one in message)
    return re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", shown)


def in_text(message: str) -> str:
    """Where there is no escape for them, lone surrogates are shown as one."""
    return message.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.mark.parametrize(
    ("name", "read", "as_read"),
    [
        ("json", plain_json, in_json),
        ("json-lines", json_lines, in_json),
        ("sarif", sarif, in_json),
        ("gitlab", gitlab, in_json),
        ("rdjson", rdjson, in_json),
        ("github", github, in_text),
        ("checkstyle", checkstyle, in_xml),
        ("junit", junit, in_xml),
    ],
)
@given(message=MESSAGES)
@example(
    message="two\nlines, \"quotes\" and 'quotes', 100%, %0A, <![CDATA[ ]]> &amp; ::error::\r\n\ttab \x1b[31m\0 é \U0001f600"
)
def test_a_message_comes_back(
    name: str, read: Callable[[str], tuple[str, str]], as_read: Callable[[str], str], message: str
) -> None:
    assert read(written(name, message)) == (PATH, as_read(message))


@pytest.mark.parametrize("name", ["full", "concise", "grouped"])
@given(message=MESSAGES)
def test_a_terminal_gets_one_line_without_control_characters(name: str, message: str) -> None:
    lines = [line for line in written(name, message).split("\n") if "some-rule" in line]
    assert len(lines) == 1
    assert re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", lines[0]) is None
    if message.isprintable():
        assert message in lines[0]
