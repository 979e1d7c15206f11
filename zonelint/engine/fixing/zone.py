"""Which edits mend one zone: each for a finding, kept only where the zone says the same without the fault.

Nothing is believed of an edit: the text is read again with it, and the records must be those that were there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.checks import READING
from zonelint.checks.inputs import Inputs
from zonelint.checks.soa import check_serial
from zonelint.dnssec.verify import serial_less
from zonelint.engine.fixing.edits import Edit, applied
from zonelint.engine.fixing.serials import Style, next_serial, style_of
from zonelint.engine.options import CheckOptions
from zonelint.engine.previous import NoPrevious, read_previous
from zonelint.engine.zone import Judged, judge
from zonelint.findings import Finding, Place
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.lexer import read_line
from zonelint.source.locate import Locator, span_of
from zonelint.source.reader import Files, Reader, Record, State
from zonelint.source.text import Octets, Source, holds_private_key, mentions_private_key
from zonelint.zone.context import Context

SERIAL_RULES = frozenset({"serial-not-raised", "serial-went-back", "serial-jump-too-large"})
"""The rules whose findings a new serial removes."""

SAFE = SERIAL_RULES | {"duplicate-record"}
"""The rules whose findings are removed without being asked for by name."""

BUMP = "bump"
"""What a new serial is called that no finding asked for."""

_SIGNED = frozenset({
    rdtypes.RRSIG, rdtypes.NSEC, rdtypes.NSEC3, rdtypes.NSEC3PARAM, rdtypes.DNSKEY, rdtypes.ZONEMD,
})  # fmt: skip
_HARMLESS = frozenset({"ttl-missing", "wins-record"})
_SOA_SERIAL = 2

Said = frozenset[tuple[bytes, int, int, bytes]]
"""What a zone says but for its serial: owner, type, TTL and RDATA of each record."""


class NotEdited(Exception):
    """A zone that is not edited at all; the text says why. `is_signed` tells that the reason is its signatures."""

    def __init__(self, reason: str, *, is_signed: bool = False) -> None:
        super().__init__(reason)
        self.is_signed = is_signed


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What is to be mended, and how.

    `check` says how zones are read, compared and selected; its first reference time is the date of a new serial.
    `style` is None for that of the serial there is. `bump` asks for a new serial in any case.
    """

    check: CheckOptions
    style: Style | None = None
    bump: bool = False


class Fix(NamedTuple):
    """One fault mended: the rule whose finding is gone, what was done, and where, lines and columns from 1."""

    rule: str
    message: str
    line: int
    column: int


@dataclass(slots=True)
class Fixed:
    """A zone before and after; `remarks` say what was not done and why."""

    file: str
    before: bytes
    after: bytes
    fixes: list[Fix] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class _Mend(NamedTuple):
    """Edits that belong together, and what to say of them."""

    rule: str
    message: str
    at: int
    edits: tuple[Edit, ...]


def fix_zone(source: Source, options: FixOptions) -> Fixed:
    """Mend a zone in memory.

    Raises `NotEdited` for one that must not be touched or that cannot be read whole, and what reading the previous
    version raises (`zonelint.engine.previous.read_previous`) but for `NoPrevious`, which becomes a remark.
    """
    octets = source.read(0, source.size)
    if holds_private_key(octets) or mentions_private_key(source):
        raise NotEdited("holds a private key, not a zone")
    source, check = Octets(source.name, octets, source.path), options.check
    policy = IncludePolicy.for_zone(source.path, check.allow_include)
    judged = judge(source, Context(b"", at=check.at, digest=True), policy, check.origin, jobs=1, verify=False)
    _refuse_unread(judged, source)
    zone = _Zone(judged, source, octets, policy)
    _refuse_signed(zone)
    result = Fixed(source.name, octets, octets)
    mends = [mend for mend in _copies(zone) if check.wants(mend.rule)]
    kept = _kept(zone, mends)
    result.remarks += [f"{mend.rule} at line {zone.line(mend.at)[0]}: not mended, other records would change"
                       for mend in mends if mend not in kept]  # fmt: skip
    kept += _serial(zone, options, result.remarks)
    result.after = zone.with_mends(kept)
    if zone.says(kept) != said(zone.records):
        raise NotEdited("the edits would change more than they are for")
    for mend in sorted(kept, key=lambda each: each.at):
        result.fixes.append(Fix(mend.rule, mend.message, *zone.line(mend.at)))
    return result


class _Zone:
    """A zone that may be edited, with its records."""

    def __init__(self, judged: Judged, source: Source, octets: bytes, policy: IncludePolicy) -> None:
        self.judged, self.source, self.octets, self._policy = judged, source, octets, policy
        self.records, self._problems = self._read(octets)

    def _read(self, octets: bytes) -> tuple[list[Record], int]:
        origin = self.judged.origin
        reader = Reader(
            octets, Files([self.source.name]), State(origin.initial), self._policy, apex=origin.apex,
            rdclass=origin.rdclass, path=self.source.path,
        )  # fmt: skip
        return list(reader.records()), len(reader.problems)

    def with_mends(self, mends: Iterable[_Mend]) -> bytes:
        """Give the text with edits made."""
        return applied(self.octets, (edit for mend in mends for edit in mend.edits))

    def says(self, mends: Iterable[_Mend]) -> Said | None:
        """Tell what the zone says with edits made; None where more of it cannot be read than before."""
        records, problems = self._read(self.with_mends(mends))
        return None if problems > self._problems else said(records)

    def line(self, at: int) -> tuple[int, int]:
        """Give line and column of an offset."""
        where = Locator(self.source.read, self.source.size, [at]).locate(Place(self.source.name, at, at + 1))
        return where.line, where.column

    def holds(self, place: Place | None) -> bool:
        """Tell whether a place is in the zone file itself, not in a file it includes."""
        return place is not None and place.file == self.source.name


