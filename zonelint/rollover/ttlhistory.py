"""Earlier, larger TTLs from the git history of a zone file: what caches may still hold.

A commit is taken for the moment of publication; where a zone is published later, `--was-ttl` tells better.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from zonelint.git import GitError, Repository, find
from zonelint.rollover.inputs import Was
from zonelint.rollover.observe import FindOrigin, MeasureError, Seen, observe
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Octets, Unreadable, unpacked
from zonelint.times import to_text

VERSIONS = 100
"""How many versions of a file are read at most."""


class HistoryError(Exception):
    """A history that cannot be read; the text is one sentence."""


class Version(NamedTuple):
    """One version of a zone file: its commit, its time in seconds since 1970, and the TTLs in it in seconds.

    `dnskey_ttl` is None for a zone without keys, `data_ttl` the largest of signed RRsets.
    """

    commit: str
    at: int
    dnskey_ttl: int | None
    data_ttl: int | None


@dataclass(slots=True)
class History:
    """The versions of a zone file, the newest first, and what the reader should know of how they were found."""

    versions: list[Version] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_history(
    path: str, origin: str | None = None, *, find_origin: FindOrigin, limit: int = VERSIONS
) -> History:
    """Read the versions of a zone file in its git repository, renames followed, merges by their first parent.

    Raises `HistoryError` where there is no git, no repository or no commit of the file. Versions that cannot be
    read as a zone are passed over with a note.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise HistoryError(f"{path}: no such file or directory")
    try:
        repository = find(folder)
        commits = list(commits_of(repository, name, count=limit + 1))
    except GitError as fault:
        raise HistoryError(str(fault)) from None
    history = History()
    if repository.shallow:
        history.notes.append("the git clone is shallow: older TTLs than its first commit shows are not known")
    if not commits:
        raise HistoryError(f"{path}: no commit has this file")
    if len(commits) > limit:
        history.notes.append(f"only the last {limit} versions of {name} were read")
    for each in commits[:limit]:
        _add(history, repository, each, origin, find_origin)
    return history


def _add(
    history: History,
    repository: Repository,
    version: Commit,
    origin: str | None,
    find_origin: FindOrigin,
) -> None:
    """Read one version and add it; one that is no zone becomes a note."""
    commit, at, file = version.commit, version.committed, version.path
    shown = f"{os.path.basename(file)}@{commit[:10]}"
    try:
        text = repository.read(commit, file)
        if text is None:
            raise GitError(f"{shown} is no file")
        source = Octets(shown, unpacked(shown, text), os.path.join(repository.folder, os.path.basename(file)))
        policy = IncludePolicy(())
        seen = observe(source, find_origin(source, policy, origin), policy)
    except (GitError, MeasureError, Unreadable) as fault:
        history.notes.append(f"version passed over: {fault}")
        return
    history.versions.append(Version(commit, at, seen.dnskey_ttl, _data_ttl(seen)))


def _data_ttl(seen: Seen) -> int | None:
    """Give the largest TTL of signed data; what is not signed hurts nobody in a rollover."""
    return seen.data_ttl if seen.signed else None


def was(history: History, now: int) -> tuple[list[Was], list[str]]:
    """Give the earlier TTLs that were larger than those that followed them, and sentences about them.

    The TTL of a version lasts until the first later version with a smaller one.
    """
    found: list[Was] = []
    oldest_first = sorted(history.versions, key=lambda version: version.at)
    for name, ttls in (
        ("dnskey", [(version, version.dnskey_ttl) for version in oldest_first]),
        ("data", [(version, version.data_ttl) for version in oldest_first]),
    ):
        found += _drops(name, ttls, now)
    notes = [
        f"{past.name} TTL {past.ttl} s until {to_text(past.until)}: the time of {past.source} is taken for publication"
        for past in found
    ]
    return found, notes


def _drops(name: str, ttls: Sequence[tuple[Version, int | None]], now: int) -> Iterator[Was]:
    """Give each TTL that a smaller one replaced."""
    for (_, before), (version, after) in pairwise(ttls):
        if before is not None and before > (after or 0) and version.at <= now:
            yield Was(name, before, version.at, f"git {version.commit[:10]}")


class Commit(NamedTuple):
    """A commit that changed a file: committer's and author's date, and the file's path from the top."""

    commit: str
    committed: int
    authored: int
    path: str


def commits_of(repository: Repository, name: str, revision: str = "HEAD", count: int = -1) -> Iterator[Commit]:
    """Give the commits that changed a file, the newest first; renames are followed, merges by their first parent.

    `name` is relative to the folder of the repository, `count` is how many commits there are to be at most.
    """
    text = repository.run(
        "log", "--follow", "--first-parent", "-m", f"--max-count={count}", "--diff-filter=AMRC", "--name-only",
        "-z", "--no-show-signature", "--format=%x01%H %ct %at", revision, "--", name,
    )  # fmt: skip
    for entry in text.split(b"\x01")[1:]:
        head, _, rest = entry.partition(b"\0")
        if not rest.strip(b"\0\n"):
            head, _, rest = entry.partition(b"\n")
        commit, committed, authored = head.split()[:3]
        file = rest.strip(b"\0\n").split(b"\0")[0]
        yield Commit(commit.decode("ascii"), int(committed), int(authored), os.fsdecode(file))
