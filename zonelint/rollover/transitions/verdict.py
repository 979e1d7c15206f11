"""The findings about a change from one version of a zone to the next, with the window of each and a safe moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zonelint.findings import Finding, Place
from zonelint.rollover.findings import combination, span_in_words
from zonelint.rollover.model import Number, Plan
from zonelint.rollover.prove import Validator, Witness, prove
from zonelint.rollover.transitions.advice import advice
from zonelint.rollover.transitions.causes import cause
from zonelint.rollover.transitions.pair import Pair
from zonelint.rollover.transitions.progress import changed_ttls, progress
from zonelint.rollover.transitions.scenes import NOW, Dates, Scene, before_ds, doubled, dropped, retired, scenes, young

_BOTH_HALVES = ("zsk-unknown-to-caches", "zsk-dropped-early")
_UNADVISED = frozenset({"signatures-outlived", "signatures-too-short", "signatures-ahead-of-time"})
_AUDIENCE = {
    Validator.strict_ds: " for validators that want every algorithm of the DS set to sign (strict-ds)",
    Validator.strict_dnskey: " for validators that want every algorithm of the DNSKEY set to sign (strict-dnskey)",
}


@dataclass(slots=True)
class Case:
    """What speaks for one rule: the failing combinations, and the timetable and validators of the first."""

    plan: Plan
    validator: Validator
    witnesses: list[Witness] = field(default_factory=list)


def judge(
    pair: Pair, dates: Dates, numbers: Mapping[str, Number], place: Place | None
) -> Iterator[Finding]:
    """Give every finding about the change; `place` is where carets go, in the new version."""
    cases = _cases(list(scenes(pair, dates, numbers)), pair, dates.at)
    yield from told(cases, pair, dates.at, place)
    yield from reused_tags(pair, place)
    yield from changed_ttls(pair, dates.at, numbers, place)
    if not cases:
        yield from progress(pair, dates.at, numbers, place)


def told(cases: Mapping[str, Case], pair: Pair, at: int, place: Place | None) -> Iterator[Finding]:
    """Give a finding for each cause, by rule: the window, what meets in it, and when the change would be safe."""
    for rule, case in _joined(cases).items():
        hint = "" if rule in _UNADVISED else f"; {advice(pair, case.plan, at, case.validator)}"
        keys = sorted({key for witness in case.witnesses for key in _keys_of(witness)} & set(pair.keys))
        words = f"{pair.old.name} to {pair.new.name}: {_said(case)}{hint}{_assumed(rule, pair)}"
        yield Finding(rule, words, place, pair.zone, "", " ".join(keys))


def unjudged(pair: Pair, dates: Dates) -> Iterator[tuple[str, str]]:
    """Give the rules that this change would need more inputs for, and which."""
    if dates.published is None:
        unknown = "it is not known since when the previous version is published (--published TIME)"
        if young(pair, dates) or doubled(pair):
            yield "zsk-too-young", unknown
        if retired(pair) or doubled(pair):
            yield "zsk-dropped-early", unknown
    if dropped(pair) and not pair.anchored:
        if not pair.ds_told:
            yield "ksk-dropped-early", "no DS records (--ds FILE)"
        elif dates.ds_published is None and before_ds(pair, dates._replace(ds_published=0)) is not None:
            unknown = "it is not known since when the parent has its DS records (--ds-published TIME)"
            yield "ksk-dropped-early", unknown


def _cases(all_scenes: Sequence[Scene], pair: Pair, at: int) -> dict[str, Case]:
    """Sort what the prover finds by cause."""
    cases: dict[str, Case] = {}
    for scene in all_scenes:
        before = {}
        if scene.past == NOW:
            # what failed before this change is not its fault
            past = replace(scene.plan, events=[event for event in scene.plan.events if event.at < at])
            before = {v: {w.reason for window in verdict.bogus for w in window.witnesses}
                      for v, verdict in prove(past).items()}  # fmt: skip
        seen: set[tuple[object, ...]] = set()
        for validator, verdict in prove(scene.plan).items():
            for witness in (witness for window in verdict.bogus for witness in window.witnesses):
                rule = cause(witness, scene, pair, at)
                expiry = witness.reason.endswith("have expired")
                if rule is None or witness[2:] in seen or (not expiry and witness.reason in before.get(validator, ())):
                    continue
                seen.add(witness[2:])
                cases.setdefault(rule, Case(scene.plan, validator)).witnesses.append(witness)
    return cases


def _joined(cases: Mapping[str, Case]) -> dict[str, Case]:
    """Put both halves of an exchange in one step together: new keys too early and old ones gone too early."""
    if not all(half in cases for half in _BOTH_HALVES):
        return dict(cases)
    first, second = (cases[half] for half in _BOTH_HALVES)
    rest = {rule: case for rule, case in cases.items() if rule not in _BOTH_HALVES}
    return {"zsk-exchanged-at-once": replace(first, witnesses=first.witnesses + second.witnesses), **rest}


def _said(case: Case) -> str:
    """Say when what fails and why: the whole window, and the combination that lasts longest of each reason."""
    start = min(witness.start for witness in case.witnesses)
    end = max(witness.end for witness in case.witnesses)
    longest: dict[str, Witness] = {}
    for witness in sorted(case.witnesses, key=lambda witness: witness.start - witness.end):
        longest.setdefault(witness.reason, witness)
    words = "; and ".join(f"{combination(witness)}: {reason}" for reason, witness in list(longest.items())[:2])
    return f"bogus {span_in_words(start, end)}{_AUDIENCE.get(case.validator, '')}: {words}"


def _keys_of(witness: Witness) -> frozenset[str]:
    return witness.dnskey.contents.keys ^ witness.data.contents.signers


def _assumed(rule: str, pair: Pair) -> str:
    """Say what was assumed of the parent where a finding rests on it."""
    if pair.ds_told or pair.anchored or "ds" not in rule.split("-"):
        return ""
    return f" (assumed: the parent has a DS of {', '.join(sorted(pair.ds))}; say what it has with --ds FILE)"


def reused_tags(pair: Pair, place: Place | None) -> Iterator[Finding]:
    """Give the pairs of an old and a new key that signatures and DS records cannot tell apart."""
    versions = f"{pair.old.name} to {pair.new.name}"
    came = pair.new.state.dnskey - pair.old.state.dnskey
    for new in sorted(came):
        for old in sorted(pair.old.state.dnskey - {new}):
            one, other = pair.keys[old], pair.keys[new]
            if (one.algorithm, one.tag) == (other.algorithm, other.tag) and old not in pair.new.state.dnskey:
                words = f"{versions}: the new key {new} has the tag and the algorithm of {old}, which caches still hold"
                yield Finding("key-tag-reused", words, place, pair.zone, "DNSKEY", str(other.tag))
