"""Symptoms for reading: a page of causes in the order to check them, and after a run which of them holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

from zonelint import __version__
from zonelint.checks import RULES
from zonelint.findings import Report
from zonelint.report.text import count, visible, wrapped
from zonelint.symptoms import Cause, Symptom

Writer = Callable[[Sequence[Symptom]], str]


def page_text(symptoms: Sequence[Symptom]) -> str:
    """Explain each symptom on a page of plain text."""
    return "\n\n".join("\n".join(_page_text(symptom)) for symptom in symptoms) + "\n"


def _page_text(symptom: Symptom) -> Iterable[str]:
    yield f"{symptom.id}: {symptom.title}"
    for title, text in (("What is seen", symptom.seen), ("First", symptom.first)):
        yield from ("", title)
        yield from wrapped(text, "  ")
    yield from ("", "Likely causes, in the order to check them")
    for number, cause in enumerate(symptom.causes, 1):
        head = f"  {number}. "
        yield ""
        yield from wrapped(cause.title, head)
        margin = " " * len(head)
        yield from wrapped(cause.why, margin)
        yield from wrapped(", ".join(cause.rules), f"{margin}rules    ")
        yield f"{margin}command  {cause.command}"
        yield from wrapped(cause.remedy, f"{margin}way out  ")
    yield from ("", f"All of these at once: zonelint check ZONE --symptom {symptom.id}")
    yield from ("", "References")
    yield from (f"  {ref}" for ref in symptom.refs)


def page_md(symptoms: Sequence[Symptom]) -> str:
    """Explain each symptom on a page of Markdown."""
    return "\n\n".join("\n".join(_page_md(symptom)) for symptom in symptoms) + "\n"


def _page_md(symptom: Symptom) -> Iterable[str]:
    yield from (f"# {symptom.id}", "", f"{symptom.title}.", "", symptom.seen, "", symptom.first)
    for number, cause in enumerate(symptom.causes, 1):
        yield from ("", f"## {number}. {cause.title}", "", cause.why, "")
        yield "- rules: " + ", ".join(f"`{rule}`" for rule in cause.rules)
        yield f"- command: `{cause.command}`"
        yield f"- way out: {cause.remedy}"
    yield from ("", "## References", "")
    yield from (f"- {ref}" for ref in symptom.refs)


def as_json(symptoms: Sequence[Symptom]) -> str:
    """Write all fields of the symptoms as one JSON object on one line, version 1."""
    document = {
        "version": 1,
        "tool": {"name": "zonelint", "version": __version__},
        "symptoms": [asdict(symptom) for symptom in symptoms],
    }
    return json.dumps(document) + "\n"


PAGES: dict[str, Writer] = {"text": page_text, "json": as_json, "md": page_md}
"""How symptoms can be explained, by the name `--format` takes."""


def verdict(symptom: Symptom, report: Report) -> str:
    """Say after a run which causes of a symptom hold, which do not, and which could not be looked at."""
    found = Counter(each.finding.rule for zone in report.zones for each in zone.findings)
    # what is accepted still is what users see
    found.update(each.found.finding.rule for zone in report.zones for each in zone.suppressed)
    reasons = {each.rule: each.reason for zone in report.zones for each in zone.not_run}
    lines = [f"{symptom.title} ({symptom.id}):"]
    held = []
    for number, cause in enumerate(symptom.causes, 1):
        word, detail = _judged(cause, found, reasons)
        if word == "holds":
            held.append(f"{number}")
        lines += wrapped(f"{cause.title}{detail}", f"  {number}. {word}: ")
    lines += _conclusion(symptom, held, bool(report.failures))
    return "".join(f"{visible(line)}\n" for line in lines)


def _judged(cause: Cause, found: Counter[str], reasons: dict[str, str]) -> tuple[str, str]:
    """Give the verdict on one cause, and what it stands on."""
    if seen := [f"{rule} {found[rule]} x" for rule in cause.rules if found[rule]]:
        return "holds", f" ({', '.join(seen)})"
    open_ = list(dict.fromkeys(reasons[rule] for rule in cause.rules if rule in reasons))
    if any(rule not in RULES for rule in cause.rules):
        open_.append(f"try {cause.command}")
    ran = [rule for rule in cause.rules if rule in RULES and rule not in reasons]
    if not open_:
        return "not found", ""
    return ("not found", f" (in part only: {'; '.join(open_)})") if ran else ("not looked at", f" ({'; '.join(open_)})")


def _conclusion(symptom: Symptom, held: list[str], failed: bool) -> Iterator[str]:
    if failed:
        yield "A file could not be judged: nothing is said about it."
    if not held:
        yield f"None of the {count(len(symptom.causes), 'cause')} was found; `zonelint explain {symptom.id}` says more."
        return
    cause = symptom.causes[int(held[0]) - 1]
    yield from wrapped(cause.remedy, f"Way out of {held[0]}: ")
