"""Plan files: what is read, what is refused and where, and that what we write comes back the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fixturing import FIXTURES
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint import catalogue, engine
from zonelint.documents.nodes import DEPTH_LIMIT, SIZE_LIMIT, Fault, parse
from zonelint.findings import Finding
from zonelint.report.plan_json import to_json, write
from zonelint.rollover import findings, inputs
from zonelint.rollover.model import (
    Action,
    Event,
    Key,
    Number,
    Plan,
    Role,
    RrsetClass,
    State,
    Wait,
)
from zonelint.rollover.planfile import INPUTS, parse_plan, read_plan
from zonelint.rollover.prove import Validator, is_safe, prove
from zonelint.rollover.sizes import sizes
from zonelint.source.text import Octets, Unreadable
from zonelint.times import LATEST, parse_duration, parse_time

PLANS = sorted(FIXTURES.glob("plans/*/*.yaml")) + sorted(FIXTURES.glob("plans/*/*.json"))
NOW = parse_time("2026-06-15T00:00:00Z", 0)
_EXPECT = re.compile(r"# expect: ([a-z-]+)")
_DUE = re.compile(r"zonelint-test:.*due=(\w+)")

GOOD = """\
zone: example.org
inputs: {dnskey-ttl: 1h, ds-ttl: 1d, data-ttl: 1d}
keys:
  ksk-1: {role: ksk, algorithm: 13}
  zsk-1: {role: zsk, algorithm: 13}
  zsk-2: {role: zsk, algorithm: 13}
start: {ds: [ksk-1], dnskey: [ksk-1, zsk-1]}
events:
  - {at: 2026-12-01, do: publish-key zsk-2}
  - {at: +65m, do: [sign-zone zsk-2, stop-signing-zone zsk-1]}
"""


def parsed(text: str | bytes) -> Plan:
    """Read a plan that must be right."""
    plan, faults = parse_plan(text if isinstance(text, bytes) else text.encode(), "plan.yaml")
    assert faults == []
    assert plan is not None
    return plan


def refused(text: str | bytes) -> list[tuple[int, int, str]]:
    """Give line, column and message of everything that is wrong with a plan; there must be something."""
    octets = text if isinstance(text, bytes) else text.encode()
    plan, faults = parse_plan(octets, "plan.yaml")
    assert plan is None
    assert faults
    assert {fault.rule for fault in faults} == {"rollover-plan-invalid"}
    found = engine.located(faults, "", Octets("plan.yaml", octets))
    places = [each.location for each in found]
    assert None not in places
    pairs = zip(places, found, strict=True)
    return [(place.line, place.column, each.finding.message) for place, each in pairs if place]


def judged(path: Path) -> list[Finding]:
    """Give all that there is to say about a fixture."""
    plan, faults = read_plan(str(path))
    if plan is None:
        return faults
    due = _DUE.search(path.read_text())
    octets = [(size.at or 0, size.dnskey) for size in sizes(plan)]
    return findings.judge(plan, prove(plan), NOW, due=parse_duration(due[1]) if due else None, sizes=octets)


# --- fixtures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PLANS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_fixture(path: Path) -> None:
    wanted = {(number, found[1]) for number, line in enumerate(path.read_text().split("\n"), 1)
              if (found := _EXPECT.search(line))}  # fmt: skip
    source = Octets(str(path), path.read_bytes())
    found = engine.located(judged(path), "", source)
    assert {(each.location.line if each.location else 0, each.finding.rule) for each in found} == wanted
    if path.name.startswith("fail-"):
        assert path.parent.name in {rule for _, rule in wanted}
    else:
        assert not wanted


@pytest.mark.parametrize("rule", sorted(findings.RULES))
def test_every_rule_has_fixtures(rule: str) -> None:
    assert list((FIXTURES / "plans" / rule).glob("fail-*"))
    assert list((FIXTURES / "plans" / rule).glob("pass-*"))


def test_most_plans_must_stay_silent() -> None:
    failing = sum(1 for path in PLANS if path.name.startswith("fail-"))
    assert len(PLANS) - failing > failing


def test_the_catalogue_knows_the_rules() -> None:
    assert {rule.id for rule in catalogue.rules().values() if rule.family == "rollover"} == findings.RULES


def test_every_input_of_the_arithmetic_may_stand_in_a_plan() -> None:
    past = {f"was-{name}-ttl{end}" for name in inputs.PAST for end in ("", "-until")}
    assert set(inputs.NAMES) | past <= set(INPUTS)
    assert len(INPUTS) == len(set(INPUTS))


# --- what is read ----------------------------------------------------------------------------------------------


def test_a_timetable_by_hand() -> None:
    plan = parsed(GOOD)
    assert plan.zone == "example.org."
    assert plan.number("dnskey-ttl") == 3600
    assert plan.start == State(
        ds=frozenset({"ksk-1"}), dnskey=frozenset({"ksk-1", "zsk-1"}), dnskey_signers=frozenset({"ksk-1"}),
        zone_signers=frozenset({"zsk-1"}),
    )  # fmt: skip
    start = parse_time("2026-12-01", 0)
    assert [(event.at - start, event.action, event.key) for event in plan.events] == [
        (0, Action.publish_key, "zsk-2"),
        (3900, Action.sign_zone, "zsk-2"),
        (3900, Action.stop_signing_zone, "zsk-1"),
    ]
    assert [(rrset.ttl, rrset.negative) for rrset in plan.rrsets] == [(86400, False), (86400, True)]
    assert plan.inputs["zone-propagation"] == Number(300, "default")
    assert is_safe(prove(plan))


def test_words_mean_what_they_say_and_not_what_yaml_1_1_makes_of_them() -> None:
    plan = parsed("""\
