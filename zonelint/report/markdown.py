"""Text put into Markdown, so that it shows as it is."""

from __future__ import annotations

import re

from zonelint.report.text import visible

_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~&$!]|^[-+=]|(?<=^\d)[.)]")
_LINKS = re.compile(r"(?i)(?<=\b[hfw])(?=(ttps?|tp):|ww\.)|(?<=@)")


def code(text: str) -> str:
    """Give text as a code span, whatever it holds: there Markdown knows no links, no mentions and no HTML."""
    text = visible(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    # a reader takes one blank off both ends, except from nothing but blanks
    pad = " " if "`" in (text[0], text[-1]) or (text[0] == text[-1] == " " and text.strip(" ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """Take away what Markdown would read as a mark, and break words that would become links or mentions."""
    escaped = _MARKS.sub(lambda mark: f"\\{mark[0]}", visible(text).strip())
    return _LINKS.sub("<!-- -->", escaped)
