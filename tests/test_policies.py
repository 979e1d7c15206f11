"""Signing policies: what each signer's file says, what is wrong with it at which place, and what the lints say."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonelint import catalogue
from zonelint.findings import Finding
from zonelint.keys.policies import (
    METHODS,
    SETTINGS,
    SIZE_LIMIT,
    NoPolicy,
    Policy,
    choose,
    parse_policies,
    read_policies,
)
from zonelint.keys.policies import bind as bind_module
from zonelint.keys.policies import knot as knot_module
from zonelint.keys.policies.durations import BadDuration, bind_duration, iso_duration, knot_duration, spell
from zonelint.keys.policies.lints import RULES, judge
from zonelint.keys.policies.notes import FAULT_LIMIT

DAY = 86400
CHECKCONF = shutil.which("named-checkconf")


def read(text: str, name: str | None = None, path: str = "policy") -> Policy:
    """The policy in a text that has no faults."""
    policies, findings = parse_policies(text.encode(), path)
    assert findings == []
    return choose(policies, name)


def values(policy: Policy) -> dict[str, int]:
    return {name: setting.value for name, setting in policy.settings.items()}


def keys(policy: Policy) -> list[tuple[str, int, int | None, str | None, int | None]]:
    return [(key.role, key.algorithm, key.lifetime, key.method, key.bits) for key in policy.keys]


def faults(text: str) -> list[tuple[str, str]]:
    """The messages about a text, each with the piece of text it points at."""
    octets = text.encode()
    found = []
    for finding in parse_policies(octets, "policy")[1]:
        assert finding.rule == "policy-invalid"
        assert finding.place
        assert finding.place.end is not None
        found.append((finding.message, octets[finding.place.start : finding.place.end].decode()))
    return found


def position(text: str, finding: Finding) -> tuple[int, int]:
    """Line and column of a finding, from 1, columns in octets."""
    assert finding.place
    before = text.encode()[: finding.place.start]
    return before.count(b"\n") + 1, len(before) - before.rfind(b"\n")


def lints(text: str, name: str | None = None) -> list[tuple[str, str]]:
    """The rules that speak about the policy of a text, each with the piece of text it points at."""
    octets = text.encode()
    policies, findings = parse_policies(octets, "policy")
    assert findings == []
    found = []
    for finding in judge(choose(policies, name)):
        assert finding.rule in RULES
        place = finding.place
        found.append((finding.rule, octets[place.start : place.end].decode() if place else ""))
    return found


def bind(body: str, name: str = "x") -> str:
    return f"dnssec-policy {name} {{\n{body}\n}};\n"


# Durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P1Y", 365 * DAY),
        ("P1M", 31 * DAY),
        ("P6M", 16070400),
        ("PT1M", 60),
        ("P1W", 7 * DAY),
        ("P1Y2M3DT4H5M6S", (365 + 62 + 3) * DAY + 4 * 3600 + 5 * 60 + 6),
        ("p1dt1h", DAY + 3600),
        ("P1DT", DAY),
        ("PT3H1S", 10801),
        ("P0D", 0),
        ("1w2d", 9 * DAY),
        ("1W", 7 * DAY),
        ("30", 30),
        ("0", 0),
        ("1h30m", 5400),
        ("4294967295", 4294967295),
    ],
)
def test_durations_of_bind(text: str, seconds: int) -> None:
    assert bind_duration(text).seconds == seconds


@pytest.mark.parametrize(
    "text",
    [
        *"P PT P1W2D P1M2M P1D1Y P-1D P+1D -1 +1 1.5d 1e9w 1h30 1hh h 1y unlimited P99999999Y".split(),
        *("99999999999", "4294967296", "8000w", "", "1" * 64, "P" + "1" * 70 + "D", "١d", "P²D"),
    ],
)
def test_no_durations_of_bind(text: str) -> None:
    with pytest.raises(BadDuration):
        bind_duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30d", 30 * DAY), ("1M", 30 * DAY), ("1m", 60), ("1y", 365 * DAY), ("2w", 14 * DAY), ("7", 7)],
)
def test_durations_of_knot(text: str, seconds: int) -> None:
    assert knot_duration(text).seconds == seconds


@pytest.mark.parametrize("text", ["1D", "1h30m", "P1D", "-1", "1.5h", "", "99999999999999999999999", "1 d"])
def test_no_durations_of_knot(text: str) -> None:
    with pytest.raises(BadDuration):
        knot_duration(text)


def test_months_are_told_from_minutes() -> None:
    assert [iso_duration(text).months for text in ("P1M", "PT1M", "P0M", "P31D")] == [True, False, False, False]
    assert [knot_duration(text).months for text in ("1M", "1m")] == [True, False]


@given(st.integers(0, 2**32 - 1))
def test_durations_are_spelt_so_that_they_read_the_same(seconds: int) -> None:
    assert bind_duration(spell(seconds)).seconds == seconds


# BIND

DEFAULT = {
    "dnskey-ttl": 3600,
    "ds-ttl": 86400,
    "max-zone-ttl": 86400,
    "parent-propagation": 3600,
    "publish-safety": 3600,
    "retire-safety": 3600,
    "zone-propagation": 300,
    "signature-validity": 14 * DAY,
    "signature-validity-dnskey": 14 * DAY,
    "signature-refresh": 5 * DAY,
    "signature-jitter": 12 * 3600,
    "inception-offset": 3600,
    "purge-keys": 90 * DAY,
}


def test_the_default_policy_of_bind() -> None:
    policy = read("options { dnssec-policy default; };")
    assert (policy.name, policy.kind, policy.denial, policy.place) == ("default", "bind", "nsec", None)
    assert values(policy) == DEFAULT
    assert all(setting.place is None for setting in policy.settings.values())
    assert keys(policy) == [("csk", 13, None, "pre-publication", None)]
    # what BIND's own tests reckon from it
    own = values(policy)
    assert own["dnskey-ttl"] + own["publish-safety"] + own["zone-propagation"] == 7500
    assert own["ds-ttl"] + own["retire-safety"] + own["parent-propagation"] == 93600
    signing = own["signature-validity"] - own["signature-refresh"]
    assert signing + own["max-zone-ttl"] + own["retire-safety"] + own["zone-propagation"] == 867900
    assert list(judge(policy)) == []


@pytest.mark.parametrize("name", ["insecure", "none"])
def test_policies_without_keys(name: str) -> None:
    policy = read("options { dnssec-policy default; };", name)
    assert policy.keys == ()
    assert list(judge(policy)) == []


def test_a_policy_of_bind_in_full() -> None:
    policy = read(
        bind(
            """
            keys {
                ksk key-directory lifetime P1Y algorithm ecdsap256sha256;
                zsk key-store "hsm" lifetime 90d algorithm 8 tag-range 0 32767 2048;
                csk lifetime unlimited algorithm 15 256;
            };
            cdnskey yes; cds-digest-types { 2; sha-384; }; inline-signing no; offline-ksk no; manual-mode false;
            dnskey-ttl 7200;             // seconds
            max-zone-ttl P2D;            # days
            zone-propagation-delay 10m;  /* minutes */
            parent-ds-ttl 2h; parent-propagation-delay PT30M;
            publish-safety 1h; retire-safety 2h; purge-keys 0;
            signatures-refresh 1w; signatures-validity P30D; signatures-validity-dnskey P20D; signatures-jitter 6h;
            nsec3param iterations 0 optout no salt-length 0;
            """,
            '"in full"',
        )
    )
    assert policy.name == "in full"
    assert values(policy) == {
        "dnskey-ttl": 7200,
        "max-zone-ttl": 2 * DAY,
        "zone-propagation": 600,
        "ds-ttl": 7200,
        "parent-propagation": 1800,
        "publish-safety": 3600,
        "retire-safety": 7200,
        "signature-refresh": 7 * DAY,
        "signature-validity": 30 * DAY,
        "signature-validity-dnskey": 20 * DAY,
        "signature-jitter": 6 * 3600,
        "inception-offset": 3600,
        "purge-keys": 0,
    }
    assert keys(policy) == [
        ("ksk", 13, 365 * DAY, "double-ksk", None),
        ("zsk", 8, 90 * DAY, "pre-publication", 2048),
        ("csk", 15, None, "pre-publication", None),
    ]
    assert policy.denial == "nsec3"
    assert policy.iterations
    assert policy.iterations.value == 0


def test_places_are_those_of_values() -> None:
    text = bind("  dnskey-ttl 2h;\n  keys { csk lifetime 40d algorithm 13; };")
    policy, octets = read(text), text.encode()
    ttl, key = policy.settings["dnskey-ttl"].place, policy.keys[0]
    assert ttl
    assert key.place
    assert key.lifetime_place
    assert octets[ttl.start : ttl.end] == b"2h"
    assert octets[key.place.start : key.place.end] == b"csk lifetime 40d algorithm 13"
    assert octets[key.lifetime_place.start : key.lifetime_place.end] == b"40d"
    assert policy.place_of("dnskey-ttl") == ttl
    assert policy.place_of("ds-ttl") == policy.place
    assert policy.place
    assert octets[policy.place.start : policy.place.end] == b"x"


ACCEPTED = [
    "dnssec-policy x { };",
    "DNSSEC-Policy x { Dnskey-TTL 1h; };",
    "dnssec-policy x{dnskey-ttl 1h;};",
    '/* a */ // b\n# c\ndnssec-policy "a b;{" { /* d */ dnskey-ttl 3600; # e\n};',
    "dnssec-policy x{/* a */dnskey-ttl 1h//b\n;# c\n}/* d */;//e",
    "dnssec-policy x { nsec3param; };",
    "dnssec-policy x { nsec3param optout YES salt-length 8; };",
    "dnssec-policy x { nsec3param optout 1; };",
    "dnssec-policy x { keys { csk lifetime 0 algorithm 13; }; };",
    "dnssec-policy x { keys { csk lifetime unlimited algorithm ECDSA256; }; };",
    "dnssec-policy x { keys { csk lifetime unlimited algorithm ed448; }; };",
    "dnssec-policy x { keys { csk lifetime 40d algorithm RSASHA256 2048; }; };",
    "dnssec-policy x { keys { ksk lifetime P1Y algorithm 13; zsk lifetime P60D algorithm 13; }; };",
    "dnssec-policy x { dnskey-ttl 1h; }; dnssec-policy y { dnskey-ttl 1h; };",
    'options { directory "/tmp"; dnssec-policy default; };',
    'key "k" { algorithm hmac-sha256; secret "aGVsbG8="; }; dnssec-policy x { };',
    'dnssec-policy x { }; zone "a.test" { type primary; file "a"; inline-signing yes; dnssec-policy x; };',
    'acl a { 127.0.0.1; !{ 10.0.0.0/8; }; }; dnssec-policy "x" { purge-keys P1Y; };',
    'logging { channel c { file "dnssec-policy x {"; }; }; dnssec-policy x { };',
    "dnssec-policy x { signatures-refresh P5D; signatures-validity P6D; };",
]
REFUSED = [
    "dnssec-policy x { foo 1h; };",
    "dnssec-policy x { dnskey-ttl 1h };",
    "dnssec-policy x { dnskey-ttl 1h; }",
    "dnssec-policy x { dnskey-ttl 1h;",
    "dnssec-policy { dnskey-ttl 1h; };",
    "dnssec-policy x y { };",
    "dnssec-policy x; dnssec-policy y { };",
    "dnssec-policy x { dnskey-ttl 1h; dnskey-ttl 2h; };",
    "dnssec-policy x { }; dnssec-policy x { };",
    "dnssec-policy default { dnskey-ttl 1h; };",
    "dnssec-policy x { ; };",
    "dnssec-policy x { dnskey-ttl; };",
    "dnssec-policy x { dnskey-ttl { 1h; }; };",
    'dnssec-policy x { dnskey-ttl "1h"; };',
    "dnssec-policy x { dnskey-ttl P1W2D; };",
    "dnssec-policy x { /* open };",
    'dnssec-policy "x { };',
    "dnssec-policy x{dnskey-ttl 1h;};};",
    "dnssec-policy x { keys { csk; }; };",
    "dnssec-policy x { keys { csk lifetime P1Y; }; };",
    'dnssec-policy x { keys { csk lifetime P1Y algorithm "13"; }; };',
    "dnssec-policy x { keys { csk lifetime P1Y algorithm RSASHA1-NSEC3-SHA1; }; };",
    "dnssec-policy x { keys { csk lifetime P1Y algorithm 256; }; };",
    "dnssec-policy x { keys { csk lifetime P1Y algorithm 13 256 512; }; };",
    "dnssec-policy x { keys { csk lifetime UNLIMITED algorithm 13; }; };",
    "dnssec-policy x { keys { csk lifetime P1Y algorithm 8 300; }; };",
    "dnssec-policy x { keys { KSK lifetime P1Y algorithm 13; zsk lifetime P1Y algorithm 13; }; };",
    "dnssec-policy x { keys { ksk lifetime P1Y algorithm 13; }; };",
    "dnssec-policy x { nsec3param optout yes iterations 0; };",
    "dnssec-policy x { nsec3param optout maybe; };",
    "dnssec-policy x { parent-registration-delay 1h; };",
    "dnssec-policy x { signatures-refresh P9DT1S; signatures-validity P10D; };",
    "dnssec-policy x { signatures-refresh P9D; signatures-validity P10D; };",
    "dnssec-policy x { signatures-refresh PT12H; signatures-validity-dnskey PT12H; };",
    "dnssec-policy x { keys { csk lifetime PT1H algorithm 13; }; };",
    'zone "a.test" { type primary; file "a"; dnssec-policy nosuch; };',
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_bind_accepts(text: str) -> None:
    policies, findings = parse_policies(text.encode(), "named.conf")
    assert findings == []
    assert [finding for policy in policies for finding in judge(policy)] == []


@pytest.mark.parametrize("text", REFUSED)
def test_what_bind_refuses(text: str) -> None:
    policies, findings = parse_policies(text.encode(), "named.conf")
    assert findings or any(catalogue.rule(found.rule).severity == 3 for each in policies for found in judge(each))


@pytest.mark.skipif(CHECKCONF is None, reason="named-checkconf is not installed")
@pytest.mark.parametrize("text", [*ACCEPTED, *REFUSED])
def test_named_checkconf_agrees(text: str, tmp_path: Path) -> None:
    assert CHECKCONF
    path = tmp_path / "named.conf"
    path.write_text(text)
    done = subprocess.run([CHECKCONF, path], capture_output=True, text=True, check=False)
    assert bool(done.stdout + done.stderr) == (text in REFUSED)


@pytest.mark.parametrize("option", sorted(bind_module.DURATIONS))
@pytest.mark.parametrize(("text", "seconds"), [("P6DT1S", 518401), ("6d1s", 518401), ("518401", 518401)])
def test_each_time_of_bind(option: str, text: str, seconds: int) -> None:
    assert read(bind(f"{option} {text};")).get(bind_module.DURATIONS[option]) == seconds


@pytest.mark.parametrize("option", ["cdnskey", "inline-signing", "manual-mode", "offline-ksk"])
@pytest.mark.parametrize("value", ["yes", "NO", "true", "0"])
def test_each_flag_of_bind(option: str, value: str) -> None:
    body = f"{option} {value}; keys {{ ksk lifetime 0 algorithm 13; zsk lifetime 40d algorithm 13; }};"
    assert lints(bind(body)) == []


@pytest.mark.parametrize(("name", "number"), sorted(bind_module.ALGORITHMS.items()))
def test_each_algorithm_of_bind(name: str, number: int) -> None:
    for word in (name, name.lower(), str(number)):
        (key,) = read(bind(f"keys {{ csk lifetime unlimited algorithm {word}; }};")).keys
        assert key.algorithm == number


@pytest.mark.parametrize(
    ("text", "message", "at", "line", "column"),
    [
        (bind("  dnskey-tll 1h;"), "unknown option 'dnskey-tll': did you mean dnskey-ttl?", "dnskey-tll", 2, 3),
        (
            bind("  dnskey-ttl 1h\n  publish-safety 1h;"),
            "'publish-safety' is not expected here",
            "publish-safety",
            3,
            3,
        ),
        (bind("dnskey-ttl -1;"), "dnskey-ttl: '-1' is not a duration", "-1", 2, 12),
        (bind("purge-keys P99999999Y;"), "purge-keys: 'P99999999Y' is more than 4294967295", "P99999999Y", 2, 12),
        (bind("retire-safety 1e9w;"), "retire-safety: '1e9w' is not a duration", "1e9w", 2, 15),
        (bind("# é\nkeys { csk lifetime 1.5d algorithm 13; };"), "lifetime: '1.5d' is not", "1.5d", 3, 21),
        (
            bind("keys { KSK lifetime 40d algorithm 13; zsk lifetime 0 algorithm 13; };"),
            "'KSK': write ksk",
            "KSK",
            2,
            8,
        ),
        (bind("keys { };"), "keys is empty", "keys", 2, 1),
        (
            bind("parent-registration-delay 1d;"),
            "parent-registration-delay is obsolete",
            "parent-registration-delay",
            2,
            1,
        ),
        (bind('include "more.conf";'), "include within a policy is not followed", "include", 2, 1),
        (
            bind("offline-ksk yes;\nkeys { csk lifetime 0 algorithm 13; };"),
            "csk cannot",
            "csk lifetime 0 algorithm 13",
            3,
            8,
        ),
        (bind("keys { csk lifetime 0 algorithm 13 tag-range 9 8; };"), "tag-range must go", "9", 2, 46),
        ("\n\noptions {\n  a;\n", "brace is never closed", "{", 3, 9),
        ("dnssec-policy x {\n", "brace is never closed", "{", 1, 17),
        ("dnssec-pol", "no dnssec-policy in this file", "", 1, 1),
        ("zone a {\n  dnssec-policy nope;\n};", "dnssec-policy 'nope' is not defined", "nope", 2, 17),
        ('include "a.conf";\noptions { };', "no dnssec-policy here, and include 'a.conf' is not", '"a.conf"', 1, 9),
    ],
)
def test_faults_of_bind(text: str, message: str, at: str, line: int, column: int) -> None:
    ((found, place),) = faults(text)
    assert found.startswith(message)
    assert place == at
    (finding,) = parse_policies(text.encode(), "policy")[1]
    assert position(text, finding) == (line, column)


def test_a_fault_leaves_the_default() -> None:
    policies, _ = parse_policies(bind("dnskey-ttl -1; max-zone-ttl 2d;").encode(), "policy")
    assert values(policies[0]) == {**DEFAULT, "max-zone-ttl": 2 * DAY}


def test_no_limit_of_ttls_is_a_week_to_the_key_manager() -> None:
    assert read(bind("max-zone-ttl 0; signatures-refresh 8d;")).get("max-zone-ttl") == 7 * DAY


def test_a_policy_beside_an_include_may_be_elsewhere() -> None:
    text = 'include "a.conf";\nzone a { dnssec-policy elsewhere; };\n' + bind("")
    assert faults(text) == []


def test_comments_may_be_in_any_encoding() -> None:
    policies, findings = parse_policies(b"# caf\xe9\ndnssec-policy x { dnskey-ttl 2h; };", "named.conf")
    assert findings == []
    place = policies[0].settings["dnskey-ttl"].place
    assert place
    assert place.start == 36


def test_a_name_in_another_script() -> None:
    assert read(bind("", '"zürich"')).name == "zürich"


@pytest.mark.parametrize("text", ['key k { secret "c2VjcmV0";', 'key k { algorithm a; secret "c2VjcmV0'])
def test_the_line_of_a_secret_is_no_place(text: str) -> None:
    (finding,) = parse_policies(text.encode(), "named.conf")[1]
    assert finding.place is None
    assert "c2V" not in finding.message


# OpenDNSSEC

KASP = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- made for this test -->
<KASP>
  <Policy name="lab">
    <Description>A policy &amp; its times</Description>
    <Signatures>
      <Resign>PT4H</Resign>
      <Refresh>P4D</Refresh>
      <Validity><Default>P21D</Default><Denial>P14D</Denial></Validity>
      <Jitter>PT10H</Jitter>
      <InceptionOffset>PT1800S</InceptionOffset>
      <MaxZoneTTL>PT12H</MaxZoneTTL>
    </Signatures>
    <Denial>
      <NSEC3>
        <Resalt>P90D</Resalt>
        <Hash><Algorithm>1</Algorithm><Iterations>0</Iterations><Salt length="0"/></Hash>
      </NSEC3>
    </Denial>
    <Keys>
      <TTL>PT2H</TTL>
      <RetireSafety>PT90M</RetireSafety>
      <PublishSafety>PT80M</PublishSafety>
      <Purge>P21D</Purge>
      <KSK>
        <Algorithm length="2048">8</Algorithm>
        <Lifetime>P400D</Lifetime>
        <Repository>Token</Repository>
        <KskRollType>KskDoubleDS</KskRollType>
      </KSK>
      <ZSK>
        <Algorithm>13</Algorithm>
        <Lifetime>P60D</Lifetime>
        <Repository>Token</Repository>
        <ManualRollover/>
      </ZSK>
    </Keys>
    <Zone>
      <PropagationDelay>PT9H</PropagationDelay>
      <SOA><TTL>PT50M</TTL><Minimum>PT40M</Minimum><Serial>unixtime</Serial></SOA>
    </Zone>
    <Parent>
      <PropagationDelay>PT3H</PropagationDelay>
      <DS><TTL>P1D</TTL></DS>
      <SOA><TTL>P2D</TTL><Minimum>PT3H</Minimum></SOA>
      <RegistrationDelay>PT5M</RegistrationDelay>
    </Parent>
  </Policy>
</KASP>
"""


