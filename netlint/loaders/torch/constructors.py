"""A Python file of the user's: where its classes build the modules that they hold. It is parsed, never run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from netlint.loaders.file import shown
from netlint.model import Source, Span

#: What the positional arguments of torch's modules mean (torch/nn/modules), without the number of axes.
_POSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Convd": (
        *("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias"),
        "padding_mode",
    ),
    "ConvTransposed": (
        *("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias"),
        "dilation",
    ),
    "Linear": ("in_features", "out_features", "bias"),
    "MaxPoold": ("kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"),
    "AvgPoold": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    "BatchNormd": ("num_features", "eps", "momentum", "affine"),
    "InstanceNormd": ("num_features", "eps", "momentum", "affine"),
    "GroupNorm": ("num_groups", "num_channels", "eps", "affine"),
    "LayerNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "Dropout": ("p", "inplace"),
    "Dropoutd": ("p", "inplace"),
    "Embedding": ("num_embeddings", "embedding_dim", "padding_idx"),
    "LSTM": ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional"),
    "GRU": ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional"),
    "Softmax": ("dim",),
    "LogSoftmax": ("dim",),
    "LeakyReLU": ("negative_slope", "inplace"),
    "ELU": ("alpha", "inplace"),
    "Flatten": ("start_dim", "end_dim"),
    "Upsample": ("size", "scale_factor", "mode", "align_corners"),
}

#: A comment that says something to netlint, at the end of its line.
_NOTE: Final = re.compile(r"#[ \t]*netlint:.*$")


class Built(NamedTuple):
    """Where a module is built, and where the arguments of its constructor stand, by their names."""

    span: Span
    arguments: Mapping[str, Span]


@dataclass(slots=True)
class Script:
    """One file; its tree is made when a constructor is first asked for."""

    source: Source
    _classes: dict[str, ast.ClassDef] | None = field(default=None)
    #: Classes whose names the file gives to several.
    _repeated: list[ast.ClassDef] = field(default_factory=list)
    #: The statements of a class that assign to its attributes, by the attribute.
    _attributes: dict[ast.ClassDef, dict[str, list[ast.stmt]]] = field(default_factory=dict)

    def line_span(self, number: int, quoted: str) -> Span | None:
        """The text of a line without its margins; None where it does not read as quoted."""
        line = self.source.line(number)
        # A statement over several lines is quoted by its first one, or joined.
        # A comment for netlint may have come since, or gone.
        bare, quoted = _NOTE.sub("", line).strip(), _NOTE.sub("", quoted).strip()
        if not bare or not quoted or not (bare == quoted or quoted.startswith(bare)):
            return None
        start = self.source.offset(number) + len(line) - len(line.lstrip())
        return Span(self.source, start, start + len(bare))

    def constructor(self, owner: str, path: Sequence[str], line: int = 0) -> Built | None:
        """Where class `owner` builds the module at `path` below itself (`features.0`): the statement
        `self.features = ...`, or the element in it; None where that is not one certain place. `line` is one of the
        class's own, and tells classes of one name apart."""
        found = self._classes_by_name().get(owner)
        if found is None and line:
            found = self._class_around(owner, line)
        for _ in range(8):
            if found is None:
                return None
            statements = self._assigned(found).get(path[0])
            if statements:
                return self._element(statements[0], path[1:]) if len(statements) == 1 else None
            # It may be inherited from a class of the same file.
            base = next((base.id for base in found.bases if isinstance(base, ast.Name)), "")
            found = self._classes_by_name().get(base)
        return None

    def _classes_by_name(self) -> dict[str, ast.ClassDef]:
        if self._classes is None:
            self._classes = {}
            try:
                tree = ast.parse(self.source.text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return self._classes
            defined = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
            times = Counter(node.name for node in defined)
            self._classes = {node.name: node for node in defined if times[node.name] == 1}
            self._repeated = [node for node in defined if times[node.name] > 1]
        return self._classes

    def _class_around(self, name: str, line: int) -> ast.ClassDef | None:
        around = [one for one in self._repeated if one.name == name and one.lineno <= line <= (one.end_lineno or 0)]
        return around[-1] if around else None

    def _assigned(self, owner: ast.ClassDef) -> Mapping[str, Sequence[ast.stmt]]:
        if owner not in self._attributes:
            found = self._attributes[owner] = {}
            for name, statement in _assignments(owner):
                found.setdefault(name, []).append(statement)
        return self._attributes[owner]

    def _element(self, statement: ast.stmt, path: Sequence[str]) -> Built | None:
        node: ast.AST = statement
        value: ast.AST | None = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        for part in path:
            inner = _part(value, part)
            if inner is None:
                # Somebody else builds it: its own arguments are not here.
                value = None
                break
            node = value = inner
        span = self._span(node)
        return None if span is None else Built(span, self._arguments(value))

    def _arguments(self, call: ast.AST | None) -> dict[str, Span]:
        if not isinstance(call, ast.Call):
            return {}
        word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        names = _POSITIONS.get(word.rstrip("123d") + "d" if word.endswith(("1d", "2d", "3d")) else word, ())
        given: list[tuple[str, ast.AST]] = []
        if not any(isinstance(one, ast.Starred) for one in call.args):
            given += zip(names, call.args, strict=False)
        given += [(one.arg, one.value) for one in call.keywords if one.arg]
        return {name: span for name, node in given if (span := self._span(node)) is not None}

    def _span(self, node: ast.AST) -> Span | None:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        end_line, end_column = getattr(node, "end_lineno", 0) or 0, getattr(node, "end_col_offset", 0) or 0
        if not line or not end_line:
            return None
        return Span(self.source, self._offset(line, column), self._offset(end_line, end_column))

    def _offset(self, line: int, column: int) -> int:
        """`ast` counts bytes of UTF-8."""
        text = self.source.line(line)
        if not text.isascii():
            column = len(text.encode()[:column].decode("utf-8", "ignore"))
        return self.source.offset(line) + column


def read_script(path: str) -> Script | None:
    """The file as text; None where it is no UTF-8. Raises OSError."""
    with open(path, encoding="utf-8", newline="") as stream:
        try:
            text = stream.read()
        except UnicodeDecodeError:
            return None
    return Script(Source(shown(path), text))


def _assignments(owner: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    """Statements `self.name = ...` in the methods of a class, with the name."""
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if (
                    isinstance(target, ast.Attribute)
                    and isinstance(target.value, ast.Name)
                    and target.value.id == "self"
                ):
                    yield target.attr, node


def _part(value: ast.AST | None, part: str) -> ast.AST | None:
    """The expression that builds one element: of `Sequential(a, b)`, `ModuleList([a, b])`, `ModuleDict({...})`,
    `Sequential(OrderedDict([("name", a)]))`, or of a comprehension."""
    if not isinstance(value, ast.Call):
        return None
    arguments = value.args
    if len(arguments) == 1 and not part.isdigit():
        return _keyed(arguments[0], part)
    if len(arguments) == 1 and not isinstance(arguments[0], ast.Call):
        only = arguments[0]
        if isinstance(only, ast.Starred):
            only = only.value
        if isinstance(only, ast.ListComp | ast.GeneratorExp):
            return only.elt
        if isinstance(only, ast.List | ast.Tuple):
            arguments = only.elts
    if not part.isdigit() or any(isinstance(one, ast.Starred) for one in arguments):
        return None
    word = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    # Only containers hold their arguments: `make_layers(a, b)` may do anything.
    if word not in ("Sequential", "ModuleList"):
        return None
    index = int(part)
    return arguments[index] if index < len(arguments) else None


def _keyed(value: ast.AST, key: str) -> ast.AST | None:
    if isinstance(value, ast.Call) and len(value.args) == 1:
        word = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        if word == "OrderedDict":
            return _keyed(value.args[0], key)
        if word == "dict":
            return None
    if isinstance(value, ast.Call):
        return next((one.value for one in value.keywords if one.arg == key), None)
    if isinstance(value, ast.Dict):
        for name, item in zip(value.keys, value.values, strict=True):
            if isinstance(name, ast.Constant) and name.value == key:
                return item
    if isinstance(value, ast.List | ast.Tuple):
        for pair in value.elts:
            if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                name = pair.elts[0]
                if isinstance(name, ast.Constant) and name.value == key:
                    return pair.elts[1]
    return None
