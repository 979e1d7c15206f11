"""From octet offsets to what a reader sees: line, column, and the span of a field, by reading one record again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from zonelint.findings import Field, Location, Place
from zonelint.source import rdata, rdtypes
from zonelint.source.lexer import Line, Token, read_line

_CHUNK = 1 << 22
_RECORD = 1 << 20


class Locator:
    """Turns places of one file into locations; `read(start, end)` gives its octets, `size` how many there are.

    The starts of lines are counted once, for all `places` that will be asked for.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int, offsets: Iterable[int]) -> None:
        self._read, self._size = read, size
        self._marks, self._lines = self._count(sorted(set(offsets)))

    def _count(self, wanted: list[int]) -> tuple[list[int], list[int]]:
        """Count the line ends before each wanted offset."""
        counts, line, at = list[int](), 0, 0
        chunk, base = b"", 0
        for offset in wanted:
            while at < offset:
                if at >= base + len(chunk):
                    base, chunk = at, self._read(at, at + _CHUNK)
                    if not chunk:
                        break
                end = min(offset, base + len(chunk))
                line += chunk.count(b"\n", at - base, end - base)
                at = end
            counts.append(line)
        return wanted, counts

    def locate(self, place: Place) -> Location:
        """Give line, column and source line of a place."""
        mark = bisect_right(self._marks, place.start) - 1
        start = self._marks[mark]
        window = self._window(start) if place.end is None else self._read(start, max(place.end, start + 4096))
        before = self._before(start)
        lead = len(before)
        if place.end is None:
            first, last = span_of(window, place.field)
        else:
            first, last = place.start - start, max(place.end - start, place.start - start)
        text = before + window
        first, last = first + lead, last + lead
        lines_before = text.count(b"\n", 0, first)
        begin = text.rfind(b"\n", 0, first) + 1
        end = text.find(b"\n", first)
        shown = text[begin : end if end >= 0 else len(text)].rstrip(b"\r")
        line = self._lines[mark] + 1 + lines_before
        end_line = line + text.count(b"\n", first, last)
        end_begin = text.rfind(b"\n", 0, last) + 1
        return Location(
            place.file, line, first - begin + 1, end_line, last - end_begin + 1, shown[:4096].decode("utf-8", "replace")
        )

    def _before(self, start: int) -> bytes:
        """Give the octets between the start of the line and an offset."""
        size = 256
        while True:
            before = self._read(max(0, start - size), start)
            cut = before.rfind(b"\n")
            if cut >= 0 or size >= start:
                return before[cut + 1 :]
            size *= 16

    def _window(self, start: int) -> bytes:
        size = 4096
        while True:
            window = self._read(start, start + size)
            if start + size >= self._size or size >= _RECORD:
                return window
            line = read_line(window, 0)
            if line.end < len(window) and not line.unclosed:
                return window
            size *= 8


def span_of(text: bytes, field: int) -> tuple[int, int]:
    """Give the span of a field of the record at the start of a text; of the whole record if there is no such field."""
    line = read_line(text, 0)
    tokens = line.tokens
    if not tokens:
        return 0, max(1, min(len(text), line.end - 1))
    whole = tokens[0].start, tokens[-1].end
    fields = _fields(line)
    if field == Field.record or fields is None:
        return _first_line(text, whole)
    owner, ttl, rdclass, rdtype, values = fields
    named: dict[int, Token | None] = {Field.owner: owner, Field.ttl: ttl, Field.rdclass: rdclass, Field.rdtype: rdtype}
    if field < 0:
        token = named.get(field) or rdtype
        return token.start, token.end
    if not values:
        return rdtype.start, rdtype.end
    if field >= len(values):
        return values[-1].start, values[-1].end
    return values[field].start, values[field].end


def _first_line(text: bytes, span: tuple[int, int]) -> tuple[int, int]:
    end = text.find(b"\n", span[0], span[1])
    return (span[0], len(text[: end if end >= 0 else span[1]].rstrip())) if end >= 0 else span


def _fields(line: Line) -> tuple[Token | None, Token | None, Token | None, Token, list[Token]] | None:
    """Sort the tokens of a record into owner, TTL, class, type and RDATA; None for what is no record."""
    tokens = line.tokens
    at = 0 if line.indented else 1
    owner = None if line.indented else tokens[0]
    ttl = rdclass = None
    while at < len(tokens):
        word = tokens[at].text.decode("latin-1")
        if ttl is None and word[:1].isdigit() and rdata.ttl(word[:20]) is not None:
            ttl = tokens[at]
        elif rdclass is None and rdtypes.class_number(word) is not None:
            rdclass = tokens[at]
        else:
            break
        at += 1
    if at >= len(tokens) or rdtypes.type_number(tokens[at].text.decode("latin-1")) is None:
        return None
    return owner, ttl, rdclass, tokens[at], tokens[at + 1 :]