def test_a_policy_of_opendnssec() -> None:
    policy = read(KASP)
    assert (policy.name, policy.kind, policy.denial) == ("lab", "opendnssec", "nsec3")
    assert values(policy) == {
        "resign-interval": 4 * 3600,
        "signature-refresh": 4 * DAY,
        "signature-validity": 21 * DAY,
        "signature-validity-dnskey": 21 * DAY,
        "signature-jitter": 36000,
        "inception-offset": 1800,
        "max-zone-ttl": 12 * 3600,
        "dnskey-ttl": 7200,
        "retire-safety": 5400,
        "publish-safety": 4800,
        "purge-keys": 21 * DAY,
        "zone-propagation": 9 * 3600,
        "soa-ttl": 3000,
        "soa-minimum": 2400,
        "parent-propagation": 3 * 3600,
        "ds-ttl": DAY,
        "parent-soa-minimum": 3 * 3600,
        "registration": 300,
    }
    assert set(values(policy)) <= set(SETTINGS)
    assert keys(policy) == [("ksk", 8, 400 * DAY, "double-ds", 2048), ("zsk", 13, None, "pre-publication", None)]
    place = policy.settings["signature-jitter"].place
    assert place
    assert KASP.encode()[place.start : place.end] == b"PT10H"
    assert policy.iterations
    assert policy.iterations.value == 0