zone: no
inputs: {dnskey-ttl: 10, ds-ttl: 0, data-ttl: 1m}
keys:
  on: {role: ksk, algorithm: 13}
  010: {role: zsk, algorithm: 13}
  1e3: {role: zsk, algorithm: 13}
start: {ds: on, dnskey: [on, 010]}
events:
  - {at: 2026-12-01 10:00:00, do: publish-key 1e3, title: 0x10, step: yes}
""")
    assert plan.zone == "no."
    assert set(plan.keys) == {"on", "010", "1e3"}
    assert plan.events[0].at == parse_time("2026-12-01T10:00:00Z", 0)
    assert (plan.events[0].title, plan.events[0].step) == ("0x10", "yes")


def test_times_of_other_zones_are_turned_into_utc() -> None:
    plan = parsed(GOOD.replace("2026-12-01,", "2026-12-01T02:00:00+02:00,"))
    assert plan.events[0].at == parse_time("2026-12-01T00:00:00Z", 0)


def test_actions_with_values() -> None:
    plan = parsed(GOOD + """\
  - at: +1d
    do: [set-ttl dnskey 5m, set-ttl ds 1h, set-ttl data-86400 0, refresh-signatures denial-86400 +14d]
  - at: +1d
    do: refresh-signatures dnskey
    inception: 2026-11-30
