"""Master-file text to tokens: one logical line at a time, every token with its octet span (RFC 1035 section 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LIMIT = 1 << 20
"""Octets of text one logical line may have; no RDATA of 65,535 octets needs more in any presentation form."""

# Possessive quantifiers: a line of 100 MB must not be remembered for backtracking.
_TOKEN = re.compile(
    rb"""[ \t\r\f\v]*+(?:
        (?P<word>(?:[^\s;()"\\]++|\\[^\n]|\\|(?<==)"(?:[^"\\\n]++|\\[^\n])*+")++)
      | "(?P<quoted>(?:[^"\\\n]++|\\[^\n]|\\(?=\n|\Z))*+)(?P<close>")?
      | (?P<newline>\n)
      | (?P<open>\()
      | (?P<shut>\))
      | ;[^\n]*+
    )""",
    re.VERBOSE,
)


@dataclass(slots=True)
class Token:
    """A word or quoted string: its octets as written, quotes left out, and its span in the text."""

    text: bytes
    start: int
    end: int
    quoted: bool = False


@dataclass(slots=True)
class Line:
    """One logical line: its span, its tokens, whether text starts in column one, and what is wrong with it.

    `fault` is a (rule, message, start, end) or None; a line with a fault still has the tokens read so far.
    `unclosed` tells that the text ended inside parentheses.
    """

    start: int
    end: int = 0
    indented: bool = False
    tokens: list[Token] = field(default_factory=list)
    fault: tuple[str, str, int, int] | None = None
    unclosed: bool = False


def read_line(text: bytes, start: int, limit: int = LIMIT) -> Line:
    """Read the logical line that begins at `start`; parentheses join physical lines, up to `limit` octets.

    Never raises: a fault is recorded in the line, and `end` is always beyond `start` (unless the text ends there).
    """
    line = Line(start, indented=text[start : start + 1] in (b" ", b"\t"))
    physical = text.find(b"\n", start)
    if (physical if physical >= 0 else len(text)) - start > LIMIT:
        line.end = len(text) if physical < 0 else physical + 1
        line.fault = ("record-too-long", f"line longer than {LIMIT} octets", start, start + 1)
        return line
    at, opened, depth = start, -1, 0
    match_at = _TOKEN.match
    while found := match_at(text, at):
        at, kind = found.end(), found.lastgroup
        if kind == "word":
            line.tokens.append(Token(found["word"], found.start("word"), at))
        elif kind == "newline":
            if not depth:
                line.end = at
                return line
            if at - start > limit:
                line.unclosed = limit < LIMIT
                _recover(text, line, opened)
                return line
        elif kind == "close":
            line.tokens.append(Token(found["quoted"], found.start("quoted") - 1, at, True))
        elif kind == "quoted":
            quote = found.start("quoted") - 1
            line.fault = line.fault or ("unclosed-quote", "no closing quote before the end of the line", quote, at)
        elif kind == "open":
            opened = opened if depth else at - 1
            depth += 1
        elif kind == "shut":
            depth -= 1
            if depth < 0:
                depth = 0
                line.fault = line.fault or ("syntax-error", "closing parenthesis without an opening one", at - 1, at)
    if depth:
        line.unclosed = True
        _recover(text, line, opened)
    else:
        line.end = len(text)
    return line


def comment_in(text: bytes, start: int, end: int) -> int | None:
    """Give the offset of the comment in the physical line from `start` to `end`; None if it has none.

    That needs no look at other lines: a string ends with its line.
    """
    at = start
    while at < end and (found := _TOKEN.match(text, at, end)):
        at = found.end()
        if found.lastgroup is None:
            return text.index(b";", found.start(), at)
    return None


def _recover(text: bytes, line: Line, opened: int) -> None:
    """End a line whose parenthesis is not closed in time before the next one that starts with an owner name."""
    if line.unclosed:
        line.fault = ("unclosed-parenthesis", "this parenthesis is never closed", opened, opened + 1)
    else:
        line.fault = ("record-too-long", f"record longer than {LIMIT} octets", line.start, line.start + 1)
    following = re.compile(rb"\n(?=[^\s;)\"])").search(text, opened)
    line.end = following.end() if following else len(text)
