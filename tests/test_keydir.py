"""Directories of key files: the timetable they amount to, its faults, and what comes next.

TV numbers are those of BIND's own tests: TV18 is bin/tests/system/coverage (removed in 2020), TV10 and TV26 are
tests_rollover_three_is_a_crowd.py and tests_rollover_lifetime_reconfig.py, TV27 that of
dnssec-settime -S.
"""

from __future__ import annotations

import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keydirs import KeyDir, at, public_key, stamp

from zonelint import catalogue
from zonelint.dnssec.keys import key_tag
from zonelint.findings import Place
from zonelint.keys.fields import STATE_TIMES, read_time
from zonelint.keys.keyfiles import read_key_directory, read_state
from zonelint.keys.model import KeyFile, PublicPart
from zonelint.names import key_from_text
from zonelint.rollover.keydir import COLUMNS, RULES, KeyDirError, KeyDirReport, judge, judge_all, judge_keys, timetable
from zonelint.rollover.keydirs.life import time_of
from zonelint.rollover.model import Action, Key, Number, Role, RrsetClass, Setup, State
from zonelint.rollover.prove import Validator, prove

DAY = 86400
NOW = at("2026-06-01")
LONG = {"P": "Publish", "A": "Activate", "I": "Inactive", "D": "Delete", "R": "Revoke"}
OLD = ("-P", "20250101000000", "-A", "20250101000000")
IPUB, IRET, IDS = 3900, 86700, 90000
"""With the defaults of dnssec-policy and a DNSKEY TTL of 3600 s: 300 + 3600, 300 + 86400, 3600 + 86400."""


@pytest.fixture
def keys(tmp_path: Path) -> KeyDir:
    return KeyDir(tmp_path / "keys")


def judged(keys: KeyDir, now: int = NOW, until: int | None = None, setup: Setup | None = None) -> KeyDirReport:
    return judge(str(keys.folder), setup, now, until, ds_known=bool(setup and setup.start.ds))


def rules(report: KeyDirReport) -> list[str]:
    return sorted(found.rule for found in report.findings)


def windows(report: KeyDirReport, now: int = NOW, validator: Validator = Validator.lenient) -> list[tuple[int, int]]:
    """Give the bogus windows that are not over."""
    return [(w.start, w.end) for w in prove(report.plan)[validator].bogus if w.end > now]


def events(report: KeyDirReport, *actions: Action) -> list[tuple[str, int, str]]:
    return [(e.action.value, e.at, e.key) for e in report.plan.events if not actions or e.action in actions]


def days(number: float) -> str:
    return stamp(NOW + int(number * DAY))


def dated(keys: KeyDir, flag: str = "", **dates: float) -> str:
    """Make a key with dates in days from now."""
    options = [part for name, day in dates.items() for part in (f"-{name}", days(day))]
    return keys.keygen(*(["-f", flag] if flag else []), *options)


def old_pair(keys: KeyDir) -> tuple[str, str]:
    return keys.ksk(*OLD), keys.zsk(*OLD)


def silent(report: KeyDirReport, now: int = NOW) -> None:
    """Demand that nothing at all is said, by the findings and by the prover."""
    assert [(f.rule, f.message) for f in report.findings] == []
    for validator in Validator:
        assert windows(report, now, validator) == []


# Good directories.


def test_two_old_keys_are_no_news(keys: KeyDir) -> None:
    old_pair(keys)
    report = judged(keys)
    silent(report)
    assert events(report) == []
    assert {each.event for each in report.next_events} == {"nothing planned"}


def test_a_prepublished_chain_is_good(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-60, A=-30, I=0.5, D=40)
    dated(keys, P=-10, A=0.5, I=30, D=60)
    dated(keys, P=20, A=30)
    report = judged(keys)
    assert rules(report) in ([], ["key-rollovers-overlap"])
    assert windows(report) == []


