"""The report as SARIF 2.1.0, for code scanning and editors.

Paths are relative to the directory of the run, so it should be the root of the repository. Columns count UTF-16 code
units, which is what `columnKind` says of them. What did not run, and input that could not be judged, are notifications.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from zonelint import __version__, catalogue
from zonelint.findings import Located, Location, Report, Severity, Suppressed, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.machine import columns, not_run, uri
from zonelint.report.markdown import prose
from zonelint.report.text import visible
from zonelint.times import to_text

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_LEVELS = {Severity.error: "error", Severity.warning: "warning", Severity.notice: "note"}
_PRECISION = {"certain": "very-high", "likely": "high", "heuristic": "medium"}
_STATUS = {0: "nothing to stop for", 1: "findings", 2: "something could not be judged"}
_NOTIFICATIONS = {
    "not-judged": "Input that could not be judged",
    "not-run": "Rules that could not run",
    "skipped": "Files that do not look like zone files",
}


def write(report: Report, options: ReportOptions) -> str:
    """Write one run, in ASCII; what is suppressed only where that is asked for: code scanning would show it as open."""
    hidden = [(zone, each) for zone in report.zones for each in zone.suppressed] if options.suppressed else []
    everything = [found for zone in report.zones for found in zone.findings] + [each.found for _, each in hidden]
    ids = dict.fromkeys(found.finding.rule for found in everything)
    numbers = {rule: number for number, rule in enumerate(ids)}
    driver = {
        "name": "zonelint",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(catalogue.rule(name)) for name in ids],
        "notifications": [{"id": name, "shortDescription": _text(text)} for name, text in _NOTIFICATIONS.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {_BASE: {"description": _text("The directory zonelint was run in.")}},
        "invocations": [_invocation(report)],
        "artifacts": [{"location": _artifact(file), "roles": ["analysisTarget"]} for file in _files(report)],
        "results": [_result(zone, found, numbers) for zone in report.zones for found in zone.findings]
        + [_result(zone, each.found, numbers) | {"suppressions": [_suppression(each)]} for zone, each in hidden],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _files(report: Report) -> dict[str, None]:
    return dict.fromkeys(zone.file for zone in report.zones)


def _rule(rule: catalogue.Rule) -> dict[str, Any]:
    refs = ", ".join(rule.refs)
    parts = (("Why", rule.why), ("What users see", rule.symptom), ("What to do", rule.remedy), ("References", refs))
    return {
        "id": rule.id,
        "shortDescription": _text(rule.title),
        "fullDescription": _text(rule.why),
        "help": {
            "text": _literal("\n\n".join(f"{name}: {text}" for name, text in parts)),
            "markdown": _literal("\n\n".join(f"**{name}.** {prose(text)}" for name, text in parts)),
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "code": rule.code,
            "tags": ["dns", rule.family],
            "precision": _PRECISION[rule.certainty],
            "problem.severity": "recommendation" if rule.severity == Severity.notice else rule.severity.name,
        },
    }


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": report.exit_status != 2,
        "exitCode": report.exit_status,
        "exitCodeDescription": _STATUS.get(report.exit_status, "unknown"),
        "toolExecutionNotifications": [
            *(_notification("not-judged", "error", failure) for failure in report.failures),
            *(_notification("skipped", "note", f"{file}: does not look like a zone file") for file in report.skipped),
        ],
        "toolConfigurationNotifications": list(_unmet(report)),
        "properties": {"at": [to_text(at) for at in report.at]},
    }


def _unmet(report: Report) -> Iterator[dict[str, Any]]:
    """Give a notification for each zone and reason why rules did not run."""
    for zone in report.zones:
        for reason, rules in not_run(zone).items():
            yield _notification("not-run", "note", f"{zone.origin} not run: {', '.join(rules)}: {reason}") | {
                "locations": [{"physicalLocation": {"artifactLocation": _artifact(zone.file)}}],
                "properties": {"rules": rules},
            }


def _notification(name: str, level: str, message: str) -> dict[str, Any]:
    return {
        "descriptor": {"id": name, "index": list(_NOTIFICATIONS).index(name)},
        "level": level,
        "message": _text(message),
    }


def _result(zone: ZoneReport, found: Located, numbers: dict[str, int]) -> dict[str, Any]:
    finding = found.finding
    place: dict[str, Any] = {"physicalLocation": _physical(found.location, zone.file)}
    if finding.owner:
        owner, kind = visible(finding.owner), visible(finding.type)
        full = f"{owner} {kind}".strip()
        place["logicalLocations"] = [{"name": owner, "fullyQualifiedName": full, "kind": "resource"}]
    result = {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "level": _LEVELS[found.severity],
        "message": _text(finding.message),
        "locations": [place],
        # code scanning makes a fingerprint of its own from the source; this one survives edits of that line
        "partialFingerprints": {"zonelint/v1": found.fingerprint},
        "properties": {"zone": visible(found.zone)},
    }
    if found.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(other, zone.file), "message": _text(message)}
            for number, (other, message) in enumerate(found.related, 1)
        ]
    return result


def _suppression(suppressed: Suppressed) -> dict[str, Any]:
    """Say what suppresses a result (section 3.35), and why."""
    kind = {"kind": "inSource" if suppressed.by == "comment" else "external", "status": "accepted"}
    return kind | ({"justification": visible(suppressed.reason)} if suppressed.reason else {})


def _physical(place: Location | None, file: str) -> dict[str, Any]:
    if place is None:
        # code scanning shows nothing that has no line
        return {"artifactLocation": _artifact(file), "region": {"startLine": 1}}
    start, end = columns(place)
    region = {"startLine": place.line, "startColumn": start, "endLine": place.end_line}
    return {
        "artifactLocation": _artifact(place.file),
        "region": region if end is None else region | {"endColumn": end},
    }


def _artifact(file: str) -> dict[str, Any]:
    reference = uri(file)
    return {"uri": reference} if reference.startswith("file:") else {"uri": reference, "uriBaseId": _BASE}


def _text(message: str) -> dict[str, str]:
    return {"text": _literal(visible(message))}


def _literal(text: str) -> str:
    """Keep a viewer from seeing placeholders (section 3.11.5) or links (3.11.6) in what a zone file says."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")
