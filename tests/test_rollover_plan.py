"""The planner: dates that other programs and the RFCs give, plans that are safe to the second, and what is refused.

The vectors TV1 to TV27 name the test of the program that they were taken from; the numbers are facts of that test.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint import catalogue
from zonelint.catalogue import CatalogueError
from zonelint.rollover import waits
from zonelint.rollover.methods import load_method, methods
from zonelint.rollover.model import Action, Event, Key, Number, Plan, Request, Role, RrsetClass, Setup, State, apply
from zonelint.rollover.plan import PlanError, plan
from zonelint.rollover.prove import Validator, is_safe, prove

HOUR, DAY = 3600, 86400
ALGORITHM = {"algorithm-conservative": 13, "algorithm-liberal": 13}


def keys_of(*names: str, algorithm: int = 8) -> dict[str, Key]:
    return {name: Key(name, Role(name.split("-")[0]), algorithm, octets=260) for name in names}


def signed(*names: str, anchored: bool = False, chain: str = "nsec") -> State:
    sep = frozenset(name for name in names if not name.startswith("zsk"))
    data = frozenset(name for name in names if not name.startswith("ksk"))
    return State(
        ds=frozenset() if anchored else sep, dnskey=frozenset(names), dnskey_signers=sep, zone_signers=data,
        chains=frozenset({chain}), anchors=sep if anchored else None,
    )  # fmt: skip


def setup_of(*names: str, state: State | None = None, rrsets: tuple[RrsetClass, ...] = (), **numbers: int) -> Setup:
    inputs = {name.replace("_", "-"): Number(value, "test") for name, value in numbers.items()}
    return Setup("example.", keys_of(*names), state or signed(*names), inputs, rrsets)


def setup_for(method: str, csk: bool = False, **numbers: int) -> Setup:
    """Give a zone that a method fits."""
    if method == "first-signing":
        return setup_of(state=State(chains=frozenset()), **numbers)
    if csk or (method.startswith("csk") and method != "csk-merge"):
        return setup_of("csk-1", **numbers)
    anchored = method == "trust-anchor"
    chain = "nsec3" if method in ("nsec3-to-nsec", "nsec3-resalt") else "nsec"
    names = ("ksk-1", "zsk-1")
    return setup_of(*names, state=signed(*names, anchored=anchored, chain=chain), **numbers)


def plan_of(method: str, setup: Setup, start: int = 0) -> Plan:
    return plan(setup, [Request(method, start=start, algorithm=ALGORITHM.get(method))], start)


def dates(made: Plan) -> dict[str, int]:
    """Give the date of each step."""
    return {event.step: event.at for event in made.events}


def of_key(made: Plan, key: str, *actions: Action) -> list[int]:
    return [event.at for action in actions for event in made.events if (event.key, event.action) == (key, action)]


# dates of other programs

ZSK_TV1 = {
    "dnskey_ttl": HOUR, "data_ttl": DAY, "zone_propagation": HOUR, "publish_safety": DAY, "retire_safety": 2 * DAY,
    "sign_delay": 7 * DAY, "ds_ttl": DAY, "parent_propagation": HOUR,
}  # fmt: skip


def test_tv1_zsk_prepublication_of_bind() -> None:
    """BIND bin/tests/system/rollover/tests_rollover_zsk_prepublication.py, policy zsk-prepub."""
    setup = setup_of("ksk-1", "zsk-1", **ZSK_TV1, lifetime_zsk=30 * DAY)
    made = plan(setup, [Request("zsk-prepublish", start=0)], 0, 60 * DAY)
    (active,) = of_key(made, "zsk-2", Action.sign_zone)
    assert active == 93600
    offsets = [
        at - active
        for key, action in (("zsk-3", Action.publish_key), ("zsk-3", Action.sign_zone), ("zsk-2", Action.remove_key),
                            ("zsk-2", Action.destroy_key))
        for at in of_key(made, key, action)
    ]  # fmt: skip
    assert offsets == [2498400, 2592000, 3459600, 3466800]


def test_tv2_the_same_with_a_full_signing() -> None:
    """The same test of BIND, after the zone was signed at once."""
    setup = setup_of("ksk-1", "zsk-1", **{**ZSK_TV1, "sign_delay": 0})
    assert waits.iret_zsk(setup).seconds == 262800


def test_tv3_double_ksk_of_bind() -> None:
    """BIND tests_rollover_ksk_doubleksk.py; there the first key counts as active when it is published."""
    setup = setup_of(
        "ksk-1", "zsk-1", dnskey_ttl=7200, ds_ttl=3600, data_ttl=DAY, parent_propagation=HOUR, zone_propagation=HOUR,
        publish_safety=DAY, retire_safety=2 * DAY, lifetime_ksk=60 * DAY,
    )  # fmt: skip
    made = plan(setup, [Request("ksk-double-signature", start=0)], 0, 100 * DAY)
    (active,) = of_key(made, "ksk-2", Action.add_ds)
    assert active == 97200
    assert [at - active for at in of_key(made, "ksk-3", Action.publish_key, Action.add_ds)] == [5086800, 5184000]
    assert [at - active for at in of_key(made, "ksk-2", Action.remove_key)] == [5364000]
    assert [at - active for at in of_key(made, "ksk-2", Action.destroy_key)] == [5364000 + 10800]


@pytest.mark.parametrize(
    ("numbers", "published", "removed"),
    [
        # tests_rollover_csk_roll1.py: the DS is faster than the signatures
        (
            {"ds_ttl": HOUR, "parent_propagation": HOUR, "retire_safety": 7200, "sign_delay": 25 * DAY},
            10800,
            627 * HOUR,
        ),
        # tests_rollover_csk_roll2.py: the signatures are faster than the DS
        (
            {"ds_ttl": HOUR, "parent_propagation": 7 * DAY, "retire_safety": HOUR, "sign_delay": 12 * HOUR},
            10800,
            170 * HOUR,
        ),
    ],
)
def test_tv4_and_tv5_csk_rollovers_of_bind(numbers: dict[str, int], published: int, removed: int) -> None:
    """BIND takes the old signature over the DNSKEY set earlier than the old key; here both go together."""
    life = 186 * DAY
    setup = setup_of(
        "csk-1", dnskey_ttl=HOUR, data_ttl=DAY, zone_propagation=HOUR, publish_safety=HOUR, lifetime_csk=life, **numbers
    )
    made = plan(setup, [Request("csk", start=0)], 0, 300 * DAY)
    (active,) = of_key(made, "csk-2", Action.sign_zone)
    assert of_key(made, "csk-3", Action.publish_key) == [active + life - published]
    assert of_key(made, "csk-3", Action.sign_zone, Action.add_ds) == [active + life] * 2
    assert of_key(made, "csk-2", Action.remove_key) == [active + life + removed]


def test_tv6_first_signing_of_bind() -> None:
    """BIND tests_rollover_enable_dnssec.py."""
    setup = setup_for(
        "first-signing", dnskey_ttl=300, ds_ttl=7200, data_ttl=43200, parent_propagation=HOUR, publish_safety=300,
        zone_propagation=300, dnskey_negative_ttl=300,
    )  # fmt: skip
    assert waits.ipub_zsk(setup).seconds == 900
    assert waits.ipubp(setup).seconds == 10800
    assert dates(plan_of("first-signing", setup)) == {"sign": 0, "submit": 43500, "ds": 43500}


@pytest.mark.parametrize("csk", [False, True])
def test_tv7_liberal_algorithm_rollover_of_bind(csk: bool) -> None:
    """BIND tests_rollover_algo_*_reconfig.py.

    Its last event (+61200 s, old signatures out of caches) changes nothing; the sequence of the test there ends with a
    forged date and gives no absolute one.
    """
    setup = setup_for(
        "algorithm-liberal", csk=csk, dnskey_ttl=HOUR, ds_ttl=7200, data_ttl=21600, parent_propagation=HOUR,
        publish_safety=HOUR, retire_safety=7200, zone_propagation=HOUR, sign_delay=25 * DAY,
    )  # fmt: skip
    assert waits.algorithm_keys(setup).seconds == 10800
    made = dates(plan_of("algorithm-liberal", setup))
    assert made == {"publish": 0, "submit": 25200, "ds": 25200, "remove": 36000, "destroy": 43200}


def test_tv8_going_insecure_of_bind() -> None:
    """BIND tests_rollover_going_insecure_reconfig.py; no margin, although the policy has one."""
    setup = setup_for(
        "going-insecure", ds_ttl=DAY, parent_propagation=HOUR, dnskey_ttl=7200, zone_propagation=300, retire_safety=HOUR
    )
    made = dates(plan_of("going-insecure", setup))
    assert made == {"submit": 0, "ds": 0, "unsign": 90000, "destroy": 90000 + 7500}


DEFAULT_POLICY = {
    "dnskey_ttl": HOUR, "ds_ttl": DAY, "data_ttl": DAY, "parent_propagation": HOUR, "publish_safety": HOUR,
    "retire_safety": HOUR, "zone_propagation": 300, "sign_delay": 9 * DAY,
}  # fmt: skip


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (waits.ipub_zsk, 7500),
        (waits.ipubc, 7500),
        (waits.first_signing, 86700),
        (waits.iret_zsk, 867900),
        (waits.iret_ksk, 93600),
        (waits.going_insecure, 90000),
        (waits.key_gone, 3900),
    ],
)
def test_tv9_the_default_policy_of_bind(wait: Any, seconds: int) -> None:
    """BIND kasp tests; 86700 is written out in tests_kasp.py."""
    assert wait(setup_of("csk-1", **DEFAULT_POLICY)).seconds == seconds


def test_tv11_key_signing_requests_of_bind() -> None:
    """BIND ksr/tests_ksr.py, its fast policy."""
    setup = setup_of(
        "ksk-1", "zsk-1", dnskey_ttl=439, ds_ttl=3600, data_ttl=4396, parent_propagation=5, publish_safety=1,
        retire_safety=1, sign_delay=4, zone_propagation=439,
    )  # fmt: skip
    found = [wait(setup).seconds for wait in (waits.ipub_zsk, waits.iret_zsk, waits.iret_ksk)]
    assert found == [879, 4840, 3606]


LIFETIMES = {
    "dnskey_ttl": HOUR, "publish_safety": HOUR, "retire_safety": HOUR, "zone_propagation": HOUR, "data_ttl": DAY,
    "sign_delay": 7 * DAY, "ds_ttl": HOUR, "parent_propagation": 300,
}  # fmt: skip


@pytest.mark.parametrize(("method", "least"), [("ksk-double-signature", 10801), ("zsk-prepublish", 698401)])
def test_tv12_lifetimes_that_are_too_short(method: str, least: int) -> None:
    """BIND checkconf/kasp-bad-lifetime.conf; where BIND accepts, rollovers still overlap, and we say so."""
    setup = setup_of("ksk-1", "zsk-1", **LIFETIMES)
    with pytest.raises(PlanError, match=f"lifetime of {least - 1} s is too short"):
        plan(setup, [Request(method, start=0, lifetime=least - 1)], 0)
    made = plan(setup, [Request(method, start=0, lifetime=least)], 0)
    assert any(note.startswith("rollovers overlap") for note in made.notes)


def test_a_lifetime_of_both_intervals_does_not_overlap() -> None:
    setup = setup_of("ksk-1", "zsk-1", **LIFETIMES)
    made = plan(setup, [Request("ksk-double-signature", start=0, lifetime=10800 + 7500)], 0)
    assert made.notes == []


def test_tv13_the_worked_example_of_knot() -> None:
    """Knot doc/operation.rst. Knot makes the next key a lifetime after the last was activated, not Ipub before."""
    setup = setup_of("ksk-1", "zsk-1", zone_propagation=2, dnskey_ttl=10, data_ttl=15, ds_ttl=7, registration=4)
    zsk = dates(plan_of("zsk-prepublish", setup))
    assert (zsk["publish"], zsk["activate"], zsk["remove"]) == (0, 12, 29)
    ksk = dates(plan_of("ksk-double-signature", setup))
    assert (ksk["submit"], ksk["ds"], ksk["remove"]) == (12, 16, 23)


def test_tv14_the_least_waits_of_an_algorithm_rollover_in_knot() -> None:
    """Knot tests-extra/tests/dnssec/key_rollovers/test.py: at least 13, 10, 13 and 11 s."""
    setup = setup_for(
        "algorithm-conservative", dnskey_ttl=2, data_ttl=2, zone_propagation=11, ds_ttl=7, parent_propagation=6
    )
    made = dates(plan_of("algorithm-conservative", setup))
    steps = [made[step] for step in ("sign", "publish", "ds", "remove-keys", "remove-signatures")]
    gaps = [later - before for before, later in pairwise(steps)]
    assert gaps == [13, 13, 13, 13]


def states(made: Plan, start: State) -> list[tuple[int, str, str, str, str]]:
    """Give what is published after each instant: the DS set, the DNSKEY set, who signs it, who signs the data."""
    found = []
    for at in sorted({event.at for event in made.events}):
        start = apply(start, [event for event in made.events if event.at == at])
        found.append((at, *(" ".join(sorted(each)) for each in (
            start.ds, start.dnskey, start.dnskey_signers, start.zone_signers))))  # fmt: skip
    return found


TTL_3600 = {"dnskey_ttl": 3600, "data_ttl": 3600, "ds_ttl": 3600}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("zsk-prepublish", [
            (0, "ksk-1", "ksk-1 zsk-1 zsk-2", "ksk-1", "zsk-1"), (3600, "ksk-1", "ksk-1 zsk-1 zsk-2", "ksk-1", "zsk-2"),
            (7200, "ksk-1", "ksk-1 zsk-2", "ksk-1", "zsk-2")]),
        ("ksk-double-signature", [
            (0, "ksk-1", "ksk-1 ksk-2 zsk-1", "ksk-1 ksk-2", "zsk-1"),
            (3600, "ksk-2", "ksk-1 ksk-2 zsk-1", "ksk-1 ksk-2", "zsk-1"),
            (7200, "ksk-2", "ksk-2 zsk-1", "ksk-2", "zsk-1")]),
        ("ksk-double-ds", [
            (0, "ksk-1 ksk-2", "ksk-1 zsk-1", "ksk-1", "zsk-1"), (3600, "ksk-1 ksk-2", "ksk-2 zsk-1", "ksk-2", "zsk-1"),
            (7200, "ksk-2", "ksk-2 zsk-1", "ksk-2", "zsk-1")]),
        ("csk-merge", [
            (0, "ksk-1", "csk-1 ksk-1 zsk-1", "csk-1 ksk-1", "zsk-1"),
            (3600, "csk-1", "csk-1 ksk-1 zsk-1", "csk-1 ksk-1", "csk-1"), (7200, "csk-1", "csk-1", "csk-1", "csk-1")]),
    ],
)  # fmt: skip
def test_tv17_the_sets_of_dnst_keyset(method: str, expected: list[tuple[int, str, str, str, str]]) -> None:
    """NLnetLabs domain keyset.rs test_rolls: every TTL 3600 s, no propagation."""
    setup = setup_for(method, **TTL_3600)
    assert states(plan_of(method, setup), setup.start)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("ttl", "trust", "revoked"),
    [
        (172800, 32 * DAY, DAY),
        (3600, 2599200, 3600),
        (60 * DAY, 60 * DAY, 15 * DAY),
        (7200, 2599200, 3600),
    ],
)
def test_tv21_rfc_5011(ttl: int, trust: int, revoked: int) -> None:
    """RFC 7583 section 3.3.4 with the hold-down of RFC 5011 section 2.4.1."""
    setup = setup_for("trust-anchor", dnskey_ttl=ttl, zone_propagation=7)
    made = dates(plan_of("trust-anchor", setup))
    assert (made["revoke"], made["remove"] - made["revoke"]) == (7 + trust, 7 + revoked)


ORACLE = {
    "zone_propagation": 3, "parent_propagation": 5, "dnskey_ttl": 20, "data_ttl": 40, "ds_ttl": 30,
    "dnskey_negative_ttl": 9, "ds_negative_ttl": 7,
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "registration", "expected"),
    [
        ("zsk-prepublish", 0, {"activate": 123, "remove": 166}),
        ("zsk-double-signature", 0, {"remove": 143}),
        ("zsk-double-rrsig", 0, {"swap": 143, "retire": 166}),
        ("ksk-double-signature", 0, {"ds": 123, "remove": 158}),
        ("ksk-double-ds", 0, {"swap": 135, "remove-ds": 158}),
        ("ksk-double-rrset", 7, {"remove": 142}),
        ("csk", 0, {"swap": 123, "remove": 166}),
        ("algorithm-conservative", 0, {"publish": 143, "ds": 166, "remove-keys": 201, "remove-signatures": 224}),
        ("algorithm-liberal", 0, {"ds": 143, "remove": 178}),
        ("going-insecure", 0, {"unsign": 135}),
        ("first-signing", 0, {"submit": 143}),
    ],
)
def test_tv22_the_dates_of_the_safe_set(method: str, registration: int, expected: dict[str, int]) -> None:
    """The dates that a brute-force simulation found safe, and one second less not."""
    made = dates(plan_of(method, setup_for(method, registration=registration, **ORACLE), 100))
    assert {step: made[step] for step in expected} == expected


def test_tv25_key_restore() -> None:
    """draft-ietf-dnsop-dnssec-keyrestore: a ZSK pre-published, a KSK and a CSK behind a double DS."""
    numbers = {**ORACLE, "sign_delay": 11, "registration": 7}
    assert dates(plan_of("zsk-lost", setup_for("zsk-lost", **numbers))) == {
        "publish": 0,
        "activate": 23,
        "remove": 23 + 54,
    }
    ksk = {"submit": 0, "add-ds": 7, "swap": 7 + 35, "remove-ds": 42 + 23}
    assert dates(plan_of("ksk-lost", setup_for("ksk-lost", **numbers))) == ksk
    csk = {"submit": 0, "add-ds": 7, "swap": 42, "remove": 42 + 54}
    assert dates(plan_of("csk-lost", setup_for("csk-lost", **numbers))) == csk


@pytest.mark.parametrize("life", [365 * DAY, 186 * DAY])
def test_tv26_another_lifetime_moves_the_end(life: int) -> None:
    """BIND tests_rollover_lifetime_reconfig.py: retired at active + lifetime, removed max(IretK, IretZ) later."""
    setup = setup_of("csk-1", **DEFAULT_POLICY)
    made = plan(setup, [Request("csk", start=0, lifetime=life)], 0, 400 * DAY)
    (active,) = of_key(made, "csk-2", Action.sign_zone)
    assert of_key(made, "csk-2", Action.stop_signing_zone) == [active + life]
    assert of_key(made, "csk-2", Action.remove_key) == [active + life + max(93600, 867900)]


def test_tv26_an_unlimited_lifetime_has_no_end() -> None:
    setup = setup_of("csk-1", **DEFAULT_POLICY, lifetime_csk=0)
    made = plan(setup, [Request("csk", start=0)], 0, 400 * DAY)
    assert of_key(made, "csk-2", Action.stop_signing_zone, Action.remove_key) == []


def test_tv27_a_successor_is_published_its_interval_before_its_predecessor_ends() -> None:
    """BIND dnssec-settime -S -i: activation at the end of the predecessor, publication 30 days before."""
    setup = setup_of("ksk-1", "zsk-1", dnskey_ttl=HOUR, zone_propagation=HOUR, data_ttl=HOUR,
                     publish_safety=30 * DAY - 2 * HOUR, lifetime_zsk=90 * DAY)  # fmt: skip
    made = plan(setup, [Request("zsk-prepublish", start=0)], 0, 91 * DAY)
    (end,) = of_key(made, "zsk-2", Action.stop_signing_zone)
    assert of_key(made, "zsk-3", Action.publish_key, Action.sign_zone) == [end - 30 * DAY, end]


# every plan is safe, and not a second longer than it must be

SMALL = st.integers(0, 60)
TTL = st.integers(1, 300)
NUMBERS = st.fixed_dictionaries(
    {
        "zone_propagation": SMALL, "parent_propagation": SMALL, "registration": SMALL, "sign_delay": SMALL,
        "full_sign_delay": SMALL, "dnskey_ttl": TTL, "ds_ttl": TTL, "dnskey_negative_ttl": TTL, "ds_negative_ttl": TTL,
        "serve_stale": st.just(0) | SMALL, "hold_down": st.integers(0, 1000), "forwarders": st.integers(0, 1),
    }
)  # fmt: skip
PAST = st.fixed_dictionaries(
    {},
    optional={
        f"was_{kind}_ttl": st.integers(1, 2000) for kind in ("dnskey", "ds", "data")
    } | {f"was_{kind}_ttl_until": st.integers(-1000, 0) for kind in ("dnskey", "ds", "data")},
)  # fmt: skip
RRSETS = st.tuples(TTL, TTL, TTL).map(
    lambda ttls: (RrsetClass("a", ttls[0]), RrsetClass("b", ttls[1]), RrsetClass("denial", ttls[2], negative=True))
)
NO_RESOLVER_DEPENDS = {"dreg", "nsec_chain", "nsec_caches", "irev", "key_gone"}
"""Waits that end when something is seen, or that keep a rule without which no resolver fails."""


def random_setup(method: str, numbers: dict[str, int], rrsets: tuple[RrsetClass, ...], csk: bool = False) -> Setup:
    return replace(setup_for(method, csk=csk, **numbers), rrsets=rrsets)


def failing(made: Plan, except_for: tuple[str, ...] = ()) -> list[Validator]:
    proof = prove(made)
    return [each for each in Validator if each not in except_for and (proof[each].bogus or proof[each].lapses)]


@pytest.mark.parametrize("method", list(methods()))
@settings(max_examples=15, deadline=None)
@given(numbers=NUMBERS, past=PAST, rrsets=RRSETS, csk=st.booleans())
def test_every_plan_is_safe_and_one_second_less_is_not(
    method: str, numbers: dict[str, int], past: dict[str, int], rrsets: tuple[RrsetClass, ...], csk: bool
) -> None:
    csk = csk and methods()[method].old == "all"
    made = plan_of(method, random_setup(method, numbers | past, rrsets, csk))
    # the liberal algorithm rollover has windows for one class by design, and the plan says so
    assert failing(made, methods()[method].unsafe_for) == []
    for step in {event.step: event for event in made.events}.values():
        if step.wait is None or not step.wait.protects:
            continue
        assert step.at == step.not_before
        early = [replace(event, at=event.at - (event.step == step.step)) for event in made.events]
        validator = Validator(step.wait.protects)
        windows = prove(replace(made, events=early))[validator].bogus
        assert any(window.start <= step.at - 1 < window.end for window in windows), step.step


def test_the_waits_that_no_resolver_depends_on() -> None:
    setup = setup_of("ksk-1", "zsk-1", **ORACLE)
    assert {name for name, wait in waits.WAITS.items() if not wait(setup, None).protects} == NO_RESOLVER_DEPENDS


@pytest.mark.parametrize("method", [name for name, each in methods().items() if each.unsafe_for])
def test_a_method_with_windows_by_design_has_them_and_says_so(method: str) -> None:
    made = plan_of(method, setup_for(method, **ORACLE), 100)
    assert failing(made) == [Validator(each) for each in methods()[method].unsafe_for]
    assert any(note.startswith(f"{method}: ") for note in made.notes)


REPEATED = ("zsk-prepublish", "zsk-double-signature", "zsk-double-rrsig", "ksk-double-signature", "ksk-double-ds",
            "ksk-double-rrset")  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    numbers=NUMBERS, rrsets=RRSETS, ksk=st.integers(50, 5000), zsk=st.integers(50, 5000), past=PAST,
    asked=st.lists(st.tuples(st.sampled_from(REPEATED), st.none() | st.integers(-100, 3000)), min_size=1, max_size=5),
)  # fmt: skip
def test_rollovers_that_overlap_are_safe(
    numbers: dict[str, int], rrsets: tuple[RrsetClass, ...], ksk: int, zsk: int, past: dict[str, int],
    asked: list[tuple[str, int | None]],
) -> None:  # fmt: skip
    setup = random_setup("zsk-prepublish", numbers | past | {"lifetime_ksk": ksk, "lifetime_zsk": zsk}, rrsets)
    try:
        made = plan(setup, [Request(method, start=start) for method, start in asked], 0, 4000)
    except PlanError as fault:
        assert "too short" in str(fault)
        return
    assert failing(made) == []
    assert [event.at for event in made.events] == sorted(event.at for event in made.events)


@settings(max_examples=40, deadline=None)
@given(numbers=NUMBERS, rrsets=RRSETS, life=st.integers(200, 2000), start=st.integers(0, 3000))
def test_an_algorithm_rollover_between_others_is_safe(
    numbers: dict[str, int], rrsets: tuple[RrsetClass, ...], life: int, start: int
) -> None:
    setup = random_setup("zsk-prepublish", numbers | {"lifetime_zsk": life}, rrsets)
    requests = [Request("zsk-prepublish"), Request("algorithm-conservative", start=start, algorithm=13),
                Request("ksk-double-signature", start=start + 10)]  # fmt: skip
    try:
        made = plan(setup, requests, 0, 6000)
    except PlanError as fault:
        assert "too short" in str(fault)
        return
    assert failing(made) == []


def test_ten_rollovers_over_five_years_are_safe() -> None:
    year = 365 * DAY
    setup = setup_of("ksk-1", "zsk-1", **DEFAULT_POLICY, lifetime_zsk=year // 2, lifetime_ksk=year)
    made = plan(setup, [Request("zsk-prepublish", start=0), Request("ksk-double-signature", start=0)], 0, 5 * year)
    assert len({event.step.split("/")[0] for event in made.events}) == 15
    assert failing(made) == []
    assert {f"zsk-{i}" for i in range(1, 12)} <= set(made.keys)


def test_a_ksk_is_not_rolled_again_before_it_is_active() -> None:
    setup = setup_of("ksk-1", "zsk-1", **ORACLE)
    made = plan(setup, [Request("ksk-double-signature", start=0), Request("ksk-double-signature", start=5)], 0)
    assert [(event.at, event.not_before) for event in made.events if event.step == "ksk-3/publish"][-1] == (23, 23)
    # and the parent is asked for one thing at a time
    assert of_key(made, "ksk-3", Action.publish_cds) == of_key(made, "ksk-2", Action.withdraw_cds) == [58]
    assert any("another rollover has to get there first" in note for note in made.notes)
    assert failing(made) == []


def test_two_roles_do_not_wait_for_each_other() -> None:
    setup = setup_of("ksk-1", "zsk-1", **ORACLE)
    made = plan(setup, [Request("ksk-double-signature", start=0), Request("zsk-prepublish", start=5)], 0)
    assert of_key(made, "zsk-2", Action.publish_key, Action.sign_zone) == [5, 28]
    assert made.notes == []
    assert failing(made) == []


# earlier TTLs


def test_f8_a_larger_ttl_of_the_past_counts() -> None:
    setup = setup_for("zsk-prepublish", **ORACLE, was_dnskey_ttl=200, was_dnskey_ttl_until=90)
    made = plan_of("zsk-prepublish", setup, 100)
    assert dates(made)["activate"] == 90 + 3 + 200
    step = next(event for event in made.events if event.step == "activate")
    assert step.wait is not None
    assert step.wait.limited_by == "earlier DNSKEY TTL, 200 s"
    assert step.wait.equation == (
        "Ipub = max(Dprp + TTLkey, (Tlowered - T) + Dprp + was-TTLkey) = max(3 + 20, -10 + 3 + 200) = 193 s"
    )
    past = [event for event in made.events if event.action == Action.set_ttl]
    assert [(event.at, event.key, event.value) for event in past] == [(90, "dnskey", 20)]
    assert is_safe(prove(made))


@pytest.mark.parametrize("numbers", [
    {"was_dnskey_ttl": 200, "was_dnskey_ttl_until": -200},
    {"was_dnskey_ttl": 10, "was_dnskey_ttl_until": 90},
    {"was_ds_ttl": 2000, "was_ds_ttl_until": 90},
])  # fmt: skip
def test_an_earlier_ttl_that_is_over_or_of_another_record_does_not_count(numbers: dict[str, int]) -> None:
    made = plan_of("zsk-prepublish", setup_for("zsk-prepublish", **ORACLE, **numbers), 100)
    assert dates(made)["activate"] == 123


# deadlines


@settings(max_examples=60, deadline=None)
@given(numbers=NUMBERS, rrsets=RRSETS, skew=st.integers(0, 30), method=st.sampled_from(["zsk-lost", "zsk-prepublish"]))
def test_a_plan_at_its_deadline_is_safe_and_a_second_later_is_not(
    numbers: dict[str, int], rrsets: tuple[RrsetClass, ...], skew: int, method: str
) -> None:
    rrsets = tuple(replace(rrset, expires=5000) for rrset in rrsets)
    setup = random_setup(method, numbers | {"clock_skew": skew}, rrsets)
    first = plan_of(method, setup).events[0]
    assert first.not_after is not None
    assert "expire at 1970-01-01T01:23:20Z" in first.not_after_reason
    assert failing(plan_of(method, setup, first.not_after)) == []
    late = plan_of(method, setup, first.not_after + 1)
    assert failing(late) == list(Validator)
    assert any("late by 1 s" in note for note in late.notes)


@pytest.mark.parametrize("method", ["ksk-lost", "csk-lost"])
def test_a_lost_key_must_be_replaced_before_its_signatures_expire(method: str) -> None:
    setup = replace(setup_for(method, **ORACLE, registration=7), dnskey_expires=1000)
    first = plan_of(method, setup).events[0]
    assert first.not_after == 1000 - 3 - 35 - 7
    assert failing(plan_of(method, setup, first.not_after)) == []
    assert failing(plan_of(method, setup, first.not_after + 1)) == list(Validator)


def test_the_old_signatures_of_a_lost_csk_outlast_the_old_dnskey_set() -> None:
    rrsets = (RrsetClass("data", 40, expires=1000),)
    setup = replace(setup_for("csk-lost", **ORACLE, registration=7), rrsets=rrsets)
    first = plan_of("csk-lost", setup).events[0]
    assert first.not_after == 1000 - (3 + 20) - 35 - 7
    assert failing(plan_of("csk-lost", setup, first.not_after)) == []
    assert failing(plan_of("csk-lost", setup, first.not_after + 1)) == list(Validator)


def test_a_zone_that_goes_insecure_stays_validly_signed_to_the_end() -> None:
    setup = replace(setup_for("going-insecure", **ORACLE), rrsets=(RrsetClass("data", 40, expires=1000),))
    made = {event.step: event for event in plan_of("going-insecure", setup).events}
    assert made["ds"].not_after == 1000 - 35
    assert made["unsign"].not_after is None
    assert failing(plan_of("going-insecure", setup, 1000 - 35)) == []
    assert failing(plan_of("going-insecure", setup, 1000 - 34)) == list(Validator)


def test_signatures_that_nobody_renews_are_told() -> None:
    rrsets = (RrsetClass("data", 40, expires=1000),)
    setup = replace(setup_for("ksk-double-signature", **ORACLE), rrsets=rrsets)
    text = "the signatures over data expire at 1970-01-01T00:16:40Z and nobody renews them"
    assert text in plan_of("ksk-double-signature", setup, 950).notes
    assert plan_of("ksk-double-signature", setup, 0).notes == []


def test_the_end_of_a_lifetime_is_a_deadline_for_the_steps_before_it_only() -> None:
    setup = setup_of("ksk-1", "zsk-1", **ORACLE, lifetime_zsk=1000)
    made = plan(setup, [Request("zsk-prepublish", start=0)], 0, 1500)
    events = {event.step: event for event in made.events}
    assert events["zsk-3/activate"].not_after == 1023
    assert events["zsk-3/publish"].not_after == 1000
    assert events["zsk-3/remove"].not_after is None
    assert events["zsk-2/activate"].not_after is None
    assert events["zsk-3/publish"].not_after_reason == "the lifetime of zsk-2 ends at 1970-01-01T00:17:03Z"


# who plays, and what is refused


@pytest.mark.parametrize(
    ("setup", "request_", "message"),
    [
        (setup_of("csk-1"), Request("zsk-prepublish"), "no ZSK that signs, only CSK; a CSK does both: use csk"),
        (setup_of("ksk-1", "zsk-1"), Request("csk"), "no CSK that signs, only KSK and ZSK"),
        (setup_of("csk-1"), Request("csk-merge"), "no KSK that signs"),
        (setup_of("ksk-1", "zsk-1"), Request("ksk-double-ds", algorithm=13), "DS of an algorithm that does not sign"),
        (
            setup_of("ksk-1", "zsk-1"),
            Request("zsk-prepublish", algorithm=13),
            "from 8 to 13: use algorithm-conservative",
        ),
        (setup_of("ksk-1", "zsk-1"), Request("algorithm-conservative"), "needs the new algorithm"),
        (setup_of("ksk-1", "zsk-1"), Request("algorithm-liberal", algorithm=8), "keys of algorithm 8 already"),
        (setup_of("ksk-1", "zsk-1"), Request("first-signing"), "is signed already"),
        (setup_for("first-signing"), Request("csk"), "is not signed"),
        (setup_of("ksk-1", "zsk-1"), Request("trust-anchor"), "use ksk-double-signature"),
        (setup_for("trust-anchor"), Request("ksk-double-signature"), "use trust-anchor"),
        (setup_of("ksk-1", "zsk-1"), Request("nsec3-resalt"), "no NSEC3 chain"),
        (setup_for("nsec3-to-nsec"), Request("nsec-to-nsec3"), "no NSEC chain|an NSEC3 chain already"),
        (setup_for("nsec3-to-nsec"), Request("algorithm-liberal", algorithm=5), "algorithm 5 is not for NSEC3"),
        (setup_of("ksk-1", "zsk-1"), Request("zsk-prepublish", old="ksk-1"), "ksk-1 is a KSK"),
        (setup_of("ksk-1", "zsk-1"), Request("zsk-prepublish", old="zsk-9"), "no key 'zsk-9'"),
        (setup_of("ksk-1", "zsk-1"), Request("zsk-prepublish", new=Key("x", Role.ksk, 8)), "x is a KSK"),
        (setup_of("ksk-1", "zsk-1"), Request("nothing"), "unknown method 'nothing'"),
        (setup_of("ksk-1", "zsk-1", "zsk-2"), Request("zsk-prepublish"), "say which of zsk-1, zsk-2"),
        (setup_of("ksk-1", "zsk-1", dnskey_ttl=-1), Request("zsk-prepublish"), "dnskey-ttl is -1 s"),
        (setup_of("ksk-1", "zsk-1", data_ttl=1 << 40), Request("zsk-prepublish"), "data-ttl is 1099511627776 s"),
        (setup_of("ksk-1", "zsk-1"), Request("zsk-prepublish", start=1 << 50), "after the year 9999"),
        (
            setup_of("ksk-1", "zsk-1", dnskey_ttl=9),
            Request("zsk-prepublish", start=253402300798),
            "after the year 9999",
        ),
        (setup_of("ksk-1", "zsk-1"), Request("zsk-prepublish", lifetime=-1), "no lifetime"),
    ],
)
def test_what_does_not_fit_is_refused(setup: Setup, request_: Request, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        plan(setup, [request_], 0)


def test_nsec3_with_rsasha1_is_refused() -> None:
    setup = replace(setup_of("ksk-1", "zsk-1"), keys=keys_of("ksk-1", "zsk-1", algorithm=5))
    with pytest.raises(PlanError, match="algorithm 5 is not for NSEC3"):
        plan(setup, [Request("nsec-to-nsec3")], 0)


def test_a_ds_that_is_not_there_cannot_be_replaced() -> None:
    state = replace(signed("ksk-1", "zsk-1"), ds=frozenset())
    with pytest.raises(PlanError, match="no DS for ksk-1"):
        plan(setup_of("ksk-1", "zsk-1", state=state), [Request("ksk-double-signature")], 0)


def test_a_key_that_is_made_already_is_used() -> None:
    new = Key("Kexample.+008+00042", Role.zsk, 8, tag=42, octets=260)
    made = plan(setup_of("ksk-1", "zsk-1", **ORACLE), [Request("zsk-prepublish", start=0, new=new)], 0)
    assert of_key(made, new.id, Action.publish_key, Action.sign_zone) == [0, 23]
    assert made.keys[new.id] == new
    assert not any(event.action == Action.generate_key for event in made.events)


def test_first_keys_are_those_that_lie_there() -> None:
    setup = replace(setup_for("first-signing", **ORACLE), keys=keys_of("csk-1"))
    made = plan_of("first-signing", setup)
    assert set(made.keys) == {"csk-1"}
    assert of_key(made, "csk-1", Action.sign_dnskey, Action.sign_zone) == [0, 0]


def test_a_standby_ksk_in_the_ds_set_stays_in_the_cds_set() -> None:
    state = replace(signed("ksk-1", "zsk-1"), ds=frozenset({"ksk-1", "standby"}), cds=frozenset({"ksk-1"}))
    setup = setup_of("ksk-1", "zsk-1", state=state, **ORACLE)
    setup.keys["standby"] = Key("standby", Role.ksk, 8)
    made = plan_of("ksk-double-signature", setup)
    wanted = [apply(state, [e for e in made.events if e.at <= at]).cds for at in (0, 23, 58)]
    assert wanted == [{"ksk-1"}, {"ksk-3", "standby"}, set()]
    assert failing(made) == []


def test_classes_of_data_are_made_from_the_inputs_where_none_are_known() -> None:
    made = plan_of("zsk-prepublish", setup_for("zsk-prepublish", **ORACLE, denial_ttl=60))
    assert made.rrsets == (RrsetClass("data", 40), RrsetClass("denial", 60, negative=True))
    assert dates(made)["remove"] == 23 + 63


def test_an_equation_shows_its_numbers_and_what_limits_it() -> None:
    wait = waits.ipub_zsk(setup_of("csk-1", **DEFAULT_POLICY))
    assert wait.equation == "Ipub = Dprp + TTLkey + publish-safety = 300 + 3600 + 3600 = 7500 s"
    assert wait.limited_by == "DNSKEY TTL, 3600 s"
    assert waits.dreg(setup_of("csk-1", registration=60)).equation == "Dreg = 60 s"


# the files of the methods


@pytest.mark.parametrize("name", list(methods()))
def test_a_method_says_what_to_do(name: str) -> None:
    method = methods()[name]
    made = plan_of(name, setup_for(name, **ORACLE))
    assert method.refs
    assert all(event.title and event.instruction.endswith(".") and event.refs for event in made.events)
    assert not any("{" in event.title + event.instruction for event in made.events)
    assert {event.step for event in made.events} == {step.id for step in method.steps}


GOOD: dict[str, Any] = {
    "id": "m", "title": "t", "summary": "s", "old": "zsk", "new": "zsk", "zone": "signed", "activation": "a",
    "refs": ["RFC 7583"],
    "steps": [
        {"id": "a", "title": "t", "do": ["publish-key new"], "instruction": "i"},
        {"id": "b", "title": "t", "do": ["check"], "instruction": "i", "after": [{"step": "a", "wait": "dreg"}]},
    ],
}  # fmt: skip


def test_a_good_file_is_a_method() -> None:
    assert [step.id for step in load_method("m", GOOD).steps] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "n"}, "id is 'n'"),
        ({"old": "key"}, "'key' is none of"),
        ({"colour": "red"}, "unknown field colour"),
        ({"activation": "c"}, "activation 'c' is no step"),
        ({"refs": []}, "refs must be"),
        ({"unsafe_for": ["all"]}, "'all' is none of"),
        ({"steps": [GOOD["steps"][1]]}, "the first step waits for nothing"),
        ({"steps": [GOOD["steps"][0]] * 2}, "two steps are called 'a'"),
        ({"steps": [GOOD["steps"][0] | {"do": ["dance new"]}]}, "'dance' is no action"),
        ({"steps": [GOOD["steps"][0] | {"do": ["publish-key"]}]}, "'' is none of"),
        (
            {"steps": [GOOD["steps"][0], GOOD["steps"][1] | {"after": [{"step": "z", "wait": "dreg"}]}]},
            "'z', which is no",
        ),
        (
            {"steps": [GOOD["steps"][0], GOOD["steps"][1] | {"after": [{"step": "a", "wait": "tea"}]}]},
            "'tea' is no wait",
        ),
        ({"steps": ["a"]}, "not a mapping"),
    ],
)
def test_a_wrong_file_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        load_method("m", GOOD | change)


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(CatalogueError, match="missing field title"):
        load_method("m", {name: value for name, value in GOOD.items() if name != "title"})


def test_methods_are_no_rules() -> None:
    assert not set(methods()) & set(catalogue.rules())
    with pytest.raises(catalogue.UnknownRule):
        catalogue.rule("zsk-prepublish")


def test_events_are_plain_values() -> None:
    made = plan_of("zsk-prepublish", setup_for("zsk-prepublish", **ORACLE))
    assert all(isinstance(event, Event) for event in made.events)
    assert made.methods == ("zsk-prepublish",)
