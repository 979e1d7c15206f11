"""The timetable as a calendar (RFC 5545): an event a step with reminders, and one for each bogus window.

The identifiers are made of zone, methods, step and the ordinals of the keys, never of dates: importing a new export
moves the events of the old one. The sequence number counts the minutes since 1970 at which the export was made, so that
a later export always wins (RFC 5545 section 3.8.7.4) without a memory of earlier ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from zonelint import __version__
from zonelint.report.text import visible
from zonelint.report.timetable.sheet import Row, Sheet, describe, moment
from zonelint.report.timetable.words import (
    Account,
    accounts,
    bounds_text,
    outside_text,
    size_text,
    time_text,
    verdict,
    wait_text,
)
from zonelint.rollover.timeline import BEGINNING, FOREVER
from zonelint.times import LATEST

if TYPE_CHECKING:
    from icalendar import Calendar, Event

_CATEGORIES = ["DNSSEC", "key rollover"]


def write(sheet: Sheet) -> str:
    """Write one calendar, lines ending with CR LF and folded; times are UTC, each calendar shows its own zone."""
    # a fifth of a second that only those pay who ask for a calendar
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", f"-//zonelint//rollover {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", visible(f"Key rollover of {sheet.plan.zone}"))
    calendar.add("x-wr-caldesc", visible(f"{sheet.methods}: {verdict(sheet)}"))
    for row in sheet.rows:
        _add_step(calendar, sheet, row)
    seen: dict[str, int] = {}
    for account in accounts(sheet):
        if account.trouble.outcome != "insecure":
            name = "\n".join((account.trouble.outcome, *(each.value for each in account.trouble.validators)))
            seen[name] = seen.get(name, 0) + 1
            _add_window(calendar, sheet, account, f"{name}\n{seen[name]}")
    text: str = calendar.to_ical().decode()
    return text


def _add_step(calendar: Calendar, sheet: Sheet, row: Row) -> None:
    """Add the event of one step, with its reminders."""
    from icalendar import Alarm

    title = visible(f"{sheet.plan.zone} {row.number}/{len(sheet.rows)}: {row.title}")
    event = _event(sheet, row.uid, title, "\n".join(_details(sheet, row)))
    event.add("dtstart", moment(row.at, UTC))
    for seconds in sheet.reminders:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", timedelta(seconds=-seconds))
        alarm.add("description", title)
        event.add_component(alarm)
    calendar.add_component(event)


def _add_window(calendar: Calendar, sheet: Sheet, account: Account, name: str) -> None:
    """Add a window in which resolvers fail; one without a beginning starts with the plan."""
    start, end = account.trouble.start, account.trouble.end
    if start <= BEGINNING:
        start = sheet.rows[0].at if sheet.rows else sheet.now
    noun = "BOGUS" if account.trouble.outcome == "bogus" else "WITHOUT PROTECTION"
    event = _event(
        sheet,
        f"{sheet.plan.zone.lower()}\n{sheet.methods}\n{name}",
        visible(f"{sheet.plan.zone}: {noun} for some resolvers"),
        "\n".join(map(visible, (account.head, *account.sentences))),
    )
    event.add("dtstart", moment(start, UTC))
    if end < FOREVER and start < min(end, LATEST):
        event.add("dtend", moment(end, UTC))
    calendar.add_component(event)


def _event(sheet: Sheet, name: str, summary: str, description: str) -> Event:
    """Make an event with what all have in common."""
    from icalendar import Event

    now: datetime = moment(sheet.now, UTC)
    event = Event()
    event.add("uid", f"{sha256(name.encode('utf-8', 'replace')).hexdigest()[:32]}@rollover.zonelint")
    event.add("dtstamp", now)
    event.add("last-modified", now)
    event.add("sequence", min(max(sheet.now, 0) // 60, (1 << 31) - 1))
    event.add("summary", summary)
    event.add("description", description)
    event.add("categories", _CATEGORIES)
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event


def _details(sheet: Sheet, row: Row) -> list[str]:
    """Give the lines of a step's description."""
    lines = [*row.instructions, *dict.fromkeys(map(describe, row.events))]
    if row.wait is not None:
        limit = f"; limited by {row.wait.limited_by}" if row.wait.limited_by else ""
        lines.append(f"Wait: {wait_text(row.wait)}{limit}")
    lines.append(f"At {time_text(row.at, sheet.tz)}")
    if bounds := bounds_text(row, sheet.tz):
        lines.append(f"Safe: {bounds}")
    if outside := outside_text(row):
        lines.append(f"Beware: {outside}")
    if row.size is not None:
        lines.append(f"DNSKEY answer: {size_text(row.size)}")
    lines += [", ".join(row.refs)] if row.refs else []
    lines.append(f"{sheet.methods}: {verdict(sheet)}")
    return [visible(line) for line in lines]
