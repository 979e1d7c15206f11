"""Rules in the configuration: by which names they go, and what may be said of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from zonelint import catalogue
from zonelint.catalogue import UnknownRule
from zonelint.checks import RULES, UNJUDGED
from zonelint.configuration.kinds import DURATION, ENOUGH, FLAG, Kind, Schema, Value, reference
from zonelint.documents import fields
from zonelint.documents.fields import quoted, refuse
from zonelint.documents.nodes import Fault, Node, Scalar
from zonelint.findings import Severity
from zonelint.profiles import OFF
from zonelint.suppressions import AT_RECORD, NEVER

SEVERITY = "severity"
"""The field of a rule beside its options."""

Changes = dict[tuple[str, str], Value]
"""What is changed of rules, by rule and field: a `Severity` or `OFF` for `severity`, seconds or a number else."""

_WORDS = (*reversed(Severity.__members__), OFF)
_PREFIX = 3
_SPECIFIC = 6


def _severity(node: Node, _faults: list[Fault]) -> Severity | str:
    word = node.text if isinstance(node, Scalar) else ""
    # YAML 1.1 reads a plain `off` as false, and editors write it so
    if word in (OFF, "false"):
        return OFF
    if word not in Severity.__members__:
        refuse(node, f"expected a severity ({', '.join(_WORDS)}), not {fields.kind(node)}")
    return Severity[word]


def severity_text(value: Any) -> str:
    """Write a severity or `off`."""
    return value.name if isinstance(value, Severity) else str(value)


_SEVERITY = Kind(_severity, reference("severity"), severity_text)


def _resolve(name: str) -> tuple[frozenset[str], int]:
    """Give the rules that a name stands for, and how specific it is; raises `ValueError`."""
    ids = catalogue.resolve([name])
    rule = catalogue.rule(next(iter(ids)))
    if name.lower() == rule.id:
        own, weight = rule.id, _SPECIFIC
    elif name != rule.family and len(name) >= _PREFIX and rule.code.startswith(name.upper()):
        own, weight = name.upper(), len(name)
    else:
        own, weight = rule.family, _PREFIX
    if name != own:
        raise UnknownRule(f"unknown rule {name!r}: did you mean {own!r}?")
    if not ids & RULES:
        what = "is no rule" if len(ids) == 1 else "has no rules"
        raise UnknownRule(f"{name!r} {what} of `zonelint check`, which alone reads this file")
    return ids & RULES, weight


def _resolved(node: Node, name: str) -> tuple[frozenset[str], int]:
    if len(name) > 80:
        refuse(node, f"unknown rule {quoted(name)}")
    try:
        found = _resolve(name)
    except ValueError as fault:
        refuse(node, str(fault))
    if len(found[0]) == 1 and found[0] <= UNJUDGED:
        refuse(node, f"{name} stays as it is: what it reports could not be judged")
    return found[0] - UNJUDGED, found[1]


def _named(node: Node, _faults: list[Fault]) -> frozenset[str]:
    return _resolved(node, fields.text(node))[0]


def _suppressed(node: Node, faults: list[Fault]) -> frozenset[str]:
    rules = _named(node, faults)
    if len(rules) == 1 and rules <= NEVER | AT_RECORD:
        where = "only a comment at the record suppresses it" if rules <= AT_RECORD else "nothing suppresses it"
        refuse(node, f"{next(iter(rules))} is no rule to suppress here: {where}")
    return rules


# --- rules: {NAME: ...} ------------------------------------------------------------------------------------


def _changes(node: Node, faults: list[Fault]) -> Changes:
    """Read what is said of rules: of names that both mean a rule the more specific one holds."""
    found: list[tuple[int, str, frozenset[str], Node]] = []
    for name, (place, value) in fields.mapping(node, "rules").items():
        if len(faults) > ENOUGH:
            break
        try:
            rules, weight = _resolved(place, name)
        except Fault as fault:
            faults.append(fault)
            continue
        twin = next((other for same, other, ids, _ in found if (same, ids) == (weight, rules)), None)
        if twin is not None:
            faults.append(Fault(f"{twin} and {name} are the same", place.start, place.end))
        found.append((weight, name, rules, value))
    changes: Changes = {}
    for _, _, rules, value in sorted(found, key=lambda each: each[0]):
        said = fields.read(value, partial(_change, rules, faults), dict[str, Value](), faults)
        changes |= {(rule, name): each for rule in sorted(rules) for name, each in said.items()}
    return changes


def _change(rules: frozenset[str], faults: list[Fault], node: Node) -> dict[str, Value]:
    """Read what is said of one name: a severity, or a mapping with one and the options."""
    if isinstance(node, Scalar):
        return {SEVERITY: Value(_severity(node, faults), node.start, node.end)}
    found = fields.mapping(node, "a rule")
    if not found:
        refuse(node, "neither a severity nor an option: it changes nothing")
    options = catalogue.rule(next(iter(rules))).options if len(rules) == 1 else {}
    faults += fields.unknown(found, (SEVERITY, *options), "this rule" if len(rules) == 1 else "several rules at once")
    return {
        name: Value(value, part.start, part.end)
        for name, (_, part) in found.items()
        if name == SEVERITY or name in options
        if (value := _field(_SEVERITY if name == SEVERITY else _kind_of(options[name]), part, faults)) is not None
    }


def _kind_of(default: Any) -> Kind:
    """Give the kind of an option: true or false, or a number, which a duration may stand for."""
    return FLAG if isinstance(default, bool) else DURATION


def _field(kind: Kind, node: Node, faults: list[Fault]) -> Any:
    return fields.read(node, lambda each: kind.read(each, faults), None, faults)


# --- the schema --------------------------------------------------------------------------------------------


@cache
def _groups() -> dict[str, str]:
    """Give the names of families and the beginnings of codes that `check` has rules of, each with what it means."""
    groups = {}
    for rule in _own():
        groups[rule.family] = f"all rules of the family {rule.family}"
        for length in range(_PREFIX, _SPECIFIC):
            groups[rule.code[:length]] = f"all rules whose code begins so ({rule.family})"
    return groups


def _own() -> Iterator[catalogue.Rule]:
    return (rule for rule in catalogue.rules().values() if rule.id in RULES)


def definitions() -> Schema:
    """Give the definitions that the schemas of this module refer to."""
    return {
        "severity": {"enum": [*_WORDS, False]},
        "change": _change_schema({}),
        "rule": _names_schema(),
        "rules": _changes_schema(),
    }


def _names_schema() -> Schema:
    names = [name for rule in _own() if rule.id not in UNJUDGED for name in (rule.id, rule.code)]
    return {"enum": sorted([*names, *_groups()])}


def _changes_schema() -> Schema:
    properties: Schema = {}
    for rule in _own():
        if rule.id not in UNJUDGED:
            change = _change_schema(rule.options) if rule.options else reference("change")()
            said = {"description": rule.title, **change}
            properties |= {rule.id: said, rule.code: said}
    properties |= {name: {"description": words, **reference("change")()} for name, words in _groups().items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _change_schema(options: dict[str, Any]) -> Schema:
    known = {SEVERITY: _SEVERITY.schema()}
    known |= {name: {**_kind_of(default).schema(), "default": default} for name, default in options.items()}
    mapping = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": known}
    return {"anyOf": [_SEVERITY.schema(), mapping]}


RULE_NAMES = Kind(_named, reference("rule"), lambda ids: ", ".join(sorted(ids)))
"""The name of a rule, a code, the beginning of a code or a family: the ids of rules."""

SUPPRESSED = Kind(_suppressed, RULE_NAMES.schema, RULE_NAMES.show)
"""A name as `RULE_NAMES` has them, of rules that the configuration may suppress."""

CHANGES = Kind(_changes, reference("rules"))
"""What is changed of rules: `Changes`."""
