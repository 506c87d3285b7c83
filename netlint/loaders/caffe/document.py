"""From a file's bytes to models: decoding, parsing, the schema, and what kind of document it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

from netlint.loaders import lfs
from netlint.loaders.caffe.companion import missing, no_net, resolve
from netlint.loaders.caffe.forks import BVLC, all_known, foreign_names, forks, knowing
from netlint.loaders.caffe.layers import layer_type_of
from netlint.loaders.caffe.network import build_models
from netlint.loaders.caffe.schema import Application, apply, enum_words, fork_schema, schema
from netlint.loaders.caffe.solver import NetUse, nets_of, training_of
from netlint.loaders.caffe.solver_checks import solver_problems
from netlint.loaders.caffe.transforms import transforms_differ
from netlint.loaders.caffe.weights import Unreadable, read_weights
from netlint.loaders.file import MAX_TEXT_BYTES, File
from netlint.loaders.inline import with_inline
from netlint.loaders.options import LoadOptions
from netlint.loaders.reads import is_file
from netlint.loaders.text_format import Field, Message, Parsed, parse
from netlint.model import Model, Pretrained, Problem, Source, Span, Training, surely_meant

_BOM: Final = "\ufeff"
#: Foreign V1 layer types are told as such, by `unknown-layer-type`.
_V1_TYPE: Final = "V1LayerParameter.LayerType"
_SOLVER_FIELDS: Final = frozenset(schema()["SolverParameter"]) - frozenset(schema()["NetParameter"])
_NET_FIELDS: Final = frozenset({"layer", "layers", "input", "input_dim", "input_shape"})

# A value that a script is to fill in: ${DATA_ROOT}, $WIDTH, {height}, {{ batch }}, @SIZE@, <YOUR_PATH>.
#: So many bare words in place of numbers make a template.
_HOLES: Final = 3
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PLACEHOLDER = re.compile(r"\$\{?\w+\}?|(?<=[:\s])\{\{?\s*\w+\s*\}?\}|@\w+@|<[A-Z_]+>")


def load_document(file: File, options: LoadOptions) -> list[Model]:
    """The models of one Caffe file. Never raises on its content."""
    document = _read(file, options)
    if isinstance(document, Problem):
        return [Model("", "caffe", Source(file.path, binary=True), problems=[document])]
    source, root, options, problems = document.source, document.root, document.options, document.problems
    if not document.kind:
        return _not_a_network(source, root)
    if document.broken:
        return [Model("", "caffe", source, problems=problems)]
    if document.kind == "SolverParameter":
        models = _solver_models(file, source, root, options, document.found)
        # The first model stands for the solver; the files of named nets bring their own problems.
        models[0].problems[:0] = [*problems, *solver_problems(source, root)]
        return models
    training = Training(weights=options.weights or "unknown")
    models = build_models(source, root, options, training, found=document.found)
    for model in models:
        model.problems[:0] = problems
    _compare_phases(models)
    return models


@dataclass(frozen=True, slots=True)
class _Document:
    """A file that was read: its tree, what kind of message it is, and what is wrong with it as such."""

    source: Source
    root: Message
    kind: str
    problems: list[Problem]
    #: What the user, the file itself and the configuration say of it.
    options: LoadOptions
    #: Nothing can be concluded from the tree.
    broken: bool = False
    #: What applying the schema brought to light: the evidence of a fork among others.
    found: Application = field(default_factory=Application)


def _read(file: File, options: LoadOptions, solver: str = "") -> _Document | Problem:
    """Read, decode and parse a file, or say why not. `solver` is the file that names it. Raises OSError when it cannot
    be reached."""
    pointer = lfs.problem(file)
    if pointer is not None:
        return pointer
    if file.size > MAX_TEXT_BYTES:
        return _refusal(f"the file has {file.size} bytes; a definition has at most {MAX_TEXT_BYTES}")
    data = file.read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _refusal("the file is UTF-16 text, which Caffe cannot read", "save it as UTF-8")
    if b"\0" in data:
        return _refusal(
            "the file is binary, not a definition in text form",
            "give netlint the .prototxt; weights alone (.caffemodel) hold no readable definition",
        )
    source, problems = _decode(file.path, data)
    options, wrongly_set = with_inline(source, options, solver)
    parsed = parse(source.text)
    kind = _kind(parsed.root) or ("NetParameter" if parsed.errors else "")
    if not kind:
        return _Document(source, parsed.root, kind, problems, options)
    found = apply(parsed.root, kind)
    template = _placeholders(source, parsed, found)
    if template is not None:
        return _Document(source, parsed.root, kind, [template, *wrongly_set], options, broken=True)
    problems += _syntax(source, parsed, found)
    problems += _duplicates(source, found)
    problems += _unknown_names(source, parsed.root, found, options.caffe_fork)
    problems += _misspelt(source, found)
    problems += wrongly_set
    # What errors swallowed may be anything: all of them are told, and nothing is concluded from the rest.
    broken = bool(parsed.errors or found.invalid)
    return _Document(source, parsed.root, kind, problems, options, broken, found)


def _refusal(reason: str, remedy: str = "") -> Problem:
    return Problem("unreadable-model", reason, None, remedy=remedy)


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


def _solver_models(file: File, source: Source, root: Message, options: LoadOptions, found: Application) -> list[Model]:
    """The models of the nets that a solver holds inline or names, each state that it runs them in.

    The first model stands for the solver itself: an inline net's, or one without nodes. That one carries the training
    only where no net does.
    """
    # What the configuration says gives way to what the solver and the net that it names say.
    said = options.said or options
    training = training_of(source, root, said.weights or "unknown")
    own = _started(training, options)
    models: list[Model] = []
    named: list[Model] = []
    lost: list[Problem] = []
    for use, path, problem in _named_nets(file, source, root):
        if use.field.message is not None:
            models += build_models(source, use.field.message, options, own, use.states, found)
        elif problem is not None:
            lost.append(problem)
        else:
            named += _named_models(source, use, path, options, training)
    if not models:
        trains = any(model.phase == "TRAIN" for model in named)
        models = [Model("", "caffe", source, training=Training() if trains else own, task=options.task)]
    models[0].problems += lost
    models += named
    pretrained = _named_weights(file, root)
    for model in models:
        model.pretrained = model.pretrained or pretrained
    _compare_phases(models)
    return models


def _started(training: Training, options: LoadOptions) -> Training:
    """Where the solver does not say from which weights training starts, the options may."""
    if training.weights != "unknown" or options.weights is None:
        return training
    return replace(training, weights=options.weights)


def _named_weights(file: File, solver: Message) -> Pretrained | None:
    """What stands in the single weights file that a solver names; None where it is not at hand or cannot be read: on
    the machine that trains it may well be."""
    given = solver.by_name.get("weights", [])
    path = resolve(str(given[0].value), file.path) if len(given) == 1 else ""
    if not path:
        return None
    try:
        return read_weights(File(path))
    except (Unreadable, OSError):
        return None


def _compare_phases(models: Sequence[Model]) -> None:
    for train in models:
        for test in models:
            if train.phase == "TRAIN" and test.phase == "TEST":
                test.problems += transforms_differ(train, test)
                test.trained_as = train


def _named_nets(file: File, source: Source, root: Message) -> Iterator[tuple[NetUse, str, Problem | None]]:
    """Each net of a solver, with its path where it is named; a file that two fields name comes once."""
    by_path: dict[str, NetUse] = {}
    for use in nets_of(source, root):
        if use.inline:
            yield use, "", None
            continue
        if not isinstance(use.field.value, str):
            continue
        path = resolve(use.field.value, file.path)
        if path:
            other = by_path.get(path)
            states = (*other.states, *use.states) if other else use.states
            by_path[path] = NetUse(other.field if other else use.field, tuple(dict.fromkeys(states)))
        else:
            on_disk = file.content is None or is_file(file.path)
            for problem in missing(source, use, on_disk=on_disk):
                yield use, "", problem
    for path, use in by_path.items():
        yield use, path, None


def _named_models(source: Source, use: NetUse, path: str, options: LoadOptions, training: Training) -> list[Model]:
    """The models of a net's own file, with the solver's training and states."""
    file = File(path)
    try:
        net = _read(file, options, source.path)
    except OSError as error:
        reason = f"which cannot be read: {error.strerror or error}"
        return [Model("", "caffe", source, problems=[no_net(source, use, path, reason)])]
    if isinstance(net, Problem):
        return [Model("", "caffe", Source(path, binary=True), problems=[net])]
    if net.kind != "NetParameter":
        return [Model("", "caffe", source, problems=[no_net(source, use, path, "a file that holds no net")])]
    if net.broken:
        return [Model("", "caffe", net.source, problems=net.problems)]
    training = _started(training, net.options)
    models = build_models(net.source, net.root, net.options, training, use.states, net.found)
    for model in models:
        model.problems[:0] = net.problems
        model.pretrained = net.options.pretrained
    return models


def _placeholders(source: Source, parsed: Parsed, found: Application) -> Problem | None:
    """A template is told once and not linted: each hole would be an error, and each error a lie."""
    for start, end in _suspects(source.text, parsed, found):
        hole = _PLACEHOLDER.search(source.text, max(start - 1, 0), end)
        if hole is not None:
            return _template(source, hole.start(), hole.end(), hole[0])
    for item, _ in found.invalid:
        if item.is_word and _CONSTANT.fullmatch(item.text):
            return _template(source, item.start, item.end, item.text)
    words = [item for item, _ in found.invalid if item.is_word and item.text.lower() not in ("true", "false")]
    # A slip happens once; a word where numbers belong, layer after layer, is a hole for a script.
    if len(words) >= _HOLES and len(words) == len(found.invalid) and not parsed.errors:
        return _template(source, words[0].start, words[0].end, words[0].text)
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
    yield from (error.within(source) for error in parsed.errors)
    for item, message in found.invalid:
        yield Problem("syntax", message, Span(source, item.start, item.end))


def _duplicates(source: Source, found: Application) -> Iterator[Problem]:
    """Each singular field that is given again, once a message."""
    told: set[int] = set()
    for owner, first, again in found.duplicates:
        if id(first) in told:
            continue
        told.add(id(first))
        takes = [fork.name for fork in forks() if f"{owner}.{again.name}" in fork.repeats]
        message = f"`{again.name}` is given more than once, but {owner} holds a single one"
        yield Problem(
            "duplicate-field",
            f"{message} in BVLC Caffe, whose parser refuses the file; {', '.join(takes)} takes several"
            if takes
            else f"{message}: Caffe's parser refuses the file",
            # The values of a list share one name, so the value is the narrowest place.
            Span(source, again.start, again.end) if again.message is None else _name_span(source, again),
            related=((_name_span(source, first), "first given here"),),
            remedy="keep one of them",
            severity="info" if takes else None,
        )


def _name_span(source: Source, item: Field) -> Span:
    return Span(source, item.name_start, item.name_start + len(item.name))


def _unknown_names(source: Source, root: Message, found: Application, given: str | None) -> Iterator[Problem]:
    """Each unknown field or enum word once. A file whose foreign names one fork knows altogether is that fork's."""
    first: dict[tuple[str, str], Field] = {}
    again: dict[tuple[str, str], list[Span]] = {}
    for owner, name, item in foreign_names(found):
        if first.setdefault((owner, name), item) is not item:
            start = item.name_start if owner in schema() else item.start
            again.setdefault((owner, name), []).append(Span(source, start, start + len(name)))
    if not first or all_known(first, given):
        return
    for (owner, name), item in first.items():
        is_field = owner in schema()
        start, what = (item.name_start, "field") if is_field else (item.start, "value")
        span = Span(source, start, start + len(name))
        known = knowing(owner, name)
        if given is not None and given in known:
            continue
        if known:
            whose = "BVLC Caffe" if given in (None, BVLC) else f"the fork {given}"
            message = f"{whose}'s {owner} has no {what} `{name}`; known to {', '.join(known)}"
            yield Problem("unknown-field", message, span, severity="info")
            continue
        own_type = _type_of_block(root, name) if owner == "LayerParameter" else ""
        if own_type:
            # The layer's type says that the file is for a fork that nobody knows, and so is this.
            message = f"no Caffe that netlint knows has a {what} `{name}`: it belongs to the layer type `{own_type}`"
            yield Problem("unknown-field", message, span, severity="info")
            continue
        close = get_close_matches(name, schema()[owner] if is_field else enum_words(owner), n=1)
        yield Problem(
            "unknown-field",
            f"{owner} has no {what} `{name}`, in BVLC Caffe or in any fork that netlint knows: Caffe's parser refuses "
            "the file",
            span,
            remedy=f"did you mean `{close[0]}`?" if close else "check its spelling and the block it stands in",
            meant=surely_meant(name, schema()[owner] if is_field else enum_words(owner)),
            again=tuple(again.get((owner, name), ())),
        )