def test_what_opendnssec_lets_one_leave_out() -> None:
    text = KASP.replace("<MaxZoneTTL>PT12H</MaxZoneTTL>", "").replace("<Purge>P21D</Purge>", "")
    policy = read(text.replace("<RegistrationDelay>PT5M</RegistrationDelay>", ""))
    assert (policy.get("max-zone-ttl"), policy.get("registration"), policy.get("purge-keys")) == (86400, 0, None)
    assert policy.settings["max-zone-ttl"].place is None


def test_a_keyset_validity_of_its_own() -> None:
    text = KASP.replace("<Denial>P14D", "<Keyset>P40D</Keyset><Denial>P14D")
    assert read(text).get("signature-validity-dnskey") == 40 * DAY


@pytest.mark.parametrize(("kind", "role"), [("Ksk", "ksk"), ("Zsk", "zsk"), ("Csk", "csk")])
def test_ways_to_roll(kind: str, role: str) -> None:
    from zonelint.keys.policies.kasp import ROLL_TYPES

    ours = {method for name, method in ROLL_TYPES.items() if name.startswith(kind)}
    assert ours == {way for known, ways in METHODS.items() if known == role for way in ways}


def test_several_policies() -> None:
    second = KASP[KASP.index("  <Policy") : KASP.index("</KASP>")].replace("lab", "default")
    text = KASP.replace("</KASP>", second + "</KASP>")
    assert read(text).name == "default"
    assert read(text, "lab").name == "lab"
    with pytest.raises(NoPolicy, match="lab, default"):
        read(text, "other")
    assert faults(KASP.replace("</KASP>", second.replace("default", "lab") + "</KASP>"))[0][0].endswith("defined twice")


