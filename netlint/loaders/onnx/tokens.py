r"""The words, numbers and strings of ONNX's text syntax, read one after another with the place of each.

What is a token was taken from `ParserBase` in onnx/defs/parser.h and parser.cc: ASCII white space, `#` comments to the
end of the line, identifiers of letters, digits and `_`, strings in double quotes over any number of lines in which `\`
stands for the character behind it.
"""

from __future__ import annotations

import math
import re
from typing import Final, NoReturn, TypeAlias

from netlint.loaders.syntax import SyntaxProblem

#: Graphs in graphs and types in types. protobuf refuses a binary model at about as many (100 nested messages).
MAX_DEPTH: Final = 31

#: The largest number that rounds to a finite float32 lies below this one.
FLOAT32_END: Final = float.fromhex("0x1.ffffffp127")

#: The least and the greatest value of a kind of integer, and what messages call it.
Limits: TypeAlias = tuple[int, int, str]
INT32: Final[Limits] = (-(2**31), 2**31 - 1, "a 32-bit integer")
INT64: Final[Limits] = (-(2**63), 2**63 - 1, "a 64-bit integer")
#: A negative number wraps around, as C's `strtoull` has it.
UINT64: Final[Limits] = (-(2**64) + 1, 2**64 - 1, "an unsigned 64-bit integer")

