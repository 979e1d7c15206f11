"""Where everything of the chart goes, in pixels: numbers only, so that the drawing has no arithmetic of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from zonelint.report.text import ELLIPSIS, columns, visible
from zonelint.report.timetable.sheet import Row, Sheet, moment
from zonelint.report.timetable.words import duration
from zonelint.rollover.chart import Bar, Chart, Trouble
from zonelint.rollover.timeline import BEGINNING, FOREVER

WIDTH = 1200
FONT = 12
_TITLE = 18
ROW = 20
"""The height of one record or step."""

_MARGIN = 20
_GUTTER = (150, 340)  # the least and the most that labels take
_BADGE = 20
_LANE = 17
_MOST_LANES = 6
_WIDEN = 28  # pixels that a short span is widened to, as far as there is room
_PER_TICK = 92
_LONGEST = 1000  # characters of a text that are looked at from each end

_EMS = (("ijlIft.,:;'|!-()[] /", 0.42), ("mwMW@%", 1.0), ("+=<>~#&ABCDEFGHJKLNOPQRSTUVXYZ", 0.8))
_EM_WIDE, _EM_OTHER, _EM_FOREIGN, _BOLD = 1.05, 0.65, 0.85, 1.12
"""The width of characters in ems: those of DejaVu Sans rounded up, which is wider than most fonts."""

_EM = {char: width for chars, width in _EMS for char in chars}

_TICKS = (60, 300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


class Tick(NamedTuple):
    """A date on the axis."""

    x: float
    text: str


class Badge(NamedTuple):
    """The number of a step above its line; steps at nearly the same place share one."""

    x: float
    y: float
    width: float
    text: str
    rows: tuple[Row, ...]


class Band(NamedTuple):
    """A window in which some resolvers fail: its place, and its text in a lane above the chart."""

    trouble: Trouble
    left: float
    right: float
    text: str
    text_x: float
    text_y: float
    anchor: str


class Line(NamedTuple):
    """One line of the upper part: the heading of a kind of records where `bar` is None, else a record."""

    y: float
    text: str
    bar: Bar | None


class StepLine(NamedTuple):
    """One line of the lower part: the step, when it may be done, and where its time is written."""

    y: float
    text: str
    row: Row
    x: float
    left: float
    right: float
    open_end: bool
    anchor: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of a whole chart; `left` and `right` bound the part that has a time axis."""

    width: int
    height: float
    left: float
    right: float
    title: tuple[str, ...]
    legend_y: float
    top: float
    records_end: float
    steps_top: float
    bottom: float
    axis: Axis
    ticks: tuple[Tick, ...]
    badges: tuple[Badge, ...]
    bands: tuple[Band, ...]
    more_bands: int
    lines: tuple[Line, ...]
    steps: tuple[StepLine, ...]


class Axis:
    """Turns time into pixels, straight between the given instants; short spans are widened so that they can be seen."""

    def __init__(self, instants: Iterable[int], left: float, right: float) -> None:
        self._times = sorted(set(instants))
        gaps = [after - before for before, after in pairwise(self._times)]
        self.stretched = False
        least = min(_WIDEN, 0.7 * (right - left) / max(len(gaps), 1))
        widths = _widths(gaps, right - left, least)
        if gaps:
            fair = [(right - left) * gap / sum(gaps) for gap in gaps]
            self.stretched = any(abs(a - b) > 2 for a, b in zip(widths, fair, strict=True))
        self._places = [left]
        for width in widths:
            self._places.append(self._places[-1] + width)

    def __call__(self, at: int) -> float:
        """Give the place of an instant; those outside are moved to the edge."""
        times, places = self._times, self._places
        if at <= times[0]:
            return places[0]
        if at >= times[-1]:
            return places[-1]
        i = bisect_right(times, at) - 1
        return places[i] + (places[i + 1] - places[i]) * (at - times[i]) / (times[i + 1] - times[i])


def _widths(gaps: Sequence[int], room: float, least: float) -> list[float]:
    """Share the room among spans of time, none less than `least`, the others by their length."""
    wide = set(range(len(gaps)))
    while True:
        rest = room - least * (len(gaps) - len(wide))
        total = sum(gaps[i] for i in wide)
        small = {i for i in wide if rest * gaps[i] / total < least}
        if not small or small == wide:
            break
        wide -= small
    return [rest * gap / total if i in wide else least for i, gap in enumerate(gaps)]


def text_width(text: str, size: float = FONT, *, bold: bool = False) -> float:
    """Estimate the pixels that a text takes, rather too many than too few."""
    ems = sum(_EM.get(char) or (_EM_OTHER if char.isascii() else _em(char)) for char in text)
    return ems * size * (_BOLD if bold else 1)


