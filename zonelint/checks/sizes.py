"""How large answers are over UDP: keys, denials, referrals (RFC 9715, DNS flag day 2020)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import nlargest
from typing import NamedTuple

from zonelint.catalogue import option
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.dnssec.messages import Message
from zonelint.dnssec.referrals import ADDRESS, picked
from zonelint.findings import Finding
from zonelint.names import parent, text_from_key, wire_from_key
from zonelint.source.rdtypes import DNSKEY, NS, NSEC, NSEC3, RRSIG, SOA
from zonelint.zone.index import ZoneIndex
from zonelint.zone.summary import Hashed, Referral


class Answer(NamedTuple):
    """The octets of an answer, the name that makes it large, and where that stands."""

    octets: int
    owner: bytes
    position: int


def answers(index: ZoneIndex) -> dict[str, Answer]:
    """Give the largest answer of each kind, by its name; only kinds that the zone can give."""
    kinds: dict[str, Callable[[ZoneIndex], Answer | None]] = {
        "DNSKEY": _keys, "DNSKEY in rollover": _rollover, "no such data": _no_data, "no such name": _no_name,
        "referral": _referral,
    }  # fmt: skip
    return {kind: answer for kind, measure in kinds.items() if (answer := measure(index))}


_PACKET = 1452  # what a packet of 1500 octets holds over IPv6: 40 of IP and 8 of UDP are taken


def _above(octets: int, limit: int) -> str:
    if octets > _PACKET:
        return f"{octets} octets: above {limit}, and above the {_PACKET} that one packet of 1500 octets holds"
    return f"{octets} octets, above {limit}"


@zone_check("dnskey-answer-large")
def check_keys(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """The DNSKEY RRset fits into what resolvers take over UDP, for nothing validates without it."""
    answer = _keys(index)
    if answer and answer.octets > (limit := option("dnskey-answer-large", "limit")):
        keys, signatures = len(index.apex[DNSKEY].rdatas), len(_signatures(index, DNSKEY))
        message = f"the DNSKEY answer with {keys} keys and {signatures} signatures has {_above(answer.octets, limit)}"
        yield found("dnskey-answer-large", message, index.place(answer.position), answer.owner, DNSKEY)


@zone_check("denial-answer-large")
def check_denials(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Negative answers stay within reason (RFC 5155 section 7.2.2, RFC 4035 section 3.1.3.2)."""
    if not index.links and not index.hashed:
        return
    limit, answer = option("denial-answer-large", "limit"), _no_name(index)
    if answer and answer.octets > limit:
        message = f"an answer that a name does not exist may have {_above(answer.octets, limit)}"
        rdtype = NSEC3 if index.hashed else NSEC
        yield found("denial-answer-large", message, index.place(answer.position), answer.owner, rdtype)


