"""From versions to a plan: every change of keys, signers, denial and DS sets as an event at the time it happened."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from zonelint.keys.dsfiles import DsRecord
from zonelint.rollover.events import EVENT_LIMIT
from zonelint.rollover.history import parent
from zonelint.rollover.history.classes import Classes
from zonelint.rollover.history.model import DsSet, Published, Story
from zonelint.rollover.history.numbers import Clock, settle
from zonelint.rollover.history.signers import Change
from zonelint.rollover.history.signers import changes as signers_of
from zonelint.rollover.model import Action, Event, Key, Plan, Role, State
from zonelint.rollover.timeline import BEGINNING
from zonelint.rollover.transitions.advice import deeds
from zonelint.rollover.transitions.pair import Lineup, Side
from zonelint.rollover.transitions.scenes import changes
from zonelint.times import to_text

HISTORY = "history"
"""What stands in place of a method in the plan of a history."""


def replay(
    published: Sequence[Published],
    ds: Sequence[tuple[int, Sequence[DsRecord]]] | None,
    given: Mapping[str, int],
    *,
    anchored: bool = False,
    end: int | None = None,
    complete: bool = True,
) -> Story:
    """Make a plan of the versions of a zone: at least one, in the order of their publication, no two at one time.

    `ds` has the DS records of the parent and since when it had them, the first of them from the beginning; None if they
    are not known. `given` are the numbers that options say, in seconds. `end` is until when the last version was there,
    by default just when it was published. With `complete` no version is missing: else nothing can be said of signatures
    that expire before the next version.
    """
    anchored = anchored or not published[0].version.seen.apex
    end = max(published[-1].at, end or 0)
    clock = settle(published, given)
    lineup = Lineup([each.version for each in published])
    entries = [lineup.assumed(number, anchored=anchored) for number in range(len(published))]
    told = None if ds is None or anchored else [(at, lineup.of_ds(records)) for at, records in ds]
    cast = lineup.cast(set().union(*entries, *(keys for _, keys in told or ())))
    keys = _in_order(cast.keys, cast.sides)
    if told is not None:
        sets = [DsSet(at, cast.ids(ids), parent.TOLD) for at, ids in told if at <= end]
    elif anchored:
        sets = [DsSet(BEGINNING, cast.ids(entries[0]), parent.ASSUMED)]
    else:
        sets = parent.assume(published, cast.sides, [cast.ids(each) for each in entries], keys, clock, end)
    story = Story(published, cast.sides, sets, told is not None, anchored, end, clock.delays, complete)
    if told is None and not anchored and len({side.entries for side in cast.sides}) > 1:
        story.unjudged.append("ksk-dropped-early, ds-ahead-of-key: no DS records (--ds FILE[@TIME])")
    story.plan = _plan(story, keys, clock)
    story.plan.notes += _notes(story)
    return story


def _notes(story: Story) -> Iterator[str]:
    """Say what the plan rests on."""
    yield "the versions are taken for published at their times"
    if len(story.plan.events) > EVENT_LIMIT:
        yield f"a plan with more than {EVENT_LIMIT} events is not read by rollover prove: --since and --until narrow it"
    keys = ", ".join(sorted(story.ds[0].keys))
    if story.anchored and keys:
        yield f"assumed: at first resolvers trust {keys} (RFC 5011)"
    elif not story.told and keys:
        yield f"assumed: at first the parent has a DS record for {keys} (say what it had with --ds FILE[@TIME])"


def _plan(story: Story, keys: dict[str, Key], clock: Clock) -> Plan:
    sides, times = story.sides, story.times
    first, signing = signers_of(sides, times, story.delays, story.end)
    # a parent that is told to have acted later did not act on the CDS records at once
    silent = story.told or story.anchored
    states = [replace(side.state, cds=frozenset()) if silent else side.state for side in sides]
    classes = Classes(story, keys, clock)
    events = [*_changes(states, story, clock), *_signings(signing, story, clock), *classes.events()]
    events.sort(key=lambda event: event.at)
    story.unjudged += classes.unjudged()
    story.good_until = classes.good_until
    named = [event for at, group in groupby(events, key=lambda event: event.at)
             for event in _named(story, at, list(group))]  # fmt: skip
    if not story.anchored:
        named += _parent(story.ds)
    ds = story.ds[0].keys
    trusted = State(anchors=ds) if story.anchored else State(ds=ds)
    start = replace(states[0], zone_signers=first, ds=trusted.ds, anchors=trusted.anchors)
    return Plan(
        story.published[0].version.seen.zone, (HISTORY,), keys, start, sorted(named, key=lambda event: event.at),
        {**clock.numbers, **classes.numbers}, classes.rrsets,
    )  # fmt: skip


def _in_order(keys: Mapping[str, Key], sides: Sequence[Side]) -> dict[str, Key]:
    """Sort keys by role, and those of a role by when they are first seen."""
    seen: dict[str, int] = {}
    for number, side in enumerate(sides):
        for id_ in side.state.dnskey | side.signers:
            seen.setdefault(id_, number)
    roles = list(Role)
    return dict(sorted(keys.items(), key=lambda each: (roles.index(each[1].role), seen.get(each[0], -1), each[0])))


def _changes(states: Sequence[State], story: Story, clock: Clock) -> Iterator[Event]:
    """Give the changes of keys, of who signs them, and of denial."""
    for number, (before, after) in enumerate(pairwise(states), 1):
        lag = _lag(story.delays[number - 1], clock)
        for event in changes(before, after, story.times[number]):
            # a key that goes stops signing with that, and one that comes revoked has never been anything else
            ends = event.action == Action.stop_signing_dnskey and event.key not in after.dnskey
            if not ends and not (event.action == Action.revoke_key and event.key not in before.dnskey):
                yield replace(event, lag=lag)


def _signings(signing: Sequence[Change], story: Story, clock: Clock) -> Iterator[Event]:
    """Give the changes of who signs the data."""
    for change in signing:
        number = bisect_right(story.times, change.at) - 1
        lag = _lag(story.delays[max(number - 1, 0)], clock) if change.lag is None else change.lag
        states = State(zone_signers=change.before), State(zone_signers=change.after)
        yield from (replace(event, lag=lag) for event in changes(*states, change.at))


def _lag(delay: int, clock: Clock) -> int | None:
    """Give how long a version stays on some server, None where that is what the plan says of all."""
    return None if delay == clock.number("zone-propagation") else delay


def _named(story: Story, at: int, events: Sequence[Event]) -> Iterator[Event]:
    """Name the step of events after the version that brought them."""
    each = story.published[bisect_right(story.times, at) - 1]
    serial = f"serial {each.version.serial}"
    shown = f"{serial} ({each.commit[:10]})" if each.commit else serial
    for event in events:
        yield replace(event, step=serial.replace(" ", "-"), title=f"{shown}: {in_words(events)}")


def in_words(events: Sequence[Event]) -> str:
    """Write what a version brought: its deeds, and signatures that expire while it is still served."""
    ends: dict[str, list[str]] = {}
    for event in events:
        if event.action == Action.refresh and event.value is not None:
            # a plan can say no earlier end than this
            gone = event.value <= event.at + 1
            ends.setdefault("have expired" if gone else f"expire at {to_text(event.value)}", []).append(event.key)
    words = [deeds([event for event in events if event.action != Action.refresh or event.value is None])]
    words += [f"signatures over {', '.join(names)} that {end}" for end, names in ends.items()]
    return " and ".join(each for each in words if each)


def _parent(sets: Sequence[DsSet]) -> Iterator[Event]:
    """Give the changes of the DS set."""
    for before, after in pairwise(sets):
        events = changes(State(ds=before.keys), State(ds=after.keys), after.at)
        words = deeds(events) if after.by == parent.TOLD else f"{after.by}: {deeds(events)}"
        yield from (replace(event, step="ds", title=words) for event in events)
