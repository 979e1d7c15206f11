"""The life of each record as spans of time: introduced, everywhere, withdrawn, gone.

The spans are those of the prover: a record is introduced while some cache may still hold a version without it, and
withdrawn while some cache may still hold a version with it. These are the states RUMOURED, OMNIPRESENT, UNRETENTIVE and
HIDDEN of "Flexible and Robust Key Rollover" (Schaeffer, Overeinder, Mekking, 2012), worked out from exact versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from zonelint.rollover.model import Plan
from zonelint.rollover.prove import Proof, Validator, Verdict, Window
from zonelint.rollover.timeline import BEGINNING, FOREVER, Contents, Timelines, Version, build

_DAY = 86400


class Phase(StrEnum):
    """What resolvers see of a record: some have it already, all have it, some have it still, none has it."""

    introduced = "introduced"
    everywhere = "everywhere"
    withdrawn = "withdrawn"
    gone = "gone"


class Kind(StrEnum):
    """The sort of record a bar stands for, in the order in which a resolver follows them."""

    anchor = "Trust anchor"
    ds = "DS"
    dnskey = "DNSKEY"
    revoked = "DNSKEY with REVOKE"
    dnskey_signature = "Signature over DNSKEY"
    zone_signature = "Signatures over the zone"
    chain = "Denial"


class Span(NamedTuple):
    """A phase from `start` to `end` (exclusive); `BEGINNING` and `FOREVER` where it has no bound."""

    start: int
    end: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Bar:
    """The life of one record: `key` is the id of its key, or the name of a chain; the spans touch and are in order."""

    kind: Kind
    key: str
    spans: tuple[Span, ...]


class Trouble(NamedTuple):
    """A window in which some resolvers fail: `outcome` is `bogus`, `lapse` or `insecure`.

    A lapse is an insecure time between two secure ones. `validators` are the classes that have this very window.
    """

    start: int
    end: int
    outcome: str
    validators: tuple[Validator, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What there is to draw from `start` to `end`: the bars of every record and the windows of the proof."""

    start: int
    end: int
    bars: tuple[Bar, ...]
    troubles: tuple[Trouble, ...]


def chart(plan: Plan, proof: Proof) -> Chart:
    """Give the bars and windows of a plan, and bounds in time that show all that happens."""
    bars = tuple(_bars(plan, build(plan)))
    troubles = tuple(find_troubles(proof))
    start, end = _bounds(plan, bars, troubles)
    return Chart(start, end, bars, troubles)


def find_troubles(proof: Proof) -> list[Trouble]:
    """Give the windows of a proof in the order of their start, those that validators share only once."""
    shared: dict[tuple[int, int, str], list[Validator]] = {}
    for validator, verdict in proof.items():
        for outcome, windows in (
            ("bogus", verdict.bogus),
            ("lapse", verdict.lapses),
            ("insecure", _plain(verdict)),
        ):
            for window in windows:
                shared.setdefault((window.start, window.end, outcome), []).append(validator)
    return sorted(Trouble(*key, tuple(validators)) for key, validators in shared.items())


def _plain(verdict: Verdict) -> list[Window]:
    """Give the insecure windows before the first DS and after the last."""
    return [window for window in verdict.insecure if window not in verdict.lapses]


def _bars(plan: Plan, timelines: Timelines) -> Iterable[Bar]:
    """Give a bar for each record that is seen at any time."""
    data = list(timelines.data.values())
    negative = [timelines.data[rrset.name] for rrset in plan.rrsets if rrset.negative]
    entry = Kind.anchor if timelines.anchored else Kind.ds
    sources: tuple[tuple[Kind, list[list[Version]], Callable[[Contents], frozenset[str]]], ...] = (
        (entry, [timelines.ds], lambda contents: contents.keys),
        (Kind.dnskey, [timelines.dnskey], lambda contents: contents.keys),
        (Kind.revoked, [timelines.dnskey], lambda contents: contents.revoked),
        (Kind.dnskey_signature, [timelines.dnskey], lambda contents: contents.signers),
        (Kind.zone_signature, data, lambda contents: contents.signers),
        (Kind.chain, negative, lambda contents: contents.chains - {"none"}),
    )
    order = {key: i for i, key in enumerate(plan.keys)}
    for kind, classes, pick in sources:
        names = {name for versions in classes for version in versions for name in pick(version.contents)}
        moments = list(_moments(classes))
        for name in sorted(names, key=lambda name: (order.get(name, len(order)), name)):
            yield Bar(kind, name, tuple(_spans(moments, name, pick)))


class _Moment(NamedTuple):
    """A time from which nothing changes before the next: the newest version of each class and all that are seen."""

    start: int
    newest: list[Contents]
    seen: list[Contents]


def _moments(classes: list[list[Version]]) -> Iterable[_Moment]:
    """Cut time wherever a version appears or leaves the last cache."""
    cuts = {BEGINNING}
    for versions in classes:
        cuts.update(at for version in versions for at in (version.published, version.gone) if at != FOREVER)
    for at in sorted(cuts):
        visible = [[version for version in versions if version.published <= at < version.gone] for versions in classes]
        newest = [max(versions, key=lambda version: version.published) for versions in visible if versions]
        yield _Moment(at, [each.contents for each in newest], [each.contents for group in visible for each in group])


def _spans(moments: list[_Moment], name: str, pick: Callable[[Contents], frozenset[str]]) -> list[Span]:
    """Give the phases of one record, with neighbours of the same phase joined."""
    spans: list[Span] = []
    ends = [*(moment.start for moment in moments[1:]), FOREVER]
    for moment, end in zip(moments, ends, strict=True):
        held = {name in pick(contents) for contents in moment.seen}
        if len(held) == 1:
            phase = Phase.everywhere if True in held else Phase.gone
        else:
            latest = any(name in pick(contents) for contents in moment.newest)
            phase = Phase.introduced if latest else Phase.withdrawn
        if spans and spans[-1].phase == phase:
            spans[-1] = Span(spans[-1].start, end, phase)
        else:
            spans.append(Span(moment.start, end, phase))
    return spans


def _bounds(plan: Plan, bars: Iterable[Bar], troubles: Iterable[Trouble]) -> tuple[int, int]:
    """Give the first and last second to draw: all that moves, with some air on both sides."""
    instants = [event.at for event in plan.events]
    instants += [at for bar in bars for span in bar.spans for at in span[:2]]
    instants += [at for trouble in troubles for at in trouble[:2]]
    known = [at for at in instants if BEGINNING < at < FOREVER]
    if not known:
        return 0, _DAY
    first, last = min(known), max(known)
    air = max((last - first) // 25, 60)
    return first - air, last + air
