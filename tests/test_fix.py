"""Mending zone files: only what was asked for changes, and only where the zone says the same without the fault."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from fixturing import FIXTURES, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint.cli import main
from zonelint.engine import CheckOptions, check
from zonelint.engine.fixing import run as fixing
from zonelint.engine.fixing.edits import Edit, applied
from zonelint.engine.fixing.fix import Fixed, FixOptions, fix_zone
from zonelint.engine.fixing.raising import SERIAL_RULES
from zonelint.engine.fixing.serials import Style, next_serial, style_of
from zonelint.names import key_from_text, wire_from_text
from zonelint.source.include import IncludePolicy
from zonelint.source.rdtypes import SOA
from zonelint.source.reader import Reader
from zonelint.source.record import Files, Record, State
from zonelint.source.text import Octets, Source
from zonelint.times import parse_time, serial_less

NOW = parse_time("2026-06-15T12:00:00Z", 0)
HALF, LAST = 2**31, 2**32 - 1
OLD = """\
$ORIGIN example.test.
$TTL 3600
@ IN SOA ns1 hostmaster (
    2026060101   ; serial
    7200 3600 1209600 3600 )
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.80
"""
NEW = OLD.replace("2.80", "2.81")
MENDED = NEW.replace("2026060101", "2026061501")


class Outcome(NamedTuple):
    """What a run said: exit status, standard output and error."""

    status: int
    out: str
    err: str


Fix = Callable[..., Outcome]


@pytest.fixture
def fix(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fix:
    """Run `zonelint fix` in a folder that holds `old.zone` and `new.zone`."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    monkeypatch.chdir(tmp_path)
    Path("old.zone").write_text(OLD)
    Path("new.zone").write_text(NEW)

    def run(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        return Outcome(main(["fix", *map(str, arguments)]), *capfd.readouterr())

    return run


# --- serials -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "style", "new"),
    [
        (7, Style.counter, 8),
        (LAST, Style.counter, 1),  # 0 is a serial that some servers take for none
        (2026060101, Style.date, 2026061501),
        (2026060100, Style.date, 2026061500),
        (2026061501, Style.date, 2026061502),
        (2026061500, Style.date, 2026061501),
        (2026061599, Style.date, 2026061600),
        (2026061600, Style.date, 2026061601),
        (2027010101, Style.date, 2027010102),
        (NOW - 5, Style.unix, NOW),
        (NOW, Style.unix, NOW + 1),
        (NOW + 100, Style.unix, NOW + 101),
        # from one style to another, where that is a step forward
        (7, Style.date, 2026061501),
        (7, Style.unix, NOW),
        (NOW, Style.date, 2026061501),
        (2026061501, Style.unix, 2026061502),
        (4026061501, Style.date, 4026061502),
        (LAST, Style.date, 2026061501),
    ],
)
def test_the_next_serial(old: int, style: Style, new: int) -> None:
    assert next_serial(old, style, NOW) == new
    assert serial_less(old, new)


@pytest.mark.parametrize(
    ("serial", "style"),
    [
        (0, Style.counter),
        (1, Style.counter),
        (20260615, Style.counter),
        (2026061501, Style.date),
        (2026123199, Style.date),
        (2026061500, Style.date),
        (2024022901, Style.date),
        (2026022901, Style.counter),
        (2026003101, Style.counter),
        (NOW, Style.unix),
        (NOW + 3600, Style.unix),
        (NOW + 10 * 86400, Style.counter),
        (999_999_999, Style.counter),
        (1_000_000_000, Style.unix),
        (4294967295, Style.counter),
    ],
)
def test_the_style_of_a_serial(serial: int, style: Style) -> None:
    assert style_of(serial, NOW) == style


# --- one zone ------------------------------------------------------------------------------------------------


def test_a_changed_zone_gets_a_new_serial(fix: Fix) -> None:
    done = fix("new.zone", "--previous", "old.zone")
    told = "new.zone:4:5: fixed[serial-not-raised] serial 2026060101 becomes 2026061501, after 2026060101 in old.zone\n"
    assert done == (0, f"{told}1 file changed, 0 left as they were\n", "")
    assert Path("new.zone").read_text() == MENDED


def test_a_zone_that_says_the_same_is_left_alone(fix: Fix) -> None:
    text = "; another comment\n" + OLD.replace("www A", "WWW  IN  A")
    Path("new.zone").write_text(text)
    assert fix("new.zone", "--previous", "old.zone") == (0, "0 files changed, 1 left as they were\n", "")
    assert Path("new.zone").read_text() == text