def said(records: Iterable[Record]) -> Said:
    """Give what records say, their order, copies and the SOA serial left out."""
    return frozenset(
        (owner, rdtype, ttl, rdata[:-20] + rdata[-16:] if rdtype == rdtypes.SOA else rdata)
        for owner, rdtype, ttl, rdata, _ in records
    )


# --- what is never edited ------------------------------------------------------------------------------------


def _refuse_unread(judged: Judged, source: Source) -> None:
    if not judged.is_text:
        raise NotEdited("a NUL octet: this is no text")
    if not judged.origin.has_soa or rdtypes.SOA not in judged.index.apex:
        raise NotEdited("no SOA record that can be read: this is no whole zone")
    faults = [each for each in judged.findings if each.rule in READING - _HARMLESS]
    if faults:
        first = min(faults, key=lambda each: each.place.start if each.place else 0)
        where = ""
        if first.place and first.place.file == source.name:
            place = Locator(source.read, source.size, [first.place.start]).locate(first.place)
            where = f"line {place.line}, column {place.column}: "
        raise NotEdited(f"{where}{first.message} [{first.rule}]: a zone that cannot be read whole is not edited")


def _refuse_signed(zone: _Zone) -> None:
    for owner, rdtype, _, _, _ in zone.records:
        if rdtype in _SIGNED:
            what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}"
            raise NotEdited(f"is signed ({what}): what a signer made is never edited", is_signed=True)


# --- edits that change nothing but the fault -----------------------------------------------------------------


def _kept(zone: _Zone, mends: list[_Mend], others: tuple[_Mend, ...] = ()) -> list[_Mend]:
    """Give those of the edits with which, and with the `others`, the zone says what it says without."""
    if not mends:
        return []
    if zone.says([*others, *mends]) == said(zone.records):
        return mends
    if len(mends) == 1:
        return []
    half = len(mends) // 2
    first = _kept(zone, mends[:half], others)
    return first + _kept(zone, mends[half:], (*others, *first))


def _copies(zone: _Zone) -> Iterator[_Mend]:
    """Take out the line of a record that is there already, unless a comment on it says what a person thought."""
    for finding in zone.judged.findings:
        # a second SOA more likely means two texts in one file than a copy
        if finding.rule != "duplicate-record" or finding.type == "SOA" or not zone.holds(finding.place):
            continue
        assert finding.place is not None
        start = finding.place.start
        line = read_line(zone.octets, start)
        tokens = sorted((token.start, token.end) for token in line.tokens)
        spaces = applied(zone.octets[start : line.end], (Edit(a - start, b - start, b"") for a, b in tokens))
        if b";" not in spaces and not zone.octets.startswith(b"$", start):
            what = f"the second {finding.owner} {finding.type} record is taken out"
            yield _Mend(finding.rule, what, start, (Edit(start, line.end, b""),))


# --- the serial ----------------------------------------------------------------------------------------------


def _serial(zone: _Zone, options: FixOptions, remarks: list[str]) -> list[_Mend]:
    """Raise the serial where it has to be."""
    index, check = zone.judged.index, options.check
    old: int | None = None
    finding: Finding | None = None
    try:
        earlier = read_previous(check, zone.source, index.context.apex, index.context, 1)
    except NoPrevious as reason:
        if not options.bump:
            remarks.append(f"serial not judged: {reason}")
    else:
        inputs = Inputs(check.at, previous=earlier.previous)
        found = (each for each in check_serial(index, inputs) if each.rule in SERIAL_RULES and check.wants(each.rule))
        finding, old = next(found, None), earlier.previous.serial
    if not finding and not options.bump:
        return []
    place = index.apex_place(rdtypes.SOA, 0, _SOA_SERIAL)
    written = _written(zone, place, remarks)
    if written is None:
        return []
    start, end, now = written
    before = now if old is None or (not finding and serial_less(old, now)) else old
    styles = [style_of(each, check.at[0]) for each in (before, now)]
    style = options.style or next((each for each in styles if each is not Style.counter), Style.counter)
    new = next_serial(before, style, check.at[0])
    message = f"serial {now} becomes {new}" + (f", after {before} in the previous version" if before != now else "")
    return [_Mend(finding.rule if finding else BUMP, message, start, (_number(zone.octets, start, end, new),))]


def _written(zone: _Zone, place: Place | None, remarks: list[str]) -> tuple[int, int, int] | None:
    """Find the serial in the text: its span and its value; None with a remark where it is not to be touched."""
    soas = [record for record in zone.records if record[1] == rdtypes.SOA]
    if len(soas) > 1:
        remarks.append("serial not raised: there is more than one SOA record")
    elif place is None or not zone.holds(place):
        where = place.file if place else "no file"
        remarks.append(f"serial not raised: the SOA record is in {where}, which is included")
    else:
        first, last = span_of(zone.octets[place.start :], _SOA_SERIAL)
        start, end = place.start + first, place.start + last
        text, serial = zone.octets[start:end], int.from_bytes(soas[0][3][-20:-16], "big")
        if text.isdigit() and int(text) == serial:
            return start, end, serial
        remarks.append("serial not raised: it is not written as a number")
    return None


def _number(octets: bytes, start: int, end: int, number: int) -> Edit:
    """Put a number in place of another; blanks behind it give way, so that a column of comments stays one."""
    text, width = b"%d" % number, end - start
    if octets.startswith(b"0", start):
        text = text.rjust(width, b"0")
    blanks = re.compile(rb" *").match(octets, end)
    room = len(blanks[0]) if blanks else 0
    if room > 1:
        text = text.ljust(width)
        end += min(len(text) - width, room - 1)
    return Edit(start, end, text)
