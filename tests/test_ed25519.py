"""Many Ed25519 signatures are verified by libsodium, and what it says is what OpenSSL says."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from zonelint.dnssec import keys

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
RDATA = bytes((1, 0, 3, 15)) + PUBLIC


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> keys.Verify:
    """A verifier that asks libsodium from its first signature on."""
    monkeypatch.setattr(keys, "MANY", 0)
    return keys.load(RDATA)


def test_libsodium_is_loaded_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MANY", 2)
    asked: list[bytes] = []
    monkeypatch.setattr(keys, "_sodium", lambda key: asked.append(key) or keys._eddsa(15, key))
    verify, signature = keys.load(RDATA), PRIVATE.sign(b"data")
    assert [verify(signature, b"data") for _ in range(4)] == [True] * 4
    assert asked == [PUBLIC]


def test_good_signatures(soon: keys.Verify) -> None:
    for size in (0, 1, 200, 5000):
        assert soon(PRIVATE.sign(bytes(size)), bytes(size))


@given(st.binary(min_size=1, max_size=300), st.integers(0, 511), st.booleans())
def test_one_bit_makes_it_bogus(data: bytes, bit: int, in_data: bool) -> None:
    quick, slow = keys._sodium(PUBLIC), keys.load(RDATA)
    signature = PRIVATE.sign(data)
    assert quick(signature, data)
    assert slow(signature, data)
    broken = bytearray(data if in_data else signature)
    broken[bit // 8 % len(broken)] ^= 1 << bit % 8
    pair = (signature, bytes(broken)) if in_data else (bytes(broken), data)
    assert not quick(*pair)
    assert not slow(*pair)


def test_no_octet_passes_between_signature_and_data(soon: keys.Verify) -> None:
    signature = PRIVATE.sign(b"data")
    assert not soon(signature + b"d", b"ata")
    assert not soon(signature[:-1], signature[-1:] + b"data")
    assert not soon(b"", signature + b"data")


def test_what_libsodium_refuses_is_left_to_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    # the neutral element of the curve as a key: libsodium takes none of small order
    neutral = bytes((1,)) + bytes(31)
    monkeypatch.setattr(keys, "MANY", 0)
    forged = neutral + bytes(32)
    assert not keys._sodium(neutral)(forged, b"data")
    assert keys.load(bytes((1, 0, 3, 15)) + neutral)(forged, b"data") is keys._eddsa(15, neutral)(forged, b"data")
