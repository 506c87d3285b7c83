"""Whatever loaders, operators and facts state as a problem, a rule of that name tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import netlint
from netlint.engine.packs import load_rules

_ROOT = Path(netlint.__file__).parent
_STATING = ("loaders", "ops", "facts")

#: (module, name) of a function or constant.
Place = tuple[str, str]


@dataclass(slots=True)
class Sources:
    """The modules in which problems are stated: constants, functions, and who calls them."""

    constants: dict[Place, str] = field(default_factory=dict)
    functions: dict[Place, ast.FunctionDef] = field(default_factory=dict)
    calls: list[tuple[str, ast.Call, ast.FunctionDef | None]] = field(default_factory=list)
    #: What each module's own names mean that it imports: another module, or something in it.
    imports: dict[Place, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Sources:
        found = cls()
        for path in sorted(path for folder in _STATING for path in (_ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(_ROOT.parent).with_suffix("").parts)
            found._inside(module, ast.parse(path.read_text(encoding="utf-8")), None)
        return found

    def _inside(self, module: str, node: ast.AST, owner: ast.FunctionDef | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                self.functions[module, child.name] = child
                self._inside(module, child, child)
                continue
            if isinstance(child, ast.ImportFrom) and child.module:
                for alias in child.names:
                    self.imports[module, alias.asname or alias.name] = (child.module, alias.name)
            elif isinstance(child, ast.Assign | ast.AnnAssign) and isinstance(child.value, ast.Constant):
                target = child.targets[0] if isinstance(child, ast.Assign) else child.target
                if isinstance(target, ast.Name) and isinstance(child.value.value, str):
                    self.constants[module, target.id] = child.value.value
            elif isinstance(child, ast.Call):
                self.calls.append((module, child, owner))
            self._inside(module, child, owner)

    def _called(self, module: str, call: ast.Call) -> Place:
        """The function that a call names."""
        function = call.func
        if isinstance(function, ast.Name):
            return self.imports.get((module, function.id), (module, function.id))
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            package, name = self.imports.get((module, function.value.id), ("", ""))
            return (f"{package}.{name}" if package else module, function.attr)
        return (module, "")

    def stated(self) -> Iterator[str]:
        for module, call, owner in self.calls:
            if self._called(module, call)[1] == "Problem":
                assert call.args, ast.unparse(call)
                yield from self._names(call.args[0], module, owner)

    def _names(self, rule: ast.expr, module: str, owner: ast.FunctionDef | None) -> Iterator[str]:
        """The texts that an expression can be: itself, either side of a choice, a constant, or what callers give."""
        if isinstance(rule, ast.Constant) and isinstance(rule.value, str):
            yield rule.value
        elif isinstance(rule, ast.IfExp):
            yield from self._names(rule.body, module, owner)
            yield from self._names(rule.orelse, module, owner)
        elif isinstance(rule, ast.Name) and (module, rule.id) in self.constants:
            yield self.constants[module, rule.id]
        else:
            assert isinstance(rule, ast.Name), f"{module}: {ast.unparse(rule)} is not followed"
            assert owner is not None, f"{module}: {ast.unparse(rule)} is not followed"
            assigned = [one.value for one in ast.walk(owner) if isinstance(one, ast.Assign) and _sets(one, rule.id)]
            for value in assigned:
                yield from self._names(value, module, owner)
            if not assigned:
                yield from self._given(rule.id, module, owner)

    def _given(self, parameter: str, module: str, function: ast.FunctionDef) -> Iterator[str]:
        parameters = [one.arg for one in function.args.args]
        assert parameter in parameters, f"{module}: `{parameter}` in {function.name} is not followed"
        slot = parameters.index(parameter) - (parameters[0] == "self")
        defaults = dict(zip(reversed(parameters), reversed(function.args.defaults), strict=False))
        for caller, call, owner in self.calls:
            if self._called(caller, call) == (module, function.name):
                words = {word.arg: word.value for word in call.keywords}
                given = words.get(parameter) or (call.args[slot] if slot < len(call.args) else defaults[parameter])
                yield from self._names(given, caller, owner)


def _sets(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)


def test_every_stated_problem_has_a_rule() -> None:
    assert set(Sources.read().stated()) - {rule.name for rule in load_rules()} == set()


def test_the_names_are_found() -> None:
    """Stated directly, through helpers of other modules, by a constant, and as a choice."""
    found = set(Sources.read().stated())
    assert {"cycle", "index-out-of-range", "solver-net-missing", "residual-add-mismatch"} <= found
    assert len(found) > 60
