"""A history for people, above its timetable, and for programs, in the field `history` of its JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from zonelint.findings import Located
from zonelint.report.text import columns, count, visible
from zonelint.report.timetable.words import time_text
from zonelint.rollover.history.judge import Judged
from zonelint.rollover.history.lives import Transition, lives, transitions
from zonelint.rollover.history.model import Story
from zonelint.times import to_text

_HEADS = ("key", "record", "from", "until")


@dataclass(frozen=True, slots=True)
class Telling:
    """A history with what was found in it: `judged` in the order of `located`, which has the severities.

    `name` is what the versions are versions of; `unjudged` are sentences about what could not be judged, `notes` about
    how the versions were found, and those that could not be read.
    """

    name: str
    story: Story
    judged: Sequence[Judged]
    located: Sequence[Located]
    unjudged: Sequence[str]
    notes: Sequence[str]


def write(telling: Telling, tz: tzinfo, width: int) -> str:
    """Write the timeline of the keys and the judgement of each change."""
    rows = transitions(telling.story, telling.judged)
    blocks = [
        list(_head(telling, rows, tz, width)),
        list(_keys(telling.story, tz)),
        list(_transitions(telling, rows, tz, width)),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def to_json(telling: Telling) -> dict[str, Any]:
    """Give the document; times are UTC, null for what was so at first or is so at last."""
    story = telling.story
    severity = _severities(telling)
    return {
        "of": telling.name,
        "versions": len(story.published),
        "from": to_text(story.times[0]),
        "until": to_text(story.end),
        "keys": [{"key": each.key, "record": each.what, "from": _time(each.since), "until": _time(each.until)}
                 for each in lives(story)],
        "transitions": [{
            "at": to_text(row.at), "version": row.name, "serial": row.serial, "commit": row.commit or None,
            "change": row.deeds, "findings": [_finding(each, severity) for each in row.judged],
        } for row in transitions(story, telling.judged)],
        "findings": [_finding(each, severity) for each in telling.judged if each.at is None],
        "not_run": list(telling.unjudged),
        "notes": list(telling.notes),
    }  # fmt: skip


def _finding(judged: Judged, severity: Mapping[int, str]) -> dict[str, str]:
    finding = judged.finding
    return {"rule": finding.rule, "severity": severity[id(finding)], "message": finding.message}


def _severities(telling: Telling) -> dict[int, str]:
    return {id(each.finding): each.severity.name for each in telling.located}


def _time(at: int | None) -> str | None:
    return None if at is None else to_text(at)


def _head(telling: Telling, rows: Sequence[Transition], tz: tzinfo, width: int) -> Iterator[str]:
    story = telling.story
    versions = sum(1 for row in rows if row.serial is not None)
    first, last = time_text(story.times[0], tz), time_text(story.end, tz)
    number = len(story.published)
    span = f"of {first}" if number == 1 else f"from {first} until {last}"
    changing = "" if number == 1 else f", {versions} of them change keys, signers, denial or TTLs that count"
    yield from _wrap(f"{story.plan.zone}: {count(number, 'version')} of {telling.name} {span}{changing}", "", width)
    if number == 1:
        yield "one version shows no change: there is no transition to judge"
    for sentence in telling.notes:
        yield from _wrap(sentence, "note: ", width)
    for sentence in telling.unjudged:
        yield from _wrap(sentence, "not run: ", width)


def _keys(story: Story, tz: tzinfo) -> Iterator[str]:
    """List when each record of each key was there."""
    rows = [_HEADS]
    before = None
    for each in lives(story):
        since = "before" if each.since is None else time_text(each.since, tz)
        until = "" if each.until is None else time_text(each.until, tz)
        rows.append((visible(each.key) if each.key != before else "", each.what, since, until))
        before = each.key
    if len(rows) > 1:
        yield from _table(rows)


def _transitions(telling: Telling, rows: Sequence[Transition], tz: tzinfo, width: int) -> Iterator[str]:
    """List the changes, what is found about each below it, and last what no change is to blame for."""
    severity = _severities(telling)
    if rows:
        yield "changes"
    for row in rows:
        serial = "" if row.serial is None else f" (serial {row.serial})"
        change = f"{row.name}{serial}: {row.deeds or 'no change of keys'}"
        yield from _wrap(change, f"  {time_text(row.at, tz)}  ", width)
        yield from _found(row.judged, severity, width)
        if not row.judged:
            yield "    ok"
    rest = [each for each in telling.judged if each.at is None]
    if rest:
        yield "besides"
        yield from _found(rest, severity, width)


def _found(judged: Sequence[Judged], severity: Mapping[int, str], width: int) -> Iterator[str]:
    for each in judged:
        finding = each.finding
        yield from _wrap(f"{severity[id(finding)]}[{finding.rule}] {finding.message}", "    ", width)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell + " " * (size - columns(cell)) for cell, size in zip(row, widths, strict=True)).rstrip()


def _wrap(text: str, head: str, width: int) -> list[str]:
    return textwrap.wrap(
        visible(text), max(width, 60), initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
