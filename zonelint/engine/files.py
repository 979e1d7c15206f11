"""Which files a run judges: those that were named, those found in folders, and the zones that include one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from zonelint.configuration import Refused
from zonelint.configuration.find import NAMES, upwards
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.origin import looks_like_zone
from zonelint.engine.revision import AUTO, Revisions, wanted
from zonelint.findings import Report
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Source, Unreadable, open_source

if TYPE_CHECKING:
    from zonelint.engine.includers import Includers

Opened = tuple[Source, IncludePolicy]
"""A zone file and what it may include."""


class Candidate(NamedTuple):
    """A file that may be a zone: its name to print, what tells whether it is one, and what opens it.

    Both raise `Unreadable`.
    """

    path: str
    is_zone: Callable[[], bool]
    open: Callable[[CheckOptions], Opened]


def refuse_several(files: Sequence[str], paths: Sequence[str], options: CheckOptions) -> None:
    """Raise `UsageError` where an origin was given and a path stands for several files: they have no one origin."""
    if options.origin is not None and len(files) > 1:
        raise UsageError(f"--origin goes with one zone file; {', '.join(paths)} stands for {_some(files)}")


def candidates(
    paths: Sequence[str],
    options: CheckOptions,
    options_for: Callable[[str], CheckOptions],
    revisions: Revisions,
    report: Report,
) -> Iterator[Candidate]:
    """Give the files to judge, in order; remarks and faults go into the report."""
    if options.revision is not None:
        from zonelint.engine.pushed import pushed

        yield from pushed(paths, options, revisions, report)
        return
    for path, named in named_and_including(paths, options_for, revisions, report):
        yield Candidate(path, partial(_is_zone, path, named), partial(_open, path))


def _is_zone(path: str, named: bool) -> bool:
    # a comment in a configuration file may quote a record
    return named or (os.path.basename(path) not in NAMES and looks_like_zone(path))


def _open(path: str, options: CheckOptions) -> Opened:
    source = open_source(path)
    return source, IncludePolicy.for_zone(source.path, options.allow_include, options.placeholders)


def files_of(paths: Sequence[str], failures: list[str]) -> Iterator[tuple[str, bool]]:
    """Give each file, and whether it was named itself rather than found in a folder; `failures` hears of the others."""
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            yield path, True
            continue

        def unreadable(fault: OSError) -> None:
            failures.append(f"{fault.filename}: {(fault.strerror or str(fault)).lower()}")

        for folder, folders, files in os.walk(path, onerror=unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                full = os.path.join(folder, name)
                if not name.startswith(".") and os.path.isfile(full):
                    yield full, False


def named_and_including(
    paths: Sequence[str], options_for: Callable[[str], CheckOptions], revisions: Revisions, report: Report
) -> Iterator[tuple[str, bool]]:
    """Give the files as `files_of` does, but for a file that zones include also, or instead, those zones.

    So it is only where zones are compared with a revision: others need no git.
    """
    including: dict[str, None] = {}
    graphs: dict[str, Includers] = {}
    for path in paths:
        is_folder = path != "-" and os.path.isdir(path)
        options = _compared(os.path.join(path, "zone") if is_folder else path, options_for)
        if is_folder or path == "-" or options is None:
            yield from files_of([path], report.failures)
            report.remarks += _gone(path, options, revisions) if is_folder and options else ()
        else:
            zones = _including(path, revisions, graphs)
            including |= dict.fromkeys(zones)
            if zones:
                report.remarks.append(f"{path} is included by {_some(zones)}: judged with it")
            if not zones or _has_soa(path):
                yield path, True
    # what no file can be named is refused when it is opened
    given = {os.path.realpath(path) for path in paths if path != "-" and "\0" not in path} if including else set()
    for zone in including:
        real = os.path.realpath(zone)
        # in a folder, a zone that has its SOA from a file that it includes is passed over
        if real not in given and not (given.intersection(upwards(os.path.dirname(real))) and _has_soa(zone)):
            yield zone, True


def _compared(path: str, options_for: Callable[[str], CheckOptions]) -> CheckOptions | None:
    """Give the options for a file that is compared with a revision; None for others."""
    try:
        options = options_for(path)
    except (Refused, Unreadable):
        return None  # said when it is judged
    return options if wanted(options) else None


def _including(path: str, revisions: Revisions, graphs: dict[str, Includers]) -> list[str]:
    """Give the zone files of the same repository that include a file; none outside of a repository."""
    from zonelint.engine.includers import Includers
    from zonelint.git import GitError

    try:
        repository, file = revisions.place(path)
        top = repository.top
        if top not in graphs:
            graphs[top] = Includers(repository, lambda name: _has_soa(os.path.join(top, name)))
        zones = graphs[top].zones(file)
    except GitError:
        return []
    here = os.path.realpath(os.curdir)
    full = [os.path.join(top, zone) for zone in zones]
    return [os.path.relpath(zone, here) if os.path.commonpath((zone, here)) == here else zone for zone in full]


def _has_soa(path: str) -> bool:
    try:
        return looks_like_zone(path)
    except Unreadable:
        return True  # whoever opens it will say what is wrong with it


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _gone(path: str, options: CheckOptions, revisions: Revisions) -> Iterator[str]:
    """Say which zone files of a folder are no longer there: nothing of them is left to judge."""
    from zonelint.engine.tree import is_zone_at
    from zonelint.git import GitError

    try:
        repository, inside = revisions.place(os.path.join(path, "zone"))
        revision = revisions.of(repository, wanted(options) or AUTO, options.environ)
        missing = [name for name in repository.files(revision.commit, os.path.dirname(inside))
                   if not os.path.lexists(os.path.join(repository.top, name))]  # fmt: skip
        moved = set(revisions.renamed(repository, revision.commit).values()) if missing else set()
        for name in missing:
            if name not in moved and is_zone_at(repository, revision.commit, name):
                yield f"{name} was deleted since {revision.name}: it is not judged"
    except GitError:
        return  # said of each zone