def test_a_signed_zone_is_never_edited(fix: Fix, tmp_path: Path) -> None:
    signed = FIXTURES / "readme" / "edited.zone"
    shutil.copy(signed, "signed.zone")
    for arguments in (["--bump"], ["--previous", FIXTURES / "readme" / "example.test.zone"]):
        done = fix("signed.zone", *arguments)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("zonelint: signed.zone: is signed (")
        assert Path("signed.zone").read_bytes() == signed.read_bytes()


def test_the_diff_changes_nothing_and_can_be_applied(fix: Fix) -> None:
    done = fix("new.zone", "--previous", "old.zone", "--diff")
    assert (done.status, done.err) == (1, "")
    assert Path("new.zone").read_text() == NEW
    Path("a.patch").write_text(done.out)
    subprocess.run(["git", "apply", "-p0", "a.patch"], check=True)
    assert Path("new.zone").read_text() == MENDED
    assert fix("new.zone", "--previous", "old.zone", "--diff") == (0, "", "")


def test_the_result_is_right_by_the_check(fix: Fix) -> None:
    fix("new.zone", "--previous", "old.zone")
    report = check(["new.zone"], CheckOptions((NOW,), previous="old.zone"))
    assert [found.finding.rule for zone in report.zones for found in zone.findings] == []


def test_mode_stays_and_a_link_stays_a_link(fix: Fix) -> None:
    os.chmod("new.zone", 0o640)
    os.symlink("new.zone", "link.zone")
    assert fix("link.zone", "--previous", "old.zone").status == 0
    assert os.path.islink("link.zone")
    assert Path("new.zone").stat().st_mode & 0o7777 == 0o640
    assert Path("new.zone").read_text() == MENDED
    assert sorted(os.listdir()) == ["link.zone", "new.zone", "old.zone"]


def test_compressed_files_are_refused(fix: Fix) -> None:
    Path("new.zone.gz").write_bytes(gzip.compress(NEW.encode()))
    assert fix("new.zone.gz", "--bump") == (2, "", "zonelint: new.zone.gz: is compressed\n")


