"""DS files: every form they come in, what is passed over, and what is wrong at which place."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import dns.dnssec
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonelint.engine import CheckOptions, check
from zonelint.keys.dsfiles import FAULT_LIMIT, DsRecord, parse_ds, read_ds_file
from zonelint.names import BadName

ORIGIN = "example.test"
DIGEST = "2BB183AF5F22588179A53B0A98631FAD1A292118D4C7B2A0F1E8C9D65E3B4A07"
RDATA = f"12345 13 2 {DIGEST}"


def read(text: str, origin: str = ORIGIN) -> list[DsRecord]:
    records, findings = parse_ds(text.encode(), "ds", origin)
    assert findings == []
    return records


def faults(text: str) -> list[tuple[str, str]]:
    """The messages about a text, each with the piece of text it points at."""
    octets = text.encode()
    found = []
    for finding in parse_ds(octets, "ds", ORIGIN)[1]:
        assert finding.rule == "ds-file-invalid"
        assert finding.place
        assert finding.place.end is not None
        found.append((finding.message, octets[finding.place.start : finding.place.end].decode()))
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"example.test. IN DS {RDATA}",
        f"example.test.\t\tIN DS 12345 13 2 ( {DIGEST[:56]}\n\t\t{DIGEST[56:]} )\n",
        f"example.test. 3600 IN DS {RDATA}",
        f"example.test. IN 1h DS {RDATA}",
        f"example.test. ds 12345 ECDSAP256SHA256 2 {DIGEST.lower()} ; comment",
        f"EXAMPLE.Test. DS {RDATA}",
        f"example.test DS {RDATA}",
        f"example DS {RDATA}",
        f"$ORIGIN test.\nexample DS {RDATA}",
        f"$ORIGIN test.\n$TTL 1d\nexample NS ns1.example\n\tDS {RDATA}",
        f"$ORIGIN example.test.\n@ IN DS {RDATA}",
        f"$ORIGIN test.\n$ORIGIN example\n@ IN DS {RDATA}",
        f"{RDATA}\n",
        f"12345 13 2 {DIGEST[:56]} {DIGEST[56:]}",
        f"  {RDATA}",
        f"; <<>> DiG 9.18 <<>> +short DS example.test\n{RDATA}",
        f"example.test. TYPE43 \\# 36 3039 0D02 {DIGEST}",
        f"\\101xample.test. DS {RDATA}",
        f"\ufeffexample.test. DS {RDATA}",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_forms(text: str, ending: str) -> None:
    (record,) = read(text.replace("\n", ending))
    assert (record.tag, record.algorithm, record.digest_type) == (12345, 13, 2)
    assert record.digest == bytes.fromhex(DIGEST)


def test_dnspython_agrees() -> None:
    key = dns.rrset.from_text("example.test.", 60, "IN", "DNSKEY", "257 3 13 " + "AAAA" * 21 + "AA==")[0]
    made = [
        dns.dnssec.make_ds("example.test.", key, digest, validating=True) for digest in ("SHA256", "SHA384")
    ]
    for style in ("example.test. IN DS {}", "{}"):
        records = read("\n".join(style.format(ds.to_text()) for ds in made))
        assert [(ds.key_tag, ds.algorithm, ds.digest_type, ds.digest) for ds in made] == [
            (record.tag, record.algorithm, record.digest_type, record.digest) for record in records
        ]


PARENT = f"""\
$ORIGIN test.
$TTL 3600
@       SOA ns hostmaster 1 7200 3600 1209600 3600
        NS  ns
ns      A   192.0.2.1
other   NS  ns.other
        DS  1 13 2 {DIGEST}
ns.other A  192.0.2.2
        TXT "a ( in quotes" "; and this"
example NS  ns1.example
        DS  ( 12345 13 2 ; the first
              {DIGEST} )
        DS  12345 13 4 {DIGEST}{DIGEST[:32]}
example.test. DS {RDATA}
other.test. 60 IN DS 2 13 2 {DIGEST}
    DS 3 13 2 {DIGEST}
