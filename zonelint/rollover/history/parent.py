"""The DS sets of the parent in the course of time: as they are told, else as CDS records and keys let assume.

What is assumed is the best that could have been: where a key that the parent pointed at made room for another, and both
were there for a time, the parent is taken to have exchanged the DS as soon as that was safe. Only an exchange that no
DS set at all goes with remains a fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zonelint.rollover.history.model import DsSet, Published
from zonelint.rollover.history.numbers import Clock, negative_ttl
from zonelint.rollover.model import Key
from zonelint.rollover.timeline import BEGINNING
from zonelint.rollover.transitions.pair import Side

_DELETE = (b"\0\0\0\0\0", b"\0\0\3\0\0")
ASSUMED, TOLD = "assumed", "told"
BY_CDS = "assumed: the parent follows CDS records at once"


def assume(
    published: Sequence[Published],
    sides: Sequence[Side],
    entries: Sequence[frozenset[str]],
    keys: Mapping[str, Key],
    clock: Clock,
    end: int,
) -> list[DsSet]:
    """Give the DS sets that the versions let assume; `entries` are the keys of each version that a DS can lead to."""
    first = sides[0].state.cds & entries[0] or entries[0]
    sets = [DsSet(BEGINNING, first, ASSUMED)]
    for number in range(1, len(sides)):
        at, asked, before = published[number].at, sides[number].state.cds, sides[number - 1].state.cds
        if _asks_to_delete(sides[number]) and not _asks_to_delete(sides[number - 1]):
            sets.append(DsSet(at, frozenset(), BY_CDS))
        elif asked and asked != before:
            sets.append(DsSet(at, asked, BY_CDS))
        elif entries[number] and not sets[-1].keys & entries[number]:
            _exchange(sets, published, entries, number, keys, clock)
    return _in_order([each for each in sets if each.at <= end])


def _exchange(
    sets: list[DsSet],
    published: Sequence[Published],
    entries: Sequence[frozenset[str]],
    number: int,
    keys: Mapping[str, Key],
    clock: Clock,
) -> None:
    """Let the DS set lead to the keys of a version that it does not lead to yet."""
    wanted, held, at = entries[number], sets[-1].keys, published[number].at
    if not held:
        # the first DS comes when no cache can hold the unsigned zone any more
        ready = at + clock.delays[number - 1] + _longest(published[:number])
        sets.append(DsSet(ready, wanted, ASSUMED))
        return
    first = number
    while first and entries[first - 1] & wanted:
        first -= 1
    ttl = max(each.version.seen.dnskey_ttl or 0 for each in published[:number])
    ready = published[first].at + max(clock.delays[:number]) + ttl
    last = at - clock.number("parent-propagation") - clock.number("ds-ttl")
    if first == number:
        # there is no time at which both could be used: the parent can have been no earlier than the zone
        sets.append(DsSet(at, wanted, ASSUMED))
    elif ready <= last or {keys[id_].algorithm for id_ in wanted} != {keys[id_].algorithm for id_ in held}:
        sets.append(DsSet(max(published[first].at, min(ready, last)), wanted, ASSUMED))
    else:
        # too short a time for an exchange in between, but enough if the DS was there before its key
        sets[-1] = sets[-1]._replace(keys=held | wanted)


def _longest(published: Sequence[Published]) -> int:
    """Give the largest TTL of data, and of their absence, in the versions before."""
    return max(max(each.version.seen.data_ttl or 0, negative_ttl(each)) for each in published)


def _asks_to_delete(side: Side) -> bool:
    """Tell whether CDS or CDNSKEY records ask the parent to remove all DS records (RFC 8078 section 4)."""
    return any(rdata in _DELETE for rdata in (*side.seen.cds, *side.seen.cdnskey))


def _in_order(sets: Sequence[DsSet]) -> list[DsSet]:
    """Sort sets by time, the later one said counting where two are of one time, and drop those that change nothing."""
    result: list[DsSet] = []
    for each in sorted(sets, key=lambda each: each.at):
        if result and result[-1].at == each.at:
            result.pop()
        if not result or result[-1].keys != each.keys:
            result.append(each)
    return result
