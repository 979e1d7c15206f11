"""The prover: it looks for an instant at which some resolver, with any legal content of its cache, fails.

Caches fetch the parent's DS set, the DNSKEY set and every signed RRset at times of their own. At any instant each
combination of versions that can still be met may therefore come together, and the timetable is safe exactly if every
one of them validates at every instant. Time is cut where a version appears, goes or expires; between two cuts nothing
changes, so the check is finite and exact. It knows no methods and no waits: it never trusts the planner.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise, product
from typing import NamedTuple

from zonelint.rollover.model import Plan
from zonelint.rollover.timeline import BEGINNING, FOREVER, UNCHAINED, Contents, Timelines, Version, build

NSEC3_UNFIT = frozenset({1, 3, 5})
"""Algorithms whose validators need not know NSEC3 (RFC 5155 section 2)."""


class Validator(StrEnum):
    """A class of validators.

    `lenient` accepts any one valid path (RFC 6840 section 5.11); `strict_ds` wants a signature by every algorithm
    in the DS set, `strict_dnskey` by every algorithm in the DNSKEY set (what RFC 6781 section 4.1.4 protects).
    """

    lenient = "lenient"
    strict_ds = "strict-ds"
    strict_dnskey = "strict-dnskey"


class Outcome(StrEnum):
    """What a validator makes of one combination."""

    secure = "secure"
    insecure = "insecure"
    bogus = "bogus"


class Witness(NamedTuple):
    """A combination of versions that fails from `start` to `end` (exclusive), and why."""

    start: int
    end: int
    ds: Version
    dnskey: Version
    data: Version
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, `end` exclusive, in which some resolvers fail; the witnesses are in the order of their start."""

    start: int
    end: int
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The windows for one class of validators, in order; insecure ones include the time before the first DS."""

    bogus: tuple[Window, ...]
    insecure: tuple[Window, ...]

    @property
    def lapses(self) -> tuple[Window, ...]:
        """The insecure windows between two secure times: protection is lost and comes back."""
        return tuple(w for w in self.insecure if w.start != BEGINNING and w.end != FOREVER)


Proof = dict[Validator, Verdict]


def is_safe(proof: Proof) -> bool:
    """Tell whether no class of validators has a bogus window, and protection never lapses."""
    return not any(verdict.bogus or verdict.lapses for verdict in proof.values())


def select(proof: Proof, validators: Collection[str]) -> Proof:
    """Give the part of a proof about some classes of validators, all of it where none are named."""
    return {validator: verdict for validator, verdict in proof.items() if not validators or validator in validators}


def prove(plan: Plan) -> Proof:
    """Judge a timetable for each class of validators."""
    timelines = build(plan)
    meetings = list(_meetings(timelines))
    algorithms = {key.id: key.algorithm for key in plan.keys.values()}
    clock = _Clock(plan.number("clock-skew"), bool(plan.number("forwarders") or plan.number("serve-stale")))
    return {
        validator: _judge(meetings, _Predicate(algorithms, validator, timelines.anchored), clock)
        for validator in Validator
    }


class _Clock(NamedTuple):
    """How far clocks of validators are off, and whether something keeps answers beyond their signatures."""

    skew: int
    keeps: bool


class _Meeting(NamedTuple):
    """Versions that can come together from `start` to `end` (exclusive)."""

    start: int
    end: int
    ds: Version
    dnskey: Version
    data: Version


def _judge(meetings: list[_Meeting], predicate: _Predicate, clock: _Clock) -> Verdict:
    failures: dict[Outcome, list[Witness]] = {Outcome.bogus: [], Outcome.insecure: []}
    for meeting in meetings:
        for witness, outcome in _spans(predicate, clock, *meeting):
            failures[outcome].append(witness)
    return Verdict(_windows(failures[Outcome.bogus]), _windows(failures[Outcome.insecure]))


def _meetings(timelines: Timelines) -> Iterator[_Meeting]:
    """Give every combination of versions that can be met at one time, each once.

    Versions are taken up in the order of their publication; each meets those of the other kinds that are not gone.
    """
    kinds = (timelines.ds, timelines.dnskey, [v for versions in timelines.data.values() for v in versions])
    arrivals = sorted(
        ((version.published, kind, version) for kind, versions in enumerate(kinds) for version in versions),
        key=lambda arrival: arrival[:2],
    )
    present: list[list[Version]] = [[], [], []]
    for at, kind, version in arrivals:
        present = [[each for each in group if each.gone > at] for group in present]
        if version.gone <= at:
            continue
        groups = [*present]
        groups[kind] = [version]
        for ds, dnskey, data in product(*groups):
            yield _Meeting(at, min(ds.gone, dnskey.gone, data.gone), ds, dnskey, data)
        present[kind].append(version)


def _spans(
    predicate: _Predicate, clock: _Clock, first: int, last: int, ds: Version, dnskey: Version, data: Version
) -> Iterator[tuple[Witness, Outcome]]:
    """Judge one combination over [first, last), cut where its signatures become good or expire."""
    outcome, reason = predicate(ds, dnskey, data)
    if outcome != Outcome.secure:
        yield Witness(first, last, ds, dnskey, data, reason), outcome
        return
    for version in (dnskey, data):
        for start, end, words, reduced in _bounded(version, clock, first, last):
            pair = (reduced, data) if version is dnskey else (dnskey, reduced)
            if predicate(ds, *pair)[0] != Outcome.secure:
                yield Witness(start, end, ds, dnskey, data, words), Outcome.bogus


def _bounded(version: Version, clock: _Clock, first: int, last: int) -> Iterator[tuple[int, int, str, Version]]:
    """Give the spans of [first, last) in which some signatures are not good, why, and the version without them.

    A validator drops what expires by its own clock (RFC 4035 section 5.3.3): it fails on what is still served.
    """
    bounds = [
        (
            each.key,
            each.inception if each.inception == BEGINNING else each.inception + clock.skew,
            each.expires if each.expires == FOREVER else each.expires - clock.skew,
        )
        for each in version.validity
    ]
    cuts = {cut for _, good, expired in bounds for cut in (good, expired) if first < cut < last}
    for start, end in pairwise(sorted({first, last, *cuts})):
        early = {key for key, good, _ in bounds if start < good}
        late = {key for key, _, expired in bounds if start >= expired}
        until = end if clock.keeps or not late - early else min(end, version.served_until)
        if (early or late) and start < until:
            fault = "have expired" if late else "are not valid yet"
            all_of_them = early | late >= version.contents.signers
            whose = "" if all_of_them else f" of {_names(frozenset(early | late))}"
            signers = version.contents.signers - early - late
            contents = version.contents._replace(signers=signers)
            yield start, until, f"signatures{whose} over {version.rrset} {fault}", replace(version, contents=contents)


class _Predicate:
    """What RFC 4035 section 5 makes of one combination, validity periods aside."""

    def __init__(self, algorithms: dict[str, int], validator: Validator, anchored: bool) -> None:
        self._algorithms, self._validator, self._anchored = algorithms, validator, anchored
        self._known: dict[tuple[Contents, Contents, Contents], tuple[Outcome, str]] = {}

    def __call__(self, ds: Version, dnskey: Version, data: Version) -> tuple[Outcome, str]:
        # many versions have the same contents: every class of data has the same signers
        contents = (ds.contents, dnskey.contents, data.contents)
        known = self._known.get(contents)
        if known is None:
            known = self._known[contents] = self._decide(ds, dnskey, data)
        return known

    def _decide(self, ds: Version, dnskey: Version, data: Version) -> tuple[Outcome, str]:
        trusted, keys = ds.contents.keys, dnskey.contents
        if not trusted and not self._anchored:
            return Outcome.insecure, "the parent has no DS record"
        usable = keys.keys - keys.revoked
        entries = trusted & usable & keys.signers
        if not entries:
            return Outcome.bogus, self._no_entry(trusted, dnskey)
        signers = data.contents.signers & usable
        if not signers:
            return Outcome.bogus, _no_signer(data, keys.revoked)
        unproven = self._denial(data.contents.chains, signers)
        if unproven:
            return Outcome.bogus, unproven
        if self._validator == Validator.strict_ds:
            return self._complete(trusted, entries, signers, "DS")
        if self._validator == Validator.strict_dnskey:
            return self._complete(usable, usable & keys.signers, signers, "DNSKEY")
        return Outcome.secure, ""

    def _denial(self, chains: frozenset[str], signers: frozenset[str]) -> str:
        """Say what is wrong with the proofs that a name does not exist; `chains` is empty for other data."""
        if not chains or "nsec" in chains:
            return ""
        if chains == UNCHAINED:
            return "there is no NSEC or NSEC3 chain"
        if all(self._algorithms[key] in NSEC3_UNFIT for key in signers):
            return "NSEC3 with an algorithm that is not for NSEC3 (RFC 5155 section 2)"
        return ""

    def _complete(
        self, listed: frozenset[str], over_keys: frozenset[str], over_data: frozenset[str], source: str
    ) -> tuple[Outcome, str]:
        """Want every algorithm that a set lists in the signatures over the DNSKEY set and over the data."""
        for algorithm in sorted({self._algorithms[key] for key in listed}):
            for signers, signed in ((over_keys, "the DNSKEY set"), (over_data, "the data")):
                if not any(self._algorithms[key] == algorithm for key in signers):
                    return Outcome.bogus, f"algorithm {algorithm} is in the {source} set and does not sign {signed}"
        return Outcome.secure, ""

    def _no_entry(self, trusted: frozenset[str], dnskey: Version) -> str:
        what = "the trust anchors are" if self._anchored else "the DS set points at"
        names, keys = _names(trusted), dnskey.contents
        if not keys.keys:
            return f"{what} {names} and there is no DNSKEY set"
        if not trusted & keys.keys:
            return f"{what} {names}, not in the DNSKEY set"
        if not trusted & keys.keys - keys.revoked:
            return f"{what} {names}, which is revoked"
        return f"{what} {names}, which does not sign the DNSKEY set"


def _no_signer(data: Version, revoked: frozenset[str]) -> str:
    if not data.contents.signers:
        return "there is a DS record and the data are not signed"
    if data.contents.signers <= revoked:
        return f"the data are signed by {_names(data.contents.signers)}, which is revoked"
    return f"the data are signed by {_names(data.contents.signers)}, not in the DNSKEY set"


def _names(keys: frozenset[str]) -> str:
    return ", ".join(sorted(keys)) or "none"


def _windows(witnesses: list[Witness]) -> tuple[Window, ...]:
    """Join the spans of failing combinations into windows."""
    windows: list[Window] = []
    group: list[Witness] = []
    end = BEGINNING
    for witness in sorted(witnesses, key=lambda w: (w.start, w.end, w.data.rrset)):
        if group and witness.start > end:
            windows.append(Window(group[0].start, end, tuple(group)))
            group, end = [], BEGINNING
        group.append(witness)
        end = max(end, witness.end)
    if group:
        windows.append(Window(group[0].start, end, tuple(group)))
    return tuple(windows)
