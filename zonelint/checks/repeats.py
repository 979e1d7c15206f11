"""Records that belong together but do not agree: copies, and TTLs that differ within an RRset."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.checks.registry import Scan, found
from zonelint.findings import Field, Finding
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.zone.model import Rrset

RULES = ("duplicate-record", "rrset-ttl-mismatch")


def check_repeats(owner: bytes, rdtype: int, rrset: Rrset, scan: Scan) -> Iterator[Finding]:
    """Look for copies of a record and for differing TTLs (RFC 2181 sections 5 and 5.2)."""
    what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}"
    for ttl, position in rrset.duplicates:
        if ttl != rrset.ttl:
            continue
        place, first = scan.place(position), scan.place(rrset.positions[0])
        related = ((first, "the RRset begins here"),)
        yield found("duplicate-record", f"the same {what} record is there already", place, owner, rdtype, "", related)
    # the TTL of an RRSIG is that of what it covers (RFC 4034 section 3), so these may differ
    if rdtype == rdtypes.RRSIG:
        return
    for ttl, position in sorted([*zip(rrset.ttls, rrset.positions, strict=True), *rrset.duplicates], key=_position):
        if ttl != rrset.ttl:
            message = f"{what} has TTL {ttl} here and {rrset.ttl} before"
            related = ((scan.place(rrset.positions[0], Field.ttl), "the first record of the RRset"),)
            yield found("rrset-ttl-mismatch", message, scan.place(position, Field.ttl), owner, rdtype, "", related)
            return


def _position(record: tuple[int, int]) -> int:
    return record[1]
