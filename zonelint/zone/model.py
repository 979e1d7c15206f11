"""RRsets and nodes: what one part of a zone holds, gathered by owner name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from zonelint.source import rdtypes
from zonelint.source.record import Record


class Rrset:
    """Records of one owner and type: the RDATA in canonical form, TTLs in seconds and positions, side by side.

    `ttl` is that of the first record. Copies of a record are left out; `duplicates` has their TTLs and positions.
    """

    __slots__ = ("duplicates", "positions", "rdatas", "ttl", "ttls")

    def __init__(self, ttl: int, rdata: bytes, position: int) -> None:
        self.ttl = ttl
        self.rdatas = [rdata]
        self.ttls = [ttl]
        self.positions = [position]
        self.duplicates: tuple[tuple[int, int], ...] = ()

    def settle(self) -> bool:
        """Take out the copies of records, once all are there; tells whether there are any, or differing TTLs."""
        if len(set(self.rdatas)) == len(self.rdatas):
            return self.ttls.count(self.ttl) != len(self.ttls)
        seen, kept, copies = set[bytes](), list[int](), list[tuple[int, int]]()
        for i, rdata in enumerate(self.rdatas):
            if rdata in seen:
                copies.append((self.ttls[i], self.positions[i]))
            else:
                seen.add(rdata)
                kept.append(i)
        self.duplicates = tuple(copies)
        self.rdatas = [self.rdatas[i] for i in kept]
        self.ttls = [self.ttls[i] for i in kept]
        self.positions = [self.positions[i] for i in kept]
        return True

    def __iter__(self) -> Iterator[tuple[bytes, int, int]]:
        """Give RDATA, TTL and position of each record."""
        return zip(self.rdatas, self.ttls, self.positions, strict=True)


Node = dict[int, Rrset]
"""All RRsets of one owner name by type number, in the order in which they first appear."""

Nodes = dict[bytes, Node]
"""Nodes by owner key."""

ADDRESSES = frozenset({rdtypes.A, rdtypes.AAAA})
DENIAL = frozenset({rdtypes.NSEC3, rdtypes.RRSIG})

SIGNED_AT_CUT = frozenset({rdtypes.DS, rdtypes.NSEC, rdtypes.NSEC3})
"""The types at a delegation that the zone answers for, and signs (RFC 4035 section 2.2)."""


class Collected(NamedTuple):
    """Records gathered into nodes: how many they were, the RRsets with copies or differing TTLs, and the last record.

    `last` is (owner, type, position), and `several` lists the RRsets of more than one record.
    """

    nodes: Nodes
    records: int
    repeated: list[tuple[bytes, int, Rrset]]
    last: tuple[bytes, int, int] | None
    several: list[tuple[bytes, int, Rrset]]


def collect(batches: Iterable[Iterable[Record]]) -> Collected:
    """Gather records, as `Reader.batches` gives them, into nodes."""
    nodes: Nodes = {}
    last, node, count = None, Node(), 0
    several: list[tuple[bytes, int, Rrset]] = []
    owner, rdtype, position = b"", 0, 0
    for batch in batches:
        for owner, rdtype, ttl, rdata, position in batch:
            count += 1
            if owner != last:
                last = owner
                known = nodes.get(owner)
                if known is None:
                    node = nodes[owner] = {}
                else:
                    node = known
            rrset = node.get(rdtype)
            if rrset is None:
                node[rdtype] = Rrset(ttl, rdata, position)
                continue
            if len(rrset.rdatas) == 1:
                several.append((owner, rdtype, rrset))
            rrset.rdatas.append(rdata)
            rrset.ttls.append(ttl)
            rrset.positions.append(position)
    repeated = [entry for entry in several if entry[2].settle()]
    return Collected(nodes, count, repeated, (owner, rdtype, position) if count else None, several)


def is_cut(owner: bytes, apex: bytes, node: Node) -> bool:
    """Tell whether a node delegates: NS below the apex (RFC 4035 section 2.2, RFC 1034 section 4.2)."""
    return rdtypes.NS in node and owner != apex
