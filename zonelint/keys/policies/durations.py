"""Durations as the signers write them, and as messages do; all in whole seconds."""

from __future__ import annotations

import re
from typing import NamedTuple

from zonelint.keys.policies.model import LARGEST

_DAY = 86400
_ISO = re.compile(
    r"P(?:([0-9]+)W|(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?)",
    re.IGNORECASE,
)
_ISO_UNITS = (7 * _DAY, 365 * _DAY, 31 * _DAY, _DAY, 3600, 60, 1)
_TTL = re.compile(r"[0-9]+|(?:[0-9]+[wdhms])+", re.IGNORECASE)
_TTL_PART = re.compile(r"([0-9]+)([wdhms]?)", re.IGNORECASE)
_TTL_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY}
_KNOT = re.compile(r"([0-9]+)([smhdwMy]?)")
_KNOT_UNITS = {**_TTL_UNITS, "M": 30 * _DAY, "y": 365 * _DAY}
_LONGEST = 64


class BadDuration(ValueError):
    """Text that is no duration; the text of the exception says what is wrong with it."""


class Duration(NamedTuple):
    """A duration in seconds, and whether it counts months."""

    seconds: int
    months: bool


def iso_duration(text: str) -> Duration:
    """Read `P1Y2M3DT4H5M6S` or `P2W`; a month has 31 days and a year 365. Raises `BadDuration`.

    This is how BIND and OpenDNSSEC count, which share the code for it.
    """
    match = _ISO.fullmatch(text) if len(text) < _LONGEST else None
    if not match or not any(char.isdigit() for char in text):
        raise BadDuration("not a duration such as P30D or PT12H")
    weeks, years, months, days, _, hours, minutes, seconds = match.groups()
    parts = (weeks, years, months, days, hours, minutes, seconds)
    total = sum(int(part or 0) * unit for part, unit in zip(parts, _ISO_UNITS, strict=True))
    return Duration(_within(total), bool(int(months or 0)))


def bind_duration(text: str) -> Duration:
    """Read a duration of named.conf: ISO 8601, `1w2d`, or seconds. Raises `BadDuration`."""
    if text[:1] in ("P", "p"):
        return iso_duration(text)
    if len(text) >= _LONGEST or not _TTL.fullmatch(text):
        raise BadDuration("not a duration such as P30D, 12h or 3600")
    parts = _TTL_PART.findall(text)
    return Duration(_within(sum(int(number) * _TTL_UNITS[unit.lower()] for number, unit in parts)), months=False)


def knot_duration(text: str) -> Duration:
    """Read a duration of knot.conf: a number and one unit, `M` being 30 days. Raises `BadDuration`."""
    match = _KNOT.fullmatch(text) if len(text) < _LONGEST else None
    if not match:
        raise BadDuration("not a duration such as 30d, 12h or 3600")
    return Duration(_within(int(match[1]) * _KNOT_UNITS[match[2]]), match[2] == "M")


def _within(seconds: int) -> int:
    if seconds > LARGEST:
        raise BadDuration(f"more than {LARGEST} seconds")
    return seconds


def spell(seconds: int) -> str:
    """Write seconds as `8d2h`, `3h1s` or `0s`, for messages."""
    parts = []
    for unit, size in (("d", _DAY), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
