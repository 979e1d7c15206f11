"""Signatures verified eight at a time: what the library takes for valid, OpenSSL takes for valid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from fixturing import FIXTURES, header, options_of
from hypothesis import given
from hypothesis import strategies as st
from test_cache import in_groups

from zonelint.dnssec import keys, multibuffer, verify
from zonelint.engine import check, origin, run, scan, zone
from zonelint.findings import Report

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points the curve P-256 has."""

Sign = Callable[[bytes], bytes]

needs_library = pytest.mark.skipif(
    not multibuffer.is_usable(), reason="crypto_mb is not installed, or the processor has no AVX-512 IFMA"
)


def _p256(number: int = 7) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    key = ec.derive_private_key(number, ec.SECP256R1())
    point = key.public_key().public_numbers()
    return bytes((1, 0, 3, 13)) + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big"), key


def _signers() -> Iterator[tuple[str, bytes, Sign]]:
    for algorithm, curve, size, digest in (
        (13, ec.SECP256R1(), 32, hashes.SHA256()),
        (14, ec.SECP384R1(), 48, hashes.SHA384()),
    ):
        key = ec.derive_private_key(1234567, curve)
        point = key.public_key().public_numbers()

        def sign_ecdsa(
            data: bytes,
            key: ec.EllipticCurvePrivateKey = key,
            size: int = size,
            digest: hashes.HashAlgorithm = digest,
        ) -> bytes:
            r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        rdata = bytes((1, 0, 3, algorithm)) + point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")
        yield f"{algorithm}", rdata, sign_ecdsa
    edwards = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    yield "15", bytes((1, 0, 3, 15)) + edwards.public_key().public_bytes_raw(), edwards.sign
    for algorithm, bits, hashing in (
        (5, 2048, hashes.SHA1()),
        (8, 1024, hashes.SHA256()),
        (8, 2048, hashes.SHA256()),
        (10, 2048, hashes.SHA512()),
        (8, 3072, hashes.SHA256()),
        (8, 4096, hashes.SHA256()),
    ):
        private = rsa.generate_private_key(65537, bits)
        modulus = private.public_key().public_numbers().n.to_bytes(bits // 8, "big")

        def sign_rsa(
            data: bytes, private: rsa.RSAPrivateKey = private, hashing: hashes.HashAlgorithm = hashing
        ) -> bytes:
            return private.sign(data, padding.PKCS1v15(), hashing)

        yield f"{algorithm}-{bits}", bytes((1, 0, 3, algorithm, 3, 1, 0, 1)) + modulus, sign_rsa


SIGNERS = {name: (rdata, sign) for name, rdata, sign in _signers()}


def _all(rdata: bytes) -> multibuffer.VerifyAll:
    verify_all = multibuffer.load(rdata)
    assert verify_all
    return verify_all


@needs_library
@pytest.mark.parametrize("name", SIGNERS)
@pytest.mark.parametrize("count", [1, 7, 8, 9, 20])
def test_good_signatures(name: str, count: int) -> None:
    rdata, sign = SIGNERS[name]
    octets = [bytes(number * 13) + b"x" for number in range(count)]
    assert _all(rdata)([(sign(data), data) for data in octets])


@needs_library
@pytest.mark.parametrize("name", SIGNERS)
@given(st.integers(0, 16), st.integers(0, 1 << 14), st.booleans())
def test_one_bit_is_found_wherever_it_stands(name: str, which: int, bit: int, in_data: bool) -> None:
    rdata, sign = SIGNERS[name]
    pairs = [(sign(data), data) for data in (b"some octets", b"other octets")]
    pairs = [pairs[number % 2] for number in range(17)]
    signature, data = pairs[which]
    broken = bytearray(data if in_data else signature)
    broken[bit // 8 % len(broken)] ^= 1 << bit % 8
    pairs[which] = (signature, bytes(broken)) if in_data else (bytes(broken), data)
    assert not keys.load(rdata)(*pairs[which])
    assert not _all(rdata)(pairs)


@needs_library
@pytest.mark.parametrize("name", SIGNERS)
def test_lengths(name: str) -> None:
    rdata, sign = SIGNERS[name]
    signature = sign(b"data")
    for wrong in (b"", signature[:-1], signature + b"\0", signature[1:], bytes(len(signature))):
        assert not keys.load(rdata)(wrong, b"data")
        assert not _all(rdata)([(wrong, b"data")])


# --- numbers at the edges ----------------------------------------------------------------------------------


def _digest(octets: bytes) -> SimpleNamespace:
    """In the place of a hash: the octets themselves are the digest."""
    return SimpleNamespace(digest=lambda: octets)


def _openssl(rdata: bytes, r: int, s: int, digest: bytes) -> bool:
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + rdata[4:])
    try:
        public.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except Exception:
        return False
    return True


def _p256_cases() -> Iterator[tuple[int, int, int, int]]:
    """Private keys, r, s and digests: right ones, and what a careless computation would take for right."""
    for private in (1, 2, ORDER - 1, ORDER - 2, 7):
        _, key = _p256(private)
        for digest in (0, 1, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1, 5):
            signature = key.sign(digest.to_bytes(32, "big"), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
            r, s = utils.decode_dss_signature(signature)
            yield private, r, s, digest
            yield private, r, ORDER - s, digest
            for value in (0, 1, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1):
                yield private, value, s, digest
                yield private, r, value, digest
                yield private, value, value, digest
            # the two products are one point, each other's opposites, and the one at infinity
            yield private, r, s, r * private % ORDER
            yield private, r, s, -r * private % ORDER
            yield private, r, 1, -r * private % ORDER
    # of r + n and r only the one below n counts
    for r in range(1, 40):
        yield 1, r + ORDER, 1, 0
        yield 1, r, 1, 0


@needs_library
def test_p256_at_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(multibuffer._ECDSA, 13, ("mbx_nistp256_ecdsa_verify_mb8", 32, _digest))
    multibuffer.load.cache_clear()
    verdicts = set[bool]()
    for private, r, s, digest in _p256_cases():
        rdata, _ = _p256(private)
        octets = digest.to_bytes(32, "big")
        if r >> 256 or s >> 256:
            continue
        quick = _all(rdata)([(r.to_bytes(32, "big") + s.to_bytes(32, "big"), octets)])
        # it refuses a valid one whose digest is 0 or not below the order: OpenSSL then decides
        assert not quick or _openssl(rdata, r, s, octets), (private, r, s, digest)
        verdicts.add(quick)
    multibuffer.load.cache_clear()
    assert verdicts == {False, True}


@needs_library
def test_ed25519_takes_no_second_form_of_a_signature() -> None:
    rdata, sign = SIGNERS["15"]
    group = 2**252 + 27742317777372353535851937790883648493
    signature = sign(b"data")
    s = int.from_bytes(signature[32:], "little")
    for factor in range(1, 16):
        if (other := s + factor * group) < 2**256:
            assert not _all(rdata)([(signature[:32] + other.to_bytes(32, "little"), b"data")])


PRIME = 2**255 - 19
SMALL_ORDER = [
    0, 1, PRIME - 1, PRIME, PRIME + 1,
    2707385501144840649318225287225658788936804267575313519463743609750303021, 2**255 - 1,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
]  # fmt: skip
"""Ordinates of points whose multiples are few, some of them in a form that is not the least one."""


@needs_library
@pytest.mark.parametrize("sign_bit", [0, 1])
@pytest.mark.parametrize("key", SMALL_ORDER)
def test_ed25519_with_points_of_small_order(key: int, sign_bit: int) -> None:
    rdata = bytes((1, 0, 3, 15)) + (key | sign_bit << 255).to_bytes(32, "little")
    try:
        slow = keys.load(rdata)
    except keys.BadKey:
        return
    quick = _all(rdata)
    for r in SMALL_ORDER:
        for bit in (0, 1):
            for s in (0, 1, 8):
                signature = (r | bit << 255).to_bytes(32, "little") + s.to_bytes(32, "little")
                for data in (b"", b"data", b"other data", b"more"):
                    assert not quick([(signature, data)]) or slow(signature, data)


@needs_library
def test_rsa_takes_no_second_form_of_a_signature() -> None:
    private = rsa.generate_private_key(65537, 1024)
    modulus = private.public_key().public_numbers().n
    rdata = bytes((1, 0, 3, 8, 3, 1, 0, 1)) + modulus.to_bytes(128, "big")
    for data in (bytes((number,)) for number in range(200)):
        signature = int.from_bytes(private.sign(data, padding.PKCS1v15(), hashes.SHA256()), "big")
        if (signature + modulus) >> 1024 == 0:
            break
    assert _all(rdata)([(signature.to_bytes(128, "big"), data)])
    assert not _all(rdata)([((signature + modulus).to_bytes(128, "big"), data)])


@needs_library
def test_rsa_signatures_without_leading_zeros() -> None:
    rdata, sign = SIGNERS["8-1024"]
    data = next(data for data in (b"%d" % n for n in range(5000)) if sign(data)[0] == 0)
    assert _all(rdata)([(sign(data).lstrip(b"\0"), data)])


@needs_library
def test_rsa_compares_the_whole_padding() -> None:
    private = rsa.generate_private_key(65537, 1024)
    numbers, public = private.private_numbers(), private.public_key().public_numbers()
    rdata = bytes((1, 0, 3, 8, 3, 1, 0, 1)) + public.n.to_bytes(128, "big")
    info = multibuffer._DIGEST_INFO[multibuffer.sha256]
    digest = hashlib.sha256(b"data").digest()
    right = b"\0\1" + b"\xff" * (125 - len(info) - 32) + b"\0" + info + digest
    without_null = info.replace(b"\x31\x30\x0d", b"\x2f\x30\x0b", 1).replace(b"\5\0", b"", 1)
    forms = [
        right,
        right[:2] + b"\xfe" + right[3:],
        b"\0\1" + b"\xff" * 8 + b"\0" + info + digest + bytes(128 - 11 - len(info) - 32),
        b"\0\2" + right[2:],
        b"\0\1" + b"\xff" * (125 - len(without_null) - 32) + b"\0" + without_null + digest,
    ]
    signatures = [pow(int.from_bytes(form, "big"), numbers.d, public.n).to_bytes(128, "big") for form in forms]
    assert [_all(rdata)([(signature, b"data")]) for signature in signatures] == [True, False, False, False, False]


def test_keys_that_are_not_for_it() -> None:
    odd = rsa.generate_private_key(65537, 1032).public_key().public_numbers().n.to_bytes(129, "big")
    assert multibuffer.load(bytes((1, 0, 3, 8, 3, 1, 0, 1)) + odd) is None
    assert multibuffer.load(bytes((1, 0, 3, 8, 1, 3)) + bytes(range(1, 129))) is None
    assert multibuffer.load(bytes((1, 0, 3, 8))) is None
    assert multibuffer.load(bytes((1, 0, 3, 16)) + bytes(57)) is None
    assert multibuffer.load(bytes((1, 0, 3, 253)) + bytes(57)) is None


@pytest.mark.parametrize("algorithm", [13, 14, 15])
@pytest.mark.parametrize("octets", [0, 1, 31, 33, 63, 65, 95, 97, 500])
def test_keys_of_a_wrong_length(algorithm: int, octets: int) -> None:
    assert multibuffer.load(bytes((1, 0, 3, algorithm)) + bytes(octets)) is None


def test_a_library_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    # the C library has none of the functions
    monkeypatch.setattr(multibuffer.ctypes, "CDLL", lambda *_: multibuffer.ctypes.PyDLL(None))
    assert multibuffer._library.__wrapped__() is None


def test_a_library_that_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    monkeypatch.setattr(multibuffer.sys, "prefix", str(tmp_path))
    for octets in (b"", b"text", b"\x7fELF"):
        (tmp_path / "lib/libcrypto_mb.so").write_bytes(octets)
        assert multibuffer._library.__wrapped__() is None


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multibuffer, "_library", lambda: None)
    multibuffer.load.cache_clear()
    assert [multibuffer.load(rdata) for rdata, _ in SIGNERS.values()] == [None] * len(SIGNERS)
    multibuffer.load.cache_clear()


# --- judging on trust --------------------------------------------------------------------------------------

Pairs = Sequence[tuple[bytes, bytes]]


def _large(monkeypatch: pytest.MonkeyPatch, verify_all: Callable[[bytes, Pairs], bool]) -> None:
    """Have zones judged as large ones are, part by part, with something in the place of the library."""

    def load(rdata: bytes) -> multibuffer.VerifyAll:
        return lambda pairs: verify_all(rdata, pairs)

    for module, name, value in (
        (zone, "SMALL", 0), (zone, "SHARD", 2000), (zone, "_BATCH_MIN", 4000), (zone, "_BATCH_MAX", 4000),
        (origin, "HEAD", 500), (scan, "MANY", 0), (multibuffer, "load", load),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


def _judged(path: Path) -> Report:
    report = check([str(path)], replace(options_of(header(path), path.parent), jobs=1))
    for each in report.zones:
        each.seconds = 0
    return report


def _slowly(rdata: bytes, pairs: Pairs) -> bool:
    return all(keys.load(rdata)(*pair) for pair in pairs)


GOOD, BOGUS = "zones/rich-knot-optout", "rules/rrsig-bogus/fail-nsec3"


@pytest.mark.parametrize("name", [GOOD, BOGUS])
@pytest.mark.parametrize("says", ["the truth", "no to all"])
@pytest.mark.parametrize("at_once", [3, verify.AT_ONCE])
def test_the_report_is_the_same(name: str, says: str, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "AT_ONCE", at_once)
    path = FIXTURES / f"{name}.zone"
    alone = _judged(path)
    asked: list[int] = []

    def verify_all(rdata: bytes, pairs: Pairs) -> bool:
        asked.append(len(pairs))
        return says == "the truth" and _slowly(rdata, pairs)

    _large(monkeypatch, verify_all)
    together = _judged(path)
    assert [each.findings for each in together.zones] == [each.findings for each in alone.zones]
    assert together.zones[0].verified == alone.zones[0].verified
    assert together.zones[0].forecast == alone.zones[0].forecast
    assert sum(asked) > 0


def test_what_refuses_valid_signatures_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[int] = []

    def verify_all(_rdata: bytes, pairs: Pairs) -> bool:
        refused.append(len(pairs))
        return not pairs

    _large(monkeypatch, verify_all)
    monkeypatch.setattr(zone, "_BATCH_MIN", 1 << 30)
    monkeypatch.setattr(zone, "_BATCH_MAX", 1 << 30)
    assert not _judged(FIXTURES / f"{GOOD}.zone").exit_status
    assert len([count for count in refused if count]) == 1


def test_a_bogus_signature_is_found_though_most_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    _large(monkeypatch, _slowly)
    report = _judged(FIXTURES / f"{BOGUS}.zone")
    rules = [found.finding.rule for found in report.zones[0].findings]
    assert [rule for rule in rules if rule.startswith("rrsig")] == ["rrsig-bogus"]


def test_the_cache_keeps_nothing_that_was_only_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _large(monkeypatch, _slowly)
    monkeypatch.setattr(run, "WORTHWHILE", 0)
    in_groups(monkeypatch, 500, 2000)
    path = FIXTURES / f"{BOGUS}.zone"
    options = replace(options_of(header(path), path.parent), jobs=1, cache=lambda: str(tmp_path / "cache"))
    for _ in range(3):
        (judged,) = check([str(path)], options).zones
        assert "rrsig-bogus" in {found.finding.rule for found in judged.findings}
