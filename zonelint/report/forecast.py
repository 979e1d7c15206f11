"""What lies ahead of a zone, as text: a bar for each day on which signatures expire, sizes of answers, validators."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.findings import Forecast, ZoneReport
from zonelint.report.text import count, visible
from zonelint.times import to_text

_BAR, _DAYS = 40, 60
_LIMITS = (512, 1232, 1452)


def forecast(zone: ZoneReport) -> str:
    """Write the forecast of one zone; empty for one without signatures."""
    ahead = zone.forecast
    return "\n".join(map(visible, _lines(zone.origin, ahead))) if ahead else ""


def _lines(origin: str, ahead: Forecast) -> Iterator[str]:
    if ahead.valid_until is None:
        yield f"forecast for {origin}: does not validate as it is"
    else:
        yield f"forecast for {origin}: valid until {to_text(ahead.valid_until)} (first to expire: {ahead.because})"
    yield from _histogram(ahead.expirations)
    if ahead.sizes:
        yield "largest answers over UDP, in octets:"
    for kind, octets in ahead.sizes.items():
        above = [str(limit) for limit in _LIMITS if octets > limit]
        name = ahead.largest[kind]
        yield f"  {kind:<20} {octets:>5}  {name}" + (f"  above {', '.join(above)}" if above else "")
    if ahead.views:
        yield "as seen by validators without:"
    for lack, seen in ahead.views.items():
        yield f"  {lack:<28} {seen}"


def _histogram(expirations: dict[int, int]) -> Iterator[str]:
    """Give a line a day, or a week or more where there are too many."""
    if not expirations:
        return
    step = 86400
    while len({at // step for at in expirations}) > _DAYS:
        step *= 7
    bars: dict[int, int] = {}
    for at, number in expirations.items():
        bars[at // step * step] = bars.get(at // step * step, 0) + number
    yield f"signatures that expire, by {count(step // 86400, 'day')}:"
    most = max(bars.values())
    for at, number in sorted(bars.items()):
        yield f"  {to_text(at)[:10]} {number:>8}  {'#' * max(1, _BAR * number // most)}"
