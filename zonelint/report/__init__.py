"""Report writers, one module a format: each sees the whole report and gives one text.

A writer is a function `write(report, options) -> str`. It prints nothing, and decides nothing: severities
and the exit status are in the report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from zonelint.findings import Report

FORMATS = {
    "full": "zonelint.report.full",
    "concise": "zonelint.report.concise",
    "json": "zonelint.report.json_v1",
    "jsonl": "zonelint.report.jsonl",
    "sarif": "zonelint.report.sarif",
    "github": "zonelint.report.github",
    "github-summary": "zonelint.report.github_summary",
    "gitlab": "zonelint.report.gitlab",
    "junit": "zonelint.report.junit",
    "checkstyle": "zonelint.report.checkstyle",
    "prometheus": "zonelint.report.prometheus",
    "nagios": "zonelint.report.nagios",
}
"""The module of each format, by the name `--format` takes; imported only when it is asked for."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How a report is to look; formats for machines heed none of it, but for `suppressed` in SARIF and summaries.

    `width` counts terminal columns, `every` lists all repeats of a rule instead of a count, and `quiet`
    leaves out what is neither a finding nor a failure. `forecast` adds when the signatures expire, how large answers
    are, and how validators see the zone. `suppressed` lists what is known and accepted.
    """

    color: bool = False
    width: int = 100
    every: bool = False
    quiet: bool = False
    forecast: bool = False
    suppressed: bool = False


Writer = Callable[[Report, ReportOptions], str]


def writer(name: str) -> Writer:
    """Give the writer of a format; raises `KeyError` for a name that is not in `FORMATS`."""
    write: Writer = import_module(FORMATS[name]).write
    return write
