"""A unified diff from the edits that changed a text, as `diff -u` writes it.

What the edits did not touch is the same on both sides, so nothing has to be searched for: the work grows with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from zonelint.engine.fixing.edits import Edit, applied

CONTEXT = 3
"""Lines that are shown before and after a change."""

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_NO_END = b"\n\\ No newline at end of file\n"


class _Same(NamedTuple):
    """Whole lines that two texts have in common: where they begin in each, and how many octets they are."""

    old: int
    new: int
    size: int


class _Change(NamedTuple):
    """Lines from `start` up to `end` of the old text, and those of the new one in their place; numbers from 0."""

    start: int
    end: int
    new_start: int
    new_end: int


def unified_diff(text: bytes, steps: Iterable[Sequence[Edit]], name: bytes) -> bytes:
    """Write what the edits make of a text, one step upon the other; empty where there are none."""
    after, same = text, [_Same(0, 0, len(text))]
    for edits in steps:
        same = list(_joined(same, _untouched(after, edits)))
        after = applied(after, edits)
    old, new = _LINE.findall(text), _LINE.findall(after)
    changes = [each for each in _changes(text, after, same)
               if old[each.start : each.end] != new[each.new_start : each.new_end]]  # fmt: skip
    parts = [b"--- %s\n+++ %s\n" % (name, name)] if changes else []
    for group in _groups(changes):
        parts += _hunk(old, new, group)
    return b"".join(part if part.endswith(b"\n") else part + _NO_END for part in parts)


def _untouched(text: bytes, edits: Sequence[Edit]) -> Iterator[_Same]:
    """Give the runs of lines that no edit touches."""
    at = shift = 0
    for edit in sorted(edits):
        start = text.rfind(b"\n", 0, edit.start) + 1
        if start > at:
            yield _Same(at, at + shift, start - at)
        # a line that is touched only by what comes before it stays one if that ends with a line, or is gone
        ends = edit.octets.endswith(b"\n") if edit.octets else edit.start == max(start, at)
        end = edit.end
        if not ends or (end and text[end - 1 : end] != b"\n"):
            end = text.find(b"\n", end) + 1 or len(text)
        at = max(at, end)
        shift += len(edit.octets) - (edit.end - edit.start)
    if at < len(text):
        yield _Same(at, at + shift, len(text) - at)


def _joined(first: Sequence[_Same], second: Iterable[_Same]) -> Iterator[_Same]:
    """Give what stays the same over two steps: the new text of the first is the old one of the second."""
    number = 0
    for later in second:
        while number < len(first):
            earlier = first[number]
            start, end = max(earlier.new, later.old), min(earlier.new + earlier.size, later.old + later.size)
            if start < end:
                yield _Same(earlier.old + start - earlier.new, later.new + start - later.old, end - start)
            if earlier.new + earlier.size > later.old + later.size:
                break
            number += 1


def _changes(text: bytes, after: bytes, same: Iterable[_Same]) -> Iterator[_Change]:
    """Give the lines between those that are the same."""
    at = new_at = line = new_line = 0
    for start, new_start, size in (*same, _Same(len(text), len(after), 0)):
        end, new_end = line + _count(text, at, start), new_line + _count(after, new_at, new_start)
        if end > line or new_end > new_line:
            yield _Change(line, end, new_line, new_end)
        number = _count(text, start, start + size)
        at, new_at, line, new_line = start + size, new_start + size, end + number, new_end + number


def _count(text: bytes, start: int, end: int) -> int:
    """Count the lines of a part of a text, the last of which need not end."""
    return text.count(b"\n", start, end) + (start < end and text[end - 1 : end] != b"\n")


def _groups(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """Put those changes together whose context meets."""
    group: list[_Change] = []
    for change in changes:
        if group and change.start - group[-1].end > 2 * CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(old: Sequence[bytes], new: Sequence[bytes], group: Sequence[_Change]) -> Iterator[bytes]:
    first, last = group[0], group[-1]
    start, end = max(0, first.start - CONTEXT), min(len(old), last.end + CONTEXT)
    new_start, new_end = first.new_start - (first.start - start), last.new_end + (end - last.end)
    yield b"@@ -%s +%s @@\n" % (_range(start, end), _range(new_start, new_end))
    at = start
    for change in group:
        yield from (b" " + line for line in old[at : change.start])
        yield from (b"-" + line for line in old[change.start : change.end])
        yield from (b"+" + line for line in new[change.new_start : change.new_end])
        at = change.end
    yield from (b" " + line for line in old[at:end])


def _range(start: int, end: int) -> bytes:
    """Write the lines of a hunk: the first, and how many; of none, the line before."""
    size = end - start
    return b"%d" % (start + 1) if size == 1 else b"%d,%d" % (start + (size > 0), size)