an.example.test. 60 IN DS 4 13 2 {DIGEST}
EXAMPLE.TEST. 60 IN DS 5 13 2 {DIGEST}
12345 13 IN DS 6 13 2 {DIGEST}
x\\.example.test. DS 7 13 2 {DIGEST}
example.test. RRSIG DS 13 2 3600 20260701000000 20260601000000 1 test. AAAA
"""


def test_parent_zone() -> None:
    records = read(PARENT)
    assert [(record.tag, record.digest_type) for record in records] == [(12345, 2), (12345, 4), (5, 2)]


def test_places() -> None:
    octets = PARENT.encode()
    first, second, _ = read(PARENT)
    spans = [octets[place.start : place.end].decode() for place in second.fields]
    assert spans == ["12345", "13", "4", DIGEST + DIGEST[:32]]
    assert octets[second.place.start : second.place.end].decode() == f"DS  12345 13 4 {DIGEST}{DIGEST[:32]}"
    assert octets[first.fields[3].start : first.fields[3].end].decode() == DIGEST
    assert octets[first.place.start :].startswith(b"DS  ( 12345")
    assert octets[: first.place.end].endswith(DIGEST.encode())


def test_place_of_a_digest_in_pieces() -> None:
    text = f"12345 13 2 {DIGEST[:56]} {DIGEST[56:]}\n"
    place = read(text)[0].fields[3]
    assert text[place.start : place.end] == f"{DIGEST[:56]} {DIGEST[56:]}"


def test_root() -> None:
    assert [
        record.tag for record in read(f". DS {RDATA}\n@ DS 1 13 2 {DIGEST}\ntest. DS 2 13 2 00", ".")
    ] == [12345]


@pytest.mark.parametrize(
    ("text", "message", "span"),
    [
        ("", "no DS record of example.test. in this file", ""),
        ("; nothing\n", "no DS record of example.test. in this file", "; nothing"),
        (
            f"a.test. IN DS {RDATA}",
            "no DS record of example.test. in this file, only of a.test.",
            f"a.test. IN DS {RDATA}",
        ),
        (f"@ DS {RDATA}", "no DS record of example.test. in this file, only of @", f"@ DS {RDATA}"),
        (
            f"ample DS {RDATA}",
            "no DS record of example.test. in this file, only of ample",
            f"ample DS {RDATA}",
        ),
        ("example.test. IN DS", "DS record is cut off", "example.test. IN DS"),
        ("example.test. IN DS 12345 13 2", "DS record is cut off", "example.test. IN DS 12345 13 2"),
        (f"example.test. IN DS 65536 13 2 {DIGEST}", "key tag is not a number in range", "65536"),
        (f"example.test. IN DS 1 256 2 {DIGEST}", "algorithm is not a number in range", "256"),
        (f"example.test. IN DS 1 NOSUCH 2 {DIGEST}", "algorithm is not a number in range", "NOSUCH"),
        (f"example.test. IN DS 1 13 SHA256 {DIGEST}", "digest type is not a number in range", "SHA256"),
        ("example.test. IN DS 1 13 2 ABC", "digest is not hex", "ABC"),
        ("example.test. IN DS 1 13 2 AB CG", "digest is not hex", "AB CG"),
        (
            "example.test. TYPE43 \\# 36 3039",
            "DS record is cut off or not hex",
            "example.test. TYPE43 \\# 36 3039",
        ),
        (
            "example.test. TYPE43 \\# 4 30390D02",
            "DS record is cut off or not hex",
            "example.test. TYPE43 \\# 4 30390D02",
        ),
        ("example.test. TYPE43 \\#", "DS record is cut off or not hex", "example.test. TYPE43 \\#"),
        ("12345 13 2", "not a record", "12345 13 2"),
        ("example.test.", "not a record", "example.test."),
        ("a..test. DS 1 13 2 AB", "owner is not a domain name", "a..test."),
        ("  IN DS 1 13 2 AB", "DS record without an owner", "IN DS 1 13 2 AB"),
        ("$ORIGIN", "$ORIGIN without a domain name", "$ORIGIN"),
        ("$ORIGIN a..b.", "$ORIGIN without a domain name", "$ORIGIN a..b."),
        ("example.test. DS ( 1 13 2 AB\n", "parenthesis is never closed", "( 1 13 2 AB"),
        ("example.test. DS 1 13 2 AB )", "closing parenthesis without an opening one", ")"),
        ('example.test. TXT "a', "quoted string or escape that does not end", '"a'),
        ("example.test. DS 1 13 2 A\0B", "control octets: not a text file", "\0"),
        ("Private-key-format: v1.3\nPrivateKey: AAAA\n", "this is a private key, not a DS record", ""),
    ],
)
def test_faults(text: str, message: str, span: str) -> None:
    assert faults(text) == [(message, span)]


def test_reading_goes_on_after_a_fault() -> None:
    records, findings = parse_ds(f"nonsense\nexample.test. DS {RDATA}\n".encode(), "ds", ORIGIN)
    assert len(records) == len(findings) == 1


def test_nonsense_is_given_up() -> None:
    found = faults("nonsense\n" * 1000)
    assert len(found) == FAULT_LIMIT + 1
    assert "not read" in found[-1][0]


def test_same_record_counts_once() -> None:
    assert len(read(f"example.test. DS {RDATA}\n{RDATA.lower()}\n")) == 1


def test_bad_origin_is_said() -> None:
    with pytest.raises(BadName):
        parse_ds(b"", "ds", "a..b")


def test_large_parent_zone_is_read_fast() -> None:
    text = "".join(f"d{i}.test. 3600 IN DS {RDATA}\n" for i in range(100_000)) + f"example.test. DS {RDATA}\n"
    start = time.perf_counter()
    assert len(read(text)) == 1
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "\\" * 50_001, '"' * 50_001, "1h" * 50_000 + "x", "a." * 50_000, "$" * 9]
)
def test_hostile_text_is_read_fast(text: str) -> None:
    start = time.perf_counter()
    for line in (text, f"example.test. {text}", f"example.test. DS {text}"):
        assert faults(line)
    assert time.perf_counter() - start < 2


@given(st.binary(max_size=200))
def test_no_octets_make_the_reader_raise(text: bytes) -> None:
    for octets in (
        text,
        b"example.test. DS " + text,
        b"example.test. TYPE43 \\# " + text,
        b"$ORIGIN " + text,
    ):
        records, findings = parse_ds(octets, "ds", ORIGIN)
        assert records or findings
        for finding in findings:
            assert finding.place
            assert 0 <= finding.place.start <= (finding.place.end or 0) <= len(octets)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "dsset-example.test."
    path.write_text(f"example.test. IN DS {RDATA}\n")
    (record,), findings = read_ds_file(str(path), ORIGIN)
    assert findings == []
    assert record.place.file == str(path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(RDATA,))
    writer.start()
    assert len(read_ds_file(str(pipe), ORIGIN)[0]) == 1
    writer.join()


def test_no_file_is_an_os_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(OSError, match=path.name):
            read_ds_file(str(path), ORIGIN)


@pytest.mark.parametrize("text", ["", "\0", "not a record\n", "other.test. DS " + RDATA])
def test_what_cannot_be_read_is_no_proof_that_the_parent_has_no_ds(text: str, tmp_path: Path) -> None:
    (tmp_path / "ds").write_text(text)
    zone = tmp_path / "example.test.zone"
    signed = Path(__file__).parent.parent / "fixtures" / "readme" / "example.test.zone"
    zone.write_text(signed.read_text() + "mail.example.test. SSHFP 4 2 " + "00" * 32 + "\n")
    (report,) = check([str(zone)], CheckOptions((1_781_481_600,), ds=str(tmp_path / "ds"))).zones
    assert "ds-file-invalid" in {each.finding.rule for each in report.findings}
    assert "dane-without-ds" not in {each.finding.rule for each in report.findings}
    reasons = {each.rule: each.reason for each in report.not_run}
    assert reasons["dane-without-ds"] == reasons["ds-no-matching-key"] == f"no DS record in {tmp_path / 'ds'}"
    assert "ds-file-invalid" not in reasons


def test_no_ds_at_all_is_told(tmp_path: Path) -> None:
    zone = tmp_path / "example.test.zone"
    signed = Path(__file__).parent.parent / "fixtures" / "readme" / "example.test.zone"
    zone.write_text(signed.read_text() + "mail.example.test. SSHFP 4 2 " + "00" * 32 + "\n")
    (report,) = check([str(zone)], CheckOptions((1_781_481_600,), ds="none")).zones
    assert "dane-without-ds" in {each.finding.rule for each in report.findings}
