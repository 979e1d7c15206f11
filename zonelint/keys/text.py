"""Records out of small master-file texts: logical lines, words with their offsets, algorithm numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""[ \t\r\f\v]*+(?:
        (?P<word>(?:[^\s;()"\\]|\\[^\n])++)
      | (?P<newline>\n)
      | (?P<open>\()
      | (?P<shut>\))
      | "(?P<quoted>(?:[^"\\\n]|\\[^\n])*+)"
      | (?P<comment>;[^\n]*+)
      | (?P<stray>.)
      | \Z)""",
    re.VERBOSE | re.DOTALL,
)

CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")
"""Octets that no text file holds."""

CLASS_OR_TTL = re.compile(rb"IN|CH|HS|CLASS\d{1,5}|\d[\dSMHDW]*", re.IGNORECASE)
"""What may stand between the owner of a record and its type."""

ALGORITHMS = {
    b"RSAMD5": 1,
    b"DSA": 3,
    b"RSASHA1": 5,
    b"DSA-NSEC3-SHA1": 6,
    b"NSEC3DSA": 6,
    b"RSASHA1-NSEC3-SHA1": 7,
    b"NSEC3RSASHA1": 7,
    b"RSASHA256": 8,
    b"RSASHA512": 10,
    b"ECC-GOST": 12,
    b"ECDSAP256SHA256": 13,
    b"ECDSAP384SHA384": 14,
    b"ED25519": 15,
    b"ED448": 16,
    b"PRIVATEDNS": 253,
    b"PRIVATEOID": 254,
}
"""Mnemonics for algorithm numbers in DNSKEY and DS records (RFC 4034 sections 2.2, 5.3)."""


class Word(NamedTuple):
    """A word with its span in the text; a quoted string comes without its quotes."""

    text: bytes
    start: int
    end: int


@dataclass(slots=True)
class Entry:
    """One logical line, from its first word to its last; `fault` says what is wrong at offset `fault_at`.

    `indented` tells that blanks stand before the first word, which then is no owner; `skipped` that lines
    were passed over just before.
    """

    start: int
    end: int = 0
    indented: bool = False
    words: list[Word] = field(default_factory=list)
    fault: str = ""
    fault_at: int = 0
    skipped: bool = False


def entries(text: bytes, skip: re.Pattern[bytes] | None = None) -> Iterator[Entry]:
    """Split text into logical lines (RFC 1035 section 5.1), without blank ones and comments. Never raises.

    Whole lines that `skip` matches are passed over unread.
    """
    at = 3 if text.startswith(b"\xef\xbb\xbf") else 0
    entry, depth, opened, fresh, skipped = Entry(at), 0, 0, True, False
    while at < len(text):
        if fresh:
            passed = skip.match(text, at) if skip else None
            if passed and passed.end() > at:
                at, skipped = passed.end(), True
            entry, fresh = Entry(at), False
        token = _TOKEN.match(text, at)
        assert token is not None
        at, kind = token.end(), token.lastgroup
        if kind in ("word", "quoted"):
            if not entry.words:
                entry.skipped, skipped = skipped, False
                entry.indented = text[entry.start : entry.start + 1] in (b" ", b"\t")
                entry.start = token.start(kind) - (kind == "quoted")
            entry.words.append(Word(token[kind], token.start(kind) - (kind == "quoted"), at))
            entry.end = at
        elif kind == "newline" and not depth:
            if entry.words or entry.fault:
                yield entry
            fresh = True
        elif kind == "open":
            opened, depth = at - 1, depth + 1
        elif kind == "shut":
            depth -= 1
            if depth < 0:
                depth = 0
                _fault(entry, "closing parenthesis without an opening one", at - 1)
        elif kind == "stray":
            _fault(entry, "quoted string or escape that does not end", at - 1)
    if depth:
        _fault(entry, "parenthesis is never closed", opened)
    if not fresh and (entry.words or entry.fault):
        yield entry


def _fault(entry: Entry, message: str, at: int) -> None:
    if not entry.fault:
        entry.fault, entry.fault_at = message, at
    entry.end = max(entry.end, at + 1)


def number(word: bytes, limit: int) -> int | None:
    """Read a decimal number from 0 to `limit`; None when it is none."""
    if not word.isdigit() or len(word) > 10 or int(word) > limit:
        return None
    return int(word)


def algorithm(word: bytes) -> int | None:
    """Read an algorithm, given as number or mnemonic; None when it is neither."""
    value = number(word, 255)
    return ALGORITHMS.get(word.upper()) if value is None else value


def line_end(text: bytes, at: int) -> int:
    """Find the end of the physical line that holds offset `at`, its line end left out."""
    end = text.find(b"\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end > at and text[end - 1 : end] == b"\r" else end
