"""What `zonelint rollover` writes: timetables and reports, each to standard output or to a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from zonelint.cli.output import choose, complain, emit, fail, save, wants_color, width

if TYPE_CHECKING:
    from zonelint.findings import Located, Report
    from zonelint.rollover.model import Plan
    from zonelint.rollover.prove import Proof

REPORTS = ("full", "concise", "json")
"""The formats of findings."""

PLAN_JSON = "plan"
"""The name of the plan's own JSON where `json` is a report."""


@dataclass(frozen=True, slots=True)
class Target:
    """A format, and the file it goes to; empty for standard output."""

    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Look:
    """How output is to look: `tz` for the times people read, `columns` None for those of the terminal.

    `validators` names the classes of validators whose windows count.
    """

    tz: tzinfo
    columns: int | None
    color: str
    now: int
    reminders: tuple[int, ...] = ()
    every: bool = False
    quiet: bool = False
    validators: tuple[str, ...] = ()


@dataclass(slots=True)
class Planned:
    """A plan with its proof and the octets of its DNSKEY answers."""

    plan: Plan
    proof: Proof
    sizes: list[tuple[int, int]]


def targets(values: Sequence[str], known: Sequence[str]) -> list[Target]:
    """Split each `FORMAT[:FILE]`; only one may go to standard output."""
    found = []
    for value in values:
        name, _, file = value.partition(":")
        choose("--format", name, known)
        found.append(Target(name, "" if file == "-" else file))
    if sum(1 for target in found if not target.file) > 1:
        fail("--format: only one format can go to standard output; give the others a file, as in ical:FILE")
    # a file that cannot be written must not cost the output that can be
    return sorted(found, key=lambda target: target.file != "")


def write_plan(target: Target, planned: Planned, look: Look) -> None:
    """Write a timetable in one format."""
    put(target, text_of(target, planned, look))


def text_of(target: Target, planned: Planned, look: Look) -> str:
    """Give a timetable in one format."""
    from zonelint.report.timetable import WRITERS

    name = "json" if target.name == PLAN_JSON else target.name
    extra = {"reminders": look.reminders} if look.reminders else {}
    return WRITERS[name](
        planned.plan, planned.proof, now=look.now, tz=look.tz, sizes=planned.sizes,
        width=columns_of(look), color=not target.file and wants_color(look.color, sys.stdout, os.environ),
        validators=look.validators, **extra,
    )  # fmt: skip


def write_report(target: Target, report: Report, look: Look, tail: str = "") -> None:
    """Write findings in one format, and lines of text after them."""
    from zonelint.report import ReportOptions, writer

    painted = not target.file and wants_color(look.color, sys.stdout, os.environ)
    text = writer(target.name)(report, ReportOptions(painted, columns_of(look), look.every, look.quiet))
    put(target, f"{text}\n{tail}" if tail else text)


def put(target: Target, text: str) -> None:
    """Write text where it belongs."""
    if target.file:
        save(target.file, text)
    else:
        emit(text)


def say(found: Sequence[Located]) -> None:
    """Write findings to standard error, a line each."""
    for each in found:
        where = each.location
        place = f"{where.file}:{where.line}:{where.column}: " if where else ""
        complain(f"{place}{each.severity.name}[{each.finding.rule}] {each.finding.message}")


def time_zone(name: str) -> tzinfo:
    """Give a time zone by its name in the IANA database; fails for one that is not there."""
    from datetime import UTC

    if name.upper() in ("UTC", "Z"):
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail(f"--tz: {name!r} is no time zone: write a name like Europe/Amsterdam, or UTC")


def columns(text: str | None) -> int | None:
    """Read `--width`."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 40 <= int(text[:6]) <= 10000):
        fail(f"--width: {text!r} is not a number from 40 to 10000")
    return int(text)


def refuse_empty(values: Mapping[str, str | list[str] | None]) -> None:
    """Fail for an empty value: a variable that is not set must not stand for this folder or for no option."""
    for name, value in values.items():
        if "" in ([value] if isinstance(value, str) else value or ()):
            fail(f"{name}: the value is empty")


def columns_of(look: Look) -> int:
    """Give the columns of a report."""
    return width() if look.columns is None else look.columns
