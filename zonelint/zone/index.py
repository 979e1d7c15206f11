"""The whole zone, put together from the summaries of its parts: names in canonical order and what each one is."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import accumulate, repeat
from operator import attrgetter, itemgetter
from typing import NamedTuple

from zonelint.findings import Finding, Place
from zonelint.names import parent
from zonelint.source import rdtypes
from zonelint.source.record import OFFSET_BITS, Files
from zonelint.zone.context import Context
from zonelint.zone.model import ADDRESSES, Node
from zonelint.zone.summary import Hashed, Kind, Link, Referral, Special, Summary, Target, move


class Status(IntEnum):
    """Where a name stands: the zone answers for it, delegates it, or never serves it."""

    authoritative = 0
    cut = 1
    below_cut = 2
    below_dname = 3


class KindFacts(NamedTuple):
    """What follows from the types at a name, worked out once for all names of the kind."""

    types: frozenset[int]
    order: tuple[int, ...]
    covered: frozenset[int]
    has_address: bool

    @classmethod
    def of(cls, kind: Kind) -> KindFacts:
        """Work out the facts of a kind."""
        types = frozenset(kind[0])
        return cls(types, kind[0], frozenset(kind[1]), bool(types & ADDRESSES))


@dataclass(slots=True)
class ZoneIndex:
    """All names of a zone in canonical order (RFC 4034 section 6.1) and what the checks of the whole need.

    `statuses`, `kinds` and `names` run side by side; `standings` are the different pairs of the first two, which are
    few, so a check can see there whether any name can concern it. `largest_hashed` are the three largest of `hashed`,
    once a check has looked for them.
    """

    context: Context
    files: Files
    apex: Node = field(default_factory=dict)
    names: list[bytes] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    facts: list[KindFacts] = field(default_factory=list)
    statuses: bytes = b""
    standings: frozenset[tuple[int, int]] = frozenset()
    hashes: list[bytes] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    hashed: list[Hashed] = field(default_factory=list)
    largest_hashed: list[Hashed] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    crowded: dict[bytes, int] = field(default_factory=dict)
    special: dict[str, Special] = field(default_factory=dict)
    unsigned: list[tuple[bytes, int, int, bool]] = field(default_factory=list)
    incomplete: list[tuple[bytes, int, int, int]] = field(default_factory=list)
    lapsed: list[tuple[bytes, int]] = field(default_factory=list)
    uses: dict[tuple[int, bool], int] = field(default_factory=dict)
    claims: dict[tuple[int, bool], int] = field(default_factory=dict)
    expirations: dict[int, int] = field(default_factory=dict)
    span: tuple[int, int] | None = None
    first: tuple[int, bytes, int] | None = None
    records: int = 0
    signatures: int = 0
    digest: int = 0
    made_digest: int = 0
    last: tuple[bytes, int, int] | None = None
    marks: list[int] = field(default_factory=list)
    _positions: array[int] = field(default_factory=lambda: array("Q"))
    _starts: list[int] = field(default_factory=list)

    @property
    def verified(self) -> int:
        """How many signatures are valid."""
        return sum(self.uses.values())

    @property
    def signing(self) -> set[int]:
        """The numbers of the keys that signatures name, valid or not."""
        return {number for number, _ in (*self.uses, *self.claims)}

    def find(self, key: bytes) -> int | None:
        """Give the number of a name; None if the zone has no records there."""
        at = bisect_left(self.names, key)
        return at if at < len(self.names) and self.names[at] == key else None

    def exists(self, key: bytes) -> bool:
        """Tell whether a name has records, or names below it (RFC 4592 section 2.2.2)."""
        at = bisect_left(self.names, key)
        return at < len(self.names) and self.names[at].startswith(key)

    def status_of(self, key: bytes) -> Status:
        """Give the standing of a name, whether it is in the zone file or not."""
        at = self.find(key)
        if at is not None:
            return Status(self.statuses[at])
        while key != self.context.apex:
            key = parent(key)
            at = self.find(key)
            if at is not None:
                status = Status(self.statuses[at])
                if status is Status.cut:
                    return Status.below_cut
                if rdtypes.DNAME in self.facts[self.kinds[at]].types:
                    return Status.below_dname
                return status
        return Status.authoritative

    def cut_above(self, key: bytes) -> bytes | None:
        """Give the cut that a name is at or below; None for names the zone answers for."""
        while key != self.context.apex:
            at = self.find(key)
            if at is not None and self.statuses[at] == Status.cut:
                return key
            key = parent(key)
        return None

    def wildcard_for(self, key: bytes) -> KindFacts | None:
        """Give the wildcard that answers for a name that does not exist (RFC 4592 section 3.3.1)."""
        while key != self.context.apex:
            key = parent(key)
            if self.exists(key):
                at = self.find(key + b"*\0")
                return None if at is None else self.facts[self.kinds[at]]
        return None

    def position(self, at: int, rdtype: int | None = None) -> int:
        """Give the position of the first record of a type at a name, or of the name's first record."""
        types = self.facts[self.kinds[at]].order
        start = self._starts[at]
        if rdtype is None:
            return min(self._positions[start : start + len(types)])
        return self._positions[start + types.index(rdtype)]

    def place(self, position: int, field: int | None = None) -> Place:
        """Turn a position into a place, the caret on `field`."""
        return self.files.place(position, field)

    def apex_place(self, rdtype: int, number: int = 0, field: int | None = None) -> Place | None:
        """Give the place of a record at the apex; None if there is none of that type."""
        rrset = self.apex.get(rdtype)
        return self.place(rrset.positions[number], field) if rrset else None

    def empty_non_terminals(self) -> Iterator[tuple[bytes, int]]:
        """Give each name without records that has some below it, and the number of the first name below.

        Names at or below cuts make none; those that only delegations lie below are given as well.
        """
        apex, previous, last_parent = self.context.apex, b"", b"\xff"
        if max(map(bytes.count, self.names, repeat(b"\0")), default=0) <= apex.count(b"\0") + 1:
            return
        served = int(Status.cut)
        for at, (key, status) in enumerate(zip(self.names, self.statuses, strict=True)):
            if status > served:
                continue
            above = key[: key.rfind(b"\0", 0, -1) + 1] if key != apex else apex
            if above in (last_parent, apex):
                previous, last_parent = key, above
                continue
            last_parent, missing = above, list[bytes]()
            # had an ancestor records of its own, the name before this one would be at or below it
            while above != apex and not previous.startswith(above):
                missing.append(above)
                above = parent(above)
            previous = key
            for name in reversed(missing):
                yield name, at


