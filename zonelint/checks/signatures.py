"""RRSIG records: whether every RRset is signed, rightly, now, by every algorithm (RFC 4035 sections 2.2, 5.3)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from zonelint.checks.registry import Scan, found
from zonelint.dnssec.heads import Fault, Head
from zonelint.dnssec.verify import TRIES, Verifier
from zonelint.findings import Field, Finding
from zonelint.names import label_count, text_from_key
from zonelint.source import rdtypes
from zonelint.zone.model import SIGNED_AT_CUT, Node, Rrset
from zonelint.zone.summary import Summary

RULES = (
    *[fault.value for fault in Fault],
    "rrsig-expires-soon",
    "rrsig-validity-too-long",
    "rrsig-ttl-mismatch",
    "rrsig-invalid-beside-valid",
    "rrsig-over-rrsig",
    "rrsig-without-rrset",
    "ttl-outlives-signature",
)
_CARET = {
    Fault.signer_wrong: 7, Fault.key_unknown: 6, Fault.unverifiable: 1, Fault.labels_wrong: 2, Fault.inverted: 5,
    Fault.original_ttl: 3, Fault.expired: 4, Fault.early: 5, Fault.bogus: 8,
}  # fmt: skip


def stamp(seconds: int, near: int) -> str:
    """Write a 32-bit signature time as date and time in UTC, in the era that is nearest to `near`."""
    distance = (seconds - near + 2**31) % 2**32 - 2**31
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(near + distance))


def judge_node(
    owner: bytes, wire: bytes, node: Node, scan: Scan, verifier: Verifier, cut: int, summary: Summary
) -> tuple[int, ...]:
    """Judge all signatures of a node; fills the summary and gives the types that its RRSIGs cover.

    `cut` is 0 for an authoritative name, 1 at a zone cut, 2 below one, as far as this part of the zone shows.
    """
    covers: dict[int, list[int]] = {}
    rrsigs = node.get(rdtypes.RRSIG)
    if rrsigs is not None:
        for i, rdata in enumerate(rrsigs.rdatas):
            covered = rdata[0] << 8 | rdata[1]
            if covered in covers:
                covers[covered].append(i)
            else:
                covers[covered] = [i]
    every, labels = verifier.algorithms, label_count(owner)
    for rdtype, rrset in node.items():
        if rdtype == rdtypes.RRSIG:
            continue
        indexes = covers.get(rdtype)
        if rrsigs is None or indexes is None:
            if not cut or (cut == 1 and rdtype in SIGNED_AT_CUT):
                summary.unsigned.append((owner, rdtype, rrset.positions[0], rrsigs is None))
            continue
        rdatas = rrset.rdatas if len(rrset.rdatas) == 1 else sorted(rrset.rdatas)
        valid: set[int] = set()
        failed: list[tuple[int, Head, Fault]] = []
        lasting: list[Head] = []
        for i in indexes:
            head, fault = verifier.judge(wire, labels, rdtype, rrset.ttl, rdatas, rrsigs.rdatas[i])
            if fault is None:
                valid.add(head.algorithm)
                if len(indexes) == 1:
                    if head.alone is None or owner < head.alone:
                        head.alone = owner
                else:
                    lasting.append(head)
                if head.remarkable or rrsigs.ttls[i] != rrset.ttl:
                    summary.findings += [(owner, f) for f in _remarks(owner, rdtype, rrset, rrsigs, i, head, scan)]
            else:
                failed.append((i, head, fault))
        if failed:
            summary.findings += [(owner, f) for f in _failures(owner, rdtype, rrset, rrsigs, failed, valid, scan)]
            if not valid and all(fault is Fault.key_unknown for _, _, fault in failed):
                summary.unsigned.append((owner, rdtype, rrset.positions[0], False))
        if lasting:
            verifier.lasts(owner, rdtype, lasting)
        elif not valid:
            summary.lapsed.append((owner, rdtype))
        if valid and not valid >= every:
            lacking = every - valid - {head.algorithm for _, head, fault in failed if fault is not Fault.key_unknown}
            summary.incomplete += [(owner, rdtype, rrset.positions[0], missing) for missing in sorted(lacking)]
    if (rrsigs is not None and not node.keys() >= covers.keys()) or rdtypes.RRSIG in covers:
        summary.findings += [(owner, f) for f in _misplaced(owner, node, covers, rrsigs, scan)]
    return tuple(covers)


def _failures(
    owner: bytes,
    rdtype: int,
    rrset: Rrset,
    rrsigs: Rrset,
    failed: list[tuple[int, Head, Fault]],
    valid: set[int],
    scan: Scan,
) -> Iterator[Finding]:
    for i, head, fault in failed:
        beside = head.algorithm in valid and fault is not Fault.key_unknown
        rule = "rrsig-invalid-beside-valid" if beside else fault.value
        message = _reason(owner, rdtype, rrset, head, fault, scan)
        if beside:
            message += "; another signature of the same algorithm is valid"
        place = scan.place(rrsigs.positions[i], _CARET[fault])
        yield found(rule, message, place, owner, rdtype, str(head.tag))


def _reason(owner: bytes, rdtype: int, rrset: Rrset, head: Head, fault: Fault, scan: Scan) -> str:
    what = f"signature over {text_from_key(owner)} {rdtypes.type_name(rdtype)} by key {head.tag}"
    at, times = scan.context.at[0], scan.context.at
    match fault:
        case Fault.signer_wrong:
            return f"{what} names {text_from_key(head.signer)} as signer, not {text_from_key(scan.context.apex)}"
        case Fault.key_unknown:
            return f"{what}: no DNSKEY with tag {head.tag} and algorithm {head.algorithm} that may sign the zone"
        case Fault.unverifiable:
            if len(head.keys) > TRIES:
                return f"{what} is not by {TRIES} of the {len(head.keys)} keys it may be by; no more were tried"
            return f"{what}: algorithm {head.algorithm} or its key cannot be used here, so it was not judged"
        case Fault.labels_wrong:
            return f"{what} has Labels {head.labels}, the owner name has {label_count(owner)}"
        case Fault.inverted:
            start, end = stamp(head.inception, at), stamp(head.expiration, at)
            return f"{what}: inception {start} is not before expiration {end}"
        case Fault.original_ttl:
            return f"{what} was made for TTL {head.original_ttl}, the RRset has {rrset.ttl}"
        case Fault.expired:
            late = next((t for t in times if (t - head.expiration) & 0xFFFFFFFF < 2**31), at)
            return f"{what} expired at {stamp(head.expiration, at)}, reference time {stamp(late, late)}"
        case Fault.early:
            soon = next((t for t in times if (head.inception - t) & 0xFFFFFFFF < 2**31), at)
            return f"{what} is valid from {stamp(head.inception, at)}, reference time {stamp(soon, soon)}"
        case _:
            return f"{what} does not verify: the records, the key or the signature were changed after signing"


def _remarks(
    owner: bytes, rdtype: int, rrset: Rrset, rrsigs: Rrset, i: int, head: Head, scan: Scan
) -> Iterator[Finding]:
    what = f"signature over {text_from_key(owner)} {rdtypes.type_name(rdtype)} by key {head.tag}"
    at, position, tag = scan.context.at[0], rrsigs.positions[i], str(head.tag)
    # dnssec-signzone gives a signature no longer TTL than it is valid for, which is wise
    if rrsigs.ttls[i] != rrset.ttl and not (rrsigs.ttls[i] < rrset.ttl and head.lifetime < rrset.ttl):
        message = f"{what} has TTL {rrsigs.ttls[i]}, the RRset has {rrset.ttl}"
        yield found("rrsig-ttl-mismatch", message, scan.place(position, Field.ttl), owner, rdtype, tag)
    if head.expires_soon:
        message = f"{what} expires at {stamp(head.expiration, at)}, within {_span(scan.context.horizon)}"
        yield found("rrsig-expires-soon", message, scan.place(position, 4), owner, rdtype, tag)
    if head.outlived:
        message = f"{what} expires at {stamp(head.expiration, at)}, within the TTL of {head.original_ttl} s"
        yield found("ttl-outlives-signature", message, scan.place(position, 3), owner, rdtype, tag)
    if head.lifetime > scan.context.lifetime:
        message = f"{what} is valid for {_span(head.lifetime)}, policy allows {_span(scan.context.lifetime)}"
        yield found("rrsig-validity-too-long", message, scan.place(position, 4), owner, rdtype, tag)


def _misplaced(
    owner: bytes, node: Node, covers: dict[int, list[int]], rrsigs: Rrset | None, scan: Scan
) -> Iterator[Finding]:
    assert rrsigs is not None
    for covered, indexes in covers.items():
        place = scan.place(rrsigs.positions[indexes[0]], 0)
        name = text_from_key(owner)
        if covered == rdtypes.RRSIG:
            yield found("rrsig-over-rrsig", f"signature over the RRSIG records of {name}", place, owner, covered)
        elif covered not in node:
            message = f"signature over {name} {rdtypes.type_name(covered)}, which the zone does not have"
            yield found("rrsig-without-rrset", message, place, owner, covered)


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    return f"{days} days" if not rest else f"{seconds / 86400:.1f} days"
