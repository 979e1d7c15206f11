"""The rules as a profile sees them: their severity in it, and below what it changes and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from zonelint import __version__
from zonelint.catalogue import Rule
from zonelint.profiles import OFF, Change, Profile
from zonelint.report import rules as plain
from zonelint.report.text import count, wrapped

Writer = Callable[[Profile, Sequence[Rule]], str]


def _seen(profile: Profile, rule: Rule) -> Rule:
    """Give a rule with the severity and the options that hold in a profile, which does not turn it off."""
    change = profile.changes.get(rule.id)
    if change is None or change.severity is None:
        return rule
    return replace(rule, severity=change.severity, options=rule.options | change.options)


def _changed(profile: Profile, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Change, str]]:
    """Give each rule that a profile changes, with the change and its wording."""
    for rule in rules:
        if change := profile.changes.get(rule.id):
            parts = []
            if change.severity != rule.severity:
                parts.append(f"{rule.severity.name} -> {change.severity.name if change.severity else OFF}")
            parts += [f"{name} {rule.options[name]} -> {value}" for name, value in change.options.items()
                      if rule.options[name] != value]  # fmt: skip
            if parts:
                yield rule, change, ", ".join(parts)


def table_text(profile: Profile, rules: Sequence[Rule]) -> str:
    """List the rules in columns, without those that are off, and what the profile changes."""
    kept = [_seen(profile, rule) for rule in rules if rule.id not in profile.ignored]
    lines = [f"{profile.id}: {profile.title}", *wrapped(profile.use, "  "), "", plain.table_text(kept)]
    changed = list(_changed(profile, rules))
    lines.append(f"{count(len(changed), 'rule')} changed by the profile {profile.id}")
    for rule, change, what in changed:
        lines.append(f"  {rule.code}  {rule.id}: {what}")
        lines += wrapped(change.reason, "          ")
    return "\n".join(lines) + "\n"


def table_md(profile: Profile, rules: Sequence[Rule]) -> str:
    """List what the profile changes and the rules that are on, as Markdown."""
    kept = [_seen(profile, rule) for rule in rules if rule.id not in profile.ignored]
    rows = [f"| {rule.code} | `{rule.id}` | {what} | {change.reason} |"
            for rule, change, what in _changed(profile, rules)]  # fmt: skip
    head = [f"# {profile.id}", "", f"{profile.title}. {profile.use}", ""]
    table = ["| code | rule | change | reason |", "|---|---|---|---|", *rows, ""] if rows else []
    return "\n".join([*head, *table]) + "\n" + plain.table_md(kept)


def as_json(profile: Profile, rules: Sequence[Rule]) -> str:
    """Write the rules with the severity that holds, `off` included, and the changes; one JSON object, version 1."""
    document = {
        "version": 1,
        "tool": {"name": "zonelint", "version": __version__},
        "profile": {
            "id": profile.id, "title": profile.title, "use": profile.use, "refs": list(profile.refs),
            "changes": [
                {"rule": rule.id, "severity": _name(change), "options": change.options, "reason": change.reason}
                for rule, change, _ in _changed(profile, rules)
            ],
        },
        "rules": [
            asdict(_seen(profile, rule))
            | {"severity": OFF if rule.id in profile.ignored else _seen(profile, rule).severity.name}
            for rule in rules
        ],
    }  # fmt: skip
    return json.dumps(document) + "\n"


def _name(change: Change) -> str:
    return change.severity.name if change.severity else OFF


TABLES: dict[str, Writer] = {"text": table_text, "json": as_json, "md": table_md}
"""How the rules of a profile can be listed, by the name `--format` takes."""