def test_a_policy_that_passes_zones_through() -> None:
    assert read('<KASP><Policy name="p"><Description/><Passthrough/></Policy></KASP>').keys == ()


def test_xml_in_latin_1() -> None:
    text = KASP.replace("UTF-8", "ISO-8859-1").replace("A policy", "Un caf\xe9")
    policies, findings = parse_policies(text.encode("latin-1"), "kasp.xml")
    assert findings == []
    assert policies[0].name == "lab"


@pytest.mark.parametrize(
    ("old", "new", "message", "line", "column"),
    [
        ("P4D", "4 days", "Signatures/Refresh: '4 days' is not a duration", 8, 16),
        ("PT4H", "-PT4H", "Signatures/Resign: '-PT4H' is not", 7, 15),
        ("PT10H", "PT1.5H", "Signatures/Jitter: 'PT1.5H' is not", 10, 15),
        ("P400D", "P99999999Y", "Keys/KSK/Lifetime: 'P99999999Y' is more than", 27, 19),
        ("<Jitter>PT10H</Jitter>", "", "Jitter is missing in Signatures", 6, 5),
        ("<DS><TTL>P1D</TTL></DS>", "", "DS is missing in Parent", 42, 5),
        ("<Jitter>", "<Jiter>1</Jiter><Jitter>", "unknown element 'Signatures/Jiter'", 10, 7),
        ("<Purge>", "<Purge>P1D</Purge><Purge>", "Keys/Purge is given twice", 24, 25),
        (">13<", ">thirteen<", "Algorithm: 'thirteen' is not a number from 0 to 255", 32, 20),
        ('"2048"', '"-1"', "length: '-1' is not a number", 26, 32),
        ("KskDoubleDS", "ZskDoubleRRsig", "'ZskDoubleRRsig' is no way to roll a KSK", 29, 22),
        (' name="lab"', "", "Policy has no name", 4, 3),
        ("</Keys>", "", "XML: mismatched tag", 48, 5),
        ("Policy>\n</KASP>", "Policy>\n", "XML: no element found", 48, 1),
        ("<Resign>", "<Resign>&what;", "XML: undefined entity", 7, 15),
        ("UTF-8", "no-such", "XML: ", 1, 1),
    ],
)
def test_faults_of_opendnssec(old: str, new: str, message: str, line: int, column: int) -> None:
    text = KASP.replace(old, new, 1)
    found = parse_policies(text.encode(), "kasp.xml")[1]
    assert len(found) == 1
    assert found[0].message.startswith(message)
    if not message.startswith("XML: n") and new != "no-such":
        assert position(text, found[0]) == (line, column)


def test_entities_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?>\n<!DOCTYPE KASP [<!ENTITY l0 "ha">{laughs}]>\n<KASP>&l11;</KASP>'
    begin = time.monotonic()
    (finding,) = parse_policies(text.encode(), "kasp.xml")[1]
    assert time.monotonic() - begin < 1
    assert finding.message.startswith("document type")
    assert position(text, finding) == (2, 1)


# Knot