# --- what stays as it is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("; serial", "; s\xe9rie \t(\"x"),
        lambda text: text.replace(" ", "\t"),
        lambda text: text.replace("@ IN SOA", "example.test.   900  IN  SOA"),
        lambda text: "; @ IN SOA ns1 hostmaster 2026060101\n" + text,
        lambda text: text.replace("www A", "2026060101 TXT \"2026060101\"\nwww A"),
        lambda text: text + "\n\n; the end",
    ],
    ids=["dos", "byte-order-mark", "comment", "tabs", "soa", "number-in-comment", "number-in-data", "no-end"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_nothing_but_the_serial_changes(
    fix: Fix, change: Callable[[str], str], encoding: str
) -> None:
    old, new = (change(text).encode(encoding, "ignore") for text in (OLD, NEW))
    Path("old.zone").write_bytes(old)
    Path("new.zone").write_bytes(new)
    assert fix("new.zone", "--previous", "old.zone", "--ignore", "final-newline-missing").status == 0
    changed = Path("new.zone").read_bytes()
    head, _, tail = new.partition(b"2026060101" if not new.startswith(b"; @") else b"(\n    2026060101")
    assert changed == head + (b"(\n    " if new.startswith(b"; @") else b"") + b"2026061501" + tail


@pytest.mark.parametrize(
    ("old", "written", "mended"),
    [
        ("9   ; serial", "9   ; serial", "10  ; serial"),
        ("9 ; serial", "9 ; serial", "10 ; serial"),
        ("99  7200", "99  7200", "100 7200"),
        ("00000009 ; serial", "00000009 ; serial", "00000010 ; serial"),
        ("4294967295  ; serial", "4294967295  ; serial", "1           ; serial"),
        ("7", "3000000000 ; serial", "8 ; serial"),
        ("2026061407", "20260614 ; serial", "2026061501 ; serial"),
    ],
)
def test_columns_stay_in_line(fix: Fix, old: str, written: str, mended: str) -> None:
    # a comment behind the number is there or not; what follows is on its own line or the same
    zone = "@ 3600 IN SOA ns1 hostmaster ( {}\n {} 3600 1209600 3600 )\n@ 3600 NS ns1\nns1 3600 A 192.0.2.{}\n"
    first = "" if "7200" in old else "7200"
    Path("old.zone").write_text("$ORIGIN example.test.\n" + zone.format(old, first, 1))
    text = "$ORIGIN example.test.\n" + zone.format(written, first, 2)
    Path("new.zone").write_text(text)
    assert fix("new.zone", "--previous", "old.zone").err == ""
    assert Path("new.zone").read_text() == text.replace(written, mended)


@pytest.mark.parametrize("more", ["", "www A 192.0.2.82\n"])
def test_without_a_previous_version_the_serial_is_not_judged(fix: Fix, more: str) -> None:
    Path("new.zone").write_text(NEW + more)
    done = fix("new.zone")
    assert done.status == 0
    assert done.err == "zonelint: new.zone: serial not judged: no previous version (--previous FILE or --since REV)\n"
    assert Path("new.zone").read_text() == NEW + more


@pytest.mark.parametrize(("more", "what"), [("x BOGUS 1\n", "cannot be read whole"), ("x A 192.0.2.1", "may not be")])
def test_a_version_before_that_is_not_whole_is_told_of(fix: Fix, more: str, what: str) -> None:
    Path("old.zone").write_text(OLD + more)
    done = fix("new.zone", "--previous", "old.zone")
    assert done.status == 0
    assert done.err.startswith(f"zonelint: new.zone: the previous version {what}")
    assert "old.zone:9:" in done.err
    assert Path("new.zone").read_text() == MENDED


@pytest.mark.parametrize(
    ("serial", "arguments", "result"),
    [
        ("2026060101", [], "2026061501"),
        ("2026060101", ["--style", "unix"], "2026060102"),
        ("2026060101", ["--style", "counter"], "2026060102"),
        ("2026060101", ["--at", "2026-06-01"], "2026060102"),
        ("2026060101", ["--at", "2026-07-02"], "2026070201"),
        ("41", [], "42"),
        ("41", ["--style", "date"], "2026061501"),
        ("41", ["--style", "unix"], str(NOW)),
        (str(NOW - 1000), [], str(NOW)),
    ],
)
def test_a_serial_can_be_raised_in_any_case(fix: Fix, serial: str, arguments: list[str], result: str) -> None:
    Path("new.zone").write_text(NEW.replace("2026060101", serial))
    done = fix("new.zone", "--bump", *arguments)
    assert (done.status, done.err) == (0, "")
    assert f"fixed[bump] serial {serial} becomes {result}\n" in done.out
    assert Path("new.zone").read_text().split() == NEW.replace("2026060101", result).split()


@pytest.mark.parametrize(
    ("old", "written", "result"),
    [
        ("2026060101", "2026053101", "2026061501"),
        ("2026060101", "20260601", "2026061501"),
        ("100", "99", "101"),
        ("100", str(100 + HALF), "101"),
        (str(LAST), str(LAST - 1), "1"),
        ("2026061503", "2026061502", "2026061504"),
    ],
)
@pytest.mark.parametrize("more", ["", "www A 192.0.2.82\n"])
def test_a_serial_that_went_astray(fix: Fix, old: str, written: str, result: str, more: str) -> None:
    Path("old.zone").write_text(OLD.replace("2026060101", old))
    Path("new.zone").write_text(OLD.replace("2026060101", written) + more)
    done = fix("new.zone", "--previous", "old.zone")
    assert f"serial {written} becomes {result}, after {old} in old.zone\n" in done.out
    assert f" {result}" in Path("new.zone").read_text()


@pytest.mark.parametrize("serial", ["2026060102", "2026061501", str(2026060101 + HALF - 1), "3000000000"])
def test_a_serial_that_was_raised_is_left_alone(fix: Fix, serial: str) -> None:
    text = NEW.replace("2026060101", serial)
    Path("new.zone").write_text(text)
    assert fix("new.zone", "--previous", "old.zone") == (0, "0 files changed, 1 left as they were\n", "")
    assert Path("new.zone").read_text() == text


# --- copies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a A 192.0.2.5\na A 192.0.2.5\n", "a A 192.0.2.5\n"),
        ("a A 192.0.2.5\n  A 192.0.2.5\nb A 192.0.2.6\n", "a A 192.0.2.5\nb A 192.0.2.6\n"),
        ("a A 192.0.2.5\nA.example.test. IN A 192.0.2.5\n", "a A 192.0.2.5\n"),
        ("a A 192.0.2.5\nb A 192.0.2.6\na A 192.0.2.5\nc A 192.0.2.7\n",
         "a A 192.0.2.5\nb A 192.0.2.6\nc A 192.0.2.7\n"),
        ("a A 192.0.2.5\na A ( 192.0.2.5\n )\nb A 192.0.2.6\n", "a A 192.0.2.5\nb A 192.0.2.6\n"),
        ("a A 192.0.2.5\na A 192.0.2.5\na A 192.0.2.5\n", "a A 192.0.2.5\n"),
        ("a A 192.0.2.5\na A 192.0.2.5\n  A 192.0.2.6\n", "a A 192.0.2.5\n  A 192.0.2.6\n"),
        ('a TXT "x ; y"\na TXT "x ; y"\n', 'a TXT "x ; y"\n'),
    ],
)  # fmt: skip
def test_copies_are_taken_out(fix: Fix, before: str, after: str) -> None:
    Path("new.zone").write_text(OLD + before)
    assert fix("new.zone").status == 0
    assert Path("new.zone").read_text() == OLD + after


