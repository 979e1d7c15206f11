"""More dates of other programs and of the root zone, as plans that are proved.

TV15 to TV28 go on where `test_rollover_plan.py` ends. Each test names where its numbers come from; they are facts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fixturing import FIXTURES
from test_rollover_plan import DAY, HOUR, ORACLE, dates, plan_of, setup_for, setup_of, signed

from zonelint.cli import main
from zonelint.keys.policies import choose, parse_policies
from zonelint.rollover import waits
from zonelint.rollover.findings import judge
from zonelint.rollover.inputs import gather
from zonelint.rollover.model import Action, Event, Key, Number, Plan, Request, Role, RrsetClass, Setup, State
from zonelint.rollover.plan import plan
from zonelint.rollover.prove import Validator, Window, is_safe, prove
from zonelint.times import parse_time

KASP = """\
<KASP><Policy name="default"><Description>made for this test</Description>
<Signatures><Resign>{resign}</Resign><Refresh>{refresh}</Refresh>
<Validity><Default>{validity}</Default><Denial>{validity}</Denial></Validity><Jitter>{jitter}</Jitter>
<InceptionOffset>PT0S</InceptionOffset><MaxZoneTTL>{max_ttl}</MaxZoneTTL></Signatures>
<Denial><NSEC/></Denial>
<Keys><TTL>{ttl}</TTL><RetireSafety>{retire}</RetireSafety><PublishSafety>{publish}</PublishSafety>
<KSK><Algorithm length="2048">8</Algorithm><Lifetime>P1Y</Lifetime><Repository>S</Repository></KSK>
<ZSK><Algorithm length="2048">8</Algorithm><Lifetime>P90D</Lifetime><Repository>S</Repository></ZSK></Keys>
<Zone><PropagationDelay>{zone}</PropagationDelay>
<SOA><TTL>{soa}</TTL><Minimum>{soa}</Minimum><Serial>unixtime</Serial></SOA></Zone>
<Parent><PropagationDelay>{parent}</PropagationDelay><DS><TTL>{ds}</TTL></DS>
<SOA><TTL>PT60S</TTL><Minimum>PT60S</Minimum></SOA></Parent></Policy></KASP>
"""

PRE_PUBLICATION = {
    "resign": "PT180S", "refresh": "PT900S", "validity": "P14D", "jitter": "PT60S", "max_ttl": "PT86400S",
    "ttl": "PT600S", "retire": "PT600S", "publish": "PT600S", "zone": "PT1800S", "soa": "PT300S", "parent": "PT1200S",
    "ds": "PT600S",
}  # fmt: skip
FAST = {
    "resign": "PT4S", "refresh": "PT5S", "validity": "PT15S", "jitter": "PT2S", "max_ttl": "PT0S", "ttl": "PT20S",
    "retire": "PT15S", "publish": "PT1S", "zone": "PT10S", "soa": "PT0S", "parent": "PT60S", "ds": "PT10S",
}  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "known", "unknown", "signatures", "ds"),
    [(PRE_PUBLICATION, 3000, 3000, 88200 + 60 + 1209600 + 180 - 900, 1800), (FAST, 31, 45, 26, 70)],
    ids=["TV15 ZskPrePublication_rollover", "TV16 rollovers_many"],
)
def test_tv15_and_tv16_the_intervals_of_opendnssec(
    numbers: dict[str, str], known: int, unknown: int, signatures: int, ds: int
) -> None:
    """OpenDNSSEC testing/.../enforcer.keys.ZskPrePublication_rollover and enforcer.keys.rollovers_many, kasp.xml.

    OpenDNSSEC adds its RetireSafety where a DNSKEY goes, BIND and we where signatures and DS records go.
    """
    policies, faults = parse_policies(KASP.format(**numbers).encode(), "kasp.xml")
    assert faults == []
    setup = gather(Setup("example.", {}, State(), {}, ()), policy=choose(policies, None))
    retire = setup.number("retire-safety")
    assert waits.ipub_zsk(setup).seconds == known
    assert waits.key_gone(setup).seconds + retire == unknown
    assert waits.iret_zsk(setup).seconds - retire == signatures
    assert waits.iret_ksk(setup).seconds - retire == ds


# the root zone: DNSKEY TTL 2 days, data at most 6 days (its NS records), keys change at slots of 10 days

ROOT_TTL, DATA_TTL, SPREAD = 2 * DAY, 6 * DAY, HOUR


def moment(text: str) -> int:
    return parse_time(text, 0)


def root(keys: dict[str, Role], start: State, *events: tuple[str | int, str]) -> Plan:
    """A timetable of the root zone: events as a date (or seconds) and `ACTION KEY, ACTION KEY`."""
    made = [
        Event(moment(at) if isinstance(at, str) else at, Action(deed.split()[0]), deed.split()[1])
        for at, deeds in events
        for deed in deeds.split(", ")
    ]
    inputs = {"dnskey-ttl": ROOT_TTL, "zone-propagation": SPREAD}
    return Plan(
        ".", ("test",), {name: Key(name, role, 8) for name, role in keys.items()}, start, made,
        {name: Number(value, "test") for name, value in inputs.items()},
        (RrsetClass("data", DATA_TTL), RrsetClass("denial", DAY, negative=True)),
    )  # fmt: skip


def bogus(made: Plan) -> list[tuple[int, int]]:
    """Give the windows of all classes of validators; with one algorithm they are the same."""
    proof = prove(made)
    found: list[tuple[Window, ...]] = [proof[validator].bogus for validator in Validator]
    assert found[0] == found[1] == found[2]
    return [(window.start, window.end) for window in found[0]]


def zsk_of_2018(remove: str | int) -> Plan:
    return root(
        {"ksk": Role.ksk, "46809": Role.zsk, "41824": Role.zsk},
        State(dnskey=frozenset({"ksk", "46809"}), dnskey_signers=frozenset({"ksk"}),
              zone_signers=frozenset({"46809"}), anchors=frozenset({"ksk"})),
        ("2017-12-22", "publish-key 41824"),
        ("2018-01-01", "sign-zone 41824, stop-signing-zone 46809"),
        (remove, "remove-key 46809"),
    )  # fmt: skip


def test_tv19_the_zsk_of_the_root_in_2018() -> None:
    """iana-org/dnssec-keytools src/kskm/*/tests/data, 2018-Q1: slot 1 has both keys, slot 2 the new one alone."""
    assert bogus(zsk_of_2018("2018-01-11")) == []
    last = moment("2018-01-01") + SPREAD + DATA_TTL
    assert bogus(zsk_of_2018(last)) == []
    assert bogus(zsk_of_2018(last - 1)) == [(last - 1, last)]


def ksk_of_the_root(publish: str, sign: str | int, revoke: str | int, remove: str | int) -> Plan:
    return root(
        {"old": Role.ksk, "new": Role.ksk, "zsk": Role.zsk},
        State(dnskey=frozenset({"old", "zsk"}), dnskey_signers=frozenset({"old"}), zone_signers=frozenset({"zsk"}),
              anchors=frozenset({"old"})),
        (publish, "publish-key new"),
        (sign, "sign-dnskey new, stop-signing-dnskey old"),
        (revoke, "revoke-key old, sign-dnskey old"),
        (remove, "remove-key old"),
    )  # fmt: skip


def test_tv19_the_ksk_of_the_root_in_2017() -> None:
    """The same data: 20326 is there from 2017-07-11, and signed alone from 2017-10-11 as it was planned then."""
    dates = ("2018-01-11", "2018-03-22")
    assert bogus(ksk_of_the_root("2017-07-11", "2017-10-11", *dates)) == []
    trusted = moment("2017-07-11") + SPREAD + 30 * DAY + 2 * DAY
    assert bogus(ksk_of_the_root("2017-07-11", trusted, *dates)) == []
    assert bogus(ksk_of_the_root("2017-07-11", trusted - 1, *dates)) == [(trusted - 1, trusted)]


def test_tv20_the_schemas_of_the_root() -> None:
    """iana-org/dnssec-keytools config/ksrsigner.yaml: pre-publish, rollover, revoke, in quarters of nine slots."""
    quarters = [moment("2018-01-01"), moment("2018-04-01"), moment("2018-07-01")]
    second, ninth = 10 * DAY, 80 * DAY
    made = ksk_of_the_root("2018-01-11", quarters[1] + second, quarters[2] + second, quarters[2] + ninth)
    assert bogus(made) == []
    assert judge(made, prove(made), 0) == []


def test_tv28_the_ksk_of_the_root_in_2026() -> None:
    """38696 is there from 2025-01-11 and signs from 2026-10-11; 20326 stays until it has been seen revoked.

    That the old key disappears on the day of the change, as numa#258 has it, would fail nobody who trusts the new one
    already; but nobody would learn that the old one is no longer to be trusted.
    """
    made = ksk_of_the_root("2025-01-11", "2026-10-11", "2027-01-11", "2027-03-22")
    assert bogus(made) == []
    assert judge(made, prove(made), 0) == []
    hasty = ksk_of_the_root("2025-01-11", "2026-10-11", "2027-01-11", moment("2027-01-11") + SPREAD + DAY - 1)
    assert [finding.rule for finding in judge(hasty, prove(hasty), 0)] == ["rollover-revocation-too-short"]


# waits of others


@pytest.mark.parametrize(("delay", "windows"), [(3600, []), (3601, [(7200, 7201), (14400, 14401)])])
def test_tv24_the_phases_of_rollerd(delay: int, windows: list[tuple[int, int]]) -> None:
    """DNSSEC-Tools rollerd waits twice the largest TTL in each phase: enough while propagation takes no longer."""
    setup = setup_of("ksk-1", "zsk-1", dnskey_ttl=3600, data_ttl=3600, zone_propagation=delay)
    made = plan_of("zsk-prepublish", setup)
    phases = {"publish": 0, "activate": 7200, "remove": 14400, "destroy": 21600}
    made.events = [replace(event, at=phases[event.step]) for event in made.events]
    assert bogus(made) == windows


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("zsk-lost", {"publish": 100, "activate": 123, "remove": 166 + 11}),
        ("ksk-lost", {"submit": 100, "add-ds": 107, "swap": 142, "remove-ds": 165}),
        ("csk-lost", {"submit": 100, "add-ds": 107, "swap": 142, "remove": 142 + 43 + 11}),
    ],
)
def test_tv25_a_lost_key(method: str, expected: dict[str, int]) -> None:
    """draft-fobser-dnsop-dnssec-keyrestore: its waits are those of pre-publication and of Double-DS."""
    setup = setup_for(method, **ORACLE, registration=7, sign_delay=11)
    made = plan_of(method, setup, 100)
    assert dates(made) == expected
    assert is_safe(prove(made))


# policies of others, from the file to the proof

KNOT = """\
policy:
  - id: made-for-this-test
    algorithm: rsasha256
    ksk-lifetime: {ksk}
    zsk-lifetime: {zsk}
    propagation-delay: 1h
    dnskey-ttl: 1h
    zone-max-ttl: 1d
"""


def from_policy(text: str, name: str, method: str, until: int) -> Plan:
    """Plan a zone with keys that a policy is for, and all that follows from its lifetimes."""
    policies, faults = parse_policies(text.encode(), name)
    assert faults == []
    names = ("csk-1",) if method == "csk" else ("ksk-1", "zsk-1")
    bare = Setup("example.", setup_of(*names).keys, signed(*names), {}, ())
    return plan(gather(bare, policy=choose(policies, None)), [Request(method, start=0)], 0, until)


BIND_DEFAULT, OPENDNSSEC, KNOT_LONG = (
    "options { dnssec-policy default; };", KASP.format(**PRE_PUBLICATION), KNOT.format(ksk="30d", zsk="10d")
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "method", "least"),
    [
        (BIND_DEFAULT, "named.conf", "csk", 1),
        (OPENDNSSEC, "kasp.xml", "zsk-prepublish", 4),
        (OPENDNSSEC, "kasp.xml", "ksk-double-signature", 1),
        (KNOT_LONG, "knot.conf", "zsk-prepublish", 36),
        (KNOT_LONG, "knot.conf", "ksk-double-signature", 12),
    ],
)
def test_a_policy_is_planned_for_a_year(text: str, name: str, method: str, least: int) -> None:
    made = from_policy(text, name, method, 365 * DAY)
    assert is_safe(prove(made))
    assert sum(event.action == Action.generate_key for event in made.events) in (least, least + 1)
    assert not any("overlap" in note for note in made.notes)


@pytest.mark.parametrize("method", ["zsk-prepublish", "ksk-double-signature"])
def test_rollovers_of_a_policy_that_overlap_are_said_and_safe(method: str) -> None:
    # 2 h until the new key is active, 25 h until the old one is gone (the TTL of the DS set is assumed: a day)
    made = from_policy(KNOT.format(ksk="26h", zsk="26h"), "knot.conf", method, 10 * DAY)
    assert any(note.startswith("rollovers overlap") for note in made.notes)
    assert is_safe(prove(made))


BIND = (
    "dnssec-policy x {{ keys {{ ksk lifetime P1Y algorithm 13; zsk lifetime {zsk} algorithm 13; }};\n"
    "  signatures-validity 30d; }};\n"
)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (BIND.format(zsk="60d"), "named.conf", []),
        # Ipub 7500 s, Iret 2250300 s
        (BIND.format(zsk="PT2257800S"), "named.conf", []),
        (BIND.format(zsk="PT2250301S"), "named.conf", ["warning[policy-rollovers-overlap]"]),
        (OPENDNSSEC, "kasp.xml", []),
        (KNOT.format(ksk="300d", zsk="60d"), "knot.conf", []),
    ],
)
def test_a_policy_on_the_command_line(
    text: str, name: str, said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / name
    policy.write_text(text)
    zone = str(FIXTURES / "zones" / ("bind-full-8-nsec.zone" if "8</Alg" in text else "bind-full-13-nsec.zone"))
    arguments = ["rollover", "plan", "zsk-prepublish", "--zone", zone, "--policy", str(policy), "--at", "2026-06-15"]
    status = main(arguments)
    out, err = capsys.readouterr()
    assert "safe for all validators" in out
    # a long path is broken where the line ends
    assert f"{name}:" in "".join(out.split())
    assert [text for text in said if text not in err] == []
    assert ("overlap" in err) == bool(said)
    assert status == 0
