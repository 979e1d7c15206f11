"""The timetable as a picture in SVG: the life of each record, the steps, and the windows in which resolvers fail.

One file without scripts and without anything from elsewhere; it follows the reader's choice of a light or dark page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from zonelint.report.text import count, visible
from zonelint.report.timetable.layout import FONT, ROW, Band, Layout, Line, StepLine, lay_out, text_width
from zonelint.report.timetable.sheet import Sheet
from zonelint.report.timetable.words import bounds_text, span_text, time_text, verdict
from zonelint.rollover.chart import Phase, Span, chart

_BAR = 12

LIGHT = {
    "page": "#ffffff", "ink": "#1b1f24", "dim": "#5b6570", "rule": "#d5dae0", "introduced": "#56b4e9",
    "everywhere": "#0072b2", "withdrawn": "#e69f00", "window": "#d6efdc", "edge": "#2e8b57", "bad": "#d0021b",
    "lapse": "#b8860b", "plain": "#8a94a0", "event": "#6b4ba1", "stripe": "#f4f6f8",
}  # fmt: skip
DARK = {
    "page": "#14181d", "ink": "#e8ecf1", "dim": "#a3adb8", "rule": "#39424d", "introduced": "#7cc7f2",
    "everywhere": "#3b8fd0", "withdrawn": "#f0b429", "window": "#1d4030", "edge": "#58c48a", "bad": "#ff5c6c",
    "lapse": "#e0b040", "plain": "#7a8593", "event": "#b9a2ea", "stripe": "#1b2027",
}  # fmt: skip
"""The colours by what they stand for; the three of the phases are told apart by colour-blind readers too."""

_STYLE = """
{0} .page{{fill:{page}}}
{0} text{{fill:{ink};stroke:none}}
{0} text.dim{{fill:{dim}}}
{0} text.bogus{{fill:{bad}}} {0} text.lapse{{fill:{lapse}}} {0} text.insecure{{fill:{dim}}}
{0} text.good{{fill:{edge}}}
{0} text.halo{{stroke:{page}}}
{0} .rule{{stroke:{rule}}}
{0} .stripe{{fill:{stripe}}}
{0} .introduced{{fill:{introduced}}} {0} .everywhere{{fill:{everywhere}}} {0} .withdrawn{{fill:{withdrawn}}}
{0} .gone{{stroke:{plain}}}
{0} .safe{{fill:{window};stroke:{edge}}}
{0} .event{{stroke:{event}}} {0} .badge{{fill:{page};stroke:{event}}} {0} .mark{{fill:{event}}}
{0} .hatch-bogus{{stroke:{bad}}} {0} .hatch-lapse{{stroke:{lapse}}} {0} .hatch-insecure{{stroke:{plain}}}
{0} .edge-bogus{{stroke:{bad}}} {0} .edge-lapse{{stroke:{lapse}}} {0} .edge-insecure{{stroke:{plain}}}
"""

_FORM = """
.zl text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.zl text.title{font-size:18px;font-weight:600}
.zl text.head{font-weight:600}
.zl text.small{font-size:11px}
.zl text.halo{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}
.zl .gone{stroke-width:1;stroke-dasharray:1 4}
.zl .event{stroke-width:1;stroke-dasharray:4 3}
.zl .safe,.zl .badge{stroke-width:1}
"""


def write(sheet: Sheet) -> str:
    """Write the picture as a file of its own."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing(sheet)}\n'


def drawing(sheet: Sheet) -> str:
    """Write the `svg` element; in a page there may be one."""
    drawn = chart(sheet.plan, sheet.proof)
    places = lay_out(sheet, drawn)
    height = round(places.height)
    parts = [
        _open(places.width, height),
        f'<title id="zl-title">{_esc(f"Key rollover of {sheet.plan.zone}: {sheet.methods}")}</title>',
        f'<desc id="zl-desc">{_esc(_description(sheet))}</desc>',
        f"<style>{style()}</style>",
        _patterns(),
        f'<rect class="page" width="{places.width}" height="{height}"/>',
        *_head(sheet, places),
        *_legend(places),
        *_grid(places),
        *(part for line in places.lines for part in _line(line, places, sheet)),
        *(part for band in places.bands for part in _band(band, places, sheet)),
        *_events(places, sheet),
        *_steps(places, sheet),
        "</svg>",
    ]
    return "\n".join(parts)


def _open(width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="zl" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="zl-title zl-desc">'
    )


