"""Many signatures by one key verified eight at a time, by Intel's crypto_mb where it is installed.

The library computes with eight numbers at once on processors that have AVX-512 IFMA. What it takes for valid is what
OpenSSL takes for valid; where it cannot tell or says no, each signature is left to OpenSSL.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from hashlib import sha1, sha256, sha384, sha512
from pathlib import Path
from typing import Any

from zonelint.dnssec.keys import BadKey, rsa_numbers

VerifyAll = Callable[[Sequence[tuple[bytes, bytes]]], bool]
"""Takes signatures as they stand in RRSIGs, each with the octets it covers; tells whether surely all are valid."""

_WIDTH = 8
_Pointers = ctypes.c_char_p * _WIDTH
_Addresses = ctypes.c_void_p * _WIDTH
_Lengths = ctypes.c_int32 * _WIDTH
_RUNTIME = ("libintlc.so.5", "libimf.so", "libirng.so", "libsvml.so")
_ECDSA = {13: ("mbx_nistp256_ecdsa_verify_mb8", 32, sha256), 14: ("mbx_nistp384_ecdsa_verify_mb8", 48, sha384)}
_FUNCTIONS = (
    "mbx_is_crypto_mb_applicable", "mbx_ed25519_verify_mb8", "mbx_RSA_pub65537_Method", "mbx_rsa_public_mb8",
    *[name for name, _, _ in _ECDSA.values()],
)  # fmt: skip
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_RSA = {5: sha1, 7: sha1, 8: sha256, 10: sha512}
_RSA_BITS = frozenset({1024, 2048, 3072, 4096})
# the DER of the algorithm before a digest (RFC 8017 section 9.2, note 1)
_DIGEST_INFO = {
    sha1: bytes.fromhex("3021300906052b0e03021a05000414"),
    sha256: bytes.fromhex("3031300d060960864801650304020105000420"),
    sha512: bytes.fromhex("3051300d060960864801650304020305000440"),
}


def is_usable() -> bool:
    """Tell whether the library is installed and runs on this processor."""
    return _library() is not None


@lru_cache(maxsize=64)
def load(rdata: bytes) -> VerifyAll | None:
    """Make a verifier from DNSKEY RDATA in wire form; None where the library, the processor or the key is not fit."""
    library, algorithm, key = _library(), rdata[3], rdata[4:]
    if library is None:
        return None
    # the library reads as many octets as a key has to have
    if algorithm in _ECDSA:
        return _ecdsa(library, algorithm, key) if len(key) == 2 * _ECDSA[algorithm][1] else None
    if algorithm in _RSA:
        return _rsa(library, algorithm, key)
    return _ed25519(library, key) if algorithm == 15 and len(key) == 32 else None


@cache
def _library() -> Any:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    folder = Path(sys.prefix, "lib")
    try:
        for name in _RUNTIME:
            if (folder / name).exists():
                ctypes.CDLL(str(folder / name), ctypes.RTLD_GLOBAL)
        here = folder / "libcrypto_mb.so"
        library = ctypes.CDLL(str(here) if here.exists() else here.name)
        # one that the system has may be too old to know them all
        for name in _FUNCTIONS:
            getattr(library, name)
    except (OSError, AttributeError):
        return None
    return library if library.mbx_is_crypto_mb_applicable(ctypes.c_uint64(0)) else None


def _eights(pairs: Sequence[tuple[bytes, bytes]]) -> Iterator[Sequence[tuple[bytes, bytes]]]:
    """Give the pairs in eights, the last one filled up."""
    for at in range(0, len(pairs), _WIDTH):
        eight = pairs[at : at + _WIDTH]
        yield eight if len(eight) == _WIDTH else [*eight, *[eight[0]] * (_WIDTH - len(eight))]


def _ecdsa(library: Any, algorithm: int, key: bytes) -> VerifyAll:
    name, size, digest = _ECDSA[algorithm]
    x, y = (_Pointers(*[octets[::-1]] * _WIDTH) for octets in (key[:size], key[size:]))
    function = getattr(library, name)
    function.argtypes = [*[_Pointers] * 5, ctypes.c_void_p, ctypes.c_void_p]

    def verify_all(pairs: Sequence[tuple[bytes, bytes]]) -> bool:
        if any(len(signature) != 2 * size for signature, _ in pairs):
            return False
        return not any(
            function(
                _Pointers(*[signature[:size] for signature, _ in eight]),
                _Pointers(*[signature[size:] for signature, _ in eight]),
                _Pointers(*[digest(data).digest() for _, data in eight]),
                x, y, None, None,
            )
            for eight in _eights(pairs)
        )  # fmt: skip

    return verify_all


def _ed25519(library: Any, key: bytes) -> VerifyAll:
    keys = _Pointers(*[key] * _WIDTH)
    function = library.mbx_ed25519_verify_mb8
    function.argtypes = [_Pointers, _Pointers, _Pointers, _Lengths, _Pointers]

    def verify_all(pairs: Sequence[tuple[bytes, bytes]]) -> bool:
        for signature, _ in pairs:
            # RFC 8032 section 5.1.7: the library would take a sum that is not below the order
            if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
                return False
        return not any(
            function(
                _Pointers(*[signature[:32] for signature, _ in eight]),
                _Pointers(*[signature[32:] for signature, _ in eight]),
                _Pointers(*[data for _, data in eight]),
                _Lengths(*[len(data) for _, data in eight]),
                keys,
            )
            for eight in _eights(pairs)
        )

    return verify_all


def _rsa(library: Any, algorithm: int, key: bytes) -> VerifyAll | None:
    try:
        exponent, modulus = rsa_numbers(key)
    except BadKey:
        return None
    bits, digest = modulus.bit_length(), _RSA[algorithm]
    if exponent != 65537 or bits not in _RSA_BITS:
        return None
    library.mbx_RSA_pub65537_Method.restype = ctypes.c_void_p
    method = ctypes.c_void_p(library.mbx_RSA_pub65537_Method(bits))
    octets, limit = bits // 8, modulus.to_bytes(bits // 8, "big")
    moduli = _Pointers(*[limit[::-1]] * _WIDTH)
    results = ctypes.create_string_buffer(_WIDTH * octets)
    targets = _Addresses(*[ctypes.addressof(results) + number * octets for number in range(_WIDTH)])
    function = library.mbx_rsa_public_mb8
    function.argtypes = [_Pointers, _Addresses, _Pointers, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    info = _DIGEST_INFO[digest]
    padding = b"\0\1" + b"\xff" * (octets - 3 - len(info) - digest().digest_size) + b"\0" + info

    def verify_all(pairs: Sequence[tuple[bytes, bytes]]) -> bool:
        for eight in _eights(pairs):
            signatures = [signature for signature, _ in eight]
            if set(map(len, signatures)) != {octets}:
                # RFC 3110 section 3: signers may leave out leading zero octets
                signatures = [signature.rjust(octets, b"\0") for signature in signatures]
            if max(map(len, signatures)) > octets or max(signatures) >= limit:
                return False
            if function(_Pointers(*signatures), targets, moduli, bits, method, None):
                return False
            # RFC 8017 section 8.2.2: what comes out is compared whole, so nothing in it has to be parsed
            if results.raw != b"".join([padding + digest(data).digest() for _, data in eight]):
                return False
        return True

    return verify_all
