"""The trust anchors of validators against the zone's keys (RFC 4035 section 5, RFC 5011)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonelint.checks.dnskey import key_place
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import found, zone_check
from zonelint.dnssec.digests import OCTETS, ds_digest, unrevoked
from zonelint.dnssec.keys import SECURE_ENTRY_POINT
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.findings import Finding
from zonelint.names import text_from_key, wire_from_key
from zonelint.source.rdtypes import DNSKEY
from zonelint.times import to_text
from zonelint.zone.index import ZoneIndex

if TYPE_CHECKING:
    from zonelint.keys.anchors import Anchor

HOLD_DOWN = 30 * 86400
"""The add hold-down time, seconds (RFC 5011 section 2.4.1)."""

_REFRESH = 15 * 86400  # the longest time between two queries (RFC 5011 section 2.3)
_NOT_TRUSTED = frozenset({"start", "addpend", "revoked", "removed"})
_GONE = frozenset({"revoked", "removed"})


def _say(index: ZoneIndex, rule: str, anchor: Anchor, message: str) -> Finding:
    kind = "" if anchor.digest_type is None else f"/{anchor.digest_type}"
    what = f"anchor {anchor.tag}: {message}"
    return found(rule, what, anchor.place, index.context.apex, DNSKEY, f"{anchor.tag}{kind}")


def _matches(anchor: Anchor, key: ZoneKey, apex: bytes) -> bool:
    """Tell whether an anchor stands for a key, whose REVOKE flag does not matter here."""
    rdata = unrevoked(key.rdata) if key.is_revoked else key.rdata
    if anchor.digest_type is None:
        return rdata == (unrevoked(anchor.rdata) if key.is_revoked else anchor.rdata)
    return ds_digest(wire_from_key(apex), rdata, anchor.digest_type) == anchor.digest


def _within(anchor: Anchor, times: tuple[int, ...]) -> bool:
    start, end = anchor.valid_from or 0, anchor.valid_until
    return all(start <= at and (end is None or at < end) for at in times)


@zone_check("anchor-for-unsigned-zone", "anchor-no-matching-key", "anchor-stale", "anchor-digest-mismatch")
def check_matching(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Each anchor leads to a key of the zone (RFC 4035 section 5, RFC 4033 section 2)."""
    anchors = [each for each in inputs.anchors or () if each.state not in _NOT_TRUSTED and _within(each, inputs.at)]
    apex = index.context.apex
    if anchors and not inputs.keys:
        message = f"{text_from_key(apex)} has no DNSKEY: validators will refuse the unsigned zone"
        yield _say(index, "anchor-for-unsigned-zone", anchors[0], message)
        return
    good = [each for each in anchors if any(_matches(each, key, apex) and not key.is_revoked for key in inputs.keys)]
    for anchor in anchors:
        if anchor in good:
            continue
        state = f" (the file says {anchor.state.upper()})" if anchor.state else ""
        same = [key for key in inputs.keys if key.tag == anchor.tag and key.algorithm == anchor.algorithm]
        if any(_matches(anchor, key, apex) for key in inputs.keys):
            if not good:
                message = "its key is revoked, and no other anchor matches a key"
                yield _say(index, "anchor-no-matching-key", anchor, message)
        elif same and (anchor.digest_type is None or anchor.digest_type in OCTETS):
            what = "key is another" if anchor.digest_type is None else "digest is another"
            message = f"a key with this tag and algorithm is in the zone, its {what}"
            yield _say(index, "anchor-digest-mismatch", anchor, message)
        elif good:
            message = f"matches no DNSKEY of the zone{state}, while another anchor does"
            yield _say(index, "anchor-stale", anchor, message)
        else:
            message = f"matches no DNSKEY of the zone{state}, and no other anchor does"
            yield _say(index, "anchor-no-matching-key", anchor, message)


@zone_check("anchor-key-not-signing", "anchor-outside-validity", "anchor-key-revoked")
def check_entry(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A key that an anchor leads to signs the DNSKEY set, now, and is not revoked (RFC 4035 section 5, RFC 5011)."""
    apex, signing = index.context.apex, {number for number, over_keys in index.uses if over_keys}
    if not signing:
        return
    pairs = [
        (anchor, number) for anchor in inputs.anchors or () if anchor.state not in _NOT_TRUSTED
        for number, key in enumerate(inputs.keys) if _matches(anchor, key, apex)
    ]  # fmt: skip
    live = [(anchor, number) for anchor, number in pairs if not inputs.keys[number].is_revoked]
    for anchor, number in pairs:
        if (anchor, number) not in live and live and _within(anchor, inputs.at):
            message = f"its key is revoked in the zone, where it has tag {inputs.keys[number].tag}"
            yield _say(index, "anchor-key-revoked", anchor, message)
    current = [(anchor, number) for anchor, number in live if _within(anchor, inputs.at)]
    if current and not any(number in signing for _, number in current):
        message = "its key does not sign the DNSKEY set, and no key of another anchor does"
        yield _say(index, "anchor-key-not-signing", current[0][0], message)
    elif not current:
        for anchor, number in live:
            if number in signing:
                message = f"its key signs the DNSKEY set, but it is {_bounds(anchor)}"
                yield _say(index, "anchor-outside-validity", anchor, message)


def _bounds(anchor: Anchor) -> str:
    start = f" from {to_text(anchor.valid_from)}" if anchor.valid_from is not None else ""
    end = f" until {to_text(anchor.valid_until)}" if anchor.valid_until is not None else ""
    return f"valid{start}{end} only"


@zone_check("anchor-missing-for-key")
def check_new_keys(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Each key that is or will be an entry into the zone has an anchor (RFC 5011 section 6, RFC 6781 section 4.1.2)."""
    anchors, apex = inputs.anchors or (), index.context.apex
    if not any(_matches(anchor, key, apex) and not key.is_revoked for anchor in anchors for key in inputs.keys):
        return  # no anchor leads into the zone at all, and that is reported
    signing = {number for number, over_keys in index.uses if over_keys}
    for number, key in enumerate(inputs.keys):
        if not key.flags & SECURE_ENTRY_POINT or not key.is_usable or key.is_revoked:
            continue
        if not any(_matches(anchor, key, apex) for anchor in anchors):
            role = "signs the DNSKEY set" if number in signing else "is published to sign the DNSKEY set later"
            message = f"key {key.tag} {role}, and no trust anchor stands for it"
            yield found("anchor-missing-for-key", message, key_place(index, key), apex, DNSKEY, str(key.tag))


@zone_check("anchor-pending", "anchor-hold-down-exceeded", "anchor-state-contradicted")
def check_states(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """The state that a validator has for a key fits the zone (RFC 5011 sections 2.4.1 and 4)."""
    at = min(inputs.at)
    for anchor in inputs.anchors or ():
        keys = [key for key in inputs.keys if _matches(anchor, key, index.context.apex) and not key.is_revoked]
        if not keys:
            continue
        if anchor.state == "addpend":
            trusted = (anchor.since if anchor.since is not None else at) + HOLD_DOWN
            if at > trusted + _REFRESH:
                message = f"still waits for its hold-down time, which ended {to_text(trusted)}"
                yield _say(index, "anchor-hold-down-exceeded", anchor, message)
            else:
                until = f" until {to_text(trusted)}" if anchor.since is not None else ""
                yield _say(index, "anchor-pending", anchor, f"is not trusted yet but in its hold-down time{until}")
        elif anchor.state == "missing" or anchor.state in _GONE:
            message = f"the file says {anchor.state.upper()}, and its key is in the zone, not revoked"
            yield _say(index, "anchor-state-contradicted", anchor, message)