# Possessive quantifiers keep every pattern linear on hostile input.
_SPACE = re.compile(r"(?:[ \t\n\v\f\r]++|#[^\n]*+)*+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"-?+[0-9]++(\.[0-9]*+)?+([eE][+-]?+[0-9]*+)?+")
_NAMED_FLOAT = re.compile(r"-?+(?:inf|infinity|nan)(?![A-Za-z0-9])", re.IGNORECASE | re.ASCII)
_STRAY = re.compile(r'"[^"\n]*+"?+|[\w.+-]++|=>|.', re.DOTALL)
_INTEGERS = re.compile(r"[ \t\n\r]*+-?+[0-9]{1,18}+(?:[ \t\n\r]*+,[ \t\n\r]*+-?+[0-9]{1,18}+)*+[ \t\n\r]*+(?=\})")
_FLOAT = r"-?+[0-9]{1,40}+(?:\.[0-9]{0,40}+)?+(?:[eE][+-]?+[0-9]{1,4}+)?+"
_FLOATS = re.compile(rf"[ \t\n\r]*+{_FLOAT}(?:[ \t\n\r]*+,[ \t\n\r]*+{_FLOAT})*+[ \t\n\r]*+(?=\}})")

#: As much of a strange token as a message repeats.
_MOST_QUOTED = 40


class Unexpected(Exception):
    """The text ends, or goes on otherwise than the grammar says."""

    def __init__(self, problem: SyntaxProblem, *, final: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        #: Nothing sensible can be read behind it.
        self.final = final


class Tokens:
    """A text and how far it is read: `at` is where to go on, `start` to `end` is the last token."""

    __slots__ = ("at", "depth", "end", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.start = 0
        self.end = 0
        self.depth = 0

    def peek(self) -> str:
        """The character that comes next, behind space and comments; empty at the end."""
        space = _SPACE.match(self.text, self.at)
        self.at = at = space.end() if space else self.at
        return self.text[at : at + 1]

    def takes(self, character: str) -> bool:
        """Read this character if it comes next."""
        if self.peek() != character:
            return False
        self.start = self.at
        self.at = self.end = self.at + 1
        return True

    def expect(self, character: str, where: str) -> None:
        if not self.takes(character):
            self.fail(f"`{character}` {where}")

    def arrow(self, where: str) -> None:
        """Read `=>`."""
        self.peek()
        if not self.text.startswith("=>", self.at):
            self.fail(f"`=>` {where}")
        self.start = self.at
        self.at = self.end = self.at + 2

    def word(self) -> str:
        """An identifier, or the empty string when none comes next."""
        self.peek()
        found = _WORD.match(self.text, self.at)
        if found is None:
            return ""
        self.start, self.at, self.end = self.at, found.end(), found.end()
        return found[0]

    def peek_word(self) -> str:
        self.peek()
        found = _WORD.match(self.text, self.at)
        return found[0] if found else ""

    def name(self, what: str) -> str:
        """An identifier, or a string that stands for one."""
        if self.peek() == '"':
            return self.string(what)
        found = self.word()
        if not found:
            self.fail(what)
        return found

    def identifier(self, what: str) -> str:
        found = self.word()
        if not found:
            self.fail(what)
        return found

    def string(self, what: str) -> str:
        if self.peek() != '"':
            self.fail(f"{what} in double quotes")
        found = _STRING.match(self.text, self.at)
        if found is None:
            line_end = self.text.find("\n", self.at)
            end = line_end if line_end >= 0 else len(self.text)
            raise Unexpected(
                SyntaxProblem("this string is never closed", self.at, end, 'add the missing `"`'), final=True
            )
        self.start, self.at, self.end = self.at, found.end(), found.end()
        content = found[1]
        return _ESCAPED.sub(r"\1", content) if "\\" in content else content

    def number(self, what: str) -> str:
        """A number as written, `inf` and `nan` included."""
        self.peek()
        found = _NUMBER.match(self.text, self.at) or _NAMED_FLOAT.match(self.text, self.at)
        if found is None:
            self.fail(what)
        self.start, self.at, self.end = self.at, found.end(), found.end()
        return found[0]

    def at_named_float(self) -> bool:
        """Whether `inf`, `infinity` or `nan` comes next."""
        self.peek()
        return _NAMED_FLOAT.match(self.text, self.at) is not None

    def integer(self, what: str, limits: Limits = INT64) -> int:
        self.peek()
        at = self.at
        written = self.number(what)
        if not is_integer(written):
            self.at = at
            self.fail(what)
        return self.as_integer(written, limits)

    def as_integer(self, written: str, limits: Limits = INT64) -> int:
        """The number that was just read."""
        negative, digits = written.startswith("-"), written.lstrip("-").lstrip("0")
        if len(digits) <= 20:
            value = int(digits or "0")
            value = -value if negative else value
            if limits[0] <= value <= limits[1]:
                return value
        raise self.wrong(f"`{_quoted(written)}` does not fit {limits[2]}")

    def as_float(self, written: str, *, double: bool = False) -> float:
        """The number that was just read, as a float32 unless `double`."""
        if written[-1] in "eE+-":
            raise self.wrong(f"`{_quoted(written)}` has no exponent behind the `e`")
        value = float(written)
        finite = written[-1] not in "fFnNyY"
        if finite and (math.isinf(value) or (not double and abs(value) >= FLOAT32_END)):
            raise self.wrong(f"`{_quoted(written)}` does not fit a {'double' if double else 'float'}")
        return value

    def integers(self) -> list[int] | None:
        """All numbers up to the closing brace at once, where every one of them is a plain one; else None."""
        found = _INTEGERS.match(self.text, self.at)
        if found is None:
            return None
        self.at = self.end = found.end()
        return list(map(int, found[0].split(",")))

    def floats(self) -> list[float] | None:
        """The same for floats; all of them are finite in double precision."""
        found = _FLOATS.match(self.text, self.at)
        if found is None:
            return None
        values = list(map(float, found[0].split(",")))
        if math.inf in values or -math.inf in values:
            return None
        self.at = self.end = found.end()
        return values

    def deeper(self) -> None:
        """Count one more level of nesting. The caller counts down again."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            problem = SyntaxProblem(f"nested deeper than {MAX_DEPTH} levels", self.at, self.at + 1)
            raise Unexpected(problem, final=True)

    def wrong(self, message: str, remedy: str = "") -> Unexpected:
        """The token that was just read is not what it should be."""
        return Unexpected(SyntaxProblem(message, self.start, self.end, remedy))

    def fail(self, expected: str, remedy: str = "") -> NoReturn:
        """Something else comes next."""
        self.peek()
        if self.at >= len(self.text):
            at = len(self.text.rstrip())
            problem = SyntaxProblem(f"expected {expected}, found the end of the file", max(at - 1, 0), at, remedy)
            raise Unexpected(problem, final=True)
        stray = _STRAY.match(self.text, self.at)
        end = stray.end() if stray else self.at + 1
        found = _quoted(self.text[self.at : end])
        if not remedy and self.at == self.end and found[0] in "./:-":
            # `conv1.weight` without quotes is the mistake that everybody makes once.
            remedy = "put a name with other characters than letters, digits and `_` in double quotes"
        raise Unexpected(SyntaxProblem(f"expected {expected}, found `{found}`", self.at, end, remedy))


def is_integer(written: str) -> bool:
    return written[-1].isdigit() and not any(mark in written for mark in ".eE")


def _quoted(text: str) -> str:
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."
