"""What every part of a zone must know of its apex before it can be judged."""

from __future__ import annotations

from dataclasses import dataclass

from zonelint.source import rdtypes
from zonelint.zone.model import Node


@dataclass(frozen=True, slots=True)
class Context:
    """The facts of the apex that the parts of a zone are judged by, and the reference times.

    `soa` holds the TTL and the minimum of the SOA in seconds, `keys` the RDATA of the DNSKEY RRset in wire form,
    `nsec3` salt and iterations of the chain to hash for, `at` the reference times in seconds since 1970. `lifetime` is
    the longest validity of a signature, and `horizon` how long before its end it is said to expire soon, in seconds.
    """

    apex: bytes
    rdclass: int = 1
    soa: tuple[int, int] | None = None
    keys: tuple[bytes, ...] = ()
    nsec3: tuple[bytes, int] | None = None
    at: tuple[int, ...] = ()
    horizon: int = 0
    lifetime: int = 0
    digest: bool = False

    @property
    def denial_ttl(self) -> int | None:
        """The TTL that NSEC and NSEC3 records must have (RFC 9077 section 3.1)."""
        return min(self.soa) if self.soa else None

    def apex_facts(self) -> tuple[object, ...]:
        """Give what was taken from the apex, to compare a guess with the truth."""
        return self.soa, self.keys, self.nsec3


ITERATIONS = 500
"""Iterations up to which a chain is hashed; no validator goes as far (RFC 9276 section 3.2)."""


def is_affordable(params: bytes) -> bool:
    """Tell whether names can be hashed with the iterations in NSEC3PARAM RDATA in reasonable time."""
    return int.from_bytes(params[2:4], "big") <= ITERATIONS


def facts_of(apex: Node) -> tuple[tuple[int, int] | None, tuple[bytes, ...], tuple[bytes, int] | None]:
    """Take the facts of `Context` from the node of the apex: SOA, keys in sorted order, NSEC3 parameters.

    Of several NSEC3PARAM the first with SHA-1 and affordable iterations in sorted order counts.
    """
    soa = apex.get(rdtypes.SOA)
    keys = apex.get(rdtypes.DNSKEY)
    params = apex.get(rdtypes.NSEC3PARAM)
    usable = [p for p in sorted(params.rdatas) if p[0] == 1 and is_affordable(p)] if params else []
    return (
        (soa.ttl, int.from_bytes(soa.rdatas[0][-4:], "big")) if soa else None,
        tuple(sorted(keys.rdatas)) if keys else (),
        (usable[0][5:], int.from_bytes(usable[0][2:4], "big")) if usable else None,
    )
