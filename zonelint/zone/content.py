"""The digest of a zone's content, to tell whether two versions of it say the same.

Content is the canonical RRsets without the SOA serial and without the records that a signer makes. The digest of
the zone is the sum of the digests of its RRsets, so that the order of the file and its parts do not matter.
"""

from __future__ import annotations

from zonelint.names import wire_from_key
from zonelint.source import rdtypes
from zonelint.zone.model import Node

MADE_BY_SIGNER = frozenset({
    rdtypes.RRSIG, rdtypes.NSEC, rdtypes.NSEC3, rdtypes.NSEC3PARAM, rdtypes.DNSKEY, rdtypes.CDS, rdtypes.CDNSKEY,
    rdtypes.ZONEMD,
})  # fmt: skip


def digest_of(owner: bytes, node: Node) -> tuple[int, int]:
    """Give the digests of a node's content and of what a signer made there."""
    from hashlib import sha256

    content = made = 0
    wire = wire_from_key(owner)
    for rdtype, rrset in node.items():
        rdatas = sorted(rrset.rdatas)
        if rdtype == rdtypes.SOA:
            rdatas = [rdata[:-20] + bytes(4) + rdata[-16:] for rdata in rdatas]
        lead = wire + rdtype.to_bytes(2, "big") + rrset.ttl.to_bytes(4, "big")
        parts = [part for rdata in rdatas for part in (len(rdata).to_bytes(2, "big"), rdata)]
        value = int.from_bytes(sha256(lead + b"".join(parts)).digest(), "big")
        if rdtype in MADE_BY_SIGNER:
            made += value
        else:
            content += value
    return content, made
