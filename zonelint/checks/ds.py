"""The DS records of the parent against the zone's keys (RFC 4034 section 5, RFC 4035 section 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from zonelint.catalogue import table
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.findings import Finding
from zonelint.keys.dsfiles import DsRecord
from zonelint.names import text_from_key, wire_from_key
from zonelint.source.rdtypes import DS
from zonelint.zone.index import ZoneIndex
from zonelint.zone.model import Node

_HASHES = {1: "sha1", 2: "sha256", 4: "sha384"}


def digest_row(number: int) -> dict[str, Any]:
    """Give the row of a digest type in the table of digests; empty for one that is not there."""
    for row in table("ds-digests")["digests"]:
        if row.get("number") == number:
            return dict(row)
    return {}


_OCTETS = {1: 20, 2: 32, 3: 32, 4: 48}


@node_check("ds-digest-length-wrong", types=[DS])
def check_delegation_digests(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """A digest has the length of its type (RFC 4034 section 5.1.4)."""
    rdatas = node[DS].rdatas
    if len(rdatas) == 1 and len(rdatas[0]) == 36 and rdatas[0][3] == 2:
        return ()  # SHA-256, as most are
    return _lengths(owner, node, scan)


def _lengths(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    for rdata, _, position in node[DS]:
        right = _OCTETS.get(rdata[3])
        if right is not None and len(rdata) - 4 != right:
            message = f"digest of type {rdata[3]} has {len(rdata) - 4} octets, {right} are right"
            tag = str(int.from_bytes(rdata[:2], "big"))
            yield found("ds-digest-length-wrong", message, scan.place(position, 3), owner, DS, tag)


@zone_check("ds-digest-length-wrong", "ds-digest-deprecated", "ds-digest-unknown")
def check_digests(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """The digest types given to the parent are those of today's advice (RFC 9904, RFC 9905, RFC 9906)."""
    for ds in inputs.ds or ():
        row = digest_row(ds.digest_type)
        right = _OCTETS.get(ds.digest_type)
        if right is not None and len(ds.digest) != right:
            message = f"digest of type {ds.digest_type} has {len(ds.digest)} octets, {right} are right"
            yield _say(index, "ds-digest-length-wrong", ds, message, 3)
        if not row or row.get("mnemonic", "").lower() in ("unassigned", "reserved"):
            yield _say(index, "ds-digest-unknown", ds, f"digest type {ds.digest_type} is not assigned", 2)
        elif row["delegation"] == "MUST NOT":
            message = f"digest type {ds.digest_type} ({row['mnemonic']}) must not be used any more"
            yield _say(index, "ds-digest-deprecated", ds, message, 2)


def _say(index: ZoneIndex, rule: str, ds: DsRecord, message: str, field: int | None = None) -> Finding:
    place = ds.place if field is None else ds.fields[field]
    return found(rule, f"DS {ds.tag}: {message}", place, index.context.apex, DS, f"{ds.tag}/{ds.digest_type}")


def matches(ds: DsRecord, key: ZoneKey, apex: bytes) -> bool | None:
    """Tell whether a DS is the digest of a key (RFC 4034 section 5.1.4); None if its type cannot be computed."""
    if ds.tag != key.tag or ds.algorithm != key.algorithm:
        return False
    if ds.digest_type not in _HASHES:
        return None
    import hashlib

    return hashlib.new(_HASHES[ds.digest_type], wire_from_key(apex) + key.rdata).digest() == ds.digest


@zone_check(
    "ds-no-matching-key", "ds-stale", "ds-digest-mismatch", "ds-algorithm-mismatch", "ds-for-unsigned-zone",
    "ds-algorithm-not-in-zone",
)  # fmt: skip
def check_matching(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """The DS records lead to keys of the zone (RFC 4035 section 5.2)."""
    records = inputs.ds
    if not records:
        return
    apex = index.context.apex
    if not inputs.keys:
        message = f"{text_from_key(apex)} has no DNSKEY: validators will refuse the unsigned zone"
        yield _say(index, "ds-for-unsigned-zone", records[0], message)
        return
    good = [ds for ds in records if any(matches(ds, key, apex) for key in inputs.keys)]
    present = {key.algorithm for key in inputs.keys}
    for ds in records:
        if good and ds.algorithm not in present:
            message = f"algorithm {ds.algorithm} has no key in the zone"
            yield _say(index, "ds-algorithm-not-in-zone", ds, message, 1)
        elif ds not in good and len(ds.digest) == _OCTETS.get(ds.digest_type, len(ds.digest)):
            yield from _explain(index, ds, inputs.keys, bool(good))


def _explain(index: ZoneIndex, ds: DsRecord, keys: Sequence[ZoneKey], others: bool) -> Iterator[Finding]:
    apex = index.context.apex
    same_tag = [key for key in keys if key.tag == ds.tag]
    if any(matches(ds, key, apex) is None for key in same_tag):
        return
    if any(key.algorithm == ds.algorithm for key in same_tag):
        message = "a key with this tag and algorithm is in the zone, its digest is another"
        yield _say(index, "ds-digest-mismatch", ds, message, 3)
    elif same_tag:
        message = f"the key with this tag has algorithm {same_tag[0].algorithm}, not {ds.algorithm}"
        yield _say(index, "ds-algorithm-mismatch", ds, message, 1)
    elif others:
        yield _say(index, "ds-stale", ds, "matches no DNSKEY of the zone, while another DS does")
    else:
        yield _say(index, "ds-no-matching-key", ds, "matches no DNSKEY of the zone, and no other DS does")


@zone_check("ds-key-not-signing", "ds-key-unusable")
def check_entry(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A key that a DS leads to may be used and signs the DNSKEY set (RFC 4035 section 5.2)."""
    apex, signing = index.context.apex, {number for number, over_keys in index.uses if over_keys}
    matched: list[tuple[DsRecord, int]] = [
        (ds, number) for ds in inputs.ds or () for number, key in enumerate(inputs.keys) if matches(ds, key, apex)
    ]
    usable = False
    for ds, number in matched:
        key = inputs.keys[number]
        if key.is_revoked or not key.is_usable:
            state = "is revoked" if key.is_revoked else "may not sign zones (flags or protocol)"
            yield _say(index, "ds-key-unusable", ds, f"the key it matches {state}")
        else:
            usable = True
    # where no key at all makes a valid signature over the keys, the signatures themselves are reported
    failing = not signing and any(over_keys for _, over_keys in index.claims)
    if usable and not failing and not any(number in signing for _, number in matched):
        message = "the key it matches does not sign the DNSKEY set, and no key of another DS does"
        yield _say(index, "ds-key-not-signing", matched[0][0], message)
