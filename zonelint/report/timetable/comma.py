"""The timetable as CSV (RFC 4180), a line for each event, for spreadsheets and scripts.

Lines end with CR LF. A cell that a spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC

from zonelint.report.text import visible
from zonelint.report.timetable.sheet import Row, Sheet, describe, oversize
from zonelint.report.timetable.words import iso
from zonelint.rollover.model import Event
from zonelint.times import to_text

COLUMNS = (
    "zone", "methods", "number", "time", "utc", "step", "title", "action", "key", "role", "algorithm", "tag", "value",
    "change", "not_before", "not_after", "not_after_reason", "wait_symbol", "wait_seconds", "limited_by", "protects",
    "equation", "instruction", "refs", "dnskey_octets", "over",
)  # fmt: skip
"""The head line; columns may be added at the end, none is renamed, removed or given another meaning."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write(sheet: Sheet) -> str:
    """Write the head line and a line for each event; `time` is in the zone asked for, other times are UTC."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in sheet.rows:
        for event in row.events:
            writer.writerow([_cell(value) for value in _values(sheet, row, event)])
    return text.getvalue()


def _values(sheet: Sheet, row: Row, event: Event) -> tuple[str | int | None, ...]:
    key, wait = sheet.plan.keys.get(event.key), event.wait
    return (
        sheet.plan.zone,
        sheet.methods,
        row.number,
        iso(event.at, sheet.tz),
        to_text(event.at),
        event.step,
        event.title,
        event.action.value,
        event.key,
        key.role.value if key else None,
        key.algorithm if key else None,
        key.tag if key else None,
        event.value,
        describe(event),
        None if event.not_before is None else iso(event.not_before, UTC),
        None if event.not_after is None else iso(event.not_after, UTC),
        event.not_after_reason,
        wait.symbol if wait else None,
        wait.seconds if wait else None,
        wait.limited_by if wait else None,
        wait.protects if wait else None,
        wait.equation if wait else None,
        event.instruction,
        ", ".join(event.refs),
        row.size,
        None if row.size is None else oversize(row.size),
    )


def _cell(value: str | int | None) -> str | int:
    """Make a cell harmless: no control characters, no formula."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = visible(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
