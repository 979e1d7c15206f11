"""Zones made to keep a verifier busy: keys that share a tag, each of which might have made a signature."""

from __future__ import annotations

import base64
import math
import random
import struct
from pathlib import Path

import pytest

from zonelint.checks import rsakeys
from zonelint.dnssec.keys import key_tag
from zonelint.dnssec.verify import TRIES, Verifier
from zonelint.engine import CheckOptions, check
from zonelint.times import parse_time

AT = parse_time("2026-06-15T00:00:00Z", 0)
TAG = 12345
HEAD = """\
example.test. 3600 IN SOA ns1.example.test. hostmaster.example.test. 1 7200 3600 1209600 3600
example.test. 3600 IN NS ns1.example.test.
ns1.example.test. 3600 IN A 192.0.2.1
"""


def colliding_keys(number: int) -> list[bytes]:
    """Make DNSKEY RDATA of RSA keys that all have the tag `TAG`; nobody has to know their private halves."""
    dice, found = random.Random(1), list[bytes]()
    while len(found) < number:
        modulus = bytearray(dice.randbytes(128))
        modulus[0] |= 0x80
        modulus[-1] |= 1
        rdata = bytearray(struct.pack("!HBB", 256, 3, 8) + b"\3\1\0\1" + modulus)
        rdata[100:102] = b"\0\0"
        # the tag is a sum of 16-bit words: one of them makes up for the rest
        rdata[100:102] = ((TAG - key_tag(bytes(rdata))) % 65535).to_bytes(2, "big")
        if key_tag(bytes(rdata)) == TAG:
            found.append(bytes(rdata))
    return found


def trap(keys: int, signatures: int) -> str:
    dice = random.Random(2)
    rows = [f"example.test. 3600 IN DNSKEY 256 3 8 {base64.b64encode(rdata[4:]).decode()}\n"
            for rdata in colliding_keys(keys)]  # fmt: skip
    rows += [
        f"ns1.example.test. 3600 IN RRSIG A 8 3 3600 20260701000000 20260601000000 {TAG} example.test. "
        f"{base64.b64encode(dice.randbytes(128)).decode()}\n"
        for _ in range(signatures)
    ]
    return HEAD + "".join(rows)


@pytest.mark.parametrize(("keys", "rule"), [(TRIES, "rrsig-bogus"), (TRIES + 1, "rrsig-unverifiable"),
                                            (120, "rrsig-unverifiable")])  # fmt: skip
def test_a_signature_is_tried_with_a_few_keys(
    keys: int, rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, verifies = [], Verifier._verifies

    def counted(self: Verifier, *arguments: object) -> bool:
        tried.append(arguments)
        return verifies(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Verifier, "_verifies", counted)
    path = tmp_path / "zone"
    path.write_text(trap(keys, 40))
    report = check([str(path)], CheckOptions(at=(AT,), jobs=1))
    found = [each.finding for each in report.zones[0].findings]
    assert [finding.rule for finding in found].count(rule) == 40
    assert len(tried) == 40 * TRIES
    assert "dnskey-tags-collide-often" in {finding.rule for finding in found}
    if keys > TRIES:
        (message,) = {finding.message for finding in found if finding.rule == rule}
        assert message.endswith(f"by key {TAG} is not by {TRIES} of the {keys} keys it may be by; no more were tried")


def test_not_every_pair_of_many_keys_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsakeys, "_MOST", 10)
    counted: list[tuple[int, ...]] = []
    monkeypatch.setattr(rsakeys, "gcd", lambda *numbers: counted.append(numbers) or math.gcd(*numbers))
    path = tmp_path / "zone"
    path.write_text(trap(30, 1))
    check([str(path)], CheckOptions(at=(AT,), jobs=1))
    # each with the small primes, and the first ten with one another
    assert len(counted) == 30 + 45
