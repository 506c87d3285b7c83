"""What rule authors write with: `@rule`, `Context` and `Fact`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from netlint.finding import Applicability, Edit, Finding, Fix, Related, Severity
from netlint.model import Edge, Model, Node, Place, Problem, Span, Value

F = TypeVar("F", bound="Fact")


class Facts(Protocol):
    """Gives facts by type: `facts[Shapes]`."""

    def __getitem__(self, fact: type[F]) -> F: ...


class Fact:
    """Something that can be known of a network without running it, computed once a model and shared by all rules.

    A fact computes itself in `__init__`; it may use the facts that it names in `needs`, and no others. Its type is its
    key: `ctx[Shapes]` is a `Shapes`.
    """

    needs: ClassVar[tuple[type[Fact], ...]] = ()

    def __init__(self, model: Model, facts: Facts) -> None:  # noqa: ARG002 - the signature is the contract
        raise TypeError(f"{type(self).__name__} does not say how it is computed")


NodeCheck: TypeAlias = "Callable[[Node, Context], Iterable[Finding]]"
ModelCheck: TypeAlias = "Callable[[Model, Context], Iterable[Finding]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What is to be said of a rule without running it: enough to list, explain and select it."""

    #: That of its function and file, in kebab case.
    name: str
    family: str
    severity: Severity
    #: Operators whose nodes it sees, one by one; empty for a rule that sees the model once.
    on: tuple[str, ...] = ()
    #: Words of sources (`Convolution`, `keras::MyLayer`) by which nodes are meant that `on` does not name: in rules
    #: written in YAML.
    words: tuple[str, ...] = ()
    #: The dialects it speaks of; empty for all.
    dialects: tuple[str, ...] = ()
    #: Rules that explain the same fault better: where one of them stands at the same node, this one is silent.
    unless: tuple[str, ...] = ()
    default: bool = True
    #: It tells what a loader or an operator states under its name, and nothing else.
    stated: bool = False
    #: It speaks of how a network learns: it is not asked about one that is only run.
    learning: bool = False
    #: It finds something only where more is known than the file says: the weights, a profile, the number of classes,
    #: a file beside it. Without that, its silence says nothing.
    beyond: bool = False
    #: The kinds of fixes that its findings may offer; empty for advice alone.
    fixes: tuple[Applicability, ...] = ()
    summary: str = ""
    #: The rule's page in the project, and where it lies on this machine.
    page: str = ""
    page_file: str = ""
    #: The module that holds it; it is imported when a model first needs it.
    module: str = ""
    #: What a rule written in YAML says, as text; empty for one in Python.
    declared: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(RuleInfo):
    """A check with its identity."""

    check: Callable[[Any, Context], Iterable[Finding]]
    needs: tuple[type[Fact], ...] = ()


