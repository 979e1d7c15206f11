"""Mending one zone: which edits, in which order, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from zonelint.engine.fixing.edits import Edit
from zonelint.engine.fixing.mends import FINAL_NEWLINE, TTL_RULE, copies, ending, kept, ttls, unified
from zonelint.engine.fixing.raising import SERIAL_RULES, new_serial
from zonelint.engine.fixing.serials import Style
from zonelint.engine.fixing.zone import EditableZone, Mend, NotEdited, said
from zonelint.engine.options import CheckOptions
from zonelint.engine.revision import Revisions
from zonelint.source.text import Source, holds_private_key, mentions_private_key

FIXES = SERIAL_RULES | {"duplicate-record", FINAL_NEWLINE}
"""What is mended by default: the rules whose findings are removed."""


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What is to be mended, and how.

    `check` says how zones are read, compared and judged; its first reference time is the date of a new serial.
    `style` is None for that of the serial there is. `bump` asks for a new serial in any case, `unsafe` for edits that
    change what the zone says. Of what could be mended, `select` (None for all) and `ignore` say what is. `revisions`
    keeps what git was asked in one run.
    """

    check: CheckOptions
    style: Style | None = None
    bump: bool = False
    unsafe: bool = False
    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    revisions: Revisions = field(default_factory=Revisions)

    def wants(self, name: str) -> bool:
        """Tell whether what breaks a rule is mended."""
        chosen = name not in self.ignore and (self.select is None or name in self.select)
        return chosen and self.check.wants(name)


class Fix(NamedTuple):
    """One fault mended: the rule whose finding is gone, what was done, and where, lines and columns from 1."""

    rule: str
    message: str
    line: int
    column: int


@dataclass(slots=True)
class Fixed:
    """A zone before and after; `remarks` say what was not done and why.

    `steps` are the edits that lead from one to the other, each step of what the one before has made.
    """

    file: str
    before: bytes
    after: bytes
    fixes: list[Fix] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    steps: list[list[Edit]] = field(default_factory=list)


def fix_zone(source: Source, options: FixOptions) -> Fixed:
    """Mend a zone in memory.

    Raises `NotEdited` for one that must not be touched or that cannot be read whole, and what reading the previous
    version raises (`zonelint.engine.previous.read_previous`) but for `NoPrevious`, which becomes a remark.
    """
    octets = source.read(0, source.size)
    if holds_private_key(octets) or mentions_private_key(source):
        raise NotEdited("holds a private key, not a zone")
    result, check = Fixed(source.name, octets, octets), options.check
    if options.unsafe and options.wants(TTL_RULE):
        zone = EditableZone(source, octets, check)
        _mend(zone, kept(zone, list(ttls(zone)), partial(unified, zone), result.remarks), result)
    # a TTL is content: whether the serial must be raised is asked of what was made of the text
    zone = EditableZone(source, result.after, check)
    mends = [mend for mend in copies(zone) if options.wants(mend.rule)]
    good = kept(zone, mends, lambda _: said(zone.records), result.remarks)
    is_cut_off = options.wants(FINAL_NEWLINE) and any(each.rule == FINAL_NEWLINE for each in zone.findings)
    if is_cut_off and not zone.with_mends(good).endswith(b"\n"):
        good += kept(zone, [ending(zone.octets)], lambda _: said(zone.records), result.remarks, good)
    serial = new_serial(
        zone, options.wants, options.revisions, result.remarks, style=options.style, bump=options.bump
    )
    if zone.says([*good, *serial]) != said(zone.records):
        raise NotEdited("a new serial would change more than the serial")
    _mend(zone, [*good, *serial], result)
    return result


def _mend(zone: EditableZone, mends: list[Mend], result: Fixed) -> None:
    """Make edits and list them."""
    result.after = zone.with_mends(mends)
    result.steps.append([edit for mend in mends for edit in mend.edits])
    ordered = sorted(mends, key=lambda each: each.at)
    for mend, where in zip(ordered, zone.lines([each.at for each in ordered]), strict=True):
        result.fixes.append(Fix(mend.rule, mend.message, *where))
