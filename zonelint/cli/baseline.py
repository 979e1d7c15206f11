"""Writing the file of findings that are accepted from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonelint.cli.output import complain, fail, save

if TYPE_CHECKING:
    from zonelint.engine.baseline import Entry
    from zonelint.findings import Report


def earlier(path: str, baseline: str | None) -> list[Entry]:
    """Read what is to be renewed, the file itself or another baseline; fails for a file that is something else."""
    from zonelint.engine import UsageError
    from zonelint.engine.baseline import existing

    try:
        return list(existing((path, baseline)).values())
    except UsageError as fault:
        fail(str(fault))


def write(path: str, report: Report, old: list[Entry]) -> None:
    """Write what a run has accepted; nothing where a zone could not be judged, whose entries would be lost."""
    from zonelint.engine.baseline import renewed

    if report.failures:
        complain(f"{path}: no baseline is written, because something could not be judged")
    else:
        save(path, renewed(report, old), "baseline")
