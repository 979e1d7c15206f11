"""Matching a path against a pattern, in a time that no pattern can make more than length times length.

A set of places in the path is a number: bit n stands for the place that n characters follow. The pattern is read from
its end, and each part turns the places where what follows it can begin into those where it can begin itself. So no way
is tried twice, however many there are.
"""

from __future__ import annotations

import re
from collections import defaultdict

ZONE = "{zone}"
"""What stands for the name of the zone, in patterns and in the paths of an entry."""

_PART = re.compile(r"\*\*/|\*\*|\*|\?|\{zone\}|[^*?{]+|\{")


def matched(pattern: str, path: str) -> str | None:
    """Give what `{zone}` stands for (empty where the pattern has none), None where the path does not match.

    Where there is a choice, each part takes as much as it can, the first one before all others.
    """
    parts, text = _PART.findall(pattern), _Text(path)
    places = [1]
    for part in reversed(parts):
        places.append(text.before(part, places[-1]))
    at = len(path)
    if not places.pop() >> at & 1:
        return None
    for part in parts if ZONE in parts else ():
        begin, at = at, text.longest(part, at, places.pop())
        if part == ZONE:
            return path[len(path) - begin : len(path) - at]
    return ""


class _Text:
    """A path and, for each character, the places that it is just before."""

    def __init__(self, path: str) -> None:
        self._behind: dict[str, int] = defaultdict(int)
        for number, character in enumerate(reversed(path)):
            self._behind[character] |= 1 << number
        self._every = (2 << len(path)) - 1
        self._slashes = self._behind["/"]
        self._others = (self._every >> 1) & ~self._slashes

    def before(self, part: str, after: int) -> int:
        """Give the places where a part can begin that has to end at one of those given."""
        if part == "**":
            return self._further(after)
        if part == "**/":
            return after | self._further((after & self._slashes) << 1)
        if part == "*":
            return self._through(after)
        if part == "?":
            return (after & self._others) << 1
        if part == ZONE:
            return self._through((after & self._others) << 1)
        for character in reversed(part):
            after = (after & self._behind[character]) << 1
        return after

    def longest(self, part: str, at: int, after: int) -> int:
        """Give where a part ends that begins at a place and takes as much as it can."""
        if part == "?":
            return at - 1
        if part == "**":
            return _lowest(after)
        if part == "**/":
            ends = after & self._slashes & ((1 << at) - 1)
            return _lowest(ends) if ends else at
        if part in ("*", ZONE):
            stop = (self._slashes & ((1 << at) - 1)).bit_length()
            return _lowest(after >> stop << stop)
        return at - len(part)

    def _further(self, places: int) -> int:
        """Give the places from which one of these can be reached over anything."""
        return self._every & -(places & -places) if places else 0

    def _through(self, places: int) -> int:
        """Give the places from which one of these can be reached over anything but a slash."""
        # the carry of the sum runs on through characters that may be passed
        return (((places & self._others) + self._others) ^ self._others) | places


def _lowest(places: int) -> int:
    return (places & -places).bit_length() - 1
