"""From a file's bytes to models: decoding, parsing, the schema, and what kind of document it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, Literal

from netlint.loaders.caffe.network import build_models
from netlint.loaders.caffe.schema import Application, apply, enum_words, forks, schema
from netlint.loaders.caffe.solver import training_of
from netlint.loaders.caffe.text_format import Field, Message, Parsed, parse
from netlint.loaders.file import MAX_TEXT_BYTES, File
from netlint.loaders.options import LoadOptions
from netlint.model import Model, Problem, Source, Span, Training

_BOM: Final = "\ufeff"
#: Foreign V1 layer types are told as such, by `unknown-layer-type`.
_V1_TYPE: Final = "V1LayerParameter.LayerType"
_SOLVER_FIELDS: Final = frozenset(schema()["SolverParameter"]) - frozenset(schema()["NetParameter"])
_NET_FIELDS: Final = frozenset({"layer", "layers", "input", "input_dim", "input_shape"})
#: The inline nets of a solver, with the phases that it runs them in.
_INLINE_NETS: Final = {"net_param": ("TRAIN", "TEST"), "train_net_param": ("TRAIN",), "test_net_param": ("TEST",)}

#: A foreign field of these may change the size of what the layer puts out: `ceil_mode`, `pad_l`, `dilation`.
_SHAPING: Final = frozenset(
    {"ConvolutionParameter", "CropParameter", "InnerProductParameter", "PoolingParameter", "ReshapeParameter"}
)

# A value that a script is to fill in: ${DATA_ROOT}, $WIDTH, {height}, {{ batch }}, @SIZE@, <YOUR_PATH>.
_FROM_SCRATCH = re.compile(r"#[ \t]*netlint:[ \t]*from-scratch\b")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PLACEHOLDER = re.compile(r"\$\{?\w+\}?|(?<=[:\s])\{\{?\s*\w+\s*\}?\}|@\w+@|<[A-Z_]+>")


def load_document(file: File, options: LoadOptions) -> list[Model]:
    """The models of one Caffe file. Never raises on its content."""
    if file.size > MAX_TEXT_BYTES:
        return _refuse(file, f"the file has {file.size} bytes; a definition has at most {MAX_TEXT_BYTES}")
    data = file.read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _refuse(file, "the file is UTF-16 text, which Caffe cannot read", "save it as UTF-8")
    if b"\0" in data:
        return _refuse(
            file,
            "the file is binary, not a definition in text form",
            "give netlint the .prototxt; weights alone (.caffemodel) hold no readable definition",
        )
    source, problems = _decode(file.path, data)
    parsed = parse(source.text)
    kind = _kind(parsed.root) or ("NetParameter" if parsed.errors else "")
    if not kind:
        return _not_a_network(source, parsed.root)
    found = apply(parsed.root, kind)
    template = _placeholders(source, parsed, found)
    if template is not None:
        return [Model("", "caffe", source, problems=[template])]
    problems += _syntax(source, parsed, found)
    problems += _duplicates(source, found)
    problems += _unknown_names(source, found)
    if parsed.errors or found.invalid:
        # What the errors swallowed may be anything: all of them are told, and nothing is concluded from the rest.
        return [Model("", "caffe", source, problems=problems)]
    if kind == "NetParameter":
        training = Training(weights=_weights(source, options))
        models = build_models(source, parsed.root, options, training, doubtful=_doubtful(found))
    else:
        models = _solver_models(source, parsed.root, options, _doubtful(found))
    for model in models:
        model.problems[:0] = problems
    return models


def _refuse(file: File, reason: str, remedy: str = "") -> list[Model]:
    problem = Problem("unreadable-model", reason, None, remedy=remedy)
    return [Model("", "caffe", Source(file.path, binary=True), problems=[problem])]


def _decode(path: str, data: bytes) -> tuple[Source, list[Problem]]:
    """Caffe reads bytes: anything may stand in comments and strings, so what is not UTF-8 is taken byte by byte."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if not text.startswith(_BOM):
        return Source(path, text), []
    # Columns count from the first real character, as editors show them.
    source = Source(path, text[1:])
    message = "the file starts with a byte-order mark, at which Caffe's parser stops"
    return source, [Problem("syntax", message, Span(source, 0, 0), remedy="save the file as UTF-8 without BOM")]


def _kind(root: Message) -> str:
    """`NetParameter`, `SolverParameter`, or empty when the top level belongs to neither."""
    names = {item.name for item in root.fields}
    if names & _NET_FIELDS:
        return "NetParameter"
    if names & _SOLVER_FIELDS:
        return "SolverParameter"
    return "NetParameter" if "name" in names else ""


def _not_a_network(source: Source, root: Message) -> list[Model]:
    """A label map or another message in the same text format: nothing here to lint, unless there is nothing at all."""
    model = Model("", "caffe", source)
    if not root.fields:
        message = "the file holds comments only: there is no network in it"
        model.problems.append(Problem("unreadable-model", message, Span(source, 0, 0)))
    return [model]


