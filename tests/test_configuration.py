"""The configuration file: every fault at its place, what holds for which zone, and who goes before whom."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from zonelint import catalogue, checks
from zonelint.cli import main
from zonelint.configuration import Refused
from zonelint.configuration.find import find
from zonelint.configuration.form import LISTS, PATHS, schema
from zonelint.configuration.kinds import ENOUGH
from zonelint.configuration.matching import matched
from zonelint.configuration.patterns import zone_of
from zonelint.configuration.read import SIZE_LIMIT, Configuration, parse_configuration
from zonelint.configuration.settle import settle
from zonelint.documents.nodes import DEPTH_LIMIT, Items, Mapping, Node, Scalar, parse
from zonelint.engine import CheckOptions, Given, OptionsFor
from zonelint.engine import check as engine_check
from zonelint.engine.differ import diff
from zonelint.findings import Severity
from zonelint.limits import Limit, Share

AT = "2026-06-15"
ZONE = """\
$ORIGIN example.test.
$TTL 3600
@ SOA ns1 hostmaster {serial} 7200 3600 1209600 {minimum}
@ NS ns1
ns1 A 192.0.2.1
"""


def faults(text: str) -> list[tuple[int, int, str]]:
    """Give line, column and message of all that is wrong with a configuration."""
    octets = text.encode()
    with pytest.raises(Refused) as caught:
        parse_configuration(octets, "zonelint.yaml")
    found = []
    for finding in caught.value.findings:
        assert finding.rule == "configuration-invalid"
        assert finding.place
        before = octets[: finding.place.start]
        found.append((before.count(b"\n") + 1, len(before) - before.rfind(b"\n"), finding.message))
    return found


def read(text: str, file: str = "zonelint.yaml") -> Configuration:
    return parse_configuration(text.encode(), file)


# --- bad files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "the file is empty"),
        ("# nothing\n", 1, 1, "the file is empty"),
        ("- a\n", 1, 1, "the configuration must be a mapping (name: value), not a list"),
        ("tld\n", 1, 1, "the configuration must be a mapping (name: value), not 'tld'"),
        ("profil: tld", 1, 1, "unknown name 'profil' in the configuration: did you mean 'profile'?"),
        ("parent_ds: x", 1, 1, "unknown name 'parent_ds' in the configuration: did you mean 'parent-ds'?"),
        ("profile: tdl", 1, 10, "unknown word 'tdl': did you mean 'tld'?"),
        ("profile: [tld]", 1, 10, "expected text, not a list"),
        ("profile:\n", 1, 9, "expected text, not nothing"),
        ("profile: tld\nprofile: tld\n", 2, 1, "'profile' is there twice in the configuration"),
        ("fail-on: fatal", 1, 10, "unknown word 'fatal': it is none of error, warning, notice"),
        ("horizon: soon", 1, 10, "a duration must be seconds or text like 1h30m, not 'soon'"),
        ("horizon: 1.5d", 1, 10, "a duration must be seconds or text like 1h30m, not '1.5d'"),
        ("horizon: -1", 1, 10, "a duration must be seconds or text like 1h30m, not '-1'"),
        ("horizon: 1d\nrules: {rrsig-expires-soon: {horizon: 2d}}", 1, 10, "horizon is set under rules already"),
        ("rules: off", 1, 8, "rules must be a mapping (name: value), not 'off'"),
        ("rules: {rrsig-expird: off}", 1, 9, "unknown rule 'rrsig-expird': did you mean 'rrsig-expired'?"),
        ("rules: {sig103: off}", 1, 9, "unknown rule 'sig103': did you mean 'SIG103'?"),
        ("rules: {ROL101: error}", 1, 9, "'ROL101' is no rule of `zonelint check`"),
        ("rules: {rollover: error}", 1, 9, "'rollover' has no rules of `zonelint check`"),
        ("rules: {soa-missing: notice}", 1, 9, "soa-missing stays as it is: what it reports could not be judged"),
        ("rules: {rrsig-expired: bad}", 1, 24, "expected a severity (error, warning, notice, off), not 'bad'"),
        ("rules: {rrsig-expired: {}}", 1, 24, "neither a severity nor an option: it changes nothing"),
        ("rules: {rrsig-expired: {max: 1}}", 1, 25, "unknown name 'max' in this rule"),
        ("rules: {SIG: {horizon: 1d}}", 1, 15, "unknown name 'horizon' in several rules at once"),
        ("rules: {soa-minimum-too-long: {max: 1y}}", 1, 37, "a duration must be seconds or text like 1h30m, not '1y'"),
        ("rules: {rrsig-expired: off, SIG103: error}", 1, 29, "rrsig-expired and SIG103 are the same"),
        ("rules: {soa: off, SOA: error}", 1, 19, "soa and SOA are the same"),
        ("rules: {SIG: off, signatures: error}", 1, 19, "SIG and signatures are the same"),
        ("select: []", 1, 9, "the list is empty"),
        ("select: [SIG, SOG]", 1, 15, "unknown rule 'SOG'"),
        ("previous: a\nsince: HEAD\n", 2, 8, "previous and since exclude each other"),
        ("keys: 7", 1, 7, "expected text, not 7"),
        ('keys: ""', 1, 7, "the text is empty"),
        ("thresholds: {max-removed: many}", 1, 27, "expected a number of RRsets or a share such as 10%, not 'many'"),
        ("thresholds: {max-removed: -1}", 1, 27, "expected a number of RRsets or a share such as 10%, not '-1'"),
        ("thresholds: {max-removed: 101%}", 1, 27, "'101%' is more than all: 100% is the most"),
        ("thresholds: {max-changed: 100.5%}", 1, 27, "'100.5%' is more than all: 100% is the most"),
        ("thresholds: {max-lost: 1}", 1, 14, "unknown name 'max-lost' in thresholds"),
        ("thresholds: {}", 1, 13, "thresholds is empty"),
        ("zones: {files: a}", 1, 8, "expected a list (- ...), not a mapping"),
        ("zones: [{origin: example.org}]", 1, 9, "an entry of zones has no files"),
        ("zones: [{files: a, origin: a..b}]", 1, 28, "'a..b' is not a domain name: empty label"),
        ("zones: [{files: /srv/a}]", 1, 17, "a pattern is relative to the folder of this file"),
        ("zones: [{files: ../a}]", 1, 17, "a pattern is relative to the folder of this file"),
        ("zones: [{files: 'a{b}'}]", 1, 17, "'{b}' has no meaning in a pattern: only {zone} stands in braces"),
        ("zones: [{files: '{zone}/{zone}'}]", 1, 17, "{zone} is there twice"),
        ("zones: [{files: a, baseline: b}]", 1, 20, "unknown name 'baseline' in an entry of zones"),
        ("placeholders: [{token: '12', as: serial}]", 1, 24, "'12' cannot stand for a serial"),
        ("placeholders: [{token: 'a b', as: serial}]", 1, 24, "'a b' cannot stand for a serial"),
        ("placeholders: [{token: '@@S@@', as: ttl}]", 1, 37, "unknown word 'ttl': it is none of serial"),
        ("placeholders: [{token: '@@S@@'}]", 1, 16, "a placeholder has no as"),
        ("suppress: [{rules: SIG}]", 1, 12, "an entry of suppress has no reason"),
        ("suppress: [{rules: SIG, reason: ' '}]", 1, 33, "expected words"),
        ("suppress: [{rules: SIG, reason: x, until: 2026-02-30}]", 1, 43, "'2026-02-30' is not a day"),
        ("suppress: [{rules: SIG, reason: x, type: BOGUS}]", 1, 42, "unknown type 'BOGUS'"),
        ("suppress: [{rules: soa-missing, reason: x}]", 1, 20, "soa-missing stays as it is"),
        ("a: &x 1\nb: *x\n", 1, 4, "anchors (&x) are not allowed here"),
        ("a: !!python/object:os.system 1", 1, 4, "tags (tag:yaml.org,2002:python/object:os.system) are not allowed"),
        ("{<<: {profile: tld}}", 1, 2, "merge keys (<<) are not allowed here"),
        ("profile: tld\n---\nprofile: tld\n", 2, 1, "a second document begins here; a configuration is one"),
        ("profile: 'tld\n", 2, 1, "not valid YAML: found unexpected end of stream"),
        ("[" * 500, 1, DEPTH_LIMIT + 1, "nested too deeply"),
        ("Private-key-format: v1.3\nPrivateKey: abc=\n", 1, 1, "this is a private key, not a configuration"),
    ],
)  # fmt: skip
def test_what_is_no_configuration(text: str, line: int, column: int, message: str) -> None:
    found = faults(text)
    assert any((line, column) == place[:2] and message in place[2] for place in found), found


def test_all_faults_are_told_in_the_order_of_the_file() -> None:
    found = faults("profil: tld\nhorizon: x\nrules: {a: b, SIG: c}\nzones:\n  - keys: 1\n")
    assert [place[:2] for place in found] == [(1, 1), (2, 10), (3, 9), (3, 20), (5, 5), (5, 11)]


def test_of_many_faults_enough_are_told() -> None:
    for text in ("\n".join(f"z{number}: 1" for number in range(5000)),
                 "select: [" + ", ".join(f"q{number}" for number in range(5000)) + "]",
                 "rules: {" + ", ".join(f"q{number}: off" for number in range(5000)) + "}"):  # fmt: skip
        found = faults(text)
        assert len(found) == ENOUGH + 1
        assert found[-1][2] == "there are more faults; correct these first"


def test_octets_that_are_no_text() -> None:
    for octets in (b"\xff\xfe\x00", bytes(range(256)), b"\x1f\x8b\x08\x00"):
        with pytest.raises(Refused) as caught:
            parse_configuration(octets, "x")
        assert len(caught.value.findings) == 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two zones, as the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZONELINT_CONFIG", raising=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "a.zone").write_text(ZONE.format(serial=1, minimum=172800))
    (tmp_path / "zones" / "b.zone").write_text(ZONE.format(serial=1, minimum=172800))
    return tmp_path


Check = Callable[..., tuple[int, dict[str, list[str]], str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `zonelint check`: gives the status, rules and severities by file, and standard error."""

    def run(*arguments: str) -> tuple[int, dict[str, list[str]], str]:
        status = main(["check", "--at", AT, "--format", "json", *arguments])
        out, err = capsys.readouterr()
        found: dict[str, list[str]] = {}
        for each in json.loads(out)["findings"] if out else ():
            found.setdefault(each["file"], []).append(f"{each['severity']}:{each['rule']}")
        return status, found, err

    return run


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "x.yaml does not exist"),
        (lambda path: path.mkdir(), "x.yaml is a directory"),
        (lambda path: path.symlink_to(path), "x.yaml: the configuration cannot be read: too many levels of symbolic"),
        (lambda path: path.write_bytes(b" " * (SIZE_LIMIT + 1)), f"x.yaml: more than {SIZE_LIMIT} octets"),
    ],
)
def test_a_file_that_cannot_be_read(make: Callable[[Path], None], message: str, home: Path, check: Check) -> None:
    make(home / "x.yaml")
    status, found, err = check("--config", "x.yaml", "--format", "json:report.json", "zones/a.zone")
    said = err if "exist" in message or "directory" in message else (home / "report.json").read_text()
    assert (status, found) == (2, {})
    assert message in said


