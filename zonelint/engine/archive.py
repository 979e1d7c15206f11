"""The versions of a zone that a git repository or a folder holds, with the time at which each was published.

A repository has the versions of one file: the commits along the first parents that changed it, renames followed. A
folder without git has one version a file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.engine.options import Step, UsageError
from zonelint.engine.origin import find_origin, looks_like_zone
from zonelint.engine.tree import is_zone_at, zone_at
from zonelint.git import GitError, NoRepository, Repository, find
from zonelint.names import text_from_key
from zonelint.rollover.history.model import Published
from zonelint.rollover.observe import MeasureError, Seen, observe
from zonelint.rollover.transitions.pair import Version
from zonelint.rollover.ttlhistory import Commit, commits_of
from zonelint.source.include import IncludePolicy
from zonelint.source.text import Source, Unreadable, open_source
from zonelint.times import to_text

TIMES = ("committer", "author", "inception", "mtime")
"""What may tell when a version was published: a date of its commit, its youngest SOA signature, or its file."""

_SEARCHED = 5000
"""Files of a commit among which zones are looked for at most."""


class ArchiveError(UsageError):
    """An archive without versions that can be read; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an archive.

    `path` is the zone file in a repository, None for the only one. `revision` is the last commit. `time` is one of
    `TIMES`, None for the committer's date in git and the inception in a folder. `since` and `until` bound the time of
    publication, in seconds since 1970; the version that was there at `since` belongs to it. `files` takes the files of
    a folder for versions even where it is in a repository.
    """

    place: str
    path: str | None = None
    revision: str = "HEAD"
    origin: str | None = None
    time: str | None = None
    since: int | None = None
    until: int | None = None
    allow_include: tuple[str, ...] = ()
    files: bool = False


@dataclass(slots=True)
class Archive:
    """The versions in the order of their publication, no two at one time, and what the reader should know of them.

    `name` is what the versions are versions of. `is_complete` tells that no version was published in between, as far as
    the archive is meant so.
    """

    name: str
    published: list[Published]
    is_complete: bool
    notes: list[str] = field(default_factory=list)


class _Text(NamedTuple):
    """One version as it is kept; `at` has the times that are known without reading it."""

    source: Source
    policy: IncludePolicy
    at: dict[str, int]
    commit: str = ""


def read_archive(wanted: Wanted, tell: Callable[[Step], None] | None = None) -> Archive:
    """Read the versions of a zone; those that cannot be read are passed over with a note.

    Raises `ArchiveError` where there is nothing to read, and `UsageError` for an origin that is no name.
    """
    try:
        return _Reading(wanted, tell).archive()
    except (GitError, Unreadable) as fault:
        raise ArchiveError(str(fault)) from None


class _Reading:
    def __init__(self, wanted: Wanted, tell: Callable[[Step], None] | None) -> None:
        self._wanted, self._tell = wanted, tell
        self._notes: list[str] = []
        self._apex: bytes | None = None

    def archive(self) -> Archive:
        folder, path = self._wanted.place, self._wanted.path
        if path is None and os.path.isfile(folder):
            folder, path = os.path.split(os.path.abspath(folder))
        if not os.path.isdir(folder):
            raise ArchiveError(f"{folder}: no such folder")
        if not self._wanted.files:
            try:
                return self._in_git(find(folder, bare=True), path)
            except NoRepository as fault:
                if path is not None:
                    raise
                return self._in_folder(folder, f"{fault}, and no file in it is a zone")
        if path is not None:
            raise ArchiveError("--files: all files of the folder are versions, none of them can be named (PATH)")
        return self._in_folder(folder, f"{folder}: no file in it is a zone")

    # --- git ---

    def _in_git(self, repository: Repository, path: str | None) -> Archive:
        commit = repository.commit(self._wanted.revision)
        if path is None:
            path = self._only_zone(repository, commit)
        if repository.shallow:
            self._notes.append("the git clone is shallow: versions before its first commit are not known")
        commits = list(commits_of(repository, path, commit))[::-1]
        if not commits:
            raise ArchiveError(f"{path}: no commit of {self._wanted.revision} has this file ({repository.folder})")
        time = self._wanted.time or "committer"
        if time == "mtime":
            raise ArchiveError("--time mtime: a commit keeps no such time")
        texts = self._git_texts(repository, commits)
        published = list(self._read(texts, time, "committer", len(commits)))
        return self._finished(path, published, is_complete=True)

    def _only_zone(self, repository: Repository, commit: str) -> str:
        """Find the only zone file below the folder."""
        inside = repository.prefix.rstrip("/")
        files = repository.files(commit, inside)
        if len(files) > _SEARCHED:
            raise ArchiveError(f"{repository.folder}: {len(files)} files, say which is the zone (PATH)")
        zones = [name[len(repository.prefix) :] for name in files if is_zone_at(repository, commit, name)]
        if len(zones) == 1:
            return zones[0]
        if not zones:
            raise ArchiveError(f"{repository.folder}: no zone file in {self._wanted.revision}, say which it is (PATH)")
        shown = ", ".join(zones[:10]) + (f" and {len(zones) - 10} more" if len(zones) > 10 else "")
        raise ArchiveError(f"{repository.folder}: several zone files, say which (PATH): {shown}")

    def _git_texts(self, repository: Repository, commits: Sequence[Commit]) -> Iterator[_Text | str]:
        """Give each version, or a sentence about what there is in its place; the same text again is no version."""
        before = None
        for each in commits:
            shown = f"{os.path.basename(each.path)}@{each.commit[:10]}"
            try:
                found = zone_at(repository, each.commit, each.path, shown, self._wanted.allow_include)
            except (GitError, Unreadable) as fault:
                yield str(fault)
                continue
            if found is None:
                yield f"{shown} is no file"
                continue
            source, policy = found
            octets = source.read(0, source.size)
            if octets != before:
                yield _Text(source, policy, {"committer": each.committed, "author": each.authored}, each.commit)
            before = octets

    # --- a folder ---

    def _in_folder(self, folder: str, nothing: str) -> Archive:
        names = sorted(name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name)))
        paths = [os.path.join(folder, name) for name in names]
        zones = [path for path in paths if _is_zone_file(path)]
        if not zones:
            raise ArchiveError(nothing)
        if len(zones) < len(paths):
            self._notes.append(f"files without an SOA record, passed over: {len(paths) - len(zones)}")
        time = self._wanted.time or "inception"
        if time not in ("inception", "mtime"):
            raise ArchiveError(f"--time {time}: files are in no commit ({folder})")
        texts = map(self._file_text, zones)
        published = sorted(self._read(texts, time, "mtime", len(zones)), key=lambda each: each.at)
        return self._finished(folder, published, is_complete=False)

    def _file_text(self, path: str) -> _Text | str:
        try:
            source = open_source(path, os.path.basename(path))
            policy = IncludePolicy.for_zone(path, self._wanted.allow_include)
            return _Text(source, policy, {"mtime": int(os.stat(path).st_mtime)})
        except (Unreadable, OSError) as fault:
            return str(fault)

    # --- versions ---

    def _read(self, texts: Iterator[_Text | str], time: str, otherwise: str, total: int) -> Iterator[Published]:
        """Read each version for who signs what; one without the time that is asked for has the time `otherwise`."""
        undated = 0
        for number, text in enumerate(texts, 1):
            if isinstance(text, str):
                self._notes.append(f"version passed over: {text}")
                continue
            try:
                seen = self._observe(text)
            except (MeasureError, Unreadable) as fault:
                self._notes.append(f"version passed over: {fault}")
                continue
            at = _inception(seen) if time == "inception" else text.at[time]
            if at is None:
                undated += 1
                at = text.at[otherwise]
            serial = seen.soa.serial if seen.soa else 0
            yield Published(at, Version(text.source.name, serial, seen), text.commit)
            if self._tell is not None:
                self._tell(Step(self._wanted.path or self._wanted.place, number, total, seen.records, 0))
        if undated:
            self._notes.append(f"versions without a signature over the SOA: {undated}, their {otherwise} time is taken")

    def _observe(self, text: _Text) -> Seen:
        """Read one version; raises `MeasureError` also where it is of another zone than the others."""
        origin = find_origin(text.source, text.policy, self._wanted.origin)
        seen = observe(text.source, origin, text.policy)
        if self._apex is None:
            self._apex = seen.apex
        if seen.apex != self._apex:
            raise MeasureError(f"{text.source.name}: is the zone {seen.zone}, not {text_from_key(self._apex)}")
        return seen

    def _finished(self, name: str, published: list[Published], *, is_complete: bool) -> Archive:
        """Put the versions in order and cut them to the time that is asked for."""
        if not published:
            shown = f": {self._notes[-1]}" if self._notes else ""
            raise ArchiveError(f"{name}: no version can be read{shown}")
        ordered = self._one_at_a_time(published)
        since, until = self._wanted.since, self._wanted.until
        if until is not None:
            ordered = [each for each in ordered if each.at <= until]
        if since is not None:
            before = [each for each in ordered if each.at <= since][-1:]
            ordered = before + [each for each in ordered if each.at > since]
        if not ordered:
            raise ArchiveError(f"{name}: no version was published by {to_text(until or 0)}")
        return Archive(name, ordered, is_complete, self._notes)

    def _one_at_a_time(self, published: Sequence[Published]) -> list[Published]:
        """Let time not run backwards, and of versions of one second keep the last."""
        ordered: list[Published] = []
        late, replaced = [], []
        for each in published:
            if ordered and each.at < ordered[-1].at:
                late.append(each)
                each = each._replace(at=ordered[-1].at)
            if ordered and each.at == ordered[-1].at:
                replaced.append(ordered.pop())
            ordered.append(each)
        if late:
            first = late[0]
            self._notes.append(
                f"versions that are dated before the one they follow: {len(late)}, the first is {first.version.name} "
                f"({to_text(first.at)}): the time of the one before is taken (--time may tell better)"
            )
        if replaced:
            first = replaced[0]
            self._notes.append(
                f"versions that were replaced in the second they came: {len(replaced)}, the first is "
                f"{first.version.name}: they are taken for never published"
            )
        return ordered


def _is_zone_file(path: str) -> bool:
    try:
        return looks_like_zone(path)
    except Unreadable:
        return True  # what is wrong with it is said when it is read


def _inception(seen: Seen) -> int | None:
    """Give when the SOA was signed last; a signer makes that signature anew for each version."""
    return max((group.inception for (kind, _), group in seen.groups.items() if kind == "soa"), default=None)
