"""The timetable as a Mermaid `gantt` diagram, without a fence around it; its times are UTC.

Mermaid has no way to escape: what would end a text or begin another statement is replaced by something that
looks alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from zonelint.report.text import visible
from zonelint.report.timetable.sheet import Sheet, moment
from zonelint.report.timetable.words import verdict
from zonelint.rollover.chart import Bar, Chart, Phase, chart

_LOOKALIKES = str.maketrans(
    {":": "∶", ";": ",", "#": "♯", "%": "％", "<": "‹", ">": "›", '"': "”", "&": "＆", "`": "'", "{": "(", "}": ")"}
)
_TAGS = {Phase.introduced: "active, ", Phase.everywhere: "", Phase.withdrawn: "done, "}
_LONGEST = 60


def write(sheet: Sheet) -> str:
    """Write the steps as milestones, the life of each record as a row of bars, and the windows of the proof."""
    drawn = chart(sheet.plan, sheet.proof)
    lines = [
        "gantt",
        f"    title {_text(f'{sheet.plan.zone} {sheet.methods} (UTC), {verdict(sheet)}', 200)}",
        "    dateFormat YYYY-MM-DDTHH:mm:ss",
        f"    axisFormat {'%Y-%m-%d' if drawn.end - drawn.start > 3 * 86400 else '%m-%d %H:%M'}",
        "    todayMarker off",
    ]
    if sheet.rows:
        lines.append("    section Steps")
    lines += [
        f"    {row.number} {_text(row.title)} :milestone, step{row.number}, {_time(row.at)}, 0s" for row in sheet.rows
    ]
    kinds = dict.fromkeys(bar.kind for bar in drawn.bars)
    for i, kind in enumerate(kinds):
        lines.append(f"    section {_text(kind.value)}")
        for j, bar in enumerate(bar for bar in drawn.bars if bar.kind == kind):
            lines += _bar(drawn, bar, f"bar{i}x{j}x")
    lines += _troubles(drawn)
    return "\n".join(lines) + "\n"


def _bar(drawn: Chart, bar: Bar, name: str) -> Iterator[str]:
    """Give a task for each phase in which something is seen of the record."""
    for i, span in enumerate(bar.spans):
        start, end = max(span.start, drawn.start), min(span.end, drawn.end)
        if span.phase != Phase.gone and start < end:
            text = _text(f"{bar.key} {span.phase.value}")
            yield f"    {text} :{_TAGS[span.phase]}{name}{i}, {_time(start)}, {_time(end)}"


def _troubles(drawn: Chart) -> Iterator[str]:
    """Give the windows in which some resolvers fail, where there are any."""
    bad = [trouble for trouble in drawn.troubles if trouble.outcome != "insecure"]
    if bad:
        yield "    section Not safe"
    for i, trouble in enumerate(bad):
        start, end = max(trouble.start, drawn.start), min(trouble.end, drawn.end)
        who = ", ".join(validator.value for validator in trouble.validators)
        noun = "bogus" if trouble.outcome == "bogus" else "without protection"
        yield f"    {_text(f'{noun} for {who}')} :crit, window{i}, {_time(start)}, {_time(end)}"


def _time(seconds: int) -> str:
    return moment(seconds, UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _text(text: str, room: int = _LONGEST) -> str:
    """Make a text that holds no mark of Mermaid, of at most `room` characters and at least one."""
    shown = visible(text).translate(_LOOKALIKES).strip()
    return (shown if len(shown) <= room else shown[: room - 1] + "…") or "-"
