"""Zones made to keep a linter busy: each is judged in a time that grows with its size only."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from zonelint.engine import CheckOptions, check
from zonelint.findings import Finding
from zonelint.suppressions import Suppression

HEAD = "$ORIGIN example.test.\n$TTL 3600\n@ SOA ns h 1 3600 600 86400 3600\n@ NS ns\nns A 192.0.2.1\n"
SECONDS = 10
"""What none of them needs by far, and each would need with one of its steps tried in all ways."""


def strings(text: str) -> str:
    """Write a long text as the strings of one TXT record."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


@pytest.mark.parametrize(
    ("records", "rules"),
    [
        (f'x._domainkey TXT ( "v=DKIM1; p=" {strings(" " * 60000)} "\\200" )\n', {"dkim-syntax-invalid"}),
        (f'_smtp._tls TXT ( "v=TLSRPTv1; rua=https://" {strings("x" * 60000)} " x" )\n', {"tls-report-invalid"}),
        ("".join(f"a{number} HTTPS 0 a{number + 1}\n" for number in range(3000)) + "a3000 A 192.0.2.1\n", set()),
        ("".join(f"a{number} HTTPS 0 a{number + 1}\n" for number in range(3000)) + "a3000 HTTPS 0 a1500\n",
         {"svcb-alias-loop"}),
        ("".join(f"a{number} CNAME b{number}\nb{number} CNAME a{number}\n" for number in range(15000)), set()),
        (f"b A 192.0.2.1 {';' * 60000}x zonelint: ignore[x] y\n", set()),
        (f"b A 192.0.2.1 ; zonelint: ignore[rrset-too-large] y {';' * 60000}x\n", {"suppression-unused"}),
    ],
    ids=["dkim", "tls-report", "aliases", "aliases-in-a-circle", "circles", "before-a-comment", "behind-a-comment"],
)  # fmt: skip
def test_records_that_take_long(tmp_path: Path, records: str, rules: set[str]) -> None:
    zone = tmp_path / "a.zone"
    zone.write_text(HEAD + records)
    begun = time.process_time()
    report = check([str(zone)], CheckOptions((1764547200,), jobs=1))
    assert time.process_time() - begun < SECONDS
    found = {each.finding.rule for each in report.zones[0].findings}
    judged = {"dkim-syntax-invalid", "tls-report-invalid", "svcb-alias-loop"}
    judged |= {"suppression-invalid", "suppression-unused"}
    assert found & judged == rules


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*a" * 40 + "*b", "a" * 250, False),
        ("*a" * 40 + "*b", "a" * 249 + "b", True),
        ("a*a", "a", False),
        ("*ab*ab", "ab", False),
        ("*ab*ab", "xabab", True),
        ("a**b", "ab", True),
        ("*b*", "abc", True),
        ("*.example.org.", "www.example.org.", True),
    ],
)
def test_patterns_of_many_parts(pattern: str, name: str, fits: bool) -> None:
    begun = time.process_time()
    assert Suppression(frozenset(), owner=pattern).fits(Finding("rrsig-expired", "", None, name), "x.", "x") is fits
    assert time.process_time() - begun < SECONDS
