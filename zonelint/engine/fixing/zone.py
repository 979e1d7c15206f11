"""A zone that may be edited: read whole, not signed, and read again with each edit.

Nothing is believed of an edit: what the zone says with it decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zonelint.checks import READING
from zonelint.engine.fixing.edits import Edit, applied
from zonelint.engine.options import CheckOptions
from zonelint.engine.zone import Judged, judge
from zonelint.findings import Finding, Place
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.locate import Locator
from zonelint.source.reader import Reader
from zonelint.source.record import Files, Record, State
from zonelint.source.text import Octets, Source
from zonelint.zone.context import Context

_SIGNED = frozenset({
    rdtypes.RRSIG, rdtypes.NSEC, rdtypes.NSEC3, rdtypes.NSEC3PARAM, rdtypes.DNSKEY, rdtypes.ZONEMD,
})  # fmt: skip
_HARMLESS = frozenset({"ttl-missing", "wins-record"})

Said = frozenset[tuple[bytes, int, int, bytes]]
"""What a zone says but for its serial: owner, type, TTL and RDATA of each record."""


class NotEdited(Exception):
    """A zone that is not edited at all; the text says why. `is_signed` tells that the reason is its signatures."""

    def __init__(self, reason: str, *, is_signed: bool = False) -> None:
        super().__init__(reason)
        self.is_signed = is_signed


class Mend(NamedTuple):
    """Edits that belong together, and what to say of them; `about` is the RRset whose TTL is set, and that TTL."""

    rule: str
    message: str
    at: int
    edits: tuple[Edit, ...]
    about: tuple[bytes, int, int] | None = None


class EditableZone:
    """A zone that may be edited, with its records; raises `NotEdited` for any other."""

    def __init__(self, source: Source, octets: bytes, options: CheckOptions) -> None:
        self.octets, self.source, self.options = octets, Octets(source.name, octets, source.path), options
        self.policy = IncludePolicy.for_zone(source.path, options.allow_include, options.placeholders)
        context = Context(b"", at=options.at)
        self.judged = judge(self.source, context, self.policy, options.origin, jobs=1, verify=False)
        _refuse_unread(self.judged, self.source)
        self.records, self._problems = self._read(octets)
        _refuse_signed(self.records)
        self.findings = self.unaccepted(self.judged.findings)

    def unaccepted(self, findings: Iterable[Finding]) -> list[Finding]:
        """Give the findings that no comment and nothing in the configuration suppresses."""
        from zonelint.engine.accept import unaccepted

        return unaccepted(findings, self.judged, self.source, self.options)

    def _read(self, octets: bytes) -> tuple[list[Record], int]:
        origin = self.judged.origin
        reader = Reader(
            octets, Files([self.source.name]), State(origin.initial), self.policy, apex=origin.apex,
            rdclass=origin.rdclass, path=self.source.path,
        )  # fmt: skip
        return list(reader.records()), len(reader.problems)

    def with_mends(self, mends: Iterable[Mend]) -> bytes:
        """Give the text with edits made."""
        return applied(self.octets, (edit for mend in mends for edit in mend.edits))

    def says(self, mends: Iterable[Mend]) -> Said | None:
        """Tell what the zone says with edits made; None where more of it cannot be read than before."""
        records, problems = self._read(self.with_mends(mends))
        return None if problems > self._problems else said(records)

    def lines(self, offsets: Sequence[int]) -> list[tuple[int, int]]:
        """Give line and column of each offset."""
        locator = Locator(self.source.read, self.source.size, offsets)
        places = [locator.locate(Place(self.source.name, at, at + 1)) for at in offsets]
        return [(where.line, where.column) for where in places]

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
    faults = [each for each in judged.findings if each.rule in READING - _HARMLESS]
    if faults:
        first = min(faults, key=lambda each: each.place.start if each.place else 0)
        where = ""
        if first.place and first.place.file == source.name:
            place = Locator(source.read, source.size, [first.place.start]).locate(first.place)
            where = f"line {place.line}, column {place.column}: "
        raise NotEdited(f"{where}{first.message} [{first.rule}]: a zone that cannot be read whole is not edited")
    if not judged.origin.has_soa or rdtypes.SOA not in judged.index.apex:
        raise NotEdited("no SOA record: this is no whole zone")


def _refuse_signed(records: list[Record]) -> None:
    for owner, rdtype, _, _, _ in records:
        if rdtype in _SIGNED:
            what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}"
            raise NotEdited(f"is signed ({what}): what a signer made is never edited", is_signed=True)