def test_a_fault_is_shown_with_a_caret(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text("profile: tld\nrules:\n  rrsig-expird: off\n  a: off\n  b: off\n  c: off\n")
    assert main(["check", "zones"]) == 2
    out = capsys.readouterr().out
    assert "error[configuration-invalid]: unknown rule 'rrsig-expird': did you mean 'rrsig-expired'?   CFG101" in out
    assert " --> zonelint.yaml:3:3\n  |\n3 |   rrsig-expird: off\n  |   ^^^^^^^^^^^^\n" in out
    assert "error: zonelint.yaml: the configuration cannot be used: the zones it holds for were not judged" in out
    # all faults, and none of the zones
    assert out.count("error[configuration-invalid]") == 4
    assert "a.zone" not in out


def test_a_fault_keeps_only_its_own_zones_from_being_judged(home: Path, check: Check) -> None:
    (home / "other").mkdir()
    (home / "other" / "c.zone").write_text(ZONE.format(serial=1, minimum=172800))
    (home / "other" / ".zonelint.yaml").write_text("horizon: x")
    status, found, _ = check(".")
    assert status == 2
    assert found == {
        "other/.zonelint.yaml": ["error:configuration-invalid"],
        "./zones/a.zone": ["warning:soa-minimum-too-long"],
        "./zones/b.zone": ["warning:soa-minimum-too-long"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "x", "--no-config"], "--config and --no-config exclude each other"),
        (["--config", ""], "--config: the value is empty"),
        (["--max-removed", "x"], "--max-removed: 'x' is neither a number nor a share like 10%"),
        (["--max-removed", "101%"], "--max-removed: '101%' is more than all: at most 100% can be removed"),
    ],
)
def test_wrong_options(arguments: list[str], message: str, home: Path, check: Check) -> None:
    assert home
    assert check(*arguments, "zones/a.zone") == (2, {}, f"zonelint: {message}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keys: keyz", "keys: keyz does not exist"),
        ("zones: [{files: '*.zone', parent-ds: dsset}]", "parent-ds: dsset does not exist"),
        ("child: [zones, kidz]", "child: kidz does not exist"),
        ("zones: [{files: 'zones/{zone}e'}, {files: '{zone}.zone'}]\nignore: [SOA]", None),
        ("zones: [{files: 'zones/{zone}zone'}]", None),
    ],
)
def test_a_path_that_leads_nowhere(text: str, message: str | None, home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text(text)
    status, found, _ = check("zones/a.zone")
    if message:
        assert (status, found) == (2, {"zonelint.yaml": ["error:configuration-invalid"]})
    else:
        assert status < 2


def test_a_fault_for_one_zone_does_not_hide_that_for_another(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("zones: [{files: a.zone, keys: x}, {files: b.zone, keys: y}]")
    (home / "zones" / "c.zone").write_text(ZONE.format(serial=1, minimum=172800))
    status, found, _ = check("zones")
    assert status == 2
    assert found == {
        "zonelint.yaml": ["error:configuration-invalid"] * 2,
        "zones/c.zone": ["warning:soa-minimum-too-long"],
    }


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no such files here")
def test_a_pipe_is_read_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, into = os.pipe()
    os.write(into, b"profile: tld\nhorizon: x\n")
    os.close(into)
    assert main(["check", "--config", f"/dev/fd/{out}", "--format", "concise", "zones/a.zone"]) == 2
    assert f"/dev/fd/{out}:2:10: error[configuration-invalid] a duration must be" in capsys.readouterr().out
    os.close(out)
    assert home


# --- which file --------------------------------------------------------------------------------------------


def test_the_nearest_file_up_to_the_repository(home: Path) -> None:
    (home.parent / "zonelint.yaml").write_text("{}")
    assert find("zones/a.zone") is None
    assert find("zones\0/a.zone") is None
    (home / ".zonelint.yaml").write_text("{}")
    assert find("zones/a.zone") == find("zones") == find(None) == ".zonelint.yaml"
    (home / "zonelint.yaml").write_text("{}")
    assert find("zones/a.zone") == "zonelint.yaml"
    (home / "zones" / "zonelint.yaml").write_text("{}")
    assert find("zones/a.zone") == "zones/zonelint.yaml"
    assert find(None) == "zonelint.yaml"
    (home.parent / "zonelint.yaml").unlink()


def test_outside_a_repository_nothing_above_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, elsewhere = tmp_path / "work" / "in", tmp_path / "elsewhere" / "zones"
    for folder in (work, elsewhere):
        folder.mkdir(parents=True)
    for folder in (tmp_path, work.parent, elsewhere.parent):
        (folder / "zonelint.yaml").write_text("{}")
    monkeypatch.chdir(work)
    assert find("a.zone") is None
    assert find(str(elsewhere / "a.zone")) is None
    monkeypatch.chdir(work.parent)
    assert find("in/a.zone") == "zonelint.yaml"
    (elsewhere / "zonelint.yaml").write_text("{}")
    assert find(str(elsewhere / "a.zone")) == os.path.relpath(elsewhere / "zonelint.yaml")


def test_a_file_that_is_named(home: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "zonelint.yaml").write_text("rules: {SOA104: error}")
    (home / "other.yaml").write_text("rules: {SOA104: notice}")
    assert check("zones/a.zone")[1] == {"zones/a.zone": ["error:soa-minimum-too-long"]}
    assert check("zones/a.zone", "--config", "other.yaml")[1] == {"zones/a.zone": ["notice:soa-minimum-too-long"]}
    assert check("zones/a.zone", "--no-config")[1] == {"zones/a.zone": ["warning:soa-minimum-too-long"]}
    monkeypatch.setenv("ZONELINT_CONFIG", "other.yaml")
    assert check("zones/a.zone")[1] == {"zones/a.zone": ["notice:soa-minimum-too-long"]}
    assert check("zones/a.zone", "--config", "zonelint.yaml")[0] == 1
    assert check("zones/a.zone", "--no-config")[1] == {"zones/a.zone": ["warning:soa-minimum-too-long"]}
    monkeypatch.setenv("ZONELINT_CONFIG", "missing.yaml")
    assert check("zones/a.zone") == (2, {}, "zonelint: ZONELINT_CONFIG: missing.yaml does not exist\n")


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_is_pushed_is_judged_by_its_own_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Check
) -> None:
    work, bare = tmp_path / "work", tmp_path / "bare"
    (work / "zones").mkdir(parents=True)
    (work / "zones" / "a.zone").write_text(ZONE.format(serial="@@SERIAL@@", minimum=172800))
    (work / ".zonelint.yaml").write_text(
        "placeholders: [{token: '@@SERIAL@@', as: serial}]\nzones: [{files: zones/a.zone, rules: {SOA104: notice}}]"
    )
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(work)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["clone", "-q", "--bare", ".", str(bare)]):
        subprocess.run([*git, *command], check=True)
    (work / ".zonelint.yaml").write_text("horizon: x")
    for folder in (work, bare):
        monkeypatch.chdir(folder)
        status, found, _ = check("--revision", "HEAD", "zones/a.zone")
        assert (status, found) == (0, {"zones/a.zone": ["notice:soa-minimum-too-long"]})
    monkeypatch.chdir(work)
    subprocess.run([*git, "commit", "-qam", "y"], check=True)
    status, found, _ = check("--revision", "HEAD", "zones/a.zone")
    assert (status, found) == (2, {".zonelint.yaml": ["error:configuration-invalid"]})


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_is_pushed_names_no_files_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, work = tmp_path / "secret", tmp_path / "work"
    work.mkdir()
    secret.write_text("a-secret of the server\n")
    (work / "a.zone").write_text(ZONE.format(serial=1, minimum=3600) + f"$INCLUDE {secret}\n")
    names = [name for name in (*PATHS, *LISTS) if name != "previous"]
    (work / "zonelint.yaml").write_text("".join(f"{name}: {secret}\n" for name in names))
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(work)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.chdir(work)
    assert main(["check", "--format", "json", "--revision", "HEAD", "--since", "HEAD", "a.zone"]) == 1
    said = capsys.readouterr().out
    rules = [each["rule"] for each in json.loads(said)["findings"] if each["severity"] == "error"]
    assert rules == ["include-missing"]
    assert "a-secret" not in said
    not_run = {each["rule"]: each["reason"] for each in json.loads(said)["not_run"]}
    for rule, name in (("baseline-entry-unused", "baseline"), ("child-ns-differ", "child")):
        assert not_run[rule] == f"{name} in zonelint.yaml: --revision reads no file that is named there"


