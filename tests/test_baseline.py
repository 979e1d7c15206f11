"""The baseline: what it accepts, what it never does, and what happens to a file that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES

from zonelint.cli import main
from zonelint.engine import UsageError
from zonelint.engine.baseline import load

HEAD = """\
$ORIGIN example.org.
$TTL 3600
@ SOA ns1 host 1 7200 3600 1209600 3600
@ NS ns1
ns1 A 192.0.2.1
"""
ENTRY = {
    "rule": "mx-target-missing", "zone": "example.org.", "owner": "a.example.org.", "type": "MX", "count": 1,
    "fingerprint": "f" * 64,
}  # fmt: skip


class Place:
    """A folder with a zone file and a baseline, and the command line run there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.zone, self.file, self._capsys = folder / "a.zone", folder / "baseline.json", capsys
        self.errors = ""

    def check(self, text: str, *options: str) -> tuple[int, dict[str, Any]]:
        """Give the exit status and the JSON report."""
        self.zone.write_text(HEAD + text)
        return self.run(str(self.zone), *options)

    def run(self, *options: str) -> tuple[int, dict[str, Any]]:
        own = ["--no-config", "--at", "2026-06-15", "--fail-on", "notice", "--format", "json"]
        status = main(["check", *own, *options])
        out, self.errors = self._capsys.readouterr()
        return status, json.loads(out) if out else {}

    def write(self, text: str, *options: str) -> tuple[int, dict[str, Any]]:
        return self.check(text, "--write-baseline", str(self.file), *options)

    def compare(self, text: str, *options: str) -> tuple[int, dict[str, Any]]:
        return self.check(text, "--baseline", str(self.file), *options)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def found(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["rule"], each["owner"]) for each in report["findings"]]


def test_what_is_accepted_stays_accepted_wherever_it_moves(place: Place) -> None:
    status, report = place.write("a MX 10 nowhere\nb MX 10 nowhere\n")
    assert (status, found(report), report["summary"]["suppressed"]) == (0, [], 2)
    status, report = place.compare("\n; moved\nb 3600 IN MX 10 nowhere\n\na MX ( 10\n nowhere )\n")
    assert (status, found(report), report["summary"]["suppressed"]) == (0, [], 2)
    assert [each["suppressed_by"] for each in report["suppressed"]] == ["baseline", "baseline"]


def test_what_is_new_is_reported(place: Place) -> None:
    place.write("a MX 10 nowhere\n")
    status, report = place.compare("a MX 10 nowhere\nb MX 10 nowhere\n")
    assert (status, found(report)) == (1, [("mx-target-missing", "b.example.org.")])


def test_so_many_are_accepted_and_no_more(place: Place) -> None:
    place.write("a MX 10 nowhere\na MX 20 nowhere\n")
    status, report = place.compare("".join(f"a MX {number} nowhere\n" for number in (10, 20, 30)))
    assert (status, len(report["findings"]), report["summary"]["suppressed"]) == (1, 1, 2)
    status, report = place.compare("a MX 10 nowhere\n")
    assert found(report) == [("baseline-entry-unused", "a.example.org.")]
    assert "1 of 2 are gone" in report["findings"][0]["message"]


def test_what_is_gone_is_said_at_its_line_and_taken_out(place: Place) -> None:
    place.write("a MX 10 nowhere\nb MX 10 nowhere\n")
    status, report = place.compare("a MX 10 nowhere\nb MX 10 ns1\n")
    assert (status, found(report)) == (1, [("baseline-entry-unused", "b.example.org.")])
    finding = report["findings"][0]
    assert (finding["file"], finding["line"], finding["severity"]) == (str(place.file), 5, "notice")
    assert place.write("a MX 10 nowhere\nb MX 10 ns1\n")[0] == 0
    assert [entry.owner for entry in load(str(place.file)).values()] == ["a.example.org."]


