"""Comments that suppress findings: `; zonelint: ignore[RULE] reason` and `; zonelint: file-ignore[RULE] reason`.

At the end of a line of a record such a comment is about the whole record, alone on its line about the next one. Only
the lines that hold the word are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from zonelint import catalogue
from zonelint.findings import Finding, Place
from zonelint.source.lexer import LIMIT, Line, comment_in, read_line
from zonelint.source.record import BYTE_ORDER_MARK
from zonelint.source.text import Source
from zonelint.suppressions import NEVER, Span, Suppression, end_of_day
from zonelint.times import BadTime

_WINDOW = 8 * LIMIT
_LEAD = b"; \t\r\f\v"
_CALL = re.compile(rb"zonelint\s*:\s*|zonelint[-_\s]\s*(?=(?:file-)?ignore\b)", re.IGNORECASE)
_NEXT = re.compile(rb"(?<![;\s])\s*+;[;\s]*+zonelint\s*:", re.IGNORECASE)
_WORD = re.compile(rb"((?:file-)?ignore)(?![\w-])\s*(\[)?")
_NAME = re.compile(rb"[^,\s](?:[^,]*[^,\s])?")
_UNTIL = re.compile(rb"(?<!\S)until(=|\s*[=:]\s*|\s+(?=\d{4}-))(\S*)", re.IGNORECASE)
_FORM = "write ignore[RULE] or file-ignore[RULE], and the reason behind it"


class Malformed(ValueError):
    """A comment that cannot be obeyed: why, and the span at fault in its line."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


def suppressions_in(source: Source, marks: Sequence[int]) -> tuple[list[Suppression], list[Finding]]:
    """Read the comments at some offsets; gives what they suppress, each rule apart, and their faults.

    The offsets are those of `zonelint.source.split.marks_in`. Raises `Unreadable`.
    """
    return _Comments(source).read(marks)


class _Comments:
    """Reads the comments of one file, from its beginning to its end."""

    def __init__(self, source: Source) -> None:
        self._source, self._base, self._text = source, 0, b""
        self._cursor = 0
        self._line: Line | None = None
        self._following: tuple[int, Line | None] | None = None
        self._found: list[Suppression] = []
        self._faults: list[Finding] = []

    def read(self, marks: Sequence[int]) -> tuple[list[Suppression], list[Finding]]:
        for mark in marks:
            self._look(mark)
        return self._found, self._faults

    def _look(self, mark: int) -> None:
        """Read one comment, if it is one that speaks to us."""
        self._move(mark)
        text, at = self._text, mark - self._base - 1
        begin = text.rfind(b"\n", 0, at) + 1 if at > 0 else 0
        end = text.find(b"\n", begin)
        end = len(text) if end < 0 else end
        if self._base + begin == 0 and text.startswith(BYTE_ORDER_MARK):
            begin = len(BYTE_ORDER_MARK)
        if at < begin or end - begin > LIMIT or not _CALL.match(text, at, end):
            return
        if b";" not in text[begin + len(text[begin:at].rstrip(_LEAD)) : at]:
            return  # in the middle of a comment, or of a record
        comment = comment_in(text, begin, end)
        if comment is None or comment > at:
            return  # in a string
        before = text[comment:at].strip(_LEAD)
        if before and not text[begin:comment].strip(b" \t\r\f\v()") and not _CALL.match(before):
            return  # a record that was made a comment, together with its own
        following = _NEXT.search(text, at, end)
        try:
            self._obey(at, following.start() if following else end, begin, end)
        except Malformed as fault:
            self._fault("suppression-invalid", str(fault), fault.start, fault.end)

    def _obey(self, at: int, stop: int, begin: int, end: int) -> None:
        """Read what a comment says and enter what it suppresses."""
        whole_file, names, rest = _parts(self._text, at, stop)
        until, reason = _until_and_reason(self._text, rest, stop)
        span = Span(self._source.name) if whole_file else self._span(begin, end)
        if span is None:
            raise Malformed("no record follows: nothing is suppressed", at, rest)
        for name, start, stop_ in names:
            place = self._place(start, stop_)
            try:
                self._found.append(_suppression(name, reason, until, place, span))
            except ValueError as fault:
                self._fault("suppression-invalid", str(fault), start, stop_)
        if not reason:
            self._fault("suppression-without-reason", "no reason is given behind the brackets", at, rest)

    def _span(self, begin: int, end: int) -> Span | None:
        """Give what a comment in the physical line from `begin` to `end` is about; None at the end of the file."""
        line = self._logical(begin)
        if not line.tokens:
            following = self._next(line.end)
            if following is None:
                return None
            line = following
        return Span(self._source.name, self._base + line.start, self._base + max(line.end, end))

    def _logical(self, begin: int) -> Line:
        """Give the logical line that a physical line belongs to.

        Text that begins inside a record is read rightly from its closing parenthesis on, and no record is longer than
        the text that is looked at before the line.
        """
        if self._line and self._line.start <= begin < self._line.end:
            return self._line
        text, at = self._text, self._cursor
        if at < begin - LIMIT:
            at = text.find(b"\n", begin - LIMIT) + 1
        while at < begin:
            parenthesis = text.find(b"(", at, begin)
            if parenthesis < 0:
                break
            self._line = read_line(text, text.rfind(b"\n", at, parenthesis) + 1 or at)
            if self._line.end > begin:
                self._cursor = self._line.start
                return self._line
            at = self._line.end
        self._cursor = begin
        self._line = read_line(text, begin)
        return self._line

    def _next(self, at: int) -> Line | None:
        """Give the first line with text from an offset on."""
        if self._following and self._following[0] <= at:
            line = self._following[1]
            if line is None or at <= line.start:
                return line
        start, line = at, None
        while at < len(self._text) and line is None:
            following = read_line(self._text, at)
            line = following if following.tokens or following.fault else None
            at = following.end
        self._following = start, line
        return line

    def _move(self, mark: int) -> None:
        """Have the text around an offset at hand, with all of the record it is in."""
        ahead = min(mark + 2 * LIMIT, self._source.size)
        if self._text and ahead <= self._base + len(self._text):
            return
        base = max(mark - 2 * LIMIT, 0)
        self._text = self._source.read(base, max(base + _WINDOW, ahead))
        self._cursor = max(self._cursor + self._base - base, 0)
        self._base, self._line, self._following = base, None, None

    def _place(self, start: int, end: int) -> Place:
        return Place(self._source.name, self._base + start, self._base + end)

    def _fault(self, rule: str, message: str, start: int, end: int) -> None:
        said = self._text[start:end].decode("utf-8", "replace")
        self._faults.append(Finding(rule, message, self._place(start, end), discriminator=said))


