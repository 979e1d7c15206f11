"""The report as Checkstyle XML, which most tools that annotate code can read.

Line 0 stands for a whole file, as Checkstyle itself has it. There is no place for what did not run.
"""

from __future__ import annotations

from html import escape

from zonelint import __version__
from zonelint.findings import Located, Report, Severity
from zonelint.report import ReportOptions
from zonelint.report.machine import columns, failed_file, path, sentences
from zonelint.report.text import visible

_SEVERITIES = {Severity.error: "error", Severity.warning: "warning", Severity.notice: "info"}


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write an element for each file that was judged, and for each that could not be."""
    files: dict[str, list[str]] = {}
    for failure in report.failures:
        error = _error(0, None, "error", failure, "not-judged")
        files.setdefault(path(failed_file(failure)), []).append(error)
    for zone in report.zones:
        files.setdefault(path(zone.file), [])
        for found in zone.findings:
            file = found.location.file if found.location else zone.file
            files.setdefault(path(file), []).append(_finding(found))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<checkstyle version="zonelint {escape(__version__)}">']
    for file, errors in files.items():
        lines += [f'  <file name="{_safe(file)}">', *errors, "  </file>"]
    return "\n".join([*lines, "</checkstyle>\n"])


def _finding(found: Located) -> str:
    place, text = found.location, "; ".join(sentences(found))
    line, column = (place.line, columns(place)[0]) if place else (0, None)
    return _error(line, column, _SEVERITIES[found.severity], text, found.finding.rule)


def _error(line: int, column: int | None, severity: str, message: str, rule: str) -> str:
    at = f'line="{line}"' if column is None else f'line="{line}" column="{column}"'
    return f'    <error {at} severity="{severity}" message="{_safe(message)}" source="zonelint.{_safe(rule)}"/>'


def _safe(text: str) -> str:
    """Escape what means something to XML, and replace what it forbids."""
    return escape(visible(text))
