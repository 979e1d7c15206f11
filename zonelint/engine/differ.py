"""What differs between two versions of a zone: names and RRsets, keys and signatures, delegations, denial, the serial.

Both versions are held in memory, so the largest zones are better compared by their serials and by `check --previous`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

from zonelint.engine.options import UsageError
from zonelint.engine.origin import find_origin
from zonelint.limits import Limit
from zonelint.names import text_from_key
from zonelint.rollover.observe import MeasureError, batches
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.placeholder import placeholder_at
from zonelint.source.rdtypes import CDNSKEY, CDS, DNSKEY, DS, NS, NSEC, NSEC3, NSEC3PARAM, RRSIG, SOA
from zonelint.source.record import Files
from zonelint.source.text import Source, Unreadable, open_source
from zonelint.zone.shown import rdata_text

_CHAIN = frozenset({NSEC, NSEC3})
_KEYS = frozenset({DNSKEY, CDS, CDNSKEY})


class Kind(StrEnum):
    """What happened to an RRset."""

    added = "added"
    removed = "removed"
    changed = "changed"


class Section(StrEnum):
    """What an RRset is part of; signatures and denial are only counted."""

    keys = "keys"
    delegations = "delegations"
    ds = "DS"
    data = "data"


class Records(NamedTuple):
    """An RRset as text: its TTL in seconds and its RDATA in canonical order; None and empty where there is none."""

    ttl: int | None
    rdatas: tuple[str, ...]


class Change(NamedTuple):
    """One RRset that differs."""

    section: Section
    kind: Kind
    owner: str
    type: str
    before: Records
    after: Records


class Tally(NamedTuple):
    """How many there are only in the new version, only in the old one, and in both with other contents."""

    added: int
    removed: int
    changed: int


NOTHING = Tally(0, 0, 0)
"""The tally of what is the same on both sides."""


@dataclass(frozen=True, slots=True)
class Version:
    """One side: file, serial, how many names and records, the tags of the keys that sign, and how it denies."""

    file: str
    serial: int | None
    names: int
    records: int
    rrsets: int
    signers: tuple[int, ...]
    denial: str


@dataclass(slots=True)
class Difference:
    """Everything that differs; `signatures` with the same key and RRset but other contents are renewed, so `changed`.

    `exceeded` are sentences about thresholds that the difference goes beyond.
    """

    zone: str
    old: Version
    new: Version
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    signatures: Tally = NOTHING
    denial: Tally = NOTHING
    exceeded: list[str] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        """Whether the versions say the same, to the last signature and the serial."""
        counts = (*self.signatures, *self.denial)
        return not (self.added or self.removed or self.changes or any(counts) or self.old.serial != self.new.serial)

    def tally(self) -> Tally:
        """Count the RRsets of the changes."""
        kinds = Counter(change.kind for change in self.changes)
        return Tally(kinds[Kind.added], kinds[Kind.removed], kinds[Kind.changed])


_K = TypeVar("_K")
_V = TypeVar("_V")
_Set = tuple[int, tuple[bytes, ...]]
_Sets = Mapping[tuple[bytes, int], _Set]


class _Zone(NamedTuple):
    apex: bytes
    version: Version
    sets: _Sets
    signatures: Mapping[tuple[bytes, bytes], bytes]
    chain: Mapping[bytes, _Set]
    names: frozenset[bytes]


class Text(NamedTuple):
    """A version to read: its text, what it may include, and its origin where that is not left to the text."""

    source: Source
    policy: IncludePolicy
    origin: str | None


def diff(
    old: str,
    new: str,
    origin: str | None = None,
    limits: Sequence[Limit] = (),
    allow_include: tuple[str, ...] = (),
    placeholders: frozenset[bytes] = frozenset(),
) -> Difference:
    """Compare two files, `-` for standard input; `placeholders` are words that stand for a serial.

    Raises `UsageError` for what cannot be read whole, and for files of different zones.
    """
    try:
        sources = open_source(old), open_source(new)
    except Unreadable as fault:
        raise UsageError(str(fault)) from None
    policies = (IncludePolicy.for_zone(each.path, allow_include, placeholders) for each in sources)
    one, other = (Text(source, policy, origin) for source, policy in zip(sources, policies, strict=True))
    return compare(one, other, limits)


def compare(old: Text, new: Text, limits: Sequence[Limit] = ()) -> Difference:
    """Compare two texts; raises `UsageError` as `diff` does."""
    one, other = map(_read, (old, new))
    if one.apex != other.apex:
        names = [text_from_key(each.apex) for each in (one, other)]
        said = f"{old.source.name} is the zone {names[0]}, {new.source.name} is {names[1]}"
        raise UsageError(f"{said}: these are no versions of one zone")
    result = Difference(text_from_key(one.apex), one.version, other.version)
    result.added = [text_from_key(name) for name in sorted(other.names - one.names)]
    result.removed = [text_from_key(name) for name in sorted(one.names - other.names)]
    result.changes = list(_changes(one, other))
    result.signatures = _tally(one.signatures, other.signatures)
    result.denial = _tally(one.chain, other.chain)
    result.exceeded = list(_exceeded(result, limits))
    return result


def _read(text: Text) -> _Zone:
    """Read a zone whole."""
    source, policy, option = text
    files, serial_is_known = Files([source.name]), True
    try:
        origin = find_origin(source, policy, option)
        if not origin.has_soa:
            raise UsageError(f"{source.name}: no SOA record: this is no whole zone")
        sets: dict[tuple[bytes, int], list[tuple[int, bytes]]] = {}
        count = 0
        for batch in batches(source, origin, policy, files):
            for owner, rdtype, ttl, rdata, position in batch:
                sets.setdefault((owner, rdtype), []).append((ttl, rdata))
                count += 1
                if rdtype == SOA and policy.placeholders:
                    serial_is_known = placeholder_at(files.place(position), source, policy) is None
    except (Unreadable, MeasureError) as fault:
        raise UsageError(str(fault)) from None
    zone = _sorted(origin.apex, source.name, sets, count)
    return zone if serial_is_known else zone._replace(version=replace(zone.version, serial=None))


def _sorted(apex: bytes, name: str, found: Mapping[tuple[bytes, int], list[tuple[int, bytes]]], count: int) -> _Zone:
    """Take apart what was read: signatures and denial, and the rest."""
    sets: dict[tuple[bytes, int], _Set] = {}
    chain: dict[bytes, _Set] = {}
    signatures: dict[tuple[bytes, bytes], bytes] = {}
    for (owner, rdtype), records in found.items():
        if rdtype == RRSIG:
            # who signs what: type covered, algorithm, tag
            signatures.update({(owner, rdata[:3] + rdata[16:18]): rdata for _, rdata in records})
            continue
        rrset = max(ttl for ttl, _ in records), tuple(sorted({rdata for _, rdata in records}))
        if rdtype in _CHAIN:
            chain[owner] = rrset
        else:
            sets[owner, rdtype] = rrset
    soa = sets.get((apex, SOA))
    serial = int.from_bytes(soa[1][0][-20:-16], "big") if soa else None
    tags = sorted({int.from_bytes(signer[-2:], "big") for _, signer in signatures})
    names = frozenset(owner for owner, _ in sets)
    version = Version(name, serial, len(names), count, len(sets), tuple(tags), _denial(apex, found))
    return _Zone(apex, version, sets, signatures, chain, names)


def _denial(apex: bytes, found: Mapping[tuple[bytes, int], list[tuple[int, bytes]]]) -> str:
    """Say how a version denies existence: `NSEC`, `NSEC3 1 0 0 -`, both, or nothing."""
    words = ["NSEC"] if (apex, NSEC) in found else []
    words += [f"NSEC3 {rdata_text(NSEC3PARAM, rdata)}" for _, rdata in found.get((apex, NSEC3PARAM), ())]
    return " and ".join(words)


def _changes(old: _Zone, new: _Zone) -> Iterator[Change]:
    """Give every RRset that differs, in canonical order of names; of the SOA more than the serial has to."""
    for owner, rdtype in sorted(old.sets.keys() | new.sets.keys()):
        before, after = old.sets.get((owner, rdtype)), new.sets.get((owner, rdtype))
        if before == after or (rdtype == SOA and _without_serial(before) == _without_serial(after)):
            continue
        kind = Kind.added if before is None else Kind.removed if after is None else Kind.changed
        section = Section.data
        if rdtype in _KEYS and owner == old.apex:
            section = Section.keys
        elif rdtype == NS and owner != old.apex:
            section = Section.delegations
        elif rdtype == DS:
            section = Section.ds
        texts = _records(rdtype, before), _records(rdtype, after)
        yield Change(section, kind, text_from_key(owner), rdtypes.type_name(rdtype), *texts)


def _without_serial(rrset: _Set | None) -> object:
    return None if rrset is None else (rrset[0], [rdata[:-20] + rdata[-16:] for rdata in rrset[1]])


def _records(rdtype: int, rrset: _Set | None) -> Records:
    if rrset is None:
        return Records(None, ())
    return Records(rrset[0], tuple(rdata_text(rdtype, rdata) for rdata in rrset[1]))


def _tally(old: Mapping[_K, _V], new: Mapping[_K, _V]) -> Tally:
    both = old.keys() & new.keys()
    return Tally(len(new) - len(both), len(old) - len(both), sum(1 for key in both if old[key] != new[key]))


def _exceeded(result: Difference, limits: Sequence[Limit]) -> Iterator[str]:
    """Give a sentence for each threshold that the number of RRsets goes beyond."""
    counts, base = result.tally()._asdict(), result.old.rrsets
    return (said for limit in limits if (said := limit.exceeded(counts[limit.kind], base)))