# --- which zone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "zone"),
    [
        ("zones/{zone}.zone", "zones/example.org.zone", "example.org"),
        ("./zones/{zone}.zone", "zones/example.org.zone", "example.org"),
        ("zones/{zone}.zone", "zones/sub/example.org.zone", None),
        ("zones/{zone}.zone", "example.org.zone", None),
        ("{zone}.zone", "zones/example.org.zone", "example.org"),
        ("db.{zone}", "a/b/db.example.org", "example.org"),
        ("*.zone", "zones/a.zone", ""),
        ("*.zone", "zones/a.zone.bak", None),
        ("zones/*", "zones/a", ""),
        ("zones/*", "zones/a/b", None),
        ("zones/**", "zones/a/b", ""),
        ("zones/", "zones/a/b", ""),
        ("**/internal/*", "internal/a", ""),
        ("**/internal/*", "a/b/internal/a", ""),
        ("a?.zone", "ab.zone", ""),
        ("a?.zone", "a/.zone", None),
        ("a.c", "abc", None),
        ("[ab].zone", "a.zone", None),
        ("*", "../outside", None),
        ("*", "a\0b", None),
    ],
)
def test_patterns(pattern: str, path: str, zone: str | None, tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    assert zone_of(pattern, str(tmp_path / path), str(tmp_path)) == zone


_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{zone}": "(?P<zone>[^/]+)"}


@given(st.lists(st.sampled_from([*_PARTS, "a", "b.", "/", "\n"]), max_size=7), st.text("ab./\n", max_size=9))
@settings(max_examples=1000, deadline=None)
def test_patterns_mean_what_they_did_as_regular_expressions(parts: list[str], path: str) -> None:
    pattern = "".join(parts)
    assume(pattern.count("{zone}") < 2)
    words = re.findall(r"\*\*/|\*\*|\*|\?|\{zone\}|[^*?{]+", pattern)
    found = re.fullmatch("".join(_PARTS.get(word, re.escape(word)) for word in words), path, re.DOTALL)
    assert matched(pattern, path) == (None if found is None else found.groupdict().get("zone", ""))


@pytest.mark.parametrize("part", ["**a", "*a", "*?", "**?", "**a*", "a**", "**/**", "**a**/"])
def test_no_pattern_is_tried_in_all_ways(part: str) -> None:
    path = "a/" * 900 + "a" * 2000
    for number in (12, 300):
        assert matched(part * number + "b", path) is None
        assert matched(f"{part * number}{{zone}}b", path) is None
    assert matched(f"**{part * 300}b", f"{path}b") == ""
    assert zone_of(f"zones/{part * 12}b", f"zones/{path[-250:]}", os.curdir) is None


def test_later_entries_go_before_earlier_ones(tmp_path: Path) -> None:
    text = """\
rules: {SIG: notice, ZON: notice}
horizon: 1d
zones:
  - {files: "*.zone", rules: {SIG103: error}, horizon: 2d, thresholds: {max-added: 1, max-removed: 1}}
  - {files: "a.*", rules: {SIG: warning, ZON104: off}, origin: example.org, thresholds: {max-added: 2%}}
  - {files: "b.*", rules: {ZON: error}}
"""
    settled = settle(read(text, str(tmp_path / "zonelint.yaml")), str(tmp_path / "a.zone"))
    rules = catalogue.rules()
    severities = {rules[rule].code: each.value for (rule, name), each in settled.rules.items() if name == "severity"}
    assert severities["SIG103"] == severities["SIG101"] == Severity.warning
    assert severities["ZON104"] == "off"
    assert severities["ZON102"] == Severity.notice
    assert settled.rules["rrsig-expires-soon", "horizon"].value == 172800
    assert settled.get("origin") == "example.org."
    assert {name: str(each.value) for name, each in settled.get("thresholds").items()} == {
        "max-added": "2%", "max-removed": "1"
    }  # fmt: skip


def test_of_names_for_one_rule_the_more_specific_holds(tmp_path: Path) -> None:
    for names in (("SIG", "SIG1", "SIG10", "SIG103"), ("rrsig-expired", "SIG10", "SIG1", "signatures")):
        words = dict(zip(sorted(names, key=lambda n: (len(n) if n.isupper() else {"signatures": 0}.get(n, 9))),
                         ("notice", "warning", "off", "error"), strict=True))  # fmt: skip
        text = "rules: {" + ", ".join(f"{name}: {words[name]}" for name in names) + "}"
        found = settle(read(text, str(tmp_path / "x")), None).rules
        assert found["rrsig-expired", "severity"].value == Severity.error
        assert found["rrsig-not-yet-valid", "severity"].value == "off"
        assert found["signatures-expire-together", "severity"].value == Severity.warning


def test_each_zone_has_its_own_settings_in_one_run(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("""\
zones:
  - {files: a.zone, rules: {soa-minimum-too-long: {max: 2d}}}
  - {files: b.zone, rules: {soa-minimum-too-long: error}}
""")
    assert check("zones") == (1, {"zones/b.zone": ["error:soa-minimum-too-long"]}, "")
    # and nothing of the last one is left for what comes after
    assert check("--no-config", "zones/a.zone")[1] == {"zones/a.zone": ["warning:soa-minimum-too-long"]}


def test_the_file_itself_is_no_zone(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("ignore: [soa]  # of\n# @ SOA ns1 hostmaster 1 7200 3600 1 1\n")
    assert check(".") == (0, {}, "")


def test_fail_on_is_that_of_the_zone(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("zones: [{files: a.zone, fail-on: warning}]")
    assert [check(f"zones/{name}.zone")[0] for name in "ab"] == [1, 0]
    assert check("zones")[0] == 1
    assert check("zones", "--fail-on", "error")[0] == 0


def test_the_origin_is_what_the_pattern_says(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text("zones: [{files: 'zones/{zone}.zone'}]")
    (home / "zones" / "example.test.zone").write_text(ZONE.format(serial=1, minimum=300).partition("\n")[2])
    assert main(["check", "--at", AT, "zones/example.test.zone"]) == 0
    assert "zone example.test. (origin from configuration)" in capsys.readouterr().out
    assert main(["check", "--at", AT, "--origin", "example.org", "zones/example.test.zone"]) == 0
    assert "zone example.org. (origin from option)" in capsys.readouterr().out


def test_paths_are_relative_to_the_file_and_may_name_the_zone(home: Path) -> None:
    (home / "conf" / "ds").mkdir(parents=True)
    (home / "conf" / "ds" / "dsset-example.org.").write_text("")
    (home / "conf" / "zones").mkdir()
    text = "zones: [{files: 'zones/{zone}', parent-ds: 'ds/dsset-{zone}.', keys: 'keys/{zone}', allow-include: ..,"
    text += " child: ['kids/{zone}', ./zones, 'more/{zone}']}]"
    (home / "conf" / "kids").mkdir()
    (home / "conf" / "kids" / "example.org").write_text("")
    settled = settle(read(text, "conf/zonelint.yaml"), "conf/zones/example.org")
    assert settled.get("parent-ds") == "conf/ds/dsset-example.org."
    assert settled.get("allow-include") == (".",)
    assert settled.get("child") == ("conf/kids/example.org", "conf/zones")
    assert settled.absent == {
        "keys": "conf/keys/example.org does not exist",
        "child": "conf/more/example.org does not exist",
    }


def test_a_folder_of_included_files_may_be_in_a_commit_only(home: Path) -> None:
    assert settle(read("allow-include: shared"), str(home / "zones" / "a.zone")).get("allow-include") == ("shared",)


def test_what_depends_on_the_zone_and_is_missing_is_not_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zone = Path(__file__).parent.parent / "fixtures" / "readme" / "example.test.zone"
    (home / "zones" / "example.test").write_text(zone.read_text())
    entry = "{files: 'zones/{zone}', parent-ds: 'ds/{zone}', previous: 'old/{zone}', child: 'kids/{zone}'}"
    (home / "zonelint.yaml").write_text(f"zones: [{entry}]")
    assert main(["check", "--at", AT, "--format", "json", "zones/example.test"]) == 0
    reasons = {each["rule"]: each["reason"] for each in json.loads(capsys.readouterr().out)["not_run"]}
    assert reasons["ds-no-matching-key"] == "ds/example.test does not exist"
    assert reasons["serial-not-raised"] == "old/example.test does not exist"
    assert reasons["child-not-delegated"] == "kids/example.test does not exist"
    assert reasons["key-not-published"] == "no key files (--keys DIR)"


# --- who goes before whom ----------------------------------------------------------------------------------


def test_command_line_over_configuration_over_profile(home: Path, check: Check) -> None:
    def found(text: str, *arguments: str) -> list[str]:
        (home / "zonelint.yaml").write_text(text)
        return check("zones/a.zone", *arguments)[1].get("zones/a.zone", [])

    warning, error, notice = (f"{word}:soa-minimum-too-long" for word in ("warning", "error", "notice"))
    assert found("{}") == [warning]
    assert found("profile: tld") == [warning]
    assert found("profile: strict") == found("{}", "--profile", "strict")
    assert found("profile: strict\nrules: {soa-minimum-too-long: notice}") == [notice]
    assert found("rules: {soa-minimum-too-long: notice}", "--profile", "strict") == [notice]
    assert found("rules: {soa-minimum-too-long: off}") == []
    assert found("rules: {soa-minimum-too-long: off}", "--select", "SOA104") == [warning]
    assert found("rules: {soa-minimum-too-long: off}", "--select", "SOA") == []
    assert found("ignore: [SOA]") == []
    assert found("select: [SIG]") == []
    assert found("select: [SIG]", "--select", "SOA") == [warning]
    assert found("rules: {soa-minimum-too-long: error}", "--ignore", "SOA104") == []
    assert found("rules: {soa-minimum-too-long: error}") == [error]


def test_dates_of_a_version_before_that_the_configuration_names(home: Path, check: Check) -> None:
    (home / "old.zone").write_text(ZONE.format(serial=0, minimum=172800))
    published = ["--published", "2026-06-01", "zones/a.zone"]
    assert check(*published) == (2, {}, "zonelint: --published and --ds-published go with --previous or --since\n")
    (home / "zonelint.yaml").write_text("previous: old.zone")
    assert check(*published)[0] == 0
    (home / "zonelint.yaml").write_text("zones: [{files: '{zone}.zone', previous: 'gone/{zone}'}]\nselect: [soa]")
    assert check(*published, "--origin", "example.test")[0] == 0


def test_no_rule_left(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("select: [SIG]\nignore: [signatures]")
    status, found, _ = check("zones/a.zone")
    assert (status, found) == (2, {})


def test_every_option_of_a_rule_can_be_set() -> None:
    # all are read as durations, counts or flags
    options = [(rule.id, name, value) for rule in catalogue.rules().values() for name, value in rule.options.items()]
    assert options
    for rule, name, value in options:
        text = f"rules: {{{rule}: {{{name}: {str(value).lower()}}}}}"
        found = settle(read(text), None).rules[rule, name].value
        assert (found, type(found)) == (value, type(value))
        assert VALIDATOR.is_valid(plain(parse(text.encode())))


def test_a_flag_is_true_or_false() -> None:
    assert faults("rules: {zone-unsigned: {required: 1}}") == [(1, 35, "expected true or false, not '1'")]


def test_what_could_not_be_judged_stays_an_error(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("rules: {ZON: off, SYN: notice}\nignore: [structure]\nselect: [SIG]")
    (home / "zones" / "a.zone").write_text("$ORIGIN example.test.\n@ 60 A 192.0.2.1\n")
    status, found, _ = check("zones/a.zone")
    assert (status, found) == (1, {"zones/a.zone": ["error:soa-missing"]})
    assert checks.UNJUDGED <= checks.RULES


# --- placeholders ------------------------------------------------------------------------------------------

WORDS = ["@@SERIAL@@", "___DO_NOT_EDIT_SERIAL___", "$UNIXTIME", "{{serial}}", "_SERIAL_"]
PLACEHOLDERS = "placeholders:\n" + "".join(f"  - {{token: '{word}', as: serial}}\n" for word in WORDS)


def _not_run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str], list[str]]:
    status = main(["check", "--at", AT, "--format", "json", *arguments])
    report = json.loads(capsys.readouterr().out)
    assert report["zones"][0]["serial"] is None
    rules = [each["rule"] for each in report["findings"]]
    return status, {each["rule"]: each["reason"] for each in report["not_run"]}, rules


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "form", ["@ SOA ns1 host {} 7200 3600 1209600 300", "@ IN SOA ns1 host (\n {} ; serial\n 7200 3600 1209600 300 )"]
)
def test_a_word_for_the_serial(word: str, form: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    text = "$ORIGIN example.test.\n$TTL 3600\n" + form + "\n@ NS ns1\nns1 A 192.0.2.1\n"
    (home / "old.zone").write_text(text.format("7"))
    (home / "new.zone").write_text(text.format(word) + "ns2 A 192.0.2.2\n")
    serials = ("serial-not-raised", "serial-went-back", "serial-jump-too-large", "resigned-serial-not-raised")
    status, reasons, rules = _not_run(capsys, "new.zone", "--previous", "old.zone")
    assert (status, rules) == (0, [])
    assert [reasons[rule] for rule in serials] == [f"the serial is a placeholder ({word})"] * 4
    # without the word in the configuration it is what it was: no number
    assert main(["check", "--no-config", "--format", "concise", "new.zone"]) == 1
    assert f"SOA: {word} is not a number" in capsys.readouterr().out


def test_a_word_for_the_serial_of_the_version_before(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    (home / "old.zone").write_text(ZONE.format(serial="@@SERIAL@@", minimum=300))
    (home / "new.zone").write_text(ZONE.format(serial="1", minimum=300) + "ns2 A 192.0.2.2\n")
    assert main(["check", "--at", AT, "new.zone", "--previous", "old.zone"]) == 0
    assert "resigned-serial-not-raised: the serial of old.zone is a placeholder (@@SERIAL@@)" in capsys.readouterr().out
    assert main(["diff", "old.zone", "new.zone"]) == 0
    assert "serial: a placeholder -> 1\n" in capsys.readouterr().out


def test_a_word_for_the_serial_in_an_included_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    (home / "soa").write_text("\n@ SOA ns1 host _SERIAL_ 7200 3600 1209600 300\n")
    (home / "x.zone").write_text("$ORIGIN example.test.\n$TTL 3600\n$INCLUDE soa\n@ NS ns1\nns1 A 192.0.2.1\n")
    status, _, rules = _not_run(capsys, "x.zone")
    assert (status, rules) == (0, [])


def test_what_else_depends_on_the_serial_is_not_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    zone = ZONE.format(serial="@@SERIAL@@", minimum=300)
    (home / "x.zone").write_text(zone + "@ ZONEMD 7 1 1 " + "ab" * 48 + "\n@ CSYNC 7 3 A NS AAAA\n")
    _, reasons, rules = _not_run(capsys, "x.zone")
    for rule in ("zonemd-serial-differs", "zonemd-digest-wrong", "csync-serial-ahead"):
        assert reasons[rule] == "the serial is a placeholder (@@SERIAL@@)"
        assert rule not in rules


def test_places_do_not_move(home: Path, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    found = []
    for serial in ("@@SERIAL@@", "2026061500"):
        (home / "x.zone").write_text(ZONE.format(serial=serial, minimum="bad") + "a A 192.0.2.256\nb MX 10\n")
        main(["check", "--at", AT, "--format", "concise", "x.zone"])
        found.append(capsys.readouterr().out)
    assert found[0] == found[1]
    assert "x.zone:3:51: error[rdata-invalid] SOA: bad is no time in seconds" in found[0]


@pytest.mark.parametrize(
    "line", ["@ MX @@SERIAL@@ mail", "@ SOA @@SERIAL@@", "@ 60 A @@SERIAL@@", '@ SOA ns1 host "@@SERIAL@@" 1 1 1 1']
)
def test_the_word_elsewhere_is_what_it_was(line: str, home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    (home / "x.zone").write_text(ZONE.format(serial=1, minimum=300) + line + "\n")
    assert check("x.zone")[1]["x.zone"] == check("x.zone", "--no-config")[1]["x.zone"] != []


def test_the_cache_knows_the_words(home: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONELINT_CACHE_DIR", str(home / "cache"))
    (home / "zonelint.yaml").write_text(PLACEHOLDERS)
    hosts = "".join(f"host{number} A 192.0.2.1\n" for number in range(5000))
    (home / "x.zone").write_text(ZONE.format(serial="@@SERIAL@@", minimum=300) + hosts)
    for _ in range(2):
        assert check("x.zone")[1] == {}
        assert "error:rdata-invalid" in check("x.zone", "--no-config")[1]["x.zone"]


# --- thresholds --------------------------------------------------------------------------------------------


def test_the_message_names_the_threshold(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text("thresholds: {max-removed: 10%, max-added: 1}\n")
    zone = ZONE.format(serial="1", minimum=300)
    (home / "old.zone").write_text(zone + "a A 192.0.2.1\nb A 192.0.2.1\n")
    (home / "new.zone").write_text(ZONE.format(serial="2", minimum=300) + "c A 192.0.2.1\nd A 192.0.2.1\n")
    assert main(["check", "--at", AT, "--previous", "old.zone", "new.zone"]) == 1
    out = capsys.readouterr().out
    assert "max-removed 10% is exceeded: 2 of 5 RRsets (40.0%) are removed since old.zone   CHG101\n" in out
    assert "max-added 1 is exceeded: 2 of 5 RRsets are added since old.zone   CHG102\n" in out
    assert " --> new.zone:3:1\n" in out
    assert " ::: zonelint.yaml:1:27: the threshold\n" in out
    assert main(["diff", "old.zone", "new.zone"]) == 1
    out = capsys.readouterr().out
    assert "max-removed 10% is exceeded: 2 of 5 RRsets (40.0%) are removed\n" in out
    # the command line goes before the configuration
    more = ["--max-removed", "2", "--max-added", "40%"]
    assert main(["check", "--at", AT, "--previous", "old.zone", *more, "new.zone"]) == 0
    assert main(["diff", "old.zone", "new.zone", *more]) == 0
    assert main(["diff", "old.zone", "new.zone", "--no-config"]) == 0


def test_without_a_version_before_a_threshold_is_not_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--at", AT, "--max-removed", "1", "--format", "json", "zones/a.zone"]) == 0
    reasons = {each["rule"]: each["reason"] for each in json.loads(capsys.readouterr().out)["not_run"]}
    assert reasons["shrunk-beyond-threshold"] == "no previous version (--previous FILE or --since REV)"
    assert "grown-beyond-threshold" not in reasons
    assert main(["check", "--at", AT, "--select", "CHG", "--format", "json", "zones/a.zone"]) == 0
    reasons = {each["rule"]: each["reason"] for each in json.loads(capsys.readouterr().out)["not_run"]}
    assert reasons["grown-beyond-threshold"] == "no threshold (--max-added, or thresholds in zonelint.yaml)"


OWNERS = st.sampled_from(["a", "b", "c.b", "x.y.z", "*"])
TYPES = st.sampled_from(["A 192.0.2.1", "A 192.0.2.2", "TXT x", "TXT y", "MX 10 ns1"])
RECORDS = st.sets(st.tuples(OWNERS, TYPES), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=RECORDS, new=RECORDS)
def test_a_check_counts_what_a_comparison_counts(
    old: set[tuple[str, str]], new: set[tuple[str, str]], tmp_path: Path
) -> None:
    for name, serial, records in (("old", 1, old), ("new", 2, new)):
        lines = "".join(f"{owner} {rdata}\n" for owner, rdata in sorted(records))
        (tmp_path / name).write_text(ZONE.format(serial=serial, minimum=300) + lines)
    compared = diff(str(tmp_path / "old"), str(tmp_path / "new"))
    limits = tuple(Limit(f"--max-{kind}", Share(-1, False)) for kind in ("added", "removed", "changed"))
    options = CheckOptions((0,), previous=str(tmp_path / "old"), limits=limits)
    report = engine_check([str(tmp_path / "new")], options)
    said = [each.finding.message for each in report.zones[0].findings if each.finding.rule.endswith("-threshold")]
    for kind, number in compared.tally()._asdict().items():
        assert any(f"exceeded: {number} of {compared.old.rrsets} RRsets are {kind} since" in each for each in said)


# --- show and schema ---------------------------------------------------------------------------------------


def test_show_says_where_each_value_comes_from(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "zonelint.yaml").write_text("""\
profile: tld
fail-on: warning
rules: {glue-missing: off}
zones:
  - {files: "zones/{zone}.zone", horizon: 4d, thresholds: {max-added: 5}}
""")
    assert main(["config", "show", "zones/a.zone", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)

    def told(setting: dict[str, object]) -> tuple[object, ...]:
        return setting["value"], setting["from"], setting["line"], setting["column"]

    assert shown["configuration"] == "zonelint.yaml"
    assert told(shown["settings"]["origin"]) == ("a.", "configuration", 5, 13)
    assert told(shown["settings"]["horizon"]) == (345600, "configuration", 5, 43)
    assert told(shown["settings"]["fail-on"]) == ("warning", "configuration", 2, 10)
    assert told(shown["settings"]["keys"]) == (None, "default", None, None)
    assert told(shown["rules"]["glue-missing"]["severity"]) == ("off", "configuration", 3, 23)
    assert told(shown["rules"]["rrsig-expires-soon"]["severity"]) == ("error", "profile tld", None, None)
    assert main(["config", "show", "zones/a.zone"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["thresholds", "max-added", "5", "zonelint.yaml:5:59"] in lines
    assert ["soa-minimum-too-long", "severity", "warning", "profile", "tld"] in lines
    assert main(["config", "show"]) == 0
    assert "any zone file: zonelint.yaml\n" in capsys.readouterr().out


def test_show_without_and_with_a_bad_configuration(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "zones/a.zone"]) == 0
    assert "zones/a.zone: no configuration file\n" in capsys.readouterr().out
    (home / "zonelint.yaml").write_text("fail-on: x\nhorizon: y\n")
    for command in (["config", "show"], ["diff", "zones/a.zone", "zones/b.zone"]):
        assert main(command) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("error[configuration-invalid]") == 2
        assert "  |          ^\n" in err
    assert main(["config", "show", ""]) == 2
    assert main(["config", "show", "zones/mistyped.zone"]) == 2
    assert "zones/mistyped.zone does not exist" in capsys.readouterr().err


def plain(node: Node) -> object:
    """Turn a tree into the values that YAML 1.2 gives its scalars, which is what editors hold against a schema."""
    if isinstance(node, Mapping):
        return {name.text: plain(value) for name, value in node.pairs if isinstance(name, Scalar)}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    if not node.plain:
        return node.text
    words = {"true": True, "false": False, "null": None, "~": None, "": None}
    if node.text.lower() in words:
        return words[node.text.lower()]
    for kind in (int, float):
        try:
            return kind(node.text)
        except ValueError:
            pass
    return node.text


VALIDATOR = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())

GOOD = [
    "{}",
    "profile: tld",
    "horizon: 5d",
    "horizon: 432000",
    "rules: {SIG: off, rrsig-expired: error, SIG1: {severity: notice}, nsec3: false}",
    "rules: {soa-refresh-range: {min: 20m, max: 1d, severity: error}, SOA103: {min: 604800}}",
    "select: SIG\nignore: [rrsig-expired, SOA101]",
    "thresholds: {max-removed: 10%, max-added: 100, max-changed: 2.5}",
    "thresholds: {max-removed: 100%, max-added: 400%, max-changed: 00100.0%}",
    "placeholders: [{token: '@@SERIAL@@', as: serial}, {token: $UNIXTIME, as: serial}]",
    "suppress: [{rules: [ZON], zone: example.org, owner: '*.example.org', type: A, until: 2026-06-30, reason: known}]",
    "zones: []",
    "zones: [{files: ['{zone}.zone', 'a/**'], origin: example.org, keys: k, parent-ds: none, allow-include: [a, b]}]",
    "previous: old\nbaseline: base.json\ntrust-anchors: x\npropagation: 5m\nparent-propagation: 1h\nds-ttl: 86400",
    "since: HEAD",
]  # fmt: skip
BAD = [
    "[]",
    "x: 1",
    "profile: nobody",
    "horizon: soon",
    "horizon: -1",
    "horizon: 1.5",
    "rules: {rrsig-expird: off}",
    "rules: {sig103: off}",
    "rules: {ROL101: off}",
    "rules: {soa-missing: off}",
    "rules: {rrsig-expired: fatal}",
    "rules: {rrsig-expired: {}}",
    "rules: {rrsig-expired: {max: 1}}",
    "rules: {SIG: {horizon: 1d}}",
    "rules: {soa-minimum-too-long: {max: long}}",
    "select: []",
    "select: [rrsig]",
    "keys: 7",
    "keys: ''",
    "keys: true",
    "keys: [a]",
    "thresholds: {}",
    "thresholds: {max-removed: lots}",
    "thresholds: {max-removed: 101%}",
    "thresholds: {max-changed: 100.1%}",
    "thresholds: {max-lost: 1}",
    "zones: {}",
    "zones: [{}]",
    "zones: [{files: []}]",
    "zones: [{files: /a}]",
    "zones: [{files: 'a{b}'}]",
    "zones: [{files: a, placeholders: []}]",
    "placeholders: [{token: a}]",
    "placeholders: [{token: '12', as: serial}]",
    "placeholders: [{token: 'a;b', as: serial}]",
    "placeholders: [{token: '@@A@@', as: ttl}]",
    "suppress: [{rules: ZON}]",
    "suppress: [{reason: x}]",
    "suppress: [{rules: ZON, reason: x, until: tomorrow}]",
]


@pytest.mark.parametrize("text", GOOD)
def test_reading_and_the_schema_take_this(text: str) -> None:
    read(text)
    assert list(VALIDATOR.iter_errors(plain(parse(text.encode())))) == []


@pytest.mark.parametrize("text", BAD)
def test_reading_and_the_schema_refuse_this(text: str) -> None:
    faults(text)
    assert not VALIDATOR.is_valid(plain(parse(text.encode())))


NAMES = st.sampled_from("profile horizon rules zones files keys select SIG severity max-added thresholds".split())
LEAVES = st.sampled_from([*"tld off 1d 10% 7 -3 SIG rrsig-expired {zone}.x x 1.5 true".split(), ""])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
    | st.dictionaries(NAMES, inner, max_size=3).map(lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=3))
def test_what_is_read_is_never_against_the_schema(parts: dict[str, str]) -> None:
    text = "{" + ", ".join(f"{name}: {value}" for name, value in parts.items()) + "}"
    try:
        read(text)
    except Refused:
        return
    assert VALIDATOR.is_valid(plain(parse(text.encode())))


def test_the_schema_is_one_and_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        parse_configuration(octets, "x")
    except Refused as fault:
        assert fault.findings


# --- suppressions, the README, start-up --------------------------------------------------------------------


def test_suppressions_are_handed_on(home: Path) -> None:
    (home / "zonelint.yaml").write_text(
        "suppress:\n  - {rules: [ZON104, SIG103], owner: '*.Example.test', type: a, until: 2026-06-30,\n"
        "     reason: a\n b}\n"
    )
    found = OptionsFor(CheckOptions((0,)), Given())("zones/a.zone").suppressions
    assert [(each.rules, each.owner, each.type, each.until, each.reason) for each in found] == [
        (catalogue.resolve(["ZON104", "SIG103"]), "*.example.test.", "A", 1782864000, "a b")
    ]
    assert found[0].place
    assert (found[0].place.file, found[0].place.start) == ("zonelint.yaml", 14)


def test_the_example_of_the_documents(home: Path, check: Check) -> None:
    root = Path(__file__).parent.parent
    blocks = re.findall(r"```yaml\n(.*?)```", (root / "docs" / "configuration.md").read_text(), re.DOTALL)
    text = next(block for block in blocks if block.startswith("profile:"))
    for folder in ("keys", "ds", "published", "zones/internal"):
        (home / folder).mkdir()
    (home / "zonelint.yaml").write_text(text)
    (home / "zones" / "example.test.zone").write_text((root / "fixtures" / "readme" / "example.test.zone").read_text())
    internal = ZONE.format(serial=1, minimum=172800).replace("example.test", "internal.example")
    (home / "zones" / "internal" / "a").write_text(internal.replace("192.0.2.1", "10.1.2.3"))
    assert check("zones/example.test.zone", "zones/internal/a")[0] == 0


def test_without_a_configuration_nothing_of_it_is_loaded(home: Path) -> None:
    script = "import sys; from zonelint.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    clean = ZONE.format(serial=1, minimum=300)
    (home / "x.zone").write_text(clean)
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", script, "check", "x.zone"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environ)
    loaded = set(done.stderr.split())
    assert "zonelint.configuration.find" in loaded
    assert not loaded & {"zonelint.configuration.read", "zonelint.documents.nodes", "zonelint.profiles"}
