"""What the zone asks of its parent: CDS and CDNSKEY (RFC 7344, RFC 8078)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zonelint.checks.ds import digest_row
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.dnssec.digests import OCTETS, ds_digest
from zonelint.dnssec.keys import SECURE_ENTRY_POINT, key_tag
from zonelint.dnssec.verify import Verifier
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.findings import Field, Finding, Place
from zonelint.names import label_count, text_from_key, wire_from_key
from zonelint.source import rdtypes
from zonelint.source.rdtypes import CDNSKEY, CDS, DNSKEY, RRSIG
from zonelint.zone.index import Status, ZoneIndex

_DELETE = {CDS: bytes(5), CDNSKEY: b"\0\0\3\0\0"}
_DELETE_TEXT = {CDS: "0 0 0 00", CDNSKEY: "0 3 0 AA=="}


@dataclass(frozen=True, slots=True)
class Wish:
    """One CDS or CDNSKEY record: what it asks for, the keys of the zone it matches, and where it stands.

    `keys` are numbers of `Inputs.keys`. `digest_fault` says why a CDS with the tag and the algorithm of a key is none
    of its digests; empty where it is one, or where that cannot be told.
    """

    rdtype: int
    number: int
    tag: int
    algorithm: int
    digest_type: int | None
    is_delete: bool
    keys: tuple[int, ...] = ()
    digest_fault: str = ""

    @property
    def what(self) -> str:
        """The record in a message."""
        return f"{rdtypes.type_name(self.rdtype)} {self.tag}"


def wishes(index: ZoneIndex, inputs: Inputs) -> list[Wish]:
    """Give the CDS and CDNSKEY records of the apex."""
    return [
        _wish(index, inputs.keys, rdtype, number, rdata)
        for rdtype in (CDS, CDNSKEY) if rdtype in index.apex
        for number, rdata in enumerate(index.apex[rdtype].rdatas)
    ]  # fmt: skip


def _wish(index: ZoneIndex, keys: Sequence[ZoneKey], rdtype: int, number: int, rdata: bytes) -> Wish:
    if rdtype == CDNSKEY:
        tag, algorithm, is_delete = key_tag(rdata), rdata[3], rdata == _DELETE[rdtype]
        same = tuple(i for i, key in enumerate(keys) if key.rdata == rdata)
        return Wish(rdtype, number, 0 if is_delete else tag, algorithm, None, is_delete, same)
    tag, algorithm, digest_type, digest = int.from_bytes(rdata[:2], "big"), rdata[2], rdata[3], rdata[4:]
    good, fault = [], ""
    right = OCTETS.get(digest_type, len(digest))
    if len(digest) != right:
        fault = f"the digest has {len(digest)} octets, {right} are right for type {digest_type}"
    else:
        owner = wire_from_key(index.context.apex)
        for i, key in enumerate(keys):
            if key.tag == tag and key.algorithm == algorithm:
                if ds_digest(owner, key.rdata, digest_type) in (digest, None):
                    good.append(i)
                else:
                    fault = "a key with this tag and algorithm is in the zone, its digest is another"
    return Wish(rdtype, number, tag, algorithm, digest_type, rdata == _DELETE[CDS], tuple(good), "" if good else fault)


def _say(index: ZoneIndex, rule: str, wish: Wish, message: str, field: int | None = None) -> Finding:
    place = index.apex_place(wish.rdtype, wish.number, field)
    discriminator = f"{wish.tag}/{wish.digest_type}" if wish.digest_type is not None else str(wish.tag)
    return found(rule, f"{wish.what}: {message}", place, index.context.apex, wish.rdtype, discriminator)


def _sets(index: ZoneIndex, inputs: Inputs) -> Iterator[list[Wish]]:
    """Give the records of each type that stand for keys."""
    every = wishes(index, inputs)
    for rdtype in (CDS, CDNSKEY):
        wanted = [wish for wish in every if wish.rdtype == rdtype and wish.algorithm]
        if wanted:
            yield wanted


def below_apex(index: ZoneIndex, rdtype: int) -> Iterator[tuple[bytes, Place]]:
    """Give the names below the apex that have records of a type and that the zone answers for, and the places."""
    having = [rdtype in facts.types for facts in index.facts]
    if True not in having:
        return
    for at, kind in enumerate(index.kinds):
        if having[kind] and index.names[at] != index.context.apex and index.statuses[at] == Status.authoritative:
            yield index.names[at], index.place(index.position(at, rdtype), Field.rdtype)


@zone_check("cds-below-apex")
def check_place(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """CDS and CDNSKEY stand at the apex (RFC 7344 section 4.1), or at a name for bootstrapping (RFC 9615 section 3)."""
    for rdtype in (CDS, CDNSKEY):
        for owner, place in below_apex(index, rdtype):
            if owner.endswith(b"\0_dsboot\0") and b"\0_signal\0" in owner:
                continue
            what = f"{rdtypes.type_name(rdtype)} at {text_from_key(owner)}"
            message = f"{what}, which is not the apex: no parent looks there"
            yield found("cds-below-apex", message, place, owner, rdtype)


@zone_check("cds-delete-malformed", "cds-delete-not-alone")
def check_delete(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """The request to remove the DS has one form, and stands alone (RFC 8078 section 4)."""
    every = wishes(index, inputs)
    for wish in every:
        if not wish.algorithm and not wish.is_delete:
            message = f"algorithm 0 asks to remove the DS, which is written {_DELETE_TEXT[wish.rdtype]}"
            yield _say(index, "cds-delete-malformed", wish, message)
        elif wish.is_delete and len(index.apex[wish.rdtype].rdatas) > 1:
            message = "asks to remove the DS, and other records beside it ask for some"
            yield _say(index, "cds-delete-not-alone", wish, message)


@zone_check("cds-cdnskey-differ", "cds-alone")
def check_pair(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """CDS and CDNSKEY are both there and say the same (RFC 7344 section 4)."""
    every = wishes(index, inputs)
    types = {wish.rdtype for wish in every}
    if len(types) == 1 and inputs.keys:
        lacking = rdtypes.type_name(CDS + CDNSKEY - every[0].rdtype)
        message = f"there is no {lacking} beside it: a parent that reads only {lacking} does nothing"
        yield _say(index, "cds-alone", every[0], message)
    if len(types) < 2:
        return
    if any(not wish.algorithm and not wish.is_delete for wish in every):
        return  # the request to remove the DS is written wrongly, and that is reported
    said = {rdtype: {(wish.tag, wish.algorithm) for wish in every if wish.rdtype == rdtype} for rdtype in types}
    for wish in every:
        other = CDS + CDNSKEY - wish.rdtype
        if (wish.tag, wish.algorithm) not in said[other]:
            what = "the DS removed" if wish.is_delete else "a DS for this key"
            message = f"asks for {what}, and no {rdtypes.type_name(other)} does"
            yield _say(index, "cds-cdnskey-differ", wish, message)


@zone_check("cds-digest-deprecated", "cds-digest-unknown")
def check_digest_types(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A CDS asks for a digest type that a delegation may have today (RFC 9904, RFC 9905, RFC 9906)."""
    for wish in wishes(index, inputs):
        if wish.digest_type is None or not wish.algorithm:
            continue
        row = digest_row(wish.digest_type)
        what = f"digest type {wish.digest_type}"
        if not row or row.get("mnemonic", "").lower() in ("unassigned", "reserved"):
            yield _say(index, "cds-digest-unknown", wish, f"{what} is not assigned", 2)
        elif row["delegation"] == "MUST NOT":
            message = f"{what} ({row['mnemonic']}) must not be used any more"
            yield _say(index, "cds-digest-deprecated", wish, message, 2)