KNOT = """\
# made for this test
server:
    listen: [127.0.0.1@53, ::1@53]

submission:
  - id: parent
    parent: [one, two]
    check-interval: 10m
    parent-delay: 2h

policy:
  - id: "lab"   # a comment
    algorithm: ECDSAP384SHA384
    ksk-lifetime: 365d
    zsk-lifetime: 60d
    dnskey-ttl: 2h
    zone-max-ttl: 12h
    propagation-delay: 90m
    delete-delay: 7d
    rrsig-lifetime: 20d
    rrsig-refresh: 6d
    rrsig-pre-refresh: 2h
    nsec3: on
    nsec3-iterations: 0
    cds-digest-type: [sha256, sha384]
    ksk-submission: parent

  - id: one-key
    single-type-signing: true
    algorithm: rsasha256
    ksk-size: 3072

template:
  - id: default
    dnssec-policy: lab
"""


def test_a_policy_of_knot() -> None:
    policy = read(KNOT, "lab")
    assert (policy.kind, policy.denial) == ("knot", "nsec3")
    assert values(policy) == {
        "dnskey-ttl": 7200,
        "max-zone-ttl": 12 * 3600,
        "zone-propagation": 5400,
        "purge-keys": 7 * DAY,
        "signature-validity": 20 * DAY,
        "signature-validity-dnskey": 20 * DAY,
        "signature-refresh": 6 * DAY,
        "inception-offset": 5400,
        "parent-propagation": 7200,
    }
    assert keys(policy) == [
        ("ksk", 14, 365 * DAY, "double-ksk", None),
        ("zsk", 14, 60 * DAY, "pre-publication", None),
    ]
    assert lints(KNOT, "lab") == []
    place = policy.settings["parent-propagation"].place
    assert place
    assert KNOT[place.start : place.end] == "2h"


def test_the_defaults_of_knot() -> None:
    policy = read("policy:\n  - id: a\n")
    assert values(policy) == {
        "zone-propagation": 3600,
        "purge-keys": 0,
        "signature-validity": 14 * DAY,
        "signature-validity-dnskey": 14 * DAY,
        "inception-offset": 5400,
    }
    assert keys(policy) == [("ksk", 13, None, "double-ksk", None), ("zsk", 13, 30 * DAY, "pre-publication", None)]
    assert list(judge(policy)) == []


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"{flag}: {value}"
            for flag in ("manual", "nsec3", "ksk-shared", "offline-ksk")
            for value in ("on", "Off", "true")
        ),
        *(f"{name}: 1h" for name in ("delete-delay", "nsec3-salt-lifetime", "rrsig-pre-refresh", "dnskey-ttl")),
        *("ksk-size: 4096", "zsk-size: 2048", "nsec3-salt-length: 8", "signing-threads: 4", "keytag-modulo: 0/2"),
        *("keystore: default", "ds-push: [a, b]", "ds-push: a", "cds-cdnskey-publish: double-ds", "comment: ''"),
        *("unsafe-operation: [no-check-keyset, no-update-nsec]", "dnskey-management: incremental", 'comment: "a # b"'),
        *("comment:", "nsec3-opt-out: off  # no", "single-type-signing: on", "reproducible-signing: on"),
    ],
)
def test_each_option_of_knot(line: str) -> None:
    for indent in ("  ", "      "):
        assert lints(f"policy:\n{indent[2:]}- id: a\n{indent}{line}\n") == []


@pytest.mark.parametrize(("name", "number"), sorted(knot_module.ALGORITHMS.items()))
def test_each_algorithm_of_knot(name: str, number: int) -> None:
    policy = read(f"policy:\n- id: a\n  algorithm: {name}\n")
    assert {key.algorithm for key in policy.keys} == {number}


def test_one_key_of_knot() -> None:
    assert keys(read(KNOT, "one-key")) == [("csk", 8, None, "pre-publication", 3072)]


def test_keys_that_nobody_rolls() -> None:
    assert [key.lifetime for key in read("policy:\n- id: a\n  manual: on\n  zsk-lifetime: 1\n").keys] == [None, None]


def test_the_refresh_of_knot_leans_on_the_longest_ttl() -> None:
    assert read("policy:\n- id: a\n  zone-max-ttl: 1d\n").get("signature-refresh") == 14 * DAY // 10 + 3600 + DAY


@pytest.mark.parametrize(
    ("text", "message", "at", "line", "column"),
    [
        (
            "policy:\n  - id: a\n    zsk-lifetim: 1d\n",
            "unknown option 'zsk-lifetim': did you mean zsk-lifetime?",
            "zsk-lifetim",
            3,
            5,
        ),
        ("policy:\n  - id: a\n    zsk-lifetime: P1D\n", "zsk-lifetime: 'P1D' is not a duration", "P1D", 3, 19),
        ("policy:\n  - id: a\n    dnskey-ttl: -1 # x\n", "dnskey-ttl: '-1' is not", "-1", 3, 17),
        ("policy:\n  - id: a\n    dnskey-ttl: 1d 2d\n", "not an option and its value", "dnskey-ttl: 1d 2d", 3, 5),
        ("policy:\n  - id: a\n\tnsec3: on\n", "tab in the indentation", "\t", 3, 1),
        ("policy:\n  - id: a\n    nsec3: maybe\n", "nsec3: 'maybe' is not on or off", "maybe", 3, 12),
        ("policy:\n  - id: a\n    nsec3\n", "not an option and its value", "nsec3", 3, 5),
        ("policy:\n  - id: a\n    algorithm: 13\n", "algorithm: Knot knows no algorithm '13'", "13", 3, 16),
        ("policy:\n  - id: a\n    nsec3: on\n    nsec3: on\n", "nsec3 is given twice", "nsec3", 4, 5),
        ("policy:\n  - id: a\n  - id: a\n", "policy 'a' is defined twice", "a", 3, 9),
        ("policy:\n  - name: a\n    x: y\n", "an item of section policy must begin with 'id: NAME'", "name", 2, 5),
        ("policy:\n  algorithm: ed25519\n", "section policy must begin with '- id:'", "algorithm", 2, 3),
        ("policy:\n  - id: a\n    ksk-submission: b\n", "ksk-submission: submission 'b' is not defined", "b", 3, 21),
        ("policy:\n  - id: a\nserve:\n", "unknown section 'serve'", "serve", 3, 1),
        ("policy:\n  - id: a\n???\n", "not the name of a section", "???", 3, 1),
        ("policy: [a]\n", "section policy takes its items", "policy: [a]", 1, 1),
        ('policy:\n  - id: "a\n', "not an option and its value", '- id: "a', 2, 3),
        ("policy:\n  - id: a\n    rrsig-lifetime: 0\n", "rrsig-lifetime: must be 1 or more", "0", 3, 21),
        (
            "policy:\n  - id: a\n    rrsig-lifetime: 2d\n    rrsig-refresh: 47h\n",
            "rrsig-refresh: with rrsig-pre-refresh it must be shorter",
            "47h",
            4,
            20,
        ),
        ("server:\n  listen: ::1\n", "no policy section in this file", "", 1, 1),
        ("include: more.conf\n", "no policy section here, and include", "include", 1, 1),
    ],
)
def test_faults_of_knot(text: str, message: str, at: str, line: int, column: int) -> None:
    ((found, place),) = faults(text)
    assert found.startswith(message)
    assert place == at
    (finding,) = parse_policies(text.encode(), "policy")[1]
    assert position(text, finding) == (line, column)


