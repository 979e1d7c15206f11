"""What each key of a zone is for, told by what it really signs; the SEP flag breaks ties (RFC 4034 section 2.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zonelint.dnssec.keys import REVOKED, SECURE_ENTRY_POINT, key_tag
from zonelint.findings import Place
from zonelint.rollover.model import Role


@dataclass(slots=True)
class KeyUse:
    """A key and what it does.

    `signs_zone` tells that it signs data, `signs_all` that it signs all of them, `has_ds` that the parent points at it
    (or is assumed to), `published` that it is in the DNSKEY set. `rdata` is empty for a key that is known only by
    its signatures or its DS. `octets` is the length of its DNSKEY RDATA.
    """

    tag: int
    algorithm: int
    rdata: bytes = b""
    published: bool = True
    signs_keys: bool = False
    signs_zone: bool = False
    signs_all: bool = False
    has_ds: bool = False
    place: Place | None = None
    role: Role = Role.zsk

    @classmethod
    def of(cls, rdata: bytes, place: Place | None = None) -> KeyUse:
        """Begin with the RDATA of a DNSKEY in wire form."""
        return cls(key_tag(rdata), rdata[3], rdata, place=place)

    @property
    def name(self) -> tuple[int, int]:
        """Tag and algorithm, as an RRSIG and a DS name the key."""
        return self.tag, self.algorithm

    @property
    def is_sep(self) -> bool:
        """Whether the SEP flag is set."""
        return bool(self.rdata) and bool(self.rdata[1] & SECURE_ENTRY_POINT)

    @property
    def is_revoked(self) -> bool:
        """Whether the REVOKE flag is set (RFC 5011 section 7)."""
        return bool(self.rdata) and bool(self.rdata[1] & REVOKED)

    @property
    def octets(self) -> int | None:
        """The length of the RDATA, None where it is not known."""
        return len(self.rdata) or None


def assign(keys: Sequence[KeyUse]) -> None:
    """Set the role of every key."""
    single = [algorithm for algorithm in {key.algorithm for key in keys} if _is_single(algorithm, keys)]
    for key in keys:
        peers = [other for other in keys if other is not key and other.algorithm == key.algorithm]
        key.role = _role(key, peers, is_single=key.algorithm in single or _follows(key, peers, bool(single)))


def _role(key: KeyUse, peers: Sequence[KeyUse], *, is_single: bool) -> Role:
    """Give the role of one key; `is_single` tells that keys of its algorithm sign everything."""
    entry = Role.csk if is_single else Role.ksk
    if key.signs_keys and not _signs_keys_by_the_way(key, peers):
        return Role.csk if key.signs_zone else entry
    if key.signs_zone:
        beside = any(other.signs_keys and other.signs_zone for other in peers)
        return Role.csk if beside and key.is_sep and all(other.is_sep for other in peers) else Role.zsk
    return entry if key.is_sep or key.has_ds else Role.zsk


def _is_single(algorithm: int, keys: Sequence[KeyUse]) -> bool:
    """Tell whether all data of an algorithm are signed by keys that sign the DNSKEY set too, and no ZSK is waiting."""
    mine = [key for key in keys if key.algorithm == algorithm]
    signers = [key for key in mine if key.signs_zone]
    if any(key.rdata and not key.is_sep and not key.signs_zone for key in mine):
        return False
    return bool(signers) and all(
        key.signs_keys and not _signs_keys_by_the_way(key, [other for other in mine if other is not key])
        for key in signers
    )


def _follows(key: KeyUse, peers: Sequence[KeyUse], elsewhere: bool) -> bool:
    """Tell whether an algorithm without signed data is set up for single keys, as another algorithm of the zone is."""
    return elsewhere and not any(each.signs_zone or not each.is_sep for each in (key, *peers))


def _signs_keys_by_the_way(key: KeyUse, peers: Sequence[KeyUse]) -> bool:
    """Tell whether a key signs the DNSKEY set although another one is there for it.

    dnssec-signzone without -x and ldns-signzone -A let every key sign that set.
    """
    return not key.is_sep and not key.has_ds and any(
        other.is_sep and other.signs_keys and not other.is_revoked for other in peers
    )
