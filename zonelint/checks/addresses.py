"""Addresses that the Internet does not reach, by the registries of RFC 6890 (see rules/tables)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from zonelint import catalogue
from zonelint.checks.registry import Scan, found, node_check
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdata import ipv4, ipv6
from zonelint.source.rdtypes import AAAA, A
from zonelint.zone.model import Node

STARTS_4 = frozenset(
    [bytes((first, second)) for first in (0, 10, 127, *range(224, 256)) for second in range(256)]
    + [bytes((100, second)) for second in range(64, 128)]
    + [bytes((172, second)) for second in range(16, 32)]
    + [bytes(pair) for pair in ((169, 254), (192, 0), (192, 88), (192, 168), (198, 18), (198, 19), (198, 51), (203, 0))]
)
"""What special IPv4 addresses begin with: no other needs a look at the table."""

STARTS_6 = frozenset(
    [first << 8 | second for first in (0x01, 0xFC, 0xFD, 0xFE, 0xFF) for second in range(256)]
    + [0x0000, 0x0064, 0x2001, 0x2002, 0x3FFF, 0x5F00]
)
"""The same for IPv6, as numbers of 16 bits."""

_HERE = (
    b"test\0", b"example\0", b"invalid\0", b"localhost\0", b"com\0example\0", b"net\0example\0", b"org\0example\0",
    b"arpa\0in-addr\x00192\x000\x002\0", b"arpa\0in-addr\x00198\x0051\x00100\0",
    b"arpa\0in-addr\x00203\x000\x00113\0", b"arpa\0ip6\x002\x000\x000\x001\x000\0d\0b\x008\0",
)  # fmt: skip
"""Names for tests and documentation (RFC 2606 sections 2 and 3, RFC 5737, RFC 3849): any address may stand there."""

_LOCAL = (b"internal\0", b"local\0", b"arpa\0home\0")
"""Names that the Internet does not know (RFC 6762 section 3, RFC 8375, the reservation of internal by ICANN)."""


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


def range_of(address: bytes) -> Range | None:
    """Give the row that an address of 4 or 16 octets falls under, the narrowest one; None for ordinary addresses."""
    number = int.from_bytes(address, "big")
    return next((row for mask, network, row in ranges()[len(address)] if number & mask == network), None)


def _judge(owner: bytes, rdtype: int, rdatas: list[tuple[bytes, int]], scan: Scan) -> Iterator[Finding]:
    apex = scan.context.apex
    if scan.context.rdclass != 1 or owner.startswith(_HERE):
        return
    for rdata, position in rdatas:
        row = range_of(rdata)
        # a name localhost has this address by custom (RFC 1912 section 4.1)
        if row is None or not row.rule or (owner.endswith(b"localhost\0") and row.name == "Loopback"):
            continue
        if row.rule == "address-not-global" and apex.startswith(_LOCAL):
            continue
        message = f"{text_from_key(owner)} has an address of {row.block} ({row.name})"
        yield found(row.rule, message, scan.place(position, 0), owner, rdtype, row.block)


@node_check("address-not-global", "address-unusable", types=[A])
def check_four(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """IPv4 addresses are ones that the Internet reaches (RFC 6890 section 2.2.2)."""
    rrset = node[A]
    hits = [pair for pair in zip(rrset.rdatas, rrset.positions, strict=True) if pair[0][:2] in STARTS_4]
    if hits:
        yield from _judge(owner, A, hits, scan)


@node_check("address-not-global", "address-unusable", types=[AAAA])
def check_six(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """IPv6 addresses are ones that the Internet reaches (RFC 6890 section 2.2.3)."""
    rrset = node[AAAA]
    hits = [
        pair for pair in zip(rrset.rdatas, rrset.positions, strict=True)
        if pair[0][0] << 8 | pair[0][1] in STARTS_6
    ]  # fmt: skip
    if hits:
        yield from _judge(owner, AAAA, hits, scan)
