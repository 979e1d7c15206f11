"""The zones of a commit, as a hook of the repository that is pushed to judges them: nothing is read from files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

from zonelint.engine.files import Candidate, Opened
from zonelint.engine.includers import Includers
from zonelint.engine.options import CheckOptions, UsageError
from zonelint.engine.revision import AUTO, Revisions, wanted
from zonelint.engine.tree import is_zone_at, zone_at
from zonelint.findings import Report
from zonelint.git import GitError, Repository
from zonelint.source.text import Unreadable


def pushed(
    paths: Sequence[str], options: CheckOptions, revisions: Revisions, report: Report
) -> Iterator[Candidate]:
    """Give the zone files at some paths of a commit; without paths, those that differ from the published revision.

    A zone differs when a file does that it includes. Where nothing is known to be published, all zones are given.
    """
    assert options.revision is not None
    try:
        repository, _ = revisions.place("")
        commit = repository.commit(options.revision)
        found = _named(repository, commit, paths) if paths else _changed(repository, commit, options, revisions, report)
        files = dict[str, bool]()
        for file, named in found:
            files[file] = named or files.get(file, False)
    except GitError as fault:
        raise UsageError(f"--revision: {fault}") from None
    for file, named in files.items():
        where = repository, commit, file
        yield Candidate(file, partial(_is_zone, *where, named), partial(_open, *where))


def _is_zone(repository: Repository, commit: str, file: str, named: bool) -> bool:
    try:
        return named or is_zone_at(repository, commit, file)
    except GitError as fault:
        raise Unreadable(f"{file}: {fault}") from None


def _open(repository: Repository, commit: str, file: str, options: CheckOptions) -> Opened:
    try:
        found = zone_at(repository, commit, file, file, options.allow_include, options.placeholders)
    except GitError as fault:
        raise Unreadable(f"{file}: {fault}") from None
    if found is None:
        raise Unreadable(f"{file}: no such file in {options.revision}")
    return found


def _named(repository: Repository, commit: str, paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Give each file at or below the paths, and whether it was named itself."""
    for path in paths:
        full = os.path.normpath(os.path.join(repository.prefix, path)).replace(os.sep, "/")
        below = repository.files(commit, "" if full == os.curdir else full)
        if below in ([], [full]):
            yield full, True
        else:
            yield from ((file, False) for file in below if not _is_hidden(file))


def _changed(
    repository: Repository, commit: str, options: CheckOptions, revisions: Revisions, report: Report
) -> Iterator[tuple[str, bool]]:
    """Give the files that differ from the published revision, and for sure the zones that include one of them."""
    base, revision = wanted(options), None
    try:
        revision = revisions.of(repository, base, options.environ) if base else None
    except GitError as fault:
        if base != AUTO:
            raise UsageError(f"--since: {fault}") from None
        # said of each zone
    if revision is None:
        yield from ((file, False) for file in repository.files(commit) if not _is_hidden(file))
        return
    changes, present = repository.changed(revision.commit, commit), {*repository.files(commit)}
    moved = set(revisions.renamed(repository, revision.commit).values())
    includers = Includers(repository, partial(is_zone_at, repository, commit), commit)
    for file, letter in changes.items():
        yield from ((zone, True) for zone in includers.zones(file))
        if file in present:
            yield file, False
        elif letter == "D" and file not in moved and is_zone_at(repository, revision.commit, file):
            report.remarks.append(f"{file} was deleted since {revision.name}: it is not judged")


def _is_hidden(file: str) -> bool:
    return any(part.startswith(".") for part in file.split("/"))
