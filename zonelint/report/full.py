"""The report for people: a block a finding with its source line, then what did not run, then the count.

Why a defect matters and what to do about it is said once for each rule of a zone, below its first finding;
after three findings of one rule in a zone the rest are only counted, unless all are asked for.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from zonelint import catalogue
from zonelint.findings import Located, Location, Report, Severity, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.paint import STYLES, Paint
from zonelint.report.text import count, snippet, visible
from zonelint.times import to_text

SHOWN = 3
"""How many findings of one rule are shown in full for each zone."""

_PROSE = 100  # columns; longer lines of prose are hard to read
_GUTTER = "bold blue"


def write(report: Report, options: ReportOptions) -> str:
    """Write the blocks with empty lines between, then the summary; nothing at all when quiet and clean."""
    paint = Paint(options.color)
    blocks = [block for zone in report.zones for block in _zone(zone, options, paint)]
    blocks += [f"{paint('error', STYLES[Severity.error])}: {visible(failure)}" for failure in report.failures]
    if options.suppressed:
        from zonelint.report.concise import suppressed_line

        lines = [suppressed_line(zone, each) for zone in report.zones for each in zone.suppressed]
        blocks += ["\n".join(lines)] if lines else []
    if options.forecast:
        from zonelint.report.forecast import forecast

        blocks += [text for zone in report.zones if (text := forecast(zone))]
    if not options.quiet:
        if not_run := list(_not_run(report, options)):
            blocks.append("\n".join(not_run))
        blocks.append("\n".join(_summary(report, paint)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _zone(zone: ZoneReport, options: ReportOptions, paint: Paint) -> Iterator[str]:
    """Give the blocks of one zone, and one that counts the repeats."""
    seen: Counter[str] = Counter()
    for found in zone.findings:
        rule = found.finding.rule
        seen[rule] += 1
        if _is_shown(zone, seen[rule], options):
            yield "\n".join(_block(zone, found, seen[rule] == 1, options.width, paint))
    folded = [(rule, number - SHOWN) for rule, number in seen.items() if not _is_shown(zone, number, options)]
    if folded:
        yield "\n".join(f"{number} more {rule} in this zone (--all lists them)" for rule, number in folded)


def _is_shown(zone: ZoneReport, number: int, options: ReportOptions) -> bool:
    """Tell whether so many findings of a rule are listed; of a file that is no zone and must be corrected all are."""
    return options.every or number <= SHOWN or not zone.origin


def _block(zone: ZoneReport, found: Located, explain: bool, width: int, paint: Paint) -> Iterator[str]:
    """Give the lines of one finding."""
    rule = catalogue.rule(found.finding.rule)
    style = STYLES[found.severity]
    head = paint(f"{found.severity.name}[{rule.id}]", style)
    yield f"{head}: {visible(found.finding.message)}   {rule.code}"
    place = found.location
    margin = " " * (len(str(place.line)) if place else 1)
    if place is None:
        yield f"{margin}{paint('-->', _GUTTER)} {visible(zone.file)}"
    else:
        yield f"{margin}{paint('-->', _GUTTER)} {_where(place)}"
        if place.text:
            yield from _source(place, width, style, paint)
    for other, message in found.related:
        yield f"{margin}{paint(':::', _GUTTER)} {_where(other)}: {visible(message)}"
    if explain:
        for label, text in (("why: ", rule.why), ("remedy: ", rule.remedy)):
            head = f"{margin} = {label}"
            yield from _prose(head, text, width)
        yield f"{margin} = {', '.join(rule.refs)} · zonelint explain {rule.id}"


def _where(place: Location) -> str:
    return visible(f"{place.file}:{place.line}:{place.column}")


def _source(place: Location, width: int, style: str, paint: Paint) -> Iterator[str]:
    """Give the source line of a place and the carets below; a longer span is marked on its first line."""
    number = str(place.line)
    end = place.end_column if place.end_line == place.line else None
    line, before, size = snippet(place.text, place.column, end, max(width - len(number) - 3, 20))
    margin, bar = " " * len(number), paint("|", _GUTTER)
    yield f"{margin} {bar}"
    yield f"{paint(number, _GUTTER)} {bar} {line}".rstrip()
    yield f"{margin} {bar} {' ' * before}{paint('^' * size, style)}"


def _prose(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        visible(text),
        max(min(width, _PROSE), 40),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _not_run(report: Report, options: ReportOptions) -> Iterator[str]:
    """Give a line for each reason, with the rules it holds for and, unless it holds for all, the zones."""
    reasons: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for zone in report.zones:
        for reason in dict.fromkeys(each.reason for each in zone.not_run):
            rules = tuple(dict.fromkeys(each.rule for each in zone.not_run if each.reason == reason))
            reasons.setdefault((reason, rules), []).append(zone.origin)
    for (reason, rules), zones in reasons.items():
        listed = rules if options.every or len(rules) <= SHOWN + 1 else rules[:SHOWN]
        more = f" and {len(rules) - len(listed)} more" if len(listed) < len(rules) else ""
        some = "" if len(zones) == len(report.zones) else f" ({', '.join(zones)})"
        yield visible(f"not run: {', '.join(listed)}{more}: {reason}{some}")


def _summary(report: Report, paint: Paint) -> Iterator[str]:
    """Give a line for each zone, and the counts."""
    at = ", ".join(map(to_text, report.at))
    for zone in report.zones:
        yield visible(
            zone.summary
            or f"{zone.file}: zone {zone.origin} (origin from {zone.origin_from}), "
            f"{'no serial' if zone.serial is None else f'serial {zone.serial}'}, "
            f"{count(zone.records, 'record')}, {_signatures(zone)}{_valid_until(zone)}{_compared(zone)}, at {at}, "
            f"{zone.seconds:.2f} s"
        )
    counts = []
    for severity in reversed(Severity):
        number = report.count(severity)
        counts.append(paint(count(number, severity.name), STYLES[severity] if number else ""))
    if report.suppressed:
        counts.append(f"{report.suppressed} suppressed")
    tail = [count(len(report.zones), report.noun)] if report.zones else [f"no {report.noun}"]
    if report.failures:
        tail.append(f"{count(len(report.failures), 'file')} not judged")
    if report.skipped:
        tail.append(f"{count(len(report.skipped), 'file')} skipped")
    yield f"{', '.join(counts)} in {', '.join(tail)}"


def _valid_until(zone: ZoneReport) -> str:
    until = zone.forecast.valid_until if zone.forecast else None
    return "" if until is None else f", valid until {to_text(until)}"


def _compared(zone: ZoneReport) -> str:
    return f", compared with {zone.compared.name} ({zone.compared.chosen})" if zone.compared else ""


def _signatures(zone: ZoneReport) -> str:
    if zone.verified == zone.signatures:
        return f"{count(zone.signatures, 'signature')} verified" if zone.signatures else "no signatures"
    return f"{zone.verified} of {count(zone.signatures, 'signature')} verified"
