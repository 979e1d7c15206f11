"""Cutting a large text into shards at records with an explicit owner, and what each shard must be told.

A cut is a guess that the scan confirms: a shard says whether its text ended inside parentheses, and with which
origin and default TTL; where that does not fit the next shard, the rest is read as one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zonelint.source.include import IncludePolicy
from zonelint.source.reader import BYTE_ORDER_MARK, Files, Reader, State
from zonelint.source.text import Source

HEAD = 1 << 16
"""Octets of the first shard, which is read twice: once to learn about the apex."""

_WINDOW, _CHUNK = 1 << 16, 1 << 22
_APEX_RECORD = (b"DNSKEY", b"NSEC3PARAM")
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


def survey(source: Source) -> Survey:
    """Look once over a text, chunk by chunk."""
    result, at = Survey(), 0
    while at < source.size:
        chunk = source.read(at, at + _CHUNK + 32)
        limit = min(len(chunk), _CHUNK)
        if result.nul is None and (nul := chunk.find(b"\0")) >= 0:
            result.nul = at + nul
        if at == 0 and chunk.removeprefix(BYTE_ORDER_MARK).startswith(b"$"):
            result.directives.append(len(BYTE_ORDER_MARK) if chunk.startswith(BYTE_ORDER_MARK) else 0)
        result.directives += [at + hit + 1 for hit in _hits(chunk, b"\n$", limit)]
        for word in _APEX_RECORD:
            for hit in _hits(chunk, word, limit):
                following = chunk[hit + len(word) : hit + len(word) + 16].lstrip(b" \t")
                if following[:1].isdigit() or following[:1] in (b"(", b"\\"):
                    result.apex_records.append(at + hit)
        at += _CHUNK
    return result


def _hits(chunk: bytes, word: bytes, limit: int) -> list[int]:
    hits, at = [], chunk.find(word)
    while 0 <= at < limit:
        hits.append(at)
        at = chunk.find(word, at + 1)
    return hits


def split(source: Source, look: Survey, size: int, origin: bytes | None) -> list[Shard]:
    """Cut a text into shards of about `size` octets; a text of up to `size` octets is one shard."""
    cuts = [0]
    aim = HEAD if source.size > size else source.size
    while aim < source.size:
        cut = _next_cut(source, max(aim, cuts[-1] + 1))
        if cut is None:
            break
        cuts.append(cut)
        aim = cut + size
    cuts.append(source.size)
    states = _states(source, look, cuts, origin)
    return [Shard(cuts[i], cuts[i + 1], *states[i]) for i in range(len(cuts) - 1)]


def _next_cut(source: Source, aim: int) -> int | None:
    """Give the first offset from `aim` on where a line begins with another owner than the line before."""
    previous, at = None, aim
    while at < source.size:
        window = source.read(at, at + _WINDOW)
        lines = window.split(b"\n")
        begin = at + len(lines[0]) + 1
        for line in lines[1:-1]:
            if line and line[:1] not in b' \t;)$"(\r\f\v':
                owner = line.split(None, 1)[0].lower()
                if previous is not None and owner != previous:
                    return begin
                previous = owner
            begin += len(line) + 1
        # go on at the line that the window cut off; one longer than a window has no cut inside
        at = begin - 1 if len(lines) > 2 else at + max(1, len(window) - 1)
    return None


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
