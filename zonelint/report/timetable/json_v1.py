"""The timetable as JSON, version 1: the plan file that `zonelint rollover prove` and `--diff` read again."""

from __future__ import annotations

from zonelint.report import plan_json
from zonelint.report.timetable.sheet import Sheet


def write(sheet: Sheet) -> str:
    """Write one JSON object in ASCII."""
    return plan_json.write(sheet.plan, sheet.proof, sheet.sizes)