@pytest.mark.parametrize(
    ("records", "remark"),
    [
        # the owner, or the TTL, of the next record would be another
        ("a A 192.0.2.5\nb A 192.0.2.6\na A 192.0.2.5\n  AAAA 2001:db8::1\n", "other records would change"),
        ("a A 192.0.2.5 ; the old one\na A 192.0.2.5 ; the new one\n", ""),
        ("a A 192.0.2.5\na A ( ; why\n 192.0.2.5 )\n", ""),
        ("$GENERATE 1-2 a A 192.0.2.5\n", ""),
        ("a A 192.0.2.5\na 300 A 192.0.2.5\n", ""),
        ("a A 192.0.2.5\na A 192.0.2.6\n", ""),
        ("a TXT x\na TXT X\n", ""),
    ],
)
def test_other_records_are_left_alone(fix: Fix, records: str, remark: str) -> None:
    Path("new.zone").write_text(OLD + records)
    done = fix("new.zone")
    assert (done.status, Path("new.zone").read_text()) == (0, OLD + records)
    assert remark in done.err


def test_a_copy_that_hands_its_ttl_on_stays(fix: Fix) -> None:
    text = (
        "$ORIGIN example.test.\n@ 3600 SOA ns1 h 1 7200 3600 1209600 3600\n@ 3600 NS ns1\nns1 3600 A 192.0.2.1\n"
        "a 60 A 192.0.2.5\nb 3600 A 192.0.2.6\na 60 A 192.0.2.5\nc A 192.0.2.7\na 60 A 192.0.2.5\n"
    )
    Path("new.zone").write_text(text)
    done = fix("new.zone")
    assert "line 7: duplicate-record not mended: other records would change\n" in done.err
    assert Path("new.zone").read_text() == text.removesuffix("a 60 A 192.0.2.5\n")


def test_the_last_line_is_ended(fix: Fix) -> None:
    for text, end in ((OLD, "\n"), (OLD.replace("\n", "\r\n"), "\r\n")):
        Path("new.zone").write_bytes(text.removesuffix(end).encode())
        done = fix("new.zone", "--diff")
        assert "\\ No newline at end of file\n" in done.out
        assert fix("new.zone").out.startswith("new.zone:8:16: fixed[final-newline-missing] the last line is ended\n")
        assert Path("new.zone").read_bytes() == text.encode()


def test_a_copy_on_the_last_line_without_its_end(fix: Fix) -> None:
    Path("new.zone").write_text(OLD + "www A 192.0.2.80")
    fix("new.zone")
    assert Path("new.zone").read_text() == OLD


@pytest.mark.skipif(shutil.which("named-compilezone") is None, reason="BIND is not installed")
def test_bind_reads_the_same_records(fix: Fix) -> None:
    def compiled() -> list[str]:
        command = ["named-compilezone", "-q", "-i", "none", "-o", "-", "example.test", "new.zone"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    Path("new.zone").write_text(NEW + "a A 192.0.2.5\n  MX 5 @\n  A 192.0.2.5\nb A 192.0.2.6\na MX 05 @\nb TXT x")
    before = compiled()
    assert len(fix("new.zone", "--previous", "old.zone").out.splitlines()) == 5
    after = compiled()
    assert before[1:] == after[1:]
    assert after[0] == before[0].replace(" 2026060101 ", " 2026061501 ")


# --- what may be mended on request ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a A 192.0.2.5\na 300 A 192.0.2.6\n", "a 300 A 192.0.2.5\na 300 A 192.0.2.6\n"),
        ("a 300 IN A 192.0.2.5\n  IN 5m30s A 192.0.2.6\n  IN A 192.0.2.7\n",
         "a 300 IN A 192.0.2.5\n  IN 300 A 192.0.2.6\n  300 IN A 192.0.2.7\n"),
        ("a 60 A 192.0.2.5\na 300  A 192.0.2.6\n", "a 60 A 192.0.2.5\na 60   A 192.0.2.6\n"),
        ("a 60 A 192.0.2.5\na 300 A 192.0.2.5\n", "a 60 A 192.0.2.5\n"),
    ],
)  # fmt: skip
def test_one_ttl_for_an_rrset(fix: Fix, before: str, after: str) -> None:
    Path("new.zone").write_text(OLD + before)
    assert fix("new.zone", "--previous", "old.zone").status == 0
    assert Path("new.zone").read_text() == MENDED.replace("2.81", "2.80") + before
    Path("new.zone").write_text(OLD + before)
    assert fix("new.zone", "--previous", "old.zone", "--unsafe-fixes").status == 0
    assert Path("new.zone").read_text() == MENDED.replace("2.81", "2.80") + after