def merge(context: Context, summaries: Iterable[Summary]) -> tuple[ZoneIndex, list[tuple[bytes | None, Finding]]]:
    """Put summaries together; gives the index and the findings made while scanning."""
    index = ZoneIndex(context, Files([]))
    findings: list[tuple[bytes | None, Finding]] = []
    numbers: dict[Kind, int] = {}
    lengths: list[int] = []
    hashes = bytearray()
    for part in summaries:
        if shift := _merge_files(index.files, part.files):
            move(part, shift)
        translate = [numbers.setdefault(kind, len(numbers)) for kind in part.kind_table]
        index.names += part.names
        index.kinds += [translate[kind] for kind in part.kinds]
        sizes = [len(kind[0]) for kind in part.kind_table]
        lengths += [sizes[kind] for kind in part.kinds]
        index._positions.extend(part.positions)
        hashes += part.hashes
        index.links += part.links
        index.hashed += part.hashed
        index.targets += part.targets
        index.referrals += part.referrals
        index.crowded.update(part.crowded)
        index.unsigned += part.unsigned
        index.incomplete += part.incomplete
        index.lapsed += part.lapsed
        for block, some in part.special.items():
            index.special[block] = some.beside(index.special.get(block))
        findings += part.findings
        for whole, own in ((index.uses, part.uses), (index.claims, part.claims)):
            for use, count in own.items():
                whole[use] = whole.get(use, 0) + count
        _merge_expiry(index, part)
        index.apex.update(part.apex)
        index.records += part.records
        index.marks += part.marks
        index.signatures += part.signatures
        index.digest += part.digest
        index.made_digest += part.made_digest
        if part.last and (index.last is None or part.last[2] > index.last[2]):
            index.last = part.last
    index.facts = [KindFacts.of(kind) for kind in numbers]
    index._starts = list(accumulate(lengths, initial=0))[:-1]
    octets = bytes(hashes)
    index.hashes = [octets[i : i + 20] for i in range(0, len(octets), 20)]
    _sort(index)
    _set_statuses(index)
    index.standings = frozenset(zip(index.statuses, index.kinds, strict=True))
    return index, findings


