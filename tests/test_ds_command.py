"""`zonelint ds`: the records for the parent, the verdict, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES

AT = ("--at", "2026-06-15")
GOOD = FIXTURES / "rules/ds-no-matching-key/pass-dsset.zone"


def ds(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, at the time of the fixtures."""
    command = [sys.executable, "-m", "zonelint", "ds", *map(str, arguments), *AT]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)


def as_json(*arguments: str | Path) -> dict[str, Any]:
    done = ds(*arguments, "--format", "json")
    assert done.stderr == ""
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_a_good_zone() -> None:
    done = ds(GOOD)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "; example.test. serial 1: accepted"
    records = [line for line in lines if line and not line.startswith(";")]
    assert [line.split()[2] for line in records] == ["DS", "CDS", "CDNSKEY"]
    assert records[0].split()[3:6] == ["16043", "15", "2"]


def test_the_records_can_be_read_again(tmp_path: Path) -> None:
    """What is printed is a DS file, good for --ds, and its own verdict does not change."""
    printed = tmp_path / "ds"
    printed.write_text(ds(GOOD, "--digest", "2", "--digest", "4").stdout)
    again = as_json(GOOD, "--ds", printed)
    assert again["accepted"]
    assert [key["at_parent"] for key in again["keys"]] == [True]
    assert again["not_needed"] == []


@pytest.mark.skipif(not shutil.which("dnssec-dsfromkey"), reason="needs dnssec-dsfromkey")
@pytest.mark.parametrize("digest", ["2", "4"])
def test_bind_makes_the_same_ds(digest: str) -> None:
    command = ["dnssec-dsfromkey", "-a", {"2": "SHA-256", "4": "SHA-384"}[digest], "-f", str(GOOD), "example.test"]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert as_json(GOOD, "--digest", digest)["keys"][0]["ds"] == [" ".join(made[3:])]


def test_each_key_is_given() -> None:
    said = as_json(FIXTURES / "rules/anchor-key-not-signing/pass-one-of-two.zone")
    assert said["accepted"]
    assert {key["tag"] for key in said["keys"]} == {16043, 21454}


def test_a_csk_is_given() -> None:
    said = as_json(FIXTURES / "zones/csk.zone")
    assert said["accepted"]
    assert len(said["keys"]) == 1


def test_a_revoked_key_is_passed_over() -> None:
    said = as_json(FIXTURES / "rules/ds-key-unusable/pass-key-beside-a-revoked-one.zone")
    assert said["accepted"]
    assert [key["tag"] for key in said["keys"]] == [16043]
    assert "49158 is revoked" in said["passed_over"][0]


@pytest.mark.parametrize(
    ("zone", "reason"),
    [
        ("ds-key-not-signing/fail-stand-by-ksk", "does not sign the DNSKEY set"),
        ("no-sep-key-signing/fail-only-a-zsk", "lack the SEP bit"),
        ("dnskey-algorithm-forbidden/fail-5", "must not be used to sign"),
        ("sep-keys-not-signing/fail-dnskey-signed-by-the-zsk", "does not sign the DNSKEY set"),
    ],
)
def test_what_a_registry_would_refuse(zone: str, reason: str) -> None:
    path = FIXTURES / f"rules/{zone}.zone"
    assert ds(path).returncode == 1
    said = as_json(path)
    assert not said["accepted"]
    assert any(reason in each for key in said["keys"] for each in key["obstacles"])


def test_expired_signatures_are_refused() -> None:
    command = [sys.executable, "-m", "zonelint", "ds", str(GOOD), "--at", "2027-01-01"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not valid at the reference time" in done.stdout


def test_an_unsigned_zone() -> None:
    done = ds(FIXTURES / "rules/cds-in-unsigned-zone/pass-neither.zone")
    assert done.returncode == 1
    assert "the zone has no DNSKEY" in done.stdout


def test_the_parent_has_them_already() -> None:
    said = as_json(GOOD, "--ds", GOOD.with_suffix(".ds"))
    assert said["accepted"]
    assert said["keys"][0]["at_parent"] is True


def test_in_a_rollover_the_new_key_is_not_there_yet() -> None:
    zone = FIXTURES / "rules/cds-change-pending/fail-new-key.zone"
    said = as_json(zone, "--ds", zone.with_suffix(".ds"))
    assert said["accepted"]
    assert {key["tag"]: key["at_parent"] for key in said["keys"]} == {16043: True, 21454: False}


@pytest.mark.parametrize(
    ("zone", "where", "reason"),
    [
        ("ds-no-matching-key/fail-other-key", "obstacles", "no DS that the parent has now leads to a key"),
        ("ds-digest-mismatch/fail-beside-a-good-one", "keys", "with another digest"),
    ],
)
def test_what_the_parent_has_does_not_fit(zone: str, where: str, reason: str) -> None:
    path = FIXTURES / f"rules/{zone}.zone"
    said = as_json(path, "--ds", path.with_suffix(".ds"))
    assert not said["accepted"]
    reasons = said["obstacles"] if where == "obstacles" else [text for key in said["keys"] for text in key["obstacles"]]
    assert any(reason in text for text in reasons)


def test_what_the_parent_need_not_keep() -> None:
    zone = FIXTURES / "rules/ds-stale/fail-left-over.zone"
    said = as_json(zone, "--ds", zone.with_suffix(".ds"))
    assert said["accepted"]
    assert [each["reason"] for each in said["not_needed"]] == ["matches no key of the zone"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-file",),
        ("",),
        (GOOD, "--digest", "1"),
        (GOOD, "--format", "xml"),
        (GOOD, "--ds", "no-such-file"),
        (GOOD, "--ds", ""),
        (GOOD, "--ds", FIXTURES / "rules/ds-file-invalid/fail-garbage.ds"),
        (GOOD, "--at", "someday"),
        (GOOD, "--origin", "a..b"),
        ("-", "--ds", "-"),
        (FIXTURES / "README.md",),
    ],
    ids=str,
)
def test_bad_input_ends_with_2_and_one_line(arguments: tuple[str | Path, ...]) -> None:
    done = ds(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "internal error" not in done.stderr


def test_a_zone_that_breaks_off_is_not_accepted(tmp_path: Path) -> None:
    text = GOOD.read_text()
    half = tmp_path / "half.zone"
    half.write_text(text[: text.index(" RRSIG ", text.index(" DNSKEY ")) + 20])
    done = ds(half, "--origin", "example.test")
    assert done.returncode == 1
    assert "not accepted" in done.stdout.splitlines()[0]
    assert "the zone cannot be read whole (RRSIG" in done.stdout


def test_a_parent_without_ds() -> None:
    said = as_json(GOOD, "--ds", "none")
    assert said["accepted"]
    assert [key["at_parent"] for key in said["keys"]] == [False]


def test_standard_input() -> None:
    assert ds("-", "--origin", "example.test", stdin=GOOD.read_text()).returncode == 0
