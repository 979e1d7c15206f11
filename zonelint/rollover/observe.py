"""Reading a zone for its numbers: one pass over the records, part by part, that keeps counts and no records.

What a rollover waits for are TTLs, and who signs what; neither needs the zone in memory. The text is read in parts
of some megabytes, so that a large zone takes no more memory than a small one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from zonelint.findings import Finding, Location, Place
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.reader import Reader
from zonelint.source.record import Files, Record, State
from zonelint.source.split import Shard, split, survey
from zonelint.source.text import Source, Unreadable, open_source
from zonelint.source.transfer import failed_transfer, looks_like_transfer

PART = 1 << 21
"""Octets that are read at a time."""

_HARMLESS = frozenset({"ttl-missing"})
_DENIAL = frozenset({rdtypes.NSEC, rdtypes.NSEC3})
_FOR_THE_PARENT = frozenset({rdtypes.CDS, rdtypes.CDNSKEY})
_HEAD = struct.Struct("!HBBIIIH")


class MeasureError(Exception):
    """A zone, or what belongs to it, that cannot be measured; the text is one sentence, with the place if any."""


class Origin(Protocol):
    """Which zone a text is, as the engine finds it."""

    @property
    def apex(self) -> bytes:
        """The owner of the SOA as a key of `zonelint.names`."""

    @property
    def initial(self) -> bytes:
        """The origin before the first `$ORIGIN`, in wire form."""

    @property
    def rdclass(self) -> int:
        """The class number."""

    @property
    def has_soa(self) -> bool:
        """Whether the text has an SOA record, or the origin was given."""


FindOrigin = Callable[[Source, IncludePolicy, str | None], Origin]
"""Finds the origin of a text; the last argument is the origin that was asked for."""


class Soa(NamedTuple):
    """The times of an SOA record in seconds, its own TTL first."""

    ttl: int
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int

    @property
    def negative_ttl(self) -> int:
        """How long negative answers are cached (RFC 2308 section 5, RFC 9077 section 3)."""
        return min(self.ttl, self.minimum)


class Signature(NamedTuple):
    """An RRSIG over the DNSKEY set: tag and algorithm of its key, its validity, seconds since 1970, and its octets."""

    tag: int
    algorithm: int
    inception: int
    expiration: int
    octets: int


class PublishedKey(NamedTuple):
    """A DNSKEY record of the apex: RDATA in wire form, TTL in seconds and place."""

    rdata: bytes
    ttl: int
    place: Place


@dataclass(slots=True)
class Span:
    """The least and the greatest of the numbers seen; both None before the first."""

    least: int | None = None
    greatest: int | None = None

    def add(self, number: int) -> None:
        """Take a number in."""
        if self.least is None or number < self.least:
            self.least = number
        if self.greatest is None or number > self.greatest:
            self.greatest = number

    @property
    def width(self) -> int:
        """How far apart the ends are, 0 where there is nothing."""
        return 0 if self.least is None or self.greatest is None else self.greatest - self.least


KeyName = tuple[int, int]
"""Tag and algorithm of a key, as an RRSIG names it."""

ClassName = tuple[str, int]
"""A kind of RRset (`soa`, `denial`, `data`) and its TTL in seconds."""


GroupName = tuple[str, frozenset[KeyName]]
"""A kind of RRset, and the keys whose signatures are over it."""


@dataclass(slots=True)
class Group:
    """RRsets with the same signers: the largest TTL, the earliest expiration and the latest inception of those.

    From `good_from` until `good_until` each RRset has a signature, of any signer, that is within its validity.
    """

    ttl: int
    expiration: int
    inception: int
    good_from: int
    good_until: int

    def join(self, ttl: int, expiration: int, inception: int, good_from: int, good_until: int) -> None:
        """Take one more RRset in."""
        self.ttl = max(self.ttl, ttl)
        self.expiration, self.inception = min(self.expiration, expiration), max(self.inception, inception)
        self.good_from, self.good_until = max(self.good_from, good_from), min(self.good_until, good_until)


@dataclass(slots=True)
class Seen:
    """The numbers of one version of a zone.

    `classes` maps each class of RRsets to the earliest expiration of its signatures, None where it has none; for a
    zone whose data are not signed they are the classes of all RRsets that would be. `signed` counts the signed RRsets
    other than DNSKEY, CDS and CDNSKEY, and `signers` those that a key signs; `groups` says the same by sets of keys.
    `hashed` are the parameters of its NSEC3 records (RDATA without flags).
    """

    apex: bytes
    records: int = 0
    soa: Soa | None = None
    keys: list[PublishedKey] = field(default_factory=list)
    key_signatures: list[Signature] = field(default_factory=list)
    classes: dict[ClassName, int | None] = field(default_factory=dict)
    signers: dict[KeyName, int] = field(default_factory=dict)
    groups: dict[GroupName, Group] = field(default_factory=dict)
    signed: int = 0
    inceptions: Span = field(default_factory=Span)
    expirations: Span = field(default_factory=Span)
    validities: Span = field(default_factory=Span)
    cds: list[bytes] = field(default_factory=list)
    cdnskey: list[bytes] = field(default_factory=list)
    has_nsec: bool = False
    hashed: set[bytes] = field(default_factory=set)
    params: set[bytes] = field(default_factory=set)
    last: int = 0

    @property
    def zone(self) -> str:
        """The name of the zone."""
        return text_from_key(self.apex)

    @property
    def dnskey_ttl(self) -> int | None:
        """The TTL of the DNSKEY set in seconds, the largest of its records; None where there is no such set."""
        return max((key.ttl for key in self.keys), default=None)

    @property
    def data_ttl(self) -> int | None:
        """The largest TTL of signed RRsets in seconds, denial included."""
        return max((ttl for _, ttl in self.classes), default=None)


def observe(source: Source, origin: Origin, policy: IncludePolicy) -> Seen:
    """Read a zone for its numbers.

    Raises `MeasureError` for the first fault of its text, for a text without SOA and for a transfer that is not whole.
    """
    if not origin.has_soa:
        raise MeasureError(f"{source.name}: no SOA record: this is no whole zone")
    observer = Observer(origin.apex)
    files = Files([source.name])
    for batch in batches(source, origin, policy, files):
        observer.take(batch, files)
    seen = observer.finish()
    if seen.soa is None:
        raise MeasureError(f"{source.name}: no SOA record of {seen.zone}: this is no whole zone")
    _require_whole(source, seen)
    if not seen.signed:
        cuts = observer.cuts
        for batch in batches(source, origin, policy, Files([source.name])):
            _unsigned(seen, batch, cuts)
    return seen


def batches(source: Source, origin: Origin, policy: IncludePolicy, files: Files) -> Iterator[list[Record]]:
    """Read a text part by part; what a part inherits is known from the parts before.

    Raises `MeasureError` for the first fault of the text.
    """
    look = survey(source)
    if look.nul is not None:
        raise MeasureError(f"{source.name}: holds a NUL octet: this is no text")
    shards = split(source, look, PART, origin.initial)
    state = State(origin.initial)
    start = 0
    while start < source.size or not start:
        shard = next((s for s in shards if s.start == start), Shard(start, source.size, None, None))
        batch, reader = _read(source, origin, policy, files, state, shard)
        if reader.unclosed and shard.end < source.size:
            # the part was cut inside parentheses: what is left is read as one
            batch, reader = _read(source, origin, policy, files, state, replace(shard, end=source.size))
            shard = replace(shard, end=source.size)
        for problem in reader.problems:
            if problem.rule not in _HARMLESS:
                raise MeasureError(fault_text(problem, source))
        yield batch
        start, state = shard.end, reader.state
        if not source.size:
            return


def _read(
    source: Source, origin: Origin, policy: IncludePolicy, files: Files, state: State, shard: Shard
) -> tuple[list[Record], Reader]:
    reader = Reader(
        source.read(shard.start, shard.end), files, replace(state), policy,
        apex=origin.apex, rdclass=origin.rdclass, path=source.path, base=shard.start,
    )  # fmt: skip
    return list(reader.records()), reader


def _require_whole(source: Source, seen: Seen) -> None:
    """Refuse the text of a zone transfer that was cut off (RFC 5936 section 2.2)."""
    tail = source.read(max(0, source.size - 4096), source.size)
    if failed_transfer(tail) is not None:
        raise MeasureError(f"{source.name}: the transfer failed: the zone is not whole")
    if looks_like_transfer(source.read(0, 4096) + tail) and seen.last != rdtypes.SOA:
        raise MeasureError(f"{source.name}: the text of a transfer ends without the SOA record that closes it")


class Observer:
    """Takes the records of a zone in and keeps the numbers."""

    def __init__(self, apex: bytes) -> None:
        self.seen = Seen(apex)
        self.cuts: set[bytes] = set()
        self._owner: bytes | None = None
        self._ttls: dict[int, int] = {}
        self._signatures: list[tuple[bytes, int]] = []

    def take(self, batch: Iterable[Record], files: Files) -> None:
        """Take in the records of one part; those of an RRset and its signatures should follow each other."""
        seen, ttls, apex = self.seen, self._ttls, self.seen.apex
        owner = rdtype = None
        for owner, rdtype, ttl, rdata, position in batch:
            seen.records += 1
            if owner != self._owner:
                self._settle()
                self._owner = owner
            if rdtype == rdtypes.RRSIG:
                self._signatures.append((rdata, ttl))
                continue
            if ttls.get(rdtype, -1) < ttl:
                ttls[rdtype] = ttl
            if owner == apex:
                self._apex_record(rdtype, ttl, rdata, files.place(position))
            elif rdtype == rdtypes.NS and not seen.signed:
                self.cuts.add(owner)
            if rdtype == rdtypes.NSEC3:
                seen.hashed.add(rdata[:1] + rdata[2 : 5 + rdata[4]])
        if rdtype is not None:
            seen.last = rdtype

    def finish(self) -> Seen:
        """Give the numbers once all records are in."""
        self._settle()
        return self.seen

    def _apex_record(self, rdtype: int, ttl: int, rdata: bytes, place: Place) -> None:
        seen = self.seen
        if rdtype == rdtypes.SOA:
            if seen.soa is None:
                seen.soa = Soa(ttl, *struct.unpack("!5I", rdata[-20:]))
        elif rdtype == rdtypes.DNSKEY:
            if all(key.rdata != rdata for key in seen.keys):
                seen.keys.append(PublishedKey(rdata, ttl, place))
        elif rdtype == rdtypes.CDS:
            seen.cds.append(rdata)
        elif rdtype == rdtypes.CDNSKEY:
            seen.cdnskey.append(rdata)
        elif rdtype == rdtypes.NSEC3PARAM:
            seen.params.add(rdata[:1] + rdata[2:])
        elif rdtype == rdtypes.NSEC:
            seen.has_nsec = True

    def _settle(self) -> None:
        """Count the signatures of one owner."""
        seen, ttls = self.seen, self._ttls
        signers: dict[int, set[KeyName]] = {}
        times: dict[int, tuple[int, int, int, int, int]] = {}
        for rdata, ttl in self._signatures:
            covered, algorithm, _, original, expiration, inception, tag = _HEAD.unpack_from(rdata)
            if covered == rdtypes.DNSKEY:
                if self._owner == seen.apex:
                    seen.key_signatures.append(Signature(tag, algorithm, inception, expiration, len(rdata)))
                continue
            # a cache keeps a record for the TTL it came with, and its signature for that of its own
            longest = max(ttl, original, ttls.get(covered, 0))
            _enter(seen, covered, longest, expiration)
            if covered in _FOR_THE_PARENT:
                continue
            signers.setdefault(covered, set()).add((tag, algorithm))
            known = times.get(covered, (0, expiration, inception, inception, expiration))
            times[covered] = (
                max(known[0], longest), min(known[1], expiration), max(known[2], inception),
                min(known[3], inception), max(known[4], expiration),
            )  # fmt: skip
            seen.inceptions.add(inception)
            seen.expirations.add(expiration)
            seen.validities.add(max(0, expiration - inception))
        for covered, names in signers.items():
            seen.signed += 1
            for name in names:
                seen.signers[name] = seen.signers.get(name, 0) + 1
            group = seen.groups.setdefault((_kind(covered), frozenset(names)), Group(*times[covered]))
            group.join(*times[covered])
        ttls.clear()
        self._signatures.clear()


def _kind(rdtype: int) -> str:
    return "soa" if rdtype == rdtypes.SOA else "denial" if rdtype in _DENIAL else "data"


def _enter(seen: Seen, rdtype: int, ttl: int, expiration: int | None) -> None:
    kind = _kind(rdtype)
    known = seen.classes.get((kind, ttl))
    both = [time for time in (known, expiration) if time is not None]
    seen.classes[kind, ttl] = min(both) if both else None


def _unsigned(seen: Seen, batch: Iterable[Record], cuts: set[bytes]) -> None:
    """Enter the RRsets that a signer would sign: not the delegations, and nothing below them."""
    for owner, rdtype, ttl, _, _ in batch:
        if rdtype in (rdtypes.RRSIG, rdtypes.DNSKEY) or (("data", ttl) in seen.classes and rdtype != rdtypes.SOA):
            continue
        if cuts and ((rdtype == rdtypes.NS and owner in cuts) or _is_below(owner, seen.apex, cuts, rdtype)):
            continue
        _enter(seen, rdtype, ttl, None)


def _is_below(owner: bytes, apex: bytes, cuts: set[bytes], rdtype: int) -> bool:
    """Tell whether a record is glue, or hidden by a delegation; a DS at the cut is neither (RFC 4035 section 2.2)."""
    above = owner
    while len(above) > len(apex):
        if above in cuts and (above != owner or rdtype != rdtypes.DS):
            return True
        above = above[: above.rfind(b"\0", 0, -1) + 1]
    return False


# --- places ------------------------------------------------------------------------------------------------


def fault_text(problem: Finding, source: Source | None = None) -> str:
    """Write a finding as one line, `file:line:column: message`; `source` is the text being read, if it is at hand."""
    if problem.place is None:
        return problem.message
    found = locate(problem.place, source)
    where = problem.place.file if found is None else f"{found.file}:{found.line}:{found.column}"
    return f"{where}: {problem.message}"


def place_text(place: Place) -> str:
    """Write a place as `file:line`, only the file where it cannot be read again."""
    found = locate(place)
    return place.file if found is None else f"{found.file}:{found.line}"


def locate(place: Place, source: Source | None = None) -> Location | None:
    """Work out line and column of a place, None if its file cannot be read again."""
    from zonelint.source.locate import Locator

    try:
        if source is None or source.name != place.file:
            source = open_source(place.file)
        return Locator(source.read, source.size, [place.start]).locate(place)
    except Unreadable:
        return None
