"""Facts of one model, computed when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netlint.authoring import F, Fact, Facts
from netlint.model import Model


class UndeclaredNeed(Exception):
    """A rule or a fact asked for a fact that it does not list in `needs`."""


class FactStore:
    """Every fact once a model, whoever asks first."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._facts: dict[type[Fact], Any] = {}

    def get(self, fact: type[F]) -> F:
        found: F | None = self._facts.get(fact)
        if found is None:
            found = self._facts[fact] = fact(self._model, self.view(fact.__name__, fact.needs))
        return found

    def view(self, asker: str, needs: tuple[type[Fact], ...]) -> Facts:
        """The facts that `asker` declared, and no others."""
        return _View(self, asker, needs)


@dataclass(frozen=True, slots=True)
class _View:
    store: FactStore
    asker: str
    needs: tuple[type[Fact], ...]

    def __getitem__(self, fact: type[F]) -> F:
        if fact not in self.needs:
            raise UndeclaredNeed(f"{self.asker} asks for {fact.__name__} without listing it in `needs`")
        return self.store.get(fact)
