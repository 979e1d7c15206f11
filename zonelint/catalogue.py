"""The rule catalogue: what each defect is called, how bad it is, why, and what to do about it.

The only place where YAML meets the package. Checks decide whether something is broken and say where; the
files below `rules/` explain it. In a checkout they lie at the root of the repository, in a wheel inside the
package as `_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zonelint.findings import Severity

CERTAINTIES = frozenset({"certain", "likely", "heuristic"})
DATA = frozenset({"tables", "rollovers", "symptoms", "profiles"})
"""The folders that hold no rules."""

SCOPES = frozenset({"source", "record", "rrset", "name", "zone", "keys", "revision"})
NEEDS = frozenset({"time", "keys", "parent", "previous", "anchors", "child"})

Settings = Mapping[tuple[str, str], Any]
"""Values of options, by rule and name of the option."""

_settings: dict[tuple[str, str], Any] = {}  # of the run that goes on: checks ask for options far from its beginning
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
_TEXTS = ("id", "code", "title", "severity", "certainty", "scope", "why", "symptom", "remedy", "since")
_REQUIRED = frozenset((*_TEXTS, "needs", "refs"))
_OPTIONAL = frozenset({"ede", "seen_as", "options"})


class CatalogueError(Exception):
    """A file of the catalogue that is missing or does not have the form it must; the text names the file."""


class UnknownRule(ValueError):
    """A name that stands for no rule; the text suggests the nearest one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of defect, as its YAML file describes it.

    `family` is the folder of the file. `needs` names the input without which the rule cannot run: `time`,
    `keys`, `parent`, `previous`, `anchors`. `ede` is the extended error a resolver returns (RFC 8914), `seen_as` the
    messages of other tools for the same fault, by tool, and `options` the default of each option, by name.
    """

    id: str
    code: str
    family: str
    title: str
    severity: Severity
    certainty: str
    scope: str
    needs: tuple[str, ...]
    refs: tuple[str, ...]
    ede: int | None
    why: str
    symptom: str
    remedy: str
    seen_as: dict[str, tuple[str, ...]]
    options: dict[str, Any]
    since: str


def root() -> Path:
    """Give the folder that holds the catalogue; raises `CatalogueError` when the package came without it."""
    package = Path(__file__).parent
    for folder in (package / "_rules", package.parent / "rules"):
        if folder.is_dir():
            return folder
    raise CatalogueError(f"{package / '_rules'}: the rule catalogue is missing; install zonelint again")


@cache
def rules() -> dict[str, Rule]:
    """Give every rule by its id, in the order of the codes; read once, raises `CatalogueError`.

    Reading all the files takes longer than checking a small zone: where a few rules do, ask `rule` for them.
    """
    top = root()
    found = [load_rule(path) for path in top.glob("*/*.yaml") if path.parent.name not in DATA]
    found.sort(key=lambda each: each.code)
    catalogue = {each.id: each for each in found}
    if len(catalogue) != len(found) or len(_by_code(catalogue)) != len(found):
        raise CatalogueError(f"{top}: a rule id or code is used twice")
    return catalogue


def rule(name: str) -> Rule:
    """Give the rule with this id or code, in any case; raises `UnknownRule`."""
    if found := _by_id(name.lower()):
        return found
    codes = _by_code(rules())
    if name.upper() not in codes:
        raise UnknownRule(_unknown(name, [*rules(), *codes]))
    return codes[name.upper()]


def resolve(names: Iterable[str]) -> frozenset[str]:
    """Turn ids, codes, the beginnings of codes (`SIG`, `SIG1`) and family names into rule ids.

    Raises `UnknownRule` for the first name that stands for nothing.
    """
    ids: set[str] = set()
    for name in names:
        ids.update([name.lower()] if _by_id(name.lower()) else _members(name))
    return frozenset(ids)


def _members(name: str) -> list[str]:
    """Give the ids that a family name or the beginning of a code stands for."""
    every = rules().values()
    family = [each.id for each in every if each.family == name.lower()]
    # fewer than three letters would join families that have nothing in common
    begun = [each.id for each in every if len(name) > 2 and each.code.startswith(name.upper())]
    if not family and not begun:
        families = sorted({each.family for each in every})
        raise UnknownRule(_unknown(name, [*rules(), *_by_code(rules()), *families]))
    return family or begun


def option(rule_id: str, name: str) -> Any:
    """Give an option of a rule as a profile has set it, else its default; seconds for durations. Raises `KeyError`."""
    if (rule_id, name) in _settings:
        return _settings[rule_id, name]
    return rule(rule_id).options[name]


def settings() -> Settings:
    """Give the options that are set otherwise than by default now."""
    return dict(_settings)


def adopt(options: Settings) -> None:
    """Set options otherwise than by default in this process, in place of all that were set before."""
    _settings.clear()
    _settings.update(options)


@cache
def table(name: str) -> Any:
    """Give the contents of `tables/NAME.yaml`, shared by all callers; raises `CatalogueError`."""
    return read(root() / "tables" / f"{name}.yaml")


@cache
def rollovers() -> dict[str, Any]:
    """Give the contents of each file of `rollovers/` by the name of the file, in that order; shared by all callers.

    Raises `CatalogueError`. What the fields mean is the business of `zonelint.rollover.methods`.
    """
    paths = (root() / "rollovers").glob("*.yaml")
    return {path.stem: read(path) for path in sorted(paths, key=lambda path: path.stem)}


def read(path: Path) -> Any:
    """Read one YAML file of the catalogue; raises `CatalogueError`."""
    import yaml

    # the C parser is seven times as fast, and not there in every build
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - both loaders are safe ones
    except OSError as fault:
        raise CatalogueError(f"{path}: {fault.strerror}") from None
    except yaml.YAMLError as fault:
        raise CatalogueError(f"{path}: {' '.join(str(fault).split())}") from None


def load_rule(path: Path) -> Rule:
    """Read the file of one rule; raises `CatalogueError` for any field that is missing, unknown or wrong."""
    data = read(path)
    if not isinstance(data, dict):
        raise CatalogueError(f"{path}: not a mapping of fields")
    if missing := sorted(_REQUIRED - data.keys()):
        raise CatalogueError(f"{path}: missing field {', '.join(missing)}")
    if unknown := sorted(str(key) for key in data.keys() - _REQUIRED - _OPTIONAL):
        raise CatalogueError(f"{path}: unknown field {', '.join(unknown)}")
    if fault := _fault(data):
        raise CatalogueError(f"{path}: {fault}")
    if path.stem != data["id"]:
        raise CatalogueError(f"{path}: id is {data['id']!r}, the file is named {path.stem!r}")
    texts = {name: data[name].strip() for name in _TEXTS if name != "severity"}
    return Rule(
        **texts,
        family=path.parent.name,
        severity=Severity[data["severity"]],
        needs=tuple(data["needs"]),
        refs=tuple(data["refs"]),
        ede=data.get("ede"),
        seen_as={tool: _messages(said) for tool, said in data.get("seen_as", {}).items()},
        options=data.get("options", {}),
    )


def _fault(data: dict[str, Any]) -> str | None:
    """Say what is wrong with the values of a rule's fields, None when nothing is."""
    for name in _TEXTS:
        if not isinstance(data[name], str) or not data[name].strip():
            return f"{name} must be text, not {data[name]!r}"
    for name in ("needs", "refs"):
        if not _is_list_of_text(data[name]):
            return f"{name} must be a list of texts, not {data[name]!r}"
    for name, pattern in (("id", _ID), ("code", _CODE)):
        if not pattern.fullmatch(data[name]):
            return f"{name} {data[name]!r} does not have the form {pattern.pattern}"
    words = {"severity": Severity.__members__.keys(), "certainty": CERTAINTIES, "scope": SCOPES}
    for name, allowed in words.items():
        if data[name] not in allowed:
            return f"{name} {data[name]!r} is none of {', '.join(sorted(allowed))}"
    if strange := sorted(set(data["needs"]) - NEEDS):
        return f"needs {strange[0]!r} is none of {', '.join(sorted(NEEDS))}"
    if not data["refs"]:
        return "refs is empty: every rule stands on something"
    ede = data.get("ede", 0)
    if type(ede) is not int or not 0 <= ede <= 65535:
        return f"ede must be a number from 0 to 65535, not {ede!r}"
    for name in ("seen_as", "options"):
        value = data.get(name, {})
        if not isinstance(value, dict) or not _is_list_of_text(list(value)):
            return f"{name} must be a mapping by name, not {value!r}"
    if not all(_is_list_of_text(_messages(said)) and said for said in data.get("seen_as", {}).values()):
        return "seen_as must give a text, or a list of texts, for each tool"
    return None


def _messages(said: Any) -> tuple[Any, ...]:
    """Give the messages of one tool, which may be written as one text or as a list."""
    return tuple(said) if isinstance(said, list) else (said,)


def _is_list_of_text(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) and item for item in value)


@cache
def _by_id(name: str) -> Rule | None:
    """Read the one file that is named after a rule; None where there is none."""
    # the name may come from the command line, and goes into a pattern
    if not _ID.fullmatch(name):
        return None
    paths = [path for path in root().glob(f"*/{name}.yaml") if path.parent.name not in DATA]
    if len(paths) > 1:
        raise CatalogueError(f"{paths[1]}: the rule is described in {paths[0]} already")
    return load_rule(paths[0]) if paths else None


def _by_code(catalogue: dict[str, Rule]) -> dict[str, Rule]:
    return {each.code: each for each in catalogue.values()}


def _unknown(name: str, candidates: list[str]) -> str:
    """Word the refusal of a name, with the nearest name there is."""
    import difflib

    form = name.upper() if name[:1].isupper() else name.lower()
    near = difflib.get_close_matches(form, candidates, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`zonelint rules` lists them"
    return f"unknown rule {name!r}: {hint}"
