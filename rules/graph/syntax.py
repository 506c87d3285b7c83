"""Not valid protobuf text."""

from collections.abc import Iterator

from netlint import Context, Edit, Finding, Model, Problem, Span, rule


@rule(severity="error", fixes=("safe",), stated=True)
def syntax(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(_comment)


def _comment(problem: Problem) -> tuple[Edit, ...]:
    """A comment of C or JavaScript: its sign is all that is wrong with it."""
    span = problem.place
    if not isinstance(span, Span) or not problem.message.startswith("`//` starts no comment"):
        return ()
    return (Edit(Span(span.source, span.start, span.start + 2), "#"),)