""")
    start = parse_time("2026-12-01", 0) + 3900
    assert [event.value for event in plan.events[3:]] == [300, 3600, 0, start + 15 * 86400, None]
    assert plan.events[-1].inception == parse_time("2026-11-30", 0)


def test_places_are_those_of_the_words() -> None:
    plan = parsed(GOOD)
    spans = [GOOD[event.place.start : event.place.end] for event in plan.events if event.place]
    assert spans == ["publish-key zsk-2", "sign-zone zsk-2", "stop-signing-zone zsk-1"]
    place = plan.keys["zsk-2"].place
    assert place is not None
    assert GOOD[place.start : place.end] == "zsk-2"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_places_count_octets(line_end: str, bom: str) -> None:
    text = bom + ("notes: [Grüße, 日本語, 🔑]\n" + GOOD.replace("zsk-2", "ключ")).replace("\n", line_end)
    place = parsed(text).events[1].place
    assert place is not None
    assert text.encode()[place.start : place.end] == "sign-zone ключ".encode()
    broken = text.replace("sign-zone", "sing-zone")
    assert refused(broken)[0][:2] == (11, 21)


def test_signers_go_without_saying_where_there_is_one() -> None:
    text = GOOD.replace("dnskey: [ksk-1, zsk-1]", "dnskey: [ksk-1, zsk-1, zsk-2], zone-signers: zsk-2")
    plan = parsed(text.split("events:")[0] + "events: []\n")
    assert plan.start.zone_signers == {"zsk-2"}
    assert plan.start.dnskey_signers == {"ksk-1"}


def test_the_order_within_one_instant_does_not_matter() -> None:
    parsed(GOOD + "  - {at: +2d, do: [remove-key zsk-1]}\n  - {at: +0s, do: destroy-key zsk-1}\n")
    parsed(GOOD.replace("publish-key zsk-2", "[sign-dnskey zsk-2, publish-key zsk-2]"))


def test_proof_and_sizes_of_a_file_are_not_believed() -> None:
    text = GOOD.replace("+65m", "+5m") + "proof: {lenient: {bogus: [], insecure: []}}\nsizes: nonsense\n"
    assert not is_safe(prove(parsed(text)))


def test_json_with_what_yaml_would_not_take() -> None:
    plan = parsed(
        b'{\r\n"zone"\n:\t"x.", "notes": ["\\ud83d\\udd11 \\/ \xe2\x80\xa8"], "inputs": {"dnskey-ttl": 1, "ds-ttl": 1,'
        b'"data-ttl": 1}, "keys": {}, "start": {"ds": [], "dnskey": []}, "events": []}'
    )
    assert plan.notes == ["🔑 / \u2028"]


def test_a_file_that_is_packed_is_unpacked(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "plan.yaml.gz"
    path.write_bytes(gzip.compress(GOOD.encode()))
    assert read_plan(str(path))[1] == []


# --- what is refused ---------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"none\.yaml: no such file"):
        read_plan(str(tmp_path / "none.yaml"))
    with pytest.raises(Unreadable, match="is a directory"):
        read_plan(str(tmp_path))


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "message"),
    [
        ("zone: ", "zonne: ", 1, 1, "unknown name 'zonne' in the plan: did you mean 'zone'?"),
        ("zone: example.org", "zone: a..b", 1, 7, "'a..b' is no zone name: empty label"),
        ("zone: example.org", "zone: [a]", 1, 7, "expected text, not a list"),
        ("zone: example.org", "version: 2\nzone: x", 1, 10, "the plan is of version '2', and this zonelint reads"),
        ("zone: example.org", "version: 1.0\nzone: x", 1, 10, "the plan is of version '1.0'"),
        ("zone: example.org", "zone: a\nzone: b", 2, 1, "'zone' is there twice in a plan"),
        ("zone: example.org", "dnskey-expires: 1\ndnskey_expires: 1\nzone: b", 2, 1, "'dnskey_expires' is there twice"),
        ("zone: example.org", "<<: {a: 1}\nzone: x", 1, 1, "merge keys (<<) are not allowed here"),
        ("zone: example.org", "zone: &a x", 1, 7, "anchors (&a) are not allowed here"),
        ("zone: example.org", "zone: *a", 1, 7, "aliases (*a) are not allowed here"),
        ("zone: example.org", "zone: !!python/object:os.system x", 1, 7, "tags (tag:yaml.org,2002:python/object:os"),
        ("zone: example.org", "zone: x\n[a]: b", 2, 1, "a name in a plan must be text, not a list"),
        ("zone: example.org", "zone: x\nmethods: [[a]]", 2, 11, "expected text, not a list"),
        ("dnskey-ttl: 1h", "dnskey-tll: 1h", 2, 10, "unknown name 'dnskey-tll' in inputs: did you mean 'dnskey-ttl'?"),
        ("dnskey-ttl: 1h, ", "", 2, 9, "inputs has no dnskey-ttl: without it nothing can be proved"),
        ("ds-ttl: 1d, ", "", 2, 9, "inputs has no ds-ttl"),
        (", data-ttl: 1d", "", 8, 1, "rrsets is missing, and inputs has no data-ttl in its place"),
        ("dnskey-ttl: 1h", "dnskey-ttl: -1", 2, 22, "dnskey-ttl must be seconds or text like 1h30m, not '-1'"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 010", 2, 22, "dnskey-ttl must be seconds or text like 1h30m, not '010'"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 1:30", 2, 22, "dnskey-ttl must be seconds or text like 1h30m, not '1:30'"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 1_000", 2, 22, "dnskey-ttl must be seconds"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 1.5", 2, 22, "dnskey-ttl must be seconds"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 1 month", 2, 22, "dnskey-ttl must be seconds"),
        ("dnskey-ttl: 1h", "dnskey-ttl: P1D", 2, 22, "dnskey-ttl must be seconds"),
        ("dnskey-ttl: 1h", "dnskey-ttl: ٣", 2, 22, "dnskey-ttl must be seconds"),
        ("dnskey-ttl: 1h", "dnskey-ttl: ~", 2, 22, "dnskey-ttl must be seconds or text like 1h30m, not nothing"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 2147483648", 2, 22, "2147483648 s are more than 2^31-1"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 4000w", 2, 22, "2419200000 s are more than 2^31-1"),
        ("dnskey-ttl: 1h", "dnskey-ttl: {source: x}", 2, 22, "dnskey-ttl has no value"),
        ("dnskey-ttl: 1h", "dnskey-ttl: 1h, forwarders: 2", 2, 38, "forwarders must be a number from 0 to 1"),
        ("role: ksk", "role: kks", 4, 17, "unknown role 'kks': did you mean 'ksk'?"),
        ("role: ksk, ", "", 4, 3, "key 'ksk-1' has no role"),
        ("ksk, algorithm: 13", "ksk, algorithm: 0", 4, 33, "an algorithm must be a number from 1 to 254, not '0'"),
        ("ksk, algorithm: 13", "ksk, algorithm: ECDSA", 4, 33, "unknown algorithm 'ECDSA': did you mean"),
        ("ksk, algorithm: 13", "ksk, algorithm: 13, tag: 65536", 4, 42, "a key tag must be a number from 0 to 65535"),
        ("ksk, algorithm: 13", "ksk, algorithm: 13, bits: 1", 4, 37, "unknown name 'bits' in key 'ksk-1'"),
        ("zsk-1: {", "'zsk 1': {", 5, 3, "the key id 'zsk 1' must be printable text without spaces"),
        ("ds: [ksk-1]", "ds: [ksk-9]", 7, 14, "key 'ksk-9' in ds is not declared in keys: did you mean"),
        ("ds: [ksk-1]", "ds: [ksk-1, ksk-1]", 7, 21, "'ksk-1' is there twice in ds"),
        ("ds: [ksk-1], ", "", 7, 8, "start has no ds: say which are published before the first event, [] for none"),
        ("ds: [ksk-1]", "ds: [ksk-1], anchors: [ksk-1]", 7, 13, "a zone with trust anchors (anchors) has no ds"),
        ("ds: [ksk-1]", "ds: [ksk-1], revoked: [zsk-2]", 7, 31, "'zsk-2' is revoked and not in the DNSKEY set"),
        ("ds: [ksk-1]", "ds: [ksk-1], chains: [nsec4]", 7, 31, "'nsec4' is no chain"),
        ("[ksk-1, zsk-1]}", "[ksk-1, zsk-1, zsk-2]}", 7, 8, "start has no zone_signers, and zsk-1, zsk-2 come into"),
        ("at: 2026-12-01,", "at: 2026-13-01,", 9, 10, "'2026-13-01' is not a time"),
        ("at: 2026-12-01,", "at: 2026-02-30,", 9, 10, "'2026-02-30' is not a time"),
        ("at: 2026-12-01,", "at: 12/01/2026,", 9, 10, "'12/01/2026' is not a time"),
        ("at: 2026-12-01,", "at: now,", 9, 10, "'now' is not a time here"),
        ("at: 2026-12-01,", "at: -3d,", 9, 10, "'-3d' is not a time here"),
        ("at: 2026-12-01,", "at: +3d,", 9, 10, "'+3d' has no event before it"),
        ("at: 2026-12-01, ", "", 9, 6, "an event has no time (at)"),
        ("at: +65m", "at: 2025-12-01", 10, 10, "this event is earlier than the one before it"),
        ("at: +65m", "at: +99999999w", 10, 10, "'+99999999w' is not between 1970-01-01 and 9999-12-31"),
        ("do: publish-key zsk-2", "do: publish zsk-2", 9, 26, "unknown action 'publish'"),
        ("do: publish-key zsk-2", "do: publish-keys zsk-2", 9, 26, "unknown action 'publish-keys': did you mean"),
        ("do: publish-key zsk-2", "do: publish-key zsk-3", 9, 38, "key 'zsk-3' is not declared in keys: did you"),
        ("do: publish-key zsk-2", "do: publish-key", 9, 26, "publish-key names no key"),
        ("do: publish-key zsk-2", "do: publish-key zsk-2 1h", 9, 44, "publish-key takes no value"),
        ("do: publish-key zsk-2", "do: publish-key zsk-2 1 h", 9, 26, "an action is ACTION KEY, or ACTION KEY VALUE"),
        ("do: publish-key zsk-2", "action: publish-key, do: x", 9, 43, "an event has either do or action, key and"),
        ("do: publish-key zsk-2", "title: x", 9, 6, "an event says nothing to do"),
        ("do: publish-key zsk-2", "do: publish-key zsk-1", 9, 26, "zsk-1 is in the DNSKEY set already"),
        ("do: publish-key zsk-2", "do: remove-key zsk-2", 9, 26, "remove-key zsk-2: zsk-2 is not in the DNSKEY set"),
        ("do: publish-key zsk-2", "do: remove-ds zsk-2", 9, 26, "remove-ds zsk-2: zsk-2 is not in the DS set"),
        ("do: publish-key zsk-2", "do: revoke-key zsk-2", 9, 26, "revoke-key zsk-2: zsk-2 is not in the DNSKEY set"),
        ("do: publish-key zsk-2", "do: add-chain nsec", 9, 26, "add-chain nsec: nsec is there already"),
        ("do: publish-key zsk-2", "do: remove-chain nsec3", 9, 26, "remove-chain nsec3: nsec3 is not there"),
        ("do: publish-key zsk-2", "do: [publish-key zsk-2, publish-key zsk-2]", 9, 46, "the same action twice"),
        ("do: publish-key zsk-2", "do: [add-ds zsk-2, remove-ds zsk-2]", 9, 41, "zsk-2 is not in the DS set"),
        ("do: publish-key zsk-2", "do: add-chain nsec5", 9, 36, "add-chain takes a chain, nsec or nsec3 or"),
        ("do: publish-key zsk-2", "do: set-ttl dnskey", 9, 34, "set-ttl dnskey has no new TTL"),
        ("do: publish-key zsk-2", "do: set-ttl data 1h", 9, 34, "set-ttl takes an RRset class, not 'data': did"),
        ("do: publish-key zsk-2", "do: refresh-signatures ds", 9, 45, "refresh-signatures takes an RRset class"),
        ("do: publish-key zsk-2", "do: sign-zone zsk-2 +0s", 9, 42, "the signatures would expire before they are"),
        ("do: publish-key zsk-2", "do: publish-key zsk-2, lag: -5", 9, 50, "a duration must be seconds"),
        ("do: publish-key zsk-2", "do: publish-key zsk-2, when: 5", 9, 45, "unknown name 'when' in an event"),
        ("do: publish-key zsk-2", "do: publish-key zsk-2, wait: {protects: all}", 9, 62, "'all' is no class of"),
        ("events:\n", "rrsets: []\nevents:\n", 8, 9, "rrsets is empty: a plan without data proves nothing"),
        ("events:\n", "rrsets: [{name: a}]\nevents:\n", 8, 10, "an RRset class has no ttl"),
        ("events:\n", "rrsets: [{name: ds, ttl: 1}]\nevents:\n", 8, 17, "'ds' cannot be the name of an RRset class"),
        ("events:\n", "rrsets: [{name: a, ttl: 1, negative: yes}]\nevents:\n", 8, 38, "expected true or false"),
        ("events:\n", "rrsets: [{name: a, ttl: 1}, {name: a, ttl: 2}]\nevents:\n", 8, 10, "two RRset classes have the"),
        ("events:\n", "event:\n", 8, 1, "unknown name 'event' in the plan: did you mean 'events'?"),
        ("keys:\n", "keys: {}\nkees:\n", 4, 1, "unknown name 'kees' in the plan: did you mean 'keys'?"),
    ],
)  # fmt: skip
def test_faults_are_named_at_their_place(before: str, after: str, line: int, column: int, message: str) -> None:
    assert before in GOOD
    found = refused(GOOD.replace(before, after, 1))
    assert any((line, column) == place[:2] and message in place[2] for place in found), found


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (b"", 1, 1, "the file is empty"),
        (b"\n\n", 1, 1, "the file is empty"),
        (b"# nothing\n", 1, 1, "the file is empty"),
        (b"text", 1, 1, "a plan must be a mapping (name: value), not 'text'"),
        (b"- a\n", 1, 1, "a plan must be a mapping (name: value), not a list"),
        (b"{}", 1, 1, "zone is missing in the plan"),
        (b"a: 1\n\xff", 2, 1, "not UTF-8 text"),
        (b"\x1f\x8b\x08\x00", 1, 2, "not UTF-8 text"),
        (b"a: \x00", 1, 4, "not valid YAML: control characters are not allowed"),
        (b"a: b: c\n", 1, 5, "not valid YAML: mapping values are not allowed in this context"),
        (b"a:\n\t- b\n", 2, 1, "not valid YAML: found character that cannot start any token"),
        (b"a: [b\n", 2, 1, "not valid YAML: did not find expected ',' or ']'"),
        (b"a: 'b\n", 2, 1, "not valid YAML: found unexpected end of stream"),
        (b"a: 1\n---\nb: 1\n", 2, 1, "a second document begins here; a plan is one"),
        (b"%YAML 7.0\n---\na: 1\n", 1, 1, "not valid YAML: found incompatible YAML document"),
        (b'{"a": [1, 2', 1, 12, "the file ends too early, it may be half written"),
        (b'{"a"', 1, 5, "the file ends too early, it may be half written"),
        (b'{"a": "b\n}', 1, 7, "not valid JSON: the quoted text does not end"),
        (b'{"a": 1,}', 1, 9, "not valid JSON: expected a name in quotes"),
        (b'{"a": NaN}', 1, 7, "not valid JSON: expected a value"),
        (b'{"a": 01}', 1, 7, "not valid JSON: expected a value"),
        (b'{"a": 1 "b": 2}', 1, 9, "not valid JSON: expected , or }"),
        (b'{"a" 1}', 1, 6, "not valid JSON: expected :"),
        (b'{"a": "\\x"}', 1, 8, "not valid JSON: invalid \\escape"),
        (b'{"a": 1} {', 1, 10, "not valid JSON: something follows the end"),
        (b'{"notes": ["\\ud800"], "zone": "a", "keys": {}, "start": {}, "events": []}', 1, 12, "half of a surrogate"),
        (b"[" * 500, 1, DEPTH_LIMIT + 1, "nested too deeply"),
        (b'{"a":' * 100_000, 1, DEPTH_LIMIT * 5 + 1, "nested too deeply"),
        (b"Private-key-format: v1.3\nPrivateKey: abc=\n", 1, 1, "this is a private key, not a plan"),
        (b"a: " + b"x" * SIZE_LIMIT, 1, 1, "octets are too many for a plan"),
    ],
)  # fmt: skip
def test_what_is_no_plan_at_all(text: bytes, line: int, column: int, message: str) -> None:
    found = refused(text)
    assert any((line, column) == place[:2] and message in place[2] for place in found), found


def test_a_private_key_is_not_shown() -> None:
    octets = b"Private-key-format: v1.3\nPrivateKey: c2VjcmV0\n"
    _, faults = parse_plan(octets, "K.private")
    found = engine.located(faults, "", Octets("K.private", octets))
    assert all("c2VjcmV0" not in f"{each.finding.message}{each.location}" for each in found)


def test_many_faults_are_cut_short() -> None:
    assert len(refused(GOOD + "".join(f"  - {{at: +1d, do: nonsense-{i} x}}\n" for i in range(100)))) == 20


def test_too_many_events() -> None:
    events = "".join("  - {at: +1d, do: check}\n" for _ in range(2001))
    assert refused(GOOD + events)[0][2] == "2003 events are more than 2000"


@given(st.binary(max_size=200))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    parse_plan(octets, "x")
    try:
        parse(octets)
    except Fault as fault:
        assert 0 <= fault.start <= fault.end <= len(octets)


@settings(max_examples=60)
@given(st.data())
def test_half_a_plan_is_no_plan_or_has_less(data: st.DataObject) -> None:
    whole = write(parsed(GOOD), None)
    cut = data.draw(st.integers(0, len(whole) - 3))
    assert "half written" in refused(whole[:cut])[0][2] or cut < 2 or whole[:cut].rstrip()[-1:] not in "}]"


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_plan_gives_findings_in_the_file_or_another_plan(data: st.DataObject) -> None:
    octets = bytearray(GOOD.encode())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] = data.draw(st.integers(0, 255))
    plan, faults = parse_plan(bytes(octets), "x")
    assert (plan is None) == bool(faults)
    for fault in faults:
        assert fault.place is not None
        assert 0 <= fault.place.start <= (fault.place.end or 0) <= len(octets)


# --- there and back --------------------------------------------------------------------------------------------


NEEDED = (
    "dnskey-ttl", "ds-ttl", "zone-propagation", "parent-propagation", "dnskey-negative-ttl", "ds-negative-ttl",
)  # fmt: skip
times = st.integers(0, LATEST)
durations = st.integers(0, 2**31 - 1)
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)
names = st.text(st.characters(whitelist_categories=["L", "N", "P"]), min_size=1, max_size=12)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Make a plan whose events can be."""
    ids = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    keys = {name: Key(name, draw(st.sampled_from(Role)), draw(st.integers(1, 254)),
                      draw(st.none() | st.integers(0, 65535)), draw(st.none() | st.integers(1, 65535)))
            for name in ids}  # fmt: skip
    some = st.frozensets(st.sampled_from(ids))
    dnskey = draw(some)
    anchors = draw(st.none() | some)
    start = State(
        ds=frozenset() if anchors is not None else draw(some), cds=draw(some), dnskey=dnskey,
        revoked=draw(some) & dnskey, dnskey_signers=draw(some), zone_signers=draw(some),
        chains=draw(st.frozensets(st.sampled_from(["nsec", "nsec3", "nsec3:a b"]))), anchors=anchors,
    )  # fmt: skip
    free = names.filter(lambda name: name not in ("ds", "dnskey"))
    classes = draw(st.lists(free, min_size=1, unique=True, max_size=3))
    rrsets = tuple(RrsetClass(name, draw(durations), draw(st.booleans()), draw(st.none() | times)) for name in classes)
    numbers = {name: Number(draw(durations), draw(texts)) for name in NEEDED}
    numbers["was-ds-ttl-until"] = Number(draw(times), "")
    return Plan(
        draw(st.sampled_from(["example.org.", ".", "a\\.b.example."])), tuple(draw(st.lists(names, max_size=2))), keys,
        start, list(draw_events(draw, ids, classes)), numbers, rrsets, draw(st.none() | times),
        draw(st.lists(texts, max_size=2)),
    )  # fmt: skip