def _parts(text: bytes, at: int, stop: int) -> tuple[bool, list[tuple[str, int, int]], int]:
    """Take a comment apart: whether it is for the whole file, the names in brackets with their spans, what follows."""
    call = _CALL.match(text, at, stop)
    assert call is not None
    if b":" not in call[0]:
        raise Malformed(f"the colon behind zonelint is missing: {_FORM}", at, call.end())
    word = _WORD.match(text, call.end(), stop)
    if word is None:
        said = text[call.end() : stop].split()[:1]
        shown = said[0].partition(b"[")[0][:30].decode("utf-8", "replace") if said else ""
        problem = f"{shown!r} is nothing that can be asked for" if said else "nothing is asked for"
        raise Malformed(f"{problem}: {_FORM}", call.end() if said else at, call.end() + len(said[0]) if said else stop)
    if word[2] is None:
        raise Malformed(f"the brackets are missing: {_FORM}", *word.span(1))
    close = text.find(b"]", word.end(), stop)
    if close < 0:
        raise Malformed(f"the closing bracket is missing: {_FORM}", word.end() - 1, stop)
    names = [(found[0].decode("utf-8", "replace"), found.start(), found.end())
             for found in _NAME.finditer(text, word.end(), close)]  # fmt: skip
    if not names:
        raise Malformed(f"no rule is named: {_FORM}", word.end() - 1, close + 1)
    return word[1] != b"ignore", names, close + 1


def _until_and_reason(text: bytes, start: int, stop: int) -> tuple[int | None, str]:
    """Read what follows the brackets: `until=DAY` anywhere in it, the rest is the reason."""
    found = list(_UNTIL.finditer(text, start, stop))
    until = None
    if found:
        first, last = found[0], found[-1]
        if len(found) > 1:
            raise Malformed("until= is given twice: nothing is suppressed", last.start(), last.end())
        try:
            until = end_of_day(first[2].decode("utf-8", "replace"))
        except BadTime as fault:
            raise Malformed(f"{fault}: nothing is suppressed", first.start(), first.end()) from None
        if first[1] != b"=":
            raise Malformed("write until=YYYY-MM-DD: nothing is suppressed", first.start(), first.end())
        reason = text[start : first.start()] + b" " + text[first.end() : stop]
    else:
        reason = text[start:stop]
    return until, " ".join(reason.decode("utf-8", "replace").split())


def _suppression(name: str, reason: str, until: int | None, place: Place, span: Span) -> Suppression:
    """Make the suppression of what one name stands for; raises `ValueError` for what cannot be suppressed so."""
    whole = Suppression(_resolved(name), reason, until, place=place, span=span)
    covered = frozenset(rule for rule in whole.rules if whole.may_cover(rule))
    if not covered and whole.rules <= NEVER:
        raise ValueError(f"{name} cannot be suppressed: what it says counts whoever knows of it")
    if not covered:
        raise ValueError(f"{name} can be suppressed by a comment at the record only: the record is not read")
    return replace(whole, rules=covered)


@lru_cache(maxsize=1024)
def _resolved(name: str) -> frozenset[str]:
    return catalogue.resolve([name])
