"""Two versions as timetables for the prover: what is published now, and at one moment the next version.

Caches may hold more than the old version: what was there before it, as far as dates that were given leave it possible.
Each such past is a scene of its own, for they exclude each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from zonelint.rollover.model import Action, Event, Number, Plan, RrsetClass, State
from zonelint.rollover.transitions.pair import KINDS, Pair, Side, Signed

NOW, YOUNG, RETIRED, DOUBLED, SWAPPED = "now", "young", "retired", "doubled", "swapped"
RESIGNED, SHRUNK = "resigned", "shrunk"
"""The pasts: none but the old version; keys that it brought; keys that stopped signing with it; keys that began to sign
beside those that go now; keys that it exchanged under the signatures of both; and for all algorithms to sign,
signatures that it added and keys that it dropped."""

_FIELDS = (
    ("dnskey", Action.remove_key, Action.publish_key), ("revoked", None, Action.revoke_key),
    ("dnskey_signers", Action.stop_signing_dnskey, Action.sign_dnskey),
    ("zone_signers", Action.stop_signing_zone, Action.sign_zone), ("chains", Action.remove_chain, Action.add_chain),
    ("cds", Action.withdraw_cds, Action.publish_cds), ("ds", Action.remove_ds, Action.add_ds),
)  # fmt: skip


class Dates(NamedTuple):
    """When the new version goes out, since when the old one is out and the parent has its DS records, if known."""

    at: int
    published: int | None = None
    ds_published: int | None = None


class Scene(NamedTuple):
    """A timetable of one kind of RRsets; `past` says what was there before the old version."""

    past: str
    kind: str
    plan: Plan


def scenes(pair: Pair, dates: Dates, numbers: Mapping[str, Number]) -> Iterator[Scene]:
    """Give every timetable that two versions and the dates allow."""
    for kind in KINDS:
        for old, new in _paired(pair.old.groups[kind], pair.new.groups[kind]):
            yield Scene(NOW, kind, _plan(pair, dates, numbers, kind, (old, new)))
            if dates.published is not None and dates.published < dates.at:
                yield from _pasts(pair, dates, numbers, kind, (old, new))


def young(pair: Pair, dates: Dates) -> frozenset[str]:
    """Give the keys that were perhaps published with the old version, and which from now on must be in every cache."""
    used = pair.new.signers | (pair.new.state.cds - pair.old.state.cds)
    idle = pair.old.state.dnskey - pair.old.signers
    if _ds_comes(dates):
        # of the DS set before nothing is known, so any key of the new one may be new
        return idle & (used | pair.ds) if pair.ds_told else idle & used - pair.old.entries
    return idle & used - (pair.ds if pair.ds_told else pair.old.entries)


def doubled(pair: Pair) -> frozenset[str]:
    """Give the keys that sign on where others that signed beside them go, and perhaps began with the old version."""
    gone = (pair.old.signers - pair.new.signers) & pair.old.state.dnskey - pair.new.state.dnskey
    return pair.old.signers & pair.new.signers & pair.old.state.dnskey if gone else frozenset()


def _ds_comes(dates: Dates) -> bool:
    return dates.ds_published is not None and dates.ds_published >= dates.at


def retired(pair: Pair) -> frozenset[str]:
    """Give the keys that the new version drops and whose signatures may have been replaced by the old version."""
    idle = pair.old.state.dnskey - pair.old.signers - pair.old.state.revoked
    # in a zone of single keys one with the SEP flag may have signed data too
    single = bool(pair.old.signers) and pair.old.signers <= pair.old.entries
    return frozenset(id_ for id_ in idle - pair.new.state.dnskey if single or pair.keys[id_].role == "zsk")


def dropped(pair: Pair) -> frozenset[str]:
    """Give the keys that a DS could lead to in the old version and cannot in the new one."""
    return pair.old.entries - pair.new.entries


def before_ds(pair: Pair, dates: Dates) -> frozenset[str] | None:
    """Give the keys of the DS set that the parent had before, at the worst; None where nothing is known of one."""
    if dates.ds_published is None or not pair.ds_told:
        return None
    # a change that is still to come replaces a DS set that fits what is published now
    if _ds_comes(dates):
        return _fitting(pair)
    # one that leads only to keys which go now is the worst
    before = dropped(pair)
    return before if before and before != pair.ds else None


def _fitting(pair: Pair) -> frozenset[str]:
    """Give the keys of a DS set that suits the old version: of algorithms that sign all of it, if there are such."""
    groups = [group for groups in pair.old.groups.values() for group in groups]
    signing = [{pair.keys[key].algorithm for key in group.signers} for group in groups]
    fitting = {key for key in pair.old.entries if all(pair.keys[key].algorithm in each for each in signing)}
    return frozenset(fitting) or pair.old.entries


def _paired(old: tuple[Signed, ...], new: tuple[Signed, ...]) -> Iterator[tuple[Signed, Signed]]:
    """Let each group of both versions come in some timetable; which ones come together does not matter."""
    for one, other in zip_longest(old, new):
        yield one or old[-1], other or new[-1]


def _plan(
    pair: Pair,
    dates: Dates,
    numbers: Mapping[str, Number],
    kind: str,
    groups: tuple[Signed, Signed],
    past: State | None = None,
) -> Plan:
    old, new = groups
    states = [replace(side.state, zone_signers=group.signers)
              for side, group in zip((pair.old, pair.new), groups, strict=True)]  # fmt: skip
    before = before_ds(pair, dates)
    ds = pair.ds if before is None else before
    ds, anchors = (frozenset[str](), ds) if pair.anchored else (ds, None)
    start = replace(states[0] if past is None else past, ds=ds, anchors=anchors)
    events: list[Event] = []
    if past is not None and dates.published is not None:
        events += changes(past, states[0], dates.published)
    if dates.ds_published is not None and before is not None:
        events += changes(State(ds=before), State(ds=pair.ds), dates.ds_published)
    events += changes(states[0], states[1], dates.at)
    events += _validities(pair.new, new, kind, dates.at, dates.at + numbers["zone-propagation"].value)
    rrset = RrsetClass(kind, old.ttl, kind == "denial", old.expiration if past is None else None)
    expires = min((each.expiration for each in pair.old.seen.key_signatures), default=None)
    return Plan(
        pair.zone, (), dict(pair.keys), start, events, dict(numbers), (rrset,), expires if past is None else None
    )


def _pasts(
    pair: Pair, dates: Dates, numbers: Mapping[str, Number], kind: str, groups: tuple[Signed, Signed]
) -> Iterator[Scene]:
    state = replace(pair.old.state, zone_signers=groups[0].signers)
    pasts: dict[str, State] = {}
    if new := young(pair, dates):
        pasts[YOUNG] = replace(state, dnskey=state.dnskey - new, dnskey_signers=state.dnskey_signers - new)
    if (both := doubled(pair)) and state.zone_signers - both:
        pasts[DOUBLED] = replace(state, dnskey=state.dnskey - both, dnskey_signers=state.dnskey_signers - both,
                                 zone_signers=state.zone_signers - both)  # fmt: skip
    if gone := retired(pair):
        pasts[RETIRED] = replace(state, zone_signers=gone)
    unknown, known = state.zone_signers - state.dnskey, state.zone_signers & state.dnskey
    if unknown and known:
        pasts[RESIGNED] = replace(state, zone_signers=known)
        pasts[SHRUNK] = replace(state, dnskey=state.dnskey | unknown)
        if unknown - pair.new.signers:
            pasts[SWAPPED] = replace(state, dnskey=state.dnskey - known | unknown)
    for name, past in pasts.items():
        yield Scene(name, kind, _plan(pair, dates, numbers, kind, groups, past))


def _validities(side: Side, group: Signed, kind: str, at: int, everywhere: int) -> Iterator[Event]:
    """Give the signatures of the new version their validity, where that begins late or ends too soon to be renewed."""
    keys = side.seen.key_signatures
    ends = {
        "dnskey": (max((each.inception for each in keys), default=None),
                   min((each.expiration for each in keys), default=None)),
        kind: (group.inception, group.expiration),
    }  # fmt: skip
    for name, (inception, expiration) in ends.items():
        if expiration is not None and inception is not None:
            value = expiration if expiration < everywhere else None
            yield Event(at, Action.refresh, name, value, inception=inception if inception > at else None)


def changes(before: State, after: State, at: int) -> list[Event]:
    """Give the events that lead from one state to another; what goes comes first."""
    found: list[Event] = []
    for field, remove, add in _FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        found += [*_events(remove, old - new, at), *_events(add, new - old, at)]
    return found


def _events(action: Action | None, keys: Iterable[str], at: int) -> list[Event]:
    return [] if action is None else [Event(at, action, key, step=str(action)) for key in sorted(keys)]
