"""The digest that a DS record holds of a key (RFC 4034 section 5.1.4)."""

from __future__ import annotations

OCTETS = {1: 20, 2: 32, 3: 32, 4: 48, 5: 32, 6: 32}
"""How long a digest of each type is."""

_HASHES = {1: "sha1", 2: "sha256", 4: "sha384"}


def ds_digest(owner: bytes, rdata: bytes, digest_type: int) -> bytes | None:
    """Give the digest of a key; `owner` is the canonical wire form of its name, `rdata` that of the DNSKEY.

    None for a digest type that cannot be computed here.
    """
    if digest_type not in _HASHES:
        return None
    import hashlib

    return hashlib.new(_HASHES[digest_type], owner + rdata, usedforsecurity=False).digest()


def unrevoked(rdata: bytes) -> bytes:
    """Give the RDATA that a DNSKEY had before its REVOKE flag was set (RFC 5011 section 7)."""
    return bytes((rdata[0], rdata[1] & 0x7F)) + rdata[2:]
