"""Mending files and folders: which files, what came of each, and the exit status."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from zonelint.configuration import Refused
from zonelint.engine.files import named_and_including, refuse_several
from zonelint.engine.fixing.edits import NotWritten, replace_file
from zonelint.engine.fixing.fix import Fixed, FixOptions, fix_zone
from zonelint.engine.fixing.zone import NotEdited
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.origin import looks_like_zone
from zonelint.findings import Report
from zonelint.source.text import File, Unreadable, open_source


@dataclass(slots=True)
class FixReport:
    """The outcome of a run: zones that were read, files that could not be mended, and what was passed over.

    `failures` and `remarks` are sentences, file name first. `exit_status` is 2 where there are failures, else 1 where
    files would change that were not to be written.
    """

    zones: list[Fixed] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    exit_status: int = 0


def fix(
    paths: Sequence[str],
    options: FixOptions,
    options_for: Callable[[str], CheckOptions] | None = None,
    *,
    write: bool,
    skip_signed: bool = False,
) -> FixReport:
    """Mend zone files, and write them if asked to; `-` is standard input, which is never written.

    Where each file has options of its own for judging it, `options_for` gives them by its path
    (`zonelint.engine.run.check`).

    Signed zones found in a folder, or with `skip_signed` any, are passed over with a remark; one that is named is a
    failure. Raises `UsageError` for a request that cannot be carried out.
    """
    many = len(paths) > 1 or os.path.isdir(paths[0])
    previous = options.check.previous
    if many and options.check.origin is not None:
        raise UsageError("--origin goes with one zone file")
    if many and previous is not None and not os.path.isdir(previous):
        raise UsageError("--previous with several zones takes a folder of the same file names")
    report, found = FixReport(), Report(options.check.at)
    own_for = options_for or (lambda _: options.check)
    files = list(named_and_including(paths, own_for, options.revisions, found))
    refuse_several([path for path, _ in files], paths, options.check)
    for path, named in files:
        try:
            if named or looks_like_zone(path):
                report.zones.append(_fix_file(path, replace(options, check=own_for(path)), write=write))
        except NotEdited as reason:
            passed = reason.is_signed and (skip_signed or not named)
            (report.remarks if passed else report.failures).append(f"{path}: {reason}")
        except (Refused, Unreadable, NotWritten) as fault:
            # a configuration that cannot be used may be that of many zones
            if str(fault) not in report.failures:
                report.failures.append(str(fault))
        except MemoryError:
            report.failures.append(f"{path}: not enough memory to mend it")
    report.failures[:0], report.remarks[:0] = found.failures, found.remarks
    if not (report.zones or report.failures or report.remarks):
        report.failures.append(f"{', '.join(paths)}: no zone file found")
    changed = any(zone.before != zone.after for zone in report.zones)
    report.exit_status = 2 if report.failures else int(changed and not write)
    return report


def _fix_file(path: str, options: FixOptions, *, write: bool) -> Fixed:
    source = open_source(path)
    if path != "-" and not isinstance(source, File):
        raise NotEdited("is compressed" if source.path else "is no regular file")
    fixed = fix_zone(source, options)
    if isinstance(source, File):
        source.verify_unchanged()
    if write and path != "-" and fixed.before != fixed.after:
        try:
            replace_file(path, fixed.before, fixed.after)
        except NotWritten as fault:
            raise NotWritten(f"{path}: {fault}") from None
    return fixed
