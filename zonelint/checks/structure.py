"""What may stand where in a zone: apex, aliases, delegations, glue (RFC 1034, 2181, 6672, 9471)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, types_text, zone_check
from zonelint.findings import Field, Finding, Place
from zonelint.names import parent, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import CNAME, DNAME, DNSKEY, DS, KEY, NS, NSEC, RRSIG, SOA
from zonelint.zone.index import KindFacts, Status, ZoneIndex
from zonelint.zone.model import ADDRESSES, DENIAL, Node
from zonelint.zone.summary import OUTSIDE, Target

_BESIDE_CNAME = frozenset({CNAME, RRSIG, NSEC, KEY})
# what CNAME, DNAME, SOA and DNSKEY do at a cut have rules of their own
_AT_CUT = frozenset({NS, DS, NSEC, RRSIG, rdtypes.NSEC3, CNAME, DNAME, SOA, DNSKEY}) | ADDRESSES
_BELOW_CUT = ADDRESSES | {RRSIG, NSEC}
_TARGET_RULES = {NS: ("ns", 0), rdtypes.MX: ("mx", 1), rdtypes.SRV: ("srv", 3)}


@node_check("cname-and-other-data", "cname-multiple", types=[CNAME])
def check_cname(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """A CNAME stands alone (RFC 1034 section 3.6.2, RFC 2181 section 10.1), but for DNSSEC (RFC 4034 section 2.5)."""
    rrset, name = node[CNAME], text_from_key(owner)
    others = node.keys() - _BESIDE_CNAME
    if others:
        message = f"{name} has a CNAME and also {types_text(others)}"
        yield found("cname-and-other-data", message, scan.place(rrset.positions[0], Field.rdtype), owner, CNAME)
    if len(rrset.rdatas) > 1:
        place = scan.place(rrset.positions[1])
        yield found("cname-multiple", f"{name} has {len(rrset.rdatas)} CNAME records", place, owner, CNAME)


@node_check("dname-multiple", "dname-and-ns", types=[DNAME])
def check_dname(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """A DNAME is single (RFC 6672 section 2.4), and not where the zone delegates (section 2.3)."""
    rrset, name = node[DNAME], text_from_key(owner)
    if len(rrset.rdatas) > 1:
        place = scan.place(rrset.positions[1])
        yield found("dname-multiple", f"{name} has {len(rrset.rdatas)} DNAME records", place, owner, DNAME)
    if NS in node and owner != scan.context.apex:
        place = scan.place(rrset.positions[0], Field.rdtype)
        yield found("dname-and-ns", f"{name} has a DNAME and is delegated as well", place, owner, DNAME)


@node_check(
    "soa-multiple", "soa-below-apex", "ds-without-ns", "ds-at-apex", "dnskey-below-apex", types=[SOA, DS, DNSKEY]
)
def check_bound_to_apex(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """SOA and DNSKEY stand at the apex only (RFC 4034 section 2), DS at delegations only (RFC 4035 section 2.4)."""
    if NS in node and SOA not in node and DNSKEY not in node and owner != scan.context.apex:
        return ()  # a delegation, as most are that have one of the types
    return _bound_to_apex(owner, node, scan)


def _bound_to_apex(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    def at(rdtype: int, number: int = 0) -> Place:
        return scan.place(node[rdtype].positions[number], Field.rdtype)

    if owner == scan.context.apex:
        if SOA in node and len(node[SOA].rdatas) > 1:
            message = f"{text_from_key(owner)} has {len(node[SOA].rdatas)} SOA records"
            yield found("soa-multiple", message, at(SOA, 1), owner, SOA)
        if DS in node:
            message = f"DS at {text_from_key(owner)}, the apex: it belongs to the parent zone"
            yield found("ds-at-apex", message, at(DS), owner, DS)
        return
    for rdtype, rule in ((SOA, "soa-below-apex"), (DNSKEY, "dnskey-below-apex")):
        if rdtype in node:
            message = f"{rdtypes.type_name(rdtype)} at {text_from_key(owner)}, which is not the apex"
            yield found(rule, message, at(rdtype), owner, rdtype)
    if DS in node and NS not in node:
        message = f"DS at {text_from_key(owner)}, which is not delegated (no NS)"
        yield found("ds-without-ns", message, at(DS), owner, DS)


@zone_check("soa-missing", "apex-ns-missing")
def check_apex(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """The apex has an SOA (RFC 1035 section 5.2) and NS records (RFC 1034 section 4.2.1)."""
    apex = index.context.apex
    name = text_from_key(apex)
    if SOA not in index.apex:
        yield found("soa-missing", f"no SOA record at {name}", Place(index.files.names[0], 0, 0), apex, SOA)
    elif NS not in index.apex:
        yield found("apex-ns-missing", f"no NS record at {name}", index.apex_place(SOA), apex, NS)


@zone_check("data-below-cut", "data-below-dname")
def check_occluded(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Data below a delegation or a DNAME is never served (RFC 1034 section 4.2.1, RFC 6672 section 2.4)."""
    stray: dict[int, list[frozenset[int]]] = {
        Status.cut: [facts.types - _AT_CUT for facts in index.facts],
        Status.below_cut: [facts.types - _BELOW_CUT for facts in index.facts],
        Status.below_dname: [facts.types - DENIAL for facts in index.facts],
    }
    if not any(status and stray[status][kind] for status, kind in index.standings):
        return
    for at, (status, kind) in enumerate(zip(index.statuses, index.kinds, strict=True)):
        if not status or not (types := stray[status][kind]):
            continue
        key = index.names[at]
        if status == Status.below_dname:
            above = parent(key)
            while DNAME not in _types_at(index, above):
                above = parent(above)
            message = f"{text_from_key(key)} lies below the DNAME {text_from_key(above)}"
            yield found("data-below-dname", message, index.place(index.position(at)), key)
            continue
        for rdtype in sorted(types):
            place = index.place(index.position(at, rdtype), Field.rdtype)
            where = "at" if status == Status.cut else "below"
            cut = text_from_key(index.cut_above(key) or b"")
            what = f"{text_from_key(key)} {rdtypes.type_name(rdtype)}"
            message = f"{what} is {where} the delegation {cut} and never served"
            yield found("data-below-cut", message, place, key, rdtype)