def test_a_new_ttl_needs_a_new_serial(fix: Fix) -> None:
    text = OLD + "a A 192.0.2.5\na 300 A 192.0.2.6\n"
    Path("old.zone").write_text(text)
    Path("new.zone").write_text(text)
    assert fix("new.zone", "--previous", "old.zone").out.startswith("0 files changed")
    done = fix("new.zone", "--previous", "old.zone", "--unsafe-fixes")
    assert "fixed[rrset-ttl-mismatch]" in done.out
    assert "fixed[serial-not-raised]" in done.out


# --- files ---------------------------------------------------------------------------------------------------


def test_a_filter(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    old = tmp_path / "old.zone"
    old.write_text(OLD)
    text = NEW.encode() + b"; caf\xe9\r\n"
    for options, status, out in (
        (["--previous", str(old), "--at", "2026-06-15"], 0, text.replace(b"2026060101", b"2026061501")),
        ([], 0, text),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "zonelint", "fix", "-", *options], input=text, capture_output=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (status, out)


def test_nothing_comes_out_of_a_zone_that_is_refused(fix: Fix) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zonelint", "fix", "-"], input=OLD.replace("www A", "www B").encode(),
        capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"B is no record type [unknown-type]: a zone that cannot be read whole is not edited" in done.stderr


def test_a_folder(fix: Fix) -> None:
    for name in ("new", "old"):
        Path(name).mkdir()
    Path("new.zone").rename("new/a.zone")
    Path("old.zone").rename("old/a.zone")
    Path("new/b.zone").write_text(NEW)
    Path("new/notes.txt").write_text("no zone\n")
    signed = (FIXTURES / "readme" / "example.test.zone").read_bytes()
    Path("new/signed.zone").write_bytes(signed)
    done = fix("new", "--previous", "old")
    assert done.status == 0
    assert Path("new/a.zone").read_text() == MENDED
    assert Path("new/b.zone").read_text() == NEW
    assert Path("new/signed.zone").read_bytes() == signed
    assert done.err.splitlines() == [
        "zonelint: new/signed.zone: is signed (example.test. RRSIG): what a signer made is never edited",
        "zonelint: new/b.zone: serial not judged: old/b.zone does not exist",
    ]
    assert fix("new/signed.zone", "new/a.zone", "--bump").status == 2
    assert fix("new/signed.zone", "new/a.zone", "--bump", "--skip-signed").status == 0


@pytest.mark.parametrize(
    "record",
    [
        f"DNSKEY 256 3 13 {'A' * 86}==",
        "RRSIG A 13 3 3600 20260701000000 20260601000000 1 example.test. AAAA",
        "NSEC example.test. A",
        "NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A",
        "NSEC3PARAM 1 0 0 -",
        f"ZONEMD 2026060101 1 1 {'0' * 96}",
    ],
    ids=lambda record: record.partition(" ")[0],
)
def test_each_record_of_a_signer_protects_a_zone(fix: Fix, record: str) -> None:
    text = f"{NEW}0p9mhaveqvm6t7vbl5lop2u3t2rp3tom {record}\n"
    Path("new.zone").write_text(text)
    done = fix("new.zone", "--previous", "old.zone")
    assert (done.status, done.out, "is signed" in done.err) == (2, "", True)
    assert Path("new.zone").read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        NEW.replace("www A", "www B"),
        NEW.replace("3600 )", "3600"),
        NEW + '"',
        NEW.replace("2026060101", "@@SERIAL@@"),
        NEW + "$INCLUDE nowhere\n",
        "www A 192.0.2.1\n",
        NEW + "\0",
        "",
        "-----BEGIN PRIVATE KEY-----\n" + NEW,
    ],
)
def test_what_cannot_be_read_whole_is_not_edited(fix: Fix, text: str) -> None:
    Path("new.zone").write_text(text)
    done = fix("new.zone", "--previous", "old.zone", "--bump")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("zonelint: new.zone: ")
    assert Path("new.zone").read_text() == text


