"""What is wrong with a policy that can be read: times that do not fit each other, keys that cannot work.

Missing settings count as no time at all, so a rule that adds times up speaks only when the sum is too long anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zonelint.catalogue import table
from zonelint.findings import Finding, Place
from zonelint.keys.policies.durations import spell
from zonelint.keys.policies.model import Policy, PolicyKey

RULES = frozenset(
    (
        "policy-invalid",
        "policy-rollovers-overlap",
        "policy-lifetime-too-short",
        "policy-refresh-too-late",
        "policy-refresh-below-ttl",
        "policy-jitter-too-large",
        "policy-ttl-exceeds-validity",
        "policy-role-missing",
        "policy-algorithm-deprecated",
        "policy-nsec3-unsuitable",
        "policy-months-ambiguous",
    )
)
"""The rules about policies: the first for what cannot be read, the others from `judge`."""

_NSEC_ONLY = frozenset((1, 3, 5))
_VALIDITIES = ("signature-validity", "signature-validity-dnskey")


def judge(policy: Policy) -> Iterator[Finding]:
    """Judge a policy by itself, without a zone; the findings come in the order of the rules' codes."""
    yield from _judge_lifetimes(policy)
    yield from _judge_refresh(policy)
    yield from _judge_jitter(policy)
    yield from _judge_ttls(policy)
    yield from _judge_roles(policy)
    yield from _judge_algorithms(policy)
    yield from _judge_nsec3(policy)
    yield from _judge_months(policy)


def _say(policy: Policy, rule: str, message: str, place: Place | None, what: str) -> Finding:
    text = f"policy {policy.name}: {message}"
    return Finding(rule, text, place or policy.place, discriminator=f"{policy.name} {what}")


def _judge_lifetimes(policy: Policy) -> Iterator[Finding]:
    """A key lives longer than its roll takes: the signer's own bound, and the whole roll (RFC 7583 section 3)."""
    for number, key in enumerate(policy.keys):
        if key.lifetime is None:
            continue
        place, what = key.lifetime_place or key.place, f"{key.role} {key.algorithm} {number}"
        lifetime = f"{key.role} lifetime {spell(key.lifetime)}"
        fault = _own_bound(policy, key)
        if fault:
            yield _say(policy, "policy-lifetime-too-short", f"{lifetime}: {fault}", place, what)
            continue
        before, after = _publication(policy, key), _retirement(policy, key)
        if key.lifetime < before + after:
            message = (
                f"{lifetime} is less than a roll takes: {spell(before)} from publishing a key to using it"
                f" + {spell(after)} until the old one can go = {spell(before + after)}"
            )
            yield _say(policy, "policy-rollovers-overlap", message, place, what)


def _own_bound(policy: Policy, key: PolicyKey) -> str:
    """Say which bound of its signer a lifetime does not keep, empty when it does."""
    assert key.lifetime is not None
    if policy.kind == "knot":
        least = _knot_bound(policy, key)
        return f"Knot wants at least {spell(least)}" if key.lifetime < least else ""
    if policy.kind == "opendnssec":
        ttl = "ds-ttl" if key.role == "ksk" else "max-zone-ttl"
        most = _sum(policy, "dnskey-ttl", ttl)
        return f"OpenDNSSEC wants more than {spell(most)}, the TTLs together" if key.lifetime <= most else ""
    publication = _sum(policy, "dnskey-ttl", "publish-safety", "zone-propagation")
    most = max(publication, *(_bind_retirement(policy, role) for role in ("ksk", "zsk") if key.role in (role, "csk")))
    who = "BIND wants" if policy.kind == "bind" else "a roll needs"
    return f"{who} more than {spell(most)}, the longest wait in a roll" if key.lifetime <= most else ""


def _knot_bound(policy: Policy, key: PolicyKey) -> int:
    """Give the shortest lifetime that Knot takes; 0 where it depends on TTLs of the zone."""
    ttl, longest = policy.get("dnskey-ttl"), policy.get("max-zone-ttl")
    other = ttl if key.role == "ksk" else longest
    if ttl is None or other is None:
        return 0
    return 2 * _sum(policy, "zone-propagation") + ttl + other


