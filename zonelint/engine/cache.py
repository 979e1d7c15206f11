"""The user's cache directory, which holds what earlier runs have found out about the same octets.

There is one file for each zone, replaced as a whole, so runs at the same time do not disturb each other, and one that
is damaged counts as missing. Whoever can write to the directory could plant facts, so it must be the user's alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LIMIT = 1 << 30
"""Octets that all the files of the cache may have together; those not used for longest go first."""

SUFFIX = ".pieces"
"""What the names of the files end with."""

_GUARDED = hasattr(os, "geteuid")
"""Whether this system tells by numbers whose a file is; on others the user's folders are his alone anyway."""

_NOBODY = 65534
"""The owner that a container sees where the true one, such as the root outside, has no number in it."""

_LINKS = 40
_UNAVAILABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, getattr(errno, "EDQUOT", 0)})
_STALE = 86400


class Refused(Exception):
    """The cache directory cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the cache takes: its directory, the number of its files, and their octets."""

    directory: str
    zones: int
    octets: int


def directory(environ: Mapping[str, str]) -> str:
    """Give the path of the cache: `ZONELINT_CACHE_DIR`, else the place for caches of this system."""
    if own := environ.get("ZONELINT_CACHE_DIR"):
        return own
    from platformdirs import user_cache_dir

    try:
        return user_cache_dir("zonelint", appauthor=False)
    except RuntimeError:
        # a user without a home, as in containers: `opened` says that this is no place
        return os.path.join("~", ".cache", "zonelint")


def opened(path: str) -> Path:
    """Give the cache directory, made where it is missing; raises `Refused` unless it is this user's alone.

    Where it cannot be made, for want of rights or room, the path is good for nothing: nothing is found or kept there.
    """
    # a checkout of somebody else's work could bring along what a path from here leads to
    if not os.path.isabs(path):
        raise Refused(f"{path}: not an absolute path")
    # a slash at the end would have a link followed
    path = os.path.normpath(path)
    try:
        _see_way(os.path.dirname(path), path)
        _make(path)
        status = os.lstat(path)
    except OSError as fault:
        if fault.errno in _UNAVAILABLE:
            return Path(path)
        raise Refused(f"{path}: {(fault.strerror or str(fault)).lower()}") from None
    if not stat.S_ISDIR(status.st_mode):
        raise Refused(f"{path}: not a directory")
    if _GUARDED and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
        raise Refused(f"{path}: others can write to it")
    return Path(path)


def is_own(status: os.stat_result) -> bool:
    """Tell whether a file is as runs make them, not one of the user's that came from elsewhere."""
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        return False
    return not _GUARDED or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)


def _make(path: str) -> None:
    """Make a directory and those above it, for this user alone."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        _make(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)


def _see_way(folder: str, path: str) -> None:
    """Raise `Refused` where others can put something else in the place of a directory, or a link, on the way to `path`.

    Where a directory is sticky, as /tmp is, they can put there what is new, but not replace what others own.
    """
    if not _GUARDED:
        return
    here, ahead, links = "/", [part for part in folder.split("/") if part][::-1], 0
    trusted = {0, os.geteuid(), _NOBODY}
    while True:
        try:
            status = os.lstat(here)
        except FileNotFoundError:
            return
        is_link = stat.S_ISLNK(status.st_mode)
        if not is_link and not stat.S_ISDIR(status.st_mode):
            return
        is_open = not is_link and _is_open(status)
        if status.st_uid not in trusted or (is_open and not status.st_mode & stat.S_ISVTX):
            raise Refused(f"{path}: others can write to {here}")
        if is_open:
            trusted.discard(_NOBODY)
        if is_link:
            links += 1
            if links > _LINKS:
                raise Refused(f"{path}: too many links")
            target = os.readlink(here)
            here = "/" if target.startswith("/") else os.path.dirname(here)
            ahead += [part for part in target.split("/") if part not in ("", ".")][::-1]
        if not ahead:
            return
        part = ahead.pop()
        # no link is left in `here`, so the directory above it is the one its name says
        here = os.path.dirname(here) if part == ".." else os.path.join(here, part)


def _is_open(status: os.stat_result) -> bool:
    """Tell whether users other than the owner and root can write to a directory."""
    if status.st_mode & stat.S_IWOTH:
        return True
    if not status.st_mode & stat.S_IWGRP:
        return False
    import grp
    import pwd

    # many systems give each user a group of his own, and let it write to all he makes
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(status.st_gid)
    except KeyError:
        return True
    return status.st_gid != user.pw_gid or not set(group.gr_mem) <= {user.pw_name}


def usage(path: str) -> Usage:
    """Say what the cache takes; one that does not exist takes nothing."""
    sizes = [status.st_size for _, status in _files(Path(path))]
    return Usage(path, len(sizes), sum(sizes))


def clear(path: str) -> Usage:
    """Remove every file of the cache; gives what it took. Raises `Refused` for a directory that is not its own."""
    taken = usage(path)
    if os.path.lexists(path):
        for file, _ in _files(opened(path), every=True):
            try:
                file.unlink(missing_ok=True)
            except OSError as fault:
                raise Refused(f"{path}: {(fault.strerror or str(fault)).lower()}") from None
    return taken


def _files(folder: Path, *, every: bool = False) -> Iterator[tuple[Path, os.stat_result]]:
    """Give the files of the cache, with `every` also those that a run has not finished."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(SUFFIX) or (every and entry.name.endswith(".part")):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)


def make_room(folder: Path, newest: Path, now: Callable[[], float] = time.time) -> None:
    """Remove the files not used for longest until the rest is within the limit, and what dead runs have left."""
    every = sorted(_files(folder, every=True), key=lambda entry: -entry[1].st_mtime)
    total = 0
    for path, status in every:
        if path.suffix == ".part":
            if now() - status.st_mtime > _STALE:
                with contextlib.suppress(OSError):
                    path.unlink()
            continue
        total += status.st_size
        if total > LIMIT and path != newest:
            with contextlib.suppress(OSError):
                path.unlink()