# Our own

OWN = """\
name: careful
dnskey-ttl: 1h
max-zone-ttl: 86400
zone-propagation: 10m
ds-ttl: 1d
parent-propagation: 1h
signature-validity: 14d
signature-refresh: 5d
denial: nsec3
keys:
  - {role: ksk, algorithm: 13, lifetime: unlimited, method: double-ds}
  - {role: zsk, algorithm: ECDSAP256SHA256, lifetime: 90d}
  - role: csk
    algorithm: 8
    bits: 2048
"""


def test_a_policy_of_our_own() -> None:
    policy = read(OWN)
    assert (policy.name, policy.kind, policy.denial) == ("careful", "zonelint", "nsec3")
    assert values(policy) == {
        "dnskey-ttl": 3600,
        "max-zone-ttl": 86400,
        "zone-propagation": 600,
        "ds-ttl": 86400,
        "parent-propagation": 3600,
        "signature-validity": 14 * DAY,
        "signature-refresh": 5 * DAY,
    }
    assert keys(policy) == [
        ("ksk", 13, None, "double-ds", None),
        ("zsk", 13, 90 * DAY, "pre-publication", None),
        ("csk", 8, None, "pre-publication", 2048),
    ]
    assert lints(OWN) == []


def test_all_settings_are_ours() -> None:
    assert set(values(read("".join(f"{name}: 1h\n" for name in SETTINGS)))) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("90m", 5400), ("4294967295", 2**32 - 1), ("'1d12h'", 129600)])
def test_each_setting_of_our_own(name: str, text: str, seconds: int) -> None:
    assert values(read(f"{name}: {text}")) == {name: seconds}


@pytest.mark.parametrize(("role", "method"), [(role, method) for role, ways in METHODS.items() for method in ways])
def test_each_method_of_our_own(role: str, method: str) -> None:
    (key,) = read(f"keys: [{{role: {role}, algorithm: 13, lifetime: 90d, method: {method}}}]").keys
    assert (key.role, key.method) == (role, method)


def test_a_policy_without_a_name_is_called_like_its_file() -> None:
    assert read("dnskey-ttl: 1h", path="some/where.yaml").name == "where"


@pytest.mark.parametrize(
    "text", ['{"name": "a", "dnskey-ttl": 3600}', "---\nname: a\ndnskey-ttl: 1h\n", "\ufeffname: a\ndnskey-ttl: 1H"]
)
def test_other_forms_of_yaml(text: str) -> None:
    policy = read(text)
    assert (policy.name, values(policy)) == ("a", {"dnskey-ttl": 3600})


@pytest.mark.parametrize(
    ("text", "message", "at", "line", "column"),
    [
        ("name: é\nds-tll: 1h\n", "unknown key 'ds-tll' in policy: did you mean ds-ttl?", "ds-tll", 2, 1),
        ("{name: é, ds-ttl: -1}", "ds-ttl: '-1' is not a duration", "-1", 1, 20),
        ("ds-ttl: 99999999999\n", "ds-ttl: '99999999999' is more than", "99999999999", 1, 9),
        ("ds-ttl: 1.5h\n", "ds-ttl: '1.5h' is not", "1.5h", 1, 9),
        ("ds-ttl: [1]\n", "ds-ttl is not a word", "[1]", 1, 9),
        ("ds-ttl: 1h\nds-ttl: 1h\n", "ds-ttl is given twice", "ds-ttl", 2, 1),
        ("name: a\ndenial: none\n", "denial: 'none' is not nsec or nsec3", "none", 2, 9),
        ("keys: {}\n", "keys is not a list", "{}", 1, 7),
        ("keys: [{role: ksk}]\n", "key without algorithm", "{role: ksk}", 1, 8),
        ("keys: [{role: key, algorithm: 13}]\n", "role: 'key' is not csk, ksk or zsk", "key", 1, 15),
        ("keys: [{role: ksk, algorithm: 999}]\n", "'999' is no algorithm", "999", 1, 31),
        (
            "keys: [{role: zsk, algorithm: 13, method: double-ds}]\n",
            "method: 'double-ds' is no way",
            "double-ds",
            1,
            43,
        ),
        ("keys: [{role: zsk, algorithm: 8, bits: x}]\n", "bits: 'x' is not the length", "x", 1, 40),
        ("- name: a\n", "policy is not a mapping", "- name: a\n", 1, 1),
        ("a: &b c\n", "anchors and aliases are not read", "&b c", 1, 4),
        ("name: a\n---\nname: b\n", "a second document", "---", 2, 1),
    ],
)
def test_faults_of_our_own(text: str, message: str, at: str, line: int, column: int) -> None:
    ((found, place),) = faults(text)
    assert found.startswith(message)
    assert place == at
    (finding,) = parse_policies(text.encode(), "policy")[1]
    assert position(text, finding) == (line, column)


# Any file


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xef\xbb\xbf \n",
        b"\x7fELF\x02\x01\x01\0\0\0",
        "name: a".encode("utf-16"),
        b"name: caf\xe9\n",
        b"Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: c2VjcmV0\n",
        b"dnssec-policy x { dnsk",
        b"<KASP><Poli",
        b"<html></html>",
        b"policy:\n  - i",
        b"name: [a",
        b"dnssec-policy x " + b"{" * 100_000,
        b"zone x " + b"{" * 100_000,
        b"<KASP>" * 100_000,
        b"name: " + b"[" * 100_000,
        b"name: " + b"{a: " * 100_000,
        b"- " * 100_000,
        b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 1500)),
        b"#" * 1000,
        b"x" * (SIZE_LIMIT + 1),
    ],
    ids=lambda text: text[:12].hex(),
)
def test_one_finding_and_no_policy(text: bytes) -> None:
    begin = time.monotonic()
    policies, findings = parse_policies(text, "file")
    assert [policy for policy in policies if policy.place] == []
    assert [finding.rule for finding in findings] == ["policy-invalid"]
    assert "c2V" not in findings[0].message
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("text", [bind("foo;" * 500), f"<KASP>{'<Policy/>' * 50_000}</KASP>", "x: y\n" * 500])
def test_many_faults_are_cut_off(text: str) -> None:
    found = faults(text)
    assert len(found) == FAULT_LIMIT + 1
    assert found[-1][0].startswith("too many faults")


@pytest.mark.parametrize(
    "text",
    [
        "<KASP>" + "\n" * 2_000_000 + "</KASP>",
        "policy:\n  - id: a\n    comment: " + " \t#" * 300_000,
        "policy:\n  - id: " + "a" * 1_000_000,
        "dnssec-policy x { foo " + "/* */ " * 300_000 + "};",
        "/" * 1_000_000,
        "<KASP><Policy name='a'><Description>" + "x\n" * 500_000 + "</Description></Policy></KASP>",
    ],
    ids=range(6),
)
def test_long_files_are_read_in_time(text: str) -> None:
    begin = time.monotonic()
    parse_policies(text.encode(), "file")
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"dnssec-policy p{n} {{ }};" for n in range(20_000)),
        "policy:\n" + "".join(f"- id: p{n}\n  ksk-submission: s9\n" for n in range(20_000)),
        "submission:\n" + "".join(f"- id: s{n}\n" for n in range(20_000)) + "policy:\n- id: a\n",
    ],
    ids=["bind", "knot", "submissions"],
)
def test_many_policies_are_cut_off(text: str) -> None:
    assert "too many" in " ".join(message for message, _ in faults(text))