def rule(
    *,
    severity: Severity,
    on: tuple[str, ...] = (),
    needs: tuple[type[Fact], ...] = (),
    dialects: tuple[str, ...] = (),
    unless: tuple[str, ...] = (),
    default: bool = True,
    stated: bool = False,
    learning: bool = False,
    beyond: bool = False,
    fixes: tuple[Applicability, ...] = (),
) -> Callable[[NodeCheck | ModelCheck], Rule]:
    """Make a rule of a function that takes a node (with `on`) or the model (without) and a context.

    `fixes` names the kinds of fixes that findings may offer (`safe`, `unsafe`); the page says what they do.

    The rule's name, family, page and summary come from the file: `rules/<family>/<name>.py`, its docstring, and the
    page `<name>.md` beside it.
    """

    def decorate(check: NodeCheck | ModelCheck) -> Rule:
        module = sys.modules.get(check.__module__)
        stem_path = check.__code__.co_filename.removesuffix(".py")
        family, stem = stem_path.replace("\\", "/").split("/")[-2:]
        return Rule(
            name=check.__name__.replace("_", "-"),
            family=family,
            severity=severity,
            check=check,
            on=on,
            needs=needs,
            dialects=dialects,
            unless=unless,
            default=default,
            stated=stated,
            learning=learning,
            beyond=beyond,
            fixes=fixes,
            summary=((module.__doc__ if module else "") or "").strip().partition("\n")[0],
            page=f"rules/{family}/{stem}.md",
            page_file=f"{stem_path}.md",
            module=check.__module__,
        )

    return decorate


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule has in hand: the model, the facts that it declared, and ways to speak."""

    model: Model
    rule: Rule
    facts: Facts = field(repr=False)
    #: Rules ask at every node.
    _asked: dict[type[Fact], Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, fact: type[F]) -> F:
        found: F | None = self._asked.get(fact)
        if found is None:
            found = self._asked[fact] = self.facts[fact]
        return found

    def finding(
        self,
        place: Place | None,
        message: str,
        *,
        related: Iterable[tuple[Place, str]] = (),
        remedy: str = "",
        edits: tuple[Edit, ...] = (),
        applicability: Applicability = "safe",
        severity: Severity | None = None,
        node: Node | None = None,
    ) -> Finding:
        """A finding of this rule at `place`: a node, edge, value, attribute, parameter, initializer or span.

        `remedy` says in the user's dialect what to change, and `edits` do it (`netlint.edits` makes them). They are
        `safe` where they keep what the author means, or write the only thing that the framework can accept, `unsafe`
        where the network may learn or compute otherwise than before. `node` names the layer when the place is a part of
        one.
        """
        owner = node or _node_of(place)
        span = span_of(place) or span_of(owner)
        related = list(related)
        if owner is not None and owner.use is not None and owner.use != span:
            related.append((owner.use, "called here"))
        return Finding(
            rule=self.rule.name,
            severity=severity or self.rule.severity,
            message=message,
            path=span.path if span else self.model.source.path,
            span=span,
            node=owner.name if owner else "",
            model=self.model.title,
            related=tuple(
                Related(text, span_of(other), other.name if isinstance(other, Node) else "") for other, text in related
            ),
            fix=Fix(remedy, edits, applicability if edits else "display") if remedy else None,
            scope=owner.block if owner else None,
            reused=owner is not None and owner.use is not None,
            page=self.rule.page,
        )

    def problems(
        self, mend: Callable[[Problem], tuple[Edit, ...]] | None = None, applicability: Applicability = "safe"
    ) -> Iterator[Finding]:
        """What the loader recorded under this rule's name; `mend` gives the edits that do what the remedy says."""
        return self.tell(
            (problem for problem in self.model.problems if problem.rule == self.rule.name), mend, applicability
        )

    def tell(
        self,
        problems: Iterable[Problem],
        mend: Callable[[Problem], tuple[Edit, ...]] | None = None,
        applicability: Applicability = "safe",
    ) -> Iterator[Finding]:
        """Findings from problems that a loader or an operator stated."""
        for problem in problems:
            edits, changes = _spelt_right(problem)
            if mend is not None and not edits:
                edits, changes = mend(problem), applicability
            yield self.finding(
                problem.place,
                problem.message,
                related=problem.related,
                remedy=problem.remedy,
                edits=edits,
                applicability=changes,
                severity=problem.severity,
                node=problem.node,
            )


def _spelt_right(problem: Problem) -> tuple[tuple[Edit, ...], Applicability]:
    """The edits that write what was meant. Only a slip in upper and lower case leaves no doubt about that."""
    span = span_of(problem.place)
    if not problem.meant or span is None or span.pointer or span.source.binary:
        return (), "safe"
    written, meant = span.source.text[span.start : span.end], problem.meant
    if written[:1] == "'" and meant[:1] == '"':
        meant = f"'{meant[1:-1]}'"
    same = written.lower() == meant.lower()
    return tuple(Edit(place, meant) for place in (span, *problem.again)), "safe" if same else "unsafe"


def span_of(place: Place | None) -> Span | None:
    """Where a place stands in the source."""
    if place is None or isinstance(place, Span):
        return place
    return place.span


def _node_of(place: Place | None) -> Node | None:
    if isinstance(place, Node):
        return place
    if isinstance(place, Edge):
        return place.node
    if isinstance(place, Value):
        return place.producer
    return None
