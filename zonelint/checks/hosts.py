"""Names that a record takes for granted: hosts of certificates and policies, texts of RP (RFC 6698, 8461, 1183)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zonelint.checks.aliases import gives_nothing
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import Scan, found, node_check, types_text, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import key_from_wire, parent, text_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import CNAME, TXT
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import ADDRESSES, Node
from zonelint.zone.summary import Target

_TLSA, _SMIMEA, _RP = rdtypes.TYPES["TLSA"], rdtypes.TYPES["SMIMEA"], rdtypes.TYPES["RP"]
_OPENPGPKEY, _SSHFP = rdtypes.TYPES["OPENPGPKEY"], rdtypes.TYPES["SSHFP"]
_TRUSTED = frozenset({_TLSA, _SMIMEA, _OPENPGPKEY, _SSHFP})
_HOST = ADDRESSES | {CNAME}
_WANTED: dict[int, tuple[str, frozenset[int], int]] = {
    _TLSA: ("tlsa-host-missing", _HOST, Field.owner), TXT: ("mta-sts-host-missing", _HOST, Field.owner),
    _RP: ("rp-text-missing", frozenset({TXT, CNAME}), 1),
}  # fmt: skip


@node_check(types=[_TLSA])
def note_hosts(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """Note the host that a certificate is for: the name two labels up."""
    # of other forms `tlsa-owner-form` speaks
    if [label[:1] == b"_" for label in owner.split(b"\0")[-4:-2]] == [False, True]:
        scan.point(owner, _TLSA, parent(parent(owner)), node[_TLSA].positions[0])
    return ()


@node_check(types=[_RP])
def note_texts(owner: bytes, node: Node, scan: Scan) -> Iterable[Finding]:
    """Note the names at which RP promises a TXT record (RFC 1183 section 2.2)."""
    for rdata, _, position in node[_RP]:
        at = 0
        while rdata[at]:
            at += 1 + rdata[at]
        if rdata[at + 1 :] != b"\0":
            scan.point(owner, _RP, key_from_wire(rdata[at + 1 :]), position)
    return ()


@zone_check("tlsa-host-missing", "mta-sts-host-missing", "rp-text-missing")
def check_hosts(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """What a record takes for granted in this zone is there."""
    for target in index.targets:
        if target.rdtype in _WANTED and index.status_of(target.owner) is Status.authoritative:
            rule, wanted, field = _WANTED[target.rdtype]
            if state := _lacks(index, target, wanted):
                name, kind = text_from_key(target.name), rdtypes.type_name(target.rdtype)
                message = f"this {kind} is for {name}, which {state}"
                if rule == "rp-text-missing":
                    message = f"RP says that more is at {name}, which {state}"
                yield found(rule, message, index.place(target.position, field), target.owner, target.rdtype, name)


def _lacks(index: ZoneIndex, target: Target, wanted: frozenset[int]) -> str:
    at = index.find(target.name)
    if at is None:
        return gives_nothing(index, target.name)
    if index.status_of(target.name) is not Status.authoritative:
        return ""
    return "" if index.facts[index.kinds[at]].types & wanted else f"has none of {types_text(wanted)}"


@zone_check("dane-without-ds")
def check_trust(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Keys and certificates in the DNS are trusted where DNSSEC vouches for them (RFC 6698 section 4.1)."""
    # whether a zone is signed on its way to the servers is not in its file; that its parent has no DS has to be said
    if inputs.ds is None or inputs.ds:
        return
    there = {number: facts.types & _TRUSTED for number, facts in enumerate(index.facts) if facts.types & _TRUSTED}
    names = [at for at, kind in enumerate(index.kinds) if kind in there]
    if not names:
        return
    first = min(names, key=index.position)
    place = index.place(index.position(first, min(there[index.kinds[first]])), Field.rdtype)
    number = f"{len(names)} names have" if len(names) > 1 else f"{text_from_key(index.names[first])} has"
    every = types_text(frozenset().union(*there.values()))
    yield found("dane-without-ds", f"{number} {every}, and the parent has no DS", place, index.context.apex)