def test_signing_again_makes_nothing_new(place: Place) -> None:
    folder = FIXTURES / "readme"
    edited = (folder / "edited.zone").read_text()
    place.zone.write_text(edited)
    options = ("--write-baseline", str(place.file))
    assert place.run(str(place.zone), *options)[0] == 0
    before = place.file.read_text()
    assert {entry.rule for entry in load(str(place.file)).values()} == {
        "rrset-unsigned", "nsec-bitmap-wrong", "rrsig-expired",
    }  # fmt: skip
    # later, in another order, with other signatures over what is well
    place.zone.write_text("\n; signed again\n" + edited.replace("20260601", "20260602"))
    status, report = place.run("--at", "2026-06-20", str(place.zone), "--baseline", str(place.file), "--ignore",
                               "rrsig-bogus")  # fmt: skip
    assert [rule for rule, _ in found(report)] == []
    assert status == 0
    place.zone.write_text(edited)
    place.run(str(place.zone), *options)
    assert place.file.read_text() == before


@pytest.mark.parametrize("options", [(), ("--select", "soa"), ("--ignore", "mx-target-missing")])
def test_entries_about_what_is_not_judged_stay_and_are_not_called_unused(
    place: Place, tmp_path: Path, options: tuple[str, ...]
) -> None:
    place.write("a MX 10 nowhere\n")
    other = tmp_path / "other.zone"
    other.write_text((HEAD + "c MX 10 nowhere\n").replace("example.org", "example.net"))
    status, report = place.run(str(other), "--baseline", str(place.file), *options)
    assert "baseline-entry-unused" not in [rule for rule, _ in found(report)]
    place.run(str(other), "--write-baseline", str(place.file))
    assert sorted(entry.owner for entry in load(str(place.file)).values()) == ["a.example.org.", "c.example.net."]
    place.write("a MX 10 ns1\n", *options)
    left = sorted(entry.owner for entry in load(str(place.file)).values())
    assert left == (["a.example.org.", "c.example.net."] if options else ["c.example.net."])
    assert status in (0, 1)


def test_a_zone_in_two_files_needs_an_entry_in_one(place: Place, tmp_path: Path) -> None:
    place.write("a MX 10 nowhere\n")
    (tmp_path / "b.zone").write_text(HEAD + "a MX 10 ns1\n")
    status, report = place.run(str(place.zone), str(tmp_path / "b.zone"), "--baseline", str(place.file))
    assert (status, found(report)) == (0, [])


def test_reasons_are_kept(place: Place) -> None:
    place.write("a MX 10 nowhere\n")
    place.file.write_text(place.file.read_text().replace('"}', '", "reason": "the host moves"}'))
    _, report = place.compare("a MX 10 nowhere\n")
    assert [each["reason"] for each in report["suppressed"]] == ["the host moves"]
    place.write("a MX 10 nowhere\nb MX 10 nowhere\n", "--baseline", str(place.file))
    assert sorted(entry.reason for entry in load(str(place.file)).values()) == ["", "the host moves"]


def test_comments_come_first(place: Place) -> None:
    place.write("a MX 10 nowhere ; zonelint: ignore[mx-target-missing] being moved\n")
    assert load(str(place.file)) == {}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("$INCLUDE nowhere.inc\n", "include-missing"),
        ("a A 192.0.2.256\n", "rdata-invalid"),
        ("a TXT a\x01b\n", "binary-data"),
        ("a TXT ( b\n", "unclosed-parenthesis"),
        ("; zonelint: ignore[]\n", "suppression-invalid"),
    ],
)
def test_what_was_not_read_is_never_accepted(place: Place, text: str, rule: str) -> None:
    for _ in range(2):
        status, report = place.write(text)
        assert status == 1
        assert rule in [each for each, _ in found(report)]
        assert load(str(place.file)) == {}


