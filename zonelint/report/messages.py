"""What a message of another tool stands for: the rules it leads to, and the page of the first where that is sure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from zonelint import __version__, catalogue
from zonelint.messages import Match
from zonelint.report import rules
from zonelint.report.text import count, visible, wrapped

Writer = Callable[[str, Sequence[Match]], str]

SHOWN = 12
"""How many rules are listed; some tools have one message for most faults."""


def page_text(message: str, matches: Sequence[Match]) -> str:
    """List the rules in plain text; explain the rule where there is just one."""
    lines = [*wrapped(visible(_head(message, matches)), ""), ""]
    lines += _rows(matches)
    if len(matches) == 1:
        return "\n".join(lines) + "\n\n" + rules.page_text([catalogue.rule(matches[0].rule)])
    lines += ["", "`zonelint check` tells which of them it is; `zonelint explain RULE` explains one."]
    return "\n".join(lines) + "\n"


def _head(message: str, matches: Sequence[Match]) -> str:
    said = f"“{' '.join(message.split())}”"
    if not matches[0].is_exact:
        return f"{said}: no rule lists just these words, {count(len(matches), 'rule')} something like them"
    return f"{said} leads to {count(len(matches), 'rule')}"


def _rows(matches: Sequence[Match]) -> Iterator[str]:
    for match in matches[:SHOWN]:
        rule = catalogue.rule(match.rule)
        yield f"  {rule.code}  {rule.severity.name:8}{rule.id}: {rule.title}"
        yield f"          {match.tool}: {visible(match.text)}"
    if len(matches) > SHOWN:
        yield f"  and {len(matches) - SHOWN} more"


def page_md(message: str, matches: Sequence[Match]) -> str:
    """List the rules as Markdown; explain the rule where there is just one."""
    head = _head(message, matches).replace("`", "'")
    rows = ["| code | rule | severity | tool | its message |", "|---|---|---|---|---|"]
    for match in matches[:SHOWN]:
        rule = catalogue.rule(match.rule)
        text = match.text.replace("|", "\\|")
        rows.append(f"| {rule.code} | `{rule.id}` | {rule.severity.name} | {match.tool} | `{text}` |")
    text = f"{visible(head)}:\n\n" + "\n".join(rows) + "\n"
    return text + "\n" + rules.page_md([catalogue.rule(matches[0].rule)]) if len(matches) == 1 else text


def as_json(message: str, matches: Sequence[Match]) -> str:
    """Write the matches, all of them, and the fields of their rules as one JSON object on one line, version 1."""
    document = {
        "version": 1,
        "tool": {"name": "zonelint", "version": __version__},
        "message": message,
        "matches": [
            {"rule": match.rule, "seen_as": {match.tool: match.text}, "exact": match.is_exact,
             "share": round(min(match.share, 1.0), 3)} for match in matches
        ],
        "rules": [
            asdict(rule) | {"severity": rule.severity.name} for rule in (catalogue.rule(m.rule) for m in matches)
        ],
    }  # fmt: skip
    return json.dumps(document) + "\n"


PAGES: dict[str, Writer] = {"text": page_text, "json": as_json, "md": page_md}
"""How a message can be explained, by the name `--format` takes."""
