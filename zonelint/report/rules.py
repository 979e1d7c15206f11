"""The catalogue for reading: a list of rules, and a page for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from zonelint import __version__
from zonelint.catalogue import Rule
from zonelint.report.text import count, wrapped

Writer = Callable[[Sequence[Rule]], str]

_NEEDS = {
    "time": "a reference time (--at)",
    "keys": "key files (--keys)",
    "parent": "the DS records at the parent (--ds)",
    "previous": "the previous version (--previous or --since)",
}


def table_text(rules: Sequence[Rule]) -> str:
    """List the rules in columns, one a line, below a line of headings."""
    rows = [("code", "severity", "rule", "title")]
    rows += [(rule.code, rule.severity.name, rule.id, rule.title) for rule in rules]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)) for row in rows]
    return "".join(f"{line.rstrip()}\n" for line in [*lines, "", count(len(rules), "rule")])


def table_md(rules: Sequence[Rule]) -> str:
    """List the rules as Markdown, a table for each family."""
    parts = []
    for family, members in groupby(rules, key=lambda rule: rule.family):
        rows = [f"| {r.code} | `{r.id}` | {r.severity.name} | {r.title} |" for r in members]
        parts.append(
            "\n".join([f"## {family}", "", "| code | rule | severity | title |", "|---|---|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n" if parts else ""


def as_json(rules: Sequence[Rule]) -> str:
    """Write all fields of the rules as one JSON object on one line, version 1."""
    document = {
        "version": 1,
        "tool": {"name": "zonelint", "version": __version__},
        "rules": [_fields(rule) for rule in rules],
    }
    return json.dumps(document) + "\n"


def _fields(rule: Rule) -> dict[str, Any]:
    return asdict(rule) | {"severity": rule.severity.name}


def page_text(rules: Sequence[Rule]) -> str:
    """Explain each rule on a page of plain text."""
    return "\n\n".join("\n".join(_page_text(rule)) for rule in rules) + "\n"


def _page_text(rule: Rule) -> Iterable[str]:
    yield f"{rule.id} ({rule.code}): {rule.title}"
    yield ""
    facts = _facts(rule)
    size = max(len(name) for name, _ in facts)
    for name, value in facts:
        yield from wrapped(value, f"  {name.ljust(size)}  ")
    for title, text in _sections(rule):
        yield ""
        yield title
        yield from wrapped(text, "  ")
    if rule.seen_as:
        yield ""
        yield "The same in other tools"
        for tool, messages in rule.seen_as.items():
            for message in messages:
                yield from wrapped(message, f"  {tool}: ")
    yield ""
    yield "References"
    yield from (f"  {ref}" for ref in rule.refs)


def page_md(rules: Sequence[Rule]) -> str:
    """Explain each rule on a page of Markdown."""
    return "\n\n".join("\n".join(_page_md(rule)) for rule in rules) + "\n"


def _page_md(rule: Rule) -> Iterable[str]:
    yield f"# {rule.id} ({rule.code})"
    yield ""
    yield f"{rule.title}."
    yield ""
    yield from (f"- {name}: {value}" for name, value in _facts(rule))
    for title, text in _sections(rule):
        yield from ("", f"## {title}", "", text)
    if rule.seen_as:
        yield from ("", "## The same in other tools", "")
        yield from (f"- {tool}: `{message}`" for tool, messages in rule.seen_as.items() for message in messages)
    yield from ("", "## References", "")
    yield from (f"- {ref}" for ref in rule.refs)


def _facts(rule: Rule) -> list[tuple[str, str]]:
    """Give the short facts of a rule, by name."""
    facts = [
        ("severity", rule.severity.name),
        ("certainty", rule.certainty),
        ("family", rule.family),
        ("scope", rule.scope),
    ]
    if rule.needs:
        facts.append(("needs", ", ".join(_NEEDS[need] for need in rule.needs)))
    if rule.options:
        facts.append(("options", ", ".join(f"{name} = {value}" for name, value in rule.options.items())))
    if rule.ede is not None:
        facts.append(("resolvers", f"extended error {rule.ede} (RFC 8914)"))
    return [*facts, ("since", rule.since)]


def _sections(rule: Rule) -> tuple[tuple[str, str], ...]:
    return ("Why", rule.why), ("What users see", rule.symptom), ("What to do", rule.remedy)


TABLES: dict[str, Writer] = {"text": table_text, "json": as_json, "md": table_md}
"""How a list of rules can be written, by the name `--format` takes."""

PAGES: dict[str, Writer] = {"text": page_text, "json": as_json, "md": page_md}
"""How rules can be explained, by the name `--format` takes."""