def test_an_soa_in_another_file_is_left_alone(fix: Fix) -> None:
    Path("soa").write_text("@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n")
    Path("new.zone").write_text("$ORIGIN example.test.\n$TTL 60\n$INCLUDE soa\n@ NS ns1\nns1 A 192.0.2.1\n")
    done = fix("new.zone", "--bump")
    assert (done.status, done.out) == (0, "0 files changed, 1 left as they were\n")
    assert "serial not raised: the SOA record is in soa, which is included" in done.err


def test_a_second_soa(fix: Fix) -> None:
    soa = "@ IN SOA ns1 hostmaster 2026060101 7200 3600 1209600 3600\n"
    text = NEW + soa
    Path("new.zone").write_text(text)
    done = fix("new.zone", "--bump")
    assert "serial not raised: there is more than one SOA record" in done.err
    assert Path("new.zone").read_text() == text


def test_a_file_that_changes_meanwhile_is_not_written(fix: Fix, monkeypatch: pytest.MonkeyPatch) -> None:
    mend = fixing.fix_zone

    def meddling(source: Source, options: FixOptions) -> Fixed:
        fixed = mend(source, options)
        Path("other").write_text(OLD)
        os.replace("other", "new.zone")
        return fixed

    monkeypatch.setattr(fixing, "fix_zone", meddling)
    assert fix("new.zone", "--bump") == (2, "", "zonelint: new.zone: changed meanwhile\n")
    assert Path("new.zone").read_text() == OLD
    assert sorted(os.listdir()) == ["new.zone", "old.zone"]


def test_a_file_with_two_names_is_not_written(fix: Fix) -> None:
    os.link("new.zone", "twin.zone")
    done = fix("new.zone", "--bump")
    assert (done.status, "has several names" in done.err) == (2, True)
    assert Path("twin.zone").read_text() == NEW


def test_a_failure_to_write_leaves_nothing_behind(fix: Fix, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert fix("new.zone", "--bump") == (2, "", "zonelint: new.zone: cannot be written: no space left on device\n")
    assert Path("new.zone").read_text() == NEW
    assert sorted(os.listdir()) == ["new.zone", "old.zone"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no PATH given"),
        (["nothing.zone"], "nothing.zone: no such file or directory"),
        (["new.zone", "--since", "HEAD", "--previous", "old.zone"], "exclude each other"),
        (["new.zone", "--previous", "nothing.zone"], "--previous: nothing.zone: no such file"),
        (["new.zone", "old.zone", "--previous", "old.zone"], "takes a folder"),
        (["new.zone", "old.zone", "--origin", "example.test"], "--origin goes with one zone file"),
        (["new.zone", "--style", "roman"], "none of auto, date, unix, counter"),
        (["new.zone", "--at", "soon"], "'soon' is not a time"),
        (["new.zone", "--select", "rrsig-expired"], "leave nothing that is mended"),
        (["new.zone", "--select", "rrset-ttl-mismatch"], "leave nothing that is mended"),
        (["new.zone", "--select", "serial-not-riased"], "did you mean 'serial-not-raised'"),
        (["new.zone", "--previous", ""], "--previous: the value is empty"),
        (["-", "new.zone"], "it goes alone"),
        (["-", "--previous", "-"], "it goes alone"),
        (["."], "no zone file found"),
    ],
)
def test_requests_that_cannot_be_carried_out(fix: Fix, arguments: list[str], message: str) -> None:
    if arguments == ["."]:
        for name in ("new.zone", "old.zone"):
            Path(name).unlink()
    done = fix(*arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_only_what_is_selected(fix: Fix) -> None:
    Path("new.zone").write_text(NEW + "www A 192.0.2.81\nend A 192.0.2.9")
    for options, told in (
        (["--select", "soa"], {"serial-not-raised"}),
        (["--select", "duplicate-record,final-newline-missing"], {"duplicate-record", "final-newline-missing"}),
        (["--ignore", "duplicate-record"], {"serial-not-raised", "final-newline-missing"}),
        (["--ignore", "SOA106"], {"duplicate-record", "final-newline-missing"}),
    ):
        Path("copy.zone").write_text(Path("new.zone").read_text())
        done = fix("copy.zone", "--previous", "old.zone", *options)
        assert set(re.findall(r"fixed\[(.*?)\]", done.out)) == told


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_against_a_revision(fix: Fix) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x", *arguments], check=True, capture_output=True)

    git("init", "-q")
    Path("new.zone").write_text(OLD)
    git("add", "new.zone")
    git("commit", "-qm", "one")
    assert fix("new.zone", "--since", "HEAD").out == "0 files changed, 1 left as they were\n"
    Path("new.zone").write_text(NEW)
    assert fix("new.zone", "--since", "HEAD").status == 0
    assert Path("new.zone").read_text() == MENDED
    assert fix("new.zone", "--since", "HEAD").out == "0 files changed, 1 left as they were\n"
    done = fix("old.zone", "--since", "HEAD")
    assert (done.status, "new file: not in HEAD" in done.err) == (0, True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_change_in_a_file_that_a_zone_includes(fix: Fix) -> None:
    test_against_a_revision(fix)
    Path("hosts").write_text("a A 192.0.2.5\n")
    Path("main.zone").write_text(OLD + "$INCLUDE hosts\n")
    subprocess.run(["git", "add", "hosts", "main.zone"], check=True)
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "two"], check=True)
    Path("hosts").write_text("a A 192.0.2.6\n")
    done = fix("hosts", "--since", "HEAD")
    assert (done.status, Path("hosts").read_text()) == (0, "a A 192.0.2.6\n")
    assert done.out.startswith("main.zone:4:5: fixed[serial-not-raised] serial 2026060101 becomes 2026061501, after ")
    assert Path("main.zone").read_text() == OLD.replace("2026060101", "2026061501") + "$INCLUDE hosts\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_in_a_hook_the_published_version_is_found(fix: Fix, monkeypatch: pytest.MonkeyPatch) -> None:
    test_against_a_revision(fix)
    Path("new.zone").write_text(NEW)
    monkeypatch.setenv("PRE_COMMIT", "1")
    done = fix("new.zone")
    assert "becomes 2026061501, after 2026060101 in new.zone@HEAD (the last commit; no upstream branch)\n" in done.out


