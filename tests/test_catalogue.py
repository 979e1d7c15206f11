"""The catalogue: its form, its agreement with the checks, and what it says to bad files and bad names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from zonelint import catalogue, checks
from zonelint.catalogue import CatalogueError, UnknownRule, load_rule
from zonelint.checks.soa import USUAL
from zonelint.configuration import read
from zonelint.engine import keyfiles
from zonelint.findings import Severity
from zonelint.keys.policies import lints
from zonelint.rollover import findings, keydir
from zonelint.source.rdtypes import type_number

ROOT = catalogue.root()
FILES = sorted(path for path in ROOT.glob("*/*.yaml") if path.parent.name not in catalogue.DATA)
GOOD = """\
id: rrsig-made-up
code: SIG999
title: RRSIG is made up
severity: error
certainty: certain
scope: rrset
needs: [time]
refs: [RFC 4035 section 5.3.1]
ede: 7
why: >-
  It must not
  be.
symptom: Nothing works.
remedy: Sign again.
seen_as: {validns: signature is too old}
options: {max: 86400}
since: 0.1.0
"""


def _keys(node: yaml.Node | None) -> Iterator[list[str]]:
    """Give the keys of each mapping below a node."""
    if isinstance(node, yaml.MappingNode):
        yield [key.value for key, _ in node.value]
        for _, value in node.value:
            yield from _keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _keys(value)


def test_the_repository_has_rules() -> None:
    assert len(catalogue.rules()) > 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_is_a_rule(path: Path) -> None:
    rule = load_rule(path)
    assert rule.id == path.stem
    assert rule.family == path.parent.name
    assert rule.refs
    assert len(rule.title) < 70
    assert not rule.title.endswith(".")
    for text in (rule.why, rule.symptom, rule.remedy):
        assert "\n" not in text


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_no_field_is_written_twice(path: Path) -> None:
    # YAML readers keep the last of two equal keys and say nothing
    for keys in _keys(yaml.compose(path.read_text())):
        assert len(keys) == len(set(keys))


def test_a_family_has_one_code_prefix() -> None:
    pairs = {(rule.family, rule.code[:3]) for rule in catalogue.rules().values()}
    assert len(pairs) == len({family for family, _ in pairs}) == len({prefix for _, prefix in pairs})


def test_rules_come_in_code_order() -> None:
    codes = [rule.code for rule in catalogue.rules().values()]
    assert codes == sorted(set(codes))


def test_checks_and_catalogue_know_the_same_rules() -> None:
    families = (checks.RULES, lints.RULES, keydir.RULES, findings.RULES, read.RULES, keyfiles.OWN)
    assert sorted(catalogue.rules()) == sorted(rule for family in families for rule in family)


def test_a_rule_is_found_by_id_and_code() -> None:
    rule = catalogue.rule("rrsig-expired")
    assert rule == catalogue.rule("SIG103") == catalogue.rule("sig103") == catalogue.rules()["rrsig-expired"]
    assert rule.severity is Severity.error


def test_names_are_resolved() -> None:
    rules = catalogue.rules()
    signatures = {rule.id for rule in rules.values() if rule.code.startswith("SIG")}
    assert catalogue.resolve(["rrsig-expired", "SIG104"]) == {"rrsig-expired", "rrsig-not-yet-valid"}
    assert catalogue.resolve(["SIG"]) == catalogue.resolve(["signatures"]) == signatures
    assert catalogue.resolve(["SIG10"]) == {
        rules[name].id for name in signatures if rules[name].code < "SIG110"
    }
    assert catalogue.resolve([]) == frozenset()


def test_a_family_named_like_a_prefix_of_another_is_only_itself() -> None:
    assert {catalogue.rule(name).family for name in catalogue.resolve(["nsec"])} == {"nsec"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rrsig-expird", "did you mean 'rrsig-expired'"),
        ("SIG0103", "did you mean 'SIG103'"),
        ("signature", "did you mean 'signatures'"),
        ("S", "`zonelint rules` lists them"),
        ("", "`zonelint rules` lists them"),
        ("SIG9", "unknown rule 'SIG9'"),
    ],
)
def test_unknown_names_get_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UnknownRule) as caught:
        catalogue.resolve(["SIG", name])
    assert hint in str(caught.value)


def test_rule_takes_no_prefix() -> None:
    with pytest.raises(UnknownRule, match="unknown rule 'SIG'"):
        catalogue.rule("SIG")


def test_options_have_defaults() -> None:
    assert catalogue.option("soa-minimum-too-long", "max") == 86400
    with pytest.raises(KeyError):
        catalogue.option("soa-minimum-too-long", "min")


def test_every_table_loads() -> None:
    tables = [path.stem for path in ROOT.glob("tables/*.yaml")]
    assert tables
    assert all(catalogue.table(name) for name in tables)


def test_a_missing_table_is_named() -> None:
    with pytest.raises(CatalogueError, match=r"tables/no-such\.yaml: No such file"):
        catalogue.table("no-such")


def _written(folder: Path, text: str, name: str = "rrsig-made-up") -> Path:
    path = folder / "signatures" / f"{name}.yaml"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_a_good_file(tmp_path: Path) -> None:
    rule = load_rule(_written(tmp_path, GOOD))
    assert (rule.id, rule.code, rule.family) == ("rrsig-made-up", "SIG999", "signatures")
    assert (rule.severity, rule.needs, rule.refs) == (Severity.error, ("time",), ("RFC 4035 section 5.3.1",))
    assert (rule.ede, rule.why) == (7, "It must not be.")
    assert (rule.seen_as, rule.options) == ({"validns": ("signature is too old",)}, {"max": 86400})


def test_a_tool_may_say_several_things(tmp_path: Path) -> None:
    text = GOOD.replace("{validns: signature is too old}", "{validns: [signature is too old, too old]}")
    assert load_rule(_written(tmp_path, text)).seen_as == {"validns": ("signature is too old", "too old")}


def test_fields_that_may_be_left_out(tmp_path: Path) -> None:
    lines = [line for line in GOOD.splitlines() if line.split(":")[0] not in ("ede", "seen_as", "options")]
    rule = load_rule(_written(tmp_path, "\n".join(lines)))
    assert (rule.ede, rule.seen_as, rule.options) == (None, {}, {})


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("since: 0.1.0\n", "", "missing field since"),
        ("since", "sinse", "missing field since"),
        ("since: 0.1.0\n", "since: 0.1.0\ncolour: red\n", "unknown field colour"),
        ("since: 0.1.0\n", "since: 0.1.0\n7: red\n", "unknown field 7"),
        ("since: 0.1.0", "since: 0.1", "since must be text"),
        ("title: RRSIG is made up", "title: ''", "title must be text"),
        ("severity: error", "severity: fatal", "severity 'fatal' is none of error, notice, warning"),
        ("certainty: certain", "certainty: sure", "certainty 'sure' is none of"),
        ("scope: rrset", "scope: world", "scope 'world' is none of"),
        ("needs: [time]", "needs: time", "needs must be a list"),
        ("needs: [time]", "needs: [luck]", "needs 'luck' is none of"),
        ("refs: [RFC 4035 section 5.3.1]", "refs: []", "refs is empty"),
        ("refs: [RFC 4035 section 5.3.1]", "refs: [4035]", "refs must be a list"),
        ("ede: 7", "ede: true", "ede must be a number"),
        ("ede: 7", "ede: 65536", "ede must be a number"),
        ("seen_as: {validns: signature is too old}", "seen_as: {validns: 7}", "seen_as must give a text"),
        ("seen_as: {validns: signature is too old}", "seen_as: {validns: []}", "seen_as must give a text"),
        ("seen_as: {validns: signature is too old}", "seen_as: {validns: [a, 7]}", "seen_as must give a text"),
        ("options: {max: 86400}", "options: [max]", "options must be a mapping"),
        ("code: SIG999", "code: SIG99", "code 'SIG99' does not have the form"),
        ("id: rrsig-made-up", "id: Rrsig_made_up", "id 'Rrsig_made_up' does not have the form"),
        ("id: rrsig-made-up", "id: rrsig-made", "id is 'rrsig-made', the file is named 'rrsig-made-up'"),
        ("code: SIG999", "code: [", "while parsing"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    assert before in GOOD
    path = _written(tmp_path, GOOD.replace(before, after))
    with pytest.raises(CatalogueError) as caught:
        load_rule(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    with pytest.raises(CatalogueError, match="not a mapping of fields"):
        load_rule(_written(tmp_path, text))


def test_octets_that_are_no_yaml(tmp_path: Path) -> None:
    path = _written(tmp_path, "")
    path.write_bytes(b"id: \xff\xfe\x00")
    with pytest.raises(CatalogueError, match=r"rrsig-made-up\.yaml: "):
        load_rule(path)


@pytest.fixture
def other_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Point the catalogue to an empty folder for one test."""
    monkeypatch.setattr(catalogue, "root", lambda: tmp_path)
    caches = (catalogue.rules, catalogue._by_id)
    for cached in caches:
        cached.cache_clear()
    yield tmp_path
    for cached in caches:
        cached.cache_clear()


