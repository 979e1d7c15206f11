"""DNSKEY records: key tags, lengths, and public keys ready to verify with."""

from __future__ import annotations

from collections.abc import Callable

ZONE_KEY, REVOKED, SECURE_ENTRY_POINT = 256, 128, 1

Verify = Callable[[bytes, bytes], bool]
"""Takes a signature as it stands in the RRSIG and the octets it covers; tells whether it is valid."""

_EC_OCTETS = {13: 32, 14: 48}
_ED_OCTETS = {15: 32, 16: 57}
_ED_SIGNATURE = 64
MANY = 256
"""Signatures of one key from which on it pays to load libsodium, which verifies Ed25519 twice as fast as OpenSSL."""

RSA_BITS = 4096
"""The longest RSA modulus."""

RSA = frozenset({1, 5, 7, 8, 10})
"""The algorithms with RSA keys."""
_SHA1 = frozenset({5, 7})
VERIFIABLE = frozenset({5, 7, 8, 10, 13, 14, 15, 16})
"""The algorithms whose signatures can be verified here."""


class BadKey(ValueError):
    """Octets that are no public key of their algorithm; the text says why."""


def key_tag(rdata: bytes) -> int:
    """Give the key tag of DNSKEY RDATA in wire form (RFC 4034 appendix B)."""
    if len(rdata) > 3 and rdata[3] == 1:
        return int.from_bytes(rdata[-3:-1], "big")
    total = sum(rdata[0::2]) * 256 + sum(rdata[1::2])
    return (total + (total >> 16)) & 0xFFFF


def rsa_numbers(key: bytes) -> tuple[int, int]:
    """Give the exponent and the modulus of an RSA public key field (RFC 3110 section 2); raises `BadKey`."""
    octets, at = (key[:1], 1) if key[:1] != b"\0" else (key[1:3], 3)
    length = int.from_bytes(octets, "big")
    if not length or len(key) <= at + length:
        raise BadKey("the RSA key is cut short")
    return int.from_bytes(key[at : at + length], "big"), int.from_bytes(key[at + length :], "big")


def load(rdata: bytes) -> Verify:
    """Make a verifier from DNSKEY RDATA in wire form.

    Raises `BadKey` when the octets are no key of a known algorithm, `NotImplementedError` when the algorithm is
    none of `VERIFIABLE`.
    """
    algorithm, key = rdata[3], rdata[4:]
    if algorithm not in VERIFIABLE:
        raise NotImplementedError(f"algorithm {algorithm} cannot be verified")
    from cryptography.exceptions import UnsupportedAlgorithm

    make = _ecdsa if algorithm in _EC_OCTETS else _eddsa if algorithm in _ED_OCTETS else _rsa
    try:
        verify = make(algorithm, key)
        if algorithm in _SHA1:
            verify(b"", b"")  # a system's policy may forbid SHA-1, and that shows only now
    except UnsupportedAlgorithm as fault:
        raise NotImplementedError(f"algorithm {algorithm} is not available on this system ({fault})") from None
    return verify


def _rsa(algorithm: int, key: bytes) -> Verify:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    exponent, modulus = rsa_numbers(key)
    if modulus.bit_length() > RSA_BITS:
        raise BadKey(f"{modulus.bit_length()} bits, at most {RSA_BITS} are allowed (RFC 3110 section 2)")
    try:
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as fault:
        raise BadKey(f"not an RSA key: {fault}") from None
    digest = hashes.SHA1() if algorithm in _SHA1 else hashes.SHA256() if algorithm == 8 else hashes.SHA512()
    scheme, check = padding.PKCS1v15(), public.verify
    octets = (modulus.bit_length() + 7) // 8

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            # RFC 3110 section 3: signers may leave out leading zero octets
            check(signature.rjust(octets, b"\0"), data, scheme, digest)
        except InvalidSignature:
            return False
        return True

    return verify


def _ecdsa(algorithm: int, key: bytes) -> Verify:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    size = _EC_OCTETS[algorithm]
    if len(key) != 2 * size:
        raise BadKey(f"the key has {len(key)} octets, {2 * size} are right (RFC 6605 section 4)")
    curve: ec.EllipticCurve = ec.SECP256R1() if algorithm == 13 else ec.SECP384R1()
    try:
        check = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\4" + key).verify
    except ValueError:
        raise BadKey("the key is no point on its curve") from None
    scheme = ec.ECDSA(hashes.SHA256() if algorithm == 13 else hashes.SHA384())

    def verify(signature: bytes, data: bytes) -> bool:
        if len(signature) != 2 * size:
            return False
        r, s = signature[:size].lstrip(b"\0"), signature[size:].lstrip(b"\0")
        if not r or not s:
            return False
        if r[0] > 127:
            r = b"\0" + r
        if s[0] > 127:
            s = b"\0" + s
        # an ASN.1 SEQUENCE of two INTEGERs; both lengths stay below 128 octets
        der = b"\x30%c\x02%c%b\x02%c%b" % (len(r) + len(s) + 4, len(r), r, len(s), s)
        try:
            check(der, data, scheme)
        except InvalidSignature:
            return False
        return True

    return verify


def _eddsa(algorithm: int, key: bytes) -> Verify:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519

    if len(key) != _ED_OCTETS[algorithm]:
        raise BadKey(f"the key has {len(key)} octets, {_ED_OCTETS[algorithm]} are right (RFC 8080 section 3)")
    kind = ed25519.Ed25519PublicKey if algorithm == 15 else ed448.Ed448PublicKey
    try:
        check = kind.from_public_bytes(key).verify
    except ValueError:
        raise BadKey("the octets are no point of the curve") from None

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            check(signature, data)
        except InvalidSignature:
            return False
        return True

    return _soon_faster(key, verify) if algorithm == 15 else verify


def _soon_faster(key: bytes, verify: Verify) -> Verify:
    """Ask libsodium first once there are many signatures: it takes nothing that OpenSSL refuses."""
    left = MANY
    quick: Verify | None = None

    def verify_many(signature: bytes, data: bytes) -> bool:
        nonlocal left, quick
        if left > 0:
            left -= 1
            return verify(signature, data)
        quick = quick or _sodium(key)
        return quick(signature, data) or verify(signature, data)

    return verify_many


def _sodium(key: bytes) -> Verify:
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import CryptoError

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            crypto_sign_open(signature + data, key)
        except CryptoError:
            return False
        # whatever is joined, the first 64 octets are taken for the signature
        return len(signature) == _ED_SIGNATURE

    return verify
