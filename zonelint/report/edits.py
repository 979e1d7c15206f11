"""What was mended in zone files: a line for each fault, or a unified diff."""

from __future__ import annotations

import re

from zonelint.engine.fixing.fix import Fixed
from zonelint.engine.fixing.run import FixReport
from zonelint.report.text import count, visible

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_NO_END = b"\n\\ No newline at end of file\n"


def lines(report: FixReport) -> str:
    """Write a line for each fault mended, and how many files changed."""
    told = [
        visible(f"{zone.file}:{each.line}:{each.column}: fixed[{each.rule}] {each.message}")
        for zone in report.zones
        for each in zone.fixes
    ]
    changed = sum(1 for zone in report.zones if zone.before != zone.after)
    told.append(f"{count(changed, 'file')} changed, {len(report.zones) - changed} left as they were")
    return "".join(f"{line}\n" for line in told)


def diff(zone: Fixed) -> bytes:
    """Write the change of a file as `diff -u` does, in the octets of the file, so that `patch` can apply it."""
    from difflib import diff_bytes, unified_diff

    name = zone.file.encode("utf-8", "surrogateescape")
    parts = diff_bytes(unified_diff, _LINE.findall(zone.before), _LINE.findall(zone.after), name, name)
    return b"".join(part if part.endswith(b"\n") else part + _NO_END for part in parts)
