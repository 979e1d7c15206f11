"""Delegations against the zones that they lead to: name servers, glue and DS (RFC 1034 section 4.2.2, RFC 4035)."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.checks.ds import matches
from zonelint.checks.inputs import Child, Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.findings import Finding
from zonelint.keys.dsfiles import DsRecord
from zonelint.names import key_from_wire, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import AAAA, DS, NS, SOA, A
from zonelint.zone.index import Status, ZoneIndex


@zone_check("child-not-delegated", "child-ns-differ", "child-glue-differs", "child-ds-no-matching-key")
def check_children(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """What the zone says of a zone below it is what that zone says itself."""
    for child in inputs.children or ():
        if NS in child.above.get(child.apex, {}):
            yield from _servers(child)
            yield from _glue(child)
            yield from _signers(child)
        elif index.status_of(child.apex) is Status.authoritative:
            message = f"{child.file} is the zone {child.name}, and there is no NS record for it"
            yield found("child-not-delegated", message, index.apex_place(SOA), child.apex, NS)


def _servers(child: Child) -> Iterator[Finding]:
    rrset = child.above[child.apex][NS]
    here, there = (frozenset(map(key_from_wire, rdatas)) for rdatas in (rrset.rdatas, child.servers))
    if not there or here == there:
        return
    parts = [f"only {where}: {', '.join(sorted(map(text_from_key, names)))}"
             for where, names in (("here", here - there), (f"in {child.file}", there - here)) if names]  # fmt: skip
    message = f"the name servers of {child.name} differ; {'; '.join(parts)}"
    yield found("child-ns-differ", message, child.files.place(rrset.positions[0], 0), child.apex, NS)


def _glue(child: Child) -> Iterator[Finding]:
    servers = {key_from_wire(rdata) for rdata in child.above[child.apex][NS].rdatas}
    for owner in sorted(servers & child.above.keys()):
        if child.cuts and owner.startswith(child.cuts):
            continue
        for rdtype in (A, AAAA):
            rrset = child.above[owner].get(rdtype)
            there = child.addresses.get(owner, {}).get(rdtype, frozenset())
            if rrset is not None and frozenset(rrset.rdatas) != there:
                kind, name = rdtypes.type_name(rdtype), text_from_key(owner)
                state = "another" if there else "no"
                message = f"{name} has {state} {kind} record in {child.file}, the zone that answers for it"
                position = next((p for rdata, _, p in rrset if rdata not in there), rrset.positions[0])
                yield found("child-glue-differs", message, child.files.place(position, 0), owner, rdtype)


def _signers(child: Child) -> Iterator[Finding]:
    rrset = child.above[child.apex].get(DS)
    if rrset is None:
        return
    place = child.files.place(rrset.positions[0], None)
    records = [
        DsRecord(place, (place,) * 4, int.from_bytes(rdata[:2], "big"), rdata[2], rdata[3], rdata[4:])
        for rdata in rrset.rdatas
    ]
    if not child.keys:
        message = f"{child.name} has DS records here, and {child.file} has no DNSKEY"
    elif any(matches(ds, key, child.apex) is not False for ds in records for key in child.keys):
        return
    else:
        message = f"no DS record of {child.name} is the digest of a key in {child.file}"
    yield found("child-ds-no-matching-key", message, place, child.apex, DS)