def _weights(source: Source, options: LoadOptions) -> Literal["scratch", "pretrained", "unknown"]:
    """Where training starts, by the options or by the file's own `# netlint: from-scratch`."""
    if options.weights is not None:
        return options.weights
    return "scratch" if _FROM_SCRATCH.search(source.text) else "unknown"


def _doubtful(found: Application) -> list[int]:
    """Offsets of foreign fields that decide what a layer computes."""
    return sorted(item.start for owner, item in found.unknown if owner in _SHAPING)


def _solver_models(source: Source, root: Message, options: LoadOptions, doubtful: list[int]) -> list[Model]:
    """A solver that holds its net inline gives that net's models; one that only names it, a model without nodes."""
    training = training_of(source, root, _weights(source, options))
    models: list[Model] = []
    for name, phases in _INLINE_NETS.items():
        for inline in root.by_name.get(name, []):
            if inline.message is not None:
                models += build_models(source, inline.message, options, training, phases, doubtful)
    return models or [Model("", "caffe", source, training=training)]


def _placeholders(source: Source, parsed: Parsed, found: Application) -> Problem | None:
    """A template is told once and not linted: each hole would be an error, and each error a lie."""
    for start, end in _suspects(source.text, parsed, found):
        hole = _PLACEHOLDER.search(source.text, max(start - 1, 0), end)
        if hole is not None:
            return _template(source, hole.start(), hole.end(), hole[0])
    for item, _ in found.invalid:
        if item.is_word and _CONSTANT.fullmatch(item.text):
            return _template(source, item.start, item.end, item.text)
    return None


def _suspects(text: str, parsed: Parsed, found: Application) -> Iterator[tuple[int, int]]:
    for error in parsed.errors:
        line_end = text.find("\n", error.end)
        yield text.rfind("\n", 0, error.start) + 1, len(text) if line_end < 0 else line_end
    for item, _ in found.invalid:
        yield item.start, item.end


def _template(source: Source, start: int, end: int, word: str) -> Problem:
    return Problem(
        "template-placeholder",
        f"the file is a template: `{word}` stands for a value that is still to be filled in",
        Span(source, start, end),
        remedy="fill in the placeholders, then lint the result",
    )


def _syntax(source: Source, parsed: Parsed, found: Application) -> Iterator[Problem]:
    for error in parsed.errors:
        yield Problem("syntax", error.message, Span(source, error.start, error.end), remedy=error.remedy)
    for item, message in found.invalid:
        yield Problem("syntax", message, Span(source, item.start, item.end))


def _duplicates(source: Source, found: Application) -> Iterator[Problem]:
    """Each singular field that is given again, once a message."""
    told: set[int] = set()
    for owner, first, again in found.duplicates:
        if id(first) in told:
            continue
        told.add(id(first))
        knowing = [fork.name for fork in forks() if f"{owner}.{again.name}" in fork.repeats]
        message = f"`{again.name}` is given more than once, but {owner} holds a single one"
        yield Problem(
            "duplicate-field",
            f"{message} in BVLC Caffe, whose parser refuses the file; {', '.join(knowing)} takes several"
            if knowing
            else f"{message}: Caffe's parser refuses the file",
            # The values of a list share one name, so the value is the narrowest place.
            Span(source, again.start, again.end) if again.message is None else _name_span(source, again),
            related=((_name_span(source, first), "first given here"),),
            remedy="keep one of them",
            severity="info" if knowing else None,
        )


def _name_span(source: Source, item: Field) -> Span:
    return Span(source, item.name_start, item.name_start + len(item.name))


def _unknown_names(source: Source, found: Application) -> Iterator[Problem]:
    """Each unknown field or enum word once. A file whose foreign names one fork knows altogether is that fork's."""
    first: dict[tuple[str, str], Field] = {}
    for message, item in found.unknown:
        first.setdefault((message, item.name), item)
    for enum, item in found.foreign:
        if enum != _V1_TYPE:
            first.setdefault((enum, item.text), item)
    if any(all(fork.knows(*name) for name in first) for fork in forks()):
        return
    for (owner, name), item in first.items():
        is_field = owner in schema()
        start, what = (item.name_start, "field") if is_field else (item.start, "value")
        span = Span(source, start, start + len(name))
        knowing = [fork.name for fork in forks() if fork.knows(owner, name)]
        if knowing:
            message = f"BVLC Caffe's {owner} has no {what} `{name}`; known to {', '.join(knowing)}"
            yield Problem("unknown-field", message, span, severity="info")
            continue
        close = get_close_matches(name, schema()[owner] if is_field else enum_words(owner), n=1)
        yield Problem(
            "unknown-field",
            f"{owner} has no {what} `{name}`, in BVLC Caffe or in any fork that netlint knows: Caffe's parser refuses "
            "the file",
            span,
            remedy=f"did you mean `{close[0]}`?" if close else "check its spelling and the block it stands in",
        )