def style() -> str:
    """Give the style sheet: light, and dark where the reader's system is."""
    dark = _STYLE.format(".zl", **DARK)
    return f"{_FORM}{_STYLE.format('.zl', **LIGHT)}@media (prefers-color-scheme:dark){{{dark}}}"


def _esc(text: str) -> str:
    return escape(visible(text))


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    """Write a text; `text` is escaped here."""
    more = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor not in ("", "start") else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{_esc(text)}</text>'


def _description(sheet: Sheet) -> str:
    """Tell the picture to those who cannot see it."""
    steps = "; ".join(f"step {row.number}, {time_text(row.at, sheet.tz)}: {row.title}" for row in sheet.rows)
    return f"{verdict(sheet)}. {steps or 'No steps'}."


def _patterns() -> str:
    """Give the hatches of the windows."""
    hatch = (
        '<pattern id="zl-{0}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line class="hatch-{0}" x1="0" y1="0" x2="0" y2="7" stroke-width="{1}"/></pattern>'
    )
    return f"<defs>{hatch.format('bogus', 5)}{hatch.format('lapse', 3)}{hatch.format('insecure', 1)}</defs>"


def _head(sheet: Sheet, places: Layout) -> Iterator[str]:
    """Write the title, and what the proof found."""
    y = 28.0
    for line in places.title:
        yield _text(20, y, line, "title")
        y += 22
    yield _text(20, y, verdict(sheet), "good head" if sheet.safe else "bogus head")
    if places.axis.stretched:
        yield _text(places.right, y, "the time axis is not to scale: short spans are widened", "dim small", "end")


def _legend(places: Layout) -> Iterator[str]:
    """Say what the colours stand for."""
    x, y = 20.0, places.legend_y
    for kind, text in (
        ("introduced", "introduced: some have it"),
        ("everywhere", "everywhere: all have it"),
        ("withdrawn", "withdrawn: some still have it"),
        ("gone", "gone"),
        ("safe", "a step is safe here"),
        ("bogus", "resolvers fail"),
    ):
        yield _swatch(kind, x, y)
        yield _text(x + 32, y + 10, text, "small")
        x += 32 + text_width(text, 11) + 14


def _swatch(kind: str, x: float, y: float) -> str:
    if kind == "gone":
        return f'<line class="gone" x1="{x:.1f}" y1="{y + 6:.1f}" x2="{x + 26:.1f}" y2="{y + 6:.1f}"/>'
    if kind == "bogus":
        return f'<rect fill="url(#zl-bogus)" x="{x:.1f}" y="{y:.1f}" width="26" height="{_BAR}"/>'
    if kind == "safe":
        return f'<rect class="safe" x="{x:.1f}" y="{y:.1f}" width="26" height="{_BAR}"/>'
    return _shape(Phase(kind), x, x + 26, y, "")


def _grid(places: Layout) -> Iterator[str]:
    """Draw the dates, and stripes that lead the eye from the labels to the bars."""
    rows = [line.y for line in places.lines if line.bar is not None] + [step.y for step in places.steps]
    for y in rows[::2]:
        yield f'<rect class="stripe" x="20" y="{y:.1f}" width="{places.right - 20:.1f}" height="{ROW}"/>'
    for x, text in places.ticks:
        for start, end in ((places.top, places.records_end), (places.steps_top - 4, places.bottom)):
            yield f'<line class="rule" x1="{x:.1f}" y1="{start:.1f}" x2="{x:.1f}" y2="{end:.1f}"/>'
        yield _text(x, places.bottom + 18, text, "dim small", "middle")
        yield _text(x, places.records_end + 15, text, "dim small", "middle")


def _band(band: Band, places: Layout, sheet: Sheet) -> Iterator[str]:
    """Draw a window over the whole height, with its text above."""
    outcome = band.trouble.outcome
    tip = f"{band.text or outcome}, {span_text(band.trouble.start, band.trouble.end, sheet.tz)}"
    opacity = "0.25" if outcome == "insecure" else "0.5"
    yield f'<g class="window {outcome}"><title>{_esc(tip)}</title>'
    for start, end in ((places.top, places.records_end), (places.steps_top - 4, places.bottom)):
        yield (
            f'<rect fill="url(#zl-{outcome})" opacity="{opacity}" x="{band.left:.1f}" y="{start:.1f}" '
            f'width="{max(band.right - band.left, 2):.1f}" height="{end - start:.1f}"/>'
        )
        for x in (band.left, band.right):
            yield (f'<line class="edge-{outcome}" x1="{x:.1f}" y1="{start:.1f}" x2="{x:.1f}" y2="{end:.1f}"/>')
    if band.text:
        yield _text(band.text_x, band.text_y, band.text, f"{outcome} head", band.anchor)
    yield "</g>"


