"""Cutting a large text into shards at records with an explicit owner, and what each shard must be told.

A cut is a guess that the scan confirms: a shard says whether its text ended inside parentheses, and with which
origin and default TTL; where that does not fit the next shard, the rest is read as one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from zonelint.source.include import IncludePolicy
from zonelint.source.reader import Reader
from zonelint.source.record import BYTE_ORDER_MARK, Files, State
from zonelint.source.text import Source

_WINDOW, _CHUNK, _OWNER_LIMIT = 1 << 15, 1 << 20, 1 << 12
_TINY = 1 << 12
_OWNER = re.compile(rb'[^ \t;)$"(\r\n\f\v][^ \t;\r\n]*')
_APEX_RECORD = (b"DNSKEY", b"NSEC3PARAM")
_MARK = b"onelint"  # the first letter may be a capital
_DIRECTIVE = re.compile(rb"\$(?:ORIGIN|TTL)[ \t]", re.IGNORECASE)


@dataclass(slots=True)
class Survey:
    """What one quick look over a whole text tells: directives, apex records, NUL octets, by offset."""

    directives: list[int] = field(default_factory=list)
    apex_records: list[int] = field(default_factory=list)
    nul: int | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """A range of the text, and the origin (wire) and default TTL that hold at its start."""

    start: int
    end: int
    origin: bytes | None
    default_ttl: int | None


Group = tuple[Shard, ...]
"""Shards that follow each other."""


def survey(source: Source) -> Survey:
    """Look once over a text, chunk by chunk.

    Once the records of the apex were met, and a chunk has none, no more are looked for: they stand together in what
    signers write, and for a text where they do not, the scan begins again with all of them.
    """
    result, at, seeks = Survey(), 0, True
    while at < source.size:
        chunk = source.read(at, at + _CHUNK + 32)
        limit = min(len(chunk), _CHUNK)
        if result.nul is None and (nul := chunk.find(b"\0")) >= 0:
            result.nul = at + nul
        if at == 0 and chunk.removeprefix(BYTE_ORDER_MARK).startswith(b"$"):
            result.directives.append(len(BYTE_ORDER_MARK) if chunk.startswith(BYTE_ORDER_MARK) else 0)
        if b"$" in chunk:  # one octet is sought much faster than two
            result.directives += [at + hit + 1 for hit in _hits(chunk, b"\n$", limit)]
        known = len(result.apex_records)
        for word in _APEX_RECORD if seeks else ():
            for hit in _hits(chunk, word, limit):
                following = chunk[hit + len(word) : hit + len(word) + 16].lstrip(b" \t")
                if following[:1].isdigit() or following[:1] in (b"(", b"\\"):
                    result.apex_records.append(at + hit)
        seeks = seeks and not 0 < known == len(result.apex_records)
        at += _CHUNK
    return result


def _hits(chunk: bytes, word: bytes, limit: int) -> list[int]:
    hits, at = [], chunk.find(word)
    while 0 <= at < limit:
        hits.append(at)
        at = chunk.find(word, at + 1)
    return hits


def marks_in(text: bytes, base: int = 0) -> list[int]:
    """Give where the name of this program stands, as in comments that suppress something; `base` is added to each."""
    return [base + hit for hit in _hits(text, _MARK, len(text))]


def split(source: Source, look: Survey, size: int, origin: bytes | None) -> list[Shard]:
    """Cut a text into shards of about `size` octets; a text of up to `size` octets is one shard.

    Where a cut falls depends on the cut before it and on the owners some lines further on. So two texts that differ in
    places have most shards alike, the sooner after a place the smaller they are, and the fewer lines longer one is.
    """
    cuts = [0, *_cuts(source, size), source.size] if source.size > size else [0, source.size]
    states = _states(source, look, cuts, origin)
    return [Shard(cuts[i], cuts[i + 1], *states[i]) for i in range(len(cuts) - 1)]


def grouped(shards: list[Shard], size: int) -> list[Group]:
    """Put shards into groups of about `size` octets; what is at both ends of the text stays alone.

    A text that is longer by a line or two has nearly the same groups.
    """
    middle = [tuple(group) for _, group in groupby(shards[1:-1], lambda shard: shard.start // size)]
    return [(shards[0],), *middle, (shards[-1],)] if len(shards) > 1 else [(shards[0],)]


def whole(group: Group) -> Shard:
    """Give the shards of a group as one."""
    return replace(group[0], end=group[-1].end) if len(group) > 1 else group[0]


def _cuts(source: Source, size: int) -> Iterator[int]:
    """Give the offsets of lines that begin with another owner than the line before, some `size` octets apart.

    Beyond three quarters of the size one owner in four is cut at, picked by its name; beyond twice the size, and of
    very small shards, any.
    """
    window, last, previous = _Window(source), 0, None
    at = window.line_after(size * 3 // 4)
    while at is not None:
        owner = window.owner_at(at)
        if owner is not None:
            if previous not in (None, owner) and (
                size < _TINY or at - last > 2 * size or not zlib.crc32(owner) & 3
            ):
                yield at
                last, previous = at, None
                at = window.line_after(at + size * 3 // 4)
                continue
            previous = owner
        at = window.line_after(at)


class _Window:
    """The part of a source that is looked at just now."""

    def __init__(self, source: Source) -> None:
        self._source, self._base, self._octets = source, 0, b""

    def line_after(self, at: int) -> int | None:
        """Give the start of the first line that begins behind the offset `at`; None if there is none."""
        while True:
            hit = self._octets.find(b"\n", at - self._base)
            end = self._base + len(self._octets)
            if hit >= 0:
                start = self._base + hit + 1
                if end - start >= _OWNER_LIMIT or end >= self._source.size:
                    return start if start < self._source.size else None
                at = start - 1
            elif end >= self._source.size:
                return None
            else:
                at = max(at, end)
            self._move(at)

    def owner_at(self, start: int) -> bytes | None:
        """Give the owner name written at the start of a line, in lower case; None for any other line."""
        found = _OWNER.match(self._octets, start - self._base)
        return found[0].lower() if found else None

    def _move(self, start: int) -> None:
        self._base, self._octets = start, self._source.read(start, start + _WINDOW)


def _states(
    source: Source, look: Survey, cuts: list[int], origin: bytes | None
) -> list[tuple[bytes | None, int | None]]:
    state, states, pending = State(origin), list[tuple[bytes | None, int | None]](), list(reversed(look.directives))
    nowhere = IncludePolicy(())
    for cut in cuts[:-1]:
        while pending and pending[-1] < cut:
            text = source.read(pending[-1], pending.pop() + 4096)
            if _DIRECTIVE.match(text):
                line = text[: text.find(b"\n")] if b"\n" in text else text
                for _ in Reader(line, Files([""]), state, nowhere, apex=None).records():
                    pass
        states.append(state.carried())
    return states
