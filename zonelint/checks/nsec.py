"""The NSEC chain: a record for each name, in a closed ring, each with the right types (RFC 4034 section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, types_text, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import text_from_key
from zonelint.source.rdata import bitmap_types
from zonelint.source.rdtypes import DS, NS, NSEC, NSEC3, RRSIG, SOA
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import Node, is_cut
from zonelint.zone.summary import Link

_AT_CUT = frozenset({NS, DS})
_ALWAYS = frozenset({NSEC, RRSIG})
_NXNAME = 128
_NOTHING = _ALWAYS | {_NXNAME}


def bitmap_fault(octets: bytes, right: frozenset[int]) -> str | None:
    """Say how a type bitmap differs from the types it should have; None if it does not."""
    listed = bitmap_types(octets)
    if listed is None:
        return "is malformed"
    faults = []
    if missing := right.difference(listed):
        faults.append(f"lacks {types_text(missing)}")
    if extra := frozenset(listed) - right:
        faults.append(f"lists {types_text(extra)}, which the name does not have")
    return " and ".join(faults) or None


def is_compact(link: Link) -> bool:
    r"""Tell whether an NSEC record denies only its own name's other types: the next name is `\000` below it."""
    return link.following == link.owner + b"\1\1\0"


def _bitmap_start(rdata: bytes) -> int:
    at = 0
    while rdata[at]:
        at += rdata[at] + 1
    return at + 1


_memo: dict[tuple[frozenset[int], bytes], str | None] = {}


@node_check("nsec-bitmap-wrong", "nsec-ttl-wrong", "nsec-multiple", types=[NSEC])
def check_record(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """One NSEC a name, with the types of the name (RFC 4034 section 4.1.2) and the right TTL (RFC 9077)."""
    rrset, name = node[NSEC], text_from_key
    if len(rrset.rdatas) > 1:
        message = f"{name(owner)} has {len(rrset.rdatas)} NSEC records"
        yield found("nsec-multiple", message, scan.place(rrset.positions[1]), owner, NSEC)
    if not scan.context.keys:
        return  # signatures-without-dnskey says all there is to say
    types = frozenset(node)
    right = (types & _AT_CUT if is_cut(owner, scan.context.apex, node) else types - {NSEC3}) | _ALWAYS
    rdata = rrset.rdatas[0]
    octets = rdata[_bitmap_start(rdata) :]
    if (right, octets) not in _memo:
        if len(_memo) > 1 << 12:
            _memo.clear()
        # RFC 9824 section 2: what stands for a name that does not exist says so by the bit of NXNAME
        nothing = right == _ALWAYS and bitmap_fault(octets, _NOTHING) is None
        _memo[right, octets] = None if nothing else bitmap_fault(octets, right)
    if fault := _memo[right, octets]:
        place = scan.place(rrset.positions[0], 1)
        yield found("nsec-bitmap-wrong", f"the type bitmap of {name(owner)} {fault}", place, owner, NSEC)
    ttl = scan.context.denial_ttl
    if ttl is not None and rrset.ttl != ttl:
        message = f"TTL is {rrset.ttl}, the lower of SOA TTL and SOA minimum is {ttl}"
        yield found("nsec-ttl-wrong", message, scan.place(rrset.positions[0], Field.ttl), owner, NSEC)


@zone_check("nsec-missing", "nsec-next-wrong", "nsec-chain-open", "nsec-unexpected", "denial-missing")
def check_chain(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """The records make one ring over all authoritative names and delegations (RFC 4034 section 4.1.1)."""
    apex = index.context.apex
    if not inputs.keys or not index.signatures:
        return
    if not index.links:
        if not index.hashed:
            message = "the zone is signed and has neither NSEC nor NSEC3: no answer can be denied"
            yield found("denial-missing", message, index.apex_place(SOA), apex)
        return
    if all(map(is_compact, index.links)):
        return  # nsec-compact-denial says that no chain is meant
    if index.hashed and 2 * len(index.links) < len(index.names):
        return  # stray records in a zone with NSEC3, which nsec-beside-nsec3 reports
    links = {owner: list(group) for owner, group in groupby(index.links, key=lambda link: link.owner)}
    bare = [NSEC in facts.types and facts.types <= _ALWAYS for facts in index.facts]
    expected, lonely = list[bytes](), set[bytes]()
    for at, key in enumerate(index.names):
        if index.statuses[at] > Status.cut:
            if key in links:
                yield _unexpected(index, links[key][0], "below a delegation or a DNAME")
        elif bare[index.kinds[at]]:
            if key in links:
                lonely.add(key)
                yield _unexpected(index, links[key][0], "at a name that has nothing else")
        else:
            expected.append(key)
    yield from _ring(index, expected, links, lonely)


def _unexpected(index: ZoneIndex, link: Link, where: str) -> Finding:
    message = f"NSEC at {text_from_key(link.owner)}, {where}"
    return found("nsec-unexpected", message, index.place(link.position, Field.owner), link.owner, NSEC)


def _ring(
    index: ZoneIndex, expected: list[bytes], links: dict[bytes, list[Link]], lonely: set[bytes]
) -> Iterator[Finding]:
    apex = index.context.apex
    for number, key in enumerate(expected):
        last = number + 1 == len(expected)
        following = apex if last else expected[number + 1]
        here = links.get(key)
        if here is None:
            at = index.find(key)
            place = index.place(index.position(at), Field.owner) if at is not None else None
            yield found("nsec-missing", f"{text_from_key(key)} has no NSEC", place, key, NSEC)
        elif not any(link.following == following or link.following in lonely for link in here):
            link = here[0]
            rule = "nsec-chain-open" if last else "nsec-next-wrong"
            message = f"the next name is {text_from_key(link.following)}, it should be {text_from_key(following)}"
            yield found(rule, message, index.place(link.position, 0), key, NSEC)
