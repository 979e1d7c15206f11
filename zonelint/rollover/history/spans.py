"""TTLs and validity of signatures in the course of time, as far as they make a difference to some resolver.

A zone file in a repository changes often, and its largest TTL or its signatures with it. A plan of all that would hide
the steps that matter, so a TTL is said only where something cached with it outlives what came later, and a validity
only where it ends before the version is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from zonelint.rollover.model import Action, Event


class Good(NamedTuple):
    """From when until when each RRset of a class has a signature that is good, in seconds since 1970."""

    since: int
    until: int


def mattering(ttls: Sequence[int], gone: Sequence[int], contents: Sequence[object]) -> list[int]:
    """Give the TTL that counts for each version; `gone` is when no server has it any more.

    Versions in a row with the same contents are one to a resolver: of those, a TTL counts only if what came with it can
    be in a cache after everything that came later.
    """
    result = list(ttls)
    first = 0
    while first < len(ttls):
        last = first
        while last + 1 < len(ttls) and contents[last + 1] == contents[first]:
            last += 1
        if last + 1 == len(ttls):
            # nothing replaces it, so how long it is cached makes no difference
            return result[:first] + [ttls[first]] * (last - first + 1)
        latest = gone[last] + ttls[last]
        for number in range(last - 1, first - 1, -1):
            if gone[number] + ttls[number] > latest:
                latest = gone[number] + ttls[number]
            else:
                result[number] = result[number + 1]
        first = last + 1
    return result


def ttl_events(name: str, ttls: Sequence[int], times: Sequence[int]) -> Iterator[Event]:
    """Give the events that set the TTL of a class, which begins with the first."""
    for number in range(1, len(ttls)):
        if ttls[number] != ttls[number - 1]:
            yield Event(times[number], Action.set_ttl, name, ttls[number])


def validity_events(
    name: str, good: Sequence[Good | None], times: Sequence[int], needed: Sequence[int]
) -> Iterator[Event]:
    """Give the events that bound signatures and that lift the bounds; `needed` is until when those of a version count.

    None in `good` stands for a version without signatures of this class.
    """
    bound = False
    for at, span, until in zip(times, good, needed, strict=True):
        early = span is not None and span.since > at
        short = span is not None and span.until < until
        if span is not None and (early or short):
            # a plan has no signatures that have expired before they are made
            value = max(span.until, at + 1) if short else None
            yield Event(at, Action.refresh, name, value, inception=span.since if early else None)
        elif bound:
            yield Event(at, Action.refresh, name)
        bound = early or short
