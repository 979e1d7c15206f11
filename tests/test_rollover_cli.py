"""`zonelint rollover` on the real command line: what comes out, where it goes, and with which status it ends."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixturing import FIXTURES, ROOT

from zonelint.cli import main
from zonelint.cli.rollover_numbers import HELP
from zonelint.rollover import inputs
from zonelint.rollover.methods import methods

NOW = 1781481600  # 2026-06-15T00:00:00Z
ZONES = FIXTURES / "zones"
PLANS = FIXTURES / "plans"
ZONE = str(ZONES / "apex-only-nsec.zone")
EARLY = str(PLANS / "rollover-bogus-window" / "fail-zsk-signs-early.yaml")
SAFE = str(PLANS / "rollover-bogus-window" / "pass-zsk-prepublish.yaml")
TIMES = ["--zone-propagation", "5m", "--parent-propagation", "1h", "--ds-ttl", "1d"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock stand and the terminal have one width."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    monkeypatch.delenv("COLUMNS", raising=False)


def rollover(*arguments: str | Path) -> int:
    """Run one command."""
    return main(["rollover", *map(str, arguments)])


def planned(*arguments: str) -> int:
    """Plan with the delays of these tests."""
    return rollover("plan", *arguments, *TIMES)


# --- from zone to plan to proof ----------------------------------------------------------------------------------

REQUESTS = [
    ("zsk-prepublish", "apex-only-nsec.zone"),
    ("zsk-double-signature", "bind-full-13-nsec3.zone"),
    ("zsk-double-rrsig", "knot-8-nsec.zone"),
    ("ksk-double-signature", "ldns-14-nsec.zone"),
    ("ksk-double-ds", "bind-text-15-optout.zone"),
    ("ksk-double-rrset", "rich-knot-nsec3.zone"),
    ("csk", "csk.zone"),
    ("csk-double-ds", "knot-csk.zone"),
    ("csk-merge", "apex-only-nsec.zone"),
    ("csk-split", "csk.zone"),
    ("going-insecure", "rich-ldns-nsec.zone"),
    ("nsec-to-nsec3", "apex-only-nsec.zone"),
    ("nsec3-to-nsec", "apex-only-nsec3.zone"),
    ("nsec3-resalt", "apex-only-nsec3.zone"),
    ("zsk-lost", "apex-only-nsec.zone"),
    ("ksk-lost", "apex-only-nsec.zone"),
]


@pytest.mark.parametrize(("method", "zone"), REQUESTS)
def test_a_plan_is_written_read_again_and_proved(method: str, zone: str, tmp_path: Path, capsys: Captured) -> None:
    plan = tmp_path / "plan.json"
    assert planned(method, "--zone", str(ZONES / zone), "--format", f"json:{plan}") == 0
    assert capsys.readouterr() == ("", "")
    assert rollover("prove", plan) == 0
    out, err = capsys.readouterr()
    assert "safe: no legal content of any cache makes any class of validators fail" in out
    assert out.endswith("0 errors, 0 warnings, 0 notices in 1 zone\n")
    assert err == ""


def test_an_algorithm_rollover(tmp_path: Path, capsys: Captured) -> None:
    plan = tmp_path / "plan.json"
    options = ("--zone", ZONE, "--algorithm", "ED25519", "--format", f"json:{plan}")
    assert planned("algorithm-conservative", *options) == 0
    assert rollover("prove", plan) == 0
    assert planned("algorithm-liberal", *options) == 1
    assert "for validators that want every algorithm of the DNSKEY set to sign" in capsys.readouterr().err
    assert rollover("prove", plan, "--format", "concise") == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("strict-dnskey" in line for line in lines)


def test_which_validators_count(tmp_path: Path, capsys: Captured) -> None:
    plan = tmp_path / "plan.json"
    options = ("--zone", ZONE, "--algorithm", "ED25519", "--format", f"json:{plan}", "--format", "table")
    some = ("--validators", "lenient,strict-ds")
    assert planned("algorithm-liberal", *options, *some) == 0
    out, err = capsys.readouterr()
    aside = "not counted: 2 bogus windows for strict-dnskey validators"
    assert f"safe for lenient and strict-ds validators; {aside}\n" in out
    assert "bogus for strict-dnskey validators: from" in out
    assert err == ""
    assert len(json.loads(plan.read_text())["proof"]["strict-dnskey"]["bogus"]) == 2
    assert rollover("prove", plan, *some) == 0
    assert "makes lenient or strict-ds validators fail (not counted: strict-dnskey validators fail)" in (
        capsys.readouterr().out
    )
    assert rollover("prove", plan, "--validators", "strict-dnskey") == 1
    assert rollover("prove", plan, "--validators", "strict-ds") == 0
    assert rollover("prove", EARLY, "--validators", "strict-ds") == 1


@pytest.mark.parametrize("value", ["", "strict", "lenient,", "lenient strict-ds"])
def test_validators_that_are_none(value: str, capsys: Captured) -> None:
    assert rollover("prove", SAFE, "--validators", value) == 2
    assert "is none of lenient, strict-ds, strict-dnskey" in capsys.readouterr().err


LOST = ("--zone", str(ZONES / "bind-full-13-nsec.zone"))


def test_a_lost_key_has_the_deadline_of_its_signatures(capsys: Captured) -> None:
    assert planned("zsk-lost", *LOST) == 0
    assert "(signatures over data-3600 expire at 2026-07-01 00:00:00 UTC" not in capsys.readouterr().err
    assert planned("zsk-lost", *LOST, "--at", "2026-06-30T22:50") == 0
    assert planned("zsk-lost", *LOST, "--at", "2026-06-30T22:50:01") == 1
    out, err = capsys.readouterr()
    assert "after its deadline 2026-06-30T22:50:00Z (signatures over data-3600 expire at 2026-07-01T00:00:00Z)" in err
    assert "bogus for all validators: from 2026-07-01 00:00:00 UTC until 2026-07-01 00:00:01 UTC" in out
    # the KSK is not lost: who changes the DNSKEY set signs it
    assert "signatures over dnskey have expired" not in out


def test_signatures_that_nobody_renews(capsys: Captured) -> None:
    late = ("--at", "2026-06-30")
    assert planned("zsk-prepublish", *LOST, *late, "--not-renewed", "dnskey") == 0
    assert planned("ksk-double-signature", *LOST, *late, "--not-renewed", "dnskey") == 0
    assert planned("ksk-double-signature", *LOST, *late, "--not-renewed", "data") == 1
    capsys.readouterr()
    assert planned("ksk-double-signature", *LOST, *late, "--not-renewed", "all") == 1
    out, _ = capsys.readouterr()
    assert "bogus for all validators: from 2026-07-01 00:00:00 UTC, for ever" in out
    said = "the signatures over data-3600 expire at 2026-07-01T00:00:00Z and nobody renews them"
    assert said in " ".join(out.split())
    assert planned("ksk-double-signature", *LOST, "--not-renewed", "keys") == 2


def test_earlier_ttls_from_git(tmp_path: Path, capsys: Captured) -> None:
    zone = tmp_path / "db.example"
    text = (ZONES / "bind-full-13-nsec.zone").read_text()

    def git(*arguments: str, time: str = "") -> None:
        dates = {"GIT_COMMITTER_DATE": time, "GIT_AUTHOR_DATE": time} if time else {}
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, env=clean | dates)

    def commit(contents: str, time: str) -> None:
        zone.write_text(contents)
        git("add", "-A", time=time)
        git("-c", "user.name=a", "-c", "user.email=a@b.invalid", "commit", "-q", "-m", "change", time=time)

    larger = re.sub(r"3600( IN DNSKEY)", r"86400\1", text)
    assert larger.count("86400") == 2
    git("init", "-q")
    commit(larger, "2026-06-01T00:00:00Z")
    commit(text, "2026-06-14T12:00:00Z")
    wanted = ("zsk-prepublish", "--zone", str(zone), "--was-ttl", "git")
    assert planned(*wanted) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "was-TTLkey" in out
    # 2026-06-14T12:00 + 300 s + 86400 s
    assert "2026-06-15 12:05:00 UTC" in out
    assert "the dnskey TTL was 86400 s until 2026-06-14T12:00:00Z" in out
    assert planned("zsk-prepublish", "--zone", str(zone)) == 0
    assert "was-TTLkey" not in capsys.readouterr().out
    arguments = ["remove-ds", "--zone", str(zone), "--was-ttl", "git", "--since", "2026-06-15", *TIMES]
    assert rollover("when", *arguments) in (0, 1)


def test_no_git_no_earlier_ttls(tmp_path: Path, capsys: Captured) -> None:
    zone = tmp_path / "db.example"
    shutil.copy(ZONE, zone)
    assert planned("zsk-prepublish", "--zone", str(zone), "--was-ttl", "git") == 2
    assert "--was-ttl git:" in capsys.readouterr().err


def test_a_trust_anchor(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert planned("trust-anchor", "--anchored", "--zone", ZONE, "--format", f"json:{plan}") == 0
    assert json.loads(plan.read_text())["start"]["anchors"] == ["ksk-1"]
    assert rollover("prove", plan) == 0


def test_the_table_is_the_default(capsys: Captured) -> None:
    assert planned("zsk-prepublish", "--zone", ZONE) == 0
    out, err = capsys.readouterr()
    assert "Ipub = Dprp + TTLkey = 300 + 3600 = 3900 s" in out
    assert "safe for all validators" in out
    assert err == ""


def test_one_second_less_of_propagation_is_one_second_too_early(tmp_path: Path, capsys: Captured) -> None:
    plan = tmp_path / "plan.json"
    assert planned("zsk-prepublish", "--zone", ZONE, "--format", f"json:{plan}") == 0
    assert rollover("prove", plan, "--propagation", "300") == 0
    assert rollover("prove", plan, "--propagation", "301", "--format", "concise") == 1
    assert "(1s) for every validator" in capsys.readouterr().out
    assert rollover("prove", plan, "--serve-stale", "1d") == 1
    assert rollover("prove", plan, "--propagation", "299", "--ds-ttl", "2d") == 0


def test_several_rollovers_at_their_times(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    status = planned(
        "zsk-prepublish@2026-07-01", "ksk-double-signature@+60d", "--zone", ZONE, "--format", f"json:{plan}"
    )
    assert status == 0
    times = [event["at"] for event in json.loads(plan.read_text())["events"]]
    assert times[0] == "2026-07-01T00:00:00Z"
    assert "2026-08-14T00:00:00Z" in times


def test_a_start_in_the_past_is_overdue(capsys: Captured) -> None:
    assert planned("zsk-prepublish", "--zone", ZONE, "--start", "2026-06-01") == 1
    assert "error[rollover-overdue]" in capsys.readouterr().err
    assert planned("zsk-prepublish", "--zone", ZONE, "--start", "2026-06-15") == 0


def test_due_counts_what_comes_soon(capsys: Captured) -> None:
    start = ("zsk-prepublish", "--zone", ZONE, "--start", "2026-06-22")
    assert planned(*start) == 0
    assert planned(*start, "--due", "6d") == 0
    assert planned(*start, "--due", "7d") == 1
    assert "is due in 7d, at 2026-06-22T00:00:00Z" in capsys.readouterr().err


def test_the_time_can_be_said(capsys: Captured) -> None:
    assert rollover("prove", SAFE, "--due", "7d") == 0
    assert rollover("prove", SAFE, "--due", "7d", "--at", "2026-06-30", "--format", "concise") == 1
    assert capsys.readouterr().out.count("rollover-due") == 3


def test_the_plan_begins_with_what_options_say(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    options = ("--lifetime", "zsk=30d", "--was-ttl", "dnskey=2d@2026-06-14", "--dnskey-ttl", "2h")
    assert planned("zsk-prepublish", "--zone", ZONE, *options, "--format", f"json:{plan}") == 0
    given = json.loads(plan.read_text())["inputs"]
    assert given["dnskey-ttl"] == {"value": 7200, "source": "option --dnskey-ttl"}
    assert given["lifetime-zsk"]["value"] == 30 * 86400
    assert given["was-dnskey-ttl"]["value"] == 2 * 86400
    assert rollover("prove", plan) == 0


def test_a_new_key_that_is_made_already(tmp_path: Path) -> None:
    plan, key = tmp_path / "plan.json", tmp_path / "Kexample.test.+013+45620.key"
    key.write_text(
        "; This is a zone-signing key\nexample.test. IN DNSKEY 256 3 13 "
        "oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==\n"
    )
    assert planned("zsk-prepublish", "--zone", ZONE, "--new", str(key), "--format", f"json:{plan}") == 0
    new = json.loads(plan.read_text())["keys"][key.stem]
    assert (new["role"], new["algorithm"], new["octets"]) == ("zsk", 13, 68)


# --- proofs ------------------------------------------------------------------------------------------------------


def test_a_window_is_named_in_words(capsys: Captured) -> None:
    assert rollover("prove", EARLY) == 1
    out = capsys.readouterr().out
    assert (
        "bogus from 2026-07-01T01:04:59Z to 2026-07-01T01:05:00Z (1s) for every validator: DNSKEY set of ksk-1, zsk-1 "
        "(in caches until 2026-07-01T01:05:00Z) with data-7200 signed by zsk-2 (published 2026-07-01T01:04:59Z): the "
        "data are signed by zsk-2, not in the DNSKEY set; sign-zone zsk-2, stop-signing-zone zsk-1: safe from "
        "2026-07-01T01:05:00Z"
    ) in out
    assert f"--> {EARLY}:13:9" in out
    assert "13 |       - sign-zone zsk-2 # expect: rollover-bogus-window" in out
    assert "not safe: lenient, strict-ds, strict-dnskey validators fail" in out


def test_the_report_as_json(capsys: Captured) -> None:
    assert rollover("prove", EARLY, "--format", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert [(found["rule"], found["code"], found["line"], found["zone"]) for found in report["findings"]] == [
        ("rollover-bogus-window", "ROL101", 13, "example.test.")
    ]
    assert report["summary"]["error"] == 1


def test_quiet_and_safe_is_silent(capsys: Captured) -> None:
    assert rollover("prove", SAFE, "--quiet") == 0
    assert rollover("prove", SAFE, "--format", "concise") == 0
    assert capsys.readouterr() == ("", "")


def test_a_warning_does_not_fail(capsys: Captured) -> None:
    assert rollover("prove", PLANS / "rollover-answer-too-large" / "fail-rsa.yaml") == 0
    assert "1409 octets, more than 1232" in capsys.readouterr().out


def test_a_zone_without_ds_has_nothing_to_prove(tmp_path: Path, capsys: Captured) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(Path(EARLY).read_text().replace("ds: [ksk-1]", "ds: []"))
    assert rollover("prove", plan) == 0
    assert "insecure at all times (no DS record), so there is nothing to prove" in capsys.readouterr().out


def test_a_plan_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(EARLY).read_bytes())))
    assert rollover("prove", "-") == 1
    assert "--> <stdin>:13:9" in capsys.readouterr().out


def test_a_plan_that_cannot_be_read(tmp_path: Path, capsys: Captured) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(Path(SAFE).read_text().replace("remove-key", "remove-keys"))
    assert rollover("prove", plan) == 2
    out = capsys.readouterr().out
    assert "unknown action 'remove-keys': did you mean 'remove-key'?" in out
    assert f"--> {plan}:12:" in out
    assert rollover("prove", plan, "--format", f"table:{tmp_path / 'table'}") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{plan}:12:" in err
    assert not (tmp_path / "table").exists()


# --- formats -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("table", "safe for all validators"),
        ("markdown", "- [ ]"),
        ("csv", "zsk-2"),
        ("ical", "BEGIN:VCALENDAR"),
        ("svg", "<svg"),
        ("html", "<!doctype html"),
        ("mermaid", "gantt"),
        ("prometheus", "# TYPE"),
        ("json", '"version": 1'),
    ],
)
def test_every_format_goes_to_a_file(name: str, sign: str, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "out"
    assert planned("zsk-prepublish", "--zone", ZONE, "--format", f"{name}:{file}", "--tz", "Europe/Amsterdam") == 0
    assert capsys.readouterr() == ("", "")
    assert sign.lower() in file.read_text().lower()


def test_several_formats_at_once(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "plan.json"
    assert planned("zsk-prepublish", "--zone", ZONE, "--format", f"json:{file}", "--format", "csv") == 0
    assert json.loads(file.read_text())["version"] == 1
    assert capsys.readouterr().out.startswith(("number", "step", "at", "zone", "#"))


def test_a_proof_may_be_drawn_as_well(tmp_path: Path, capsys: Captured) -> None:
    table, plan = tmp_path / "table", tmp_path / "plan.json"
    status = rollover("prove", EARLY, "--format", f"table:{table}", "--format", f"plan:{plan}", "--format", "concise")
    assert status == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert "zsk-2" in table.read_text()
    assert rollover("prove", plan, "--quiet") == 1


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: Captured) -> None:
    assert planned("zsk-prepublish", "--zone", ZONE, "--format", f"json:{tmp_path}/none/x", "--format", "table") == 2
    out, err = capsys.readouterr()
    assert "safe for all validators" in out
    assert "cannot write the report" in err


def test_the_time_zone_of_people(capsys: Captured) -> None:
    assert planned("zsk-prepublish", "--zone", ZONE, "--tz", "Asia/Tokyo") == 0
    assert "2026-06-15 09:00:00" in capsys.readouterr().out


def test_what_moved(tmp_path: Path, capsys: Captured) -> None:
    old = tmp_path / "old.json"
    assert planned("zsk-prepublish", "--zone", ZONE, "--format", f"json:{old}") == 0
    assert planned("zsk-prepublish", "--zone", ZONE, "--diff", str(old)) == 0
    assert capsys.readouterr().out == "nothing changed\n"
    assert planned("zsk-prepublish", "--zone", ZONE, "--diff", str(old), "--start", "+1d") == 0
    assert "1d" in capsys.readouterr().out


# --- the other commands ------------------------------------------------------------------------------------------


def test_the_methods(capsys: Captured) -> None:
    assert rollover("methods") == 0
    out = capsys.readouterr().out
    assert all(f"{name}: {method.title}\n" in out for name, method in methods().items())
    assert rollover("methods", "--format", "json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [method["id"] for method in listed["methods"]] == list(methods())
    assert {name for name, _ in REQUESTS} <= set(methods())


@pytest.fixture
def key_files(tmp_path: Path) -> Path:
    """Give a folder with keys that sign, of which nothing is planned but that one is revoked."""
    source = FIXTURES / "rules" / "zone-key-without-file" / "pass-revoked-later.keys"
    return Path(shutil.copytree(source, tmp_path / "keys"))


def test_a_folder_of_keys(key_files: Path, capsys: Captured) -> None:
    assert rollover("keys", key_files) == 0
    out = capsys.readouterr().out
    assert "zone example.test., 0 events: safe" in out
    assert rollover("keys", key_files, "--quiet") == 0
    assert capsys.readouterr().out == ""


def test_a_key_that_goes_without_a_successor(key_files: Path, tmp_path: Path, capsys: Captured) -> None:
    # the timing that counts is that of the private file, as for dnssec-settime
    with open(key_files / "Kexample.test.+013+49993.private", "a") as file:
        file.write("Inactive: 20260701000000\nDelete: 20260801000000\n")
    plan = tmp_path / "plan.json"
    assert rollover("keys", key_files, "--format", "concise", "--format", f"plan:{plan}") == 1
    assert "error[rollover-bogus-window] bogus from 2026-07-01T00:00:00Z" in capsys.readouterr().out
    assert rollover("prove", plan, "--quiet") == 1


def test_dates_in_private_files_are_told_and_not_shown(key_files: Path, capsys: Captured) -> None:
    with open(key_files / "Kexample.test.+013+49993.private", "a") as file:
        file.write("Inactive: 20260701000000\nDelete: 20260801000000\n")
    assert rollover("keys", key_files, "--format", "concise") == 1
    out = capsys.readouterr().out
    assert "error[key-coverage-gap] no " in out
    assert ".private" not in out


def test_a_damaged_key_file_limits_what_is_said(key_files: Path, capsys: Captured) -> None:
    path = min(key_files.glob("*.key"))
    path.write_bytes(path.read_bytes()[:-60])
    rollover("keys", key_files)
    assert ", as far as the key files can be read" in capsys.readouterr().out


def test_the_keys_of_a_zone(capsys: Captured) -> None:
    folder = FIXTURES / "rules" / "key-not-published"
    status = rollover("keys", folder / "pass-published.keys", "--zone", folder / "pass-published.zone")
    assert status in (0, 1)
    assert "zone example.test." in capsys.readouterr().out


def test_when_it_is_safe(capsys: Captured) -> None:
    question = ("when", "remove-key", "--zone", str(ZONES / "zsk-pre-published.zone"), "--propagation", "5m")
    assert rollover(*question, "--key", "zsk-2", "--since", "2026-06-14") in (0, 1)
    assert capsys.readouterr().out.startswith("remove-key zsk-2: ")


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("plan", "plan: no METHOD given; `zonelint rollover methods` lists them"),
        ("plan zsk-prepublish", "plan: --zone FILE is missing"),
        ("plan zsk-prepublsh --zone Z", "unknown method 'zsk-prepublsh': did you mean 'zsk-prepublish'?"),
        ("plan zsk-prepublish@ --zone Z", "METHOD: 'zsk-prepublish@' has no time after @"),
        ("plan zsk-prepublish@soon --zone Z", "METHOD zsk-prepublish: 'soon' is not a time"),
        ("plan zsk-prepublish --zone none", "none: no such file or directory"),
        ("plan zsk-prepublish --zone=", "--zone: the value is empty"),
        ("plan zsk-prepublish --zone Z --start yesterday", "--start: 'yesterday' is not a time"),
        ("plan zsk-prepublish --zone Z --until 5", "--until: '5' is not a time"),
        ("plan zsk-prepublish --zone Z --at never", "--at: 'never' is not a time"),
        ("plan zsk-prepublish --zone Z --due soon", "--due: 'soon' is not a duration"),
        ("plan zsk-prepublish --zone Z --remind soon", "--remind: 'soon' is not a duration"),
        ("plan zsk-prepublish --zone Z --ds-ttl 1mo", "--ds-ttl: '1mo' is not a duration"),
        ("plan zsk-prepublish --zone Z --ds-ttl -5", "--ds-ttl: '-5' is not a duration"),
        ("plan zsk-prepublish --zone Z --ds-ttl 4000w", "--ds-ttl: '4000w' is more than 2147483647"),
        ("plan zsk-prepublish --zone Z --forwarders 2", "--forwarders: '2' is more than 1"),
        ("plan zsk-prepublish --zone Z --lifetime 5d", "--lifetime: '5d' is not ROLE=DURATION, as in zsk=30d"),
        ("plan zsk-prepublish --zone Z --lifetime zsk=x", "--lifetime: 'x' is not a duration"),
        ("plan zsk-prepublish --zone Z --was-ttl dnskey=1d", "--was-ttl dnskey=1d: write NAME=TTL@TIME"),
        ("plan zsk-prepublish --zone Z --algorithm RSA", "--algorithm: 'RSA' is neither the number nor the name"),
        ("plan zsk-prepublish --zone Z --old zsk-9", "--old zsk-9: no such key in the zone: ksk-1 ("),
        ("plan zsk-prepublish --zone Z --new none.key", "--new none.key: no such file or directory"),
        ("plan zsk-prepublish ksk-lost --zone Z --old zsk-1", "--old and --new go with one METHOD"),
        ("plan zsk-prepublish --zone Z --policy none", "--policy none: no such file or directory"),
        ("plan zsk-prepublish --zone Z --policy-name x", "--policy-name goes with --policy"),
        ("plan zsk-prepublish --zone Z --ds nope", "nope: no such file or directory"),
        ("plan zsk-prepublish --zone Z --format pdf", "--format: 'pdf' is none of table, markdown"),
        ("plan zsk-prepublish --zone Z --format csv --format svg", "only one format can go to standard output"),
        ("plan zsk-prepublish --zone Z --diff none", "none: no such file or directory"),
        ("plan zsk-prepublish --zone Z --diff x --format csv", "--diff writes to standard output"),
        ("plan zsk-prepublish --zone Z --tz Mars/Base", "--tz: 'Mars/Base' is no time zone"),
        ("plan zsk-prepublish --zone Z --tz ../../etc/passwd", "--tz: '../../etc/passwd' is no time zone"),
        ("plan zsk-prepublish --zone Z --width 5", "--width: '5' is not a number from 40 to 10000"),
        ("plan zsk-prepublish --zone Z --color blue", "--color: 'blue' is none of auto, always, never"),
        ("plan csk --zone Z", "the zone has no CSK"),
        ("prove", "prove: no PLAN given; - reads standard input"),
        ("prove none.json", "none.json: no such file or directory"),
        ("prove .", ".: is a directory"),
        ("prove P --due x", "--due: 'x' is not a duration"),
        ("prove P --format xml", "--format: 'xml' is none of full, concise, json"),
        ("prove P --clock-skew x", "--clock-skew: 'x' is not a duration"),
        ("keys", "keys: no DIR given"),
        ("keys none", "none: no such file or directory"),
        ("keys . --ds x", "keys: --ds, --origin, --was-ttl and --not-renewed go with --zone"),
        ("when", "when: no STEP given"),
        ("when remove-key", "when: --zone FILE is missing"),
        ("when fly --zone Z", "there is no step fly"),
        ("methods --format xml", "--format: 'xml' is none of text, json"),
    ],
)
def test_bad_input_gets_one_line(arguments: str, message: str, capsys: Captured) -> None:
    words = [{"Z": ZONE, "P": SAFE}.get(word, word) for word in arguments.split()]
    assert rollover(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert "internal error" not in err


@pytest.mark.parametrize("arguments", ["plan --zome x", "prove --data-ttl 1h x", "fly", ""])
def test_usage(arguments: str, capsys: Captured) -> None:
    assert rollover(*arguments.split()) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err


def test_a_policy_with_a_fault_is_refused_at_its_place(tmp_path: Path, capsys: Captured) -> None:
    policy = tmp_path / "named.conf"
    policy.write_text('dnssec-policy "x" {\n  dnskey-ttl 1h\n  zone-propagation-delay -5;\n};\n')
    assert planned("zsk-prepublish", "--zone", ZONE, "--policy", str(policy)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{policy}:" in err
    assert "cannot be read as a policy" in err


def test_an_older_plan_with_a_fault_is_refused_at_its_place(tmp_path: Path, capsys: Captured) -> None:
    old = tmp_path / "old.json"
    old.write_text('{"version": 9}')
    assert planned("zsk-prepublish", "--zone", ZONE, "--diff", str(old)) == 2
    assert f"{old}:1:13: error[rollover-plan-invalid] the plan is of version '9'" in capsys.readouterr().err


# --- the house -----------------------------------------------------------------------------------------------------


def test_every_input_has_an_option() -> None:
    lifetimes = {f"lifetime-{role}" for role in ("ksk", "zsk", "csk")}
    assert set(HELP) == set(inputs.NAMES) - lifetimes


@pytest.mark.parametrize("command", ["", "methods", "plan", "prove", "keys", "when"])
def test_help(command: str, capsys: Captured) -> None:
    assert rollover(*[command] if command else [], "--help") == 0
    assert "Usage: zonelint rollover" in capsys.readouterr().out


def test_other_commands_do_not_load_this_one() -> None:
    code = (
        "import sys; from zonelint.cli import main; main(['--version']); main(['rules', 'soa']); "
        "print([m for m in sys.modules if m.startswith(('zonelint.rollover', 'zonelint.cli.rollover_'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_proof_of_a_safe_plan_needs_neither_zones_nor_signatures() -> None:
    code = (
        "import sys; from zonelint.cli import main; main(['rollover', 'prove', sys.argv[1]]); "
        "print([m for m in sys.modules if m.split('.')[0] in ('cryptography', 'rich', 'dns')])"
    )
    done = subprocess.run([sys.executable, "-c", code, SAFE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_timetable_of_the_documents_is_safe(tmp_path: Path, capsys: Captured) -> None:
    document = (ROOT / "docs" / "rollovers.md").read_text("utf-8")
    (text,) = re.findall(r"^```yaml\n(zone: .*?)^```$", document, re.MULTILINE | re.DOTALL)
    plan = tmp_path / "plan.yaml"
    plan.write_text(text)
    assert rollover("prove", plan) == 0
    early = text.replace("+65m", "+64m")
    assert early != text
    plan.write_text(early)
    assert rollover("prove", plan) == 1
    assert "(1m) for every validator" in capsys.readouterr().out
