"""Is the zone signed as a whole: what lacks signatures, and what has some that it should not have."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, types_text, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import DNSKEY, DS, NS, NSEC, NSEC3, RRSIG
from zonelint.zone.index import Status, ZoneIndex

_SIGNED_AT_CUT = frozenset({DS, NSEC, NSEC3})
_MADE = frozenset({RRSIG, NSEC, NSEC3})


@zone_check("signatures-without-dnskey", "dnskey-without-signatures")
def check_signed_at_all(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
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
    for owner, rdtype, position in index.unsigned:
        at = index.find(owner)
        status = index.status_of(owner)
        if status > Status.cut or status is Status.cut and rdtype not in _SIGNED_AT_CUT:
            continue
        name = text_from_key(owner)
        if at is not None and status is Status.authoritative and not index.facts[index.kinds[at]].covered:
            if owner != last:
                types = types_text(index.facts[index.kinds[at]].types)
                place = index.place(index.position(at), Field.owner)
                yield found("name-unsigned", f"{name} ({types}) has no signature at all", place, owner)
            last = owner
            continue
        message = f"{name} {rdtypes.type_name(rdtype)} has no signature by a key of the zone"
        yield found("rrset-unsigned", message, index.place(position, Field.rdtype), owner, rdtype)


@zone_check("algorithm-incomplete")
def check_algorithms(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Every algorithm of the DNSKEY RRset signs every RRset (RFC 4035 section 2.2, RFC 6840 section 5.11)."""
    used = {inputs.keys[use[0]].algorithm for use in index.uses}
    for owner, rdtype, position, algorithm in index.incomplete:
        if algorithm in used and index.status_of(owner) <= Status.cut:
            what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}"
            message = f"{what} has no valid signature of algorithm {algorithm}, which signs elsewhere in the zone"
            place = index.place(position, Field.rdtype)
            yield found("algorithm-incomplete", message, place, owner, rdtype, str(algorithm))


@zone_check("rrsig-over-glue", "rrsig-over-delegation")
def check_needless(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """A zone signs neither delegation NS nor anything below a cut (RFC 4035 section 2.2)."""
    if not index.signatures:
        return
    covered = [facts.covered for facts in index.facts]
    for name in index.walk():
        types = covered[index.kinds[name.at]]
        if not types or name.status is Status.authoritative or RRSIG not in name.facts.types:
            continue
        place = index.place(index.position(name.at, RRSIG), Field.rdtype)
        text = text_from_key(name.key)
        if name.status is Status.cut:
            if NS in types:
                message = f"the NS records of the delegation {text} are signed"
                yield found("rrsig-over-delegation", message, place, name.key, NS)
            types -= _SIGNED_AT_CUT | {NS}
        if types:
            message = f"{text} ({types_text(types)}) is signed, but the zone only delegates it or holds it as glue"
            yield found("rrsig-over-glue", message, place, name.key)