@zone_check("cds-no-matching-key", "cds-key-not-published", "cds-digest-mismatch", "cds-in-unsigned-zone")
def check_matching(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """At least one record leads to a key of the zone (RFC 7344 section 4.1: the delegation must not break)."""
    for wanted in _sets(index, inputs):
        if not inputs.keys:
            message = "the zone has no DNSKEY: a parent acts on signed records only"
            yield _say(index, "cds-in-unsigned-zone", wanted[0], message)
            continue
        some = any(wish.keys for wish in wanted)
        for wish in wanted:
            if wish.digest_fault:
                yield _say(index, "cds-digest-mismatch", wish, wish.digest_fault, 3)
            elif not wish.keys and some:
                yield _say(index, "cds-key-not-published", wish, "asks for a DS of a key that is not in the zone")
            elif not wish.keys:
                message = "matches no DNSKEY of the zone, and no other record of this type does"
                yield _say(index, "cds-no-matching-key", wish, message)


@zone_check("cds-key-unusable", "cds-key-not-sep")
def check_keys(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A key that a DS is asked for may be used, and is marked as an entry (RFC 4034 section 2.1.1)."""
    for wish in wishes(index, inputs):
        for key in [inputs.keys[number] for number in wish.keys]:
            if key.is_revoked or not key.is_usable:
                state = "is revoked" if key.is_revoked else "may not sign zones (flags or protocol)"
                yield _say(index, "cds-key-unusable", wish, f"the key it stands for {state}")
            elif not key.flags & SECURE_ENTRY_POINT:
                yield _say(index, "cds-key-not-sep", wish, f"the key it stands for has flags {key.flags}, without SEP")


@zone_check("cds-key-not-signing", "cds-algorithm-not-signing")
def check_entry(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """For each algorithm asked for, a key signs the DNSKEY set (RFC 7344 section 4.1, RFC 6840 section 5.11)."""
    signing = {number for number, over_keys in index.uses if over_keys}
    if not signing:
        return  # no valid signature over the keys at all, and that is reported
    for wanted in _sets(index, inputs):
        if not any(wish.keys for wish in wanted):
            continue
        works = {wish.algorithm for wish in wanted if signing.intersection(wish.keys)}
        if not works:
            first = next(wish for wish in wanted if wish.keys)
            message = "the key it stands for does not sign the DNSKEY set, and no key of another record does"
            yield _say(index, "cds-key-not-signing", first, message)
            continue
        for algorithm in sorted({wish.algorithm for wish in wanted} - works):
            first = next(wish for wish in wanted if wish.algorithm == algorithm)
            message = f"no key of algorithm {algorithm} that is asked for signs the DNSKEY set"
            yield _say(index, "cds-algorithm-not-signing", first, message, 1 if first.rdtype == CDS else 2)


def signers(index: ZoneIndex, inputs: Inputs, rdtype: int) -> set[int]:
    """Give the numbers of the keys that make a valid signature over an RRset of the apex."""
    context, rrset, rrsigs = index.context, index.apex[rdtype], index.apex.get(RRSIG)
    made = [rdata for rdata in rrsigs.rdatas if int.from_bytes(rdata[:2], "big") == rdtype] if rrsigs else []
    verifier = Verifier(context.apex, inputs.keys, context.at, 0, 1 << 32, context.rdclass)
    owner, rdatas = wire_from_key(context.apex), sorted(rrset.rdatas)
    for rrsig in made:
        verifier.judge(owner, label_count(context.apex), rdtype, rrset.ttl, rdatas, rrsig)
    return {number for number, _ in verifier.uses}


@zone_check("cds-signer-wrong")
def check_signers(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """CDS and CDNSKEY are signed by a key of the DNSKEY set and of the DS set (RFC 7344 section 4.1)."""
    entries = {number for number, over_keys in index.uses if over_keys}
    if not entries:
        return
    chained = _keys_of_ds(index, inputs)
    for rdtype in (CDS, CDNSKEY):
        made = signers(index, inputs, rdtype) if rdtype in index.apex else set()
        # without a DS at the parent these records are for the first one, where any key will do
        wanted = entries if inputs.ds is None else chained
        if not made or not wanted or made & wanted:
            continue
        tags = ", ".join(str(inputs.keys[number].tag) for number in sorted(made))
        lacking = "signs the DNSKEY set, so that no DS leads to one" if inputs.ds is None else "has a DS at the parent"
        message = f"{rdtypes.type_name(rdtype)} is signed by key {tags} only, and none of these {lacking}"
        yield found("cds-signer-wrong", message, index.apex_place(rdtype), index.context.apex, rdtype)


def _keys_of_ds(index: ZoneIndex, inputs: Inputs) -> set[int]:
    from zonelint.checks.ds import matches

    return {
        number for number, key in enumerate(inputs.keys)
        if any(matches(ds, key, index.context.apex) for ds in inputs.ds or ())
    }  # fmt: skip


@zone_check("cds-change-pending")
def check_pending(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """What the zone asks for is what the parent has (RFC 7344 section 6)."""
    every = [wish for wish in wishes(index, inputs) if wish.algorithm or wish.is_delete]
    if not every or not inputs.ds or DNSKEY not in index.apex:
        return
    there = {(ds.tag, ds.algorithm) for ds in inputs.ds}
    asked = {(wish.tag, wish.algorithm) for wish in every if not wish.is_delete}
    steps = [f"remove the DS of key {tag}" for tag, _ in sorted(there - asked)]
    steps = [f"add a DS for key {tag}" for tag, _ in sorted(asked - there)] + steps
    if steps:
        yield _say(index, "cds-change-pending", every[0], f"asks the parent to {' and '.join(steps)}")