def _bind_retirement(policy: Policy, role: str) -> int:
    if role == "ksk":
        return _sum(policy, "ds-ttl", "retire-safety", "parent-propagation")
    return _signing(policy) + _sum(policy, "max-zone-ttl", "retire-safety", "zone-propagation")


def _sum(policy: Policy, *names: str) -> int:
    return sum(policy.get(name) or 0 for name in names)


def _signing(policy: Policy) -> int:
    """Give the time until the last signature of an old key has been replaced, in seconds."""
    validity, refresh = policy.get("signature-validity"), policy.get("signature-refresh")
    # Knot signs the whole zone at once.
    if policy.kind == "knot" or validity is None or refresh is None:
        return 0
    delay = max(0, validity - refresh)
    return delay + _sum(policy, "signature-jitter", "resign-interval") if policy.kind == "opendnssec" else delay


def _publication(policy: Policy, key: PolicyKey) -> int:
    """Give the time from publishing a key, or its DS, to its use (Ipub in RFC 7583 sections 3.2 and 3.3)."""
    keys = _sum(policy, "zone-propagation", "dnskey-ttl", "publish-safety")
    if key.method == "double-ds":
        return _sum(policy, "registration", "parent-propagation", "ds-ttl")
    if key.method == "double-rrset":
        return max(keys, _sum(policy, "registration", "parent-propagation", "ds-ttl"))
    # The other methods publish keys and signatures together, or the wait is counted as retirement.
    return keys if key.method in ("double-ksk", "pre-publication") else 0


def _retirement(policy: Policy, key: PolicyKey) -> int:
    """Give the time from the use of a key to the end of the one before (Iret in RFC 7583 sections 3.2 and 3.3)."""
    # OpenDNSSEC adds its safety only when the DNSKEY goes, after this.
    safety = 0 if policy.kind == "opendnssec" else _sum(policy, "retire-safety")
    parent = _sum(policy, "registration", "parent-propagation", "ds-ttl") + safety
    longest = _sum(policy, "max-zone-ttl")
    if key.method == "double-signature":
        longest = max(longest, _sum(policy, "dnskey-ttl"))
    data = _signing(policy) + _sum(policy, "zone-propagation") + longest + safety
    if key.method == "double-ds":
        return _sum(policy, "zone-propagation", "dnskey-ttl")
    if key.method in ("double-rrset", None):
        return 0
    if key.role == "csk":
        return max(parent, data)
    return parent if key.role == "ksk" else data


def _judge_refresh(policy: Policy) -> Iterator[Finding]:
    """Signatures are renewed well after they are made and well before they expire."""
    refresh = policy.get("signature-refresh")
    if refresh is None:
        return
    rule, place = "policy-refresh-too-late", policy.place_of("signature-refresh")
    ahead = f"signatures are refreshed {spell(refresh)} before they expire"
    for name in _VALIDITIES:
        validity = policy.get(name)
        if validity is None:
            continue
        if policy.kind == "bind" and refresh * 10 >= validity * 9:
            message = f"{ahead}, which BIND wants below 90% of {name} ({spell(validity)})"
        elif refresh >= validity:
            message = f"{ahead}, and {name} is only {spell(validity)}"
        else:
            continue
        yield _say(policy, rule, message, place, name)
        break
    resign = policy.get("resign-interval")
    if resign is not None and refresh <= resign:
        message = f"{ahead}, and the signer runs only every {spell(resign)}: some expire first"
        yield _say(policy, rule, message, place, "resign-interval")
    needed = _sum(policy, "max-zone-ttl", "zone-propagation")
    if refresh < needed:
        message = f"{ahead}, less than the largest TTL and the propagation delay ({spell(needed)})"
        yield _say(policy, "policy-refresh-below-ttl", message, place, "")


def _judge_jitter(policy: Policy) -> Iterator[Finding]:
    """Jitter leaves each signature a good part of its validity."""
    jitter = policy.get("signature-jitter")
    if jitter is None:
        return
    refresh = policy.get("signature-refresh") or 0
    for name in _VALIDITIES:
        validity = policy.get(name)
        if validity is None:
            continue
        if jitter * 2 > validity:
            message = f"signature jitter {spell(jitter)} is more than half of {name} ({spell(validity)})"
        elif jitter > validity - refresh > 0:
            left = spell(validity - refresh)
            message = f"signature jitter {spell(jitter)} is more than the {left} until refresh: some are due at once"
        else:
            continue
        yield _say(policy, "policy-jitter-too-large", message, policy.place_of("signature-jitter"), name)
        break