def _type_of_block(root: Message, block: str) -> str:
    """The layer type that no known Caffe has and whose block this is by its name: `mask_resize_param`, MaskResize."""
    bare = block.removesuffix("_param").replace("_", "")
    for layer in root.by_name.get("layer", ()):
        for item in layer.message.by_name.get("type", ()) if layer.message else ():
            if str(item.value).lower() == bare and layer_type_of(str(item.value)) is None:
                return str(item.value)
    return ""


def _misspelt(source: Source, found: Application) -> Iterator[Problem]:
    """Fields that resemble one of a message that only forks have. Others may be those of a fork that nobody knows."""
    told: set[tuple[str, str]] = set()
    for owner, item in found.unknown:
        if owner in schema() or item.name in fork_schema()[owner] or (owner, item.name) in told:
            continue
        told.add((owner, item.name))
        close = get_close_matches(item.name, fork_schema()[owner], n=1, cutoff=0.85)
        if close and close[0] not in (item.name + "s", item.name[:-1]):
            yield Problem(
                "unknown-field",
                f"no fork of Caffe that netlint knows has a field `{item.name}` in {owner}",
                _name_span(source, item),
                remedy=f"did you mean `{close[0]}`?",
                meant=surely_meant(item.name, fork_schema()[owner]),
            )