def test_exactly_the_waits_are_enough_and_a_second_less_is_not(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    old = keys.zsk(*OLD, "-I", days(10), "-D", stamp(NOW + 10 * DAY + IRET))
    new = keys.zsk("-P", stamp(NOW + 10 * DAY - IPUB), "-A", days(10))
    silent(judged(keys))
    keys.settime(new, "-P", stamp(NOW + 10 * DAY - IPUB + 1))
    early = judged(keys)
    assert rules(early) == ["key-active-early"]
    assert windows(early) == [(NOW + 10 * DAY, NOW + 10 * DAY + 1)]
    keys.settime(new, "-P", stamp(NOW + 10 * DAY - IPUB))
    keys.settime(old, "-D", stamp(NOW + 10 * DAY + IRET - 1))
    removed = judged(keys)
    assert rules(removed) == ["key-deleted-early"]
    assert windows(removed) == [(NOW + 10 * DAY + IRET - 1, NOW + 10 * DAY + IRET)]


def test_double_signature_needs_no_publication_in_advance(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-60, A=-60, I=20, D=20 + 1 / 24)
    dated(keys, P=10, A=10)
    silent(judged(keys))


@pytest.mark.parametrize("flag", ["", "KSK"])
def test_standby_keys_are_good(keys: KeyDir, flag: str) -> None:
    old_pair(keys)
    options = ["-f", flag] if flag else []
    keys.keygen(*options, "-P", days(-30), "-A", "none")
    keys.keygen(*options, "-P", days(3), "-A", "none")
    silent(judged(keys))


def test_keys_that_are_only_generated_are_good(keys: KeyDir) -> None:
    old_pair(keys)
    keys.keygen("-G")
    report = judged(keys)
    silent(report)
    assert "generated" in {each.state for each in report.next_events}


def test_an_offline_ksk_is_good(keys: KeyDir) -> None:
    ksk, _ = old_pair(keys)
    keys.path(ksk, ".private").unlink()
    silent(judged(keys))


def test_a_ksk_kept_elsewhere_is_taken_as_it_is(keys: KeyDir) -> None:
    dated(keys, P=-60, A=-30, I=10, D=20)
    dated(keys, P=5, A=10)
    report = judged(keys)
    silent(report)
    assert any("kept elsewhere" in note for note in report.plan.notes)


def test_one_csk_is_good(keys: KeyDir) -> None:
    csk = keys.ksk(*OLD)
    report = judged(keys)
    silent(report)
    assert report.plan.keys[csk].role == Role.csk
    assert report.plan.start.zone_signers == {csk}


def test_keys_without_dates_are_in_use(keys: KeyDir) -> None:
    for stem in old_pair(keys):
        keys.edit(stem, r"(?m)^(; )?(Created|Publish|Activate): .*\n", "")
    report = judged(keys)
    silent(report)
    assert {each.state for each in report.next_events} == {"active"}


def test_what_is_over_is_left_alone(keys: KeyDir) -> None:
    old_pair(keys)
    dated(keys, P=-300, A=-299.99, I=-200, D=-199.99)
    report = judged(keys)
    silent(report)
    assert len(report.next_events) == 2


def test_a_zone_that_is_signed_in_future_gets_its_ds_when_it_is_safe(keys: KeyDir) -> None:
    ksk = dated(keys, "KSK", P=5, A=5)
    dated(keys, P=5, A=5)
    report = judged(keys)
    silent(report)
    assert events(report, Action.add_ds) == [("add-ds", NOW + 5 * DAY + 86700, ksk)]


def test_an_algorithm_rollover_is_no_coverage_gap(keys: KeyDir) -> None:
    keys.ksk(*OLD, "-I", days(30), "-D", days(30))
    keys.zsk(*OLD, "-I", days(30), "-D", days(30))
    for options in (["-f", "KSK"], []):
        keys.keygen("-a", "ED25519", *options, "-P", days(5), "-A", days(5))
    report = judged(keys)
    assert "key-coverage-gap" not in rules(report)
    assert windows(report) == []


def test_a_horizon_hides_what_comes_after(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-60, A=-60, I=400, D=450)
    assert rules(judged(keys)) == ["key-coverage-gap"]
    report = judged(keys, until=NOW + 365 * DAY)
    silent(report)
    assert events(report) == []


def test_a_fault_that_is_over_is_not_proved_again(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-300, A=-300, I=-200, D=-200)
    dated(keys, P=-200, A=-200)
    report = judged(keys)
    assert report.findings == []
    assert prove(report.plan)[Validator.lenient].bogus == ()
    assert report.plan.events == []
    # an hour after the swap it is not over, and said to be so from its beginning
    swap = NOW - 200 * DAY
    recent = judged(keys, swap + 3600)
    assert "key-coverage-gap" not in rules(recent)
    assert [(w.start, w.end) for w in prove(recent.plan)[Validator.lenient].bogus] == [(swap, swap + IRET)]


def test_a_gap_that_is_over_is_left_alone(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-300, A=-300, I=-200, D=-150)
    dated(keys, P=-150, A=-150)
    silent(judged(keys))


# KSKs and their DS records.


def test_double_ksk_moves_the_ds_when_the_new_key_is_known(keys: KeyDir) -> None:
    old = keys.ksk(*OLD, "-I", days(20), "-D", days(20))
    new = keys.ksk("-P", days(10), "-A", days(10))
    keys.zsk(*OLD)
    report = judged(keys)
    silent(report)
    moved = NOW + 10 * DAY + IPUB
    assert events(report, Action.add_ds, Action.remove_ds) == [("remove-ds", moved, old), ("add-ds", moved, new)]
    told = next(each for each in report.next_events if each.key == old)
    assert (told.event, told.at, told.until) == ("remove ds", moved, NOW + 20 * DAY - IDS)
    assert told.waits_for == "you: the DS at the parent"


def test_keys_that_hand_over_at_once_have_both_ds_records(keys: KeyDir) -> None:
    old = keys.ksk(*OLD, "-I", days(20), "-D", days(30))
    new = keys.ksk("-P", days(10), "-A", days(20))
    keys.zsk(*OLD)
    report = judged(keys)
    silent(report)
    assert events(report, Action.add_ds, Action.remove_ds) == [
        ("add-ds", NOW + 20 * DAY - IDS, new),
        ("remove-ds", NOW + 20 * DAY + IPUB, old),
    ]


def measured(report: KeyDirReport, ds: tuple[str, ...]) -> Setup:
    """Make a setup as a measured zone gives it: the same keys with ids of its own."""
    ids = {key.id: f"{key.role}-{key.tag}" for key in report.plan.keys.values()}
    start = report.plan.start
    named = [frozenset(ids[key] for key in group) for group in (start.dnskey, start.dnskey_signers, start.zone_signers)]
    return Setup(
        "example.test.",
        {ids[key.id]: Key(ids[key.id], key.role, key.algorithm, key.tag) for key in report.plan.keys.values()},
        State(frozenset(ids[key] for key in ds), frozenset(), named[0], frozenset(), named[1], named[2]),
        {**report.plan.inputs, "dnskey-ttl": Number(3600, "zone")},
        (RrsetClass("data", 86400), RrsetClass("denial", 3600, negative=True)),
    )


def test_a_ds_that_is_not_at_the_parent_in_time(keys: KeyDir) -> None:
    old = keys.ksk(*OLD, "-I", days(0.5), "-D", days(30))
    new = keys.ksk("-P", days(-30), "-A", days(0.5))
    keys.zsk(*OLD)
    silent(judged(keys))
    late = judged(keys, setup=measured(judged(keys), (old,)))
    assert rules(late) == ["key-ds-swap-late"]
    assert windows(late) == [(NOW + DAY // 2, NOW + IDS)]
    silent(judged(keys, setup=measured(judged(keys), (old, new))))


def test_dates_of_the_ds_count_more_than_assumptions(keys: KeyDir) -> None:
    old = keys.ksk(*OLD, "-I", days(20), "-D", days(20))
    new = keys.ksk("-P", days(10), "-A", days(10))
    keys.settime(old, "-P", "ds", "20250201000000", "-D", "ds", days(15))
    keys.settime(new, "-P", "ds", days(15))
    keys.zsk(*OLD)
    report = judged(keys)
    silent(report)
    at_15 = NOW + 15 * DAY
    assert ("add-ds", at_15, new) in events(report)
    assert ("remove-ds", at_15, old) in events(report)
    keys.settime(old, "-I", stamp(at_15 + IDS - 1), "-D", stamp(at_15 + IDS - 1))
    short = judged(keys)
    assert rules(short) == ["key-ds-swap-late"]
    assert windows(short) == [(at_15 + IDS - 1, at_15 + IDS)]


def test_a_cds_before_the_key_is_ready(keys: KeyDir) -> None:
    old = keys.ksk(*OLD, "-P", "sync", "20250201000000", "-D", "sync", days(10))
    new = keys.ksk("-P", days(10), "-A", days(10), "-P", "sync", stamp(NOW + 10 * DAY + IPUB))
    keys.zsk(*OLD)
    keys.settime(old, "-D", "sync", stamp(NOW + 10 * DAY + IPUB), "-I", days(30), "-D", days(30))
    silent(judged(keys))
    keys.settime(old, "-D", "sync", days(10))
    keys.settime(new, "-P", "sync", days(10))
    early = judged(keys)
    assert rules(early) == ["key-cds-early"]
    assert windows(early) == [(NOW + 10 * DAY, NOW + 10 * DAY + IPUB)]


def test_a_revoked_key(keys: KeyDir) -> None:
    old = keys.ksk(*OLD, "-R", days(20), "-D", days(60))
    keys.ksk("-P", days(5), "-A", days(5))
    keys.zsk(*OLD)
    report = judged(keys)
    silent(report)
    assert ("revoke-key", NOW + 20 * DAY, old) in events(report)
    keys.settime(old, "-D", stamp(NOW + 20 * DAY + 3600))
    assert rules(judged(keys)) == ["key-revocation-short"]


def test_a_key_that_is_revoked_already(keys: KeyDir) -> None:
    old_pair(keys)
    old = keys.ksk(*OLD, "-D", days(60))
    done = subprocess.run(
        ["dnssec-revoke", "-K", str(keys.folder), str(keys.path(old, ""))], capture_output=True, text=True, check=True
    )
    revoked = Path(done.stdout.strip() or done.stderr.strip()).name
    for suffix in (".key", ".private"):
        keys.path(old, suffix).unlink()
    report = judged(keys)
    assert windows(report) == []
    assert "key-coverage-gap" not in rules(report)
    assert {each.state for each in report.next_events if each.key == revoked} == {"revoked"}
    assert revoked not in report.plan.start.ds


# TV18: the corpus of dnssec-coverage; keys made now, months of 30 days, successors 30 days in advance.


def coverage_pair(
    keys: KeyDir, flag: str, *first: str, second: tuple[str, ...] = (), last: tuple[str, ...] = ()
) -> None:
    """A key of each role, that of `flag` with a successor; `second` and `last` change them afterwards."""
    other = [] if flag else ["-f", "KSK"]
    keys.keygen(*other)
    one = keys.keygen(*(["-f", flag] if flag else []), *first)
    two = keys.keygen("-S", str(keys.path(one)))
    if last:
        keys.settime(one, *last)
    if second:
        keys.settime(two, *second)


BASE = ("-I", "now+9mo", "-D", "now+1y")
COVERAGE = [
    pytest.param("KSK", BASE, (), (), [], id="good-ksk"),
    pytest.param("", BASE, (), (), [], id="good-zsk"),
    pytest.param("KSK", BASE, (), ("-I", "now+7mo"), ["key-coverage-gap"], id="01-none-active"),
    pytest.param("", BASE, (), ("-I", "now+7mo"), ["key-coverage-gap"], id="02-none-active"),
    pytest.param(
        "KSK", BASE, (), ("-D", "now+6mo"), ["key-coverage-gap", "key-dates-out-of-order"], id="03-none-published"
    ),
    pytest.param(
        "", BASE, (), ("-D", "now+6mo"), ["key-coverage-gap", "key-dates-out-of-order"], id="04-none-published"
    ),
    pytest.param(
        "KSK", BASE, (), ("-D", "now+8mo"), ["key-coverage-gap", "key-dates-out-of-order"], id="05-deleted-first"
    ),
    pytest.param(
        "", BASE, (), ("-D", "now+8mo"), ["key-coverage-gap", "key-dates-out-of-order"], id="06-deleted-first"
    ),
    pytest.param("", BASE, ("-P", "now+269d"), (), [], id="08-a-day-is-enough-for-an-hour"),
]


@pytest.mark.parametrize(("flag", "first", "second", "last", "expected"), COVERAGE)
def test_coverage(
    keys: KeyDir,
    flag: str,
    first: tuple[str, ...],
    second: tuple[str, ...],
    last: tuple[str, ...],
    expected: list[str],
) -> None:
    coverage_pair(keys, flag, *first, second=second, last=last)
    now = int(time.time())
    report = judged(keys, now)
    assert rules(report) == expected
    assert bool(windows(report, now)) == bool(expected)


def test_coverage_08_too_soon_for_a_week(keys: KeyDir) -> None:
    coverage_pair(keys, "", *BASE, second=("-P", "now+269d"))
    now = int(time.time())
    setup = measured(judged(keys, now), ())
    setup.inputs["dnskey-ttl"] = Number(7 * DAY, "option --dnskey-ttl")
    report = judged(keys, now, setup=setup)
    assert rules(report) == ["key-active-early", "key-ttl-mismatch", "key-ttl-mismatch", "key-ttl-mismatch"]


def test_coverage_11_the_horizon_is_before_the_end(keys: KeyDir) -> None:
    keys.ksk()
    keys.zsk("-I", "now+16mo", "-D", "now+16mo")
    now = int(time.time())
    assert "key-coverage-gap" not in rules(judged(keys, now, until=now + 365 * DAY))


def test_coverage_12_inactive_and_deleted_at_once(keys: KeyDir) -> None:
    keys.ksk()
    keys.zsk("-I", "now+40d", "-D", "now+40d")
    assert rules(judged(keys, int(time.time()))) == ["key-coverage-gap"]


def test_coverage_13_names_with_and_without_a_dot(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    keys.zsk(*OLD, zone="example.test.")
    silent(judged(keys))


def test_the_gap_is_named(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    stem = dated(keys, P=-60, A=-60, I=10, D=40)
    dated(keys, P=5, A=20)
    found = next(f for f in judged(keys).findings if f.rule == "key-coverage-gap")
    assert found.message == "no ZSK of algorithm 13 is active from 2026-06-11T00:00:00Z to 2026-06-21T00:00:00Z"
    assert found.place is not None
    text = Path(found.place.file).read_bytes()[found.place.start : found.place.end]
    assert text.startswith(b"; Inactive: 20260611000000")
    assert found.place.file == str(keys.path(stem))


# TV27: dnssec-settime -S and dnssec-keygen -i.


def test_a_successor_made_by_settime(keys: KeyDir) -> None:
    old_pair(keys)
    one = keys.zsk("-P", "now", "-A", "now", "-I", "now+120d", "-D", "now+150d")
    two = keys.keygen("-G")
    keys.settime(two, "-S", str(keys.path(one)))
    first, second = (only(keys, stem) for stem in (one, two))
    assert time_of(second, "Activate") == time_of(first, "Inactive")
    assert time_of(second, "Activate") - time_of(second, "Publish") == 30 * DAY  # type: ignore[operator]
    silent(judged(keys, int(time.time())), int(time.time()))


def test_the_prepublication_interval_of_keygen(keys: KeyDir) -> None:
    keys.ksk()
    one = keys.zsk("-I", "now+120d", "-D", "now+150d")
    two = keys.keygen("-S", str(keys.path(one)), "-i", "7d")
    second = only(keys, two)
    assert time_of(second, "Activate") - time_of(second, "Publish") == 7 * DAY  # type: ignore[operator]
    assert second.links == {"Predecessor": int(one[-5:])}
    assert only(keys, one).links == {"Successor": int(two[-5:])}
    silent(judged(keys, int(time.time())), int(time.time()))


def only(keys: KeyDir, stem: str) -> KeyFile:
    files, _ = read_key_directory(str(keys.folder))
    return next(file for file in files if file.path.endswith(stem))


# Dates of one key.


@pytest.mark.parametrize(
    ("dates", "rule"),
    [
        ({"P": 5, "A": 4}, "key-dates-out-of-order"),
        ({"P": 1, "A": 30, "I": 20, "D": 60}, "key-dates-out-of-order"),
        ({"P": 1, "A": 20, "I": 20, "D": 60}, "key-dates-out-of-order"),
        ({"P": 1, "A": 20, "I": 60, "D": 50}, "key-dates-out-of-order"),
    ],
)
def test_dates_that_do_not_make_sense(keys: KeyDir, dates: dict[str, float], rule: str) -> None:
    old_pair(keys)
    stem = public_key(keys.folder, {LONG[k]: NOW + int(v * DAY) for k, v in dates.items()}, 1)
    report = judged(keys)
    assert rules(report) == [rule]
    assert report.findings[0].place.file == str(keys.path(stem))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "dates",
    [
        {"P": 1, "A": 1},
        {"P": 1, "A": 2, "I": 30, "D": 60},
        {"P": 1},
        {"P": 1, "D": 20},
        # another key signs all the time
        {"A": 20},
        {"P": 1, "A": 20, "D": 50},
    ],
)
def test_dates_that_make_sense(keys: KeyDir, dates: dict[str, float]) -> None:
    old_pair(keys)
    public_key(keys.folder, {LONG[k]: NOW + int(v * DAY) for k, v in dates.items()}, 1)
    silent(judged(keys))


@pytest.mark.parametrize("missing", ["Inactive", "Publish"])
def test_a_date_that_is_missing(keys: KeyDir, missing: str) -> None:
    keys.ksk(*OLD)
    old = {"Publish": NOW - 60 * DAY, "Activate": NOW - 60 * DAY, "Inactive": NOW + 20 * DAY, "Delete": NOW + 30 * DAY}
    new = {"Publish": NOW + 10 * DAY, "Activate": NOW + 20 * DAY}
    del (old if missing == "Inactive" else new)[missing]
    if missing == "Inactive":
        new["Activate"] = NOW + 30 * DAY
    for seed, dates in enumerate((old, new)):
        public_key(keys.folder, dates, seed)
    report = judged(keys)
    assert rules(report) == ["key-date-missing"]
    assert report.findings[0].message.endswith(f"it has no {missing} date")
    assert len(windows(report)) == 1


def test_a_ksk_may_sign_until_it_is_deleted(keys: KeyDir) -> None:
    keys.ksk(*OLD, "-D", days(20))
    keys.ksk("-P", days(10), "-A", days(10))
    keys.zsk(*OLD)
    silent(judged(keys))


# Links, tags, TTLs.


def test_a_successor_that_is_not_there(keys: KeyDir) -> None:
    _, zsk = old_pair(keys)
    keys.edit(zsk, r"(Algorithm: .*\n)", r"\1Successor: 1\n")
    report = judged(keys)
    assert rules(report) == ["key-successor-mismatch"]
    assert "names 1 as its successor, and there is no such key here" in report.findings[0].message


def test_a_predecessor_whose_files_are_gone_is_good(keys: KeyDir) -> None:
    _, zsk = old_pair(keys)
    keys.edit(zsk, r"(Algorithm: .*\n)", r"\1Predecessor: 1\n")
    silent(judged(keys))


def test_links_that_are_not_mutual(keys: KeyDir) -> None:
    ksk, zsk = old_pair(keys)
    two = keys.zsk(*OLD)
    keys.edit(zsk, r"(Algorithm: .*\n)", rf"\1Successor: {int(two[-5:])}\n")
    assert "names no predecessor" in judged(keys).findings[0].message
    keys.edit(two, r"(Algorithm: .*\n)", rf"\1Predecessor: {int(zsk[-5:])}\n")
    silent(judged(keys))
    keys.edit(two, r"Predecessor: \d+", "Predecessor: 3")
    assert "names 3 as its predecessor" in judged(keys).findings[0].message
    keys.edit(zsk, r"Successor: \d+", f"Successor: {int(ksk[-5:])}")
    assert "which is a KSK" in judged(keys).findings[0].message


def test_a_circle_is_told_once(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    one, two = keys.zsk(*OLD), keys.zsk(*OLD)
    for a, b in ((one, two), (two, one)):
        tag = int(b[-5:])
        keys.edit(a, r"(Algorithm: .*\n)", rf"\1Predecessor: {tag}\nSuccessor: {tag}\n")
    report = judged(keys)
    assert rules(report) == ["key-successor-mismatch"]
    assert "in a circle" in report.findings[0].message


def test_a_tag_that_a_revoked_key_would_take(keys: KeyDir) -> None:
    old_pair(keys)
    tags: dict[int, int] = {}
    dates = {"Publish": NOW + DAY}
    for seed in range(20000):
        octets = random.Random(seed).randbytes(64)
        plain, revoked = (key_tag(flags.to_bytes(2, "big") + b"\x03\x0d" + octets) for flags in (257, 385))
        if revoked in tags:
            for each in (tags[revoked], seed):
                public_key(keys.folder, dates, each, flags=257)
            break
        tags[plain] = seed
    report = judged(keys)
    assert rules(report) == ["key-tag-shared"]
    assert "once one of them is revoked" in report.findings[0].message


def test_ttls_that_differ(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    keys.zsk(*OLD, ttl=7200)
    report = judged(keys)
    assert rules(report) == ["key-ttl-mismatch"]
    assert report.plan.inputs["dnskey-ttl"] == Number(7200, "TTL in the key files")


def test_keys_without_a_ttl_are_good(keys: KeyDir) -> None:
    keys.ksk(*OLD, ttl=None)
    keys.zsk(*OLD)
    silent(judged(keys))


# States of a key manager.


def managed(keys: KeyDir, **spelling: bool) -> tuple[str, str]:
    """A KSK and a ZSK at rest, as named leaves them."""
    ksk, zsk = old_pair(keys)
    since = at("2025-01-01")
    common = {"Generated": since, "Published": since, "Active": since, "Lifetime": 0}
    keys.state(
        ksk, **spelling, **common, KSK="yes", ZSK="no", PublishCDS=since + 2 * DAY, DSPublish=since + 3 * DAY,
        DNSKEYChange=since + DAY, KRRSIGChange=since + DAY, DSChange=since + 5 * DAY, DNSKEYState="omnipresent",
        KRRSIGState="omnipresent", DSState="omnipresent", GoalState="omnipresent",
    )  # fmt: skip
    keys.state(
        zsk, **spelling, **common, KSK="no", ZSK="yes", DNSKEYChange=since + DAY, ZRRSIGChange=since + 2 * DAY,
        DNSKEYState="omnipresent", ZRRSIGState="omnipresent", GoalState="omnipresent",
    )  # fmt: skip
    return ksk, zsk


@pytest.mark.parametrize("written", [True, False])
def test_states_at_rest_are_good_in_both_spellings(keys: KeyDir, written: bool) -> None:
    ksk, _ = managed(keys, written=written)
    report = judged(keys)
    silent(report)
    assert report.plan.start.ds == {ksk}
    assert time_of(only(keys, ksk), "SyncPublish") == at("2025-01-03")


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("SigPublish: 20260101000000 (x)", "SigPublish", at("2026-01-01")),
        ("ZRRSIGPublish: 20260101000000 (x)", "SigPublish", at("2026-01-01")),
        ("ZZRRSIGDelete: 20260101000000 (x)", "SigRemoved", at("2026-01-01")),
        ("SigRemoved: 20260101000000 (x)", "SigRemoved", at("2026-01-01")),
        ("DeleteCDS: 20260101000000 (x)", "SyncDelete", at("2026-01-01")),
        ("Retired: UNSET", "Inactive", None),
    ],
)
def test_fields_of_a_state_file(keys: KeyDir, line: str, name: str, value: int | None) -> None:
    _, zsk = managed(keys)
    with keys.path(zsk, ".state").open("a") as file:
        file.write(line + "\n")
    state = only(keys, zsk).state
    assert state.times[name] == value
    place = state.lines[name]
    assert Path(place.file).read_bytes()[place.start : place.end].decode() == line


def test_dates_unset_are_no_dates(keys: KeyDir) -> None:
    _, zsk = old_pair(keys)
    keys.settime(zsk, "-I", days(5), "-D", days(9))
    keys.settime(zsk, "-I", "none", "-D", "none")
    silent(judged(keys))


def pending(keys: KeyDir, since: int, **more: object) -> str:
    """A new KSK beside the managed pair, all caches knowing it, whose DS nobody has seen."""
    ksk, _ = managed(keys)
    new = keys.ksk("-P", stamp(since - 2 * DAY), "-A", stamp(since))
    fields: dict[str, object] = {
        "Lifetime": 0, "KSK": "yes", "ZSK": "no", "Predecessor": int(ksk[-5:]), "Generated": since - 2 * DAY,
        "Published": since - 2 * DAY, "Active": since, "PublishCDS": since, "DNSKEYChange": since - DAY,
        "KRRSIGChange": since - DAY, "DSChange": since, "DNSKEYState": "omnipresent", "KRRSIGState": "omnipresent",
        "DSState": "rumoured", "GoalState": "omnipresent",
    }  # fmt: skip
    keys.state(new, **{**fields, **more})
    text = keys.path(ksk, ".state").read_text()
    old = text.replace("DSState: omnipresent", "DSState: unretentive").replace(
        "GoalState: omnipresent", f"GoalState: hidden\nSuccessor: {int(new[-5:])}"
    )
    keys.path(ksk, ".state").write_text(old)
    return new


def test_a_machine_that_waits_for_the_ds(keys: KeyDir) -> None:
    new = pending(keys, NOW - 3 * DAY)
    report = judged(keys)
    assert rules(report) == ["key-ds-unconfirmed", "key-ds-unconfirmed"]
    messages = [found.message for found in report.findings]
    assert any("submit it, then rndc dnssec -checkds published" in message for message in messages)
    assert any("rndc dnssec -checkds withdrawn" in message for message in messages)
    told = next(each for each in report.next_events if each.key == new)
    assert (told.event, told.at) == ("DS omnipresent", None)
    assert "checkds published" in told.waits_for


def test_a_ds_that_was_asked_for_a_moment_ago(keys: KeyDir) -> None:
    pending(keys, NOW - 600)
    # the DSChange of the old key is from long ago in this fixture
    report = judged(keys)
    assert [f.message for f in report.findings if "is rumoured" in f.message] == []


def test_a_machine_that_does_not_run(keys: KeyDir) -> None:
    _, zsk = managed(keys)
    text = keys.path(zsk, ".state").read_text().replace("ZRRSIGState: omnipresent", "ZRRSIGState: rumoured")
    keys.path(zsk, ".state").write_text(text.replace(stamp(at("2025-01-03")), stamp(NOW - 5 * DAY)))
    report = judged(keys)
    assert "key-state-stuck" in rules(report)
    found = next(f for f in report.findings if f.rule == "key-state-stuck")
    assert "ZRRSIG of ZSK" in found.message
    assert "was to be omnipresent at 2026-05-28T00:05:00Z" in found.message


def test_a_machine_that_can_never_go_on(keys: KeyDir) -> None:
    """The only ZSK is to go, and nothing is there to take its place."""
    _, zsk = managed(keys)
    text = keys.path(zsk, ".state").read_text().replace("ZRRSIGState: omnipresent", "ZRRSIGState: unretentive")
    text = text.replace("DNSKEYState: omnipresent", "DNSKEYState: rumoured")
    keys.path(zsk, ".state").write_text(text.replace("GoalState: omnipresent", "GoalState: hidden"))
    assert "key-states-unsafe" in rules(judged(keys))
    text = keys.path(zsk, ".state").read_text().replace("ZRRSIGState: unretentive", "ZRRSIGState: omnipresent")
    keys.path(zsk, ".state").write_text(text.replace("DNSKEYState: rumoured", "DNSKEYState: omnipresent"))
    report = judged(keys, NOW)
    told = next(each for each in report.next_events if each.key == zsk)
    assert told.waits_for.startswith("another key (BIND's rule 3")
    with keys.path(zsk, ".state").open("a") as file:
        file.write(f"Retired: {stamp(NOW - 9 * DAY)} (x)\nRemoved: {stamp(NOW - 2 * DAY)} (x)\n")
    found = [f.message for f in judged(keys).findings if f.rule == "key-state-stuck"]
    assert len(found) == 1
    assert "can never be unretentive" in found[0]


def test_a_machine_that_is_on_its_way(keys: KeyDir) -> None:
    _, zsk = managed(keys)
    successor = keys.zsk("-P", stamp(NOW - 600), "-A", days(1))
    keys.state(
        successor, Lifetime=0, KSK="no", ZSK="yes", Predecessor=int(zsk[-5:]), Generated=NOW - 600, Published=NOW - 600,
        Active=NOW + DAY, DNSKEYChange=NOW - 600, ZRRSIGChange=NOW - 600, DNSKEYState="rumoured", ZRRSIGState="hidden",
        GoalState="omnipresent",
    )  # fmt: skip
    with keys.path(zsk, ".state").open("a") as file:
        file.write(f"Successor: {int(successor[-5:])}\nRetired: {days(1)} (x)\nRemoved: {days(20)} (x)\n")
    report = judged(keys)
    silent(report)
    told = next(each for each in report.next_events if each.key == successor)
    # TV9: Ipub of the default policy is 7500 s
    assert (told.event, told.at) == ("DNSKEY omnipresent", NOW - 600 + 7500)


def test_states_that_are_not_safe(keys: KeyDir) -> None:
    ksk, zsk = managed(keys)
    for stem, record in ((zsk, "ZRRSIG"), (ksk, "KRRSIG")):
        text = keys.path(stem, ".state").read_text()
        keys.path(stem, ".state").write_text(text.replace(f"{record}State: omnipresent", f"{record}State: hidden"))
    report = judged(keys)
    assert rules(report).count("key-states-unsafe") == 2


def test_states_that_contradict_the_zone(keys: KeyDir) -> None:
    ksk, zsk = managed(keys)
    setup = measured(judged(keys), (ksk,))
    silent(judged(keys, setup=setup))
    bare = measured(judged(keys), (ksk,))
    bare.start = State(bare.start.ds, frozenset(), bare.start.dnskey - {f"zsk-{int(zsk[-5:])}"}, frozenset(),
                       bare.start.dnskey_signers, frozenset())  # fmt: skip
    assert rules(judged(keys, setup=bare)) == ["key-state-contradicted", "key-state-mismatch"]


def test_three_is_a_crowd(keys: KeyDir) -> None:
    """TV10: a third KSK is published while the DS of the second is not known to be there."""
    second = pending(keys, NOW - 600)
    third = keys.ksk("-P", stamp(NOW), "-A", stamp(NOW + 97200))
    with keys.path(second, ".state").open("a") as file:
        file.write(f"Successor: {int(third[-5:])}\nRetired: {stamp(NOW + 97200)} (x)\n")
        file.write(f"Removed: {stamp(NOW + 277200)} (x)\n")
    keys.state(
        third, Lifetime=0, KSK="yes", ZSK="no", Predecessor=int(second[-5:]), Generated=NOW, Published=NOW,
        Active=NOW + 97200, DNSKEYChange=NOW, KRRSIGChange=NOW, DSChange=NOW, DNSKEYState="rumoured",
        KRRSIGState="rumoured", DSState="hidden", GoalState="omnipresent",
    )  # fmt: skip
    report = judged(keys)
    assert "key-states-unsafe" not in rules(report)
    # all three DNSKEYs stay
    assert [e for e in events(report, Action.remove_key) if e[1] < NOW + 97200] == []
    assert windows(report) == []


def lifetime(keys: KeyDir, seconds: int, retired: int | None) -> None:
    """TV26: a CSK whose policy gives it another lifetime."""
    csk = keys.ksk(*OLD)
    since = at("2025-12-01")
    fields: dict[str, object] = {} if retired is None else {"Retired": retired, "Removed": retired + 30 * DAY}
    keys.state(
        csk, Lifetime=seconds, KSK="yes", ZSK="yes", Generated=since, Published=since, Active=since, DSPublish=since,
        DNSKEYChange=since, ZRRSIGChange=since, KRRSIGChange=since, DSChange=since, DNSKEYState="omnipresent",
        ZRRSIGState="omnipresent", KRRSIGState="omnipresent", DSState="omnipresent", GoalState="omnipresent", **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "retired"), [(365 * DAY, 365 * DAY), (186 * DAY, 186 * DAY), (0, None), (DAY, None)]
)
def test_a_lifetime_that_fits(keys: KeyDir, seconds: int, retired: int | None) -> None:
    lifetime(keys, seconds, None if retired is None else at("2025-12-01") + retired)
    assert "key-lifetime-mismatch" not in rules(judged(keys))


def test_a_lifetime_in_other_months(keys: KeyDir) -> None:
    lifetime(keys, 186 * DAY, at("2025-12-01") + 180 * DAY)
    found = [f for f in judged(keys).findings if f.rule == "key-lifetime-mismatch"]
    assert len(found) == 1
    assert "6 months of 30 days (dnssec-settime) against 31 days (dnssec-policy)" in found[0].message


def test_a_key_that_named_has_not_seen_yet(keys: KeyDir) -> None:
    keys.keygen("-k", "default", ttl=None)
    now = int(time.time())
    report = judged(keys, now)
    silent(report, now)
    assert [(each.role, each.state) for each in report.next_events] == [(Role.csk, "active")]


def test_a_line_of_the_table(keys: KeyDir) -> None:
    new = pending(keys, NOW - 3 * DAY)
    line = next(each for each in judged(keys).next_events if each.key == new)
    assert len(line.cells) == len(COLUMNS)
    assert str(line) == (
        f"KSK {int(new[-5:])} (algorithm 13): DNSKEY omnipresent, DNSKEY signatures omnipresent, DS rumoured; next: "
        "DS omnipresent - the DS to be seen at the parent: submit it, then rndc dnssec -checkds published"
    )


def test_options_count_more_than_defaults(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-60, A=-60, I=20, D=22)
    dated(keys, P=10, A=20)
    silent(judged(keys))
    report = judge(str(keys.folder), None, NOW, None, options={"data-ttl": 3 * DAY})
    assert rules(report) == ["key-deleted-early"]
    assert report.plan.inputs["data-ttl"] == Number(3 * DAY, "option --data-ttl")


def test_trust_anchors_have_no_ds(keys: KeyDir) -> None:
    ksk, _ = old_pair(keys)
    setup = measured(judged(keys), ())
    setup.start = replace(setup.start, anchors=setup.start.dnskey_signers)
    report = judged(keys, setup=setup)
    silent(report)
    assert report.plan.start.anchors == {ksk}
    assert report.plan.start.ds == frozenset()


def test_assumed_ds_records_contradict_nothing(keys: KeyDir) -> None:
    ksk, _ = managed(keys)
    text = keys.path(ksk, ".state").read_text()
    keys.path(ksk, ".state").write_text(text.replace("DSState: omnipresent", "DSState: rumoured"))
    setup = measured(judged(keys), ())
    assert rules(judge(str(keys.folder), setup, NOW, None)) == ["key-state-stuck"]


@pytest.mark.parametrize("ago", [0, 3600, 2 * DAY, 10 * DAY])
def test_a_zsk_rollover_of_a_manager_is_good(keys: KeyDir, ago: int) -> None:
    """TV1, step 3: the new key signs since `ago`, the old one's signatures go."""
    _, zsk = managed(keys)
    swap = NOW - ago
    new = keys.zsk("-P", stamp(swap - DAY), "-A", stamp(swap))
    keys.state(
        new, Lifetime=0, KSK="no", ZSK="yes", Predecessor=int(zsk[-5:]), Generated=swap - DAY, Published=swap - DAY,
        Active=swap, DNSKEYChange=swap - DAY + 7500, ZRRSIGChange=swap, DNSKEYState="omnipresent",
        ZRRSIGState="rumoured", GoalState="omnipresent",
    )  # fmt: skip
    text = keys.path(zsk, ".state").read_text().replace("ZRRSIGState: omnipresent", "ZRRSIGState: unretentive")
    text = text.replace("GoalState: omnipresent", f"GoalState: hidden\nSuccessor: {int(new[-5:])}")
    text = text.replace(f"ZRRSIGChange: {stamp(at('2025-01-03'))}", f"ZRRSIGChange: {stamp(swap)}")
    keys.path(zsk, ".state").write_text(f"{text}Retired: {stamp(swap)} (x)\nRemoved: {stamp(swap + 867900)} (x)\n")
    report = judged(keys)
    silent(report)
    told = {each.key: (each.event, each.at) for each in report.next_events}
    # TV9: IretZ of the default policy is 867900 s
    assert told[new] == ("zone signatures omnipresent", swap + 867900)
    assert told[zsk] == ("zone signatures hidden", swap + 867900)


def test_a_ksk_rollover_of_a_manager_is_good(keys: KeyDir) -> None:
    """TV3, step 3: the DS was exchanged and everybody was told."""
    new = pending(keys, NOW - DAY, DSPublish=NOW - DAY + 600)
    old = next(path.stem for path in keys.folder.glob("*.state") if "DSState: unretentive" in path.read_text())
    text = keys.path(old, ".state").read_text()
    text = text.replace(f"DSChange: {stamp(at('2025-01-06'))}", f"DSChange: {stamp(NOW - DAY)}")
    keys.path(old, ".state").write_text(f"{text}DSRemoved: {stamp(NOW - DAY + 600)} (x)\n")
    report = judged(keys)
    silent(report)
    told = {each.key: (each.event, each.at) for each in report.next_events}
    # TV9: IretK of the default policy is 93600 s
    assert told[new] == ("DS omnipresent", NOW - DAY + 600 + 93600)
    assert told[old] == ("DS hidden", NOW - DAY + 600 + 93600)


# Findings and prover, which know nothing of each other, say the same.

SMALL = {
    "dnskey-ttl": 20, "ds-ttl": 30, "data-ttl": 40, "denial-ttl": 10, "zone-propagation": 3, "parent-propagation": 5,
    "dnskey-negative-ttl": 10, "ds-negative-ttl": 10,
}  # fmt: skip
BESIDE = {"key-rollovers-overlap", "key-tag-shared", "key-dates-out-of-order"}
"""Findings that need not be an outage."""


def made_up(octets: int, flags: int, dates: dict[str, int]) -> KeyFile:
    """A key with random octets and dates in seconds from now."""
    rdata = flags.to_bytes(2, "big") + b"\x03\x0d" + random.Random(octets).randbytes(64)
    name, place = key_from_text("example.test."), Place("K.key", 0, 1)
    public = PublicPart(place, place, name, rdata)
    timing = {field: NOW + second for field, second in dates.items()}
    return KeyFile(f"K{octets}", name, 13, public.tag, public, None, None, timing)


def random_chain(draw: random.Random, flags: int) -> list[KeyFile]:
    """Two or three keys that succeed each other with about the waits that they need."""
    chain, start, length = [], -3000, draw.choice((2, 3))
    for number in range(length):
        before = 0 if number == 0 else draw.choice((0, 5, 22, 23, 24, 30, 60, 100))
        dates = {"Publish": start - before, "Activate": start}
        following = (start if number else 0) + draw.randrange(20, 200)
        if number < length - 1 or draw.random() < 0.15:
            end = following + draw.choice((0, 0, 0, -10, 10, 22, 23, 50, 80))
            if draw.random() < 0.9:
                dates["Inactive"] = end
            dates["Delete"] = end + draw.choice((0, 10, 30, 34, 35, 42, 43, 44, 80))
        chain.append(made_up(draw.randrange(1 << 60), flags, dates))
        start = following
    return chain


@pytest.mark.parametrize("flags", [256, 257])
@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=150, deadline=None)
def test_findings_and_prover_agree(flags: int, seed: int) -> None:
    draw = random.Random(seed)
    other = made_up(1, 513 - flags, {"Publish": -5000, "Activate": -5000})
    now = NOW + draw.choice((0, 60, 120, 200))
    sign_delay = draw.choice((0, 15))
    report = judge_keys(
        [other, *random_chain(draw, flags)], None, now, None, options={**SMALL, "sign-delay": sign_delay}
    )
    told = {found.rule for found in report.findings} - BESIDE
    # KSKs that outlive their successors are left to the prover
    if flags == 256 or told:
        assert bool(windows(report, now)) == bool(told), (told, report.plan.events)


# Directories as they are found.


def test_zones_are_judged_by_themselves(keys: KeyDir) -> None:
    old_pair(keys)
    keys.ksk(*OLD, zone="other.test")
    keys.zsk(*OLD, "-I", days(5), "-D", days(9), zone="other.test")
    reports = {report.zone: report for report in judge_all(str(keys.folder), NOW, None)}
    assert rules(reports["example.test."]) == []
    assert rules(reports["other.test."]) == ["key-coverage-gap"]
    with pytest.raises(KeyDirError, match=r"keys of 2 zones \(example.test., other.test.\)"):
        judged(keys)
    silent(judged(keys, setup=measured(reports["example.test."], ())))


def test_half_a_file_is_a_finding(keys: KeyDir) -> None:
    _, zsk = managed(keys)
    keys.path(zsk, ".state").write_bytes(keys.path(zsk, ".state").read_bytes()[:90])
    report = judged(keys)
    assert rules(report) == ["key-file-invalid"]
    keys.path(zsk).write_bytes(keys.path(zsk).read_bytes()[:300])
    assert "key-file-invalid" in rules(judged(keys))


@pytest.mark.parametrize("text", ["", "DNSKEYState: hidden\nDNSKEYChange: 2026\n", "KSK: maybe\n", "Lifetime: long\n"])
def test_a_bad_state_file_is_a_finding(keys: KeyDir, text: str) -> None:
    _, zsk = old_pair(keys)
    keys.path(zsk, ".state").write_text(text)
    assert rules(judged(keys)) == ["key-file-invalid"]


def test_dates_at_the_end_of_time_are_never(keys: KeyDir) -> None:
    ksk, zsk = old_pair(keys)
    for stem in (ksk, zsk):
        keys.settime(stem, "-I", days(5), "-D", days(9))
        keys.edit(stem, r"(Inactive|Delete): \d+", r"\1: 99991231235959")
    silent(judged(keys))


DATES = st.sampled_from(
    (*(stamp(NOW + day * DAY) for day in (-900, -40, -1, 0, 1, 40)), "99991231235959", "19700101000000", "UNSET")
)
STATES = st.sampled_from(("hidden", "rumoured", "omnipresent", "unretentive"))
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("Published", "Active", "Retired", "Removed", "Revoked", "DSPublish", "DSRemoved"), DATES),
        **dict.fromkeys(("PublishCDS", "DeleteCDS", "DNSKEYChange", "ZRRSIGChange", "KRRSIGChange", "DSChange"), DATES),
        **dict.fromkeys(("DNSKEYState", "ZRRSIGState", "KRRSIGState", "DSState"), STATES),
        "GoalState": st.sampled_from(("hidden", "omnipresent")),
        **dict.fromkeys(("KSK", "ZSK"), st.sampled_from(("yes", "no"))),
        **dict.fromkeys(("Lifetime", "Predecessor", "Successor"), st.sampled_from(("0", "1", "2", "4294967295"))),
    },
)


