"""Who signs the data in the course of time: sets of signers one after the other, also where a signer takes its time.

A signer that renews signatures one by one leaves data of two kinds in a version: those signed anew and those not yet.
In a plan the new set of signers begins with the first of the former, and the set before stays on the servers until the
last of the latter is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zonelint.rollover.transitions.pair import Side

Signers = frozenset[str]


class Change(NamedTuple):
    """From `at` on there are data signed by `after`; those by `before` are served for `lag` seconds more.

    `lag` is None where none of them are in the new version, so that only the usual delay counts.
    """

    at: int
    before: Signers
    after: Signers
    lag: int | None


def sets_of(side: Side) -> frozenset[Signers]:
    """Give the sets of signers in a version that ask most of a resolver: those that hold no smaller set."""
    found = {each.signers for groups in side.groups.values() for each in groups if each.signers}
    return frozenset(each for each in found if not any(other < each for other in found)) or frozenset({Signers()})


def changes(
    sides: Sequence[Side], times: Sequence[int], delays: Sequence[int], end: int
) -> tuple[Signers, list[Change]]:
    """Give the signers of the first version and every change; `delays` says how long a version stays on some server."""
    sets = [sets_of(side) for side in sides]
    first = current = _some(sets[0])
    found: list[Change] = []
    before = frozenset({first})
    for number, present in enumerate(sets):
        new = sorted(present - before, key=sorted)
        if not new and current not in present:
            new = [_some(present)]
        for i, after in enumerate(new):
            # two sets that begin together can only be told apart in a plan a second apart
            at = times[number] + i
            found.append(Change(at, current, after, _lag(current, number, sets, times, delays, end, at)))
            current = after
        before = present
    return first, found


def _lag(
    signers: Signers, number: int, sets: Sequence[frozenset[Signers]], times: Sequence[int], delays: Sequence[int],
    end: int, at: int,
) -> int | None:  # fmt: skip
    """Give for how long data of these signers are served after a version that has other data too."""
    last = number
    while last < len(sets) and signers in sets[last]:
        last += 1
    if last == number:
        return None
    return max((times[last] if last < len(times) else end) - at, 0) + delays[last - 1]


def _some(sets: frozenset[Signers]) -> Signers:
    return min(sets, key=sorted)
