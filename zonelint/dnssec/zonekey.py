"""The keys of a zone: DNSKEY records and the verifiers made of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from zonelint.dnssec.keys import REVOKED, RSA, ZONE_KEY, BadKey, Verify, key_tag, load, rsa_numbers

if TYPE_CHECKING:
    from zonelint.dnssec.multibuffer import VerifyAll

# the parts of a zone are judged one after the other, all by the same keys
_loaded = lru_cache(maxsize=64)(load)


@dataclass(slots=True)
class ZoneKey:
    """A DNSKEY of the apex: its RDATA in wire form and the verifier made of it.

    `verify` is None when the key cannot be used, and `problem` says why; `malformed` tells that its octets are no key.
    `verify_all` is there once `Verifier.trust` was called, for keys that can verify many signatures at once.
    """

    rdata: bytes
    tag: int
    verify: Verify | None = None
    verify_all: VerifyAll | None = None
    problem: str = ""
    malformed: bool = False

    @classmethod
    def load(cls, rdata: bytes) -> ZoneKey:
        """Prepare a key; never raises."""
        key = cls(rdata, key_tag(rdata))
        try:
            key.verify = _loaded(rdata)
        except BadKey as fault:
            key.problem, key.malformed = str(fault), True
        except NotImplementedError as reason:
            key.problem = str(reason)
        return key

    @property
    def flags(self) -> int:
        """The flags field (RFC 4034 section 2.1.1)."""
        return int.from_bytes(self.rdata[:2], "big")

    @property
    def algorithm(self) -> int:
        """The algorithm number."""
        return self.rdata[3]

    @property
    def is_revoked(self) -> bool:
        """Whether the REVOKE flag is set (RFC 5011 section 7)."""
        return bool(self.flags & REVOKED)

    @property
    def is_usable(self) -> bool:
        """Whether a validator may use it at all (RFC 4035 section 5.3.1: Zone Key flag, protocol 3)."""
        return bool(self.flags & ZONE_KEY) and self.rdata[2] == 3


def rsa_bits(key: ZoneKey) -> int | None:
    """Give the length of an RSA modulus in bits; None for other algorithms and broken keys."""
    if key.algorithm not in RSA:
        return None
    try:
        return rsa_numbers(key.rdata[4:])[1].bit_length()
    except BadKey:
        return None
