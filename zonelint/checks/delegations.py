"""Delegations: needless and missing glue, and name servers that lead only to each other (RFC 1034, 6672, 9471)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.findings import Finding
from zonelint.names import key_from_wire, text_from_key
from zonelint.source.rdtypes import DNAME, NS
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import ADDRESSES, Node
from zonelint.zone.summary import OUTSIDE, Target


def _has_address(index: ZoneIndex, name: bytes) -> bool:
    at = index.find(name)
    return at is not None and index.facts[index.kinds[at]].has_address


@zone_check("glue-needless")
def check_needless(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """An address at or below a delegation is there for a name server (RFC 1034 section 4.2.1)."""
    has_address = {kind for kind, facts in enumerate(index.facts) if facts.has_address}
    kinds, below = index.kinds, (Status.cut, Status.below_cut)
    if not any(status in below and kind in has_address for status, kind in index.standings):
        return
    glue = [at for at, status in enumerate(index.statuses) if status and kinds[at] in has_address and status in below]
    servers = {target.name for target in index.targets if target.rdtype == NS}
    for at in glue:
        key = index.names[at]
        if key not in servers:
            cut = text_from_key(index.cut_above(key) or b"")
            types = index.facts[index.kinds[at]].types & ADDRESSES
            message = f"no NS record points at {text_from_key(key)}, which is at or below the delegation {cut}"
            yield found("glue-needless", message, index.place(index.position(at, min(types))), key, min(types))


@dataclass(slots=True)
class _Servers:
    """How the name servers of delegations are found.

    `free` holds the delegations that need no other one, `leads` the others through which those of the rest lead, and
    `lacking` the servers below another delegation that have no address here, with that delegation.
    """

    free: set[bytes] = field(default_factory=set)
    leads: dict[bytes, set[bytes]] = field(default_factory=dict)
    lacking: list[tuple[Target, bytes]] = field(default_factory=list)


def _servers(index: ZoneIndex) -> _Servers:
    servers, apex = _Servers(), index.context.apex
    free, last, served = servers.free, None, False
    for target in index.targets:
        owner, name = target.owner, target.name
        if target.rdtype != NS or not name:
            continue
        if owner != last:
            last, served = owner, index.status_of(owner) <= Status.cut
        if not served:
            continue
        if name == OUTSIDE:
            free.add(owner)
        elif owner != apex and name.startswith(owner):
            # glue-missing tells when it has no address
            if owner not in free and _has_address(index, name):
                free.add(owner)
            servers.leads.setdefault(owner, set())
        elif (cut := index.cut_above(name)) is None or _has_address(index, name):
            free.add(owner)
        else:
            servers.lacking.append((target, cut))
            servers.leads.setdefault(owner, set()).add(cut)
    return servers


@zone_check("glue-sibling-missing", "delegations-circular")
def check_siblings(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Name servers below other delegations have addresses here, or can be found at least (RFC 9471 section 2.3)."""
    servers = _servers(index)
    if not servers.lacking:
        return
    apex, leads = index.context.apex, servers.leads
    circle = _circle({owner: ways for owner, ways in leads.items() if owner not in servers.free and owner != apex})
    for target, cut in servers.lacking:
        if target.owner not in circle:
            name = text_from_key(target.name)
            message = f"{name} lies below the delegation {text_from_key(cut)} and has no address here"
            place = index.place(target.position, 0)
            yield found("glue-sibling-missing", message, place, target.owner, NS, name)
    first = {target.owner: target for target, _ in reversed(servers.lacking)}
    for owner in sorted(circle):
        others = ", ".join(text_from_key(cut) for cut in sorted(leads[owner] & circle.keys()))
        message = f"the servers of {text_from_key(owner)} can only be found through {others}, and the other way round"
        yield found("delegations-circular", message, index.place(first[owner].position, 0), owner, NS)


def _circle(leads: dict[bytes, set[bytes]]) -> dict[bytes, set[bytes]]:
    """Keep the delegations all of whose ways lead to others like them; what leads to a dead end is told elsewhere."""
    left = {owner: set(ways) for owner, ways in leads.items()}
    # a way to a delegation that can be found is a way out
    back: dict[bytes, set[bytes]] = {}
    for owner, ways in left.items():
        for way in ways:
            back.setdefault(way, set()).add(owner)
    out = [way for way in back if way not in left]
    while out:
        out += [owner for owner in back.get(out.pop(), ()) if left.pop(owner, None) is not None]
    ends = [owner for owner, ways in left.items() if not ways]
    while ends:
        end = ends.pop()
        left.pop(end)
        for owner in back.get(end, ()):
            if owner in left:
                left[owner].discard(end)
                if not left[owner]:
                    ends.append(owner)
    return left


@zone_check("apex-ns-below-cut")
def check_apex(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Not every name server of the zone lies in a zone that it delegates."""
    apex = index.context.apex
    targets = [target for target in index.targets if target.owner == apex and target.rdtype == NS]
    elsewhere = (target.name == OUTSIDE or index.cut_above(target.name) is None for target in targets)
    # the servers of the root are known to all resolvers, and their names lie in zones below
    if not targets or not apex or any(elsewhere):
        return
    names = ", ".join(text_from_key(target.name) for target in targets)
    message = f"all name servers of the zone ({names}) lie in zones that it delegates"
    yield found("apex-ns-below-cut", message, index.place(targets[0].position, 0), apex, NS)


@node_check("dname-loop", types=[DNAME])
def check_dname(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """A DNAME leads out of the names below it (RFC 6672 section 2.2)."""
    for rdata, _, position in node[DNAME]:
        target = key_from_wire(rdata)
        if target.startswith(owner):
            where = "is its own target" if target == owner else f"leads to {text_from_key(target)} below it"
            message = f"the DNAME {text_from_key(owner)} {where}: each rewritten name is rewritten again"
            yield found("dname-loop", message, scan.place(position, 0), owner, DNAME)
