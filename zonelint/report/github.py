"""Workflow commands of GitHub Actions: each finding becomes an annotation of its line.

GitHub shows ten errors, ten warnings and ten notices of a step; all of them are in its log. Every line is a command:
in any other line, a runner would obey commands in what the zone file says.
"""

from __future__ import annotations

from collections.abc import Iterator

from zonelint import catalogue
from zonelint.findings import Located, Report, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.machine import LEVELS, columns, not_run, path, sentences
from zonelint.report.text import visible


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write a command for each failure and finding, and debug lines for what did not run."""
    lines = [_command("error", {"title": "zonelint: not judged"}, visible(failure)) for failure in report.failures]
    lines += [_finding(zone, found) for zone in report.zones for found in zone.findings]
    lines += [line for zone in report.zones for line in _not_run(zone)]
    lines += [_command("debug", {}, f"skipped: {visible(file)}") for file in report.skipped]
    return "".join(f"{line}\n" for line in lines)


def _finding(zone: ZoneReport, found: Located) -> str:
    place = found.location
    rule = catalogue.rule(found.finding.rule)
    properties: dict[str, str | int] = {"file": visible(path(place.file if place else zone.file))}
    if place:
        start, end = columns(place)
        properties |= {"line": place.line, "endLine": place.end_line}
        if end is not None:  # columns are for spans on one line only
            properties |= {"col": start, "endColumn": end}
    properties["title"] = f"{rule.id} ({rule.code})"
    return _command(LEVELS[found.severity], properties, "\n".join(sentences(found)))


def _not_run(zone: ZoneReport) -> Iterator[str]:
    for reason, rules in not_run(zone).items():
        yield _command("debug", {}, visible(f"{zone.origin} not run: {', '.join(rules)}: {reason}"))


def _command(name: str, properties: dict[str, str | int], message: str) -> str:
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}" if listed else f"::{name}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
