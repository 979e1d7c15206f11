"""The timetable as a runbook in Markdown: a checkbox for each step, with why, how, and until when.

It is written for GitHub's dialect; every text of the plan is escaped, so that a zone's name cannot become a heading,
a link or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.report.markdown import prose as _text
from zonelint.report.timetable.sheet import Row, Sheet, describe, key_text
from zonelint.report.timetable.words import (
    accounts,
    algorithm_name,
    bounds_text,
    duration,
    outside_text,
    size_text,
    time_text,
    verdict,
    wait_text,
)


def write(sheet: Sheet) -> str:
    """Write the sections with empty lines between."""
    sections = [_head(sheet), _steps(sheet), _proof(sheet), _keys(sheet), _inputs(sheet), _notes(sheet)]
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _head(sheet: Sheet) -> Iterator[str]:
    yield f"# Key rollover of {_text(sheet.plan.zone)}"
    yield ""
    yield f"- Method: {_text(sheet.methods)}"
    if sheet.rows:
        first, last = sheet.rows[0].at, sheet.rows[-1].at
        yield (
            f"- From {_text(time_text(first, sheet.tz))} until {_text(time_text(last, sheet.tz))} "
            f"({duration(last - first)})"
        )
    yield f"- Proof: **{_text(verdict(sheet))}**"
    yield f"- Written {_text(time_text(sheet.now, sheet.tz))}"


def _steps(sheet: Sheet) -> Iterator[str]:
    if not sheet.rows:
        return
    yield "## Steps"
    for row in sheet.rows:
        yield ""
        yield f"- [ ] **{row.number}. {_text(row.title)}** at {_text(time_text(row.at, sheet.tz))}"
        yield from (f"  - {label}: {_text(text)}" for label, text in _details(row, sheet))


def _details(row: Row, sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Give what there is to know of a step, each with its label."""
    yield from (("Do", text) for text in row.instructions)
    yield from (("Change", text) for text in dict.fromkeys(map(describe, row.events)) if text != row.title)
    if row.wait is not None:
        yield "Why not earlier", wait_text(row.wait)
        if row.wait.limited_by:
            yield "Limited by", row.wait.limited_by
        if row.wait.protects not in ("", "lenient"):
            yield "Protects", f"{row.wait.protects} validators"
    if bounds := bounds_text(row, sheet.tz):
        yield "Safe", bounds
    if outside := outside_text(row):
        yield "Beware", outside
    if row.size is not None:
        yield "DNSKEY answer afterwards", size_text(row.size)
    if row.refs:
        yield "See", ", ".join(row.refs)


def _proof(sheet: Sheet) -> Iterator[str]:
    yield "## Proof"
    yield ""
    yield f"{_text(verdict(sheet))[:1].upper()}{_text(verdict(sheet))[1:]}."
    told = accounts(sheet)
    if told:
        yield ""
    for account in told:
        yield f"- {_text(account.head)}"
        if account.trouble.outcome != "insecure":
            yield from (f"  - {_text(sentence)}" for sentence in account.sentences)


def _keys(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.keys:
        yield "## Keys"
        yield ""
        for id_, key in sheet.plan.keys.items():
            yield f"- {_text(id_)}: {_text(key_text(key, algorithm_name(key.algorithm)))}"


def _inputs(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.inputs:
        yield "## Inputs"
        yield ""
        yield "| number | seconds | | source |"
        yield "|---|---:|---:|---|"
        for name, number in sheet.plan.inputs.items():
            yield f"| {_text(name)} | {number.value} | {duration(number.value)} | {_text(number.source)} |"


def _notes(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.notes:
        yield "## Notes"
        yield ""
        yield from (f"- {_text(note)}" for note in sheet.plan.notes)
