"""ZONEMD: the digest over all of a zone (RFC 8976). The digest itself is computed by `zonelint.engine.zonemd`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from zonelint.checks.cds import below_apex
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdtypes import SOA, ZONEMD
from zonelint.zone.index import ZoneIndex

SIMPLE = 1
OCTETS = {1: 48, 2: 64}
"""The hash algorithms that can be computed, and the octets of their digests (RFC 8976 section 2.2.3)."""

_NAMES = {1: "SHA-384", 2: "SHA-512"}
_SHORTEST = 12


@zone_check("zonemd-below-apex")
def check_place(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """A ZONEMD counts at the apex only (RFC 8976 section 2)."""
    for owner, place in below_apex(index, ZONEMD):
        message = f"ZONEMD at {text_from_key(owner)}, which is not the apex: it is data like any other"
        yield found("zonemd-below-apex", message, place, owner, ZONEMD)


def _say(index: ZoneIndex, rule: str, number: int, message: str, field: int) -> Finding:
    rdata = index.apex[ZONEMD].rdatas[number]
    place = index.apex_place(ZONEMD, number, field)
    return found(rule, message, place, index.context.apex, ZONEMD, f"{rdata[4]}/{rdata[5]}")


@zone_check(
    "zonemd-digest-wrong", "zonemd-serial-differs", "zonemd-scheme-unknown", "zonemd-multiple",
    "zonemd-digest-length-wrong",
)  # fmt: skip
def check_zonemd(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Each record is one of its kind, for this serial, and its digest is that of the zone (RFC 8976 section 4)."""
    rrset, soa = index.apex.get(ZONEMD), index.apex.get(SOA)
    if rrset is None or soa is None:
        return
    serial = int.from_bytes(soa.rdatas[0][-20:-16], "big")
    pairs = Counter((rdata[4], rdata[5]) for rdata in rrset.rdatas)
    for number, rdata in enumerate(rrset.rdatas):
        own, scheme, method, digest = int.from_bytes(rdata[:4], "big"), rdata[4], rdata[5], rdata[6:]
        right = OCTETS.get(method) if scheme == SIMPLE else None
        if own != serial:
            message = f"ZONEMD is for serial {own}, the SOA has {serial}"
            yield _say(index, "zonemd-serial-differs", number, message, 0)
        if pairs[scheme, method] > 1:
            message = f"{pairs[scheme, method]} ZONEMD records have scheme {scheme} and hash {method}: none counts"
            yield _say(index, "zonemd-multiple", number, message, 2)
        elif len(digest) < _SHORTEST or (right is not None and len(digest) != right):
            wanted = f"{right} are right for {_NAMES[method]}" if right else f"at least {_SHORTEST} must be there"
            message = f"ZONEMD digest of {len(digest)} octets, {wanted}"
            yield _say(index, "zonemd-digest-length-wrong", number, message, 3)
        elif right is None:
            message = f"ZONEMD with scheme {scheme} and hash {method}, which are not known: it was not verified"
            yield _say(index, "zonemd-scheme-unknown", number, message, 1 if scheme != SIMPLE else 2)
        elif own == serial:
            yield from _judge(index, inputs, number, method, digest)


def _judge(index: ZoneIndex, inputs: Inputs, number: int, method: int, digest: bytes) -> Iterator[Finding]:
    true = (inputs.zone_digests or {}).get(method)
    if true is None or true == digest:
        return
    if not any(digest):
        message = f"ZONEMD digest is all zeros, a placeholder; {_NAMES[method]} over the zone is {true.hex()[:16]}..."
    else:
        message = f"ZONEMD digest is {digest.hex()[:16]}..., {_NAMES[method]} over the zone is {true.hex()[:16]}..."
    yield _say(index, "zonemd-digest-wrong", number, message, 3)