# --- what is accepted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "left"),
    [
        ("; zonelint: ignore[duplicate-record] a trap\nwww A 192.0.2.81\n", True),
        ("; zonelint: file-ignore[duplicate-record] a trap\nwww A 192.0.2.81\n", True),
        ("; zonelint: file-ignore[duplicate-record] a trap\nx TXT x\nwww A 192.0.2.81\n", True),
        ("; zonelint: file-ignore[duplicate-record] until=2026-06-01 a trap\nx TXT x\nwww A 192.0.2.81\n", False),
        ("; zonelint: file-ignore[rrset-ttl-mismatch] a trap\nx TXT x\nwww A 192.0.2.81\n", False),
        # without the record the comment would be about the next one
        ("; zonelint: ignore[rrset-ttl-mismatch] a trap\n\nwww A 192.0.2.81\nx TXT x\n", True),
    ],
)
def test_what_a_comment_suppresses_stays(fix: Fix, records: str, left: bool) -> None:
    Path("new.zone").write_text(NEW + records)
    fix("new.zone")
    assert (Path("new.zone").read_text() == NEW + records) is left


def test_the_configuration_holds(fix: Fix) -> None:
    Path("sub").mkdir()
    Path("sub/www").write_text(NEW.replace("$ORIGIN example.test.\n", "") + "www A 192.0.2.81\n")
    Path("zonelint.yaml").write_text(
        "ignore: [duplicate-record]\nzones:\n- files: sub/www\n  origin: example.test\n  previous: old.zone\n"
    )
    assert fix("sub/www", "--diff", "--no-config").status == 1
    told = "sub/www:3:5: fixed[serial-not-raised] serial 2026060101 becomes 2026061501, after 2026060101 in old.zone\n"
    assert fix("sub/www") == (0, f"{told}1 file changed, 0 left as they were\n", "")
    Path("zonelint.yaml").write_text("ignore: [final-newline-missing]\n")
    Path("new.zone").write_text(NEW.removesuffix("\n"))
    assert fix("new.zone").out.startswith("0 files changed")
    Path("zonelint.yaml").write_text("nonsense: 1\n")
    done = fix("sub/www", "new.zone")
    assert (done.status, done.out) == (2, "")
    assert done.err == "zonelint: zonelint.yaml: the configuration cannot be used\n"


@pytest.mark.parametrize("which", ["old.zone", "new.zone"])
def test_a_word_that_stands_for_the_serial_is_left_alone(fix: Fix, which: str) -> None:
    Path("zonelint.yaml").write_text("placeholders: [{token: '@@SERIAL@@', as: serial}]\n")
    Path(which).write_text(Path(which).read_text().replace("2026060101", "@@SERIAL@@") + "end A 192.0.2.9")
    text = Path("new.zone").read_text()
    done = fix("new.zone", "--previous", "old.zone")
    assert done.status == 0
    assert re.search(r"new\.zone: serial not judged: the serial.* is a placeholder \(@@SERIAL@@\)\n", done.err)
    assert Path("new.zone").read_text() == text.removesuffix("\n") + "\n"
    done = fix("new.zone", "--previous", "old.zone", "--bump")
    assert (done.status, Path("new.zone").read_text().count("@@SERIAL@@")) == (0, int(which == "new.zone"))