def test_a_code_used_twice(other_root: Path) -> None:
    _written(other_root, GOOD)
    other = other_root / "dnskey" / "key-made-up.yaml"
    other.parent.mkdir()
    other.write_text(GOOD.replace("rrsig-made-up", "key-made-up"))
    with pytest.raises(CatalogueError, match="a rule id or code is used twice"):
        catalogue.rules()


def test_a_rule_in_two_families(other_root: Path) -> None:
    _written(other_root, GOOD)
    other = other_root / "dnskey" / "rrsig-made-up.yaml"
    other.parent.mkdir()
    other.write_text(GOOD)
    with pytest.raises(CatalogueError, match=r"the rule is described in .* already"):
        catalogue.rule("rrsig-made-up")
    with pytest.raises(CatalogueError, match="a rule id or code is used twice"):
        catalogue.rules()


def test_one_rule_is_found_without_reading_the_others(other_root: Path) -> None:
    _written(other_root, GOOD)
    (other_root / "signatures" / "damaged.yaml").write_text("{")
    assert catalogue.rule("rrsig-made-up").code == "SIG999"
    assert catalogue.option("rrsig-made-up", "max") == 86400
    with pytest.raises(CatalogueError, match=r"damaged\.yaml"):
        catalogue.rule("SIG999")