def draw_events(draw: st.DrawFn, ids: list[str], classes: list[str]) -> Iterator[Event]:
    """Make events that change nothing that could already be so."""
    for at in sorted(draw(st.lists(st.integers(0, LATEST - 10), max_size=6))):
        action = draw(st.sampled_from([Action.set_ttl, Action.refresh, Action.check, Action.submit_ds]))
        key, value = draw(st.sampled_from(ids)), None
        if action == Action.set_ttl:
            key, value = draw(st.sampled_from([*classes, "ds", "dnskey"])), draw(durations)
        elif action == Action.refresh:
            key, value = draw(st.sampled_from([*classes, "dnskey"])), draw(st.none() | st.integers(at + 1, LATEST))
        wait = draw(st.none() | st.builds(
            Wait, texts, durations, texts, texts, st.sampled_from(["lenient", "strict-ds", "strict-dnskey", ""])
        ))  # fmt: skip
        optional = st.none() | times
        yield Event(
            at, action, key, value, draw(st.none() | durations), draw(optional), draw(texts), draw(texts), draw(texts),
            draw(optional), draw(optional), draw(texts), wait, tuple(draw(st.lists(texts, max_size=2))),
        )  # fmt: skip


def bare(plan: Plan) -> Plan:
    """Leave out where things stand."""
    return replace(
        plan, path="", keys={name: replace(key, place=None) for name, key in plan.keys.items()},
        events=[replace(event, place=None) for event in plan.events],
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(plans())
def test_what_is_written_is_read_again(plan: Plan) -> None:
    assert bare(parsed(write(plan, None))) == plan


@settings(max_examples=50, deadline=None)
@given(plans())
def test_the_compact_form_is_the_same(plan: Plan) -> None:
    import json

    assert bare(parsed(json.dumps(to_json(plan, None), ensure_ascii=False))) == plan
    assert json.loads(write(plan, None)) == to_json(plan, None)


def test_the_document() -> None:
    plan = parsed(GOOD.replace("+65m", "+64m"))
    document = to_json(plan, prove(plan), [(0, 300), (plan.events[0].at, 400)])
    assert list(document) == [
        "version", "zone", "methods", "inputs", "keys", "start", "rrsets", "dnskey_expires", "events", "notes", "sizes",
        "proof",
    ]  # fmt: skip
    assert document["version"] == 1
    assert document["inputs"]["ds-ttl"] == {"value": 86400, "source": "plan plan.yaml"}
    assert document["start"]["anchors"] is None
    assert document["sizes"] == [{"at": "2026-12-01T00:00:00Z", "dnskey": 400}]
    window = ["2026-12-01T01:04:00Z", "2026-12-01T01:05:00Z"]
    assert document["proof"] == {each.value: {"bogus": [window], "insecure": []} for each in Validator}
    assert parsed(write(plan, prove(plan))).events[1].at == plan.events[1].at


def test_a_window_without_an_end_is_null() -> None:
    plan = parsed(GOOD.replace("publish-key zsk-2", "remove-ds ksk-1"). replace("sign-zone zsk-2, ", ""))
    document = to_json(plan, prove(plan))
    assert document["proof"]["lenient"]["insecure"][-1][1] is None


def test_how_many_events_a_second_are_read() -> None:
    # a timetable of thousands of events must not take longer than to prove it
    import time

    text = GOOD + "".join(f"  - {{at: +1d, do: set-ttl dnskey {i}}}\n" for i in range(1, 1900))
    began = time.process_time()
    assert len(parsed(write(parsed(text), None)).events) == 1902
    assert time.process_time() - began < 10


@st.composite
def timetables(draw: st.DrawFn) -> str:
    """Write a timetable by hand with any events that can be."""
    actions = [action.value for action in Action if action not in (Action.set_ttl, Action.refresh)]
    ttls = st.integers(0, 10) | durations
    text = "\n".join([
        f"zone: x\ninputs: {{dnskey-ttl: {draw(ttls)}, ds-ttl: {draw(ttls)}, data-ttl: {draw(ttls)}}}",
        "keys: {a: {role: ksk, algorithm: 8}, b: {role: csk, algorithm: 13}, c: {role: zsk, algorithm: 8}}",
        f"start: {{{draw(st.sampled_from(['ds: a', 'ds: []', 'anchors: [a, b]']))}, dnskey: [a, c]}}",
        f"events:\n  - {{at: '@{draw(st.integers(0, LATEST))}', do: [check]}}\n",
    ])  # fmt: skip
    for _ in range(draw(st.integers(1, 12))):
        deed = f"{draw(st.sampled_from(actions))} {draw(st.sampled_from(['a', 'b', 'c', 'nsec', 'nsec3']))}"
        longer = f"{text}  - {{at: +{draw(ttls)}, do: {deed}}}\n"
        text = longer if parse_plan(longer.encode(), "x")[0] else text
    return text


@settings(max_examples=200, deadline=None)
@given(timetables(), st.integers(0, LATEST))
def test_whatever_is_read_can_be_judged_and_written(text: str, now: int) -> None:
    plan = parsed(text)
    proof = prove(plan)
    assert all(found.message for found in findings.judge(plan, proof, now, due=86400, pending=True))
    assert parsed(write(plan, proof)).zone == "x."


def test_a_long_text_that_does_not_end_is_told_at_once() -> None:
    said = refused(b'{"title": "' + b"a b " * 5000)
    assert "the quoted text does not end" in said[0][2]
