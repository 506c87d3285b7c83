"""What the user says of rules, on the command line and in configurations: which ones run on a file, and what their
findings weigh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from netlint.authoring import RuleInfo
from netlint.engine.config import Applied, Configuration
from netlint.engine.config_file import IGNORE, RULE_LISTS, RULE_PACKS, SEVERITY, ConfigFile, Section
from netlint.engine.packs import PackError, load_rules
from netlint.engine.select import UnknownRule, named, refuse_unknown, select
from netlint.finding import Finding, Severity
from netlint.loaders.reads import note


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line or the caller says of rules: it stands above every configuration. Who selects rules means
    just those: what configurations select and ignore stands back."""

    select: Sequence[str] = ()
    extend: Sequence[str] = ()
    ignore: Sequence[str] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    packs: Sequence[Path] = ()


@dataclass(slots=True, eq=False)
class RuleSettings:
    """The rules of one run. Each method raises ConfigError for a configuration that is none, and PackError for a pack
    that cannot be used."""

    given: Given
    configuration: Configuration | None = None
    _known: dict[ConfigFile | None, Mapping[str, RuleInfo]] = field(default_factory=dict)
    _selected: dict[ConfigFile | None, list[RuleInfo]] = field(default_factory=dict)
    #: How the packs of configurations were when they were first asked for.
    _packs: dict[str, str] = field(default_factory=dict)
    _severities: dict[tuple[Section, ...], Mapping[str, Severity]] = field(default_factory=dict)

    def check(self, paths: Iterable[str]) -> None:
        """Raises UnknownRule for what is given and is no rule of any of these files."""
        names = self._given_names()
        if names:
            refuse_unknown(self.all(paths), names)

    def knows_given(self, path: str) -> bool:
        """Whether what is given are rules of this very file: then `check` has no say against a run with it."""
        return not set(self._given_names()) - {
            name for rule in self.known(path).values() for name in (rule.name, rule.family, "all")
        }

    def _given_names(self) -> Sequence[str]:
        given = self.given
        return (*given.select, *given.extend, *given.ignore, *given.severity)

    def all(self, paths: Iterable[str]) -> list[RuleInfo]:
        """Every rule there is for any of these files."""
        found: dict[str, RuleInfo] = {}
        for path in ("", *paths):
            found.update(self.known(path))
        return list(found.values())

    def known(self, path: str) -> Mapping[str, RuleInfo]:
        """Every rule there is for a file, by name, with those of the packs that its configuration names."""
        config = self._configured(path)[0]
        for pack in config.rule_packs if config is not None else ():
            note("tree", str(pack), self._packs)
        if config not in self._known:
            self._known[config] = {rule.name: rule for rule in self._loaded(config)}
        return self._known[config]

    def of(self, path: str) -> Sequence[RuleInfo]:
        """The rules that run on a file."""
        config, applied = self._configured(path)
        if config not in self._selected:
            self._selected[config] = self._select(config, list(self.known(path).values()))
        rules = self._selected[config]
        ignored = self._ignored(applied)
        return select(rules, only=("all",), ignore=ignored) if ignored else rules

    def judged(self, found: Iterable[Finding], path: str) -> list[Finding]:
        """The findings with the severities that the user gives their rules, without what is ignored where they stand:
        in the file at `path`, or in another one that it names."""
        if self.configuration is None and not self.given.severity:
            return list(found)
        return [judged for finding in found if (judged := self._judged(finding, path)) is not None]

    def severities(self, path: str, solver: str = "") -> Mapping[str, Severity]:
        """The rules whose findings in a file (which `solver` names) weigh something else than they say themselves."""
        applied = self._configured(path, solver)[1]
        if applied.sections not in self._severities:
            rules = self.known(path).values()
            self._severities[applied.sections] = severities(self.given.severity, applied.sections, rules)
        return self._severities[applied.sections]

    def _judged(self, finding: Finding, path: str) -> Finding | None:
        solver = path if finding.path != path else ""
        if solver:
            ignored = self._ignored(self._configured(finding.path, solver)[1])
            if finding.rule in named(self.known(finding.path).values(), ignored):
                return None
        level = self.severities(finding.path, solver).get(finding.rule, finding.severity)
        return finding if level == finding.severity else replace(finding, severity=level)

    def _configured(self, path: str, solver: str = "") -> tuple[ConfigFile | None, Applied]:
        if self.configuration is None or not path:
            return None, Applied()
        return self.configuration.of(path), self.configuration.applied(path, solver)

    def _loaded(self, config: ConfigFile | None) -> Sequence[RuleInfo]:
        own = config.rule_packs if config is not None else ()
        try:
            return load_rules(tuple(dict.fromkeys((*self.given.packs, *own))))
        except PackError as error:
            raise config.wrong(f"`{RULE_PACKS}`: {error}") if config is not None and own else error from None

    def _select(self, config: ConfigFile | None, rules: Sequence[RuleInfo]) -> list[RuleInfo]:
        configured: Mapping[str, Sequence[str]] = {}
        if config is not None:
            _refuse_unknown(config, rules)
            configured = config.rule_lists if not self.given.select else {}
        return select(
            rules,
            only=self.given.select or configured.get("select", ()),
            extend=self.given.extend or configured.get("extend-select", ()),
            ignore=self.given.ignore or configured.get(IGNORE, ()),
        )

    def _ignored(self, applied: Applied) -> set[str]:
        """What `files` entries ignore: entries add up."""
        if self.given.select:
            return set()
        return {name for section in applied.sections if section.patterns for name in section.values.get(IGNORE, ())}


def severities(
    given: Mapping[str, Severity], sections: Iterable[Section], rules: Iterable[RuleInfo]
) -> dict[str, Severity]:
    """The rules whose findings weigh something else than they say themselves.

    `given` stands above the sections, of which the first is the strongest. In one table a rule stands above its
    family, that above `all`.
    """
    tables = [table for table in (given, *(section.values.get(SEVERITY, {}) for section in sections)) if table]
    found: dict[str, Severity] = {}
    for rule in rules if tables else ():
        for table in tables:
            name = next((name for name in (rule.name, rule.family, "all") if name in table), None)
            if name is not None:
                found[rule.name] = table[name]
                break
    return found


def _refuse_unknown(config: ConfigFile, rules: Sequence[RuleInfo]) -> None:
    """Raises ConfigError for a name in the configuration that is no rule and no family."""
    for section in (config.top, *config.files):
        where = f"{section.origin}: " if section.patterns else ""
        lists = (name for key in RULE_LISTS for name in section.values.get(key, ()))
        try:
            refuse_unknown(rules, (*lists, *section.values.get(SEVERITY, ())))
        except UnknownRule as error:
            raise config.wrong(f"{where}{error}") from None
