"""The hash of NSEC3 owner names (RFC 5155 section 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_sha1: Callable[[bytes], Any] | None = None


def nsec3_hash(wire: bytes, salt: bytes, iterations: int) -> bytes:
    """Hash a canonical wire-form name with SHA-1, the only algorithm there is; 20 octets."""
    sha1 = _sha1 or _load()
    digest: bytes = sha1(wire + salt).digest()
    for _ in range(iterations):
        digest = sha1(digest + salt).digest()
    return digest


def _load() -> Callable[[bytes], Any]:
    """Load the hash at its first use: most runs in a commit hook see no NSEC3."""
    global _sha1
    from hashlib import sha1

    _sha1 = sha1
    return sha1


_DIGITS = "0123456789abcdefghijklmnopqrstuv"


def hash_label(digest: bytes) -> bytes:
    """Write a hash of 20 octets as the lower-case base32hex label it has in an owner name."""
    value = int.from_bytes(digest, "big")
    return "".join([_DIGITS[value >> shift & 31] for shift in range(155, -1, -5)]).encode()
