"""What is said about a proof: the window, the combination, and the first date that would do no harm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint.findings import Finding
from zonelint.rollover import findings
from zonelint.rollover.findings import earliest_safe, judge, length, span_in_words
from zonelint.rollover.model import Action, Event, Key, Number, Plan, Role, RrsetClass, State
from zonelint.rollover.prove import Validator, prove
from zonelint.rollover.timeline import BEGINNING, FOREVER
from zonelint.times import to_text

T0 = 1_800_000_000
START = State(
    ds=frozenset({"k1"}), dnskey=frozenset({"k1", "z1"}), dnskey_signers=frozenset({"k1"}),
    zone_signers=frozenset({"z1"}),
)  # fmt: skip
KEYS = {
    name: Key(name, Role.ksk if name[0] == "k" else Role.zsk, 13) for name in ("k1", "k2", "z1", "z2", "z3")
}


def a_plan(events: list[Event], data: int = 40, **numbers: int) -> Plan:
    """Make a plan with the small numbers of the research notes: D=3, DP=5, Tk=20, Ts=40, Td=30."""
    values = {"zone-propagation": 3, "parent-propagation": 5, "dnskey-ttl": 20, "ds-ttl": 30, "ds-negative-ttl": 10}
    values |= {name.replace("_", "-"): value for name, value in numbers.items()}
    inputs = {name: Number(value, "test") for name, value in values.items()}
    return Plan("example.", (), dict(KEYS), START, events, inputs, (RrsetClass("data", data),))


def prepublish(publish: int, sign: int, remove: int) -> list[Event]:
    """Roll z1 over to z2."""
    return [
        Event(publish, Action.publish_key, "z2", step="publish"),
        Event(sign, Action.sign_zone, "z2", step="sign"),
        Event(sign, Action.stop_signing_zone, "z1", step="sign"),
        Event(remove, Action.remove_key, "z1", step="remove"),
    ]


def said(plan: Plan, rule: str = "rollover-bogus-window") -> list[str]:
    """Give the messages of one rule."""
    return [found.message for found in judge(plan, prove(plan), T0) if found.rule == rule]


def test_a_safe_plan_has_nothing_to_say() -> None:
    plan = a_plan(prepublish(T0, T0 + 23, T0 + 66))
    assert judge(plan, prove(plan), T0, pending=True, sizes=[(0, 300), (T0, 1232)]) == []


@settings(max_examples=40, deadline=None)
@given(
    propagation=st.integers(0, 500), key_ttl=st.integers(0, 2000), data_ttl=st.integers(0, 2000),
    early=st.integers(1, 5000), late=st.integers(0, 50),
)  # fmt: skip
def test_the_advice_is_the_formula(propagation: int, key_ttl: int, data_ttl: int, early: int, late: int) -> None:
    ready = T0 + propagation + key_ttl
    sign = max(T0 + 1, ready - early)
    remove = max(sign, ready) + propagation + data_ttl + late
    plan = a_plan(prepublish(T0, sign, remove), data_ttl, zone_propagation=propagation, dnskey_ttl=key_ttl)
    verdict = prove(plan)[Validator.lenient]
    if sign >= ready:
        assert verdict.bogus == ()
        return
    group = [event for event in plan.events if event.step == "sign"]
    assert earliest_safe(plan, verdict.bogus[0], Validator.lenient, group) == ready
    assert said(plan)[0].endswith(f"sign-zone z2, stop-signing-zone z1: safe from {to_text(ready)}")


def test_each_window_has_advice_of_its_own() -> None:
    plan = a_plan(prepublish(T0, T0 + 10, T0 + 30))
    first, second = said(plan)
    assert f"safe from {to_text(T0 + 23)}" in first
    assert f"remove-key z1: safe from {to_text(T0 + 53)}" in second


def test_a_swap_at_once_is_never_safe_at_a_later_date() -> None:
    events = [
        Event(T0, Action.publish_key, "z2", step="swap"),
        Event(T0, Action.remove_key, "z1", step="swap"),
        Event(T0, Action.sign_zone, "z2", step="swap"),
        Event(T0, Action.stop_signing_zone, "z1", step="swap"),
    ]
    (message,) = said(a_plan(events))
    # F1 of the research notes: [T, T + D + max(Tk, Ts))
    assert f"from {to_text(T0)} to {to_text(T0 + 43)} (43s) for every validator" in message
    assert "the data are signed by z1, not in the DNSKEY set" in message
    assert "the data are signed by z2, not in the DNSKEY set" in message
    assert message.endswith("; a later date does not help, it takes more steps")


def test_a_window_without_end_has_no_safe_date() -> None:
    (message,) = said(a_plan([Event(T0, Action.remove_key, "z1")]))
    assert f"bogus from {to_text(T0)} on, for ever" in message
    assert "safe from" not in message


def test_two_steps_at_one_time_are_told_apart() -> None:
    events = sorted(
        [*prepublish(T0, T0 + 10, T0 + 100), Event(T0 + 10, Action.publish_key, "k2", step="other")],
        key=lambda event: event.at,
    )
    (message,) = said(a_plan(events))
    assert "; sign-zone z2, stop-signing-zone z1: safe from" in message


def test_an_event_that_nobody_sees_opens_no_window() -> None:
    events = [*prepublish(T0, T0 + 10, T0 + 100)]
    events.insert(1, Event(T0 + 10, Action.destroy_key, "z3", step="other"))
    assert "destroy" not in said(a_plan(events))[0]


def test_a_window_of_several_classes_is_said_once() -> None:
    plan = a_plan(prepublish(T0, T0 + 10, T0 + 100))
    assert all(len(verdict.bogus) == 1 for verdict in prove(plan).values())
    assert len(said(plan)) == 1


def test_only_what_the_reason_is_about_is_described() -> None:
    events = [
        Event(T0, Action.publish_key, "k2"), Event(T0, Action.sign_dnskey, "k2"),
        Event(T0 + 23, Action.add_ds, "k2"), Event(T0 + 23, Action.remove_ds, "k1"),
        Event(T0 + 50, Action.remove_key, "k1"),
    ]  # fmt: skip
    (message,) = said(a_plan(events))
    assert f"DS set of k1 (in caches until {to_text(T0 + 58)}) with DNSKEY set of k2, z1" in message
    assert "data" not in message
    assert message.endswith(f"remove-key k1: safe from {to_text(T0 + 58)}")


def test_a_lapse_ends_when_the_absence_has_left_the_caches() -> None:
    # F17 of the research notes: insecure until Tnew + DP + the negative TTL of the parent
    events = [Event(T0, Action.remove_ds, "k1"), Event(T0 + 60, Action.add_ds, "k1")]
    (message,) = said(a_plan(events), "rollover-lapse")
    assert message.startswith(f"insecure from {to_text(T0)} to {to_text(T0 + 75)} (1m15s): no DS set")


def test_what_is_insecure_for_good_is_no_lapse() -> None:
    plan = a_plan([Event(T0, Action.remove_ds, "k1")])
    assert prove(plan)[Validator.lenient].insecure
    assert judge(plan, prove(plan), T0) == []


def dated(plan: Plan, now: int, **options: object) -> list[Finding]:
    """Give the findings about dates."""
    found = judge(plan, prove(plan), now, **options)  # type: ignore[arg-type]
    return [each for each in found if each.rule in ("rollover-due", "rollover-overdue")]


def test_dates() -> None:
    plan = a_plan(prepublish(T0, T0 + 23, T0 + 66))
    assert dated(plan, T0 + 1000) == []
    assert dated(plan, T0, pending=True) == []
    assert [each.message for each in dated(plan, T0 + 24, pending=True)] == [
        f"publish was due at {to_text(T0)}, 24s ago, and is not done",
        f"sign was due at {to_text(T0 + 23)}, 1s ago, and is not done",
    ]
    assert [each.message for each in dated(plan, T0 + 23, due=42)] == [f"sign is due now, at {to_text(T0 + 23)}"]
    assert len(dated(plan, T0 + 23, due=43)) == 2


def test_a_ttl_of_the_past_is_nothing_to_be_done() -> None:
    plan = a_plan([Event(T0, Action.set_ttl, "dnskey", 20), *prepublish(T0 + 100, T0 + 200, T0 + 300)])
    assert dated(plan, T0 + 50, pending=True) == []


def test_answers_that_grow_are_said_once_for_each_limit() -> None:
    plan = a_plan(prepublish(T0, T0 + 23, T0 + 66))
    sizes = [(0, 1000), (T0, 1232), (T0 + 1, 1233), (T0 + 2, 1300), (T0 + 3, 1500), (T0 + 4, 1600)]
    found = [each.message for each in judge(plan, prove(plan), T0, sizes=sizes) if "large" in each.rule]
    assert [message.split(",")[0] for message in found] == [
        f"from {to_text(T0 + 1)} on the DNSKEY answer has 1233 octets",
        f"from {to_text(T0 + 3)} on the DNSKEY answer has 1500 octets",
    ]


def test_what_is_large_from_the_start_is_so_now() -> None:
    plan = a_plan([])
    (found,) = judge(plan, prove(plan), T0, sizes=[(0, 1300)])
    assert found.message.startswith("now the DNSKEY answer has 1300 octets, more than 1232")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (1, "1s"), (60, "1m"), (3661, "1h1m1s"), (86400, "1d"), (90061, "1d1h1m1s"), (604800, "7d")],
)
def test_lengths(seconds: int, text: str) -> None:
    assert length(seconds) == text


def test_spans_without_bounds() -> None:
    assert span_in_words(BEGINNING, FOREVER) == "at all times"
    assert span_in_words(BEGINNING, T0) == f"until {to_text(T0)}"
    assert span_in_words(T0, FOREVER) == f"from {to_text(T0)} on, for ever"


def test_many_windows_do_not_take_for_ever() -> None:
    events = [Event(T0, Action.publish_key, "z2")]
    for i in range(100):
        old, new = ("z1", "z2") if i % 2 == 0 else ("z2", "z1")
        at = T0 + 10_000 * (i + 1)
        events += [Event(at, Action.sign_zone, new), Event(at, Action.stop_signing_zone, old)]
        events += [Event(at + 20, Action.remove_key, old), Event(at + 5000, Action.publish_key, old)]
    messages = said(a_plan(events))
    assert len(messages) == 100
    assert sum("safe from" in message for message in messages) == findings._ADVISED
