"""The report as metrics, for the textfile collector of node_exporter.

An alert needs no more than `zonelint_zone_valid_until_timestamp_seconds - time() < 3 * 86400`. Write to a file with
`--format prometheus:FILE` beside the collector's folder and move it there: the collector reads whatever lies there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from zonelint import __version__
from zonelint.findings import Report, Severity, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.exposition import Family, Labels, expose
from zonelint.report.machine import path
from zonelint.report.text import visible


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write gauges; instants are seconds since 1970. The texts of failures are comments."""
    comments = "".join(f"# not judged: {visible(failure)}\n" for failure in report.failures)
    return comments + expose("zonelint_", [*_zones(report), *_run(report)])


def _zones(report: Report) -> Iterator[Family]:
    zones = [(_labels(zone), zone) for zone in report.zones]
    yield (
        "findings",
        "Findings in a zone, by severity.",
        [
            (labels | {"severity": severity.name}, sum(found.severity == severity for found in zone.findings))
            for labels, zone in zones
            for severity in reversed(Severity)
        ],
    )
    suppressed = [(labels, len(zone.suppressed)) for labels, zone in zones]
    yield "findings_suppressed", "Findings in a zone that are known and accepted.", suppressed
    yield (
        "rule_findings",
        "Findings in a zone, by rule; rules without one are absent.",
        [
            (labels | {"rule": rule, "severity": severity.name}, number)
            for labels, zone in zones
            for (rule, severity), number in Counter(
                (found.finding.rule, found.severity) for found in zone.findings
            ).items()
        ],
    )
    yield (
        "zone_serial",
        "The serial of the SOA record.",
        [(labels, zone.serial) for labels, zone in zones if zone.serial is not None],
    )
    yield "zone_records", "Records in a zone.", [(labels, zone.records) for labels, zone in zones]
    yield "zone_names", "Names in a zone.", [(labels, zone.names) for labels, zone in zones]
    yield "zone_signatures", "Signatures in a zone.", [(labels, zone.signatures) for labels, zone in zones]
    yield (
        "zone_signatures_verified",
        "Signatures in a zone that are valid.",
        [(labels, zone.verified) for labels, zone in zones],
    )
    ahead = [(labels, zone.forecast) for labels, zone in zones if zone.forecast]
    yield (
        "zone_valid_until_timestamp_seconds",
        "When the first record set will be without a valid signature; absent when one is now.",
        [(labels, seen.valid_until) for labels, seen in ahead if seen.valid_until is not None],
    )
    yield (
        "zone_first_expiry_timestamp_seconds",
        "The hour in which the first of the valid signatures expires.",
        [(labels, min(seen.expirations)) for labels, seen in ahead if seen.expirations],
    )
    yield "zone_rules_not_run", "Rules that could not run.", [(labels, len(zone.not_run)) for labels, zone in zones]
    yield "zone_check_seconds", "Time taken.", [(labels, f"{zone.seconds:.3f}") for labels, zone in zones]


def _run(report: Report) -> Iterator[Family]:
    yield "failures", "Input that could not be judged.", [({}, len(report.failures))]
    yield "files_skipped", "Files in folders that do not look like zone files.", [({}, len(report.skipped))]
    yield (
        "reference_timestamp_seconds",
        "The time for which signatures were judged; the last of several.",
        [({}, at) for at in report.at],
    )
    yield "exit_status", "0 nothing to stop for, 1 findings, 2 something not judged.", [({}, report.exit_status)]
    yield "build_info", "The version.", [({"version": __version__}, 1)]


def _labels(zone: ZoneReport) -> Labels:
    return {"zone": zone.origin, "file": path(zone.file)}
