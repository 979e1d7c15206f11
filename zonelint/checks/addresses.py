"""Addresses that the Internet does not reach (RFC 6890), and addresses where a name belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from zonelint import catalogue
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import key_from_text, text_from_key
from zonelint.source.rdata import ipv4, ipv6
from zonelint.source.rdtypes import AAAA, A
from zonelint.zone.index import ZoneIndex
from zonelint.zone.model import Node, Rrset
from zonelint.zone.summary import Special

STARTS_4 = frozenset(
    [bytes((first, second)) for first in (0, 10, 127, *range(224, 256)) for second in range(256)]
    + [bytes((100, second)) for second in range(64, 128)]
    + [bytes((172, second)) for second in range(16, 32)]
    + [bytes(pair) for pair in ((169, 254), (192, 0), (192, 88), (192, 168), (198, 18), (198, 19), (198, 51), (203, 0))]
)
"""What special IPv4 addresses begin with: no other needs a look at the table."""

STARTS_6 = frozenset(
    [bytes((first, second)) for first in (0xFC, 0xFD, 0xFE, 0xFF) for second in range(256)]
    + [bytes.fromhex(start) for start in ("0000", "0064", "0100", "2001", "2002", "3fff", "5f00")]
)
"""The same for IPv6."""

_FOUR_NUMBERS = re.compile(rb"(?:[0-9]{1,3}\0){4}")


class Range(NamedTuple):
    """A row of the table: the rule for its addresses, empty if they are in order; how it is written; its name."""

    rule: str
    block: str
    name: str


@cache
def ranges() -> dict[int, list[tuple[int, int, Range]]]:
    """Give by octets of the address (4, 16): mask, network and row, the longest prefixes first."""
    table: dict[int, list[tuple[int, int, Range]]] = {4: [], 16: []}
    for row in catalogue.table("special-addresses")["ranges"]:
        address, _, length = row["block"].partition("/")
        octets = (ipv6 if ":" in address else ipv4)(address.encode())
        bits = len(octets) * 8
        mask = (1 << bits) - (1 << bits - int(length))
        entry = mask, int.from_bytes(octets, "big"), Range(row["rule"] or "", row["block"], row["name"])
        table[len(octets)].append(entry)
    for rows in table.values():
        rows.sort(key=lambda row: -row[0])
    return table


@cache
def _names(use: str) -> tuple[bytes, ...]:
    """Give the keys of the special names of one use (RFC 6761)."""
    rows = catalogue.table("special-names")["names"]
    return tuple(key_from_text(row["name"]) for row in rows if row["use"] == use)


@cache
def _near(start: bytes, octets: int) -> list[tuple[int, int, Range]]:
    """Give the rows that addresses of so many octets with the same first two can fall under."""
    bits = octets * 8 - 16
    first = int.from_bytes(start, "big") << bits
    last = first | (1 << bits) - 1
    return [row for row in ranges()[octets] if first & row[0] == row[1] or first <= row[1] <= last]


def range_of(address: bytes) -> Range | None:
    """Give the row that an address of 4 or 16 octets falls under, the narrowest one; None for ordinary addresses."""
    number = int.from_bytes(address, "big")
    for mask, network, row in _near(address[:2], len(address)):
        if number & mask == network:
            return row
    return None


def _count(owner: bytes, rdtype: int, rrset: Rrset, starts: frozenset[bytes], scan: Scan) -> None:
    if scan.context.rdclass != 1 or owner.startswith(_names("documentation")):
        return
    special = scan.special
    for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
        row = range_of(rdata) if rdata[:2] in starts else None
        # a name localhost has this address by custom (RFC 1912 section 4.1)
        if row is None or not row.rule or (row.name == "Loopback" and owner.endswith(b"localhost\0")):
            continue
        if row.rule == "address-not-global" and owner.startswith(_names("local")):
            continue
        known = special.get(row.block)
        if known is None:
            special[row.block] = Special(1, position, owner, rdtype)
        else:
            known.records += 1
            if owner < known.owner or (owner == known.owner and position < known.position):
                known.position, known.owner, known.rdtype = position, owner, rdtype


@node_check("owner-like-address", types=[A])
def check_four(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """Count the special ones among IPv4 addresses, and look for owners that are addresses themselves."""
    rrset, begin = node[A], len(scan.context.apex)
    for rdata in rrset.rdatas:
        if rdata[:2] in STARTS_4:
            _count(owner, A, rrset, STARTS_4, scan)
            break
    return _judge_owner(owner, rrset, scan) if owner[begin : begin + 1].isdigit() else ()


def _judge_owner(owner: bytes, rrset: Rrset, scan: Scan) -> Iterator[Finding]:
    """An owner of four numbers is an address typed as a name, unless it is looked up so (RFC 5782 section 2.1)."""
    if not _FOUR_NUMBERS.fullmatch(owner, len(scan.context.apex)) or owner.startswith(b"arpa\0"):
        return
    numbers = [int(number) for number in owner.split(b"\0")[-5:-1]]
    written = [bytes(numbers), bytes(numbers[::-1])] if max(numbers) < 256 else []
    # block lists answer with 127.0.0.x, and providers name hosts after their addresses
    if all(rdata[0] == 127 or rdata in written for rdata in rrset.rdatas):
        return
    message = f"{text_from_key(owner)} looks like an address to which the zone's name was added"
    yield found("owner-like-address", message, scan.place(rrset.positions[0], Field.owner), owner, A)


@node_check(types=[AAAA])
def check_six(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """Count the special ones among IPv6 addresses."""
    rrset = node[AAAA]
    for rdata in rrset.rdatas:
        if rdata[:2] in STARTS_6:
            _count(owner, AAAA, rrset, STARTS_6, scan)
            break
    return ()


@zone_check("address-not-global", "address-unusable")
def check_addresses(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Addresses are ones that the Internet reaches (RFC 6890 sections 2.2.2 and 2.2.3); one finding for a range."""
    if not index.special:
        return
    rows = {row.block: row for table in ranges().values() for _, _, row in table}
    for block, first in index.special.items():
        row = rows[block]
        more = f"; in all {first.records} records have one" if first.records > 1 else ""
        message = f"{text_from_key(first.owner)} has an address of {block} ({row.name}){more}"
        yield found(row.rule, message, index.place(first.position, 0), first.owner, first.rdtype, block)
