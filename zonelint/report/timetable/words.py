"""Times, durations and windows in words, for the formats that people read.

What comes out is plain text that may still hold anything a plan held: each format escapes it in its own way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

from zonelint import catalogue
from zonelint.report.text import count
from zonelint.report.timetable.sheet import Row, Sheet, moment, oversize
from zonelint.rollover.chart import Trouble, find_troubles
from zonelint.rollover.model import Wait
from zonelint.rollover.prove import Proof, Validator, Witness
from zonelint.rollover.timeline import BEGINNING, FOREVER, Version, build
from zonelint.times import LATEST

SHOWN = 4
"""How many combinations of one window are told; the rest are counted."""

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


class Account(NamedTuple):
    """A window of the proof in words: a head that says what and when, and a sentence for each combination."""

    trouble: Trouble
    head: str
    sentences: tuple[str, ...]


def time_text(seconds: int, tz: tzinfo) -> str:
    """Write a time for people, its zone's short name and offset included: `2026-11-21 01:00:00 CET +01:00`.

    UTC is its own offset. Times before and after everything are `the beginning` and `for ever`.
    """
    if seconds <= BEGINNING:
        return "the beginning"
    if seconds >= FOREVER:
        return "for ever"
    if seconds > LATEST:
        return "after the year 9999"
    when = moment(seconds, tz)
    plain = when.replace(tzinfo=None).isoformat(" ", timespec="seconds")
    name, offset = when.tzname() or "", offset_text(seconds, tz)
    if when.tzinfo is UTC or name == "UTC":
        return f"{plain} UTC"
    return f"{plain} {offset}" if not name.isalpha() else f"{plain} {name} {offset}"


def offset_text(seconds: int, tz: tzinfo) -> str:
    """Give the offset of a zone at a time: `+01:00`."""
    raw = moment(seconds, tz).strftime("%z") or "+0000"
    return f"{raw[:3]}:{raw[3:5]}"


def iso(seconds: int, tz: tzinfo) -> str:
    """Write a time as RFC 3339 does, with the offset of a zone; `Z` for UTC."""
    text = moment(seconds, tz).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def duration(seconds: int) -> str:
    """Write a duration in the units of zone files: `1d2h`, `0s`."""
    if abs(seconds) >= FOREVER // 2:
        return "without end"
    rest, parts = abs(seconds), []
    for unit, size in _UNITS:
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number}{unit}")
    return ("-" if seconds < 0 else "") + ("".join(parts) or "0s")


def algorithm_name(number: int) -> str:
    """Give the mnemonic of an algorithm (IANA DNSSEC algorithm numbers), empty for one without."""
    return _algorithms().get(number, "")


@cache
def _algorithms() -> dict[int, str]:
    rows = catalogue.table("dnssec-algorithms")["algorithms"]
    return {row["number"]: str(row["mnemonic"]) for row in rows if "number" in row}


def wait_text(wait: Wait) -> str:
    """Write the arithmetic of a wait, and its length in larger units: `Ipub = 300 + 3600 = 3900 s (1h5m)`."""
    equation = wait.equation or f"{wait.symbol} = {wait.seconds} s".removeprefix(" = ")
    return f"{equation} ({duration(wait.seconds)})" if wait.seconds >= 60 else equation


def bounds_text(row: Row, tz: tzinfo) -> str:
    """Write when a step may be done: `not before ..., not after ...: why`, or nothing where it has no bounds."""
    parts = []
    if row.not_before is not None and row.not_before > BEGINNING:
        parts.append(f"not before {time_text(row.not_before, tz)}")
    if row.not_after is not None and row.not_after < FOREVER:
        reason = f" ({row.not_after_reason})" if row.not_after_reason else ""
        parts.append(f"not after {time_text(row.not_after, tz)}{reason}")
    return ", ".join(parts)


def outside_text(row: Row) -> str:
    """Say by how much a step is outside of its bounds: `55m too early`, or nothing."""
    if row.not_before is not None and row.at < row.not_before:
        return f"{duration(row.not_before - row.at)} too early"
    if row.not_after is not None and row.at > row.not_after:
        return f"{duration(row.at - row.not_after)} too late"
    return ""


def size_text(octets: int) -> str:
    """Write the length of a DNSKEY answer and the limits it exceeds: `1302 octets, over 1232`."""
    over = oversize(octets)
    return f"{count(octets, 'octet')}, {over}" if over else count(octets, "octet")


def verdict(sheet: Sheet) -> str:
    """Say in one line what the proof found; of classes of validators that do not count, only that they fail."""
    counted = sheet.counted
    others = {validator: found for validator, found in sheet.proof.items() if validator not in counted}
    aside = f"; not counted: {_found(others)} for {_classes(tuple(others))}" if _found(others) else ""
    return f"safe for {_classes(tuple(counted))}{aside}" if sheet.safe else f"NOT SAFE: {_found(counted)}{aside}"


def _found(proof: Proof) -> str:
    """Count the windows of a proof: `2 bogus windows`, nothing where there are none."""
    troubles = find_troubles(proof)
    nouns = (("bogus", "bogus window"), ("lapse", "window without protection"))
    numbers = [(sum(trouble.outcome == outcome for trouble in troubles), noun) for outcome, noun in nouns]
    return " and ".join(count(number, noun) for number, noun in numbers if number)


def accounts(sheet: Sheet) -> list[Account]:
    """Tell every window of the proof in words, in the order of time."""
    troubles = find_troubles(sheet.proof)
    if not troubles:
        return []
    teller = _Teller(sheet)
    return [Account(trouble, _head(trouble, sheet.tz), teller.sentences(trouble)) for trouble in troubles]


def _head(trouble: Trouble, tz: tzinfo) -> str:
    what = {
        "bogus": f"bogus for {_classes(trouble.validators)}",
        "lapse": f"without protection for {_classes(trouble.validators)}",
        "insecure": "insecure, as meant",
    }[trouble.outcome]
    return f"{what}: {span_text(trouble.start, trouble.end, tz)}"


def span_text(start: int, end: int, tz: tzinfo) -> str:
    """Write a window, its end exclusive: `from ... until ... (1h5m)`."""
    if start <= BEGINNING:
        return "at all times" if end >= FOREVER else f"until {time_text(end, tz)}"
    if end >= FOREVER:
        return f"from {time_text(start, tz)}, for ever"
    return f"from {time_text(start, tz)} until {time_text(end, tz)} ({duration(end - start)})"


def _classes(validators: Sequence[Validator]) -> str:
    if len(validators) == len(Validator):
        return "all validators"
    return f"{listed([validator.value for validator in validators])} validators"


def listed(words: Sequence[str]) -> str:
    """Write a list with `and` before its last word."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


