"""What was mended in zone files: a line for each fault, or a unified diff."""

from __future__ import annotations

from zonelint.engine.fixing.fix import Fixed
from zonelint.engine.fixing.run import FixReport
from zonelint.report.text import count, visible


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
    from zonelint.report.patch import unified_diff

    return unified_diff(zone.before, zone.steps, zone.file.encode("utf-8", "surrogateescape"))
