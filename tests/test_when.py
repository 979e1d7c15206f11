"""When is it safe: each date against the test vectors of the peers, and against the prover to the second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from zonelint.rollover.model import Action, Event, Key, Number, Plan, Role, RrsetClass, Setup, State, apply
from zonelint.rollover.prove import Validator, is_safe, prove
from zonelint.rollover.when import What, WhenError, since_of, when

SINCE, LATER = 1_000_000, 1 << 33
HOUR, DAY = 3600, 86400

OLD_PAIR = State(
    ds=frozenset({"ksk-1"}), dnskey=frozenset({"ksk-1", "zsk-1"}), dnskey_signers=frozenset({"ksk-1"}),
    zone_signers=frozenset({"zsk-1"}),
)  # fmt: skip
OLD_CSK = State(*[frozenset({"csk-1"}) if name in ("ds", "dnskey", "dnskey_signers", "zone_signers") else frozenset()
                  for name in ("ds", "cds", "dnskey", "revoked", "dnskey_signers", "zone_signers")])  # fmt: skip


def setup_of(start: State, rrsets: Sequence[RrsetClass] = (), **numbers: int) -> Setup:
    """Make a setup by hand, with the numbers of TV22 of the research where nothing else is said."""
    given = {
        "zone-propagation": 3, "parent-propagation": 5, "dnskey-ttl": 20, "data-ttl": 40, "ds-ttl": 30,
        "denial-ttl": 10, "dnskey-negative-ttl": 10, "ds-negative-ttl": 30,
    } | {name.replace("_", "-"): value for name, value in numbers.items()}  # fmt: skip
    keys = {
        f"{role}-{n}": Key(f"{role}-{n}", Role(role), 13, 1000 * n + i, 68)
        for i, role in enumerate(("ksk", "zsk", "csk")) for n in (1, 2)
    }  # fmt: skip
    classes = rrsets or [RrsetClass("data", given["data-ttl"]), RrsetClass("denial", given["denial-ttl"], True)]
    inputs = {name: Number(value, "test") for name, value in given.items()}
    return Setup("example.org.", keys, start, inputs, tuple(classes))


def safe(setup: Setup, *events: Event) -> bool:
    plan = Plan(setup.zone, (), setup.keys, setup.start, list(events), setup.inputs, setup.rrsets)
    return is_safe(prove(plan))


def after(start: State, *events: Event) -> State:
    return apply(start, list(events))


def at(time: int, *actions: tuple[Action, str]) -> list[Event]:
    return [Event(time, action, key) for action, key in actions]


# --- exact to the second -------------------------------------------------------------------------------------

PUBLISH_KSK = ((Action.publish_key, "ksk-2"), (Action.sign_dnskey, "ksk-2"))
SWAP_DS = ((Action.add_ds, "ksk-2"), (Action.remove_ds, "ksk-1"))
SWAP_ZSK = ((Action.sign_zone, "zsk-2"), (Action.stop_signing_zone, "zsk-1"))
READY_KSK = after(OLD_PAIR, *at(0, *PUBLISH_KSK))
READY_ZSK = after(OLD_PAIR, *at(0, (Action.publish_key, "zsk-2")))
READY_CSK = after(OLD_CSK, *at(0, (Action.publish_key, "csk-2"), (Action.sign_dnskey, "csk-2")))
SWAP_CSK = ((Action.sign_zone, "csk-2"), (Action.stop_signing_zone, "csk-1"), (Action.add_ds, "csk-2"),
            (Action.remove_ds, "csk-1"))  # fmt: skip

Done = tuple[tuple[Action, str], ...]

CASES: list[tuple[str, What, str, State, Done, Done, int]] = [
    ("publish a KSK, submit its DS", What.submit_ds, "ksk-2", OLD_PAIR, PUBLISH_KSK, SWAP_DS, 23),
    ("publish a KSK, remove the old DS", What.remove_ds, "ksk-1",
     after(OLD_PAIR, *at(0, (Action.add_ds, "ksk-2"))), PUBLISH_KSK, ((Action.remove_ds, "ksk-1"),), 23),
    ("swap the DS, remove the old KSK", What.remove_key, "ksk-1", READY_KSK, SWAP_DS,
     ((Action.remove_key, "ksk-1"),), 35),
    ("swap the DS, stop signing with the old KSK", What.stop_signing, "ksk-1", READY_KSK, SWAP_DS,
     ((Action.stop_signing_dnskey, "ksk-1"),), 35),
    ("swap the DS, revoke the old KSK", What.revoke, "ksk-1", READY_KSK, SWAP_DS, ((Action.revoke_key, "ksk-1"),), 35),
    ("publish a ZSK, sign with it", What.sign, "zsk-2", OLD_PAIR, ((Action.publish_key, "zsk-2"),), SWAP_ZSK, 23),
    ("publish a ZSK, stop signing with the old", What.stop_signing, "zsk-1", OLD_PAIR,
     ((Action.publish_key, "zsk-2"),), SWAP_ZSK, 23),
    ("sign with a ZSK, remove the old", What.remove_key, "zsk-1", READY_ZSK, SWAP_ZSK,
     ((Action.remove_key, "zsk-1"),), 43),
    ("double signature, remove the old ZSK", What.remove_key, "zsk-1", OLD_PAIR,
     ((Action.publish_key, "zsk-2"), (Action.sign_zone, "zsk-2")),
     ((Action.remove_key, "zsk-1"), (Action.stop_signing_zone, "zsk-1")), 43),
    ("publish a CSK, sign with it", What.sign, "csk-2", OLD_CSK,
     ((Action.publish_key, "csk-2"), (Action.sign_dnskey, "csk-2")), SWAP_CSK, 23),
    ("swap a CSK, remove the old", What.remove_key, "csk-1", READY_CSK, SWAP_CSK,
     ((Action.remove_key, "csk-1"),), 43),
    ("remove the DS, unsign", What.unsign, "", OLD_CSK, ((Action.remove_ds, "csk-1"),),
     ((Action.remove_key, "csk-1"), (Action.stop_signing_zone, "csk-1"), (Action.remove_chain, "nsec")), 35),
]  # fmt: skip


NAMES = [case[0] for case in CASES]


@pytest.mark.parametrize(("what", "key", "start", "before", "step", "wait"), [case[1:] for case in CASES], ids=NAMES)
def test_a_second_earlier_fails(what: What, key: str, start: State, before: Done, step: Done, wait: int) -> None:
    start = replace(start, chains=frozenset({"nsec"}))
    first = at(SINCE, *before)
    setup = setup_of(start)
    now = replace(setup, start=after(start, *first))
    answer = when(what, now, key or None, SINCE, LATER)
    assert answer.at == SINCE + wait
    assert safe(setup, *first, *at(answer.at, *step))
    assert not safe(setup, *first, *at(answer.at - 1, *step))


@pytest.mark.parametrize(("what", "key", "start", "before"), [case[1:5] for case in CASES], ids=NAMES)
def test_now_is_safe_from_that_second_on(what: What, key: str, start: State, before: Done) -> None:
    setup = setup_of(after(start, *at(0, *before)))
    moment = when(what, setup, key or None, SINCE, LATER).at
    assert moment is not None
    assert when(what, setup, key or None, SINCE, moment).now_is_safe
    early = when(what, setup, key or None, SINCE, moment - 1)
    assert not early.now_is_safe
    assert early.at == moment


def test_first_signing_waits_for_unsigned_data_and_for_the_absence_of_keys() -> None:
    """F11: unsigned data or "no DNSKEY" may be in caches when the DS appears."""
    signed = ((Action.publish_key, "csk-1"), (Action.sign_dnskey, "csk-1"), (Action.sign_zone, "csk-1"),
              (Action.add_chain, "nsec"))  # fmt: skip
    for numbers, wait in (({}, 43), ({"dnskey_negative_ttl": 90}, 93), ({"denial_ttl": 70}, 73)):
        setup = setup_of(State(chains=frozenset()), **numbers)
        now = replace(setup, start=after(setup.start, *at(0, *signed)))
        answer = when("submit-ds", now, None, SINCE, LATER)
        assert answer.at == SINCE + wait
        assert safe(setup, *at(SINCE, *signed), *at(answer.at, (Action.add_ds, "csk-1")))
        assert not safe(setup, *at(SINCE, *signed), *at(answer.at - 1, (Action.add_ds, "csk-1")))


def test_a_ds_of_a_new_algorithm_waits_for_its_signatures() -> None:
    """F7e: for validators that want a signature by every algorithm of the DS set."""
    begun = at(SINCE, *PUBLISH_KSK, (Action.publish_key, "zsk-2"), (Action.sign_zone, "zsk-2"))
    setup = setup_of(OLD_PAIR)
    setup.keys |= {id_: replace(setup.keys[id_], algorithm=15) for id_ in ("ksk-2", "zsk-2")}
    answer = when("submit-ds", replace(setup, start=after(OLD_PAIR, *begun)), "ksk-2", SINCE, LATER)
    assert answer.at == SINCE + 43
    for early, windows in ((0, 0), (1, 1)):
        events = [*begun, *at(answer.at - early, *SWAP_DS)]
        plan = Plan(setup.zone, (), setup.keys, setup.start, events, setup.inputs, setup.rrsets)
        assert len(prove(plan)[Validator.strict_ds].bogus) == windows
    only_keys = after(OLD_PAIR, *at(0, *PUBLISH_KSK, (Action.publish_key, "zsk-2")))
    not_yet = when("submit-ds", replace(setup, start=only_keys), "ksk-2", SINCE, LATER)
    assert not_yet.at is None
    assert "algorithm 15" in not_yet.reason


# --- vectors of the peers ----------------------------------------------------------------------------------------


def of_bind(dk: int, ds: int, mz: int, pp: int, zp: int, ps: int, rs: int, delay: int = 0) -> dict[str, int]:
    return {
        "dnskey_ttl": dk, "ds_ttl": ds, "data_ttl": mz, "denial_ttl": 0, "parent_propagation": pp,
        "zone_propagation": zp, "publish_safety": ps, "retire_safety": rs, "sign_delay": delay,
    }  # fmt: skip


TV1 = of_bind(3600, 86400, 86400, 3600, 3600, 86400, 172800, 7 * DAY)
TV3 = of_bind(7200, 3600, 86400, 3600, 3600, 86400, 172800)
TV9 = of_bind(3600, 86400, 86400, 3600, 300, 3600, 3600, 9 * DAY)
TV8 = of_bind(7200, 86400, 86400, 3600, 300, 0, 0)


@pytest.mark.parametrize(
    ("numbers", "what", "key", "start", "wait"),
    [
        # bin/tests/system/rollover of BIND, by TV1, TV2, TV3, TV8 and TV9 of the research
        (TV1, What.sign, "zsk-2", READY_ZSK, 93600),
        (TV1, What.remove_key, "zsk-1", after(READY_ZSK, *at(0, *SWAP_ZSK)), 867600),
        (TV1 | {"sign_delay": 0}, What.remove_key, "zsk-1", after(READY_ZSK, *at(0, *SWAP_ZSK)), 262800),
        (TV3, What.submit_ds, "ksk-2", READY_KSK, 97200),
        (TV3, What.remove_key, "ksk-1", after(READY_KSK, *at(0, *SWAP_DS)), 180000),
        (TV8, What.unsign, None, replace(OLD_PAIR, ds=frozenset()), 90000),
        (TV9, What.sign, "zsk-2", READY_ZSK, 7500),
        (TV9, What.remove_key, "zsk-1", after(READY_ZSK, *at(0, *SWAP_ZSK)), 867900),
        (TV9, What.remove_key, "ksk-1", after(READY_KSK, *at(0, *SWAP_DS)), 93600),
        (TV9, What.destroy_key, "zsk-1", replace(OLD_CSK), 3900),
    ],
)
def test_dates_of_bind(numbers: dict[str, int], what: What, key: str | None, start: State, wait: int) -> None:
    assert when(what, setup_of(start, **numbers), key, SINCE, LATER).at == SINCE + wait


@pytest.mark.parametrize(
    ("ttl", "itrp", "irev"),
    # TV21 of the research, RFC 7583 section 3.3.4; Irev is Dprp + MQI
    [(172800, 2764800, 86400), (3600, 2599200, 3600), (7200, 2599200, 3600), (60 * DAY, 60 * DAY, 15 * DAY)],
)
def test_dates_of_rfc_5011(ttl: int, itrp: int, irev: int) -> None:
    start = replace(READY_KSK, ds=frozenset(), anchors=frozenset({"ksk-1", "ksk-2"}))
    setup = setup_of(start, dnskey_ttl=ttl, zone_propagation=0, hold_down=30 * DAY)
    assert when("revoke", setup, "ksk-1", SINCE, LATER).at == SINCE + itrp
    revoked = replace(setup, start=after(start, *at(0, (Action.revoke_key, "ksk-1"))))
    assert when("remove-key", revoked, "ksk-1", SINCE, LATER).at == SINCE + irev


# --- earlier TTLs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "wait"), [(SINCE - 1000, 23), (SINCE - 181, 23), (SINCE - 180, 23), (SINCE - 179, 24), (SINCE, 203)]
)
def test_what_was_served_with_a_larger_ttl_counts(until: int, wait: int) -> None:
    """F8: the TTL was lowered from 200 to 20; caches may hold the old set until then + D + 200."""
    numbers = {"was_dnskey_ttl": 200, "was_dnskey_ttl_until": until}
    assert when("sign", setup_of(READY_ZSK, **numbers), "zsk-2", SINCE, LATER).at == SINCE + wait


def test_a_larger_ttl_of_other_records_does_not_count() -> None:
    numbers = {"was_data_ttl": 999, "was_data_ttl_until": SINCE, "was_ds_ttl": 999, "was_ds_ttl_until": SINCE}
    assert when("sign", setup_of(READY_ZSK, **numbers), "zsk-2", SINCE, LATER).at == SINCE + 23


# --- not yet, and at any time ------------------------------------------------------------------------------------

ANCHORED = replace(READY_KSK, ds=frozenset(), anchors=frozenset({"ksk-1"}))


@pytest.mark.parametrize(
    ("what", "key", "start", "reason"),
    [
        ("submit-ds", "ksk-2", OLD_PAIR, "the key is not in the DNSKEY set"),
        ("submit-ds", "ksk-2", after(OLD_PAIR, *at(0, PUBLISH_KSK[0])), "the key does not sign the DNSKEY set"),
        ("submit-ds", "ksk-1", ANCHORED, "it has no DS"),
        ("remove-ds", "ksk-1", after(OLD_PAIR, *at(0, (Action.add_ds, "ksk-2"))), "no other key that the parent"),
        ("sign", "zsk-2", OLD_PAIR, "the key is not in the DNSKEY set"),
        ("stop-signing", "zsk-1", OLD_PAIR, "no other key is there that could sign the zone"),
        ("stop-signing", "ksk-1", OLD_PAIR, "no other key that resolvers are led to"),
        ("remove-key", "zsk-1", OLD_PAIR, "the key signs the zone, and no other does"),
        ("remove-key", "zsk-1", READY_ZSK, "the key signs the zone, and no other does"),
        ("remove-key", "ksk-1", READY_KSK, "no other key that resolvers are led to"),
        ("remove-key", "ksk-1", ANCHORED, "no other key that resolvers are led to"),
        ("remove-key", "ksk-1", replace(ANCHORED, anchors=frozenset({"ksk-1", "ksk-2"})), "revoke it first"),
        ("remove-key", "csk-1", OLD_CSK, "the key signs the zone, and no other does"),
        ("remove-key", "csk-1", after(READY_CSK, *at(0, SWAP_CSK[0])), "stop that first"),
        ("revoke", "ksk-1", OLD_PAIR, "no other key that resolvers are led to"),
        ("revoke", "csk-1", after(READY_CSK, *at(0, (Action.add_ds, "csk-2"))), "good for nothing but itself"),
        ("unsign", None, ANCHORED, "it cannot go unsigned"),
        ("destroy-key", "zsk-1", OLD_PAIR, "the key is in the DNSKEY set"),
        ("destroy-key", "zsk-1", after(OLD_PAIR, *at(0, (Action.remove_key, "zsk-1"))), "has signatures by the key"),
    ],
)
def test_something_else_has_to_happen_first(what: str, key: str | None, start: State, reason: str) -> None:
    answer = when(what, setup_of(start), key, None, LATER)
    assert reason in answer.reason
    assert answer.at is None
    assert not answer.now_is_safe
    assert ": not yet: " in answer.line


@pytest.mark.parametrize(
    ("what", "key", "start"),
    [
        ("sign", "ksk-2", OLD_PAIR),
        ("remove-ds", "ksk-1", OLD_PAIR),
        ("revoke", "ksk-1", after(READY_KSK, *at(0, (Action.revoke_key, "ksk-1")))),
    ],
)
def test_nothing_depends_on_it(what: str, key: str, start: State) -> None:
    answer = when(what, setup_of(start), key, None, LATER)
    assert answer.now_is_safe
    assert answer.at == LATER


@pytest.mark.parametrize(("what", "key"), [("remove-key", "ksk-1"), ("unsign", None), ("stop-signing", "ksk-1")])
def test_a_ds_that_is_known_to_be_there_forbids_it(what: str, key: str | None) -> None:
    both = setup_of(replace(READY_KSK, ds=frozenset({"ksk-1", "ksk-2"})))
    assert when(what, both, key, SINCE, LATER, ds_known=True).at is None
    assert when(what, both, key, SINCE, LATER, ds_known=False).at is not None


def test_signatures_of_a_new_algorithm_come_before_its_key() -> None:
    setup = setup_of(OLD_PAIR)
    setup.keys["zsk-2"] = replace(setup.keys["zsk-2"], algorithm=15)
    assert when("sign", setup, "zsk-2", None, LATER).now_is_safe


# --- which key, since when ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["zsk-2", "2001", "Kexample.org.+013+02001", "/keys/Kexample.org.+013+02001.private"])
def test_a_key_is_named_by_id_tag_or_file(name: str) -> None:
    answer = when("sign", setup_of(READY_ZSK), name, SINCE, LATER)
    assert (answer.key, answer.at) == ("zsk-2", SINCE + 23)


@pytest.mark.parametrize(
    ("what", "start", "key"),
    [
        ("sign", READY_ZSK, "zsk-2"),
        ("submit-ds", READY_KSK, "ksk-2"),
        ("remove-key", after(READY_ZSK, *at(0, *SWAP_ZSK)), "zsk-1"),
        ("stop-signing", READY_ZSK, "zsk-1"),
        ("remove-ds", OLD_PAIR, "ksk-1"),
    ],
)
def test_the_only_key_in_question_need_not_be_named(what: str, start: State, key: str) -> None:
    setup = setup_of(start)
    used = start.dnskey | start.ds
    setup.keys = {id_: each for id_, each in setup.keys.items() if id_ in used}
    assert when(what, setup, None, SINCE, LATER).key == key


@pytest.mark.parametrize(
    ("what", "key", "since", "message"),
    [
        ("destroy", None, SINCE, "there is no step destroy: the steps are submit-ds, remove-ds, "),
        ("sign", "zsk-9", SINCE, "there is no key zsk-9: the keys are ksk-1 (tag 1000), "),
        ("sign", None, SINCE, "no key is there for sign: the keys are ksk-1 (tag 1000), "),
        ("revoke", None, SINCE, None),
        ("unsign", None, None, "say with --since TIME when the last DS record was seen to be gone"),
        ("unsign", None, 253402300799, "unsign: the date lies behind the year 9999"),
    ],
)
def test_a_question_that_cannot_be_answered(what: str, key: str | None, since: int | None, message: str | None) -> None:
    setup = setup_of(OLD_PAIR)
    if message is None:
        assert when(what, setup, key, since, LATER).key == "ksk-1"
        return
    with pytest.raises(WhenError, match=re.escape(message)):
        when(what, setup, key, since, LATER)


def test_one_of_several_keys_must_be_named() -> None:
    with pytest.raises(WhenError, match=r"say which key with --key: ksk-1 \(tag 1000\), ksk-2 \(tag 2000\)"):
        when("revoke", setup_of(READY_KSK), None, SINCE, LATER)
    setup = setup_of(READY_KSK)
    setup.keys["ksk-2"] = replace(setup.keys["ksk-2"], tag=1000)
    with pytest.raises(WhenError, match="key 1000 may be one of"):
        when("revoke", setup, "1000", SINCE, LATER)


def test_a_destroyed_key_need_not_be_in_the_zone_any_more() -> None:
    setup = setup_of(OLD_CSK)
    setup.keys = {"csk-1": setup.keys["csk-1"]}
    assert when("destroy-key", setup, "4711", SINCE, LATER).at == SINCE + 23
    assert when("destroy-key", setup, None, SINCE, LATER).at == SINCE + 23


@pytest.mark.parametrize(
    ("what", "key", "start", "expected"),
    [
        ("sign", "zsk-2", READY_ZSK, 201),
        ("submit-ds", "ksk-2", READY_KSK, 200),
        ("remove-key", "zsk-1", after(READY_ZSK, *at(0, *SWAP_ZSK)), 115),
        ("stop-signing", "zsk-1", after(READY_ZSK, *at(0, SWAP_ZSK[0])), 211),
        ("destroy-key", "zsk-1", OLD_CSK, 125),
        ("remove-key", "ksk-1", after(READY_KSK, *at(0, *SWAP_DS)), None),
        ("unsign", None, OLD_PAIR, None),
        ("remove-ds", "ksk-1", READY_KSK, None),
        ("sign", "ksk-2", READY_KSK, None),
    ],
)
def test_since_when_by_the_key_files(what: str, key: str | None, start: State, expected: int | None) -> None:
    """What happened at the parent is not in key files; all else is."""
    times = {
        "ksk-1": {"Publish": 100, "Activate": 110, "Inactive": 114, "Delete": 124},
        "zsk-1": {"Publish": 101, "Activate": 111, "Inactive": 115, "Delete": 125},
        "ksk-2": {"Publish": 200, "Activate": 210},
        "zsk-2": {"Publish": 201, "Activate": 211},
    }  # fmt: skip
    assert since_of(what, setup_of(start), key, times) == expected


def test_a_key_without_metadata_tells_nothing() -> None:
    assert since_of("sign", setup_of(READY_ZSK), "zsk-2", {}) is None
    assert since_of("sign", setup_of(READY_ZSK), "zsk-2", {"zsk-2": {"Publish": None}}) is None


# --- words -------------------------------------------------------------------------------------------------------


def test_the_line_has_date_formula_and_reason() -> None:
    answer = when("remove-key", setup_of(after(READY_KSK, *at(0, *SWAP_DS)), **TV9), "ksk-1", 0, 0)
    assert answer.line == (
        "remove-key ksk-1: not before 1970-01-02T02:00:00Z: 1970-01-01T00:00:00Z + Iret = DprpP + TTLds + "
        "retire-safety = 3600 + 86400 + 3600 = 93600 s, limited by DS TTL, 86400 s "
        "(until then some resolvers hold the DS set of before)"
    )
    assert answer.refs == ("RFC 7583 section 3.3.1",)
    assert "remove-key ksk-1: now, since 1970-01-02T02:00:00Z" in when(
        "remove-key", setup_of(after(READY_KSK, *at(0, *SWAP_DS)), **TV9), "ksk-1", 0, 93600
    ).line


