"""The configuration file: every fault at its place, what holds for which zone, and who goes before whom."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from zonelint import catalogue, checks
from zonelint.cli import main
from zonelint.configuration import Refused
from zonelint.configuration.find import find
from zonelint.configuration.patterns import zone_of
from zonelint.configuration.read import SIZE_LIMIT, Configuration, parse_configuration
from zonelint.configuration.settle import settle
from zonelint.documents.nodes import DEPTH_LIMIT
from zonelint.findings import Severity

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
        ("suppress: [{rules: SIG, reason: x, until: 2026-02-30}]", 1, 43, "'2026-02-30' is not a date"),
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


# --- which file --------------------------------------------------------------------------------------------


def test_the_nearest_file_up_to_the_repository(home: Path) -> None:
    (home.parent / "zonelint.yaml").write_text("{}")
    assert find("zones/a.zone") is None
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
    ],
)
def test_patterns(pattern: str, path: str, zone: str | None, tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    assert zone_of(pattern, str(tmp_path / path), str(tmp_path)) == zone


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
    text = "zones: [{files: 'zones/{zone}', parent-ds: 'ds/dsset-{zone}.', keys: 'keys/{zone}', allow-include: ..}]"
    settled = settle(read(text, "conf/zonelint.yaml"), "conf/zones/example.org")
    assert settled.get("parent-ds") == "conf/ds/dsset-example.org."
    assert settled.get("allow-include") == (".",)
    assert settled.absent == {"keys": "conf/keys/example.org does not exist"}


def test_what_depends_on_the_zone_and_is_missing_is_not_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zone = Path(__file__).parent.parent / "fixtures" / "readme" / "example.test.zone"
    (home / "zones" / "example.test").write_text(zone.read_text())
    entry = "{files: 'zones/{zone}', parent-ds: 'ds/{zone}', previous: 'old/{zone}'}"
    (home / "zonelint.yaml").write_text(f"zones: [{entry}]")
    assert main(["check", "--at", AT, "--format", "json", "zones/example.test"]) == 0
    reasons = {each["rule"]: each["reason"] for each in json.loads(capsys.readouterr().out)["not_run"]}
    assert reasons["ds-no-matching-key"] == "ds/example.test does not exist"
    assert reasons["serial-not-raised"] == "old/example.test does not exist"
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


def test_no_rule_left(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("select: [SIG]\nignore: [signatures]")
    status, found, _ = check("zones/a.zone")
    assert (status, found) == (2, {})


def test_every_option_of_a_rule_is_a_number() -> None:
    # all are read as durations or counts
    values = [value for rule in catalogue.rules().values() for value in rule.options.values()]
    assert values
    assert all(type(value) is int for value in values)


def test_what_could_not_be_judged_stays_an_error(home: Path, check: Check) -> None:
    (home / "zonelint.yaml").write_text("rules: {ZON: off, SYN: notice}\nignore: [structure]\nselect: [SIG]")
    (home / "zones" / "a.zone").write_text("$ORIGIN example.test.\n@ 60 A 192.0.2.1\n")
    status, found, _ = check("zones/a.zone")
    assert (status, found) == (1, {"zones/a.zone": ["error:soa-missing"]})
    assert checks.UNJUDGED <= checks.RULES
