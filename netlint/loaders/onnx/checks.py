"""What the ONNX specification says against a definition: names, arities, types, order (onnx/checker.cc, docs/IR.md).

Everything that is wrong is told, not only the first fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from netlint.loaders.onnx import schema
from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.schema import OpSchema
from netlint.loaders.protobuf import Message
from netlint.model import Node, Place, Problem, Span, Value, spell

Report = Callable[[Problem], None]


def at(problem: Problem, place: Place) -> Problem:
    """The problem, standing at a place."""
    return replace(problem, place=place)


# Names


def _where(value: Value) -> str:
    if value.producer is None:
        return "an initialiser" if value.stored else "an input"
    return "a graph input" if value.producer.op == "Input" else value.producer.label


def made_twice(name: str, what: str, first: Value, place: Place | None) -> Problem:
    """Two definitions of one value (docs/IR.md: names are unique, single static assignment)."""
    related = ((first.producer, f"`{name}` is made here first"),) if first.producer is not None else ()
    return Problem(
        "duplicate-top",
        f"{what} `{name}` has the name of {_where(first)}: every value has one maker, so runtimes refuse the model",
        place,
        related=related,
        remedy="give one of them another name, and its readers too",
        node=place.producer if isinstance(place, Value) else None,
    )


def listed_twice(name: str, place: Place | None) -> Problem:
    return Problem(
        "duplicate-top",
        f"graph output `{name}` is listed twice: a caller cannot ask for one of them by name",
        place,
        remedy="list it once, or copy it with `Identity` under a second name",
    )


def shadows(value: Value, outer: Value) -> Problem:
    """A graph inside a node names a value like one outside: checker.cc refuses it for what nodes make, the
    specification for everything."""
    return Problem(
        "duplicate-top",
        f"inside a body, `{value.name}` has the name of {_where(outer)} outside: "
        + (
            "runtimes refuse the model"
            if value.producer is not None
            else "readers of the body mean the one or the other"
        ),
        value,
        related=((outer.producer, "the value outside"),) if outer.producer is not None else (),
        remedy="give the inner value another name",
        node=value.producer,
        severity=None if value.producer is not None else "warning",
    )


def unnamed(value: Value) -> Problem:
    return Problem(
        "missing-field",
        f"an initialiser of shape {spell(value.shape)} has no name: nothing can read it, and readers refuse the model",
        value,
        remedy="name it, or leave it out",
    )


def _suggestion(name: str, known: Mapping[str, Value]) -> str:
    near = get_close_matches(name, list(known)[:10_000], 1, 0.8)
    return f"; did you mean `{near[0]}`?" if near else ""


def names_twice(names: Sequence[str], protos: Sequence[Message], places: Places) -> Iterator[Problem]:
    """Nodes of one graph that bear one name, told once a name (docs/IR.md; onnxruntime Graph::VerifyNoDuplicateName).
    `names` are those of `protos`."""
    distinct = set(names)
    distinct.discard("")
    if len(distinct) == len(names) - names.count(""):
        return
    bearers: dict[str, list[Message]] = {}
    for name, proto in zip(names, protos, strict=True):
        if name:
            bearers.setdefault(name, []).append(proto)
    for name, (first, second, *others) in ((name, found) for name, found in bearers.items() if len(found) > 1):
        more = f" (and {len(others)} more)" if others else ""
        # ONNX Runtime makes initialisers of them before it looks at names (onnxruntime Graph's constructor).
        harmless = all(proto.op_type == "Constant" for proto in bearers[name])
        one, other = (
            Node(name, proto.op_type, proto.op_type, "onnx", span=places.of(proto)) for proto in (first, second)
        )
        yield Problem(
            "duplicate-layer-name",
            f"{other.label}{more} has the name of an earlier node of the graph, {one.label}: "
            + ("the standard wants each name once" if harmless else "ONNX Runtime refuses the model"),
            other,
            related=((one, "this node bears the same name"),),
            remedy="give each node a name of its own, or none",
            node=other,
            severity="info" if harmless else "error",
        )


def nobody_makes(name: str, node: Node, slot: int, known: Mapping[str, Value], span: Span | None) -> Problem:
    return Problem(
        "unknown-bottom",
        f"{node.label} reads `{name}` as input {slot}, but nothing makes it: no node, input or initialiser"
        f"{_suggestion(name, known)}",
        span or node,
        remedy="connect the input, or add the initialiser that is missing",
        node=node,
    )


def nobody_makes_for_call(name: str, call: str, function: str, known: Mapping[str, Value]) -> Problem:
    return Problem(
        "unknown-bottom",
        f"`{call}`, a call of function `{function}`, reads `{name}`, but nothing makes it{_suggestion(name, known)}",
        None,
        remedy="connect the input, or add the initialiser that is missing",
    )


def read_early(name: str, node: Node, span: Span | None) -> Problem:
    return Problem(
        "out-of-order",
        f"{node.label} inside a body reads `{name}`, which a node outside makes only later",
        span or node,
        remedy="move the node that makes it before the one that holds the body",
        node=node,
    )


def never_made(name: str, known: Mapping[str, Value], place: Place | None, function: str = "") -> Problem:
    owner = f"function `{function}` gives" if function else "the graph gives"
    return Problem(
        "missing-output",
        f"{owner} `{name}` as an output, but nothing makes it{_suggestion(name, known)}",
        place,
        remedy="name a value that a node makes",
    )


# Order


def _name(proto: Message) -> str:
    return f"{proto.op_type} `{proto.name or (proto.output[0] if len(proto.output) else '')}`"


def out_of_order(early: Sequence[Message], places: Places) -> Problem:
    others = f" (and {len(early) - 1} more)" if len(early) > 1 else ""
    return Problem(
        "out-of-order",
        f"{_name(early[0])}{others} stands before a node whose output it reads: ONNX wants nodes in an order in which "
        "they can run, and runtimes may refuse another",
        places.of(early[0]),
        remedy="sort the nodes topologically",
    )


def cycle(stuck: Sequence[Message], places: Places) -> Problem:
    """`stuck` are nodes that wait for each other, and those that wait for them: the circle itself is told."""
    ring = _ring(stuck)
    path = " -> ".join(_name(proto) for proto in [*ring[:6], *([ring[0]] if len(ring) <= 6 else [])])
    more = f" -> ... ({len(ring)} nodes)" if len(ring) > 6 else ""
    return Problem(
        "cycle",
        f"nodes wait for each other in a circle: {path}{more}: none of them can ever run",
        places.of(ring[0]),
        remedy="cut the circle: a value can only be read below the node that makes it; loops are written with `Loop`",
    )


def _ring(stuck: Sequence[Message]) -> list[Message]:
    maker = {name: proto for proto in stuck for name in proto.output}
    path: list[Message] = []
    seen: dict[int, int] = {}
    proto = stuck[0]
    while id(proto) not in seen:
        seen[id(proto)] = len(path)
        path.append(proto)
        above = next((maker[name] for name in proto.input if name in maker), None)
        if above is None:
            return path
        proto = above
    return path[seen[id(proto)] :][::-1]


# Operators


def operator_known(
    domain: str, op_type: str, opset: int, known: OpSchema | None, name: str, span: Span | None
) -> Iterator[Problem]:
    """Whether this opset has the operator. Told once an operator, at its first node."""
    word = f"{domain}::{op_type}" if domain else op_type
    node = Node(name, word, word, "onnx", span=span)
    place = span or node
    if not opset:
        shown = domain or "ai.onnx (the default domain)"
        yield Problem(
            "domain-not-imported",
            f"{word} `{name}` is of the domain {shown}, which the model's `opset_import` does not list: nobody can say "
            "which version of the operator is meant, and runtimes refuse the model",
            place,
            remedy=f'add an `opset_import` for "{domain}" with its version',
            node=node,
        )
    elif known is not None:
        if known.deprecated:
            yield Problem(
                "deprecated-operator",
                f"{word} `{name}` no longer exists in opset {opset}: opset {known.since} withdrew it, and "
                "runtimes that "
                "follow the specification refuse the model",
                place,
                remedy="use the operator that replaced it (Resize for Upsample, ScatterElements for Scatter), "
                "or declare an older opset",
                node=node,
            )
    elif domain in schema.NEWEST:
        since = schema.introduced(domain, op_type)
        if since is not None:
            yield Problem(
                "operator-newer-than-opset",
                f"{word} `{name}` came with opset {since}, but the model declares opset {opset}: "
                "runtimes look for it in vain",
                place,
                remedy=f"declare opset {since} or later (convert the model), or write the operator with older ones",
                node=node,
            )
        elif opset <= schema.NEWEST[domain]:
            near = get_close_matches(op_type, schema.names(domain), 1, 0.75)
            yield Problem(
                "unknown-layer-type",
                f"ONNX has no operator {word} (`{name}`) in any opset{f'; did you mean {near[0]}?' if near else ''}",
                place,
                remedy=f"write {near[0]}" if near else "give the operator a domain of its own, and import that",
                node=node,
                severity="error",
            )
    elif domain:
        yield Problem(
            "unknown-layer-type",
            f"{word} (`{name}`) is no operator of ONNX: only runtimes with an implementation of the domain "
            f"{domain} run "
            "it, and nothing is known of the values below it",
            place,
            node=node,
        )


def arity(inputs: Sequence[str], outputs: Sequence[str], made: Node, known: OpSchema) -> Iterator[Problem]:
    """Whether a node has the inputs and outputs that its operator wants."""
    given, wanted = len(inputs), known.required_inputs
    while given and not inputs[given - 1]:
        given -= 1
    most = known.most(known.inputs)
    if given < wanted or any(
        not name and slot < len(known.inputs) and not known.inputs[slot].count
        for slot, name in enumerate(inputs[:wanted])
    ):
        names = ", ".join(f"`{name}`" if name else "nothing" for name in inputs) or "none"
        yield _arity(made, f"needs {_count(wanted, 'input')}, but gets {names}", "connect the inputs that are missing")
    elif most is not None and given > most:
        yield _arity(made, f"takes {_count(most, 'input')} at most, but gets {given}", "leave the others out")
    count, most = len(outputs), known.most(known.outputs)
    if most is not None and count > most:
        yield _arity(made, f"makes {_count(most, 'output')} at most, but {count} are named", "leave the others out")


def no_value(made: Node) -> Problem:
    """A `Constant` has exactly one of its attributes (docs/Operators.md)."""
    return Problem(
        "invalid-attribute",
        f"{made.label} has no value: exactly one of `value`, `value_float`, `value_ints`, ... must stand there",
        made,
        remedy="give it a `value`",
        node=made,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _arity(made: Node, what: str, remedy: str) -> Problem:
    return Problem("bottom-count", f"{made.label} {what}", made, remedy=remedy, node=made)


# Types


def bind(made: Node, known: OpSchema, report: Report) -> dict[str, str]:
    """The element type of each type variable, by the inputs; inputs that disagree, or that the operator does not take,
    are reported."""
    bound: dict[str, str] = {}
    makers: dict[str, int] = {}
    formals, count = known.inputs, len(known.inputs)
    for edge in made.inputs:
        dtype = edge.value.dtype
        if not dtype:
            continue
        slot = edge.slot
        formal = formals[slot] if slot < count else (formals[-1] if count and formals[-1].count == "*" else None)
        if formal is None or formal.count == "~":
            continue
        variable = formal.type
        first = bound.get(variable)
        if first is None:
            bound[variable] = dtype
            makers[variable] = slot
            allowed = known.variables.get(variable)
            wrong = dtype not in allowed if allowed is not None else dtype != variable
            if wrong and not dtype.startswith(("map(", "optional(")):
                report(_not_taken(made, slot, dtype, allowed or frozenset((variable,)), known))
                return {}
        elif first != dtype:
            report(_disagree(made, makers[variable], slot))
            return {}
    return bound


def _not_taken(made: Node, slot: int, dtype: str, allowed: frozenset[str], known: OpSchema) -> Problem:
    shown = ", ".join(sorted(allowed)[:8]) + (", ..." if len(allowed) > 8 else "")
    value = made.inputs[slot].value
    return Problem(
        "type-mismatch",
        f"{made.label} takes {shown} as input {slot} (version {known.since} of the operator), "
        f"but `{value.name}` is {dtype}",
        made.inputs[slot],
        related=((value.producer, f"{value.producer.label} makes {dtype}"),) if value.producer is not None else (),
        remedy="put a `Cast` before it, or store the tensor in another type",
        node=made,
    )


def _disagree(made: Node, one: int, other: int) -> Problem:
    a, b = made.inputs[one].value, made.inputs[other].value
    return Problem(
        "type-mismatch",
        f"{made.label} wants inputs {one} and {other} of one type, but `{a.name}` is {a.dtype} and "
        f"`{b.name}` is {b.dtype}: "
        "ONNX converts nothing by itself",
        made.inputs[other],
        related=tuple(
            (value.producer, f"{value.producer.label} makes {value.dtype}")
            for value in (a, b)
            if value.producer is not None
        ),
        remedy="put a `Cast` before one of them, or store it in the other's type",
        node=made,
    )


def declared_type(value: Value, dtype: str) -> Problem:
    maker = value.producer
    assert maker is not None
    return Problem(
        "type-mismatch",
        f"`{value.name}` is declared as {dtype}, but {maker.label} makes {value.dtype}",
        value,
        remedy=f"declare it as {value.dtype}, or put a `Cast` behind {maker.label}",
        node=maker,
    )


def branches(made: Node, count: int, report: Report) -> list[str]:
    """The element types of an `If`'s outputs, which both branches must agree on."""
    types = []
    one, other = made.bodies
    for slot in range(count):
        a = one.outputs[slot] if slot < len(one.outputs) else None
        b = other.outputs[slot] if slot < len(other.outputs) else None
        if a is None or b is None:
            types.append("")
            continue
        if a.dtype and b.dtype and a.dtype != b.dtype:
            report(
                Problem(
                    "type-mismatch",
                    f"{made.label} gives {a.dtype} from `{one.name}` (`{a.name}`), but {b.dtype} from `{other.name}` "
                    f"(`{b.name}`): what follows can take only one of them",
                    made,
                    remedy="put a `Cast` at the end of one branch",
                    node=made,
                )
            )
        types.append(a.dtype or b.dtype)
    if len(one.outputs) != len(other.outputs):
        report(
            _arity(
                made,
                f"gives {_count(len(one.outputs), 'value')} from `{one.name}`, but {len(other.outputs)} from "
                f"`{other.name}`",
                "let both branches give the same values",
            )
        )
    return types
