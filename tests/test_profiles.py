"""Profiles: their form, what they change in a run, and that they reach every process that judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fixturing import DEFAULT_TIME, FIXTURES, header

from zonelint import catalogue, profiles
from zonelint.catalogue import CatalogueError
from zonelint.cli import main
from zonelint.engine import CheckOptions, check
from zonelint.findings import Severity
from zonelint.profiles import load

NAMES = ["default", "nist-800-81", "signed-output", "signer-input", "strict", "tld"]
GOOD = """\
id: made-up
title: Made up
use: For tests.
refs: [RFC 1912]
lines:
  - rules: soa
    severity: error
    reason: all of them
  - rules: [soa-refresh-range]
    options: {min: 20m, max: 43200}
    reason: a range
  - rules: soa-rname-at-sign
    severity: off
    reason: not here
"""
ZONE = """\
example.test. 3600 IN SOA ns.example.test. host.example.test. 1 {refresh} 3600 1209600 {minimum}
example.test. 3600 IN NS ns.example.test.
ns.example.test. 3600 IN A 192.0.2.1
"""


def _fixture(rule: str) -> str:
    return str(min((FIXTURES / "rules" / rule).glob("fail-*.zone")))


def _findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """Give the severity of each rule that a run finds."""
    main(["check", *arguments, "--at", DEFAULT_TIME, "--format", "json"])
    return {found["rule"]: found["severity"] for found in json.loads(capsys.readouterr().out)["findings"]}


def _zone(folder: Path, refresh: int = 7200, minimum: int = 3600) -> str:
    path = folder / "zone"
    path.write_text(ZONE.format(refresh=refresh, minimum=minimum))
    return str(path)


# --- the files ----------------------------------------------------------------------------------------------


def test_these_profiles_are_there() -> None:
    assert profiles.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_line_changes_something_and_says_why(name: str) -> None:
    profile = profiles.profile(name)
    assert profile.title
    assert profile.use.endswith(".")
    for line in catalogue.read(catalogue.root() / "profiles" / f"{name}.yaml")["lines"]:
        named = [line["rules"]] if isinstance(line["rules"], str) else line["rules"]
        assert len(line["reason"]) > 20
        assert not line["reason"].endswith(".")
        changed = [rule for rule in catalogue.resolve(named)
                   if profile.changes[rule].severity != catalogue.rule(rule).severity
                   or profile.changes[rule].options != catalogue.rule(rule).options]  # fmt: skip
        assert changed, line


def test_the_default_changes_nothing() -> None:
    assert profiles.profile("default").changes == {}


def test_strict_is_never_milder_than_the_catalogue() -> None:
    strict = profiles.profile("strict")
    assert not strict.ignored
    assert all(severity >= catalogue.rule(rule).severity for rule, severity in strict.severities.items())


def test_what_breaks_a_zone_is_an_error_in_every_profile() -> None:
    for name in NAMES:
        profile = profiles.profile(name)
        for rule in ("soa-missing", "syntax-error", "rdata-invalid", "cname-and-other-data", "apex-ns-missing"):
            assert profile.severities.get(rule, Severity.error) == Severity.error
            assert rule not in profile.ignored


def test_a_good_file(tmp_path: Path) -> None:
    profile = load(_written(tmp_path, GOOD))
    assert profile.severities["serial-not-raised"] is Severity.error
    assert profile.severities["soa-refresh-range"] is Severity.error
    assert profile.settings == {("soa-refresh-range", "min"): 1200, ("soa-refresh-range", "max"): 43200}
    assert profile.ignored == {"soa-rname-at-sign"}
    assert profile.changes["soa-refresh-range"].reason == "a range"


def _written(folder: Path, text: str) -> Path:
    path = folder / "made-up.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("use: For tests.\n", "", "a profile has the fields id, lines, refs, title, use"),
        ("refs: [RFC 1912]", "refs: [RFC 1912]\ncolour: red", "all of them and no other"),
        ("id: made-up", "id: other", "id is 'other', the file is named 'made-up'"),
        ("title: Made up", "title: 7", "title must be text"),
        ("refs: [RFC 1912]", "refs: RFC 1912", "refs must be a list"),
        ("  - rules: soa\n", "  - rules: soap\n", "line 1 of the profile: unknown rule 'soap': did you mean 'soa'?"),
        ("  - rules: soa\n", "  - rules: []\n", "line 1 of the profile: rules must name rules or families"),
        ("severity: error", "severity: fatal", "severity 'fatal' is none of notice, warning, error, off"),
        ("severity: error", "severity: true", "severity True is none of"),
        ("severity: error", "severty: error", "line 1 of the profile: unknown field severty"),
        ("    reason: a range\n", "", "line 2 of the profile: a reason is missing"),
        ("    severity: off\n", "", "line 3 of the profile: neither a severity nor options"),
        ("{min: 20m, max: 43200}", "{least: 20m}", "soa-refresh-range has no option 'least'"),
        ("{min: 20m, max: 43200}", "{min: soon}", "option min: 'soon' is not a duration"),
        ("{min: 20m, max: 43200}", "{min: true}", "option min must be like 1200, not True"),
        ("{min: 20m, max: 43200}", "[min]", "options must be a mapping"),
        ("id: made-up", "id: [", "while parsing"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    assert before in GOOD
    path = _written(tmp_path, GOOD.replace(before, after, 1))
    with pytest.raises(CatalogueError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


# --- what they do -------------------------------------------------------------------------------------------


def test_a_severity_is_changed_and_decides_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    zone = _fixture("nsec3-salt-present")
    assert _findings(capsys, zone) == {"nsec3-salt-present": "warning"}
    assert _findings(capsys, zone, "--profile", "strict") == {"nsec3-salt-present": "error"}
    assert main(["check", zone, "--at", DEFAULT_TIME]) == 0
    assert main(["check", zone, "--at", DEFAULT_TIME, "--profile", "default"]) == 0
    assert main(["check", zone, "--at", DEFAULT_TIME, "--profile", "strict"]) == 1
    capsys.readouterr()


def test_a_rule_is_turned_off(capsys: pytest.CaptureFixture[str]) -> None:
    zone = _fixture("rrsig-expired")
    assert "rrsig-expired" in _findings(capsys, zone)
    assert _findings(capsys, zone, "--profile", "signer-input") == {}


def test_a_zone_that_cannot_be_judged_never_passes(capsys: pytest.CaptureFixture[str]) -> None:
    zone = _fixture("soa-missing")
    for name in NAMES:
        assert _findings(capsys, zone, "--profile", name)["soa-missing"] == "error"


def test_an_option_is_set_for_one_run_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zone = _zone(tmp_path, refresh=43201)
    assert _findings(capsys, zone) == {}
    assert _findings(capsys, zone, "--profile", "nist-800-81") == {"soa-refresh-range": "warning"}
    assert _findings(capsys, zone) == {}
    assert catalogue.settings() == {}
    assert _findings(capsys, _zone(tmp_path, refresh=43200), "--profile", "nist-800-81") == {}


@pytest.mark.parametrize(("at", "found"), [("2026-06-23T23:59:59Z", False), ("2026-06-24T00:00:01Z", True)])
def test_the_horizon_of_a_profile(at: str, found: bool, capsys: pytest.CaptureFixture[str]) -> None:
    zone = str(FIXTURES / "zones" / "csk.zone")  # whose signatures end with June
    status = main(["check", zone, "--at", at, "--profile", "strict", "--select", "rrsig-expires-soon"])
    assert status == int(found)
    assert ("error[rrsig-expires-soon]" in capsys.readouterr().out) == found


def test_a_horizon_that_is_named_wins(capsys: pytest.CaptureFixture[str]) -> None:
    zone = str(FIXTURES / "zones" / "csk.zone")
    arguments = ["check", zone, "--at", "2026-06-26", "--profile", "strict", "--select", "rrsig-expires-soon"]
    assert main(arguments) == 1
    assert main([*arguments, "--horizon", "1d"]) == 0
    capsys.readouterr()


def test_options_reach_other_processes_and_the_cache_tells_them_apart(tmp_path: Path) -> None:
    source = FIXTURES / "zones" / "bind-text-15-nsec.zone"
    lines = source.read_text().splitlines(keepends=True)
    text = "".join(lines) + "".join(
        f"x{number}.below.example.test. 3600 IN TXT \"{'x' * 200}\"\n" for number in range(6000)
    )
    path = tmp_path / "zone"
    path.write_text(text)
    settings = {("rrsig-validity-too-long", "max"): 3600}
    wanted = frozenset({"rrsig-validity-too-long"})
    counts = []
    for chosen in ({}, settings, {}):
        options = CheckOptions(
            at=(1781481600,), origin=header(source)["origin"], select=wanted, jobs=2, settings=chosen,
            cache=lambda: str(tmp_path / "cache"),
        )  # fmt: skip
        counts.append(len(check([str(path)], options).zones[0].findings))
    assert counts[0] == counts[2] == 0
    assert counts[1] > 5


# --- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("check x --profile strct", "unknown profile 'strct': did you mean 'strict'?"),
        ("check x --profile ../profiles/strict", "unknown profile '../profiles/strict'"),
        ("check x --profile zzz", "unknown profile 'zzz': there are default, nist-800-81"),
        ("check x --profile signer-input --select nsec", "leave no rule to check, with the profile signer-input"),
        ("rules --profile strct", "unknown profile 'strct': did you mean 'strict'?"),
    ],
)
def test_bad_usage(arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("zonelint: ")
    assert complaint in err


def test_rules_show_the_effect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "soa", "--profile", "nist-800-81"]) == 0
    text = capsys.readouterr().out
    assert "SOA101  soa-refresh-range: max 86400 -> 43200\n          the range of RFC 1912" in text
    assert main(["rules", "SIG103", "SIG105", "--profile", "signer-input"]) == 0
    text = capsys.readouterr().out
    assert "0 rules" in text
    assert "SIG103  rrsig-expired: error -> off" in text
    assert main(["rules", "SIG", "--profile", "default"]) == 0
    assert "0 rules changed by the profile default" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_rules_in_other_forms(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    profile = profiles.profile(name)
    assert main(["rules", "--profile", name, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["profile"]["id"] == name
    assert {rule["id"] for rule in told["rules"]} == catalogue.rules().keys()
    assert {rule["id"] for rule in told["rules"] if rule["severity"] == "off"} == profile.ignored
    assert {change["rule"] for change in told["profile"]["changes"]} <= profile.changes.keys()
    assert main(["rules", "--profile", name, "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith(f"# {name}\n")
