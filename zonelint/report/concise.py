"""One line a finding, for editors and logs: `file:line:col: error[rule] message`; nothing when clean."""

from __future__ import annotations

from zonelint.findings import Located, Report, Suppressed, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.text import visible, why_suppressed


def write(report: Report, options: ReportOptions) -> str:
    """Write every finding, those that are suppressed if that is asked for, then every failure, each on its own line."""
    lines = [_line(zone, found) for zone in report.zones for found in zone.findings]
    if options.suppressed:
        lines += [suppressed_line(zone, each) for zone in report.zones for each in zone.suppressed]
    lines += [visible(failure) for failure in report.failures]
    return "".join(f"{line}\n" for line in lines)


def suppressed_line(zone: ZoneReport, suppressed: Suppressed) -> str:
    """Write what is suppressed, and why, in one line."""
    return f"{_line(zone, suppressed.found, 'suppressed ')} ({visible(why_suppressed(suppressed))})"


def _line(zone: ZoneReport, found: Located, kind: str = "") -> str:
    place = found.location
    where = f"{place.file}:{place.line}:{place.column}" if place else zone.file
    return visible(f"{where}: {kind}{found.severity.name}[{found.finding.rule}] {found.finding.message}")
