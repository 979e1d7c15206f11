"""The private part of a key: read, checked, and turned into the public key that belongs to it.

Private octets live in local variables of these functions only: no message, exception or result carries them.
"""

from __future__ import annotations

import binascii
import re

from zonelint.keys.fields import Damaged, Line, read_lines, read_times
from zonelint.keys.text import number

_FORMAT = re.compile(rb"v1\.\d{1,3}")
_FIELD_LIMIT = 2048
"""Octets one field may have; a modulus of 4096 bits has 512."""

_RSA = (
    "Modulus",
    "PublicExponent",
    "PrivateExponent",
    "Prime1",
    "Prime2",
    "Exponent1",
    "Exponent2",
    "Coefficient",
)


def read_private(text: bytes) -> tuple[int, bytes | None, dict[str, int | None]]:
    """Read a `.private` file: algorithm, octets of the public key that belongs to it, timing metadata.

    The public key is None where it cannot be worked out: a key kept in an HSM, or an algorithm other than 5,
    7, 8, 10, 13, 14, 15 and 16. Raises `Damaged`.
    """
    lines = read_lines(text)
    first = next(iter(lines.values()))
    if first.name != "private-key-format" or not _FORMAT.fullmatch(first.value):
        raise Damaged("does not start with Private-key-format: v1", first.start, first.start)
    algorithm = _algorithm(lines)
    times = read_times(lines)
    if "label" in lines:
        return algorithm, None, times
    if algorithm in (5, 7, 8, 10):
        public: bytes | None = _rsa_public(lines)
    elif algorithm in (13, 14):
        public = _ecdsa_public(lines, algorithm)
    elif algorithm in (15, 16):
        public = _eddsa_public(lines, algorithm)
    else:
        public = None
    return algorithm, public, times


def _algorithm(lines: dict[str, Line]) -> int:
    line = lines.get("algorithm")
    if line is None:
        raise Damaged("field Algorithm is missing")
    value = number(line.value.split(b"(", 1)[0].strip(), 255)
    if value is None:
        raise Damaged("Algorithm is not a number", line.start, line.end)
    return value


def _octets(lines: dict[str, Line], name: str) -> bytes:
    line = lines.get(name.lower())
    if line is None or not line.value:
        raise Damaged(f"field {name} is missing")
    try:
        octets = binascii.a2b_base64(b"".join(line.value.split()), strict_mode=True)
    except binascii.Error:
        raise Damaged(f"field {name} is not base64", line.start, line.end) from None
    if len(octets) > _FIELD_LIMIT:
        raise Damaged(f"field {name} is too long", line.start, line.end)
    return octets


def _rsa_public(lines: dict[str, Line]) -> bytes:
    """Work out the key octets of RFC 3110 section 2; the numbers must form a key (RFC 8017 section 3.2)."""
    n, e, d, p, q, dp, dq, qi = (int.from_bytes(_octets(lines, name), "big") for name in _RSA)
    sound = (
        min(p, q) > 2
        and p * q == n
        and all((e * d - 1) % (prime - 1) == 0 for prime in (p, q))
        and (dp, dq) == (d % (p - 1), d % (q - 1))
        and qi * q % p == 1
    )
    if not sound:
        raise Damaged("the numbers do not form an RSA key")
    exponent = e.to_bytes((e.bit_length() + 7) // 8, "big")
    size = len(exponent)
    head = bytes((size,)) if size < 256 else b"\0" + size.to_bytes(2, "big")
    return head + exponent + n.to_bytes((n.bit_length() + 7) // 8, "big")


def _ecdsa_public(lines: dict[str, Line], algorithm: int) -> bytes:
    """Work out the point as RFC 6605 section 4 writes it: both coordinates, nothing in front."""
    from cryptography.hazmat.primitives.asymmetric import ec

    size, curve = (32, ec.SECP256R1()) if algorithm == 13 else (48, ec.SECP384R1())
    octets = _octets(lines, "PrivateKey")
    try:
        numbers = ec.derive_private_key(int.from_bytes(octets, "big"), curve).public_key().public_numbers()
    except ValueError:
        raise Damaged("PrivateKey is not a private key of this algorithm", *_span(lines)) from None
    return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")


def _eddsa_public(lines: dict[str, Line], algorithm: int) -> bytes | None:
    """Work out the public key as RFC 8080 section 3 writes it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519

    make = ed25519.Ed25519PrivateKey if algorithm == 15 else ed448.Ed448PrivateKey
    octets = _octets(lines, "PrivateKey")
    try:
        return make.from_private_bytes(octets).public_key().public_bytes_raw()
    except ValueError:
        raise Damaged("PrivateKey is not a private key of this algorithm", *_span(lines)) from None
    except UnsupportedAlgorithm:
        return None


def _span(lines: dict[str, Line]) -> tuple[int, int]:
    line = lines["privatekey"]
    return line.start, line.end