def _em(char: str) -> float:
    return _EM_WIDE if columns(char) == 2 else _EM_FOREIGN


def fit(text: str, room: float, size: float = FONT, *, bold: bool = False) -> str:
    """Cut a text in its middle until it fits into `room` pixels: both ends of a long name tell something."""
    shown = visible(text)
    if len(shown) <= 2 * _LONGEST and text_width(shown, size, bold=bold) <= room:
        return shown
    head, tail = shown[:_LONGEST], shown[-_LONGEST:]
    keep = bisect_right(
        range(_LONGEST), room, key=lambda keep: text_width(_cut(head, tail, keep), size, bold=bold)
    )  # fmt: skip
    return _cut(head, tail, max(keep - 1, 0))


def _cut(head: str, tail: str, keep: int) -> str:
    """Keep so many characters, half of them from each end."""
    return head[: (keep + 1) // 2] + ELLIPSIS + tail[len(tail) - keep // 2 :]


def lay_out(sheet: Sheet, drawn: Chart) -> Layout:
    """Work out the places of everything."""
    gutter = _gutter(sheet, drawn)
    left, right = _MARGIN + gutter, WIDTH - _MARGIN
    axis = Axis(_instants(sheet, drawn), left, right)
    title = _title(sheet)
    legend_y = 28 + 22 * len(title) + 20
    bands, lanes, more = _bands(drawn, axis, left, right, legend_y + 26)
    top = legend_y + 26 + lanes * _LANE
    badges, levels = _badges(sheet.rows, axis, left, right, top)
    lines = list(_lines(drawn, top + levels * _BADGE + 8, gutter))
    records_end = (lines[-1].y if lines else top) + ROW
    steps_top = records_end + 40
    steps = [_step(row, i, axis, steps_top, gutter) for i, row in enumerate(sheet.rows)]
    bottom = steps_top + ROW * len(steps) + 8
    return Layout(
        WIDTH, bottom + 34, left, right, title, legend_y, top, records_end, steps_top, bottom, axis,
        tuple(_ticks(drawn, sheet.tz, axis, left, right)), badges, bands, more, tuple(lines), tuple(steps),
    )  # fmt: skip


def _gutter(sheet: Sheet, drawn: Chart) -> float:
    texts = [f"    {visible(bar.key)}" for bar in drawn.bars] + [step_text(row) for row in sheet.rows]
    widths = [text_width(text) for text in texts]
    widths += [text_width(bar.kind.value, bold=True) for bar in drawn.bars]
    least, most = _GUTTER
    return min(max([least, *(width + 16 for width in widths)]), most)


def step_text(row: Row) -> str:
    """Give the label of a step: its number and title."""
    return f"{row.number}  {visible(row.title)}"


def _title(sheet: Sheet) -> tuple[str, ...]:
    """Break the title into lines; a name may be longer than the picture is wide."""
    rest, room = visible(f"{sheet.plan.zone}  {sheet.methods}"), float(WIDTH - 2 * _MARGIN)
    lines: list[str] = []
    while rest and len(lines) < 3 and text_width(rest[:_LONGEST], _TITLE, bold=True) > room:
        fits = bisect_right(
            range(1, _LONGEST), room, key=lambda size: text_width(rest[:size], _TITLE, bold=True)
        )  # fmt: skip
        lines.append(rest[:fits])
        rest = rest[fits:]
    return (*lines, fit(rest, room, _TITLE, bold=True)) if rest else tuple(lines)


def _instants(sheet: Sheet, drawn: Chart) -> list[int]:
    """Give the instants at which something changes; they are what the axis must keep apart."""
    found = [drawn.start, drawn.end, *(row.at for row in sheet.rows)]
    found += [at for bar in drawn.bars for span in bar.spans for at in span[:2]]
    found += [at for trouble in drawn.troubles for at in trouble[:2]]
    return [at for at in found if drawn.start <= at <= drawn.end]


def _bands(drawn: Chart, axis: Axis, left: float, right: float, top: float) -> tuple[tuple[Band, ...], int, int]:
    """Place the windows and their texts in as few lanes as hold them; texts beyond the last lane are counted."""
    bands, more = [], 0
    ends: list[float] = []
    for trouble in drawn.troubles:
        start, end = axis(trouble.start), axis(trouble.end)
        end = max(end, start + 2)
        text = band_text(trouble)
        size = text_width(text, bold=True) + 12
        x, anchor = (start, "start") if start + size <= right else (min(end, right), "end")
        begin = x if anchor == "start" else x - size
        lane = next((i for i, taken in enumerate(ends) if taken <= begin), len(ends))
        if lane == _MOST_LANES:
            more += 1
            text = ""
        else:
            ends[lane : lane + 1] = [begin + size]
        bands.append(Band(trouble, max(start, left), min(end, right), text, x, top + lane * _LANE + 12, anchor))
    return tuple(bands), len(ends), more


def band_text(trouble: Trouble) -> str:
    """Name a window in a few words: `bogus 55m: all validators`."""
    who = "all validators" if len(trouble.validators) == 3 else ", ".join(each.value for each in trouble.validators)
    if trouble.outcome == "insecure":
        return "insecure"
    noun = "bogus" if trouble.outcome == "bogus" else "no protection"
    bounded = trouble.start > BEGINNING and trouble.end < FOREVER
    return f"{noun}{f' {duration(trouble.end - trouble.start)}' if bounded else ''}: {who}"


def _badges(rows: Sequence[Row], axis: Axis, left: float, right: float, top: float) -> tuple[tuple[Badge, ...], int]:
    """Place the numbers of the steps above their lines, on as many levels as they need."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and axis(row.at) - axis(groups[-1][0].at) < _BADGE / 2:
            groups[-1].append(row)
        else:
            groups.append([row])
    badges, ends = [], [0.0]
    for group in groups:
        text = str(group[0].number) if len(group) == 1 else f"{group[0].number}–{group[-1].number}"
        width = max(text_width(text, 11) + 8, 18)
        x = min(max(axis(group[0].at), left + width / 2), right - width / 2)
        level = next((i for i, taken in enumerate(ends) if taken <= x - width / 2), len(ends))
        ends[level : level + 1] = [x + width / 2 + 2]
        badges.append(Badge(x, top + level * _BADGE + _BADGE / 2, width, text, tuple(group)))
    return tuple(badges), len(ends)


def _lines(drawn: Chart, top: float, gutter: float) -> Iterable[Line]:
    """Give a heading for each kind of record, and a line for each record."""
    kind, y = None, top
    for bar in drawn.bars:
        if bar.kind != kind:
            kind = bar.kind
            yield Line(y, kind.value, None)
            y += ROW
        yield Line(y, fit(bar.key, gutter - 16 - 14), bar)
        y += ROW


def _step(row: Row, index: int, axis: Axis, top: float, gutter: float) -> StepLine:
    x = axis(row.at)
    since = row.at if row.not_before is None else row.not_before
    until = FOREVER if row.not_after is None else max(row.not_after, since)
    start, end = axis(since), axis(until)
    room = text_width("2026-11-21 00:00:00 CET +01:00") + 14
    anchor = "start" if x + room <= WIDTH - _MARGIN else "end"
    open_end = end >= WIDTH - _MARGIN
    return StepLine(top + index * ROW, fit(step_text(row), gutter - 10), row, x, start, end, open_end, anchor)


def _ticks(drawn: Chart, tz: tzinfo, axis: Axis, left: float, right: float) -> Iterable[Tick]:
    """Give round dates for the axis, no two of them closer than their texts."""
    most = int((right - left) / _PER_TICK)
    taken = left - _PER_TICK
    for when, text in _dates(drawn.start, drawn.end, tz, most):
        x = axis(int(when.timestamp()))
        if x - taken >= _PER_TICK * 0.9 and left + 30 <= x <= right - 30:
            yield Tick(x, text)
            taken = x


def _dates(start: int, end: int, tz: tzinfo, most: int) -> Iterable[tuple[datetime, str]]:
    """Give the round dates between two instants, at most about `most`, in the calendar of a zone."""
    first, last = moment(start, tz), moment(end, tz)
    step = next((step for step in _TICKS if (end - start) / step <= most), None)
    if step is None:
        months = next((months for months in _MONTHS if (end - start) / (months * 2629800) <= most), _MONTHS[-1])
        yield from _months(first, last, months)
        return
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    for i in range(int((end - start) // step) + 2 + 86400 // min(step, 86400)):
        try:
            # wall-clock arithmetic: midnight stays midnight when the clocks change
            when = midnight + timedelta(seconds=i * step)
        except OverflowError:
            return
        if first <= when <= last:
            yield when, when.strftime("%Y-%m-%d" if step >= 86400 else "%m-%d %H:%M")


def _months(first: datetime, last: datetime, months: int) -> Iterable[tuple[datetime, str]]:
    number = (first.year * 12 + first.month - 1) // months * months
    while number <= last.year * 12 + last.month and number < 120000:
        if number >= 12:
            when = datetime(number // 12, number % 12 + 1, 1, tzinfo=first.tzinfo)
            if first <= when <= last:
                yield when, when.strftime("%Y-%m")
        number += months