# --- properties ----------------------------------------------------------------------------------------------

OWNERS = st.sampled_from(["a", "b", "A", "a.example.test.", " ", "@", "\t"])
TTLS = st.sampled_from(["", "60", "3600", "1h", "IN 60", "60 IN", "IN"])
RDATA = st.sampled_from(["A 192.0.2.5", "A 192.0.2.6", "TXT x", 'TXT "x;" ', "A ( 192.0.2.5\n )", "MX 5 @", "MX 05 @"])
TAILS = st.sampled_from(
    ["\n", "\n", "\n", "\r\n", " ; x\n", "\n\n", "\n; x\n", "\n$TTL 60\n", "\n$ORIGIN b.example.test.\n"]
)
RECORDS = st.lists(st.tuples(OWNERS, TTLS, RDATA, TAILS).map(lambda parts: "{} {} {}{}".format(*parts)), max_size=9)


def _read(octets: bytes) -> list[Record]:
    reader = Reader(
        octets, Files([""]), State(wire_from_text(b"example.test.", None)), IncludePolicy(()),
        apex=key_from_text("example.test"),
    )  # fmt: skip
    records = list(reader.records())
    assert {problem.rule for problem in reader.problems} <= {"ttl-missing"}
    return records


def _without_serial(records: list[Record]) -> set[tuple[object, ...]]:
    return {(o, t, ttl, rdata[:-20] + rdata[-16:] if t == SOA else rdata) for o, t, ttl, rdata, _ in records}


@given(
    before=RECORDS, after=RECORDS, head=st.sampled_from(["$TTL 3600\n", ""]), end=st.sampled_from(["", "x TXT x"]),
    serials=st.tuples(st.integers(0, LAST), st.integers(0, LAST)) | st.integers(0, LAST).map(lambda one: (one, one)),
    style=st.sampled_from([None, *Style]), at=st.integers(0, 2**33), bump=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_mended_zone_says_the_same(
    before: list[str], after: list[str], head: str, end: str, serials: tuple[int, int], style: Style | None, at: int,
    bump: bool,
) -> None:  # fmt: skip
    soa = "$ORIGIN example.test.\n{}@ 600 SOA ns1 h {} 7200 3600 1209600 3600\n@ 600 NS ns1\nns1 600 A 192.0.2.1\n"
    old = (soa.format(head, serials[0]) + "".join(before)).encode()
    new = (soa.format(head, serials[1]) + "".join(after) + end).encode()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "old").write_bytes(old)
        options = FixOptions(CheckOptions((at,), previous=f"{folder}/old", origin="example.test"), style, bump)
        fixed = fix_zone(Octets("new", new), options)
        again = fix_zone(Octets("new", fixed.after), replace(options, bump=False))
        Path(folder, "new").write_bytes(fixed.after)
        report = check([f"{folder}/new"], options.check)
    assert _without_serial(_read(fixed.after)) == _without_serial(_read(new))
    assert (again.after, again.fixes) == (fixed.after, [])
    told = {each.rule for each in fixed.fixes}
    found = {each.finding.rule for zone in report.zones for each in zone.findings}
    assert not found & SERIAL_RULES
    assert fixed.after.endswith(b"\n")
    if not fixed.remarks and b"x;" not in new and b" ; x" not in new:
        assert "duplicate-record" not in found
    serial = next(int.from_bytes(record[3][-20:-16], "big") for record in _read(fixed.after) if record[1] == SOA)
    if told & (SERIAL_RULES | {"bump"}):
        assert serial_less(serials[0], serial)
        assert serial
    else:
        assert serial == serials[1]


@given(
    st.integers(0, LAST) | st.integers(1990010100, 2147123199) | st.integers(10**9, 2 * 10**9),
    st.sampled_from(Style), st.integers(0, 2**34),
)  # fmt: skip
def test_the_next_serial_follows(old: int, style: Style, at: int) -> None:
    new = next_serial(old, style, at)
    assert 0 < new <= LAST
    assert serial_less(old, new)
    if style is not Style.counter:
        # never further than what was asked for
        assert new == (old + 1) % 2**32 or new - old > 1 or new < old


@given(st.binary(max_size=60), st.data())
def test_edits_touch_nothing_else(octets: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    edits = [Edit(a, b, b"<%d>" % a) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    result = applied(octets, reversed(edits))
    for edit in sorted(edits, reverse=True):
        octets = octets[: edit.start] + edit.octets + octets[edit.end :]
    assert result == octets
