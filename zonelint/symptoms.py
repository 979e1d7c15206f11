"""Symptoms: what users see when a zone fails, and the causes behind it in the order to look at them.

Each is a file in `rules/symptoms/`. A cause names the rules that detect it, the command that shows it and the way out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zonelint import catalogue
from zonelint.catalogue import CatalogueError, UnknownRule

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TEXTS = ("id", "title", "seen", "first")
_FIELDS = frozenset((*_TEXTS, "refs", "causes"))
_CAUSE_TEXTS = ("title", "why", "command", "remedy")
_CAUSE = frozenset((*_CAUSE_TEXTS, "rules"))


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: the rules that detect it, the command that shows it, the way out.

    What is to be filled in into the command stands in capitals: ZONE, DS, KEYS, OLD.
    """

    title: str
    why: str
    rules: tuple[str, ...]
    command: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Symptom:
    """What is seen, what to find out first to know that it is this symptom, and the causes, likeliest first."""

    id: str
    title: str
    seen: str
    first: str
    refs: tuple[str, ...]
    causes: tuple[Cause, ...]

    @property
    def rules(self) -> frozenset[str]:
        """The rules of all causes."""
        return frozenset(rule for cause in self.causes for rule in cause.rules)


def names() -> list[str]:
    """Give the names of all symptoms."""
    return sorted(path.stem for path in (catalogue.root() / "symptoms").glob("*.yaml"))


def is_known(name: str) -> bool:
    """Tell whether there is a symptom of this name."""
    return bool(_ID.fullmatch(name)) and (catalogue.root() / "symptoms" / f"{name}.yaml").is_file()


@cache
def symptom(name: str) -> Symptom:
    """Give the symptom of this name, which must be known; raises `CatalogueError` for a file that is wrong."""
    return load(catalogue.root() / "symptoms" / f"{name}.yaml")


def load(path: Path) -> Symptom:
    """Read the file of one symptom; raises `CatalogueError` for anything in it that is missing, unknown or wrong."""
    data = catalogue.read(path)
    try:
        _require(data, _FIELDS, _TEXTS)
        if data["id"] != path.stem:
            raise ValueError(f"id is {data['id']!r}, the file is named {path.stem!r}")
        for field in ("refs", "causes"):
            if not isinstance(data[field], list) or not data[field]:
                raise ValueError(f"{field} must be a list with something in it")
        causes = tuple(map(_cause, data["causes"]))
    except (ValueError, UnknownRule) as fault:
        raise CatalogueError(f"{path}: {fault}") from None
    texts = {name: data[name].strip() for name in _TEXTS}
    return Symptom(**texts, refs=tuple(data["refs"]), causes=causes)


def _cause(data: Any) -> Cause:
    _require(data, _CAUSE, _CAUSE_TEXTS)
    rules = data["rules"]
    if not isinstance(rules, list) or not all(isinstance(name, str) for name in rules):
        raise ValueError(f"rules must be a list of ids, not {rules!r}")
    for name in rules:
        catalogue.rule(name)
    return Cause(**{name: data[name].strip() for name in _CAUSE_TEXTS}, rules=tuple(rules))


def _require(data: Any, fields: frozenset[str], texts: tuple[str, ...]) -> None:
    """Raise `ValueError` unless there are just these fields, and text in those that hold text."""
    if not isinstance(data, dict):
        raise ValueError(f"must be a mapping of fields, not {data!r}")
    if missing := sorted(fields - data.keys()):
        raise ValueError(f"missing field {missing[0]}")
    if unknown := sorted(map(str, data.keys() - fields)):
        raise ValueError(f"unknown field {unknown[0]}")
    for name in texts:
        if not isinstance(data[name], str) or not data[name].strip():
            raise ValueError(f"{name} must be text, not {data[name]!r}")
