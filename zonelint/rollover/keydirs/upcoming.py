"""The next event of each key, when it comes, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zonelint.findings import Place
from zonelint.rollover.keydirs.life import Life
from zonelint.rollover.keydirs.machine import RECORDS, RUMOURED, UNRETENTIVE, Machine, Move
from zonelint.rollover.keydirs.numbers import Numbers
from zonelint.rollover.model import Plan, Role
from zonelint.rollover.timeline import BEGINNING, FOREVER
from zonelint.times import to_text

COLUMNS = ("key", "role", "state now", "next event", "when", "waits for")
"""The heads of the table of keys."""


@dataclass(frozen=True, slots=True)
class NextEvent:
    """One line of the table of keys: `key` is its id, `state` what it is now, `event` what comes next.

    `at` is None where no date is known or nothing comes; `waits_for` says what it hangs on, `until` the last safe time.
    """

    key: str
    tag: int
    role: Role
    algorithm: int
    state: str
    event: str
    at: int | None
    waits_for: str
    until: int | None = None
    place: Place | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of a line of the table, in the order of `COLUMNS`."""
        when = "" if self.at is None else to_text(self.at)
        if self.until is not None:
            when += f", until {to_text(self.until)}"
        return f"{self.tag} (algorithm {self.algorithm})", self.role.value, self.state, self.event, when, self.waits_for

    def __str__(self) -> str:
        key, role, state, event, when, waits_for = self.cells
        return f"{role.upper()} {key}: {state}; next: {event}{when and f' at {when}'}{waits_for and f' - {waits_for}'}"


def next_events(lives: Sequence[Life], plan: Plan, numbers: Numbers, now: int) -> list[NextEvent]:
    """Give the next event of every key that is or will be of use, soonest first; keys with nothing to come are last."""
    machine = Machine([life for life in lives if life.state("goal")], numbers, now)
    found = [_next(life, plan, machine, now) for life in lives if not _over(life, now)]
    return sorted(found, key=lambda each: (each.at is None, each.at or 0, each.key))


def _over(life: Life, now: int) -> bool:
    """Tell whether a key has left the zone and the parent."""
    spans = [span for span in (life.dnskey, life.ds, life.over_data) if span]
    unused = not spans and (life.time("Delete") or FOREVER) <= now
    settled = all(life.state(record) in ("", "hidden") for record in RECORDS[life.role])
    return settled and (unused or (bool(spans) and all(span.end <= now for span in spans)))


def _next(life: Life, plan: Plan, machine: Machine, now: int) -> NextEvent:
    event, at, waits_for, place = "nothing planned", None, "", life.public.place
    until = None
    move = min(machine.moves(life) if life.state("goal") else [], key=_urgency, default=None)
    if move:
        event, at, waits_for = f"{_NAMES[move.record]} {move.to}", move.due, move.waits_for
        place = life.place(move.record)
    else:
        planned = next((each for each in plan.events if each.key == life.id and each.at > now), None)
        if planned:
            event, at, place = planned.action.value.replace("-", " "), planned.at, planned.place or place
            parent = planned.action.value in ("add-ds", "remove-ds")
            waits_for = "you: the DS at the parent" if parent and life.ds_source != "file" else "its date"
            until = life.latest if planned.action.value == "remove-ds" else None
    return NextEvent(
        life.id, life.file.tag, life.role, life.public.algorithm, _now(life, now), event, at, waits_for, until, place
    )


def _urgency(move: Move) -> tuple[bool, bool, bool, int]:
    """Put first what somebody has to do, then what is under way, then what only waits for that."""
    under_way = move.state in (RUMOURED, UNRETENTIVE)
    return not move.outside, not under_way, move.blocked, move.due or 0


_NAMES = {"dnskey": "DNSKEY", "ds": "DS", "krrsig": "DNSKEY signatures", "zrrsig": "zone signatures"}


def _now(life: Life, now: int) -> str:
    """Say in a word or two what a key is at an instant, by the states of RFC 7583 section 3.1."""
    if life.state("goal"):
        return ", ".join(f"{_NAMES[record]} {life.state(record) or 'hidden'}" for record in RECORDS[life.role])
    if life.revoked is not None and (life.revoked == BEGINNING or life.revoked <= now):
        return "revoked"
    if not life.dnskey or life.dnskey.start > now:
        return "generated"
    if life.dnskey.end <= now:
        return "removed"
    signing = life.signing
    if signing and signing.holds(now):
        return "active"
    return "retired" if signing and signing.end <= now else "published"
