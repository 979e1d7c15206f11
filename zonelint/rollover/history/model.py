"""The versions of a zone as they were published, and what they make together: a plan of the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.rollover.model import Plan
from zonelint.rollover.transitions.pair import Side, Version


class Published(NamedTuple):
    """A version and when it was published, in seconds since 1970; `commit` is empty for a plain file."""

    at: int
    version: Version
    commit: str = ""


class DsSet(NamedTuple):
    """The keys that the DS set of the parent leads to from `at` on; `by` says how that is known, in words."""

    at: int
    keys: frozenset[str]
    by: str


@dataclass(slots=True)
class Story:
    """A history: the versions, each in the ids of the plan, the DS sets of the parent, and the plan they make.

    `sides` has a view of each version, in order, `delays` for how long some server may still have it afterwards. `ds`
    begins with the set that was there at first; `told` says that the sets were given and not assumed. `anchored` is a
    zone that resolvers trust by RFC 5011. `end` is when the last version is known to have been published still.
    `complete` says that no version came between those that are here. `good_until` is when the first signature of the
    last version expires, None for one that is not signed. `unjudged` has sentences about what could not be judged.
    """

    published: Sequence[Published]
    sides: Sequence[Side]
    ds: Sequence[DsSet]
    told: bool
    anchored: bool
    end: int
    delays: Sequence[int]
    complete: bool = True
    good_until: int | None = None
    unjudged: list[str] = field(default_factory=list)
    plan: Plan = field(init=False)

    @property
    def times(self) -> list[int]:
        """When each version was published."""
        return [each.at for each in self.published]
