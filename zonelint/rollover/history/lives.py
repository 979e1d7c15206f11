"""What became of each key, and what each version changed: the history as people tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from zonelint.rollover.history.judge import Judged
from zonelint.rollover.history.model import Story
from zonelint.rollover.history.parent import TOLD
from zonelint.rollover.history.replay import in_words
from zonelint.rollover.model import Event
from zonelint.rollover.transitions.advice import deeds


class Span(NamedTuple):
    """A time in which something was so of a key: None for what was so at first, or is so at last."""

    key: str
    what: str
    since: int | None
    until: int | None


class Transition(NamedTuple):
    """A change: when, which version (or the parent) made it, in words, and what is found about it.

    `commit` and `serial` are empty and None for a change at the parent.
    """

    at: int
    name: str
    serial: int | None
    commit: str
    deeds: str
    judged: tuple[Judged, ...]


def lives(story: Story) -> list[Span]:
    """Give the spans of every key, in the order of the plan's keys and of a key's records."""
    ds = "DS" if story.told else "trusted (assumed)" if story.anchored else "DS (assumed)"
    states = [side.state for side in story.sides]
    rows = (
        ("DNSKEY", story.times, [state.dnskey for state in states]),
        ("signs DNSKEY", story.times, [state.dnskey_signers for state in states]),
        ("signs data", story.times, [side.signers for side in story.sides]),
        ("revoked", story.times, [state.revoked for state in states]),
        ("CDS", story.times, [state.cds for state in states]),
        (ds, [each.at for each in story.ds], [each.keys for each in story.ds]),
    )
    return [span for key in story.plan.keys for what, times, sets in rows for span in _spans(key, what, times, sets)]


def _spans(key: str, what: str, times: Sequence[int], sets: Sequence[frozenset[str]]) -> Iterator[Span]:
    """Give the times in which a set has a key."""
    there = [key in keys for keys in sets]
    number = 0
    for held, group in groupby(there):
        length = sum(1 for _ in group)
        if held:
            until = times[number + length] if number + length < len(times) else None
            yield Span(key, what, times[number] if number else None, until)
        number += length


def transitions(story: Story, judged: Sequence[Judged]) -> list[Transition]:
    """Give every version that changed something a resolver can tell, or that something is found about, in order."""
    events: dict[int, list[Event]] = {}
    for event in story.plan.events:
        events.setdefault(event.at, []).append(event)
    found: dict[int, list[Judged]] = {}
    for each in judged:
        if each.at is not None:
            found.setdefault(each.at, []).append(each)
    rows = []
    for at in sorted({*events, *found}):
        mine = events.get(at, [])
        parents = [event for event in mine if event.step == "ds"]
        rest = [event for event in mine if event.step != "ds"]
        known = tuple(found.get(at, ()))
        if rest or not parents:
            made = [published for published in story.published if published.at <= at][-1]
            rows.append(Transition(at, made.version.name, made.version.serial, made.commit, in_words(rest), known))
            known = ()
        if parents:
            by = [each.by for each in story.ds if each.at == at][-1]
            name = "the parent" if by == TOLD else f"the parent ({by})"
            rows.append(Transition(at, name, None, "", deeds(parents), known))
    return rows