class _Teller:
    """Says of each combination which of its versions is old, after which step, and what does not fit."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        timelines = build(sheet.plan)
        self._next: dict[tuple[str, int], int] = {}
        for versions in chain([timelines.ds, timelines.dnskey], timelines.data.values()):
            for before, after in pairwise(versions):
                self._next[before.rrset, before.published] = after.published

    def sentences(self, trouble: Trouble) -> tuple[str, ...]:
        """Give a sentence for each sort of combination of a window; those that differ in the data only share one."""
        groups: dict[tuple[str, str], list[Witness]] = {}
        for witness in self._witnesses(trouble):
            groups.setdefault((self._meeting(witness), witness.reason), []).append(witness)
        told = [self._sentence(meeting, reason, found) for (meeting, reason), found in list(groups.items())[:SHOWN]]
        if len(groups) > SHOWN:
            told.append(f"and {count(len(groups) - SHOWN, 'more combination')}")
        return tuple(told)

    def _witnesses(self, trouble: Trouble) -> Iterable[Witness]:
        found = self._sheet.proof[trouble.validators[0]]
        for window in found.bogus if trouble.outcome == "bogus" else found.insecure:
            if (window.start, window.end) == (trouble.start, trouble.end):
                yield from window.witnesses

    def _sentence(self, meeting: str, reason: str, found: list[Witness]) -> str:
        end = max(witness.end for witness in found)
        names = listed(list(dict.fromkeys(witness.data.rrset for witness in found)))
        until = "from then on" if end >= FOREVER else f"until {time_text(end, self._sheet.tz)}"
        return f"{until} {meeting} ({names}): {reason}"

    def _meeting(self, witness: Witness) -> str:
        """Say which old versions of a combination meet which new ones; what never changed is left out."""
        held, met = [], []
        for version in (witness.ds, witness.dnskey, witness.data):
            after = self._next.get((version.rrset, version.published))
            if after is not None and after <= witness.start:
                held.append(f"{_name(version)} from before {self._step(after)}")
            elif version.published > BEGINNING:
                met.append(f"{_name(version)} of {self._step(version.published)}")
        who = f"resolvers that still hold {listed(held)} meet" if held else "resolvers meet"
        return f"{who} {listed(met) or _name(witness.data)}"

    def _step(self, at: int) -> str:
        rows = [row for row in self._sheet.rows if row.at == at]
        if rows:
            return f"step {rows[0].number} ({rows[0].title})"
        return time_text(at, self._sheet.tz)


_SETS = {"ds": "the DS set", "dnskey": "the DNSKEY set", "trust-anchor": "the trust anchors"}


def _name(version: Version) -> str:
    """Name an RRset by what it is; data by who signed them."""
    if version.rrset in _SETS:
        return _SETS[version.rrset]
    signers = version.contents.signers
    if not signers:
        return "data without signatures"
    return f"data signed {'only ' if len(signers) == 1 else ''}by {listed(sorted(signers))}"
