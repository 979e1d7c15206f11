"""The report as Markdown, for `GITHUB_STEP_SUMMARY` and for comments on merge requests.

All that comes from a zone file is in code spans.
"""

from __future__ import annotations

from collections.abc import Iterator

from zonelint import catalogue
from zonelint.findings import Located, Report, Severity, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.machine import not_run, path, sentences, where
from zonelint.report.markdown import code, prose
from zonelint.report.text import count, why_suppressed

ROOM = 1_000_000
"""Octets of a summary; GitHub takes a mebibyte, and nothing at all of a longer one."""


def write(report: Report, options: ReportOptions) -> str:
    """Write a headline with the counts, the failures, and a section for each zone."""
    counts = ", ".join(count(report.count(severity), severity.name) for severity in reversed(Severity))
    counts += f", {report.suppressed} suppressed" if report.suppressed else ""
    zones = count(len(report.zones), "zone") if report.zones else "no zone"
    lines, size = [f"## zonelint: {counts} in {zones}"], 0
    for line in _body(report, options):
        size += len(line.encode("utf-8", "replace")) + 1
        if size > ROOM:
            lines += ["", "The rest is left out: a summary holds no more than a megabyte."]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _body(report: Report, options: ReportOptions) -> Iterator[str]:
    if report.failures:
        yield from ("", "### Not judged", "")
        yield from (f"- {code(failure)}" for failure in report.failures)
    for zone in report.zones:
        yield from ("", f"### {code(zone.origin)} in {code(path(zone.file))}", "")
        yield from _zone(zone)
        if options.suppressed and zone.suppressed:
            yield from ("", "<details><summary>Suppressed</summary>", "")
            yield from (f"{_finding(zone, each.found)}; {code(why_suppressed(each))}" for each in zone.suppressed)
            yield from ("", "</details>")
    if report.skipped:
        yield from ("", "### Skipped", "")
        yield from (f"- {code(file)}" for file in report.skipped)


def _zone(zone: ZoneReport) -> Iterator[str]:
    if not zone.findings:
        yield "No findings."
    for found in zone.findings:
        yield _finding(zone, found)
    rules = dict.fromkeys(found.finding.rule for found in zone.findings)
    if rules:
        yield from ("", "<details><summary>What to do</summary>", "")
        for rule in map(catalogue.rule, rules):
            yield f"- {code(rule.id)}: {prose(rule.remedy)} ({prose(', '.join(rule.refs))})"
        yield from ("", "</details>")
    if zone.not_run:
        yield from ("", "<details><summary>Not run</summary>", "")
        for reason, names in not_run(zone).items():
            yield f"- {', '.join(map(code, names))}: {code(reason)}"
        yield from ("", "</details>")


def _finding(zone: ZoneReport, found: Located) -> str:
    rule = catalogue.rule(found.finding.rule)
    texts = "; ".join(map(code, sentences(found)))
    return f"- **{found.severity.name}** {code(rule.id)} ({rule.code}) at {code(where(zone, found))}: {texts}"
