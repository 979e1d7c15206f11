"""SOA serials: in which style one is written, and the next one in that style.

Whatever the style, the result follows the serial before in the order of RFC 1982 section 3.2, and is never 0.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum

from zonelint.times import serial_less

_YEARS = range(1990, 2148)  # a later date does not fit into half of the number space
_UNIX_SINCE = 10**9
_DAY = 86400
_SPACE = 1 << 32


class Style(StrEnum):
    """How a serial is chosen: the date and a number of two digits, seconds since 1970, or the next number."""

    date = "date"
    unix = "unix"
    counter = "counter"


def style_of(serial: int, at: int) -> Style:
    """Tell the style of a serial: a date where it reads as one, seconds where they are not in the future of `at`."""
    year, day = divmod(serial // 100, 10_000)
    if year in _YEARS:
        try:
            date(year, day // 100, day % 100)
        except ValueError:
            pass
        else:
            return Style.date
    # a clock may be a little ahead
    return Style.unix if _UNIX_SINCE <= serial <= at + _DAY else Style.counter


def next_serial(old: int, style: Style, at: int) -> int:
    """Give a serial that follows `old`, at the time `at` in seconds since 1970 UTC.

    A date is followed by today's, numbered 00 where the old one is and else 01; one of today or later by the next
    number, which after 99 is the next day's first. Where the wanted serial would not follow, the next number does.
    """
    following = (old + 1) % _SPACE or 1
    if style is Style.counter:
        return following
    if style is Style.unix:
        wanted = at
    else:
        today, from_zero = datetime.fromtimestamp(at, UTC), not old % 100 and style_of(old, at) is Style.date
        wanted = (today.year * 10_000 + today.month * 100 + today.day) * 100 + (0 if from_zero else 1)
    wanted %= _SPACE
    return wanted if wanted and serial_less(old, wanted) else following
