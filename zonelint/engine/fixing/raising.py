"""The serial raised where a check asks for it, in the style it is written in."""

from __future__ import annotations

from collections.abc import Callable

from zonelint.checks.inputs import Inputs
from zonelint.checks.soa import check_serial
from zonelint.engine.fixing.mends import number_edit
from zonelint.engine.fixing.serials import Style, next_serial, style_of
from zonelint.engine.fixing.zone import EditableZone, Mend
from zonelint.engine.placeholders import unjudged
from zonelint.engine.previous import NoPrevious, read_previous
from zonelint.engine.revision import Revisions
from zonelint.findings import Compared, Place
from zonelint.source import rdtypes
from zonelint.source.lexer import LIMIT
from zonelint.source.locate import span_of
from zonelint.times import serial_less

SERIAL_RULES = frozenset({"serial-not-raised", "serial-went-back", "serial-jump-too-large"})
"""The rules whose findings a new serial removes."""

BUMP = "bump"
"""What a new serial is called that no finding asked for."""

_SOA_SERIAL = 2


def new_serial(
    zone: EditableZone,
    wants: Callable[[str], bool],
    revisions: Revisions,
    remarks: list[str],
    *,
    style: Style | None,
    bump: bool,
) -> list[Mend]:
    """Raise the serial where it has to be, or with `bump` in any case; without a `style` in the one it has.

    `wants` tells whether the finding of a rule is to be removed.
    """
    index, check = zone.judged.index, zone.options
    old, told, finding = None, "", None
    try:
        earlier = read_previous(check, zone.source, zone.judged, 1, revisions=revisions)
        if check.placeholders and (blind := unjudged(zone.judged, zone.source, earlier)):
            raise NoPrevious(next(iter(blind.values())))
    except NoPrevious as reason:
        if not bump:
            remarks.append(f"serial not judged: {reason}")
    else:
        found = zone.unaccepted(check_serial(index, Inputs(check.at, previous=earlier.previous)))
        finding = next((each for each in found if each.rule in SERIAL_RULES and wants(each.rule)), None)
        # a serial that is raised for nothing does no harm
        remarks += [earlier.doubt] if earlier.doubt else []
        old, told = earlier.previous.serial, _told(earlier.compared)
    if not finding and not bump:
        return []
    place = index.apex_place(rdtypes.SOA, 0, _SOA_SERIAL)
    written = _written(zone, place, remarks)
    if written is None:
        return []
    start, end, now = written
    before = now if old is None or (not finding and serial_less(old, now)) else old
    styles = [style_of(each, check.at[0]) for each in (before, now)]
    style = style or next((each for each in styles if each is not Style.counter), Style.counter)
    new = next_serial(before, style, check.at[0])
    message = f"serial {now} becomes {new}" + (f", after {before}{told}" if before == old else "")
    return [Mend(finding.rule if finding else BUMP, message, start, (number_edit(zone.octets, start, end, new),))]


def _told(compared: Compared) -> str:
    """Say which version is the one before, and if nobody named it, what chose it."""
    return f" in {compared.name}" + ("" if compared.chosen.startswith("--") else f" ({compared.chosen})")


def _written(zone: EditableZone, place: Place | None, remarks: list[str]) -> tuple[int, int, int] | None:
    """Find the serial in the text: its span and its value; None with a remark where it is not to be touched."""
    soas = [record for record in zone.records if record[1] == rdtypes.SOA]
    if len(soas) > 1:
        remarks.append("serial not raised: there is more than one SOA record")
    elif place is None or not zone.holds(place):
        where = place.file if place else "no file"
        remarks.append(f"serial not raised: the SOA record is in {where}, which is included")
    else:
        first, last = span_of(zone.octets[place.start : place.start + LIMIT], _SOA_SERIAL)
        start, end = place.start + first, place.start + last
        text, serial = zone.octets[start:end], int.from_bytes(soas[0][3][-20:-16], "big")
        if text.isdigit() and int(text) == serial:
            return start, end, serial
        remarks.append("serial not raised: it is not written as a number")
    return None
