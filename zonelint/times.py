"""Times and durations as text: what `--at` and `--horizon` accept, and what reports print.

Everything counts whole seconds since 1970-01-01T00:00:00Z. Nothing here reads a clock: `now` is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

LATEST = 253402300799
"""The last second that has a four-digit year, 9999-12-31T23:59:59Z."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:[0-9]+[smhdw])+", re.IGNORECASE)
_PART = re.compile(r"([0-9]+)([smhdw])", re.IGNORECASE)
_ISO = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[Tt ][0-9:.,]+(?:[Zz]|[+-][0-9:]+)?)?")
_SIGNER = re.compile(r"[0-9]{14}")
_HINT = "YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ, YYYYMMDDHHMMSS, @SECONDS, now, +3d or -2h"


class BadTime(ValueError):
    """Text that is no time or duration; the message quotes it and says what would be one."""


def parse_duration(text: str) -> int:
    """Turn `3d`, `1h30m` or a bare number of seconds into seconds; raises `BadTime`.

    The units are those of zone files: s, m, h, d, w, in either case.
    """
    if len(text) <= 20:
        if text.isascii() and text.isdigit():
            return int(text)
        if _DURATION.fullmatch(text):
            return sum(int(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))
    raise BadTime(f"{text!r} is not a duration: write 3d, 36h or 1h30m")


def parse_time(text: str, now: int) -> int:
    """Turn one value of `--at` into seconds since 1970; raises `BadTime`.

    Accepts ISO 8601 (UTC where no zone is given), the `YYYYMMDDHHmmSS` of RFC 4034 section 3.2, `@N` for
    seconds since 1970, `now`, and durations before or after `now`. A fraction of a second is cut off.
    """
    if text == "now":
        seconds = now
    elif text[:1] in ("+", "-"):
        try:
            distance = parse_duration(text[1:])
        except BadTime:
            raise BadTime(f"{text!r} is not a time before or after now: write +3d, -2h or +1h30m") from None
        seconds = now + distance if text[0] == "+" else now - distance
    elif text[:1] == "@" and text[1:].isascii() and text[1:].isdigit() and len(text) <= 20:
        seconds = int(text[1:])
    else:
        seconds = _calendar(text)
    if not 0 <= seconds <= LATEST:
        raise BadTime(f"{text!r} is not between 1970-01-01 and 9999-12-31")
    return seconds


def _calendar(text: str) -> int:
    """Read a calendar time, as signers or ISO 8601 write it."""
    try:
        iso = f"{text[:8]}T{text[8:]}" if _SIGNER.fullmatch(text) else text.upper()
        if not _ISO.fullmatch(iso):
            raise ValueError("unknown form")
        moment = datetime.fromisoformat(iso)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // 1)
    except (ValueError, OverflowError) as fault:
        raise BadTime(f"{text!r} is not a time ({fault}): write {_HINT}") from None


def reference_now(environ: Mapping[str, str], clock: float) -> int:
    """Give the time that counts as now: `SOURCE_DATE_EPOCH` where it is set, else `clock`; raises `BadTime`.

    The variable makes runs repeatable (reproducible-builds.org): a decimal number of seconds since 1970.
    """
    fixed = environ.get("SOURCE_DATE_EPOCH", "")
    if not fixed:
        return int(clock)
    try:
        return parse_time(f"@{fixed}", 0)
    except BadTime:
        raise BadTime(f"SOURCE_DATE_EPOCH is {fixed!r}, not a number of seconds since 1970") from None


def to_text(seconds: int) -> str:
    """Write a time as RFC 3339 does, in UTC: `2026-06-15T00:00:00Z`."""
    # isoformat, unlike strftime, writes four digits for every year
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def serial_less(a: int, b: int) -> bool:
    """Tell whether `a` comes before `b` in the serial order of RFC 1982 section 3.2, with 32 bits."""
    return a != b and (b - a) & 0xFFFFFFFF < 0x80000000
