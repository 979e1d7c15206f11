"""The SOA record: timers, the mailbox, and the serial against the version before (RFC 1035, 1912, 1982, 2308)."""

from __future__ import annotations

import struct
from calendar import monthrange
from collections.abc import Iterator
from time import gmtime

from zonelint.catalogue import option, settings
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.findings import Finding, Place
from zonelint.names import labels_from_wire
from zonelint.source.rdtypes import SOA
from zonelint.times import serial_less, to_text
from zonelint.zone.index import ZoneIndex

_HALF = 2**31
_AHEAD, _FAR = 30 * 86400, 5 * 365 * 86400
"""How far ahead a serial has to be, in seconds, to be spoken of: a zone that changes often gets ahead by some days."""

USUAL = {"refresh": (3600, 43200), "expire": (1209600, 2419200), "minimum": (300, 86400)}
"""Seconds within which every default limit is kept: most zones have no need to look at the catalogue."""


def _fields(index: ZoneIndex) -> tuple[int, int, int, int, int]:
    """Give serial, refresh, retry, expire and minimum."""
    rdata = index.apex[SOA].rdatas[0]
    serial, refresh, retry, expire, minimum = struct.unpack("!5I", rdata[-20:])
    return serial, refresh, retry, expire, minimum


def _place(index: ZoneIndex, field: int) -> Place | None:
    return index.apex_place(SOA, 0, field)


@zone_check(
    "soa-refresh-range", "soa-retry-not-below-refresh", "soa-expire-too-short", "soa-minimum-too-long",
    "soa-rname-at-sign", "soa-retry-zero",
)  # fmt: skip
def check_timers(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Timers within what RFC 1912 section 2.2 and RFC 2308 section 5 advise, and a mailbox written as a name."""
    if SOA not in index.apex:
        return
    apex = index.context.apex
    _, refresh, retry, expire, minimum = _fields(index)
    timers = {"refresh": refresh, "expire": expire, "minimum": minimum}
    is_usual = all(low <= timers[name] <= high for name, (low, high) in USUAL.items()) and expire > refresh + retry
    if settings() or not is_usual:
        yield from _judge_limits(index, timers, retry)
    if retry >= refresh:
        message = f"retry ({retry} s) is not below refresh ({refresh} s)"
        yield found("soa-retry-not-below-refresh", message, _place(index, 4), apex, SOA)
    if not retry:
        message = "retry is 0: secondaries that find no primary ask again at once, or after a time of their own"
        yield found("soa-retry-zero", message, _place(index, 4), apex, SOA)
    rdata = index.apex[SOA].rdatas[0]
    mname = labels_from_wire(rdata)
    rname = labels_from_wire(rdata[sum(len(label) + 1 for label in mname) + 1 :])
    if any(b"@" in label for label in rname):
        yield found("soa-rname-at-sign", "RNAME holds an @: write the mailbox as a name", _place(index, 1), apex, SOA)


def _judge_limits(index: ZoneIndex, timers: dict[str, int], retry: int) -> Iterator[Finding]:
    apex, refresh, expire, minimum = index.context.apex, timers["refresh"], timers["expire"], timers["minimum"]
    low, high = option("soa-refresh-range", "min"), option("soa-refresh-range", "max")
    if not low <= refresh <= high:
        message = f"refresh is {refresh} s, advised are {low} to {high} s"
        yield found("soa-refresh-range", message, _place(index, 3), apex, SOA)
    shortest = max(option("soa-expire-too-short", "min"), refresh + retry + 1)
    if expire < shortest:
        message = f"expire is {expire} s, at least {shortest} s are advised"
        yield found("soa-expire-too-short", message, _place(index, 5), apex, SOA)
    longest = option("soa-minimum-too-long", "max")
    if minimum > longest:
        message = f"minimum (the negative TTL) is {minimum} s, at most {longest} s are advised"
        yield found("soa-minimum-too-long", message, _place(index, 6), apex, SOA)


@zone_check("soa-serial-in-future")
def check_date(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A serial that is written as a date, or counts seconds, is not ahead of the time (RFC 1912 section 2.2)."""
    if SOA not in index.apex or not inputs.at:
        return
    serial, now = _fields(index)[0], max(inputs.at)
    # serials that count are small or anywhere: only what is near to today in one of the two forms is taken for it
    shown, early, late = str(serial), gmtime(now + _AHEAD)[:3], gmtime(now + _FAR)[:3]
    if now + _AHEAD < serial < now + _FAR:
        what = f"as seconds since 1970 is {to_text(serial)[:10]}"
    elif len(shown) == 10 and early < (date := (int(shown[:4]), int(shown[4:6]), int(shown[6:8]))) < late:
        if not (1 <= date[1] <= 12 and 1 <= date[2] <= monthrange(*date[:2])[1]):
            return
        what = f"as a date is {date[0]}-{date[1]:02}-{date[2]:02}"
    else:
        return
    message = f"serial {serial} {what}: the next ones must be higher still"
    yield found("soa-serial-in-future", message, _place(index, 2), index.context.apex, SOA)


@zone_check("serial-not-raised", "serial-went-back", "serial-jump-too-large", "resigned-serial-not-raised")
def check_serial(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A zone that changed has a later serial than the version before, in the order of RFC 1982 section 3.2."""
    previous = inputs.previous
    if previous is None or SOA not in index.apex:
        return
    apex, place = index.context.apex, _place(index, 2)
    new, old = _fields(index)[0], previous.serial
    following = (old + 1) & 0xFFFFFFFF or 1
    advice = f"; the next valid serial is {following}"
    if new == old:
        if previous.content_differs:
            message = f"the content differs from {previous.name}, the serial is {new} in both{advice}"
            yield found("serial-not-raised", message, place, apex, SOA)
        elif previous.signing_differs:
            message = f"signatures or keys differ from {previous.name}, the serial is {new} in both{advice}"
            yield found("resigned-serial-not-raised", message, place, apex, SOA)
    elif new > old and new - old >= _HALF:
        message = f"serial {new} is {new - old} above {old}: 2^31 or more count as a step back{advice}"
        yield found("serial-jump-too-large", message, place, apex, SOA)
    elif not serial_less(old, new):
        message = f"serial {new} comes before {old} in {previous.name}{advice}"
        yield found("serial-went-back", message, place, apex, SOA)
