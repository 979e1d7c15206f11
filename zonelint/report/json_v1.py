"""The report as JSON, version 1: fields may be added, none is renamed, removed or given another meaning."""

from __future__ import annotations

import json
from typing import Any

from zonelint import __version__, catalogue
from zonelint.findings import Compared, Forecast, Located, Location, Report, Severity, ZoneReport
from zonelint.report import ReportOptions
from zonelint.times import to_text

VERSION = 1


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write one JSON object on one line, in ASCII."""
    return json.dumps(document(report)) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Give the whole report as values that JSON knows."""
    at = [to_text(seconds) for seconds in report.at]
    whole: dict[str, Any] = {
        "version": VERSION,
        "tool": {"name": "zonelint", "version": __version__},
        "at": at[0] if at else None,
    }
    if len(at) > 1:
        whole["at_all"] = at
    return whole | {
        "zones": [_zone(zone) for zone in report.zones],
        "findings": [_finding(zone, found) for zone in report.zones for found in zone.findings],
        "suppressed": [
            _finding(zone, each.found) | {"suppressed_by": each.by, "reason": each.reason}
            for zone in report.zones
            for each in zone.suppressed
        ],
        "not_run": [
            {"rule": each.rule, "reason": each.reason, "zone": zone.origin, "file": zone.file}
            for zone in report.zones
            for each in zone.not_run
        ],
        "failures": list(report.failures),
        "skipped": list(report.skipped),
        "summary": {severity.name: report.count(severity) for severity in reversed(Severity)}
        | {"suppressed": report.suppressed},
    }


def _zone(zone: ZoneReport) -> dict[str, Any]:
    return {
        "origin": zone.origin,
        "origin_from": zone.origin_from,
        "file": zone.file,
        "serial": zone.serial,
        "records": zone.records,
        "names": zone.names,
        "signatures": zone.signatures,
        "verified": zone.verified,
        "seconds": round(zone.seconds, 3),
        **(_compared(zone.compared) if zone.compared else {}),
        **(_forecast(zone.forecast) if zone.forecast else {}),
    }


def _compared(compared: Compared) -> dict[str, Any]:
    """Give the field that only a zone has that was compared with a version before."""
    facts = {"name": compared.name, "chosen_by": compared.chosen, "commit": compared.commit}
    return {"compared_with": facts}


def _forecast(forecast: Forecast) -> dict[str, Any]:
    """Give the fields that only a zone with signatures has; the days of `expirations` are those of UTC."""
    days: dict[str, int] = {}
    for hour, number in sorted(forecast.expirations.items()):
        day = to_text(hour)[:10]
        days[day] = days.get(day, 0) + number
    until = forecast.valid_until
    return {
        "valid_until": None if until is None else to_text(until),
        "valid_until_because": forecast.because,
        "expirations": days,
        "sizes": {
            kind: {"octets": octets, "name": forecast.largest[kind]} for kind, octets in forecast.sizes.items()
        },
        "validators_without": dict(forecast.views),
    }


def _finding(zone: ZoneReport, found: Located) -> dict[str, Any]:
    rule = catalogue.rule(found.finding.rule)
    return {
        "rule": rule.id,
        "code": rule.code,
        "severity": found.severity.name,
        "certainty": rule.certainty,
        "message": found.finding.message,
        **_place(found.location, zone.file),
        "zone": found.zone,
        "owner": found.finding.owner,
        "type": found.finding.type,
        "fingerprint": found.fingerprint,
        "related": [{**_place(place, zone.file), "message": message} for place, message in found.related],
    }


def _place(place: Location | None, file: str) -> dict[str, Any]:
    """Give the fields of a place; one without a line is null in all but the file."""
    if place is None:
        return {"file": file, "line": None, "column": None, "end_line": None, "end_column": None}
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
