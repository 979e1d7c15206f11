"""Timetable writers, one module a format: each sees the whole plan and its proof and gives one text.

A writer is called as `WRITERS["table"](plan, proof, now=..., tz=...)`. It prints nothing and reads no clock.
`diff` is not among them: it takes an old plan besides, see `zonelint.report.timetable.diff`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from importlib import import_module
from typing import NamedTuple

from zonelint.report.timetable.sheet import REMINDERS, Sheet
from zonelint.rollover.model import Plan
from zonelint.rollover.prove import Proof


class Writer(NamedTuple):
    """A format: its module, imported only when it is asked for, and the media type of what it writes."""

    module: str
    media: str

    def __call__(
        self,
        plan: Plan,
        proof: Proof,
        *,
        now: int,
        tz: tzinfo,
        sizes: Sequence[tuple[int | None, int]] = (),
        width: int = 100,
        color: bool = False,
        reminders: Sequence[int] = REMINDERS,
        validators: Sequence[str] = (),
    ) -> str:
        """Write a plan in this format, ending with a line end.

        `now` is in seconds since 1970, `tz` the zone in which people read the times, `sizes` pairs of a time and the
        octets of the DNSKEY answer from then on (`zonelint.rollover.sizes`), `width` the columns of the terminal,
        `reminders` the seconds before a step at which a calendar calls, `validators` the classes of validators that
        count, all where there are none. Writers heed only what their format has a use for.
        """
        known = tuple((at, octets) for at, octets in sizes if at is not None)
        sheet = Sheet(plan, proof, now, tz, known, width, color, tuple(reminders), tuple(validators))
        text: str = import_module(f"zonelint.report.timetable.{self.module}").write(sheet)
        return text


WRITERS: Mapping[str, Writer] = {
    "table": Writer("table", "text/plain"),
    "markdown": Writer("markdown", "text/markdown"),
    "csv": Writer("comma", "text/csv"),
    "ical": Writer("ical", "text/calendar"),
    "svg": Writer("svg", "image/svg+xml"),
    "html": Writer("page", "text/html"),
    "mermaid": Writer("mermaid", "text/vnd.mermaid"),
    "prometheus": Writer("prometheus", "text/plain; version=0.0.4"),
    "json": Writer("json_v1", "application/json"),
}
"""The writer of each format, by the name `--format` takes; `table` is the default."""
