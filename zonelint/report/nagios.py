"""The report as the output of a monitoring plugin, for Nagios, Icinga and the like.

Only the text: the exit status stays that of zonelint, where 1 means findings and 2 that something could not be judged.
A plugin ends with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; a wrapper turns the second word of the text into that.
CRITICAL are errors, UNKNOWN input that could not be judged, WARNING warnings; notices leave it OK.
"""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.findings import Report, Severity
from zonelint.report import ReportOptions
from zonelint.report.machine import where
from zonelint.report.text import count, visible

SHOWN = 20
"""How many findings and failures are written out: plugin output is cut at a few kilobytes."""


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write one line, with the worst that was found, and below it one for each further failure and finding."""
    details = list(_details(report))
    summary = "; ".join([_summary(report), *details[:1]])
    head = f"ZONE {_state(report)} - {_plain(summary)} | {' '.join(_performance(report))}"
    lines = [head, *map(_plain, details[1:SHOWN])]
    if len(details) > SHOWN:
        lines.append(f"and {len(details) - SHOWN} more")
    return "\n".join(lines) + "\n"


def _state(report: Report) -> str:
    if report.count(Severity.error):
        return "CRITICAL"
    if report.exit_status == 2 or report.failures:
        return "UNKNOWN"
    return "WARNING" if report.count(Severity.warning) else "OK"


def _summary(report: Report) -> str:
    parts = [count(number, severity.name) for severity in reversed(Severity) if (number := report.count(severity))]
    if report.failures:
        parts.append(f"{count(len(report.failures), 'file')} not judged")
    zones = report.zones[0].origin if len(report.zones) == 1 else count(len(report.zones), "zone")
    return f"{zones}: {', '.join(parts) or 'no findings'}"


def _details(report: Report) -> Iterator[str]:
    """Give a line for each failure and finding, errors first, then failures."""
    found = [(each, zone) for zone in report.zones for each in zone.findings]
    found.sort(key=lambda pair: -pair[0].severity)
    errors = sum(each.severity == Severity.error for each, _ in found)
    lines = [f"{where(zone, each)}: {each.severity.name}[{each.finding.rule}] {each.finding.message}"
             for each, zone in found]  # fmt: skip
    yield from lines[:errors]
    yield from (f"not judged: {failure}" for failure in report.failures)
    yield from lines[errors:]


def _performance(report: Report) -> Iterator[str]:
    """Give the performance data: value, warning above, critical above, least value."""
    yield f"errors={report.count(Severity.error)};;0;0"
    yield f"warnings={report.count(Severity.warning)};0;;0"
    yield f"notices={report.count(Severity.notice)};;;0"
    yield f"suppressed={report.suppressed};;;0"
    yield f"not_judged={len(report.failures)};;;0"
    yield f"not_run={sum(len(zone.not_run) for zone in report.zones)};;;0"
    for name in ("records", "signatures", "verified"):
        yield f"{name}={sum(getattr(zone, name) for zone in report.zones)};;;0"
    # None is a zone that does not validate even now
    ends = [zone.forecast and zone.forecast.valid_until for zone in report.zones if zone.signatures]
    if ends and report.at:
        yield f"valid_for={max(min(end or 0 for end in ends) - report.at[0], 0)}s;;;0"


def _plain(text: str) -> str:
    """Keep the text apart from the performance data, which begin after a bar."""
    return visible(text).replace("|", "¦")
