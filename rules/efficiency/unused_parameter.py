"""A stored tensor that nothing reads."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Value, rule
from netlint.facts.weights import bytes_of
from netlint.model import product, spell

_NAMED: Final = 5
_FEW: Final = 8
_LOST: Final = "it is dead weight in the file, or the node that used it was lost"


@rule(severity="warning")
def unused_parameter(model: Model, ctx: Context) -> Iterator[Finding]:
    kept = {value for call in model.calls for value in call}
    kept.update(model.results or ())
    # A second tensor of one name cannot be read at all, which `duplicate-top` tells.
    kept.update(problem.place for problem in model.problems if isinstance(problem.place, Value))
    unread = [value for value in model.stored if not value.uses and value.name and value not in kept]
    # Modules own more than one forward uses: auxiliary heads while evaluating, tables that are made anew.
    traced = model.dialect == "torch"
    if traced:
        modules = list(_uncalled(model, unread).items())[:_NAMED]
        yield from (_never_called(module, values, ctx) for module, values in modules)
        told = {value for _, values in modules for value in values}
        unread = [value for value in unread if value not in told]
    for value in unread[:_NAMED]:
        size = bytes_of(value)
        yield ctx.finding(
            value,
            f"nothing reads the stored tensor `{value.name}` ({spell(value.shape)} {value.dtype}, {size:,} bytes): "
            + ("it is dead weight, or the call is missing" if traced else _LOST),
            remedy="remove it, or " + ("call its module" if traced else "connect the node that should read it"),
            severity="info" if traced or _left_over(value) else None,
        )
    rest = unread[_NAMED:]
    if rest:
        names = ", ".join(f"`{value.name}`" for value in rest[:3]) + (", ..." if len(rest) > 3 else "")
        yield ctx.finding(
            rest[0],
            f"nothing reads {len(rest)} more stored tensors ({names}), {sum(map(bytes_of, rest)):,} bytes in all",
            remedy="remove them, or connect the nodes that should read them",
            severity="info" if traced or all(map(_left_over, rest)) else None,
        )


def _uncalled(model: Model, unread: list[Value]) -> dict[str, list[Value]]:
    """PyTorch: the unread tensors by the outermost module of which nothing is read at all."""
    alive = {prefix for value in model.stored if value.uses for prefix in _modules(value.name)}
    found: dict[str, list[Value]] = {}
    for value in unread:
        module = next((prefix for prefix in _modules(value.name) if prefix not in alive), None)
        if module is not None:
            found.setdefault(module, []).append(value)
    return found


def _modules(name: str) -> list[str]:
    """`layer1.0.conv.weight` belongs to `layer1`, `layer1.0` and `layer1.0.conv`."""
    parts = name.split(".")[:-1]
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _never_called(module: str, values: list[Value], ctx: Context) -> Finding:
    many = len(values) > 1
    count = f"{len(values)} stored tensors" if many else "stored tensor"
    return ctx.finding(
        values[0],
        f"nothing calls the module `{module}`: its {count} ({sum(map(bytes_of, values)):,} bytes) "
        f"take{'' if many else 's'} no part in what the program computes",
        remedy="remove it, or call it in `forward`",
        severity="info",
    )


def _left_over(value: Value) -> bool:
    """A single number, or the few integers of a shape that an exporter has folded: no lost weight."""
    count = product(value.shape) if isinstance(value.shape, tuple) else None
    return isinstance(count, int) and count <= (_FEW if value.dtype in ("int32", "int64") else 1)
