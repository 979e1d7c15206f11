"""The fields of RRSIGs before the signature, and what can be said of a signature by them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from zonelint.dnssec.zonekey import ZoneKey
from zonelint.names import key_from_wire
from zonelint.times import serial_less

_DNSKEY, _MEMO = 48, 1 << 14

Use = tuple[int, bool]
"""The number of a key, and whether what it signs is the DNSKEY RRset."""


class Fault(Enum):
    """Why a signature does not count, in the order in which it is looked for."""

    signer_wrong = "rrsig-signer-wrong"
    key_unknown = "rrsig-key-unknown"
    unverifiable = "rrsig-unverifiable"
    labels_wrong = "rrsig-labels-wrong"
    inverted = "rrsig-inception-after-expiration"
    original_ttl = "rrsig-original-ttl-mismatch"
    expired = "rrsig-expired"
    early = "rrsig-not-yet-valid"
    bogus = "rrsig-bogus"


@dataclass(slots=True)
class Head:
    """The fields of an RRSIG before the signature, which many signatures share, and what can be said of them."""

    covered: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    tag: int
    signer: bytes
    keys: tuple[int, ...] = ()
    fault: Fault | None = None
    late_fault: Fault | None = None
    expires_soon: bool = False
    lifetime: int = 0
    remarkable: bool = False
    outlived: bool = False
    is_sound: bool = False
    is_plain: bool = False
    use: Use | None = None
    count: int = 0
    alone: bytes | None = None


class Heads:
    """Reads heads by the keys of one zone, at the reference times `at` (seconds since 1970), and keeps them.

    `horizon` is how many seconds before its end a signature is said to expire soon, `lifetime` how many seconds it may
    be valid for. `known` has the heads that were read, by their octets.
    """

    def __init__(self, apex: bytes, keys: Sequence[ZoneKey], at: Sequence[int], horizon: int, lifetime: int) -> None:
        self._apex, self._keys, self._at, self._horizon, self._lifetime = apex, keys, at, horizon, lifetime
        self._has_one = len({key.algorithm for key in keys if key.is_usable}) == 1
        self.known: dict[bytes, Head] = {}

    def of(self, prefix: bytes) -> Head:
        """Give the head that these octets of RDATA are, up to the end of the signer's name."""
        head = self.known.get(prefix)
        if head is None:
            if len(self.known) > _MEMO:
                self.known.clear()
            head = self.known[prefix] = self._read(prefix)
        return head

    def moment(self, seconds: int) -> int:
        """Give a 32-bit signature time in the era that is nearest to the first reference time."""
        near = self._at[0]
        return near + ((seconds - near + 2**31) % 2**32 - 2**31)

    def _read(self, prefix: bytes) -> Head:
        def number(start: int, end: int) -> int:
            return int.from_bytes(prefix[start:end], "big")

        head = Head(number(0, 2), prefix[2], prefix[3], number(4, 8), number(8, 12), number(12, 16), number(16, 18),
                    key_from_wire(prefix[18:]))  # fmt: skip
        head.lifetime = (head.expiration - head.inception) & 0xFFFFFFFF
        head.keys = tuple(
            i for i, key in enumerate(self._keys)
            if key.tag == head.tag and key.algorithm == head.algorithm and key.is_usable
        )  # fmt: skip
        if head.signer != self._apex:
            head.fault = Fault.signer_wrong
        elif not head.keys:
            head.fault = Fault.key_unknown
        elif all(self._keys[i].verify is None for i in head.keys):
            head.fault = Fault.unverifiable
        head.late_fault = self._window(head)
        left = self.moment(head.expiration) - max(self._at)
        head.expires_soon = left <= self._horizon
        # what expires soon is said already, so this is about TTLs longer than the horizon
        head.outlived = not head.expires_soon and left < head.original_ttl
        head.remarkable = head.expires_soon or head.lifetime > self._lifetime or head.outlived
        head.is_sound = not head.fault and not head.late_fault and serial_less(head.inception, head.expiration)
        if len(head.keys) == 1:
            head.use = head.keys[0], head.covered == _DNSKEY
        # the algorithm is one that has to sign, so where there is one only, nothing is missing
        head.is_plain = head.is_sound and not head.remarkable and bool(head.use) and self._has_one
        return head

    def _window(self, head: Head) -> Fault | None:
        for at in self._at:
            now = at & 0xFFFFFFFF
            # RFC 4035 section 5.3.1: the time must be at most the expiration, and at least the inception
            if serial_less(head.expiration, now):
                return Fault.expired
            if serial_less(now, head.inception):
                return Fault.early
        return None