def test_a_thousand_policies_are_read() -> None:
    policies, findings = parse_policies("".join(bind("", f"p{n}") for n in range(1000)).encode(), "named.conf")
    assert (len([policy for policy in policies if policy.place]), findings) == (1000, [])


SAMPLES = (KASP, KNOT, OWN, bind("keys { csk lifetime 40d algorithm 13; };\nnsec3param iterations 0;"))


def _judged(text: bytes) -> None:
    policies, findings = parse_policies(text, "file")
    for finding in (*findings, *(found for policy in policies for found in judge(policy))):
        assert finding.message.isprintable() or finding.rule != "policy-months-ambiguous"
        if finding.place:
            assert finding.place.end is not None
            assert 0 <= finding.place.start <= finding.place.end <= len(text) + 1


@given(st.binary(max_size=200))
def test_any_octets_are_read(text: bytes) -> None:
    _judged(text)


@given(
    st.sampled_from([b"<KASP>", b"policy:\n", b"dnssec-policy x {", b"name: ", b"keys: [{"]), st.binary(max_size=100)
)
def test_any_octets_behind_a_good_start(start: bytes, text: bytes) -> None:
    _judged(start + text)


@given(st.sampled_from(SAMPLES), st.integers(0, 2000), st.integers(0, 30), st.binary(max_size=6))
def test_any_damage_to_a_good_file(text: str, at: int, gone: int, new: bytes) -> None:
    octets = text.encode()
    _judged(octets[:at] + new + octets[at + gone :])


@pytest.mark.parametrize("text", SAMPLES, ids=["kasp", "knot", "own", "bind"])
def test_files_cut_anywhere(text: str) -> None:
    octets = text.encode()
    for end in random.Random(1).sample(range(len(octets)), 40):
        _judged(octets[:end])


def test_files_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "kasp.xml"
    path.write_text(KASP)
    policies, findings = read_policies(str(path))
    assert (policies[0].name, policies[0].path, findings) == ("lab", str(path), [])
    for missing in (tmp_path / "no", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"directory|device"):
            read_policies(str(missing))


def test_one_must_be_chosen() -> None:
    policies, _ = parse_policies((bind("", "a") + bind("", "b")).encode(), "named.conf")
    assert choose(policies, "b").name == "b"
    assert choose(policies, "default").name == "default"
    with pytest.raises(NoPolicy, match="a, b"):
        choose(policies)
    with pytest.raises(NoPolicy, match="there are none"):
        choose([], "a")


# The lints

BOUNDS = """
    dnskey-ttl 1h; publish-safety 1h; retire-safety 1h; zone-propagation-delay 1h; max-zone-ttl 1d;
    signatures-validity P10D; signatures-refresh P3D; parent-ds-ttl 1h; parent-propagation-delay 5m;
    keys {{ ksk lifetime {} algorithm 13; zsk lifetime {} algorithm 13; }};
"""


@pytest.mark.parametrize(
    ("ksk", "zsk", "rules"),
    [
        ("PT3H", "40d", [("policy-lifetime-too-short", "PT3H")]),
        ("PT3H1S", "40d", [("policy-rollovers-overlap", "PT3H1S")]),
        ("18299", "40d", [("policy-rollovers-overlap", "18299")]),
        ("18300", "40d", []),
        ("40d", "P8DT2H", [("policy-lifetime-too-short", "P8DT2H")]),
        ("40d", "P8DT2H1S", [("policy-rollovers-overlap", "P8DT2H1S")]),
        ("40d", "P8DT5H", []),
        ("unlimited", "unlimited", []),
        ("0", "0", []),
        ("1w", "4w", []),
    ],
)
def test_lifetimes(ksk: str, zsk: str, rules: list[tuple[str, str]]) -> None:
    assert lints(bind(BOUNDS.format(ksk, zsk))) == rules


@pytest.mark.skipif(CHECKCONF is None, reason="named-checkconf is not installed")
@pytest.mark.parametrize(
    ("ksk", "zsk", "good"),
    [("PT3H", "40d", False), ("PT3H1S", "40d", True), ("40d", "P8DT2H", False), ("40d", "P8DT2H1S", True)],
)
def test_named_checkconf_has_these_bounds(ksk: str, zsk: str, good: bool, tmp_path: Path) -> None:
    assert CHECKCONF
    path = tmp_path / "named.conf"
    path.write_text(bind(BOUNDS.format(ksk, zsk)))
    assert (subprocess.run([CHECKCONF, path], capture_output=True, check=False).returncode == 0) == good


def test_the_sum_is_spelt_out() -> None:
    policies, _ = parse_policies(bind(BOUNDS.format("PT3H1S", "40d")).encode(), "named.conf")
    (finding,) = judge(policies[0])
    assert "3h1s" in finding.message
    assert "3h from publishing a key to using it + 2h5m until the old one can go = 5h5m" in finding.message


def test_a_csk_waits_for_the_longer_of_ds_and_signatures() -> None:
    body = "parent-ds-ttl 20d; keys {{ csk lifetime {} algorithm 13; }};"
    # 7500 to publish, 20 days and 7200 to retire
    assert lints(bind(body.format("1742700"))) == []
    assert lints(bind(body.format("1742699"))) == [("policy-rollovers-overlap", "1742699")]
    assert lints(bind(body.format("20d"))) == [("policy-lifetime-too-short", "20d")]


@pytest.mark.parametrize(
    ("role", "old", "new", "rules"),
    [
        ("ksk", "P400D", "PT26H", ["policy-lifetime-too-short"]),
        ("ksk", "P400D", "PT27H", ["policy-rollovers-overlap"]),
        # 5 min, 3 h and 1 d for the DS, then 9 h and 2 h for the keys
        ("ksk", "P400D", "PT38H4M59S", ["policy-rollovers-overlap"]),
        ("ksk", "P400D", "PT38H5M", []),
        ("zsk", "P60D</Lifetime>", "PT14H</Lifetime>", ["policy-lifetime-too-short"]),
        ("zsk", "P60D</Lifetime>", "PT14H1S</Lifetime>", ["policy-rollovers-overlap"]),
        ("zsk", "P60D</Lifetime>", "P19D</Lifetime>", []),
    ],
)
def test_lifetimes_of_opendnssec(role: str, old: str, new: str, rules: list[str]) -> None:
    text = KASP.replace("<ManualRollover/>", "").replace(">13<", ">8<").replace(old, new)
    assert [rule for rule, _ in lints(text)] == rules


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ("ksk-lifetime: 25199s", ["policy-lifetime-too-short"]),
        ("ksk-lifetime: 25200s", []),
        ("zsk-lifetime: 61199", ["policy-lifetime-too-short"]),
        ("zsk-lifetime: 61200", []),
        ("ksk-lifetime: 0", []),
    ],
)
def test_lifetimes_of_knot(lines: str, rules: list[str]) -> None:
    text = f"policy:\n- id: a\n  dnskey-ttl: 2h\n  zone-max-ttl: 12h\n  propagation-delay: 90m\n  {lines}\n"
    assert [rule for rule, _ in lints(text)] == rules


