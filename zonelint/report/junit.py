"""The report as JUnit XML: a test suite for each zone, a test case for each rule.

A rule with findings at or above `--fail-on` fails; lesser findings are the output of a test that passes. What did not
run is skipped, findings that are suppressed are output as well, and input that could not be judged is an error of the
suite `input`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from zonelint import catalogue
from zonelint.findings import Located, Report, Severity, ZoneReport
from zonelint.report import ReportOptions
from zonelint.report.machine import failed_file, path, sentences, where
from zonelint.report.text import visible, why_suppressed

_KINDS = ("failure", "error", "skipped")


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write one XML document; its text is free of all that XML forbids."""
    suites = [_zone_suite(zone, zone.fail_on or report.fail_on) for zone in report.zones]
    if report.failures or report.skipped:
        suites.append(_suite("input", list(_inputs(report)), 0.0))
    whole = _attributes(name="zonelint", tests="\n".join(suites).count("<testcase "))
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{whole}>", *suites, "</testsuites>\n"])


def _zone_suite(zone: ZoneReport, fail_on: Severity) -> str:
    findings: dict[str, list[Located]] = {}
    for found in zone.findings:
        findings.setdefault(found.finding.rule, []).append(found)
    reasons = {each.rule: each.reason for each in zone.not_run}
    hidden: dict[str, list[str]] = {}
    for each in zone.suppressed:
        line = f"suppressed: {where(zone, each.found)}: {'; '.join(sentences(each.found))} ({why_suppressed(each)})"
        hidden.setdefault(each.found.finding.rule, []).append(line)
    name, file = zone.origin or zone.file, path(zone.file)
    cases = []
    for rule in sorted({*findings, *hidden, *reasons, *zone.ran()}):
        if rule in findings:
            cases.append(_found(zone, name, findings[rule], hidden.get(rule, []), fail_on))
        elif rule in hidden:
            cases.append(_case(name, rule, file, [_element("system-out", "\n".join(hidden[rule]))]))
        else:
            inner = [_element("skipped", "", message=reasons[rule])] if rule in reasons else []
            cases.append(_case(name, rule, file, inner))
    # a suite without a test counts as broken
    return _suite(name, cases or [_case(name, "judged", file, [])], zone.seconds)


def _found(zone: ZoneReport, suite: str, found: list[Located], hidden: list[str], fail_on: Severity) -> str:
    """Give the test case of a rule with findings."""
    rule, worst = catalogue.rule(found[0].finding.rule), max(each.severity for each in found)
    lines = [
        f"{where(zone, each)}: {each.severity.name}: {'; '.join(sentences(each))}" for each in found
    ] + [*hidden, f"What to do: {rule.remedy}"]  # fmt: skip
    text = "\n".join(lines)
    if worst >= fail_on:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        inner = _element("failure", text, message=f"{found[0].finding.message}{more}", type=worst.name)
    else:
        inner = _element("system-out", text)
    place = found[0].location
    return _case(suite, rule.id, path(place.file if place else zone.file), [inner], place.line if place else None)


def _inputs(report: Report) -> Iterator[str]:
    for failure in report.failures:
        file = path(failed_file(failure))
        yield _case("input", file, file, [_element("error", failure, message=failure, type="not-judged")])
    for skipped in report.skipped:
        reason = _element("skipped", "", message="does not look like a zone file")
        yield _case("input", path(skipped), path(skipped), [reason])


def _suite(name: str, cases: list[str], seconds: float) -> str:
    text = "\n".join(cases)
    numbers = {f"{kind}s" if kind != "skipped" else kind: text.count(f"<{kind} ") for kind in _KINDS}
    attributes = _attributes(name=name, tests=len(cases), **numbers, time=f"{seconds:.3f}")
    return f"  <testsuite{attributes}>\n{text}\n  </testsuite>"


def _case(suite: str, name: str, file: str, inner: Iterable[str], line: int | None = None) -> str:
    attributes = _attributes(classname=suite, name=name, file=file) + ("" if line is None else _attributes(line=line))
    content = "".join(f"\n      {element}" for element in inner)
    return f"    <testcase{attributes}>{content}\n    </testcase>" if content else f"    <testcase{attributes}/>"


def _element(tag: str, text: str, **attributes: str) -> str:
    content = "\n".join(map(_safe, text.split("\n")))
    return f"<{tag}{_attributes(**attributes)}>{content}</{tag}>" if text else f"<{tag}{_attributes(**attributes)}/>"


def _attributes(**values: str | int) -> str:
    return "".join(f' {name}="{_safe(str(value))}"' for name, value in values.items())


def _safe(text: str) -> str:
    """Escape what means something to XML, and replace what it forbids; no text of ours can look like a tag then."""
    return escape(visible(text))
