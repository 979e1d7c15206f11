"""Earlier, larger TTLs from the git history of a zone file: what caches may still hold.

A commit is taken for the moment of publication; where a zone is published later, `--was-ttl` tells better. Git is
called without a shell, never goes online, and sees nothing of the environment of a hook.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from zonelint.rollover.inputs import Was
from zonelint.rollover.observe import FindOrigin, MeasureError, Seen, observe
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Octets, Unreadable, unpacked
from zonelint.times import to_text

VERSIONS = 100
"""How many versions of a file are read at most."""

_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
_SECONDS = 60


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
    outside = f"{folder} is not in a git work tree"
    if _git(folder, "rev-parse", "--is-inside-work-tree", wrong=outside).strip() != b"true":
        raise HistoryError(outside)
    history = History()
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true":
        history.notes.append("the git clone is shallow: older TTLs than its first commit shows are not known")
    commits = list(_commits(folder, name, limit + 1))
    if not commits:
        raise HistoryError(f"{path}: no commit has this file")
    if len(commits) > limit:
        history.notes.append(f"only the last {limit} versions of {name} were read")
    for commit, at, file in commits[:limit]:
        _add(history, folder, (commit, at, file), origin, find_origin)
    return history


def _add(
    history: History, folder: str, version: tuple[str, int, str], origin: str | None, find_origin: FindOrigin
) -> None:
    """Read one version and add it; one that is no zone becomes a note."""
    commit, at, file = version
    shown = f"{os.path.basename(file)}@{commit[:10]}"
    try:
        text = _git(folder, "show", f"{commit}:{file}", wrong=f"git cannot show {shown}")
        source = Octets(shown, unpacked(shown, text), os.path.join(folder, os.path.basename(file)))
        policy = IncludePolicy(())
        seen = observe(source, find_origin(source, policy, origin), policy)
    except (HistoryError, MeasureError, Unreadable) as fault:
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


def _commits(folder: str, name: str, count: int) -> Iterator[tuple[str, int, str]]:
    """Give commit, time and path (from the root of the repository) of the versions of a file, the newest first."""
    text = _git(
        folder, "log", "--follow", "--first-parent", "-m", f"--max-count={count}", "--diff-filter=AMRC", "--name-only",
        "-z", "--no-show-signature", "--format=%x01%H %ct", "--", name,
    )  # fmt: skip
    for entry in text.split(b"\x01")[1:]:
        head, _, rest = entry.partition(b"\0")
        if not rest.strip(b"\0\n"):
            head, _, rest = entry.partition(b"\n")
        commit, time = head.split()[:2]
        file = rest.strip(b"\0\n").split(b"\0")[0]
        yield commit.decode("ascii"), int(time), os.fsdecode(file)


def _git(folder: str, *arguments: str, wrong: str = "git log failed") -> bytes:
    """Run git; raises `HistoryError` with `wrong` and what git says."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", folder, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=_SECONDS)
    except OSError as fault:
        raise HistoryError(f"git cannot be run ({(fault.strerror or str(fault)).lower()})") from None
    except subprocess.TimeoutExpired:
        raise HistoryError(f"git did not answer within {_SECONDS} s") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise HistoryError(f"{wrong} ({reason})" if reason else wrong)
    return done.stdout
