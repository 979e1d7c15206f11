"""The prover: windows of known mistakes to the second, safe timetables, and a second opinion by plain simulation.

The mistakes F1 to F22 and the safe set (D = 3 s, DP = 5 s, TTLkey = 20 s, TTLsig = 40 s, TTLds = 30 s) were
worked out with a brute-force simulation that shares nothing with the prover.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint.rollover.model import Action, Event, Key, Number, Plan, Role, RrsetClass, State
from zonelint.rollover.prove import Proof, Validator, is_safe, prove
from zonelint.rollover.timeline import query_interval, trust_interval

LENIENT, STRICT_DS, STRICT_DNSKEY = Validator.lenient, Validator.strict_ds, Validator.strict_dnskey
EVERY = tuple(Validator)
START = State(ds=frozenset({"K1"}), dnskey=frozenset({"K1", "Z1"}), dnskey_signers=frozenset({"K1"}),
              zone_signers=frozenset({"Z1"}))  # fmt: skip
UNSIGNED = State(chains=frozenset())
CSK = State(
    ds=frozenset({"C1"}), dnskey=frozenset({"C1"}), dnskey_signers=frozenset({"C1"}), zone_signers=frozenset({"C1"})
)
NUMBERS = {
    "zone-propagation": 3, "parent-propagation": 5, "dnskey-ttl": 20, "ds-ttl": 30, "ds-negative-ttl": 7,
    "dnskey-negative-ttl": 9,
}  # fmt: skip
SAME = {"K1": 13, "K2": 13, "K3": 13, "Z1": 13, "Z2": 13, "Z3": 13, "C1": 13, "C2": 13}
NEW_ALGORITHM = SAME | {"K1": 8, "Z1": 8, "C1": 8}
ROLES = {"K": Role.ksk, "Z": Role.zsk, "C": Role.csk}


def timetable(*lines: str, start: State = START, algorithms: dict[str, int] = SAME, ttl: int = 40,
              expires: int | None = None, dnskey_expires: int | None = None, **numbers: int) -> Plan:  # fmt: skip
    """Make a plan of lines like `100 publish-key Z2; sign-zone Z2 inception=140`."""
    events = []
    for line in lines:
        at, _, deeds = line.partition(" ")
        for deed in deeds.split("; "):
            action, *rest = deed.split()
            extra = dict(each.split("=") for each in rest if "=" in each)
            key = next((each for each in rest if "=" not in each), "")
            events.append(Event(int(at), Action(action), key, **{name: int(value) for name, value in extra.items()}))
    inputs = {**NUMBERS, **{name.replace("_", "-"): value for name, value in numbers.items()}}
    keys = {name: Key(name, ROLES[name[0]], algorithm) for name, algorithm in algorithms.items()}
    return Plan("example.", (), keys, start, events, {name: Number(value, "test") for name, value in inputs.items()},
                (RrsetClass("data", ttl, expires=expires),), dnskey_expires)  # fmt: skip


def bogus(proof: Proof, validator: Validator = LENIENT) -> list[tuple[int, int]]:
    return [(window.start, window.end) for window in proof[validator].bogus]


def assert_windows(plan: Plan, *windows: tuple[int, int], only: Iterable[Validator] = EVERY) -> None:
    """Want exactly these bogus windows for some classes of validators, and none for the others."""
    proof = prove(plan)
    for validator in Validator:
        assert bogus(proof, validator) == (list(windows) if validator in only else []), validator


FOREVER = 1 << 62

# One line a mistake of the research notes: windows, the validators that see them, and the timetable.
MISTAKES = {
    "F1 swapped with no overlap": ([(100, 143)], EVERY, timetable(
        "100 publish-key Z2; remove-key Z1; sign-zone Z2; stop-signing-zone Z1")),
    "F2 pre-published too short": ([(110, 123)], EVERY, timetable(
        "100 publish-key Z2", "110 sign-zone Z2; stop-signing-zone Z1")),
    "F3 old ZSK removed too early": ([(215, 243)], EVERY, timetable(
        "100 publish-key Z2", "200 sign-zone Z2; stop-signing-zone Z1", "215 remove-key Z1")),
    "F3 with a signing delay": ([(215, 253)], EVERY, timetable(
        "100 publish-key Z2", "200 sign-zone Z2; stop-signing-zone Z1", "215 remove-key Z1", sign_delay=10)),
    "F4 DS swapped too early": ([(110, 123)], EVERY, timetable(
        "100 publish-key K2; sign-dnskey K2", "110 add-ds K2; remove-ds K1")),
    "F4 one second early": ([(122, 123)], EVERY, timetable(
        "100 publish-key K2; sign-dnskey K2", "122 add-ds K2; remove-ds K1")),
    "F5 old KSK removed too early": ([(210, 235)], EVERY, timetable(
        "100 publish-key K2; sign-dnskey K2", "200 add-ds K2; remove-ds K1", "210 remove-key K1")),
    "F6 unsigned too early": ([(210, 235)], EVERY, timetable(
        "200 remove-ds K1", "210 remove-key K1; remove-key Z1; stop-signing-zone Z1")),
    "F7 liberal algorithm rollover": ([(100, 143), (178, 201)], [STRICT_DNSKEY], timetable(
        "100 publish-key K2; publish-key Z2; sign-dnskey K2; sign-zone Z2", "143 add-ds K2; remove-ds K1",
        "178 remove-key K1; remove-key Z1; stop-signing-zone Z1", algorithms=NEW_ALGORITHM)),
    "F7b keys of the algorithm before its signatures": ([(100, 173)], [STRICT_DNSKEY], timetable(
        "100 publish-key K2; publish-key Z2; sign-dnskey K2", "130 sign-zone Z2", algorithms=NEW_ALGORITHM)),
    "F7d double DS for another algorithm": ([(100, 335)], [STRICT_DS], timetable(
        "50 sign-zone Z2", "100 add-ds K2",
        "200 publish-key K2; publish-key Z2; sign-dnskey K2; remove-key K1; remove-key Z1", "300 remove-ds K1",
        "400 stop-signing-zone Z1", algorithms=NEW_ALGORITHM)),
    "F8 DNSKEY TTL lowered shortly before": ([(123, 293)], EVERY, timetable(
        "90 set-ttl dnskey value=20", "100 publish-key Z2", "123 sign-zone Z2; stop-signing-zone Z1", dnskey_ttl=200)),
    "F8b TTL of data lowered shortly before": ([(243, 553)], EVERY, timetable(
        "100 publish-key Z2", "150 set-ttl data value=40", "200 sign-zone Z2; stop-signing-zone Z1",
        "243 remove-key Z1", ttl=400)),
    "F8c DS TTL lowered with the swap": ([(158, 428)], EVERY, timetable(
        "100 publish-key K2; sign-dnskey K2", "123 add-ds K2; remove-ds K1; set-ttl ds value=30", "158 remove-key K1",
        ds_ttl=300)),
    "F9 renewed after expiration": ([(100, 123)], EVERY, timetable("120 refresh-signatures data", expires=100)),
    # the new signatures need the new DNSKEY set, which is everywhere only at 123
    "F9 the old one of two signatures expires": ([(110, 123)], EVERY, timetable(
        "100 publish-key Z2; sign-zone Z2", "143 remove-key Z1; stop-signing-zone Z1", expires=110)),
    "F9 the old one of two signatures lasts": ([], EVERY, timetable(
        "100 publish-key Z2; sign-zone Z2", "143 remove-key Z1; stop-signing-zone Z1", expires=123)),
    "F9 who changes the DNSKEY set signs it anew": ([], EVERY, timetable("100 publish-key Z2", dnskey_expires=103)),
    "F9 a second before that": ([(102, 103)], EVERY, timetable("100 publish-key Z2", dnskey_expires=102)),
    "F9 behind a forwarder": ([(100, 163)], EVERY, timetable(
        "120 refresh-signatures data", expires=100, forwarders=1)),
    "F10 KSK published and not signing": ([(200, 223)], EVERY, timetable(
        "100 publish-key K2", "200 sign-dnskey K2; add-ds K2; remove-ds K1")),
    "F11 first DS too early": ([(110, 143)], EVERY, timetable(
        "100 publish-key K1; publish-key Z1; sign-dnskey K1; sign-zone Z1", "110 add-ds K1", start=UNSIGNED)),
    "F11 negative TTL of DNSKEY": ([(110, 193)], EVERY, timetable(
        "100 publish-key K1; publish-key Z1; sign-dnskey K1; sign-zone Z1", "110 add-ds K1", start=UNSIGNED,
        dnskey_negative_ttl=90)),
    "F12 revoked too early": ([(150, 158)], EVERY, timetable(
        "100 publish-key K2; sign-dnskey K2", "123 add-ds K2; remove-ds K1", "150 revoke-key K1")),
    # at 173 Z1 goes although its signatures may be met until 213: the union is one window
    "F13 servers lag more than assumed": ([(123, 213)], EVERY, timetable(
        "100 publish-key Z2", "123 sign-zone Z2; stop-signing-zone Z1", "166 remove-key Z1", zone_propagation=50)),
    "F14 overlapping rollovers": ([(140, 166)], EVERY, timetable(
        "100 publish-key Z2", "123 sign-zone Z2; stop-signing-zone Z1", "140 publish-key Z3; remove-key Z1")),
    "F15 a new operator before its ZSK is known": ([(200, 213)], EVERY, timetable(
        "190 publish-key Z2", "200 sign-zone Z2; stop-signing-zone Z1 lag=1000")),
    "F16 an old operator's ZSK dropped too early": ([(110, 155)], EVERY, timetable(
        "50 publish-key Z2", "100 sign-zone Z2; stop-signing-zone Z1 lag=15", "110 remove-key Z1")),
    "F18 CSK signs at once": ([(100, 123)], EVERY, timetable(
        "100 publish-key C2; sign-dnskey C2; sign-zone C2; stop-signing-zone C1", start=CSK)),
    "F19 TTL raised on the way": ([(243, 423)], EVERY, timetable(
        "50 set-ttl data value=220", "150 publish-key Z2", "200 sign-zone Z2; stop-signing-zone Z1",
        "243 remove-key Z1")),
    "F20 inception to come": ([(130, 140)], EVERY, timetable(
        "100 publish-key Z2", "130 sign-zone Z2 inception=140; stop-signing-zone Z1")),
    "F20 with clocks that are off": ([(130, 142)], EVERY, timetable(
        "100 publish-key Z2", "130 sign-zone Z2 inception=140; stop-signing-zone Z1", clock_skew=2)),
    "F21 CDS before the key is ready": ([(110, 123)], EVERY, timetable(
        "100 publish-key K2; sign-dnskey K2", "110 publish-cds K2", "150 add-ds K2; remove-ds K1",
        "400 remove-key K1")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_has_its_window_to_the_second(name: str) -> None:
    windows, validators, plan = MISTAKES[name]
    assert_windows(plan, *windows, only=validators)


def test_f7e_a_ds_before_the_signatures_are_everywhere() -> None:
    plan = timetable(
        "100 publish-key K2; publish-key Z2; sign-dnskey K2; sign-zone Z2",
        "123 add-ds K2; remove-ds K1",
        algorithms=NEW_ALGORITHM,
    )
    proof = prove(plan)
    assert bogus(proof, STRICT_DS) == [(123, 143)]
    # the DNSKEY set names the algorithm before its signatures are everywhere, as in F7
    assert bogus(proof, STRICT_DNSKEY) == [(100, 143)]
    assert bogus(proof, LENIENT) == []


def test_f7f_only_the_ksk_has_the_algorithm() -> None:
    proof = prove(timetable("100 publish-key K2; sign-dnskey K2", "200 add-ds K2", algorithms=NEW_ALGORITHM))
    assert bogus(proof, STRICT_DS) == [(200, FOREVER)]
    assert bogus(proof, STRICT_DNSKEY) == [(100, FOREVER)]
    assert bogus(proof, LENIENT) == []


def test_f17_a_gap_between_two_ds_is_insecure_and_not_bogus() -> None:
    lines = ("100 publish-key K2; sign-dnskey K2", "200 remove-ds K1", "250 add-ds K2", "400 remove-key K1")
    proof = prove(timetable(*lines))
    for validator in Validator:
        assert bogus(proof, validator) == []
        assert [(w.start, w.end) for w in proof[validator].lapses] == [(200, 250 + 5 + 7)]
    assert not is_safe(proof)


def test_f22_keys_with_one_tag_are_not_bogus() -> None:
    plan = timetable("100 publish-key Z2", "123 sign-zone Z2; stop-signing-zone Z1", "166 remove-key Z1")
    plan.keys = {name: replace(key, tag=20326) for name, key in plan.keys.items()}
    assert is_safe(prove(plan))


def test_a_first_ds_and_a_last_one_are_no_lapse() -> None:
    lines = ("100 publish-key K1; publish-key Z1; sign-dnskey K1; sign-zone Z1", "143 add-ds K1", "500 remove-ds K1")
    assert is_safe(prove(timetable(*lines, start=UNSIGNED)))


def test_a_ttl_of_the_past_counts_until_its_end_only() -> None:
    lines = ("100 publish-key Z2", "123 sign-zone Z2; stop-signing-zone Z1", "166 remove-key Z1")
    assert_windows(timetable("90 set-ttl dnskey value=20", *lines, was_dnskey_ttl=200), (123, 293))
    # without an event nobody says when it ended: it is no fact of the timetable
    assert is_safe(prove(timetable(*lines, was_dnskey_ttl=200)))
    assert is_safe(prove(timetable("-200 set-ttl dnskey value=20", *lines, was_dnskey_ttl=200)))


def test_an_inception_holds_for_later_versions_of_the_same_signatures() -> None:
    lines = ("100 publish-key Z2", "130 sign-zone Z2 inception=140; stop-signing-zone Z1", "135 set-ttl data value=30")
    assert_windows(timetable(*lines), (130, 140))


def test_a_witness_names_what_meets() -> None:
    window = prove(timetable("100 publish-key Z2", "110 sign-zone Z2; stop-signing-zone Z1"))[LENIENT].bogus[0]
    assert [(each.start, each.end, each.reason) for each in window.witnesses] == [
        (110, 123, "the data are signed by Z2, not in the DNSKEY set")
    ]


# The safe set: the name, the timetable, and for each date that binds the classes that see one second less.
SAFE = {
    "ZSK pre-publication": (
        ["100 publish-key Z2", "123 sign-zone Z2; stop-signing-zone Z1", "166 remove-key Z1"], {1: EVERY, 2: EVERY}),
    "ZSK double signature": (
        ["100 publish-key Z2; sign-zone Z2", "143 remove-key Z1; stop-signing-zone Z1"], {1: EVERY}),
    "double KSK": (
        ["100 publish-key K2; sign-dnskey K2", "123 add-ds K2; remove-ds K1", "158 remove-key K1"],
        {1: EVERY, 2: EVERY}),
    "double DS": (
        ["100 add-ds K2", "135 publish-key K2; sign-dnskey K2; remove-key K1", "158 remove-ds K1"],
        {1: EVERY, 2: EVERY}),
    "double RRset, registered within 7 s": (
        ["100 publish-key K2; sign-dnskey K2", "107 add-ds K2", "142 remove-ds K1; remove-key K1"], {2: EVERY}),
    "CSK": (
        ["100 publish-key C2; sign-dnskey C2",
         "123 sign-zone C2; stop-signing-zone C1; add-ds C2; remove-ds C1", "166 remove-key C1"], {1: EVERY, 2: EVERY}),
    "conservative algorithm": (
        ["100 sign-zone Z2", "143 publish-key K2; publish-key Z2; sign-dnskey K2", "166 add-ds K2; remove-ds K1",
         "201 remove-key K1; remove-key Z1", "224 stop-signing-zone Z1"],
        {1: [STRICT_DNSKEY], 2: EVERY, 3: EVERY, 4: [STRICT_DNSKEY]}),
}  # fmt: skip


def _safe(name: str, lines: list[str]) -> Plan:
    start = CSK if name == "CSK" else START
    return timetable(*lines, start=start, algorithms=NEW_ALGORITHM if "algorithm" in name else SAME)


@pytest.mark.parametrize("name", SAFE)
def test_the_safe_set_is_safe(name: str) -> None:
    assert is_safe(prove(_safe(name, SAFE[name][0])))


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, (_, early) in SAFE.items() for line in early])
def test_one_second_early_is_one_bogus_second(name: str, line: int) -> None:
    lines, early = SAFE[name]
    at, _, deeds = lines[line].partition(" ")
    lines = [*lines[:line], f"{int(at) - 1} {deeds}", *lines[line + 1 :]]
    assert_windows(_safe(name, lines), (int(at) - 1, int(at)), only=early[line])


# RFC 5011: a zone whose own key resolvers trust. Query interval 3600 s, Itrp 30 days and two of them.
ANCHORED = replace(START, ds=frozenset(), anchors=frozenset({"K1"}))
ITRP = 30 * 86400 + 2 * 3600


@pytest.mark.parametrize("signs", ["; sign-dnskey K2", ""])
def test_a_trust_anchor_is_learned_whether_it_signs_or_not(signs: str) -> None:
    revoke = 100 + 3 + ITRP
    begin = f"100 publish-key K2{signs}"
    swap = "" if signs else f"{revoke - 50} sign-dnskey K2"
    end = (f"{revoke} revoke-key K1", f"{revoke + 3603} remove-key K1")
    lines = [line for line in (begin, swap, *end) if line]
    assert is_safe(prove(timetable(*lines, start=ANCHORED)))
    early = [line.replace(f"{revoke} ", f"{revoke - 1} ") for line in lines]
    assert_windows(timetable(*early, start=ANCHORED), (revoke - 1, revoke))


def test_a_trust_anchor_that_leaves_for_a_while_is_not_learned() -> None:
    gap = ("100 publish-key K2; sign-dnskey K2", "1000 remove-key K2", "2000 publish-key K2; sign-dnskey K2")
    revoke = 100 + 3 + ITRP
    assert bogus(prove(timetable(*gap, f"{revoke} revoke-key K1", start=ANCHORED))) == [(revoke, 2000 + 3 + ITRP)]


@pytest.mark.parametrize(
    ("ttl", "interval", "trusted"),
    [
        (172800, 86400, 32 * 86400),
        (3600, 3600, 2599200),
        (60 * 86400, 15 * 86400, 60 * 86400),
        (7200, 3600, 2599200),
    ],
)
def test_the_intervals_of_rfc_5011(ttl: int, interval: int, trusted: int) -> None:
    assert (query_interval(ttl), trust_interval(ttl)) == (interval, trusted)


# A second opinion: every second, which version may a server give, which may a cache hold, and does it validate?

LAST = 190
TOUCHES = {
    "ds": {"add-ds", "remove-ds"},
    "dnskey": {"publish-key", "remove-key", "revoke-key", "sign-dnskey", "stop-signing-dnskey"},
    "data": {"sign-zone", "stop-signing-zone", "add-chain", "remove-chain"},
}


class Simulation:
    """The life of one zone second by second, written without a look at the prover."""

    def __init__(self, plan: Plan) -> None:
        self.number = {name: number.value for name, number in plan.inputs.items()}
        self.algorithm = {key.id: key.algorithm for key in plan.keys.values()}
        self.rrsets = {rrset.name: rrset for rrset in plan.rrsets}
        self.now: dict[str, set[str]] = {
            name: set(getattr(plan.start, name))
            for name in ("ds", "dnskey", "revoked", "dnskey_signers", "zone_signers", "chains")
        }
        self.ttl = {"ds": self.number["ds-ttl"], "dnskey": self.number["dnskey-ttl"]}
        self.ttl |= {rrset.name: rrset.ttl for rrset in plan.rrsets}
        # for each class and signer: inception and expiration, None where there is no such bound
        self.valid: dict[str, dict[str, tuple[int | None, int | None]]] = {
            "dnskey": dict.fromkeys(plan.start.dnskey_signers, (None, plan.dnskey_expires))
        }
        self.valid |= {
            rrset.name: dict.fromkeys(plan.start.zone_signers, (None, rrset.expires)) for rrset in plan.rrsets
        }
        # for each class its versions: (contents, ttl, validity), since when, and until when servers may give it
        self.history: dict[str, list[list[Any]]] = {}
        for name in self._classes():
            self.history[name] = [[self._version(name), -1000, None]]
        for at in range(LAST):
            self._second(at, [event for event in plan.events if event.at == at])

    def _classes(self) -> list[str]:
        return ["ds", "dnskey", *self.rrsets]

    def _version(self, name: str) -> tuple[Any, int, Any]:
        now = {key: frozenset(value) for key, value in self.now.items()}
        if name == "ds":
            return now["ds"], self.ttl["ds"] if now["ds"] else self.number["ds-negative-ttl"], None
        if name == "dnskey":
            contents = now["dnskey"], now["dnskey_signers"] & now["dnskey"], now["revoked"] & now["dnskey"]
            ttl = self.ttl["dnskey"] if now["dnskey"] else self.number["dnskey-negative-ttl"]
            return contents, ttl, self._validity("dnskey", contents[1])
        chains = (now["chains"] or "unchained") if self.rrsets[name].negative else None
        return (now["zone_signers"], chains), self.ttl[name], self._validity(name, now["zone_signers"])

    def _validity(self, name: str, signers: frozenset[str]) -> frozenset[Any]:
        return frozenset((key, self.valid[name].get(key, (None, None))) for key in signers)

    def _second(self, at: int, events: list[Event]) -> None:
        signing = {"dnskey": self._version("dnskey")[0][1], "data": frozenset(self.now["zone_signers"])}
        keys = self._version("dnskey")[0]
        for event in events:
            self._do(event)
        if (self._version("dnskey")[0][0], self._version("dnskey")[0][2]) != (keys[0], keys[2]):
            # who signs another DNSKEY set signs it anew
            self.valid["dnskey"] = {}
        after = {"dnskey": self._version("dnskey")[0][1], "data": frozenset(self.now["zone_signers"])}
        for event in events:
            for name in ["dnskey", *self.rrsets]:
                kind = "dnskey" if name == "dnskey" else "data"
                signed = event.action == ("sign-dnskey" if kind == "dnskey" else "sign-zone")
                if signed and event.key in after[kind] - signing[kind]:
                    self.valid[name][event.key] = (event.inception, event.value)
                if event.action == "refresh-signatures" and event.key == name:
                    self.valid[name] = dict.fromkeys(after[kind], (event.inception, event.value))
        for name in self._classes():
            kind = name if name in TOUCHES else "data"
            lags = [event.lag for event in events if event.action in TOUCHES[kind] and event.lag is not None]
            lag = self.number["parent-propagation" if name == "ds" else "zone-propagation"]
            if kind == "data" and after["data"] != signing["data"]:
                lag += self.number["sign-delay"]
            version = self._version(name)
            if version != self.history[name][-1][0]:
                self.history[name][-1][2] = at + max(lags, default=lag)
                self.history[name].append([version, at, None])

    def _do(self, event: Event) -> None:
        sets = {"ds": "ds", "key": "dnskey", "dnskey": "dnskey_signers", "zone": "zone_signers", "chain": "chains"}
        verb, _, noun = event.action.value.rpartition("-")
        if event.action == "revoke-key":
            self.now["revoked"].add(event.key)
        elif event.action == "set-ttl":
            assert event.value is not None
            self.ttl[event.key] = event.value
        elif noun in sets and verb in ("publish", "add", "sign"):
            self.now[sets[noun]].add(event.key)
        elif noun in sets and verb in ("remove", "stop-signing"):
            self.now[sets[noun]].discard(event.key)
            if event.action == "remove-key":
                self.now["dnskey_signers"].discard(event.key)
                self.now["revoked"].discard(event.key)

    def met(self, name: str, at: int) -> list[Any]:
        """Give the versions of a class that an answer or a cache may hold at a second."""
        found = []
        keeps = bool(self.number["forwarders"] or self.number["serve-stale"])
        for version, since, until in self.history[name]:
            _, ttl, validity = version
            asked = [second for second in range(at - ttl - self.number["serve-stale"], at + 1)
                     if since <= second and (until is None or second < until)]  # fmt: skip
            served = bool(asked) and asked[-1] == at
            ends = [expires for _, (_, expires) in validity or ()]
            expires = None if None in ends else max(ends, default=None)
            if served or (asked and (keeps or expires is None or at < expires)):
                # a cache that validates drops by its own clock what has expired
                found.append((*version, served or keeps))
        return found

    def outcome(self, at: int, validator: str, ds: Any, dnskey: Any, data: Any) -> str:
        trusted, ((keys, over_keys, revoked), _, keys_valid, old_keys) = ds[0], dnskey
        (over_data, chains), _, data_valid, old_data = data
        if not trusted:
            return "insecure"
        over_keys = self._good(at, over_keys, keys_valid, old_keys)
        over_data = self._good(at, over_data, data_valid, old_data)
        good = {key for key in keys if key not in revoked}
        path = {key for key in trusted if key in good and key in over_keys}
        signed = {key for key in over_data if key in good}
        if not path or not signed or chains == "unchained":
            return "bogus"
        if chains and "nsec" not in chains and {self.algorithm[key] for key in signed} <= {1, 3, 5}:
            return "bogus"
        wanted = {"lenient": set(), "strict-ds": trusted, "strict-dnskey": good}[validator]
        first = path if validator == "strict-ds" else good & over_keys
        for algorithm in {self.algorithm[key] for key in wanted}:
            for signers in (first, signed):
                if algorithm not in {self.algorithm[key] for key in signers}:
                    return "bogus"
        return "secure"

    def _good(self, at: int, signers: frozenset[str], validity: Any, kept: bool) -> frozenset[str]:
        """Leave out the signers whose signatures a validator takes for not valid yet, or for expired if it is kept."""
        skew = self.number["clock-skew"]
        bad = set()
        for key, (inception, expires) in validity:
            early = inception is not None and at < inception + skew
            if early or (kept and expires is not None and at >= expires - skew):
                bad.add(key)
        return signers - bad

    def seconds(self, validator: str) -> dict[str, set[int]]:
        """Give the seconds at which some combination is bogus, and those at which one is insecure."""
        found: dict[str, set[int]] = {"bogus": set(), "insecure": set(), "secure": set()}
        for at in range(LAST):
            data = {version for name in self.rrsets for version in self.met(name, at)}
            for ds, dnskey, each in product(self.met("ds", at), self.met("dnskey", at), data):
                found[self.outcome(at, validator, ds, dnskey, each)].add(at)
        return found


def _seconds(windows: Any) -> set[int]:
    return {at for window in windows for at in range(max(0, window.start), min(LAST, window.end))}


SHORT = st.integers(0, 12)
TIMES = st.integers(0, 40)
KEYS = st.sampled_from(["K1", "K2", "Z1", "Z2"])
KSKS = st.sampled_from(["K1", "K2"])
CHAINS = st.sampled_from(["nsec", "nsec3"])
OPTIONAL = st.none() | st.integers(0, 80)
EVENTS = st.one_of(
    st.builds(Event, TIMES, st.sampled_from([Action.publish_key, Action.remove_key]), KEYS, lag=st.none() | SHORT),
    st.builds(Event, TIMES, st.sampled_from([Action.revoke_key, Action.stop_signing_dnskey]), KSKS),
    st.builds(Event, TIMES, st.just(Action.sign_dnskey), KEYS, value=OPTIONAL, inception=OPTIONAL),
    st.builds(Event, TIMES, st.just(Action.sign_zone), KEYS, value=OPTIONAL, inception=OPTIONAL, lag=st.none() | SHORT),
    st.builds(Event, TIMES, st.just(Action.stop_signing_zone), st.sampled_from(["Z1", "Z2"])),
    st.builds(Event, TIMES, st.sampled_from([Action.add_ds, Action.remove_ds]), KSKS),
    st.builds(Event, TIMES, st.sampled_from([Action.add_chain, Action.remove_chain]), CHAINS),
    st.builds(Event, TIMES, st.just(Action.set_ttl), st.sampled_from(["ds", "dnskey", "data"]), value=SHORT),
    st.builds(Event, TIMES, st.just(Action.refresh), st.sampled_from(["dnskey", "data", "denial"]), value=OPTIONAL),
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    algorithms = {name: draw(st.sampled_from([5, 13])) for name in ("K1", "K2", "Z1", "Z2")}
    names = ("zone-propagation", "parent-propagation", "sign-delay", "dnskey-ttl", "ds-ttl", "ds-negative-ttl",
             "dnskey-negative-ttl", "serve-stale")  # fmt: skip
    inputs = {name: Number(draw(SHORT), "test") for name in names}
    inputs |= {name: Number(draw(st.integers(0, 2)), "test") for name in ("forwarders", "clock-skew")}
    if draw(st.booleans()):
        inputs["serve-stale"] = Number(0, "test")
    rrsets = tuple(
        RrsetClass(name, draw(SHORT), negative, draw(OPTIONAL))
        for name, negative in (("data", False), ("denial", True))
    )
    events = draw(st.lists(EVENTS, max_size=9))
    keys = {name: Key(name, ROLES[name[0]], algorithm) for name, algorithm in algorithms.items()}
    return Plan("example.", (), keys, START, events, inputs, rrsets, draw(OPTIONAL))


@settings(max_examples=250, deadline=None)
@given(plans())
def test_the_prover_agrees_with_a_simulation_second_by_second(plan: Plan) -> None:
    simulation = Simulation(plan)
    proof = prove(plan)
    for validator in Validator:
        expected = simulation.seconds(validator.value)
        assert _seconds(proof[validator].bogus) == expected["bogus"]
        assert _seconds(proof[validator].insecure) == expected["insecure"]


def test_the_simulation_sees_a_mistake() -> None:
    """Two that never say bogus would agree as well."""
    plan = timetable("100 publish-key Z2", "110 sign-zone Z2; stop-signing-zone Z1", sign_delay=0, forwarders=0,
                     serve_stale=0, clock_skew=0)  # fmt: skip
    assert Simulation(plan).seconds("lenient")["bogus"] == set(range(110, 123))
