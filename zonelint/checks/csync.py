"""CSYNC: which records of the delegation the parent is to copy from the zone (RFC 7477)."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.checks.cds import below_apex
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, types_text, zone_check
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source.rdata import bitmap_types
from zonelint.source.rdtypes import AAAA, NS, SOA, TYPES, A
from zonelint.times import serial_less
from zonelint.zone.index import ZoneIndex

CSYNC = TYPES["CSYNC"]
_SOA_MINIMUM, _KNOWN_FLAGS = 2, 3
_COPIED = frozenset({NS, A, AAAA})


@zone_check("csync-below-apex", "csync-multiple", "csync-in-unsigned-zone")
def check_csync_place(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """One CSYNC, at the apex of a signed zone (RFC 7477 sections 2 and 3)."""
    for owner, place in below_apex(index, CSYNC) if inputs.keys else ():
        message = f"CSYNC at {text_from_key(owner)}, which is not the apex: no parent looks there"
        yield found("csync-below-apex", message, place, owner, CSYNC)
    rrset, apex = index.apex.get(CSYNC), index.context.apex
    if rrset is None:
        return
    if len(rrset.rdatas) > 1:
        message = f"{len(rrset.rdatas)} CSYNC records, there may be one: a parent uses none of them"
        yield found("csync-multiple", message, index.apex_place(CSYNC, 1), apex, CSYNC)
    if not inputs.keys:
        message = "CSYNC in a zone without DNSKEY: a parent acts on signed records only"
        yield found("csync-in-unsigned-zone", message, index.apex_place(CSYNC), apex, CSYNC)


@zone_check("csync-flags-unknown", "csync-serial-ahead", "csync-types-unsupported", "csync-types-absent")
def check_csync_fields(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Flags, serial and types are ones that a parent can act on (RFC 7477 sections 2.1.1 and 3.2)."""
    rrset, soa, apex = index.apex.get(CSYNC), index.apex.get(SOA), index.context.apex
    if rrset is None or soa is None:
        return
    serial = int.from_bytes(soa.rdatas[0][-20:-16], "big")
    for number, rdata in enumerate(rrset.rdatas):
        asked, flags = int.from_bytes(rdata[:4], "big"), int.from_bytes(rdata[4:6], "big")
        if flags & ~_KNOWN_FLAGS:
            message = f"CSYNC flags {flags}: only 1 (immediate) and 2 (soaminimum) are defined"
            yield found("csync-flags-unknown", message, index.apex_place(CSYNC, number, 1), apex, CSYNC)
        if flags & _SOA_MINIMUM and serial_less(serial, asked):
            message = f"CSYNC waits for serial {asked}, the SOA has {serial}"
            yield found("csync-serial-ahead", message, index.apex_place(CSYNC, number, 0), apex, CSYNC)
        types = frozenset(bitmap_types(rdata[6:]) or ())
        place = index.apex_place(CSYNC, number, 2)
        if types - _COPIED:
            message = f"CSYNC names {types_text(types - _COPIED)}: only NS, A and AAAA are copied"
            yield found("csync-types-unsupported", message, place, apex, CSYNC)
        if absent := sorted(types & _COPIED - _there(index)):
            message = f"CSYNC names {types_text(absent)}, and no name server within the zone has that"
            yield found("csync-types-absent", message, place, apex, CSYNC, types_text(absent))


def _there(index: ZoneIndex) -> frozenset[int]:
    """Give the types that the apex and its name servers within the zone have."""
    types = frozenset(index.apex) & {NS}
    for target in index.targets:
        if target.owner == index.context.apex and target.rdtype == NS:
            at = index.find(target.name)
            types |= index.facts[index.kinds[at]].types if at is not None else frozenset()
    return types