@given(keys=st.lists(st.tuples(st.sampled_from((256, 257, 385)), FIELDS, FIELDS), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_dates_and_states_are_too_strange(keys: list[tuple[int, dict[str, str], dict[str, str]]]) -> None:
    files = []
    for number, (flags, dates, fields) in enumerate(keys):
        made = made_up(number, flags, {})
        comments = {STATE_TIMES[n.lower()]: read_time(v.encode()) for n, v in dates.items() if n.lower() in STATE_TIMES}
        text = "".join(f"{name}: {value}\n" for name, value in fields.items())
        state = read_state(text.encode(), "K.state") if text else None
        files.append(replace(made, timing=comments, state=state))
    report = judge_keys(files, None, NOW, None)
    for found in report.findings:
        assert found.rule in RULES
    assert len([str(each) for each in report.next_events]) <= len(files)
    assert all(0 < event.at < at("9999-01-01") for event in report.plan.events)
    prove(report.plan)


def test_directories_that_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(KeyDirError, match="no key files"):
        judge(str(tmp_path), None, NOW, None)
    with pytest.raises(KeyDirError, match="no such file"):
        judge(str(tmp_path / "none"), None, NOW, None)


def test_a_thousand_keys_are_fast(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    public_key(tmp_path, {"Publish": at("2020-01-01"), "Activate": at("2020-01-01")}, 0, flags=257)
    made: set[str] = set()
    for seed in range(1, 1100):
        start = NOW + len(made) * 30 * DAY
        dates = {
            "Publish": start - 10 * DAY,
            "Activate": start,
            "Inactive": start + 30 * DAY,
            "Delete": start + 35 * DAY,
        }
        stem = public_key(tmp_path / "new", dates, seed)
        if stem not in made and len(made) < 1000:
            (tmp_path / "new" / f"{stem}.key").rename(tmp_path / f"{stem}.key")
            made.add(stem)
    assert len(made) == 1000
    files, _ = read_key_directory(str(tmp_path))
    began = time.process_time()
    report = judge_keys(files, None, NOW + DAY, NOW + 80 * 365 * DAY)
    assert time.process_time() - began < 5
    assert {f.rule for f in report.findings} <= {"key-tag-shared"}
    assert len(report.plan.events) > 3500


def test_the_timetable_says_where_each_event_is_from(keys: KeyDir) -> None:
    keys.ksk(*OLD)
    dated(keys, P=-60, A=-30, I=10, D=20)
    dated(keys, P=5, A=10)
    files, _ = read_key_directory(str(keys.folder))
    plan = timetable(files, None, NOW, None)
    assert [e.action.value for e in plan.events if e.at > NOW] == [
        "publish-key", "stop-signing-zone", "sign-zone", "remove-key",
    ] or len(plan.events) == 4  # fmt: skip
    names = {"publish-key": "Publish", "sign-zone": "Activate", "stop-signing-zone": "Inactive", "remove-key": "Delete"}
    for event in plan.events:
        assert event.place is not None
        line = Path(event.place.file).read_text()[event.place.start : event.place.end]
        assert line == f"; {names[event.action]}: {stamp(event.at)} ({line.split('(')[1]}"


def test_no_private_octet_is_shown(keys: KeyDir) -> None:
    stems = old_pair(keys)
    report = judged(keys)
    for stem in stems:
        secret = keys.path(stem, ".private").read_text().split("PrivateKey: ")[1].split()[0]
        assert secret not in repr(report)


def test_the_family_is_in_the_catalogue() -> None:
    files = {path.stem for path in (catalogue.root() / "keytiming").glob("*.yaml")}
    assert files == RULES
