"""How large the answer to a DNSKEY query is at each step of a plan, in octets of the DNS message.

More keys and more signatures at once make it larger. What does not fit into a UDP answer is fetched over TCP, and what
is sent in fragments may never arrive (RFC 9715): both are worth knowing before the day.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from zonelint.dnssec.keys import RSA
from zonelint.names import key_from_text, wire_from_key
from zonelint.rollover.model import Key, Plan, Role, State, apply

HEADER, QUESTION_FIXED, RECORD_FIXED, RRSIG_FIXED, OPT = 12, 4, 10, 18, 11
"""Octets: the header, type and class of a question, those of a record up to its RDATA, an RRSIG up to the signer, OPT.

The first three are RFC 1035 section 4.1, the fourth RFC 4034 section 3.1, the last RFC 6891 section 6.1.2 without
options: no cookie, no padding.
"""

_SIGNATURES = {3: 41, 6: 41, 12: 64, 13: 64, 14: 96, 15: 64, 16: 114, 17: 64, 23: 64}
_KEYS = {12: 68, 13: 68, 14: 100, 15: 36, 16: 61, 17: 68, 23: 68}
_RSA_KEY = 264
"""A key of 2048 bits with the exponent 65537: four octets of fields, one of length, three and 256 of numbers."""


class UnknownSize(ValueError):
    """A key whose signatures have a length that nobody here knows; the text names its algorithm."""


class Limit(NamedTuple):
    """A size that answers are compared with: octets of the DNS message, and what happens above it."""

    octets: int
    meaning: str


LIMITS = (
    Limit(1232, "the EDNS buffer size that most resolvers announce: larger answers are truncated and fetched over TCP"),
    Limit(1452, "what one packet of 1500 octets holds over IPv6 (40 of IP, 8 of UDP): larger answers are fragmented"),
    Limit(1472, "what one packet of 1500 octets holds over IPv4 (20 of IP, 8 of UDP): larger answers are fragmented"),
)
"""1232 is 1280, the least MTU of IPv6 (RFC 8200 section 5), less 48 octets of headers (DNS flag day 2020)."""


class Size(NamedTuple):
    """The octets of the DNSKEY answer from the instant `at` on, in seconds since 1970."""

    at: int
    dnskey: int

    @property
    def exceeded(self) -> tuple[Limit, ...]:
        """The limits that the answer is larger than."""
        return tuple(limit for limit in LIMITS if self.dnskey > limit.octets)


def sizes(plan: Plan) -> list[Size]:
    """Give the size after each instant at which something happens, in order; raises `UnknownSize`."""
    state = plan.start
    found: list[Size] = []
    for at, events in groupby(sorted(plan.events, key=lambda event: event.at), lambda event: event.at):
        state = apply(state, list(events))
        found.append(Size(at, dnskey_answer(plan, state)))
    return found


def dnskey_answer(plan: Plan, state: State) -> int:
    """Give the octets of the UDP message that answers a DNSKEY query with the DO flag in a state.

    The question repeats the name, the owners of the records point at it (the root is shorter than a pointer), signer
    names are never compressed (RFC 4034 section 3.1.7). Raises `UnknownSize`.
    """
    name = len(wire_from_key(key_from_text(plan.zone)))
    record = min(name, 2) + RECORD_FIXED
    keys = [plan.keys[id_] for id_ in sorted(state.dnskey)]
    signers = [plan.keys[id_] for id_ in sorted(state.dnskey_signers & state.dnskey)]
    octets = HEADER + name + QUESTION_FIXED + OPT
    octets += sum(record + key_octets(plan, key) for key in keys)
    octets += sum(
        record + RRSIG_FIXED + name + signature_octets(key.algorithm, key_octets(plan, key)) for key in signers
    )
    return octets


def key_octets(plan: Plan, key: Key) -> int:
    """Give the octets of a key's DNSKEY RDATA; for one that is not made yet those of its likeliest model.

    That is a key of the start with the same algorithm and role, then one with the same algorithm, then the size that
    signers choose by themselves (RSA: 2048 bits). Raises `UnknownSize` for an algorithm that none of these knows.
    """
    if key.octets is not None:
        return key.octets
    models = [plan.keys[id_] for id_ in sorted(plan.start.dnskey) if plan.keys[id_].algorithm == key.algorithm]
    roles = {key.role} if key.role == Role.zsk else {Role.ksk, Role.csk}
    for model in sorted(models, key=lambda model: model.role not in roles):
        if model.octets is not None:
            return model.octets
    if key.algorithm in RSA:
        return _RSA_KEY
    if key.algorithm not in _KEYS:
        raise UnknownSize(f"the size of keys of algorithm {key.algorithm} is not known")
    return _KEYS[key.algorithm]


def signature_octets(algorithm: int, octets: int) -> int:
    """Give the octets of a signature; for RSA as many as the modulus of a DNSKEY RDATA of so many `octets` has.

    ECDSA: RFC 6605 section 4, EdDSA: RFC 8080 section 4, RSA: RFC 3110 section 3. Raises `UnknownSize`.
    """
    if algorithm in RSA:
        return _modulus(octets)
    if algorithm not in _SIGNATURES:
        raise UnknownSize(f"the size of signatures of algorithm {algorithm} is not known")
    return _SIGNATURES[algorithm]


def _modulus(octets: int) -> int:
    """Tell the modulus from the exponent: one of 3, 1 or 5 octets, whichever leaves a multiple of 64 bits."""
    sizes_ = [octets - 5 - exponent for exponent in (3, 1, 5)]
    return next((size for size in sizes_ if size % 8 == 0), sizes_[0])
