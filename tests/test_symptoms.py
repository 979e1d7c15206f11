"""Symptoms: their rules, their commands, and that the zones that fail in such a way are led to their cause."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from fixturing import DEFAULT_TIME, FIXTURES, header, run

from zonelint import catalogue, symptoms
from zonelint.catalogue import CatalogueError
from zonelint.checks import RULES
from zonelint.cli import main
from zonelint.findings import NotRun, Report, ZoneReport
from zonelint.report.symptoms import PAGES, verdict
from zonelint.symptoms import Symptom, load

NAMES = (
    "servfail no-ad-bit sometimes-unsigned nxdomain-fails after-zsk-roll after-ksk-roll after-nsec3 "
    "worked-yesterday ds-rejected large-answers provider-change"
).split()
CAUSES = [(name, number) for name in NAMES for number in range(len(symptoms.symptom(name).causes))]
ELSEWHERE = {"keytiming", "rollover"}
"""The families whose rules `check` does not run; their fixtures are of another kind."""

SIGNED = FIXTURES / "zones" / "bind-text-13-nsec.zone"


def _fixtures(rule: str) -> list[Path]:
    return sorted((FIXTURES / "rules" / rule).glob("fail-*.zone"))


@cache
def _report(rule: str, base: Path) -> Report:
    """Judge the first fixture that must fail by a rule."""
    scratch = base / f"symptom-{rule}"
    scratch.mkdir()
    return run(_fixtures(rule)[0], scratch)


def _holding(symptom: Symptom, report: Report) -> list[int]:
    """Give the numbers of the causes that hold, from 0."""
    return [int(number) - 1 for number in re.findall(r"^  (\d+)\. holds: ", verdict(symptom, report), re.MULTILINE)]


def test_these_symptoms_are_there() -> None:
    assert symptoms.names() == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_a_symptom(name: str) -> None:
    symptom = symptoms.symptom(name)
    assert symptom.id == name
    assert len(symptom.causes) > 2
    assert len({cause.title for cause in symptom.causes}) == len(symptom.causes)
    texts = [symptom.title, *(cause.title for cause in symptom.causes)]
    assert not any(text.endswith(".") or "\n" in text for text in texts)
    for cause in symptom.causes:
        assert cause.rules
        assert len(set(cause.rules)) == len(cause.rules)
        assert cause.remedy.endswith(".")


@pytest.mark.parametrize(("name", "number"), CAUSES)
def test_each_rule_leads_to_its_cause(name: str, number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    symptom = symptoms.symptom(name)
    rules = symptom.causes[number].rules
    shown = [rule for rule in rules if _fixtures(rule)]
    assert shown or all(catalogue.rule(rule).family in ELSEWHERE for rule in rules)
    assert {catalogue.rule(rule).family for rule in rules if rule not in shown} <= ELSEWHERE
    for rule in shown:
        assert number in _holding(symptom, _report(rule, tmp_path_factory.getbasetemp())), rule


def _filled(command: str) -> list[str]:
    """Put files in the place of the words in capitals, those of one fixture where a command has several."""
    zone = _fixtures("key-not-published" if "KEYS" in command.split() else "ds-no-matching-key")[0]
    settings = header(zone)
    ds = _fixtures("ds-no-matching-key")[0]
    values = {
        "ZONE": str(zone),
        "DS": str(ds.parent / header(ds)["ds"]),
        "KEYS": str(zone.parent / settings.get("keys", "")),
        "OLD": str(zone),
        "ANCHORS": str(ds.parent / header(ds)["ds"]),
    }
    return [values.get(word, word) for word in shlex.split(command)]


@pytest.mark.parametrize("command", sorted({c.command for n in NAMES for c in symptoms.symptom(n).causes}))
def test_each_command_runs(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1781481600")
    program, *arguments = _filled(command)
    assert program == "zonelint"
    assert main(arguments) in (0, 1)
    out, err = capsys.readouterr()
    assert out
    assert err == ""


@pytest.mark.parametrize(("name", "number"), CAUSES)
def test_a_command_can_show_its_cause(name: str, number: int) -> None:
    cause = symptoms.symptom(name).causes[number]
    words = cause.command.split()
    if words[1] != "check":
        assert any(catalogue.rule(rule).family in ELSEWHERE for rule in cause.rules)
        return
    if "--select" in words:
        selected = catalogue.resolve(words[words.index("--select") + 1].split(","))
        assert selected & set(cause.rules)
    needs = {need for rule in cause.rules if rule in RULES for need in catalogue.rule(rule).needs}
    assert "--ds" in words or "parent" not in needs or len(cause.rules) > 1
    assert "--previous" in words or "previous" not in needs or len(cause.rules) > 1


def test_rollovers_that_are_named_exist() -> None:
    text = " ".join(path.read_text() for path in (catalogue.root() / "symptoms").glob("*.yaml"))
    named = re.findall(r"zonelint rollover plan ([a-z0-9-]+)", text)
    assert named
    assert set(named) <= catalogue.rollovers().keys()


# --- what explain and check say -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_explain_gives_the_causes_in_order(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    text = " ".join(capsys.readouterr().out.split())
    places = [text.index(cause.title) for cause in symptoms.symptom(name).causes]
    assert places == sorted(places)
    assert f"zonelint check ZONE --symptom {name}" in text


def test_explain_in_other_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "servfail", "large-answers", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["symptoms"]
    assert [each["id"] for each in told] == ["servfail", "large-answers"]
    assert told[0]["causes"][0]["rules"][0] == "rrsig-expired"
    assert main(["explain", "SERVFAIL", "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith("# servfail\n")
    assert PAGES.keys() == {"text", "json", "md"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("explain servfial", "unknown rule or symptom 'servfial': did you mean 'servfail'?"),
        ("explain servfail SIG103", "explain: 'servfail' is a symptom"),
        ("check x --symptom servfial", "--symptom: 'servfial' is none of after-ksk-roll, "),
        ("check x --symptom", "Option '--symptom' requires an argument"),
        ("check x --symptom ../servfail", "--symptom: '../servfail' is none of"),
        ("check x --symptom servfail --select SIG", "--select and --symptom exclude each other"),
        ("check x --symptom ds-rejected --ignore DSR,KEY,SIG,CDS", "--select and --ignore leave no rule to check"),
    ],
)
def test_bad_usage(arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err


def test_check_says_which_cause_holds(capsys: pytest.CaptureFixture[str]) -> None:
    zone = _fixtures("rrsig-expired")[0]
    assert main(["check", str(zone), "--at", DEFAULT_TIME, "--symptom", "servfail"]) == 1
    out = capsys.readouterr().out
    report, _, said = out.partition("\n\nValidating resolvers answer SERVFAIL (servfail):\n")
    assert "1 error, 0 warnings" in report
    assert "  1. holds: Signatures have expired, or are not valid yet (rrsig-expired 1 x)\n" in said
    assert said.count("holds") == 1
    assert "Way out of 1: Sign again now" in said


def test_a_good_zone_has_no_cause(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SIGNED), "--at", DEFAULT_TIME, "--symptom", "servfail"]) == 0
    said = capsys.readouterr().out
    assert "holds" not in said
    assert "None of the 10 causes was found" in said
    assert "  2. not looked at: " in said
    assert "(--ds FILE)" in said


@pytest.mark.parametrize("name", NAMES)
def test_a_good_zone_is_silent_for_each(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SIGNED), "--at", DEFAULT_TIME, "--symptom", name]) == 0
    assert "holds" not in capsys.readouterr().out


def test_other_faults_are_no_cause(capsys: pytest.CaptureFixture[str]) -> None:
    zone = _fixtures("rrsig-expired")[0]
    assert main(["check", str(zone), "--at", DEFAULT_TIME, "--symptom", "after-nsec3"]) == 0
    assert "holds" not in capsys.readouterr().out


def test_output_for_machines_stays_clean(capsys: pytest.CaptureFixture[str]) -> None:
    zone = _fixtures("rrsig-expired")[0]
    arguments = ["check", str(zone), "--at", DEFAULT_TIME, "--symptom", "servfail", "--format", "json"]
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert [found["rule"] for found in json.loads(out)["findings"]] == ["rrsig-expired"]
    assert "zonelint:   1. holds: Signatures have expired" in err


def test_what_could_not_run_is_not_called_absent() -> None:
    symptom = symptoms.symptom("provider-change")
    zone = ZoneReport("z", "z.", "option")
    zone.not_run = [NotRun(rule, "no DS records (--ds FILE)") for rule in RULES if rule.startswith("ds-")]
    said = verdict(symptom, Report((0,), [zone]))
    assert "  1. not looked at: The DS still belongs" in said
    assert "  4. not found: The two providers sign" in said
    failed = verdict(symptom, Report((0,), [zone], ["z: gone"]))
    assert "nothing is said about it" in failed
    assert "nothing is said about it" not in said


def test_rules_of_other_commands_name_the_command() -> None:
    said = verdict(symptoms.symptom("large-answers"), Report((0,), [ZoneReport("z", "z.", "option")]))
    assert "zonelint rollover plan zsk-prepublish --zone ZONE" in " ".join(said.split())


# --- bad files ----------------------------------------------------------------------------------------------

GOOD = """\
id: made-up
title: It fails
seen: Nothing works.
first: Look.
refs: [RFC 4035 section 5]
causes:
  - title: It expired
    why: Time went by.
    rules: [rrsig-expired]
    command: zonelint check ZONE
    remedy: Sign.
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "made-up.yaml"
    path.write_text(text)
    return path


def test_a_good_file(tmp_path: Path) -> None:
    symptom = load(_written(tmp_path, GOOD))
    assert symptom.rules == {"rrsig-expired"}
    assert symptom.causes[0].command == "zonelint check ZONE"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("seen: Nothing works.\n", "", "missing field seen"),
        ("first: Look.", "first: Look.\nlast: Leave.", "unknown field last"),
        ("title: It fails", "title: 7", "title must be text"),
        ("id: made-up", "id: other", "id is 'other', the file is named 'made-up'"),
        ("refs: [RFC 4035 section 5]", "refs: []", "refs must be a list with something in it"),
        ("[rrsig-expired]", "[rrsig-expird]", "did you mean 'rrsig-expired'"),
        ("[rrsig-expired]", "rrsig-expired", "rules must be a list of ids"),
        ("    remedy: Sign.\n", "", "missing field remedy"),
        ("    why: Time went by.\n", "    why: ''\n", "why must be text"),
        ("id: made-up", "id: [", "while parsing"),
        (GOOD, "- a\n", "must be a mapping of fields"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    assert before in GOOD
    path = _written(tmp_path, GOOD.replace(before, after))
    with pytest.raises(CatalogueError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert complaint in str(caught.value)
