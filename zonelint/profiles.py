"""Profiles: named policies that say which rules matter how much for one kind of zone or one place in the pipeline.

Each is a file in `rules/profiles/`: lines that name rules or families and give them another severity, turn them off
or set their options, each with its reason. Of two lines about one rule the later one holds.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zonelint import catalogue
from zonelint.catalogue import CatalogueError, Settings
from zonelint.findings import Severity
from zonelint.times import BadTime, parse_duration

OFF = "off"
"""What stands in place of a severity for a rule that is not to be reported."""

_FIELDS = frozenset({"id", "title", "use", "refs", "lines"})
_LINE = frozenset({"rules", "severity", "options", "reason"})


class UnknownProfile(ValueError):
    """A name that stands for no profile; the text suggests the nearest one."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a profile changes of one rule: its severity (None for off), its options, and why."""

    severity: Severity | None
    options: dict[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: what it is for, and its changes by rule."""

    id: str
    title: str
    use: str
    refs: tuple[str, ...]
    changes: dict[str, Change]

    @property
    def severities(self) -> dict[str, Severity]:
        """The severities that hold in place of those of the catalogue, by rule."""
        return {rule: change.severity for rule, change in self.changes.items() if change.severity is not None}

    @property
    def ignored(self) -> frozenset[str]:
        """The rules that are off."""
        return frozenset(rule for rule, change in self.changes.items() if change.severity is None)

    @property
    def settings(self) -> Settings:
        """The options that hold in place of their defaults."""
        return {
            (rule, name): value for rule, change in self.changes.items() for name, value in change.options.items()
        }


def names() -> list[str]:
    """Give the names of all profiles."""
    return sorted(path.stem for path in (catalogue.root() / "profiles").glob("*.yaml"))


@cache
def profile(name: str) -> Profile:
    """Give the profile of this name; raises `UnknownProfile`, and `CatalogueError` for a file that is wrong."""
    if name not in names():
        near = difflib.get_close_matches(name.lower(), names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names())}"
        raise UnknownProfile(f"unknown profile {name!r}: {hint}")
    return load(catalogue.root() / "profiles" / f"{name}.yaml")


def load(path: Path) -> Profile:
    """Read the file of one profile; raises `CatalogueError` for anything in it that is missing, unknown or wrong."""
    data = catalogue.read(path)
    if not isinstance(data, dict) or data.keys() != _FIELDS:
        raise CatalogueError(f"{path}: a profile has the fields {', '.join(sorted(_FIELDS))}, all of them and no other")
    if data["id"] != path.stem:
        raise CatalogueError(f"{path}: id is {data['id']!r}, the file is named {path.stem!r}")
    for field in ("title", "use"):
        if not isinstance(data[field], str) or not data[field].strip():
            raise CatalogueError(f"{path}: {field} must be text, not {data[field]!r}")
    for field in ("refs", "lines"):
        if not isinstance(data[field], list):
            raise CatalogueError(f"{path}: {field} must be a list, not {data[field]!r}")
    changes: dict[str, Change] = {}
    for number, line in enumerate(data["lines"], 1):
        try:
            _apply(line, changes)
        except ValueError as fault:
            raise CatalogueError(f"{path}: line {number} of the profile: {fault}") from None
    return Profile(data["id"], data["title"].strip(), data["use"].strip(), tuple(data["refs"]), changes)


def _apply(line: Any, changes: dict[str, Change]) -> None:
    """Enter what one line changes; raises `ValueError` when it is not as it must be."""
    if not isinstance(line, dict):
        raise ValueError(f"must be a mapping of fields, not {line!r}")
    if unknown := sorted(map(str, line.keys() - _LINE)):
        raise ValueError(f"unknown field {unknown[0]}")
    named = line.get("rules")
    named = [named] if isinstance(named, str) else named
    if not isinstance(named, list) or not named or not all(isinstance(name, str) for name in named):
        raise ValueError(f"rules must name rules or families, not {line.get('rules')!r}")
    if not isinstance(line.get("reason"), str) or not line["reason"].strip():
        raise ValueError("a reason is missing")
    if "severity" not in line and "options" not in line:
        raise ValueError("neither a severity nor options: it changes nothing")
    for rule in sorted(catalogue.resolve(named)):
        before = changes.get(rule)
        severity = before.severity if before else catalogue.rule(rule).severity
        options = {**(before.options if before else {}), **_options(rule, line.get("options", {}))}
        changes[rule] = Change(_severity(line["severity"]) if "severity" in line else severity, options,
                               " ".join(line["reason"].split()))  # fmt: skip


def _severity(word: Any) -> Severity | None:
    # YAML 1.1 reads a plain `off` as false
    if word is False or word == OFF:
        return None
    if word not in Severity.__members__:
        raise ValueError(f"severity {word!r} is none of {', '.join(Severity.__members__)}, off")
    return Severity[word]


def _options(rule: str, options: Any) -> dict[str, Any]:
    """Check options against those of the rule; a duration such as 7d becomes seconds."""
    if not isinstance(options, dict):
        raise ValueError(f"options must be a mapping by name, not {options!r}")
    known = catalogue.rule(rule).options
    values = {}
    for name, value in options.items():
        if name not in known:
            raise ValueError(f"{rule} has no option {name!r}")
        values[name] = _value(name, value, known[name])
    return values


def _value(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, int) and not isinstance(default, bool) and isinstance(value, str):
        try:
            return parse_duration(value)
        except BadTime as fault:
            raise ValueError(f"option {name}: {fault}") from None
    if type(value) is not type(default):
        raise ValueError(f"option {name} must be like {default!r}, not {value!r}")
    return value


