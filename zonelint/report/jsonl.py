"""The report as JSON Lines: an object a finding, then one a failure, and in the last line the rest of the report.

Fields are those of the JSON format, and as stable; `kind` tells lines apart: `finding`, `suppressed`, `failure` or
`summary`.
"""

from __future__ import annotations

import json

from zonelint.findings import Report
from zonelint.report import ReportOptions
from zonelint.report.json_v1 import document


def write(report: Report, options: ReportOptions) -> str:  # noqa: ARG001 - every writer is called alike
    """Write the lines, in ASCII; a text without a summary was cut off."""
    whole = document(report)
    lines = [{"kind": "finding"} | found for found in whole.pop("findings")]
    lines += [{"kind": "suppressed"} | found for found in whole.pop("suppressed")]
    lines += [{"kind": "failure", "message": failure} for failure in whole["failures"]]
    lines.append({"kind": "summary"} | whole | {"exit_status": report.exit_status})
    return "".join(f"{json.dumps(line)}\n" for line in lines)
