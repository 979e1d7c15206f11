"""What the prover finds in a history, blamed on the version, or on the change at the parent, that began it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from zonelint.findings import Finding
from zonelint.rollover.findings import lapses, revocations, windows
from zonelint.rollover.history.model import Story
from zonelint.rollover.history.parent import BY_CDS
from zonelint.rollover.prove import Proof, Validator, Verdict, Window, Witness
from zonelint.rollover.timeline import FOREVER, Version
from zonelint.rollover.transitions.causes import about, cause
from zonelint.rollover.transitions.pair import Pair
from zonelint.rollover.transitions.progress import changed_ttls
from zonelint.rollover.transitions.scenes import NOW, YOUNG, Scene
from zonelint.rollover.transitions.verdict import Case, reused_tags, told


class Judged(NamedTuple):
    """A finding and when the change that it is about was published, in seconds since 1970; None for none."""

    at: int | None
    finding: Finding


class _Blame(NamedTuple):
    rule: str
    at: int
    by_parent: bool


def judge(story: Story, proof: Proof) -> list[Judged]:
    """Give the findings about a history in the order of time; `proof` has the classes of validators that count."""
    return list(_Judging(story).all(proof))


class _Judging:
    def __init__(self, story: Story) -> None:
        self._story = story
        self._changes = {each.at: each for each in story.ds[1:]}

    def all(self, proof: Proof) -> Iterator[Judged]:
        """Give every finding."""
        cases, rest = self._cases(proof)
        for at, by_parent in list(cases):
            if by_parent and not self._story.told and "ksk-exchanged-before-ds" in cases.get((at, False), {}):
                # the parent is assumed to have followed at once: what comes of that is the fault of the zone
                del cases[at, by_parent]
        found = [Judged(at, finding) for (at, by_parent), causes in cases.items()
                 for finding in told(causes, self._pair(at, by_parent=by_parent), at, None)]  # fmt: skip
        plan = self._story.plan
        found += [Judged(None, finding) for finding in (*windows(plan, rest), *lapses(plan, proof), *revocations(plan))]
        for number in range(1, len(self._story.published)):
            at = self._story.times[number]
            pair = self._pair(at, by_parent=False)
            found += [Judged(at, finding) for finding in reused_tags(pair, None)]
            found += [Judged(at, finding) for finding in changed_ttls(pair, at, plan.inputs, None)]
        yield from sorted(found, key=lambda each: each.at or 0)

    def _cases(self, proof: Proof) -> tuple[dict[tuple[int, bool], dict[str, Case]], Proof]:
        """Sort what fails by the change to blame and its cause; gives also what no change is to blame for."""
        cases: dict[tuple[int, bool], dict[str, Case]] = {}
        rest: Proof = {}
        said: set[tuple[Version | str, ...]] = set()
        for validator, verdict in proof.items():
            left = []
            for window in verdict.bogus:
                blamed = {}
                for witness in window.witnesses:
                    blame = self._blame(witness, window)
                    if blame is not None:
                        blamed[witness.reason] = blame
                        if tuple(witness[2:]) not in said:
                            said.add(tuple(witness[2:]))
                            self._enter(cases, blame, validator, witness)
                left += _unexplained(window, set(blamed))
            rest[validator] = Verdict(tuple(left), ())
        return cases, rest

    def _enter(
        self, cases: dict[tuple[int, bool], dict[str, Case]], blame: _Blame, validator: Validator, witness: Witness
    ) -> None:
        mine = cases.setdefault((blame.at, blame.by_parent), {})
        if blame.rule not in mine:
            plan = self._story.plan
            until = replace(plan, events=[event for event in plan.events if event.at <= blame.at])
            mine[blame.rule] = Case(until, validator)
        mine[blame.rule].witnesses.append(witness)

    # --- who is to blame ---

    def _blame(self, witness: Witness, window: Window) -> _Blame | None:
        """Find the change that brought a failing combination about; None where there is none, or it failed before."""
        if witness.reason.endswith(("have expired", "not valid yet")):
            return self._validity(witness)
        versions = about(witness)
        at = max(versions.values())
        by_parent = versions.get("ds") == at and at in self._changes
        if not (by_parent or at >= self._story.times[0]):
            return None
        if any(each.reason == witness.reason and each.start < at <= each.end for each in window.witnesses):
            return None
        pair = self._pair(at, by_parent=by_parent)
        past = YOUNG if witness.data.contents.signers & pair.old.state.dnskey else NOW
        rule = cause(self._as_it_was(witness, at), Scene(past, "", self._story.plan), pair, at)
        if rule is None:
            return None
        if rule == "ds-ahead-of-key" and self._changes[at].by == BY_CDS:
            rule = "cds-ahead-of-key"
        return _Blame(rule, at, by_parent)

    def _as_it_was(self, witness: Witness, at: int) -> Witness:
        """Let a DS set that was there at a time, and was exchanged only later, last for ever."""
        if any(each.at < at for each in self._story.ds[1:] if each.at > witness.ds.published):
            return witness
        return witness._replace(ds=replace(witness.ds, gone=FOREVER))

    def _validity(self, witness: Witness) -> _Blame | None:
        """Blame signatures that were not good yet, or no more, on the version they came with or on the next one."""
        version = witness.data if f" {witness.data.rrset} " in witness.reason else witness.dnskey
        times, at = self._story.times, version.published
        if at < times[0]:
            return None
        if witness.reason.endswith("not valid yet"):
            return _Blame("signatures-ahead-of-time", at, False)
        number = bisect_right(times, at) - 1
        end = min(each.expires for each in version.validity) - self._story.plan.number("clock-skew")
        if end < at + self._story.delays[max(number - 1, 0)]:
            return _Blame("signatures-too-short", at, False)
        if number + 1 < len(times) and end >= times[number + 1]:
            return _Blame("signatures-outlived", times[number + 1], False)
        return None

    # --- the two sides of a change ---

    def _pair(self, at: int, *, by_parent: bool) -> Pair:
        """Put the version, or the DS set, of a time beside the one before."""
        story = self._story
        number = bisect_right(story.times, at) - 1
        sets = [each for each in story.ds if each.at <= at]
        new, old = story.sides[max(number, 0)], story.sides[max(number - 1, 0)]
        ds = sets[-1].keys
        if by_parent:
            beside = new if number >= 0 else story.sides[0]
            old, new = (replace(beside, name=_ds_name(keys)) for keys in (sets[-2].keys, ds))
            new = replace(new, name=f"{new.name} beside {beside.name}")
        elif number < 1:
            old = replace(old, name="what was before")
        return Pair(story.plan.zone, story.plan.keys, old, new, ds, story.told, story.anchored)


def _ds_name(keys: frozenset[str]) -> str:
    return f"the DS set of {', '.join(sorted(keys))}" if keys else "no DS set"


def _unexplained(window: Window, reasons: set[str]) -> list[Window]:
    """Give the part of a window that fails for other reasons than those that are explained."""
    rest = tuple(witness for witness in window.witnesses if witness.reason not in reasons)
    return [Window(min(w.start for w in rest), max(w.end for w in rest), rest)] if rest else []