def _line(line: Line, places: Layout, sheet: Sheet) -> Iterator[str]:
    """Draw the life of one record, or the heading of a kind."""
    middle = line.y + ROW / 2
    if line.bar is None:
        yield _text(20, middle + 4, line.text, "head")
        return
    yield f'<g class="record"><title>{_esc(f"{line.bar.kind.value} {line.bar.key}")}</title>'
    yield _text(34, middle + 4, line.text)
    yield "</g>"
    for span in line.bar.spans:
        left, right = places.axis(span.start), places.axis(span.end)
        if right > left:
            tip = f"{line.bar.kind.value} {line.bar.key}: {span.phase.value}, {_when(span, sheet)}"
            yield _shape(span.phase, left, right, middle - _BAR / 2, tip)


def _when(span: Span, sheet: Sheet) -> str:
    return span_text(span.start, span.end, sheet.tz)


def _shape(phase: Phase, left: float, right: float, top: float, tip: str) -> str:
    """Draw a phase: what comes rises, what goes falls, so that the form says what the colour says."""
    title = f"<title>{_esc(tip)}</title>" if tip else ""
    bottom, low = top + _BAR, top + _BAR * 0.7
    if phase == Phase.gone:
        y = top + _BAR / 2
        return f'<line class="gone" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
    if phase == Phase.everywhere:
        return (
            f'<rect class="everywhere" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
            f'height="{_BAR}">{title}</rect>'
        )
    first, last = (low, top) if phase == Phase.introduced else (top, low)
    points = f"{left:.1f},{bottom:.1f} {left:.1f},{first:.1f} {right:.1f},{last:.1f} {right:.1f},{bottom:.1f}"
    return f'<polygon class="{phase.value}" points="{points}">{title}</polygon>'


def _events(places: Layout, sheet: Sheet) -> Iterator[str]:
    """Draw a line for each step, and its number on top."""
    places_of = {step.row.number: step for step in places.steps}
    for badge in places.badges:
        names = "; ".join(f"{row.number} {row.title}, {time_text(row.at, sheet.tz)}" for row in badge.rows)
        yield f'<g class="step"><title>{_esc(names)}</title>'
        for x in dict.fromkeys(places_of[row.number].x for row in badge.rows):
            yield (f'<line class="event" x1="{x:.1f}" y1="{badge.y:.1f}" x2="{x:.1f}" y2="{places.records_end:.1f}"/>')
        yield (
            f'<rect class="badge" x="{badge.x - badge.width / 2:.1f}" y="{badge.y - 8:.1f}" '
            f'width="{badge.width:.1f}" height="16" rx="8"/>'
        )
        yield _text(badge.x, badge.y + 4, badge.text, "small", "middle")
        yield "</g>"


def _steps(places: Layout, sheet: Sheet) -> Iterator[str]:
    """Draw the time in which each step is safe, with a mark where it is planned."""
    if places.steps:
        yield _text(20, places.steps_top - 12, "Steps", "head")
    if places.more_bands:
        more = f"and {count(places.more_bands, 'more window')} without a text"
        yield _text(places.right, places.top - 2, more, "bogus small", "end")
    for step in places.steps:
        yield from _step(step, sheet)


def _step(step: StepLine, sheet: Sheet) -> Iterator[str]:
    middle, row = step.y + ROW / 2, step.row
    when = time_text(row.at, sheet.tz)
    tip = "; ".join(text for text in (f"{row.number} {row.title}", when, bounds_text(row, sheet.tz)) if text)
    yield f'<g class="step"><title>{_esc(tip)}</title>'
    yield _text(20, middle + 4, step.text)
    if row.not_before is not None or row.not_after is not None:
        dash = ' stroke-dasharray="5 3"' if step.open_end else ""
        yield (
            f'<rect class="safe"{dash} x="{step.left:.1f}" y="{middle - _BAR / 2:.1f}" '
            f'width="{max(step.right - step.left, 1):.1f}" height="{_BAR}"/>'
        )
    yield (f'<path class="mark" d="M{step.x:.1f} {middle - 6:.1f}l5 6l-5 6l-5 -6z"/>')
    side = 10 if step.anchor == "start" else -10
    yield _text(step.x + side, middle + 4, when, "halo small", step.anchor)
    yield "</g>"


assert FONT == 12, "the style sheet has the size of the font"
