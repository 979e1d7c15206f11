"""The report as a code quality report of GitLab: a JSON array, an object a finding or failure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from zonelint.findings import Located, Report, Severity, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.machine import failed_file, path, sentences
from zonelint.report.text import visible

_SEVERITIES = {Severity.error: "critical", Severity.warning: "major", Severity.notice: "info"}


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write failures as `not-judged`, which blocks, then the findings; GitLab has no place for what did not run."""
    entries = [_failure(failure) for failure in report.failures]
    entries += [_finding(zone, found) for zone in report.zones for found in zone.findings]
    _tell_apart(entries)
    return json.dumps(entries, indent=2) + "\n"


def _failure(failure: str) -> dict[str, Any]:
    fingerprint = hashlib.sha256(failure.encode("utf-8", "surrogatepass")).hexdigest()
    return _entry(visible(failure), "not-judged", fingerprint, "blocker", failed_file(failure), 1)


def _finding(zone: ZoneReport, found: Located) -> dict[str, Any]:
    place = found.location
    file, line = (place.file, place.line) if place else (zone.file, 1)  # a line is required
    text = "; ".join(sentences(found))
    return _entry(text, found.finding.rule, found.fingerprint, _SEVERITIES[found.severity], file, line)


def _entry(text: str, name: str, fingerprint: str, severity: str, file: str, line: int) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": visible(path(file)), "lines": {"begin": line}},
    }


def _tell_apart(entries: list[dict[str, Any]]) -> None:
    """Number the fingerprints that occur again: GitLab drops all entries but one that share one."""
    seen: dict[str, int] = {}
    for entry in entries:
        own = entry["fingerprint"]
        seen[own] = number = seen.get(own, 0) + 1
        if number > 1:
            entry["fingerprint"] = hashlib.sha256(f"{own} {number}".encode()).hexdigest()