def test_waits_of_double_signatures() -> None:
    text = OWN.replace("lifetime: 90d", "lifetime: {}, method: double-signature").replace("{role", "{{role")
    text = text.replace("}\n", "}}\n")
    # 9 days to sign, 10 minutes and a day
    assert lints(text.format(10 * DAY + 600)) == [("policy-lifetime-too-short", str(10 * DAY + 600))]
    assert lints(text.format(10 * DAY + 601)) == []


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("signatures-refresh P9DT1S; signatures-validity P10D;", [("policy-refresh-too-late", "P9DT1S")]),
        ("signatures-refresh P9D; signatures-validity P10D;", [("policy-refresh-too-late", "P9D")]),
        ("signatures-refresh P8DT23H59M59S; signatures-validity P10D;", []),
        ("signatures-refresh 5d; signatures-validity-dnskey 5d;", [("policy-refresh-too-late", "5d")]),
        ("signatures-refresh 86700;", []),
        ("signatures-refresh 86699;", [("policy-refresh-below-ttl", "86699")]),
        ("max-zone-ttl 5d;", [("policy-refresh-below-ttl", "x")]),
        ("signatures-validity 6d; signatures-jitter 3d; signatures-refresh 3d;", []),
        (
            "signatures-validity 6d; signatures-jitter 260000; signatures-refresh 3d;",
            [("policy-jitter-too-large", "260000")],
        ),
        ("signatures-validity 6d; signatures-jitter 1d; signatures-refresh 5d;", []),
        (
            "signatures-validity 6d; signatures-jitter 86401; signatures-refresh 5d;",
            [("policy-jitter-too-large", "86401")],
        ),
        ("signatures-jitter 0;", []),
        ("dnskey-ttl 13d; max-zone-ttl 4d;", []),
        ("dnskey-ttl 14d;", [("policy-ttl-exceeds-validity", "14d")]),
        (
            "max-zone-ttl 14d; signatures-refresh 12d;",
            [("policy-refresh-below-ttl", "12d"), ("policy-ttl-exceeds-validity", "14d")],
        ),
    ],
)
def test_times_of_signatures(body: str, rules: list[tuple[str, str]]) -> None:
    assert lints(bind(body)) == rules


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("P4D</Refresh>", "PT4H</Refresh>", ["policy-refresh-too-late", "policy-refresh-below-ttl"]),
        ("P4D</Refresh>", "P21D</Refresh>", ["policy-refresh-too-late"]),
        ("P4D</Refresh>", "P20D</Refresh>", []),
        ("PT10H</Jitter>", "P11D</Jitter>", ["policy-jitter-too-large"]),
        ("PT10H</Jitter>", "P10DT12H</Jitter>", []),
        ("<Iterations>0", "<Iterations>5", ["policy-nsec3-unsuitable"]),
    ],
)
def test_signatures_of_opendnssec(old: str, new: str, rules: list[str]) -> None:
    assert [rule for rule, _ in lints(KASP.replace(">13<", ">8<").replace(old, new))] == rules


def key_list(*entries: str) -> str:
    return bind("keys { " + " ".join(f"{entry};" for entry in entries) + " };")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (key_list("ksk lifetime 0 algorithm 13"), [("policy-role-missing", "ksk lifetime 0 algorithm 13")]),
        (key_list("zsk lifetime 0 algorithm 13"), [("policy-role-missing", "zsk lifetime 0 algorithm 13")]),
        (key_list("ksk lifetime 0 algorithm 13", "zsk lifetime 0 algorithm 13"), []),
        (key_list("csk lifetime 0 algorithm 13"), []),
        (key_list("csk lifetime 0 algorithm 13", "zsk lifetime 0 algorithm 13"), []),
        (key_list("csk lifetime 0 algorithm 13", "csk lifetime 0 algorithm 15"), []),
        (
            key_list("csk lifetime 0 algorithm 13", "ksk lifetime 0 algorithm 8"),
            [("policy-role-missing", "ksk lifetime 0 algorithm 8")],
        ),
        (key_list("csk lifetime 0 algorithm 7"), [("policy-algorithm-deprecated", "csk lifetime 0 algorithm 7")]),
        (key_list("csk lifetime 0 algorithm 10"), [("policy-algorithm-deprecated", "csk lifetime 0 algorithm 10")]),
        (key_list("csk lifetime 0 algorithm 0"), [("policy-algorithm-deprecated", "csk lifetime 0 algorithm 0")]),
        (key_list("csk lifetime 0 algorithm 200"), [("policy-algorithm-deprecated", "csk lifetime 0 algorithm 200")]),
        (key_list("csk lifetime 0 algorithm 8"), []),
        (key_list("csk lifetime 0 algorithm 14"), []),
        (key_list("csk lifetime 0 algorithm 16"), []),
        (bind("nsec3param iterations 1;"), [("policy-nsec3-unsuitable", "1")]),
        (bind("nsec3param iterations 0 salt-length 8;"), []),
        (bind("nsec3param;"), []),
        (
            bind("nsec3param; keys { csk lifetime 0 algorithm 5; };"),
            [
                ("policy-algorithm-deprecated", "csk lifetime 0 algorithm 5"),
                ("policy-nsec3-unsuitable", "csk lifetime 0 algorithm 5"),
            ],
        ),
        (bind("purge-keys P3M;"), [("policy-months-ambiguous", "P3M")]),
        (bind("purge-keys P90D; publish-safety PT5M; retire-safety 10m;"), []),
        ("policy:\n- id: a\n  zsk-lifetime: 3M\n", [("policy-months-ambiguous", "3M")]),
        ("policy:\n- id: a\n  zsk-lifetime: 1y\n", []),
        (KASP.replace("P400D", "P13M").replace(">13<", ">8<"), [("policy-months-ambiguous", "P13M")]),
        (KASP.replace(">13<", ">8<"), []),
    ],
)
def test_keys_denial_and_months(text: str, rules: list[tuple[str, str]]) -> None:
    assert lints(text) == rules


def test_months_count_for_the_policy_they_are_in() -> None:
    text = bind("purge-keys P3M;", "a") + bind("", "b")
    assert lints(text, "b") == []
    assert lints(text, "default") == []


def test_the_catalogue_knows_these_rules() -> None:
    family = {rule.id for rule in catalogue.rules().values() if rule.family == "policy"}
    assert family == RULES


def test_fingerprints_tell_findings_apart() -> None:
    text = bind(BOUNDS.format("PT3H", "P8DT2H")) + bind(BOUNDS.format("PT3H", "P8DT2H"), "y")
    policies, findings = parse_policies(text.encode(), "named.conf")
    found = [(finding.rule, finding.discriminator) for policy in policies for finding in judge(policy)]
    assert findings == []
    assert len(found) == len(set(found)) == 4
