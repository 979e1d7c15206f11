"""The `Name: value` lines of `.private` and `.state` files, and the times in them.

No message made here repeats anything of a value: it could be key material.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from zonelint.keys.text import CONTROL

_NAMES = (
    "Created",
    "Publish",
    "Activate",
    "Revoke",
    "Inactive",
    "Delete",
    "SyncPublish",
    "SyncDelete",
    "DSPublish",
)
TIMES = {name.lower(): name for name in (*_NAMES, "DSDelete", "DSRemoved")}
"""Names of timing metadata, by their spelling in lower case without blanks."""

STATE_TIMES = {
    "generated": "Created",
    "published": "Publish",
    "active": "Activate",
    "revoked": "Revoke",
    "retired": "Inactive",
    "removed": "Delete",
    "dspublish": "DSPublish",
    "dsremoved": "DSRemoved",
    "publishcds": "SyncPublish",
    "syncpublish": "SyncPublish",
    "deletecds": "SyncDelete",
    "syncdelete": "SyncDelete",
    "sigpublish": "SigPublish",
    "zrrsigpublish": "SigPublish",
    "sigremoved": "SigRemoved",
    "zrrsigdelete": "SigRemoved",
    "zzrrsigdelete": "SigRemoved",
    "dnskeychange": "DNSKEYChange",
    "zrrsigchange": "ZRRSIGChange",
    "krrsigchange": "KRRSIGChange",
    "dschange": "DSChange",
}
"""Names of the dates in `.state` files, by their spelling; BIND writes some in another one than it reads."""

STATE_NUMBERS = {
    "lifetime": "Lifetime",
    "predecessor": "Predecessor",
    "successor": "Successor",
    "dspubcount": "DSPubCount",
    "dsdelcount": "DSDelCount",
    "dsremcount": "DSDelCount",
}
"""Names of the numbers in `.state` files, by their spelling."""

_STAMP = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_SECONDS = re.compile(rb"\d{9,10}")


class Damaged(Exception):
    """A file that cannot be read as what its name says: why, and the span at fault from `start` to `end`."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.start, self.end = start, end


@dataclass(frozen=True, slots=True)
class Line:
    """One `Name: value` line with its span; `complete` is False when the file ends before the line does.

    The value stays out of the representation.
    """

    name: str
    start: int
    end: int
    complete: bool
    value: bytes

    def __repr__(self) -> str:
        return f"Line({self.name!r}, {self.start}, {self.end})"


def read_lines(text: bytes) -> dict[str, Line]:
    """Split a file into lines, by name (lower case, no blanks); `;` starts a comment. Raises `Damaged`."""
    control = CONTROL.search(text)
    if control:
        raise Damaged("control octets: not a text file", control.start(), control.end())
    lines: dict[str, Line] = {}
    at = 0
    for raw in text.splitlines(keepends=True):
        start, at = at, at + len(raw)
        body = raw.split(b";", 1)[0].rstrip()
        end = start + len(body)
        if not body:
            continue
        name, colon, value = body.partition(b":")
        if not colon or not name.strip().isascii():
            raise Damaged("line without a field name and a colon", start, end)
        key = "".join(name.decode("ascii").lower().split())
        if key in lines:
            raise Damaged("field given twice", start, end)
        lines[key] = Line(key, start, end, raw.endswith((b"\n", b"\r")), value.strip())
    if not lines:
        raise Damaged("file is empty" if not text.strip() else "file holds only comments")
    return lines


def read_times(lines: dict[str, Line], names: Mapping[str, str] = TIMES) -> dict[str, int | None]:
    """Read the dates among the lines: seconds since 1970 UTC, None for UNSET. Raises `Damaged`.

    `names` gives the name of each date by its spelling; where two spellings are there, the first that is set counts.
    """
    times: dict[str, int | None] = {}
    for key, name in names.items():
        line = lines.get(key)
        if line is None:
            continue
        word = line.value.split(None, 1)[0] if line.value else b""
        try:
            time = read_time(word)
        except ValueError:
            raise Damaged(f"{name} is not a time YYYYMMDDHHMMSS", line.start, line.end) from None
        if times.get(name) is None:
            times[name] = time
        # Ten digits at the end of a file that was cut off are rather the head of a date than seconds.
        if not line.complete and _SECONDS.fullmatch(word):
            raise Damaged(f"{name} is cut off", line.start, line.end)
    return times


def read_time(word: bytes) -> int | None:
    """Read `YYYYMMDDHHMMSS` or seconds since 1970 (9 or 10 digits); None for UNSET. Raises ValueError."""
    if word.upper() in (b"UNSET", b"NONE", b"NEVER"):
        return None
    if _SECONDS.fullmatch(word):
        return int(word)
    stamp = _STAMP.fullmatch(word)
    if not stamp:
        raise ValueError("no time")
    year, month, day, hour, minute, second = (int(part) for part in stamp.groups())
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