def _types_at(index: ZoneIndex, key: bytes) -> frozenset[int]:
    at = index.find(key)
    return frozenset() if at is None else index.facts[index.kinds[at]].types


@zone_check(
    "glue-missing", "ns-target-is-cname", "ns-target-missing", "mx-target-is-cname", "mx-target-missing",
    "srv-target-is-cname", "srv-target-missing",
)  # fmt: skip
def check_targets(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """What NS, MX and SRV of this zone point at in this zone has an address of its own (RFC 2181 section 10.3)."""
    for target in index.targets:
        if target.rdtype not in _TARGET_RULES or target.name in (b"", OUTSIDE):
            continue
        status = index.status_of(target.owner)
        if status > Status.cut or (target.rdtype != NS and status is Status.cut):
            continue
        cut = index.cut_above(target.name)
        if cut is None:
            yield from _judge_target(index, target)
        elif cut == target.owner and target.rdtype == NS and not _types_at(index, target.name) & ADDRESSES:
            name = text_from_key(target.name)
            message = f"{name} lies at or below {text_from_key(cut)}, which it serves, and has no address here"
            place = index.place(target.position, 0)
            yield found("glue-missing", message, place, target.owner, NS, name)


def _judge_target(index: ZoneIndex, target: Target) -> Iterator[Finding]:
    at = index.find(target.name)
    facts: KindFacts | None = None if at is None else index.facts[index.kinds[at]]
    renamed = index.status_of(target.name) is Status.below_dname
    if at is None and not renamed and not index.exists(target.name):
        facts = index.wildcard_for(target.name)
    aliased = renamed or (facts is not None and CNAME in facts.types)
    if facts and facts.has_address and not aliased:
        return
    if aliased:
        state = "lies below a DNAME" if renamed else "is a CNAME"
    else:
        state = "has no A or AAAA record" if facts else "does not exist in this zone"
    prefix, field = _TARGET_RULES[target.rdtype]
    rule = f"{prefix}-target-is-cname" if aliased else f"{prefix}-target-missing"
    name = text_from_key(target.name)
    message = f"{rdtypes.type_name(target.rdtype)} points at {name}, which {state}"
    yield found(rule, message, index.place(target.position, field), target.owner, target.rdtype, name)
