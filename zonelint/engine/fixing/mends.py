"""Edits that remove findings, each kept only where the zone says what it must with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from zonelint.engine.fixing.edits import Edit, applied
from zonelint.engine.fixing.zone import EditableZone, Mend, Said, said
from zonelint.findings import Field
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.lexer import LIMIT, read_line
from zonelint.source.locate import span_of
from zonelint.source.record import OFFSET_BITS
from zonelint.zone.model import collect

FINAL_NEWLINE = "final-newline-missing"
"""The rule about the missing end of the last line."""

TTL_RULE = "rrset-ttl-mismatch"
"""What is mended only by those who ask for it: which of the TTLs was meant is a guess."""

Expected = Callable[[Sequence[Mend]], Said]
"""Gives what the zone must say with these edits."""


def kept(
    zone: EditableZone, mends: list[Mend], expected: Expected, remarks: list[str], others: Sequence[Mend] = ()
) -> list[Mend]:
    """Give those of the edits with which, and with the `others`, the zone says what it must."""
    good = _tried(zone, mends, expected, list(others))
    known = set(good)
    left = [mend for mend in mends if mend not in known]
    lines = zone.lines([mend.at for mend in left])
    remarks += [f"line {line}: {mend.rule} not mended: other records would change"
                for mend, (line, _) in zip(left, lines, strict=True)]  # fmt: skip
    return good


def _tried(zone: EditableZone, mends: list[Mend], expected: Expected, others: list[Mend]) -> list[Mend]:
    if not mends or zone.says([*others, *mends]) == expected([*others, *mends]):
        return mends
    if len(mends) == 1:
        return []
    half = len(mends) // 2
    first = _tried(zone, mends[:half], expected, others)
    return first + _tried(zone, mends[half:], expected, [*others, *first])


def copies(zone: EditableZone) -> Iterator[Mend]:
    """Take out the line of a record that is there already, unless a comment is about it."""
    for finding in zone.findings:
        # a second SOA more likely means two texts in one file than a copy
        if finding.rule != "duplicate-record" or finding.type == "SOA" or not zone.holds(finding.place):
            continue
        assert finding.place is not None
        start = finding.place.start
        line = read_line(zone.octets, start)
        tokens = sorted((token.start, token.end) for token in line.tokens)
        spaces = applied(zone.octets[start : line.end], (Edit(a - start, b - start, b"") for a, b in tokens))
        above = zone.octets[max(0, start - LIMIT) : start].rstrip().rpartition(b"\n")[2]
        is_spoken_of = b";" in spaces or (above.startswith(b";") and b"zonelint" in above.lower())
        if not is_spoken_of and not zone.octets.startswith(b"$", start):
            what = f"the second {finding.owner} {finding.type} record is taken out"
            yield Mend(finding.rule, what, start, (Edit(start, line.end, b""),))


def ending(octets: bytes) -> Mend:
    """End the last line, as the one before it does."""
    end = len(octets)
    line_end = b"\r\n" if octets[: octets.rfind(b"\n") + 1].endswith(b"\r\n") else b"\n"
    return Mend(FINAL_NEWLINE, "the last line is ended", end - 1, (Edit(end, end, line_end),))


def ttls(zone: EditableZone) -> Iterator[Mend]:
    """Give all records of an RRset the lowest TTL among them."""
    found = {(each.owner, each.type) for each in zone.findings if each.rule == TTL_RULE}
    for owner, rdtype, rrset in collect([zone.records]).repeated:
        if (text_from_key(owner), rdtypes.type_name(rdtype)) not in found:
            continue
        records = [*zip(rrset.ttls, rrset.positions, strict=True), *rrset.duplicates]
        lowest = min(ttl for ttl, _ in records)
        wrong = [position for ttl, position in records if ttl != lowest]
        # neither what another file says nor what $GENERATE makes can be edited here
        if wrong and not any(at >> OFFSET_BITS or zone.octets.startswith(b"$", at) for at in wrong):
            what = f"{text_from_key(owner)} {rdtypes.type_name(rdtype)}: all records have the lowest TTL, {lowest}"
            edits = [_ttl(zone.octets, at, lowest) for at in wrong]
            yield Mend(TTL_RULE, what, min(edits).start, tuple(edits), (owner, rdtype, lowest))


def _ttl(octets: bytes, start: int, ttl: int) -> Edit:
    """Write the TTL of the record at an offset, before class and type if it has none."""
    text = octets[start : start + LIMIT]
    first, last = span_of(text, Field.ttl)
    if text[first : first + 1].isdigit():
        return number_edit(octets, start + first, start + last, ttl)
    first, _ = span_of(text, Field.rdclass)
    return Edit(start + first, start + first, b"%d " % ttl)


def unified(zone: EditableZone, mends: Sequence[Mend]) -> Said:
    """Give what the zone is to say with one TTL for each RRset."""
    lowest = {mend.about[:2]: mend.about[2] for mend in mends if mend.about}
    return frozenset(
        (owner, rdtype, lowest.get((owner, rdtype), ttl), rdata) for owner, rdtype, ttl, rdata in said(zone.records)
    )


def number_edit(octets: bytes, start: int, end: int, number: int) -> Edit:
    """Put a number in place of another; blanks behind it give way, so that a column of comments stays one."""
    text, width = b"%d" % number, end - start
    if octets.startswith(b"0", start):
        text = text.rjust(width, b"0")
    blanks = re.compile(rb" *").match(octets, end)
    room = len(blanks[0]) if blanks else 0
    if room > 1:
        text = text.ljust(width)
        end += min(len(text) - width, room - 1)
    return Edit(start, end, text)
