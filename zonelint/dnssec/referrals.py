"""The answers that refer to delegations: which of them are large (RFC 1034 section 4.3.2, RFC 9471)."""

from __future__ import annotations

from collections.abc import Iterable

from zonelint.dnssec.messages import Message
from zonelint.names import key_from_wire
from zonelint.source import rdtypes
from zonelint.source.rdtypes import DS, NS, NSEC, RRSIG
from zonelint.zone.model import ADDRESSES, Node, Rrset
from zonelint.zone.summary import Referral

SUSPECT = 1232
"""Octets from which on a referral may be too large: the least limit that is judged."""

ADDRESS = {rdtypes.A: 16, rdtypes.AAAA: 28}
"""Octets of an address record whose owner is compressed."""

_SERVER, _QUESTION = 12 + 2 * (16 + 28), 120
"""Octets of an NS record without its name, two addresses of each type with it; and those of question and header."""

_LONGEST = b"\x3f" + b"x" * 63


class Referrals:
    """Picks, among the delegations of a part of a zone, the largest and all that may be too large."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was seen."""
        self._kept: list[tuple[int, bytes, bytes, Node]] = []
        self._largest: dict[bool, tuple[int, bytes, bytes, Node]] = {}

    def see(self, owner: bytes, wire: bytes, node: Node) -> None:
        """Look at a delegation; in a hurry, for a registry has millions."""
        rdatas = node[NS].rdatas
        most = sum(map(len, rdatas)) + _SERVER * len(rdatas) + len(wire) + _QUESTION
        proven = len(node) > 1 and (DS in node or NSEC in node)
        if len(node) > 1 and RRSIG in node:
            for rdtype in (DS, NSEC, RRSIG):
                if rdtype in node:
                    more = node[rdtype].rdatas
                    most += sum(map(len, more)) + 12 * len(more)
        if most > SUSPECT:
            self._kept.append((most, owner, wire, node))
            return
        best = self._largest.get(proven)
        if best is None or most > best[0] or (most == best[0] and owner > best[1]):
            self._largest[proven] = most, owner, wire, node

    def seen(self) -> list[Referral]:
        """Give the delegations that were picked."""
        return [_referral(*picked) for picked in (*self._kept, *self._largest.values())]


def _referral(most: int, owner: bytes, wire: bytes, node: Node) -> Referral:
    message = Message(_LONGEST + wire if len(wire) < 192 else wire)
    targets = set()
    for rdata in node[NS].rdatas:
        message.record(wire, rdata, (0, 1))
        targets.add(key_from_wire(rdata))
    covered = DS if DS in node else NSEC
    if covered in node and RRSIG in node:
        for rdata in node[covered].rdatas:
            message.record(wire, rdata)
        for rdata in node[RRSIG].rdatas:
            if rdata[0] << 8 | rdata[1] == covered:
                message.record(wire, rdata)
    own = tuple(sorted(target for target in targets if target.startswith(owner)))
    return Referral(owner, message.octets, own, covered in node, most, node[NS].positions[0])


def picked(referrals: Iterable[Referral]) -> list[Referral]:
    """Choose among what parts of a zone have picked, so that it is the same however the zone was parted."""
    kept, largest = [], dict[bool, Referral]()
    for each in referrals:
        best = largest.get(each.proven)
        if each.most > SUSPECT:
            kept.append(each)
        elif best is None or (each.most, each.owner) > (best.most, best.owner):
            largest[each.proven] = each
    return [*kept, *largest.values()]


def crowded(several: Iterable[tuple[bytes, int, Rrset]]) -> dict[bytes, int]:
    """Count the octets of addresses beyond the first of each type, by owner, of RRsets with more than one record."""
    result: dict[bytes, int] = {}
    for owner, rdtype, rrset in several:
        if rdtype in ADDRESSES and len(rrset.rdatas) > 1:
            result[owner] = result.get(owner, 0) + (len(rrset.rdatas) - 1) * ADDRESS[rdtype]
    return result