@zone_check("referral-large")
def check_referrals(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Referrals fit into what resolvers take over UDP, with the addresses that must come along (RFC 9471)."""
    if not index.referrals:
        return
    limit = option("referral-large", "limit")
    proof = _proof(index)
    large = [answer for each in picked(index.referrals) if (answer := _measured(index, each, proof)).octets > limit]
    if not large:
        return
    worst = max(large)
    message = f"the referral to {text_from_key(worst.owner)} may have {_above(worst.octets, limit)}"
    if len(large) > 1:
        message += f"; so have those to {len(large) - 1} other delegations, or less, but above {limit}"
    yield found("referral-large", message, index.place(worst.position), worst.owner, NS)


def _signatures(index: ZoneIndex, covered: int) -> list[bytes]:
    rrsigs = index.apex.get(RRSIG)
    return [rdata for rdata in rrsigs.rdatas if rdata[0] << 8 | rdata[1] == covered] if rrsigs else []


def _keys(index: ZoneIndex) -> Answer | None:
    """The DNSKEY RRset with its signatures."""
    if DNSKEY not in index.apex:
        return None
    apex = wire_from_key(index.context.apex)
    message = Message(apex)
    for rdata in (*index.apex[DNSKEY].rdatas, *_signatures(index, DNSKEY)):
        message.record(apex, rdata)
    return Answer(message.octets, index.context.apex, index.apex[DNSKEY].positions[0])


def _rollover(index: ZoneIndex) -> Answer | None:
    """The same with a second key like the largest that signs it, which signs it too: a KSK roll by double signature."""
    signatures, answer = _signatures(index, DNSKEY), _keys(index)
    if not answer or not signatures:
        return None
    keys = {(key[3], len(key)) for key in index.apex[DNSKEY].rdatas}
    record = min(len(wire_from_key(index.context.apex)), 2) + 10
    largest = max(signatures, key=len)
    key = max((size for algorithm, size in keys if algorithm == largest[2]), default=0)
    return Answer(answer.octets + 2 * record + key + len(largest), answer.owner, answer.position)


def _denial(index: ZoneIndex, question: bytes) -> Message | None:
    """Begin a negative answer: the question, the SOA and its signatures."""
    if SOA not in index.apex or not _signatures(index, SOA):
        return None
    apex = wire_from_key(index.context.apex)
    message = Message(question)
    message.record(apex, index.apex[SOA].rdatas[0], (0, 2))
    _sign(index, message, apex)
    return message


def _sign(index: ZoneIndex, message: Message, owner: bytes) -> None:
    """Add as many signatures, and as long, as those over the SOA: a signer treats the denial records alike."""
    for rdata in _signatures(index, SOA):
        message.record(owner, rdata)


def _no_data(index: ZoneIndex) -> Answer | None:
    """The name exists, the type does not: one record proves it."""
    if index.links and not index.hashed:
        link = max(index.links, key=lambda link: len(link.owner) + link.octets)
        wire = wire_from_key(link.owner)
        if message := _denial(index, wire):
            message.record(wire, bytes(link.octets))
            _sign(index, message, wire)
            return Answer(message.octets, link.owner, link.position)
    return _hashed(index, 1)


def _no_name(index: ZoneIndex) -> Answer | None:
    """The name does not exist: two NSEC, or three NSEC3 (RFC 5155 section 7.2.2)."""
    if not index.links or index.hashed:
        return _hashed(index, 3)
    links = nlargest(2, index.links, key=lambda link: len(link.owner) + link.octets)
    question = _question(parent(links[0].owner) if links[0].owner != index.context.apex else links[0].owner)
    if message := _denial(index, wire_from_key(question)):
        for link in links:
            wire = wire_from_key(link.owner)
            message.record(wire, bytes(link.octets))
            _sign(index, message, wire)
        return Answer(message.octets, links[0].owner, links[0].position)
    return None


def _question(above: bytes) -> bytes:
    """Give a name one label below another, as long as it may be."""
    room = 254 - len(wire_from_key(above))
    return above + b"x" * min(63, room) + b"\0" if room > 0 else above


def _hashed(index: ZoneIndex, many: int) -> Answer | None:
    """A negative answer with so many NSEC3 records, the largest there are."""
    if not index.hashed:
        return None
    records = _largest(index)[:many]
    question = _question(index.context.apex)
    if message := _denial(index, wire_from_key(question)):
        for record in records:
            wire = wire_from_key(record.owner)
            message.record(wire, bytes(_octets(record)))
            _sign(index, message, wire)
        return Answer(message.octets, records[0].owner, records[0].position)
    return None


def _largest(index: ZoneIndex) -> list[Hashed]:
    """Give the three largest NSEC3 records, or as many as there are."""
    if len(index.largest_hashed) < min(3, len(index.hashed)):
        index.largest_hashed = nlargest(3, index.hashed, key=_octets)
    return index.largest_hashed


def _octets(record: Hashed) -> int:
    return 2 + len(record.params) + len(record.following) + len(record.bitmap)


def _referral(index: ZoneIndex) -> Answer | None:
    """Name servers, the addresses of those in the delegated zone, and DS or the proof that there is none."""
    proof = _proof(index)
    return max((_measured(index, referral, proof) for referral in picked(index.referrals)), default=None)


def _proof(index: ZoneIndex) -> int:
    """Give the octets of the proof of no DS: one NSEC3, or two where it opts out (RFC 5155 section 7.2.7)."""
    if not index.hashed or not index.signatures:
        return 0
    record = _octets(_largest(index)[0]) + 43
    signature = sum(12 + len(rdata) for rdata in _signatures(index, SOA))
    return (record + signature) * (2 if index.hashed[0].flags & 1 else 1)


def _measured(index: ZoneIndex, referral: Referral, proof: int) -> Answer:
    octets = referral.octets if referral.proven else referral.octets + proof
    for target in referral.targets:
        at = index.find(target)
        types = index.facts[index.kinds[at]].types if at is not None else frozenset[int]()
        octets += sum(size for rdtype, size in ADDRESS.items() if rdtype in types) + index.crowded.get(target, 0)
    return Answer(octets, referral.owner, referral.position)