def _judge_ttls(policy: Policy) -> Iterator[Finding]:
    """TTLs are shorter than the validity of signatures (RFC 6781 section 4.4)."""
    for ttl, name in (("max-zone-ttl", "signature-validity"), ("dnskey-ttl", "signature-validity-dnskey")):
        seconds, validity = policy.get(ttl), policy.get(name)
        if seconds is not None and validity is not None and seconds >= validity:
            message = f"{ttl} {spell(seconds)} is not below {name} ({spell(validity)})"
            # the one of the two that is written down
            place = policy.place_of(ttl if policy.settings[ttl].place else name)
            yield _say(policy, "policy-ttl-exceeds-validity", message, place, ttl)


def _judge_roles(policy: Policy) -> Iterator[Finding]:
    """Each algorithm signs both the keys and the data (RFC 4035 section 2.2)."""
    for algorithm in sorted({key.algorithm for key in policy.keys}):
        keys = [key for key in policy.keys if key.algorithm == algorithm]
        roles = {key.role for key in keys}
        if roles in ({"ksk"}, {"zsk"}):
            has, lacks = ("ksk", "zsk") if "ksk" in roles else ("zsk", "ksk")
            message = f"algorithm {algorithm} ({_row(algorithm)['mnemonic']}) has a {has} and no {lacks}"
            yield _say(policy, "policy-role-missing", message, keys[0].place, str(algorithm))


def _row(number: int) -> dict[str, Any]:
    """Give the row of an algorithm in the table of algorithms."""
    for row in table("dnssec-algorithms")["algorithms"]:
        if row.get("number") == number or row.get("from", 256) <= number <= row.get("to", -1):
            return dict(row)
    return {"mnemonic": "unassigned", "signing": "none", "zone_signing": False}


def _judge_algorithms(policy: Policy) -> Iterator[Finding]:
    """New keys have algorithms that zones may and should be signed with (RFC 9904 section 3)."""
    seen = set[int]()
    for key in policy.keys:
        row = _row(key.algorithm)
        if key.algorithm in seen:
            continue
        seen.add(key.algorithm)
        if row["signing"] == "MUST NOT":
            fault = "must not be used to sign"
        elif not row["zone_signing"]:
            fault = "cannot sign zones"
        elif row["signing"] == "NOT RECOMMENDED":
            fault = "is not recommended for signing"
        else:
            continue
        message = f"algorithm {key.algorithm} ({row['mnemonic']}) {fault}"
        yield _say(policy, "policy-algorithm-deprecated", message, key.place, str(key.algorithm))


def _judge_nsec3(policy: Policy) -> Iterator[Finding]:
    """NSEC3 comes without iterations and with algorithms that allow it (RFC 9276 section 3.1, RFC 5155 section 2)."""
    if policy.denial != "nsec3":
        return
    rule, most = "policy-nsec3-unsuitable", table("nsec3-limits")["iterations_max_safe"]
    if policy.iterations and policy.iterations.value > most:
        message = f"NSEC3 with {policy.iterations.value} extra iterations, there must be {most}"
        yield _say(policy, rule, message, policy.iterations.place, "iterations")
    for number in sorted({key.algorithm for key in policy.keys} & _NSEC_ONLY):
        place = next(key.place for key in policy.keys if key.algorithm == number)
        message = f"algorithm {number} ({_row(number)['mnemonic']}) does not allow NSEC3"
        yield _say(policy, rule, message, place, str(number))


def _judge_months(policy: Policy) -> Iterator[Finding]:
    """Durations say how many days they mean."""
    days = 30 if policy.kind == "knot" else 31
    others = "31 in BIND and OpenDNSSEC" if days == 30 else "30 in dnssec-keygen, dnssec-settime and Knot"
    for number, (text, place) in enumerate(policy.months):
        message = f"{text}: a month has {days} days here, {others}"
        yield _say(policy, "policy-months-ambiguous", message, place, f"{text} {number}")
