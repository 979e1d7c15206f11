"""The timetable as metrics in Prometheus' text format, version 0.0.4, for the textfile collector of node_exporter.

An alert needs no more than `zonelint_rollover_next_event_timestamp_seconds - time() < 86400`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zonelint.report.exposition import Labels, expose
from zonelint.report.timetable.sheet import Row, Sheet
from zonelint.rollover.chart import find_troubles
from zonelint.rollover.timeline import BEGINNING, FOREVER

_PREFIX = "zonelint_rollover_"

Sample = tuple[Labels, int]


def write(sheet: Sheet) -> str:
    """Write each metric with its help and its type; instants are seconds since 1970."""
    return expose(
        _PREFIX,
        ((name, text, [(labels, _number(value)) for labels, value in found]) for name, text, found in _metrics(sheet)),
    )


def _metrics(sheet: Sheet) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    base = {"zone": sheet.plan.zone, "method": sheet.methods}
    events = list(_events(sheet, base))
    yield (
        "event_timestamp_seconds",
        "When a step of the rollover is to happen.",
        [(labels, at) for labels, at, _, _ in events],
    )
    yield (
        "event_not_before_timestamp_seconds",
        "When a step may happen at the earliest.",
        [(labels, bound) for labels, _, bound, _ in events if bound is not None],
    )
    yield (
        "event_not_after_timestamp_seconds",
        "When a step must have happened at the latest.",
        [(labels, bound) for labels, _, _, bound in events if bound is not None],
    )
    ahead = sheet.next_row
    yield (
        "next_event_timestamp_seconds",
        "When the next step is to happen; absent when all are in the past.",
        [] if ahead is None else [(base | _row_labels(ahead), ahead.at)],
    )
    yield "safe", "Whether no resolver of this class fails and protection never lapses: 1 or 0.", _safe(sheet, base)
    yield (
        "bogus_windows",
        "How many windows there are in which some resolvers of this class fail.",
        [(base | {"validator": name.value}, len(found.bogus)) for name, found in sheet.proof.items()],
    )
    for edge in ("start", "end"):
        yield (
            f"bogus_window_{edge}_timestamp_seconds",
            f"The {edge} of a window in which some resolvers fail (the end is exclusive).",
            list(_windows(sheet, base, edge)),
        )
    if sheet.largest is not None:
        yield "dnskey_answer_bytes_max", "The length of the largest DNSKEY answer.", [(base, sheet.largest)]
    yield "written_timestamp_seconds", "When this file was written.", [(base, sheet.now)]


def _events(sheet: Sheet, base: Labels) -> Iterator[tuple[Labels, int, int | None, int | None]]:
    """Give the labels and times of every event; `occurrence` tells those apart that are alike otherwise."""
    seen: dict[tuple[str, ...], int] = {}
    for row in sheet.rows:
        for event in row.events:
            name = (event.step, event.action.value, event.key)
            seen[name] = seen.get(name, 0) + 1
            labels = dict(zip(("step", "action", "key"), name, strict=True)) | {"occurrence": str(seen[name])}
            yield base | labels, event.at, event.not_before, event.not_after


def _row_labels(row: Row) -> Labels:
    return {"step": row.events[0].step, "title": row.title, "key": ",".join(row.keys)}


def _safe(sheet: Sheet, base: Labels) -> Iterator[Sample]:
    for validator, verdict in sheet.proof.items():
        yield base | {"validator": validator.value}, int(not verdict.bogus and not verdict.lapses)


def _windows(sheet: Sheet, base: Labels, edge: str) -> Iterator[Sample]:
    counts: dict[str, int] = {}
    for trouble in find_troubles(sheet.proof):
        for validator in trouble.validators:
            if trouble.outcome == "bogus":
                counts[validator] = counts.get(validator, 0) + 1
                labels = base | {"validator": validator.value, "window": str(counts[validator])}
                yield labels, trouble.start if edge == "start" else trouble.end


def _number(value: int) -> str:
    return "+Inf" if value >= FOREVER else "-Inf" if value <= BEGINNING else str(value)
