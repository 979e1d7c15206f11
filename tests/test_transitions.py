"""From one version to the next: windows of known mistakes to the second, and every step of every method in silence.

Propagation is 600 s, that of the parent 900 s; DNSKEY sets have a TTL of 3600 s, data 7200 s, denial 3600 s, DS sets
1800 s. The versions are made by `fixtures/building/transitions.py`.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from fixturing import FIXTURES, header, run

from zonelint.checks import TRANSITION_RULES
from zonelint.engine import CheckOptions, check
from zonelint.findings import Finding, Severity, ZoneReport
from zonelint.rollover.methods import methods
from zonelint.rollover.model import Key, Number, Plan, Request, Role, RrsetClass, Setup, State, apply
from zonelint.rollover.plan import plan
from zonelint.rollover.prove import Validator, prove
from zonelint.times import parse_time

sys.path.insert(0, str(FIXTURES))
from building import transitions as make

AT = parse_time("2026-06-15T00:00:00Z", 0)
DAY = 86400
ARCHIVE = Path(__file__).parent.parent.parent / "shared" / "zones" / "root-apex"
FOREVER = -1

WINDOWS = {
    "zsk-exchanged-at-once/fail-f1": (0, 600 + 7200),
    "zsk-unknown-to-caches/fail-f2-no-wait": (0, 600 + 3600),
    "zsk-unknown-to-caches/fail-f18-csk": (0, 600 + 3600),
    "zsk-dropped-early/fail-still-signed-before": (0, 600 + 7200),
    "zsk-dropped-early/fail-f3-a-second-early": (0, 1),
    "zsk-dropped-early/fail-f8b-ttl-lowered-too": (0, 600 + 7200 - 660),
    "zsk-dropped-early/fail-f14-for-the-next-rollover": (0, 600 + 7200 - 3600),
    "zsk-too-young/fail-f8-ttl-lowered-too": (0, 600 + 3600 - 660),
    "zsk-too-young/fail-f2-a-second-early": (0, 1),
    "ksk-exchanged-before-ds/fail-at-once": (0, FOREVER),
    "ksk-dropped-early/fail-f5-a-second-early": (0, 1),
    "ds-ahead-of-key/fail-f4": (4199, 600 + 3600),
    "ds-ahead-of-key/fail-f10-starts-to-sign": (0, 600 + 3600),
    "ds-ahead-of-key/fail-f11-first-signing": (600, 600 + 7200),
    "cds-ahead-of-key/fail-f21": (0, 600 + 3600),
    "revoked-key-has-ds/fail-f12": (0, 1),
    "insecure-with-ds/fail-f6-a-second-early": (0, 1),
    "insecure-with-ds/fail-in-place": (0, FOREVER),
    "nsec3-ahead-of-algorithm/fail-rsasha1": (0, FOREVER),
    "algorithm-added-early/fail-f7": (0, 600 + 7200),
    "algorithm-added-early/fail-f7b-keys-before-signatures": (0, FOREVER),
    "algorithm-added-early/fail-f7e-ds-before-signatures-are-everywhere": (4200, 600 + 7200),
    "algorithm-added-early/fail-f7f-ksk-only": (0, FOREVER),
    "algorithm-removed-early/fail-f7": (0, 600 + 3600),
    "algorithm-removed-early/fail-f7d-double-ds": (0, FOREVER),
    "signatures-outlived/fail-f9": (300, 600),
    "signatures-too-short/fail-a-second": (599, FOREVER),
    "signatures-ahead-of-time/fail-f20": (0, 60),
}
"""Seconds from the reference time on."""

SAFE = {
    "zsk-exchanged-at-once/fail-f1": [0, 4200, 4200 + 7800],
    "zsk-unknown-to-caches/fail-f2-no-wait": [0, 4200],
    "zsk-unknown-to-caches/fail-f18-csk": [0, 4200],
    "zsk-dropped-early/fail-still-signed-before": [0, 7800],
    "zsk-dropped-early/fail-f3-a-second-early": [1],
    "zsk-dropped-early/fail-f8b-ttl-lowered-too": [7140],
    "zsk-dropped-early/fail-f14-for-the-next-rollover": [4200],
    "zsk-too-young/fail-f2-a-second-early": [1],
    "zsk-too-young/fail-f8-ttl-lowered-too": [3540],
    "ksk-exchanged-before-ds/fail-at-once": [0, 4200, 4200 + 2700],
    "ksk-dropped-early/fail-f5-a-second-early": [1],
    "ds-ahead-of-key/fail-f4": [0, 4200],
    "ds-ahead-of-key/fail-f10-starts-to-sign": [0, 4200],
    "ds-ahead-of-key/fail-f11-first-signing": [0, 7800],
    "cds-ahead-of-key/fail-f21": [0, 4200],
    "revoked-key-has-ds/fail-f12": [1],
    "insecure-with-ds/fail-f6-a-second-early": [1],
    "insecure-with-ds/fail-in-place": [0, 2700],
    "algorithm-added-early/fail-f7": [0, 7800],
    "algorithm-added-early/fail-f7e-ds-before-signatures-are-everywhere": [0, 7800],
    "algorithm-removed-early/fail-f7": [0, 4200],
}
"""The moments that the message advises."""

HOPELESS = {
    "algorithm-added-early/fail-f7b-keys-before-signatures": "signatures by the new algorithm are not in the version",
    "algorithm-added-early/fail-f7f-ksk-only": "nothing ever signs the data with the new algorithm",
    "algorithm-removed-early/fail-f7d-double-ds": "each order has a DS of an algorithm that does not sign",
    "nsec3-ahead-of-algorithm/fail-rsasha1": "the algorithm is older than NSEC3",
    "signatures-outlived/fail-f9": "the old signatures end when they end",
    "signatures-too-short/fail-a-second": "signatures have to be made anew",
    "signatures-ahead-of-time/fail-f20": "signatures have to be made anew; the window says when they begin",
}
"""Changes of which no moment is safe, and why."""

UNSEEN = {
    "f8c": "the parent's DS set had a larger TTL before: --ds-ttl tells one number, the zone's versions tell none",
    "f13": "a propagation longer than assumed is an input; a test below gives both",
    "f15": "the other operator's zone, whose keys the caches lack, is not one of the two versions",
    "f16": "as F15: what caches hold of the other operator, and the TTL of NS in the parent, is in neither version",
    "f17": "no window is bogus: the zone is insecure, and the DS that was there before is in neither version",
}
"""Failures of rollover research that two versions cannot show, and why."""

needs_bind = pytest.mark.skipif(shutil.which("dnssec-signzone") is None, reason="bind9-utils is not installed")


def transitions(report: ZoneReport) -> list[Finding]:
    return [found.finding for found in report.findings if found.finding.rule in TRANSITION_RULES]


def moments(text: str) -> list[int]:
    return [parse_time(each, 0) - AT for each in re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", text)]


@pytest.mark.parametrize("name", WINDOWS)
def test_window(name: str, tmp_path: Path) -> None:
    """Each failure of the research notes that two versions can show, with its window."""
    rule, stem = name.split("/")
    report = run(FIXTURES / "rules" / rule / f"{stem}.zone", tmp_path).zones[0]
    found = [finding for finding in transitions(report) if finding.rule == rule]
    assert len(found) == 1
    message = found[0].message
    start, end = WINDOWS[name]
    said = re.search(r": bogus (from \S+ (?:to \S+|on, for ever))", message)
    assert said
    assert moments(said[1]) == [start] + ([] if end == FOREVER else [end])
    for version in ("previous", "zone"):
        assert f"{stem}.{version} (serial {1 if version == 'previous' else 2})" in message
    if name in HOPELESS:
        assert "; safe" not in message
    else:
        assert list(dict.fromkeys(moments(message[message.index("; safe") :]))) == SAFE[name]


def test_every_failing_pair_has_its_window() -> None:
    folders = [FIXTURES / "rules" / rule for rule in TRANSITION_RULES]
    pairs = {f"{folder.name}/{path.stem}" for folder in folders for path in folder.glob("fail-*.zone")}
    quiet = {name for name in pairs if name.split("/")[0] in
             {"rollover-in-progress", "ttl-changed-mid-rollover", "key-tag-reused"}}  # fmt: skip
    assert pairs - quiet == WINDOWS.keys() == {*SAFE, *HOPELESS}


def test_every_failure_has_a_pair_or_a_reason() -> None:
    """F1 to F22 as they are counted in the names of the fixtures, with the kinds of F7 and F8."""
    names = [path.stem for rule in TRANSITION_RULES for path in (FIXTURES / "rules" / rule).glob("fail-f*.zone")]
    shown = {found[1] for name in names if (found := re.match(r"fail-(f\d+[a-f]?)(?:-|$)", name))}
    every = {f"f{number}" for number in range(1, 23)} | {"f7b", "f7d", "f7e", "f7f", "f8b", "f8c"}
    assert shown | UNSEEN.keys() == every
    assert not shown & UNSEEN.keys()


def test_fixtures_name_their_numbers() -> None:
    for name in WINDOWS:
        rule, stem = name.split("/")
        settings = header(FIXTURES / "rules" / rule / f"{stem}.zone")
        assert (settings["propagation"], settings["parent-propagation"], settings["ds-ttl"]) == ("10m", "15m", "30m")


# --- every step of every method ------------------------------------------------------------------------------

NUMBERS = {
    "zone-propagation": 600, "parent-propagation": 900, "dnskey-ttl": 3600, "ds-ttl": 1800, "dnskey-negative-ttl": 3600,
    "ds-negative-ttl": 1800, "data-ttl": 7200, "denial-ttl": 3600,
}  # fmt: skip
CLASSES = (RrsetClass("data", 7200), RrsetClass("denial", 3600, negative=True))
ROLLING = sorted(methods())


def setup_for(method: str) -> Setup:
    names = ["csk-1"] if method.startswith("csk") and method != "csk-merge" else ["ksk-1", "zsk-1"]
    chain = "nsec3" if method in ("nsec3-to-nsec", "nsec3-resalt") else "nsec"
    sep = frozenset(name for name in names if not name.startswith("zsk"))
    data = frozenset(name for name in names if not name.startswith("ksk"))
    start = State(sep, dnskey=frozenset(names), dnskey_signers=sep, zone_signers=data, chains=frozenset({chain}))
    if method == "trust-anchor":
        start = replace(start, ds=frozenset(), anchors=sep)
    if method == "first-signing":
        names, start = [], State(chains=frozenset())
    keys = {name: Key(name, Role(name.split("-")[0]), 15, octets=36) for name in names}
    zone = "." if method == "trust-anchor" else "example.test."
    return Setup(zone, keys, start, {n: Number(v, "test") for n, v in NUMBERS.items()}, CLASSES)


def planned(method: str) -> Plan:
    algorithm = 13 if method.startswith("algorithm") else 15
    return plan(setup_for(method), [Request(method, start=AT, algorithm=algorithm)], AT)


@cache
def _version(serial: int, keys: str, entries: str, data: str, cds: str, denial: str) -> make.Zone:
    return make.version(serial, keys, entries, data, cds=cds, denial=denial)


_root = cache(make.root)


class Versions:
    """Writes the states of a plan as signed zones."""

    def __init__(self, made: Plan, folder: Path) -> None:
        self.plan, self.folder = made, folder
        self._seeds = {id_: 100 + number for number, id_ in enumerate(sorted(made.keys))}

    def key(self, id_: str) -> str:
        key = self.plan.keys[id_]
        return f"{256 if key.role == 'zsk' else 257}/{key.algorithm}/{self._seeds[id_]}"

    def _keys(self, ids: frozenset[str], revoked: frozenset[str] = frozenset()) -> str:
        return " ".join(("-" if id_ in revoked else "") + self.key(id_) for id_ in sorted(ids))

    def write(self, serial: int, state: State) -> Path:
        path = self.folder / f"{serial}.zone"
        if self.plan.zone == ".":
            signers = (self._keys(ids, state.revoked) for ids in (state.dnskey, state.dnskey_signers))
            path.write_text(_root(serial, *signers, self._keys(state.zone_signers)))
            return path
        zones = [self._zone(serial, state, chain.partition(":")[0]) for chain in sorted(state.chains) or ["nsec"]]
        text = make.text_of(zones[0])
        for other in zones[1:]:
            # while chains are exchanged the zone has both of them
            text += "\n".join(str(line) for line in other.lines if re.search("NSEC3?$|NSEC3PARAM", line.kind)) + "\n"
        path.write_text(text)
        return path

    def _zone(self, serial: int, state: State, denial: str) -> make.Zone:
        return _version(
            serial, self._keys(state.dnskey, state.revoked), self._keys(state.dnskey_signers, state.revoked),
            self._keys(state.zone_signers), self._keys(state.cds), denial,
        )  # fmt: skip

    def ds(self, state: State) -> str:
        path = self.folder / "ds"
        records = [make.find(self.key(id_)).ds() for id_ in sorted(state.ds)]
        path.write_text("".join(f"example.test. 1800 IN DS {record}\n" for record in records))
        return str(path) if state.ds else "none"


def replay(made: Plan, folder: Path) -> Iterator[tuple[int, list[Finding]]]:
    """Judge each version of a plan against the one before it, at the very second of its step."""
    versions, state = Versions(made, folder), made.start
    old, published, ds_published = versions.write(1, state), AT - DAY, AT - DAY
    for serial, at in enumerate(sorted({event.at for event in made.events}), 2):
        after = apply(state, [event for event in made.events if event.at == at])
        if after.ds != state.ds:
            ds_published = at
        if (*keys_of(after), after.chains, after.cds) != (*keys_of(state), state.chains, state.cds):
            new = versions.write(serial, after)
            options = CheckOptions(
                at=(at,), origin=made.zone, previous=str(old), published=published,
                ds=None if made.zone == "." else versions.ds(after), ds_published=ds_published, propagation=600,
                parent_propagation=900, ds_ttl=1800, select=TRANSITION_RULES,
            )  # fmt: skip
            report = check([str(new)], options)
            assert not report.failures
            assert not report.zones[0].not_run
            yield at, [found.finding for found in report.zones[0].findings]
            old, published = new, at if keys_of(after) != keys_of(state) else published
        state = after


def keys_of(state: State) -> tuple[frozenset[str], ...]:
    """What `--published` dates: the keys, and what they sign."""
    return state.dnskey, state.revoked, state.dnskey_signers, state.zone_signers


@needs_bind
@pytest.mark.parametrize("method", ROLLING)
def test_proper_methods_are_silent(method: str, tmp_path: Path) -> None:
    """Each step at its earliest date: no finding but the notice that a rollover goes on."""
    allowed = {"rollover-in-progress"}
    if methods()[method].unsafe_for:
        allowed |= {"algorithm-added-early", "algorithm-removed-early"}
    steps = list(replay(planned(method), tmp_path))
    assert steps
    found = {(at - AT, finding.rule, finding.message) for at, findings in steps for finding in findings}
    assert {each for each in found if each[1] not in allowed} == set()


TOO_EARLY = {
    ("csk-split", 12000): "a key with the SEP flag that signs no data in either version is taken for a KSK",
    ("first-signing", 7800): "that the zone was unsigned before is in neither version",
    ("ksk-double-ds", 6900): "caches hold a DNSKEY set with a key that is in neither version",
    ("ksk-lost", 6900): "caches hold a DNSKEY set with a key that is in neither version",
    ("trust-anchor", 2599800): "when resolvers began to hold down the new key is in neither version",
}
"""Steps a second early that two versions do not show, by method and seconds from its start, and why."""


@needs_bind
@pytest.mark.parametrize("method", ROLLING)
def test_each_step_a_second_early_is_found(method: str, tmp_path: Path) -> None:
    """Wherever the prover sees that second, so do two versions with their dates, or `TOO_EARLY` says why not."""
    made = planned(method)
    allowed = {"rollover-in-progress", "algorithm-added-early", "algorithm-removed-early"}
    for at in sorted({event.at for event in made.events})[1:]:
        events = [replace(event, at=at - 1) if event.at == at else event for event in made.events]
        early = replace(made, events=events)
        if not prove(early)[Validator.lenient].bogus:
            continue
        (tmp_path / str(at)).mkdir()
        found = {finding.rule for when, findings in replay(early, tmp_path / str(at)) if when == at - 1
                 for finding in findings} - allowed  # fmt: skip
        assert bool(found) != ((method, at - AT) in TOO_EARLY), (at - AT, found)


# --- the root zone -------------------------------------------------------------------------------------------

SERIALS = ["2024032001", "2024032100", "2024033101", "2024040100", "2024041001", "2024041100", "2024061901",
           "2024062000", "2024063001", "2024070100", "2024071001", "2024071100"]  # fmt: skip
LEFT_OUT = {
    ("2024032001", "2024040100"): "zsk-unknown-to-caches", ("2024033101", "2024041100"): "zsk-dropped-early",
    ("2024032001", "2024041100"): "zsk-exchanged-at-once", ("2024061901", "2024070100"): "zsk-unknown-to-caches",
    ("2024063001", "2024071100"): "zsk-dropped-early", ("2024061901", "2024071100"): "zsk-exchanged-at-once",
}  # fmt: skip


def root(old: str, new: str) -> list[Finding]:
    paths = [ARCHIVE / f"{serial}.zone" for serial in (old, new)]
    if not all(path.is_file() for path in paths):
        pytest.skip(f"the apex of the root zone is not in {ARCHIVE}")
    hour = 20 if new.endswith("1") else 12
    at = parse_time(f"{new[:4]}-{new[4:6]}-{new[6:8]}T{hour}:00:00Z", 0)
    options = CheckOptions(at=(at,), origin=".", previous=str(paths[0]), select=TRANSITION_RULES)
    return [found.finding for found in check([str(paths[1])], options).zones[0].findings]


@pytest.mark.parametrize(("old", "new"), list(pairwise(SERIALS)))
def test_the_root_zone_step_by_step(old: str, new: str) -> None:
    assert {finding.rule for finding in root(old, new)} <= {"rollover-in-progress"}


@pytest.mark.parametrize(("old", "new"), list(LEFT_OUT))
def test_the_root_zone_with_a_step_left_out(old: str, new: str) -> None:
    assert {finding.rule for finding in root(old, new)} == {LEFT_OUT[old, new]}


# --- inputs ----------------------------------------------------------------------------------------------------


def judged(rule: str, stem: str, folder: Path, **changes: object) -> ZoneReport:
    """Judge a pair of the fixtures with other options than its header has."""
    pair = FIXTURES / "rules" / rule / stem
    options = CheckOptions(at=(AT,), previous=f"{pair}.previous", propagation=600, select=TRANSITION_RULES)
    return check([f"{pair}.zone"], replace(options, **changes)).zones[0]  # type: ignore[arg-type]


def test_a_change_is_judged_once_however_many_times_the_zone_has_to_hold_at(tmp_path: Path) -> None:
    once = judged("zsk-exchanged-at-once", "fail-f1", tmp_path)
    often = judged("zsk-exchanged-at-once", "fail-f1", tmp_path, at=(AT + 2 * 86400, AT))
    assert [each.finding.message for each in often.findings] == [each.finding.message for each in once.findings]
    assert "zsk-exchanged-at-once" in {each.finding.rule for each in once.findings}
    assert often.not_run == once.not_run


def test_what_lacks_an_input_is_not_run(tmp_path: Path) -> None:
    report = judged("zsk-too-young", "fail-f2-a-second-early", tmp_path)
    assert [each.rule for each in report.not_run] == ["zsk-too-young"]
    assert "--published" in report.not_run[0].reason
    report = judged("ksk-dropped-early", "pass-in-time", tmp_path)
    assert [(each.rule, each.reason) for each in report.not_run] == [("ksk-dropped-early", "no DS records (--ds FILE)")]
    ds = str(FIXTURES / "rules" / "ksk-dropped-early" / "pass-in-time.ds")
    report = judged("ksk-dropped-early", "pass-in-time", tmp_path, ds=ds)
    assert [each.rule for each in report.not_run] == ["ksk-dropped-early"]
    assert "--ds-published" in report.not_run[0].reason


def test_without_a_previous_version_nothing_of_it_runs(tmp_path: Path) -> None:
    report = judged("zsk-exchanged-at-once", "fail-f1", tmp_path, previous=None)
    assert {each.rule for each in report.not_run} == TRANSITION_RULES
    assert not report.findings


def test_without_ds_records_those_of_the_old_keys_are_assumed(tmp_path: Path) -> None:
    findings = transitions(judged("ksk-exchanged-before-ds", "fail-at-once", tmp_path))
    assert [finding.rule for finding in findings] == ["ksk-exchanged-before-ds"]
    assert "assumed: the parent has a DS of ksk-16043" in findings[0].message


def test_f13_a_longer_propagation_makes_the_window_longer(tmp_path: Path) -> None:
    findings = transitions(judged("zsk-exchanged-at-once", "fail-f1", tmp_path, propagation=86400))
    assert moments(findings[0].message)[1] == 86400 + 7200


def test_the_same_version_again_is_silent(tmp_path: Path) -> None:
    path = FIXTURES / "rules" / "zsk-too-young" / "fail-f2-a-second-early.zone"
    assert transitions(judged("zsk-too-young", "fail-f2-a-second-early", tmp_path, previous=str(path))) == []


def test_severities() -> None:
    from zonelint import catalogue

    notices = {rule for rule in TRANSITION_RULES if catalogue.rule(rule).severity == Severity.notice}
    assert notices == {"rollover-in-progress", "ttl-changed-mid-rollover"}
    assert all(catalogue.rule(rule).family == "transition" for rule in TRANSITION_RULES)
