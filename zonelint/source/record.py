"""What reading a text gives, and what it carries along from line to line."""

from __future__ import annotations

from dataclasses import dataclass, field

from zonelint.findings import Field, Place

OFFSET_BITS = 44
"""A position is `file number << OFFSET_BITS | offset of the record's first octet`."""

MAX_TTL = 2**31 - 1
"""The longest TTL, in seconds (RFC 2181 section 8)."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors write at the start of a text; it is no part of it."""

CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
"""Octets that text does not hold."""

Record = tuple[bytes, int, int, bytes, int]
"""One record: owner key, type number, TTL in seconds, canonical RDATA, position. A plain tuple for speed."""


@dataclass(slots=True)
class State:
    """What a line inherits from the lines before it.

    `origin` is the current `$ORIGIN` in wire form, `default_ttl` that of `$TTL`, `last_ttl` the last one written
    (RFC 1035 section 5.1); `wants_ttl` is set when a record would have inherited a TTL and none was there.
    """

    origin: bytes | None = None
    default_ttl: int | None = None
    last_ttl: int | None = None
    wants_ttl: bool = False

    def carried(self) -> tuple[bytes | None, int | None]:
        """Give the part that a later shard must have been told."""
        return self.origin, self.default_ttl


@dataclass(slots=True)
class Files:
    """The files a reading has seen, by number; positions refer to these numbers.

    `generated` counts the records that `$GENERATE` has made so far.
    """

    names: list[str] = field(default_factory=list)
    generated: int = 0

    def place(self, position: int, at: int | None = None) -> Place:
        """Turn a position into a place, the caret on field `at` (a `Field` or RDATA field number)."""
        file, offset = position >> OFFSET_BITS, position & (1 << OFFSET_BITS) - 1
        return Place(self.names[file], offset, field=Field.record if at is None else at)

    def add(self, name: str) -> int:
        """Number another file."""
        self.names.append(name)
        return len(self.names) - 1
