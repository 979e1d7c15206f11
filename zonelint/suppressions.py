"""Suppressions: which known faults are not to be reported, for how long, and why.

They come from comments in zone files and from the configuration, because signers strip comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from zonelint.findings import Finding, Place
from zonelint.times import BadTime, parse_time

NEVER = frozenset({
    "soa-missing", "binary-data", "transfer-incomplete", "include-missing", "include-outside", "include-loop",
    "unclosed-parenthesis",
    "suppression-invalid", "suppression-unused", "suppression-expired", "suppression-without-reason",
    "baseline-entry-unused",
})  # fmt: skip
"""The rules that nothing suppresses: text of unknown extent was not judged, or a suppression itself is at fault."""

AT_RECORD = frozenset({
    "syntax-error", "unclosed-quote", "unknown-directive", "directive-invalid", "unknown-type", "rdata-invalid",
    "name-invalid", "owner-missing", "class-mismatch", "generate-invalid", "meta-type", "record-too-long",
})  # fmt: skip
"""The rules that only a comment at the record suppresses: it was not read, and whoever accepts that must look at it."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Span:
    """The octets of a file that a comment is about, from `start` up to `end`; None for `end` is the whole file."""

    file: str
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Findings that are known and accepted; what is empty holds for any.

    `rules` are ids. `until` is the end of its last day, in seconds since 1970: from then on it suppresses nothing.
    `zone` and `owner` are absolute names, in which `*` stands for any text; they are compared in lower case. `type` is
    the mnemonic of a record type. `place` is where it is written, `span` what a comment is about, None for what the
    configuration says.
    """

    rules: frozenset[str]
    reason: str = ""
    until: int | None = None
    zone: str = ""
    owner: str = ""
    type: str = ""
    place: Place | None = None
    span: Span | None = None

    def fits(self, finding: Finding, zone: str, file: str) -> bool:
        """Tell whether a finding in a zone, of whose file it is where it has no place, is one of those meant."""
        return (
            (not self.rules or finding.rule in self.rules)
            and self.may_cover(finding.rule)
            and (not self.zone or _matches(self.zone, zone))
            and (not self.owner or _matches(self.owner, finding.owner))
            and (not self.type or self.type.upper() == finding.type.upper())
            and (self.span is None or _lies_in(finding.place, file, self.span))
        )

    def may_cover(self, rule: str) -> bool:
        """Tell whether a suppression of this kind may concern a rule at all."""
        at_record = self.span is not None and self.span.end is not None
        return rule not in NEVER and (at_record or rule not in AT_RECORD)

    def has_ended(self, at: tuple[int, ...]) -> bool:
        """Tell whether it does not hold at all of the reference times any more."""
        return self.until is not None and max(at, default=0) >= self.until


def end_of_day(text: str) -> int:
    """Turn `2026-12-31` into the first second after that day (UTC), in seconds since 1970; raises `BadTime`."""
    try:
        return parse_time(text if _DAY.fullmatch(text) else "", 0) + 86400
    except BadTime:
        raise BadTime(f"{text!r} is not a day: write YYYY-MM-DD") from None


def _lies_in(place: Place | None, file: str, span: Span) -> bool:
    if place is None:
        return span.end is None and span.file == file
    return place.file == span.file and span.start <= place.start and (span.end is None or place.start < span.end)


def _matches(pattern: str, name: str) -> bool:
    pattern, name = pattern.lower(), name.lower()
    return pattern == name or ("*" in pattern and _compiled(pattern).fullmatch(name) is not None)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    first, *middle, last = map(re.escape, pattern.split("*"))
    # each part where it comes first, and never elsewhere: a pattern of many parts must not be tried in all ways
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + ".*" + last, re.DOTALL)
