"""Reading trust anchors in each of their forms, and what `check --trust-anchors` makes of bad ones."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fixturing import FIXTURES

from zonelint.keys.anchors import parse_anchors, read_anchor_file

KSK = "257 3 15 lQZrruWsnn5ly9DsoCDeUrEJl8wdkoOl7aMXs3yalI8="
DIGEST = "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
FORMS = {
    "dnskey": f"example.test. 3600 IN DNSKEY {KSK}\n",
    "ds": f"example.test. IN DS 20326 8 2 {DIGEST}\n",
    "unbound": f"; autotrust trust anchor file\n;;id: example.test. 1\nexample.test. 60 IN DNSKEY {KSK} ;{{id = 1}} "
    ";;state=1 [ ADDPEND ] ;;count=3 ;;lastchange=1489997718 ;;Mon\n",
    "bind": f'trust-anchors {{\n  example.test. initial-key 257 3 15 "{KSK.split()[3]}";\n}};\n',
    "bind-ds": f'trust-anchors {{ "example.test" static-ds 20326 8 2 "{DIGEST[:30]} {DIGEST[30:]}"; }};\n',
    "trusted-keys": f'trusted-keys {{ example.test. 257 3 15 "{KSK.split()[3]}"; }};\n',
    "xml": '<?xml version="1.0"?>\n<TrustAnchor><Zone>example.test.</Zone>\n'
    f'<KeyDigest id="K" validFrom="2017-02-02T00:00:00+00:00" validUntil="2026-01-01T00:00:00Z">\n'
    f"<KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType><Digest>{DIGEST}</Digest></KeyDigest></TrustAnchor>\n",
}


def run_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "zonelint", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read(form: str) -> None:
    anchors, findings = parse_anchors(FORMS[form].encode(), "f", "example.test")
    assert findings == []
    (anchor,) = anchors
    if "ds" in form or form == "xml":
        assert (anchor.tag, anchor.algorithm, anchor.digest_type) == (20326, 8, 2)
        assert anchor.digest == bytes.fromhex(DIGEST)
    else:
        assert (anchor.tag, anchor.algorithm, anchor.digest_type) == (16043, 15, None)
        assert anchor.rdata[:4] == b"\1\1\3\x0f"


def test_states_dates_and_kinds() -> None:
    read = {form: parse_anchors(text.encode(), "f", "example.test")[0][0] for form, text in FORMS.items()}
    assert (read["unbound"].state, read["unbound"].since, read["unbound"].managed) == ("addpend", 1489997718, True)
    assert (read["xml"].valid_from, read["xml"].valid_until) == (1485993600, 1767225600)
    assert [form for form, anchor in read.items() if anchor.managed] == ["unbound", "bind"]
    assert read["dnskey"].state == ""


@pytest.mark.parametrize("form", FORMS)
def test_other_zones_are_passed_over(form: str) -> None:
    anchors, findings = parse_anchors(FORMS[form].encode(), "f", "example.org")
    assert anchors == []
    assert [found.rule for found in findings] == ["anchor-file-invalid"]
    assert "only of example.test." in findings[0].message


def test_the_files_that_debian_installs() -> None:
    path = "/usr/share/dns/root.key"
    if not os.path.exists(path):
        pytest.skip("no dns-root-data here")
    anchors, findings = read_anchor_file(path, ".")
    assert findings == []
    assert 20326 in {anchor.tag for anchor in anchors}


@pytest.mark.parametrize("form", FORMS)
def test_nothing_cut_short_makes_a_traceback(form: str) -> None:
    text = FORMS[form].encode()
    for end in range(len(text)):
        anchors, findings = parse_anchors(text[:end], "f", "example.test")
        assert anchors or findings


@pytest.mark.parametrize("form", FORMS)
def test_no_octet_makes_a_traceback(form: str) -> None:
    rng = random.Random(7)
    for _ in range(300):
        text = bytearray(FORMS[form].encode())
        for _ in range(rng.randrange(1, 4)):
            text[rng.randrange(len(text))] = rng.randrange(256)
        for found in parse_anchors(bytes(text), "f", "example.test")[1]:
            assert found.place is not None
            assert 0 <= found.place.start <= len(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no trust anchor of example.test."),
        ("\0", "control octets"),
        ("Private-key-format: v1.3\n", "private key"),
        ("<TrustAnchor>", "no element found"),
        ("<html/>", "root element is 'html'"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><TrustAnchor/>', "document type"),
        ("<TrustAnchor/>", "names no Zone"),
        (FORMS["xml"].replace("2017-02-02T00:00:00+00:00", "now"), "validFrom"),
        (FORMS["xml"].replace("<KeyTag>20326</KeyTag>", ""), "KeyTag is missing"),
        (FORMS["xml"].replace("20326", "99999"), "key tag of a DS"),
        (FORMS["bind"].replace("initial-key", "some-key"), "no kind of trust anchor"),
        (FORMS["bind"].replace("};", ""), "not closed"),
        (FORMS["bind"].replace('";', '"'), "semicolon"),
        (FORMS["ds"].replace("E06D", "E06"), "digest of a DS: not hex"),
        (FORMS["dnskey"].replace("lQZr", "l*Zr"), "key of a DNSKEY: not base64"),
        ("example.test. IN DNSKEY 257 3\n", "cut off"),
        ("one two/two three\n", "not a record"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    _, findings = parse_anchors(text.encode(), "f", "example.test")
    assert findings
    assert message in findings[0].message
    assert {found.rule for found in findings} == {"anchor-file-invalid"}


def test_a_hostile_file_is_given_up() -> None:
    _, findings = parse_anchors(b"x y/y z\n" * 1000, "f", "example.test")
    assert len(findings) == 21
    deep = b"<TrustAnchor>" + b"<a>" * 100000
    assert "within each other" in parse_anchors(deep, "f", "example.test")[1][0].message


def test_the_option(tmp_path: Path) -> None:
    zone = FIXTURES / "rules/anchor-stale/fail-left-over.zone"
    at = ["--at", "2026-06-15"]
    anchors = str(zone.with_suffix(".anchors"))
    good = run_cli("check", str(zone), *at, "--trust-anchors", anchors, "--format", "concise")
    assert good.returncode == 0
    assert "anchor-stale" in good.stdout
    missing = run_cli("check", str(zone), *at, "--trust-anchors", str(tmp_path / "none"))
    assert missing.returncode == 2
    assert "--trust-anchors" in missing.stderr
    empty = run_cli("check", str(zone), *at, "--trust-anchors", "")
    assert empty.returncode == 2


def test_rules_that_need_anchors_say_so_when_asked_for() -> None:
    zone = str(FIXTURES / "rules/anchor-stale/fail-left-over.zone")
    asked = run_cli("check", zone, "--at", "2026-06-15", "--select", "ANC")
    assert "no trust anchors (--trust-anchors FILE)" in asked.stdout
    plain = run_cli("check", zone, "--at", "2026-06-15")
    assert "trust anchors" not in plain.stdout
