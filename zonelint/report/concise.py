"""One line a finding, for editors and logs: `file:line:col: error[rule] message`; nothing when clean."""

from __future__ import annotations

from zonelint.findings import Located, Report, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.text import visible


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write every finding, then every failure, each on a line of its own."""
    lines = [_line(zone, found) for zone in report.zones for found in zone.findings]
    lines += [visible(failure) for failure in report.failures]
    return "".join(f"{line}\n" for line in lines)


def _line(zone: ZoneReport, found: Located) -> str:
    place = found.location
    where = f"{place.file}:{place.line}:{place.column}" if place else zone.file
    return visible(f"{where}: {found.severity.name}[{found.finding.rule}] {found.finding.message}")
