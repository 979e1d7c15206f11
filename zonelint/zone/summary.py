"""What is left of one part of a zone after it was scanned: all that the whole needs to know of it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.findings import Finding
from zonelint.zone.model import Node

Kind = tuple[tuple[int, ...], tuple[int, ...]]
"""The types at a name in the order in which they first appear, and the types that its RRSIGs cover."""


OUTSIDE = b"\0"
"""In the place of a target: beside name servers in the zone, a delegation has some that are not. No name is like it."""


class Target(NamedTuple):
    """A name of the zone that a record points at; `OUTSIDE` tells that others of its RRset lie outside.

    `priority` is that of an SVCB or HTTPS record, 0 for an alias.
    """

    owner: bytes
    rdtype: int
    name: bytes
    position: int
    priority: int = 0


@dataclass(slots=True)
class Special:
    """Records with addresses of one special range: how many, and the first one in the order of names."""

    records: int
    position: int
    owner: bytes
    rdtype: int

    def beside(self, other: Special | None) -> Special:
        """Count these and others together."""
        if other is None:
            return self
        first = min(self, other, key=lambda each: (each.owner, each.position))
        return Special(self.records + other.records, first.position, first.owner, first.rdtype)


class Hashed(NamedTuple):
    """An NSEC3 record: the hash it stands for, its fields, its bitmap and its position.

    `hash` is None where the owner name is not a hash directly below the apex.
    """

    hash: bytes | None
    owner: bytes
    params: bytes
    flags: int
    following: bytes
    bitmap: bytes
    ttl: int
    position: int


class Link(NamedTuple):
    """An NSEC record: its owner, the next name (key), its position and the octets of its RDATA."""

    owner: bytes
    following: bytes
    position: int
    octets: int = 0


class Referral(NamedTuple):
    """The answer that refers to a delegation: the octets of it that are known where the delegation stands.

    `targets` are the name servers in the delegated zone, whose addresses come with the answer (RFC 9471 section 3.1),
    and `proven` tells that the records are there which prove that it has a DS, or has none. `most` is a guess at the
    whole, made in a hurry, that is rarely exceeded.
    """

    owner: bytes
    octets: int
    targets: tuple[bytes, ...]
    proven: bool
    most: int
    position: int


@dataclass(slots=True)
class Summary:
    """One scanned part. The lists `names`, `kinds` run side by side; `kinds` holds indexes of `kind_table`.

    `positions` holds, name after name, the position of the first record of each type of its kind. `hashes` are the
    NSEC3 hashes of the names, 20 octets each, where the context asked for them. `unsigned` lists the RRsets without
    a valid signature by (owner, type, position, whether the name has no RRSIG), `incomplete` those that lack one of
    an algorithm (number added), and `lapsed` those with signatures of which none is valid. `uses` counts valid
    signatures by (key number, covers DNSKEY), `claims` the others. `expirations`, `span` and `first` say when the
    valid ones expire (`zonelint.dnssec.verify.Expiry`). `referrals` holds the largest referral and those that may be
    too large, `crowded` the octets of addresses beyond the first of each type, by owner. `special` counts addresses by
    the range that they lie in. `marks` are offsets at which comments may suppress something (`marks_in` in
    `zonelint.source.split`). `findings` carry the owner key of the node they belong to, None for faults of the text.
    `digest` is the sum of the digests of the RRsets that count as content, `made_digest` that of those a signer makes.
    """

    files: list[str] = field(default_factory=list)
    records: int = 0
    signatures: int = 0
    names: list[bytes] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    kind_table: list[Kind] = field(default_factory=list)
    positions: array[int] = field(default_factory=lambda: array("Q"))
    hashes: bytes = b""
    links: list[Link] = field(default_factory=list)
    hashed: list[Hashed] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    unsigned: list[tuple[bytes, int, int, bool]] = field(default_factory=list)
    incomplete: list[tuple[bytes, int, int, int]] = field(default_factory=list)
    lapsed: list[tuple[bytes, int]] = field(default_factory=list)
    special: dict[str, Special] = field(default_factory=dict)
    findings: list[tuple[bytes | None, Finding]] = field(default_factory=list)
    uses: dict[tuple[int, bool], int] = field(default_factory=dict)
    claims: dict[tuple[int, bool], int] = field(default_factory=dict)
    referrals: list[Referral] = field(default_factory=list)
    crowded: dict[bytes, int] = field(default_factory=dict)
    apex: Node = field(default_factory=dict)
    expirations: dict[int, int] = field(default_factory=dict)
    span: tuple[int, int] | None = None
    first: tuple[int, bytes, int] | None = None
    digest: int = 0
    made_digest: int = 0
    unclosed: bool = False
    wants_ttl: bool = False
    carried: tuple[bytes | None, int | None] = (None, None)
    last_ttl: int | None = None
    last: tuple[bytes, int, int] | None = None
    marks: list[int] = field(default_factory=list)


def move(summary: Summary, to: Callable[[int], int]) -> None:
    """Change every position in a summary to what `to` gives for it; those in findings stay."""
    for rrset in summary.apex.values():
        rrset.positions = [to(position) for position in rrset.positions]
    summary.positions = array("Q", map(to, summary.positions))
    summary.marks = [to(mark) for mark in summary.marks]
    if summary.links:
        summary.links = [link._replace(position=to(link.position)) for link in summary.links]
    if summary.hashed:
        summary.hashed = [Hashed(*record[:-1], to(record.position)) for record in summary.hashed]
    if summary.targets:
        summary.targets = [target._replace(position=to(target.position)) for target in summary.targets]
    if summary.referrals:
        summary.referrals = [Referral(*referral[:-1], to(referral.position)) for referral in summary.referrals]
    for some in summary.special.values():
        some.position = to(some.position)
    if summary.unsigned:
        summary.unsigned = [(owner, rdtype, to(position), bare) for owner, rdtype, position, bare in summary.unsigned]
    if summary.incomplete:
        summary.incomplete = [
            (owner, rdtype, to(position), missing) for owner, rdtype, position, missing in summary.incomplete
        ]
    if summary.last:
        summary.last = *summary.last[:2], to(summary.last[2])
