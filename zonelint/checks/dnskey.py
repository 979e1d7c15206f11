"""The DNSKEY RRset: fields, strength, and what each key does in the zone (RFC 4034 section 2, RFC 9904)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from zonelint.catalogue import table
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.dnssec.keys import REVOKED, SECURE_ENTRY_POINT, ZONE_KEY
from zonelint.dnssec.zonekey import ZoneKey, rsa_bits
from zonelint.findings import Finding, Place
from zonelint.source.rdtypes import DNSKEY
from zonelint.zone.index import ZoneIndex

_KNOWN_FLAGS = ZONE_KEY | REVOKED | SECURE_ENTRY_POINT


def key_place(index: ZoneIndex, key: ZoneKey, field: int | None = None) -> Place:
    """Give the place of a key's record, the caret on `field`."""
    rrset = index.apex[DNSKEY]
    return index.place(rrset.positions[rrset.rdatas.index(key.rdata)], field)


def in_file_order(index: ZoneIndex, keys: Sequence[ZoneKey]) -> list[ZoneKey]:
    """Give keys in the order of their records."""
    return sorted(keys, key=lambda key: key_place(index, key).start)


def say(index: ZoneIndex, rule: str, key: ZoneKey, message: str, field: int | None = None) -> Finding:
    """Make a finding about a key, its tag before the message, the caret on `field` of its record."""
    place = key_place(index, key, field)
    return found(rule, f"key {key.tag}: {message}", place, index.context.apex, DNSKEY, str(key.tag))


@zone_check("dnskey-zone-flag-missing", "dnskey-reserved-flags", "dnskey-protocol-wrong", "dnskey-malformed")
def check_fields(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Flags, protocol and key octets are as RFC 4034 section 2.1 wants them."""
    for key in inputs.keys:
        if not key.flags & ZONE_KEY:
            message = f"flags {key.flags} lack the Zone Key bit (256): no validator uses the key"
            yield say(index, "dnskey-zone-flag-missing", key, message, 0)
        if key.flags & ~_KNOWN_FLAGS:
            message = f"flags {key.flags} set bits that are reserved"
            yield say(index, "dnskey-reserved-flags", key, message, 0)
        if key.rdata[2] != 3:
            yield say(index, "dnskey-protocol-wrong", key, f"protocol is {key.rdata[2]}, it must be 3", 1)
        if key.malformed:
            yield say(index, "dnskey-malformed", key, key.problem, 3)


def algorithm_row(number: int) -> dict[str, Any]:
    """Give the row of an algorithm in the table of algorithms."""
    for row in table("dnssec-algorithms")["algorithms"]:
        if row.get("number") == number or row.get("from", 256) <= number <= row.get("to", -1):
            return dict(row)
    return {"mnemonic": "unassigned", "signing": "none", "zone_signing": False}


@zone_check(
    "dnskey-algorithm-forbidden", "dnskey-algorithm-discouraged", "dnskey-algorithm-unknown", "dnskey-too-short",
    "dnskey-length-below-advice",
)  # fmt: skip
def check_strength(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Algorithm and key length are those of today's advice (RFC 9904, RFC 9905, RFC 9906)."""
    for key in inputs.keys:
        row = algorithm_row(key.algorithm)
        what = f"algorithm {key.algorithm} ({row['mnemonic']})"
        if row["signing"] == "MUST NOT":
            yield say(index, "dnskey-algorithm-forbidden", key, f"{what} must not be used to sign", 2)
        elif not row["zone_signing"]:
            yield say(index, "dnskey-algorithm-unknown", key, f"{what} cannot sign zones", 2)
        elif row["signing"] == "NOT RECOMMENDED":
            yield say(index, "dnskey-algorithm-discouraged", key, f"{what} is not recommended for signing", 2)
        bits = rsa_bits(key)
        if bits is not None:
            limits = table("rsa-lengths")
            if bits < limits["minimum"]:
                message = f"{bits} bits, fewer than {limits['minimum']} can be broken"
                yield say(index, "dnskey-too-short", key, message, 3)
            elif bits < limits["advised"]:
                message = f"{bits} bits, at least {limits['advised']} are advised"
                yield say(index, "dnskey-length-below-advice", key, message, 3)


@zone_check("dnskey-tag-collision")
def check_tags(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Keys of one algorithm have different tags, or validators must try them all (RFC 4034 section 5.3.1)."""
    seen: dict[tuple[int, int], ZoneKey] = {}
    for key in in_file_order(index, inputs.keys):
        other = seen.setdefault((key.tag, key.algorithm), key)
        if other is not key:
            message = f"another key of algorithm {key.algorithm} has this tag"
            yield say(index, "dnskey-tag-collision", key, message)


@zone_check("no-sep-key-signing", "sep-keys-not-signing", "dnskey-unused", "dnskey-algorithm-unused")
def check_use(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Each key and each algorithm signs, and a key with the SEP flag signs the keys (RFC 4034 section 2.1.1)."""
    if not index.signatures or not inputs.keys:
        return
    used = index.signing
    algorithms = {inputs.keys[number].algorithm for number in used}
    said = set[int]()
    for number, key in enumerate(inputs.keys):
        if not key.is_usable:
            continue
        if key.algorithm not in algorithms:
            if key.algorithm not in said:
                message = f"algorithm {key.algorithm} is in the DNSKEY set and signs nothing"
                yield say(index, "dnskey-algorithm-unused", key, message, 2)
            said.add(key.algorithm)
        elif number not in used:
            yield say(index, "dnskey-unused", key, "signs nothing in this zone")
    entries = [inputs.keys[number] for number, over_keys in index.uses if over_keys]
    if entries and not any(key.flags & SECURE_ENTRY_POINT and not key.is_revoked for key in entries):
        place = index.apex_place(DNSKEY, 0, 0)
        if any(key.flags & SECURE_ENTRY_POINT and not key.is_revoked for key in inputs.keys):
            message = "there is a key with the SEP flag, and none makes a valid signature over the DNSKEY set"
            yield found("sep-keys-not-signing", message, place, index.context.apex, DNSKEY)
        else:
            message = "no key with the SEP flag signs the DNSKEY set, for there is none"
            yield found("no-sep-key-signing", message, place, index.context.apex, DNSKEY)


@zone_check("dnskey-revoked-not-self-signed", "dnskey-revoked-signs-data")
def check_revoked(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A revoked key signs the DNSKEY set and nothing else (RFC 5011 section 2.1)."""
    if not index.signatures:
        return
    for number, key in enumerate(inputs.keys):
        if not key.is_revoked:
            continue
        if (number, True) not in index.uses:
            message = "the REVOKE flag is set and the key does not sign the DNSKEY set"
            yield say(index, "dnskey-revoked-not-self-signed", key, message, 0)
        if (number, False) in index.uses or (number, False) in index.claims:
            yield say(index, "dnskey-revoked-signs-data", key, "revoked, and signs other records than DNSKEY", 0)
