"""Options, policy, zone and defaults: which number counts, and what is said about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from fixturing import FIXTURES

from zonelint.engine.origin import find_origin
from zonelint.findings import Place
from zonelint.keys.policies.model import Kind, Policy, PolicyKey, Setting
from zonelint.rollover.inputs import NAMES, InputError, Was, gather, parse_was_ttl
from zonelint.rollover.measure import measure
from zonelint.rollover.model import Number, Setup
from zonelint.times import parse_time

NOW = parse_time("2026-11-01", 0)


@pytest.fixture
def setup() -> Setup:
    """A zone with every TTL 3600, one 86400 and one 300, signed at once for 30 days."""
    return measure(str(FIXTURES / "zones" / "rich-bind-full-nsec.zone"), find_origin=find_origin)


def smooth(setup: Setup, seconds: int) -> Setup:
    """Let the inceptions of the zone lie apart."""
    setup.inputs["sign-delay"] = Number(seconds, "zone x, estimate: inceptions lie as far apart")
    return setup


def policy(kind: Kind = "bind", keys: tuple[PolicyKey, ...] = (), **settings: int) -> Policy:
    named = {name.replace("_", "-"): Setting(value, None) for name, value in settings.items()}
    return Policy("p", kind, "named.conf", named, keys, "nsec")


def notes(setup: Setup, before: Setup) -> list[str]:
    """Give the notes that were added."""
    return setup.notes[len(before.notes) :]


def test_the_zone_counts_where_nothing_else_is_said(setup: Setup) -> None:
    done = gather(setup)
    for name, number in setup.inputs.items():
        assert done.inputs[name] == number
    assert done.inputs["zone-propagation"] == Number(7200 + 3600, "assumed: SOA refresh + retry")
    assert done.inputs["ds-ttl"].value == done.inputs["ds-negative-ttl"].value == 86400
    assert done.inputs["sign-delay"].value == done.inputs["registration"].value == 0
    assert done.inputs["hold-down"].value == 30 * 86400
    assert all(number.source for number in done.inputs.values())
    assert len([note for note in notes(done, setup) if "assumed" in note]) == 3


def test_the_measured_setup_is_left_as_it_is(setup: Setup) -> None:
    inputs, rrsets, before = dict(setup.inputs), setup.rrsets, list(setup.notes)
    gather(setup, options={"data-ttl": 999999, "ds-ttl": 5})
    assert (setup.inputs, setup.rrsets, setup.notes) == (inputs, rrsets, before)


def test_options_count_before_the_policy_and_the_policy_before_the_defaults(setup: Setup) -> None:
    given = policy(zone_propagation=300, parent_propagation=60, ds_ttl=7200, publish_safety=10)
    done = gather(setup, policy=given, options={"ds-ttl": 1800, "zone-propagation": 77})
    assert done.inputs["ds-ttl"] == Number(1800, "option --ds-ttl")
    assert done.inputs["zone-propagation"] == Number(77, "option --zone-propagation")
    assert done.inputs["parent-propagation"] == Number(60, "policy p, default of BIND")
    assert done.inputs["publish-safety"].value == 10
    assert done.inputs["retire-safety"] == Number(0, "default")
    assert not any("zone-propagation" in note or "ds-ttl" in note for note in notes(done, setup))


@pytest.mark.parametrize("name", ["dnskey-ttl", "data-ttl", "denial-ttl", "dnskey-negative-ttl"])
@pytest.mark.parametrize("given", [1, 299])
def test_no_ttl_smaller_than_the_zone_shows(setup: Setup, name: str, given: int) -> None:
    done = gather(setup, options={name: given})
    assert done.inputs[name] == setup.inputs[name]
    (note,) = [note for note in notes(done, setup) if note.startswith(f"{name}: {given} s by option --{name}")]
    assert f"{setup.inputs[name].value} s by zone" in note
    assert "the larger counts" in note


@pytest.mark.parametrize("name", ["dnskey-ttl", "data-ttl", "denial-ttl", "dnskey-negative-ttl"])
def test_a_larger_ttl_counts_and_the_disagreement_is_said(setup: Setup, name: str) -> None:
    done = gather(setup, options={name: 100000})
    assert done.inputs[name].value == 100000
    assert any(note.startswith(f"{name}: 100000 s by option --{name} counts, not") for note in notes(done, setup))


def test_agreement_is_not_worth_a_word(setup: Setup) -> None:
    given = policy(dnskey_ttl=3600, max_zone_ttl=86400, signature_validity=2592000, zone_propagation=300, ds_ttl=60)
    done = gather(setup, policy=given, options={"soa-refresh": 7200, "sign-delay": 0})
    assert notes(done, setup) == []


@pytest.mark.parametrize("validity", [2592000 - 3600, 2592000 + 3600, 2592000 + 43200])
def test_inception_offset_and_jitter_are_no_disagreement(setup: Setup, validity: int) -> None:
    given = policy(signature_validity=validity, signature_jitter=43200, zone_propagation=300, ds_ttl=60)
    assert not any("signature" in note for note in notes(gather(setup, policy=given), setup))


def test_a_zone_dnskey_ttl_above_the_policy_stays(tmp_path: Path, setup: Setup) -> None:
    file = tmp_path / "kasp.conf"
    file.write_text("one\ntwo\n  dnskey-ttl 600;\n")
    setting = Setting(600, Place(str(file), file.read_text().index("600"), file.read_text().index(";")))
    given = Policy("p", "bind", str(file), {"dnskey-ttl": setting}, (), "nsec")
    done = gather(setup, policy=given)
    assert done.inputs["dnskey-ttl"].value == 3600
    said = f"dnskey-ttl: 600 s by policy {file}:3 dnskey-ttl, 3600 s by zone"
    assert any(said in note for note in notes(done, setup))


def test_max_zone_ttl_of_a_policy_makes_a_class_of_its_own(setup: Setup) -> None:
    done = gather(setup, policy=policy(max_zone_ttl=200000))
    assert max(done.rrsets, key=lambda rrset: rrset.ttl).name == "data-200000"
    assert len(done.rrsets) == len(setup.rrsets) + 1
    assert len(gather(setup, policy=policy(max_zone_ttl=86400)).rrsets) == len(setup.rrsets)


def test_denial_counts_among_the_data(setup: Setup) -> None:
    done = gather(setup, options={"denial-ttl": 600000})
    assert done.inputs["data-ttl"].value == 600000
    assert [rrset.ttl for rrset in done.rrsets if rrset.negative] == [600000]
    assert len(done.rrsets) == len(setup.rrsets)


@pytest.mark.parametrize(("ttl", "minimum", "value"), [(3600, 300, 3600), (900, 300, 3600), (9000, 8000, 8000)])
def test_the_soa_of_a_policy_counts_where_it_is_larger(setup: Setup, ttl: int, minimum: int, value: int) -> None:
    done = gather(setup, policy=policy("opendnssec", soa_ttl=ttl, soa_minimum=minimum))
    assert done.inputs["denial-ttl"].value == done.inputs["dnskey-negative-ttl"].value == value


# --- how long signing takes ----------------------------------------------------------------------------------


@pytest.fixture
def of_two_weeks(setup: Setup) -> Setup:
    """The zone with signatures that are valid for 14 days and an hour, as BIND makes them."""
    setup.inputs["signature-validity"] = Number(1209600 + 3600, "zone x")
    return setup


@pytest.mark.parametrize(
    ("kind", "settings", "delay"),
    [
        # BIND's default policy, TV9: validity 14 d, refresh 5 d, jitter 12 h that only shortens
        ("bind", {"signature_validity": 1209600, "signature_refresh": 432000, "signature_jitter": 43200}, 777600),
        # OpenDNSSEC, TV15: jitter 60 + validity 14 d + resign 180 - refresh 900
        (
            "opendnssec",
            {"signature_validity": 1209600, "signature_refresh": 900, "signature_jitter": 60, "resign_interval": 180},
            1208940,
        ),
        ("knot", {"signature_validity": 1209600, "signature_refresh": 604800}, 0),
        ("zonelint", {"signature_validity": 1209600, "signature_refresh": 432000, "signature_jitter": 100}, 777700),
        ("bind", {"signature_validity": 1209600, "signature_refresh": 1300000}, 0),
        ("bind", {"signature_validity": 1209600}, 0),
    ],
)
def test_sign_delay_by_the_policy_of_each_signer(
    of_two_weeks: Setup, kind: Kind, settings: Mapping[str, int], delay: int
) -> None:
    assert gather(of_two_weeks, policy=policy(kind, **settings)).inputs["sign-delay"].value == delay


@pytest.mark.parametrize("kind", ["bind", "opendnssec", "zonelint"])
def test_signatures_that_are_valid_longer_than_by_the_policy_stay_longer(setup: Setup, kind: Kind) -> None:
    """The zone has signatures of 30 days; a signer that renews them 5 days before their end lets them live for 25."""
    given = policy(kind, signature_validity=1209600, signature_refresh=432000)
    delay = gather(setup, policy=given).inputs["sign-delay"]
    assert delay.value == 25 * 86400
    assert "with the validity of zone" in delay.source


def test_sign_delay_by_options_alone(of_two_weeks: Setup) -> None:
    done = gather(of_two_weeks, options={"signature-validity": 1209600, "signature-refresh": 432000})
    assert done.inputs["sign-delay"] == Number(777600, "options: validity - refresh")


def test_signatures_that_lie_apart_are_gone_at_the_latest_when_they_end(setup: Setup) -> None:
    done = gather(smooth(setup, 86400))
    assert done.inputs["sign-delay"].value == 2592000
    assert any("renewed one by one" in note for note in notes(done, setup))
    shorter = gather(smooth(setup, 86400), options={"signature-validity": 86400})
    assert shorter.inputs["sign-delay"].value == 2592000


@pytest.mark.parametrize(("refresh", "delay"), [(432000, 777600), (1200000, 86400)])
def test_a_policy_shortens_that_but_not_below_what_the_zone_shows(
    of_two_weeks: Setup, refresh: int, delay: int
) -> None:
    given = policy(signature_validity=1209600, signature_refresh=refresh)
    assert gather(smooth(of_two_weeks, 86400), policy=given).inputs["sign-delay"].value == delay


@pytest.mark.parametrize("value", [0, 5, 10000000])
def test_an_option_says_how_the_operator_will_sign(setup: Setup, value: int) -> None:
    done = gather(smooth(setup, 86400), options={"sign-delay": value})
    assert done.inputs["sign-delay"] == Number(value, "option --sign-delay")


# --- lifetimes, expirations ------------------------------------------------------------------------------------


def test_lifetimes_come_from_the_keys_of_the_policy(setup: Setup) -> None:
    keys = (
        PolicyKey("ksk", 13, None, None, None, None), PolicyKey("zsk", 13, 5184000, None, None, None),
        PolicyKey("zsk", 8, 2592000, None, None, None),
    )  # fmt: skip
    done = gather(setup, policy=policy(keys=keys))
    assert done.inputs["lifetime-zsk"].value == 2592000
    assert "lifetime-ksk" not in done.inputs
    assert gather(setup, policy=policy(keys=keys), options={"lifetime-zsk": 7}).inputs["lifetime-zsk"].value == 7


def test_signatures_expire_only_where_nobody_renews_them(setup: Setup) -> None:
    renewed, frozen = gather(setup), gather(setup, unrenewed=("dnskey", "data"))
    assert {rrset.expires for rrset in renewed.rrsets} == {None}
    assert renewed.dnskey_expires is None
    assert {rrset.expires for rrset in frozen.rrsets} == {parse_time("2026-07-01", 0)}
    assert frozen.dnskey_expires == parse_time("2026-07-01", 0)
    larger = gather(setup, options={"data-ttl": 200000}, unrenewed=("dnskey", "data"))
    assert {rrset.expires for rrset in larger.rrsets} == {parse_time("2026-07-01", 0)}


# --- earlier TTLs ----------------------------------------------------------------------------------------------


def test_was_ttl_is_read_and_kept(setup: Setup) -> None:
    past = parse_was_ttl("dnskey=1d@2026-09-01", NOW)
    assert past == Was("dnskey", 86400, parse_time("2026-09-01", 0), "option --was-ttl")
    done = gather(setup, was=[past])
    assert done.inputs["was-dnskey-ttl"] == Number(86400, "option --was-ttl")
    assert done.inputs["was-dnskey-ttl-until"] == Number(parse_time("2026-09-01", 0), "option --was-ttl")


def test_of_several_the_one_that_lasts_longest_is_kept(setup: Setup) -> None:
    texts = ["dnskey=7d@2026-09-01", "dnskey=2d@2026-09-07", "dnskey=1d@2026-09-02", "ds=9d@2026-10-01"]
    done = gather(setup, was=[parse_was_ttl(text, NOW) for text in texts])
    assert done.inputs["was-dnskey-ttl"].value == 2 * 86400
    assert done.inputs["was-ds-ttl"].value == 9 * 86400
    assert "was-data-ttl" not in done.inputs


@pytest.mark.parametrize("text", ["dnskey=3600@2026-09-01", "data=300@2026-09-01", "ds=1h@2026-09-01"])
def test_a_ttl_that_was_not_larger_does_not_matter(setup: Setup, text: str) -> None:
    done = gather(setup, was=[parse_was_ttl(text, NOW)])
    assert not any(name.startswith("was-") for name in done.inputs)
    assert not any("TTL was" in note for note in notes(done, setup))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dnskey=86400", "write NAME=TTL@TIME, NAME one of dnskey, data, ds"),
        ("86400@2026-09-01", "write NAME=TTL@TIME"),
        ("soa=86400@2026-09-01", "write NAME=TTL@TIME"),
        ("dnskey=1x@2026-09-01", "'1x' is not a duration"),
        ("dnskey=-1@2026-09-01", "'-1' is not a duration"),
        ("dnskey=1h@yesterday", "'yesterday' is not a time"),
        ("dnskey=1h@2026-12-01", "the time is still to come"),
        ("dnskey=2147483648@2026-09-01", "TTL 2147483648 is above 2147483647"),
        ("", "write NAME=TTL@TIME"),
    ],
)
def test_a_bad_was_ttl_is_said(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"--was-ttl {text}: {message}")):
        parse_was_ttl(text, NOW)


# --- bad numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("dnskey-ttl", -1, "--dnskey-ttl -1: a time cannot be negative"),
        ("dnskey-ttl", 2**31, "--dnskey-ttl 2147483648: at most 2147483647 is possible"),
        ("registration", 2**32, "--registration 4294967296: at most 4294967295 is possible"),
        ("forwarders", 2, "--forwarders 2: at most 1 is possible"),
        ("ttl", 5, "there is no input ttl: the inputs are zone-propagation, "),
    ],
)
def test_a_number_that_cannot_be_is_said(setup: Setup, name: str, value: int, message: str) -> None:
    with pytest.raises(InputError) as raised:
        gather(setup, options={name: value})
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("name", NAMES)
def test_every_input_can_be_given(setup: Setup, name: str) -> None:
    value = 1 if name == "forwarders" else 500000
    assert gather(setup, options={name: value}).inputs[name] == Number(value, f"option --{name}")
