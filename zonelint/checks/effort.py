"""Zones that cost validators so much work that they refuse it (CVE-2023-50387, known as KeyTrap)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from zonelint.catalogue import table
from zonelint.checks.dnskey import algorithm_row, key_place
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.findings import Finding
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import DNSKEY, RRSIG
from zonelint.zone.index import ZoneIndex
from zonelint.zone.model import Node, Rrset

_FEW = 8
"""So many signatures every validator tries; a name with no more of them in all needs no look at the table."""


@node_check("rrset-signed-too-often", types=[RRSIG])
def check_signatures(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """No RRset has more signatures than validators try before they give up."""
    return () if len(node[RRSIG].rdatas) <= _FEW else _too_many(owner, node[RRSIG], scan)


def _too_many(owner: bytes, rrset: Rrset, scan: Scan) -> Iterator[Finding]:
    limit = table("validation-limits")["signatures"]
    for covered, number in Counter([rdata[0] << 8 | rdata[1] for rdata in rrset.rdatas]).items():
        if number > limit:
            positions = [p for rdata, _, p in rrset if rdata[0] << 8 | rdata[1] == covered]
            what = f"{text_from_key(owner)} {rdtypes.type_name(covered)}"
            message = f"{what} has {number} signatures; validators give up after {limit}"
            yield found("rrset-signed-too-often", message, scan.place(positions[limit], 0), owner, covered)


@zone_check("dnskey-tags-collide-often")
def check_keys(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """No more keys share a tag and an algorithm than validators try."""
    limit = table("validation-limits")["keys_with_one_tag"]
    numbers = Counter((key.tag, key.algorithm) for key in inputs.keys if key.is_usable)
    for (tag, algorithm), number in sorted(numbers.items()):
        if number > limit:
            keys = [key for key in inputs.keys if (key.tag, key.algorithm) == (tag, algorithm)]
            places = sorted((key_place(index, key) for key in keys), key=lambda place: place.start)
            message = f"{number} keys have tag {tag} and algorithm {algorithm}; validators try {limit} of them"
            yield found("dnskey-tags-collide-often", message, places[limit], index.context.apex, DNSKEY, str(tag))


@zone_check("algorithm-rarely-validated")
def check_algorithms(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Some algorithm of the zone is one that validators are expected to know (RFC 9904 section 3)."""
    signing = [inputs.keys[number] for number in sorted(index.signing)]
    rows = {key.algorithm: algorithm_row(key.algorithm) for key in signing}
    if not rows or any(row.get("validation") != "MAY" for row in rows.values()):
        return
    names = ", ".join(f"{number} ({row['mnemonic']})" for number, row in sorted(rows.items()))
    message = f"the zone is signed with algorithm {names} alone: validators without it take the zone for unsigned"
    yield found("algorithm-rarely-validated", message, key_place(index, signing[0], 2), index.context.apex, DNSKEY)