def test_nothing_is_written_where_something_could_not_be_judged(place: Place, tmp_path: Path) -> None:
    place.write("a MX 10 nowhere\n")
    before = place.file.read_text()
    status, _ = place.run(str(place.zone), str(tmp_path / "missing.zone"), "--write-baseline", str(place.file))
    assert status == 2
    assert "no baseline is written" in place.errors
    assert place.file.read_text() == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("{", "baseline.json:1:2: no JSON"),
        ("\xff", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no baseline of zonelint"),
        ("{}", "no baseline of zonelint"),
        ('{"version": true, "findings": []}', "no baseline of zonelint"),
        ('{"version": 2, "findings": []}', "version 2, but this zonelint reads version 1"),
        ('{"version": 1, "findings": {}}', "entry 1 of the findings is not one"),
        ('{"version": 1, "findings": [{}]}', "entry 1 of the findings is not one"),
        (json.dumps({"version": 1, "findings": [ENTRY, ENTRY]}), "entry 2 of the findings is there twice"),
        (json.dumps({"version": 1, "findings": [ENTRY | {"count": 0}]}), "entry 1 of the findings is not one"),
        (json.dumps({"version": 1, "findings": [ENTRY | {"count": True}]}), "entry 1 of the findings is not one"),
        (json.dumps({"version": 1, "findings": [ENTRY | {"zone": None}]}), "entry 1 of the findings is not one"),
        ("$TTL 1h\n@ SOA a b 1 1 1 1 1\n", "no JSON"),
    ],
)
def test_a_file_that_is_no_baseline(place: Place, text: str, reason: str) -> None:
    place.file.write_bytes(text.encode("latin-1"))
    for run in (place.compare, place.write):
        status, report = run("a MX 10 nowhere\n")
        assert (status, report) == (2, {})
        assert reason in place.errors
        assert place.errors.count("\n") == 1
    # what somebody keeps there is not lost
    assert place.file.read_bytes() == text.encode("latin-1")


def test_a_baseline_that_is_not_there(place: Place, tmp_path: Path) -> None:
    for path, reason in ((str(place.file), "no such file"), (str(tmp_path), "is a directory"), ("", "is empty")):
        status, report = place.check("a MX 10 nowhere\n", "--baseline", path)
        assert (status, report) == (2, {})
        assert reason in place.errors
    status, _ = place.check("a MX 10 nowhere\n", "--write-baseline", str(tmp_path / "none" / "b.json"))
    assert status == 2
    assert "cannot write the baseline" in place.errors
    with pytest.raises(UsageError):
        load(str(tmp_path / "none"))


def test_the_first_one_may_be_compared_with_and_written_at_once(place: Place) -> None:
    assert place.write("a MX 10 nowhere\n", "--baseline", str(place.file))[0] == 0
    assert [entry.owner for entry in load(str(place.file)).values()] == ["a.example.org."]


def test_the_configuration_may_name_it(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.write("a MX 10 nowhere\n")
    (tmp_path / "zonelint.yaml").write_text("baseline: baseline.json\nfail-on: notice\n")
    assert main(["check", str(place.zone)]) == 0
    assert "1 suppressed" in capsys.readouterr().out
    place.file.write_text("{")
    assert main(["check", str(place.zone)]) == 2
    assert "no JSON" in capsys.readouterr().err


def test_a_clean_zone_has_an_empty_baseline(place: Place) -> None:
    assert place.write("")[0] == 0
    assert json.loads(place.file.read_text()) == {"version": 1, "findings": []}
    assert place.compare("")[0] == 0


def test_entries_are_in_order_and_one_a_line(place: Place) -> None:
    place.write("b MX 10 nowhere\na MX 10 nowhere\n_s._tcp SRV 0 0 1 nowhere\n")
    lines = [line.strip().rstrip(",") for line in place.file.read_text().splitlines() if "fingerprint" in line]
    owners = [json.loads(line)["owner"] for line in lines]
    assert owners == sorted(owners)
    assert len(owners) == 3
