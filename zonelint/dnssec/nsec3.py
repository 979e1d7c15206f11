"""The hash of NSEC3 owner names (RFC 5155 section 5)."""

from __future__ import annotations

from hashlib import sha1


def nsec3_hash(wire: bytes, salt: bytes, iterations: int) -> bytes:
    """Hash a canonical wire-form name with SHA-1, the only algorithm there is; 20 octets."""
    digest = sha1(wire + salt).digest()
    for _ in range(iterations):
        digest = sha1(digest + salt).digest()
    return digest


_DIGITS = "0123456789abcdefghijklmnopqrstuv"


def hash_label(digest: bytes) -> bytes:
    """Write a hash of 20 octets as the lower-case base32hex label it has in an owner name."""
    value = int.from_bytes(digest, "big")
    return "".join([_DIGITS[value >> shift & 31] for shift in range(155, -1, -5)]).encode()