def _merge_expiry(index: ZoneIndex, part: Summary) -> None:
    for hour, count in part.expirations.items():
        index.expirations[hour] = index.expirations.get(hour, 0) + count
    if part.span:
        ends = (*part.span, *(index.span or ()))
        index.span = min(ends), max(ends)
    if part.first and (index.first is None or part.first < index.first):
        index.first = part.first


def _merge_files(files: Files, names: list[str]) -> Callable[[int], int] | None:
    """Put included files behind those of the parts before; gives what renumbers their positions, if need be."""
    base = len(files.names) - 1
    files.names += names[1:] if files.names else names
    if base < 0 or len(names) == 1:
        return None
    return lambda position: position + (base << OFFSET_BITS) if position >> OFFSET_BITS else position


def _sort(index: ZoneIndex) -> None:
    """Put the names and the NSEC records in canonical order, all else in the order of the text."""
    names = index.names
    if any(map(bytes.__gt__, names, names[1:])):
        order = sorted(range(len(names)), key=names.__getitem__)
        index.names = [names[i] for i in order]
        index.kinds = [index.kinds[i] for i in order]
        index._starts = [index._starts[i] for i in order]
        if index.hashes:
            index.hashes = [index.hashes[i] for i in order]
    # a report must not tell into how many shares the names were put
    for each in (index.hashed, index.targets, index.referrals):
        each.sort(key=attrgetter("position"))
    index.links.sort(key=attrgetter("owner", "position"))
    index.unsigned.sort(key=itemgetter(2))
    index.incomplete.sort(key=itemgetter(2, 3))


def _set_statuses(index: ZoneIndex) -> None:
    apex, names = index.context.apex, index.names
    delegates = [rdtypes.NS in kind.types for kind in index.facts]
    redirects = [rdtypes.DNAME in kind.types for kind in index.facts]
    below = names[1:] if names and names[0] == apex else names
    # what lies below a name follows it, so where none lies below the one before it, each stands for itself
    if not any(map(bytes.startswith, below[1:], below)) and not any(redirects):
        standings = [Status.cut if delegation else Status.authoritative for delegation in delegates]
        statuses = bytearray([standings[kind] for kind in index.kinds])
        if len(below) < len(names):
            statuses[0] = Status.authoritative
        index.statuses = bytes(statuses)
        return
    nowhere = b"\xff" * 64  # longer than any label, so no name is below it
    cut, dname = nowhere, nowhere
    statuses = bytearray(len(names))
    for at, (key, kind) in enumerate(zip(names, index.kinds, strict=True)):
        if key.startswith(cut):
            statuses[at] = Status.below_cut
        elif key.startswith(dname):
            statuses[at] = Status.below_dname
        elif delegates[kind] and key != apex:
            statuses[at] = Status.cut
            cut = key
        elif redirects[kind]:
            dname = key
    index.statuses = bytes(statuses)
