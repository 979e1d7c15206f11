"""Names to which the origin was added, because their final dot was forgotten (RFC 1912 section 3.2)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from zonelint.checks.inputs import Inputs
from zonelint.checks.names import PTR, REVERSE
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import key_from_wire, labels_from_wire, text_from_key
from zonelint.source.rdtypes import SOA
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import Node

_ARPA = b"\x04arpa\0"


@zone_check("owner-repeats-origin")
def check_owners(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """No owner ends in the name of the zone twice; of a zone at the top level it may."""
    apex = index.context.apex
    if apex.count(b"\0") < 2:
        return
    twice = apex + apex
    at = bisect_left(index.names, twice)
    while at < len(index.names) and index.names[at].startswith(twice):
        key = index.names[at]
        # what is delegated was meant
        if index.statuses[at] == Status.authoritative:
            message = f"{text_from_key(key)} ends in the name of the zone twice"
            yield found("owner-repeats-origin", message, index.place(index.position(at), Field.owner), key)
        at += 1


@node_check("target-origin-appended", types=[PTR])
def check_pointers(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """A PTR of a reverse zone points out of it (RFC 1035 section 3.5)."""
    # nearly all point out of the tree that a reverse zone is part of
    if not any(rdata.endswith(_ARPA) for rdata in node[PTR].rdatas):
        return ()
    if not scan.context.apex.startswith(REVERSE) or b"\0_" in owner:
        return ()
    return _judge_pointers(owner, node, scan)


def _judge_pointers(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    apex = scan.context.apex
    for rdata, _, position in node[PTR]:
        target = key_from_wire(rdata)
        if target.startswith(apex) and target != apex:
            message = f"PTR points at {text_from_key(target)}, in the reverse zone itself, where no hosts are"
            yield found("target-origin-appended", message, scan.place(position, 0), owner, PTR)


@node_check("target-origin-appended", types=[SOA])
def check_soa(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """The names in the SOA do not end in the name of the zone twice."""
    rrset, apex = node[SOA], scan.context.apex
    rdata = rrset.rdatas[0]
    length = sum(len(label) + 1 for label in labels_from_wire(rdata)) + 1
    for field, (name, wire) in enumerate((("MNAME", rdata), ("RNAME", rdata[length:]))):
        key = key_from_wire(wire)
        if apex and key.startswith(apex + apex):
            message = f"{name} is {text_from_key(key)}, which ends in the name of the zone twice"
            yield found("target-origin-appended", message, scan.place(rrset.positions[0], field), owner, SOA, name)
