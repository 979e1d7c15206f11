"""Mending zone files: only what was asked for changes, and only where the zone says the same without the fault."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from fixturing import FIXTURES

from zonelint.cli import main
from zonelint.dnssec.verify import serial_less
from zonelint.engine import CheckOptions, check
from zonelint.engine.fixing.serials import Style, next_serial, style_of
from zonelint.times import parse_time

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
    told = "new.zone:4:5: fixed[serial-not-raised] serial 2026060101 becomes 2026061501\n"
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
