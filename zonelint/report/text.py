"""Text from a zone file made fit for a terminal: harmless, cut to the width, with a caret below.

Zone files come from anywhere. What is printed of them must not be able to move the cursor, set a title or
hide a line, so every character that is not printable is replaced by something that is.
"""

from __future__ import annotations

import textwrap

from zonelint.findings import Suppressed

ELLIPSIS = "…"
_TAB = 8


def visible(text: str) -> str:
    """Replace what a terminal would not show, or would obey: `␛` for escape, `<U+202E>` for the rest."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def columns(text: str) -> int:
    """Count the terminal columns that printable text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 1 + (east_asian_width(char) in "WF") for char in text)


def snippet(text: str, start: int, end: int | None, room: int) -> tuple[str, int, int]:
    """Cut a source line to `room` columns around a span and say where the caret goes.

    `start` and `end` are 1-based columns of the line in octets, `end` exclusive and None for the end of the
    line. Gives the text to print, the columns before the caret, and the columns it covers (1 or more).
    """
    # each U+FFFD stands for a bad octet, in all but the oddest input
    octets = text.replace("\ufffd", "?").encode("utf-8", "replace")
    first = len(octets[: max(start - 1, 0)].decode("utf-8", "ignore"))
    last = len(octets[: len(octets) if end is None else max(end - 1, 0)].decode("utf-8", "ignore"))
    # a line can be a hundred megabytes: look at no more of its characters than can be printed
    low = max(first - room, 0)
    cut = len(text) > first + room
    pieces = _pieces(text[low : first + room])
    first, last = first - low, min(max(last, first + 1) - low, len(pieces))

    sizes = list(map(columns, pieces))
    before, marked, total = sum(sizes[:first]), sum(sizes[first:last]), sum(sizes)
    left = right = ""
    begin, stop = 0, len(pieces)
    if low or cut or total > room:
        # the beginning of the line tells whose record it is: keep it while enough of the span fits beside it
        if low or before + min(marked, room // 2) >= room:
            left = ELLIPSIS
            while begin < first and before >= room // 3:
                before, total, begin = before - sizes[begin], total - sizes[begin], begin + 1
        while stop > first + 1 and total > room - len(left) - 1:
            stop -= 1
            total -= sizes[stop]
        right = ELLIPSIS if cut or stop < len(pieces) else ""
        while begin and left and not right and total + sizes[begin - 1] < room:
            begin -= 1
            before, total = before + sizes[begin], total + sizes[begin]
    shown = left + "".join(pieces[begin:stop]) + right
    return shown, len(left) + before, max(sum(sizes[first : min(last, stop)]), 1)


def _pieces(text: str) -> list[str]:
    """Give what to print for each character; a tab reaches to the next multiple of eight."""
    pieces: list[str] = []
    at = 0
    for char in text:
        piece = " " * (_TAB - at % _TAB) if char == "\t" else _shown(char)
        at += columns(piece)
        pieces.append(piece)
    return pieces


def why_suppressed(suppressed: Suppressed) -> str:
    """Say what keeps a finding from being reported, and the reason that is given for it."""
    return f"{suppressed.by}: {suppressed.reason}" if suppressed.reason else suppressed.by


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wrapped(text: str, head: str, width: int = 100) -> list[str]:
    """Fold prose to lines of `width` columns, the first after `head`, the others under its end."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
