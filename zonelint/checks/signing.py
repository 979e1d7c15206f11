"""Is the zone signed as a whole: what lacks signatures, and what has some that it should not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zonelint import catalogue
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, types_text, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import DNSKEY, DS, NS, NSEC, NSEC3, RRSIG, SOA
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import ADDRESSES, SIGNED_AT_CUT, Node

_MADE = frozenset({RRSIG, NSEC, NSEC3})
_DS_COVERED = DS.to_bytes(2, "big")


@zone_check("signatures-without-dnskey", "dnskey-without-signatures", "zone-unsigned")
def check_signed_at_all(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Keys and signatures come together (RFC 4035 section 2.1)."""
    apex = index.context.apex
    name = text_from_key(apex)
    if index.context.keys:
        if not index.signatures:
            place = index.apex_place(DNSKEY)
            yield found("dnskey-without-signatures", f"{name} has DNSKEY records and no RRSIG", place, apex, DNSKEY)
        return
    positions = [index.position(at, rdtype) for at, rdtype in _made_records(index)]
    positions += [record.position for record in index.hashed[:1]]
    if positions:
        message = f"the zone has {'signatures' if index.signatures else 'denial records'} and no DNSKEY at {name}"
        yield found("signatures-without-dnskey", message, index.place(min(positions), Field.rdtype), apex, DNSKEY)
    # asking the settings alone spares a run without any the reading of the catalogue
    elif catalogue.settings().get(("zone-unsigned", "required")) and not inputs.ds:
        message = f"{name} has neither DNSKEY nor RRSIG records: no signer has seen this zone"
        yield found("zone-unsigned", message, index.apex_place(SOA), apex)


def _made_records(index: ZoneIndex) -> Iterator[tuple[int, int]]:
    made = [sorted(facts.types & _MADE) for facts in index.facts]
    for at, kind in enumerate(index.kinds):
        for rdtype in made[kind]:
            yield at, rdtype


@zone_check("rrset-unsigned", "name-unsigned")
def check_unsigned(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Every authoritative RRset is signed (RFC 4035 section 2.2)."""
    if not index.signatures:
        return
    last = None
    for owner, rdtype, position, bare in index.unsigned:
        # the owner of an NSEC3 is the zone's own, whatever stands above it (RFC 5155 section 3)
        status = Status.authoritative if rdtype == NSEC3 else index.status_of(owner)
        if status > Status.cut or (status is Status.cut and rdtype not in SIGNED_AT_CUT):
            continue
        name = text_from_key(owner)
        if bare:
            if owner != last:
                at = index.find(owner)
                types = rdtypes.type_name(rdtype) if at is None else types_text(index.facts[index.kinds[at]].types)
                place = index.place(position if at is None else index.position(at), Field.owner)
                yield found("name-unsigned", f"{name} ({types}) has no signature at all", place, owner)
            last = owner
            continue
        message = f"{name} {rdtypes.type_name(rdtype)} has no signature by a key of the zone"
        yield found("rrset-unsigned", message, index.place(position, Field.rdtype), owner, rdtype)


@zone_check("algorithm-incomplete")
def check_algorithms(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Every algorithm of the DNSKEY RRset signs every RRset (RFC 4035 section 2.2, RFC 6840 section 5.11)."""
    used = {inputs.keys[number].algorithm for number in index.signing}
    for owner, rdtype, position, algorithm in index.incomplete:
        if algorithm in used and (rdtype == NSEC3 or index.status_of(owner) <= Status.cut):
            what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}"
            message = f"{what} has no valid signature of algorithm {algorithm}, which signs elsewhere in the zone"
            place = index.place(position, Field.rdtype)
            yield found("algorithm-incomplete", message, place, owner, rdtype, str(algorithm))


@node_check("rrsig-over-delegation", "rrsig-over-glue", types=[NS], beside=[RRSIG])
def check_cut(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """At a delegation DS and NSEC are signed, not the NS and no address (RFC 4035 section 2.2)."""
    rdatas = node[RRSIG].rdatas
    if (len(rdatas) == 1 and rdatas[0][:2] == _DS_COVERED) or owner == scan.context.apex:
        return ()  # as most are
    return _signed_at_cut(owner, node, scan)


def _signed_at_cut(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    for rdata, _, position in node[RRSIG]:
        covered = rdata[0] << 8 | rdata[1]
        if covered == NS:
            message = f"the NS records of the delegation {text_from_key(owner)} are signed"
            yield found("rrsig-over-delegation", message, scan.place(position, 0), owner, NS)
        elif covered in ADDRESSES:
            message = f"{text_from_key(owner)} {rdtypes.type_name(covered)} is signed, but it is glue"
            yield found("rrsig-over-glue", message, scan.place(position, 0), owner, covered)


@zone_check("rrsig-over-glue")
def check_glue(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """A zone signs nothing that lies below a delegation (RFC 4035 section 2.2)."""
    if not index.signatures:
        return
    covered = [facts.covered for facts in index.facts]
    if not any(status > Status.cut and covered[kind] for status, kind in index.standings):
        return
    for at, status in enumerate(index.statuses):
        if status <= Status.cut or not (types := covered[index.kinds[at]]):
            continue
        key, place = index.names[at], index.place(index.position(at, RRSIG), 0)
        message = f"{text_from_key(key)} ({types_text(types)}) is signed, but the zone does not answer for it"
        yield found("rrsig-over-glue", message, place, key)