@pytest.mark.parametrize("name", ["*", "rrsig-*", "[r]rsig-expired", "../signatures/rrsig-expired", ""])
def test_a_name_is_no_pattern(name: str) -> None:
    with pytest.raises(UnknownRule):
        catalogue.rule(name)


def test_a_package_without_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "__file__", str(tmp_path / "zonelint" / "catalogue.py"))
    with pytest.raises(CatalogueError, match="install zonelint again"):
        catalogue.root()


def test_usual_timers_are_within_every_limit() -> None:
    assert catalogue.option("soa-refresh-range", "min") <= USUAL["refresh"][0]
    assert USUAL["refresh"][1] <= catalogue.option("soa-refresh-range", "max")
    assert catalogue.option("soa-expire-too-short", "min") <= USUAL["expire"][0]
    assert USUAL["minimum"][1] <= catalogue.option("soa-minimum-too-long", "max")


def test_every_module_of_checks_is_registered() -> None:
    folder = Path(checks.__file__).parent
    declares = re.compile(r"^ *@?(node|zone)_check\(", re.MULTILINE)
    declaring = {path.stem for path in folder.glob("*.py") if declares.search(path.read_text())}
    assert declaring == set(checks.MODULES)


def test_a_check_of_names_is_called_for_by_its_types() -> None:
    checks.load_all()
    for entry in checks.NODE_CHECKS:
        words = checks.MODULES[entry.check.__module__.rpartition(".")[2]].split()
        assert not words or entry.types <= {type_number(word) for word in words}, entry.rules
