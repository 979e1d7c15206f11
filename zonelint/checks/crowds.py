"""More records than servers take, and than a message holds (RFC 1035 section 4.2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zonelint.catalogue import option, settings
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, zone_check
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import AAAA, DS, MX, NS, RRSIG, SRV, A
from zonelint.zone.index import ZoneIndex
from zonelint.zone.model import Node, Rrset

RULES = ("rrset-too-large", "rrset-many-records")
MESSAGE = 65535
"""Octets of the longest message, which goes over TCP."""

_FEW = 8
_USUAL = 32
"""So many every server takes; to read the rule takes longer than to look. A profile may set another limit."""

_SHORT = frozenset({A, AAAA, NS, DS, MX, SRV})
_HEAD, _BEFORE_RDATA = 12 + 4, 12  # header and question without its name; a record whose owner is compressed


def large(several: Iterable[tuple[bytes, int, Rrset]]) -> list[tuple[bytes, int, Rrset]]:
    """Pick the RRsets of more than one record that are worth a look: many records, or long ones."""
    few = 1 if settings() else _FEW
    return [
        entry for entry in several
        if len(entry[2].rdatas) > few or (entry[1] not in _SHORT and sum(map(len, entry[2].rdatas)) > MESSAGE // 2)
    ]  # fmt: skip


def check_crowd(owner: bytes, rdtype: int, rrset: Rrset, node: Node, scan: Scan) -> Iterator[Finding]:
    """Look at an RRset of many records, or of long ones."""
    what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}"
    covered = rdtype.to_bytes(2, "big")
    signatures = [rdata for rdata in node[RRSIG].rdatas if rdata[:2] == covered] if RRSIG in node else []
    octets = _HEAD + len(owner) + 1 + sum(_BEFORE_RDATA + len(rdata) for rdata in (*rrset.rdatas, *signatures))
    number = len(rrset.rdatas)
    if octets > MESSAGE:
        message = f"an answer with the {number} records of {what} has {octets} octets, a message at most {MESSAGE}"
        yield found("rrset-too-large", message, scan.place(rrset.positions[0]), owner, rdtype)
    elif rdtype == RRSIG or not (number > _USUAL or settings()):
        return
    elif number > (limit := option("rrset-many-records", "max")):
        message = f"{what} has {number} records, some servers take no more than {limit}"
        yield found("rrset-many-records", message, scan.place(rrset.positions[limit]), owner, rdtype)


@zone_check("name-many-types")
def check_types(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """No name has more types than servers take."""
    most = max((len(facts.types) for facts in index.facts), default=0)
    if not (most > _USUAL or settings()) or most <= (limit := option("name-many-types", "max")):
        return
    for at, kind in enumerate(index.kinds):
        if (number := len(index.facts[kind].types)) > limit:
            key = index.names[at]
            message = f"{text_from_key(key)} has records of {number} types, some servers take no more than {limit}"
            yield found("name-many-types", message, index.place(index.position(at)), key)
