"""What earlier runs have found out about the same octets, kept in the user's cache directory.

Two kinds of facts never change. A signature that a key has made over some octets stays one: `proofs`. And a piece of a
zone in which nothing was found, read with the same facts of the apex, sums up as it did: its *summary*, good for
reference times at which none of its signatures begins or expires. No verdict about time or policy is kept.

There is one file for each zone, replaced as a whole, so runs at the same time do not disturb each other, and one that
is damaged counts as missing. Whoever can write to the directory could plant facts, so it must be the user's alone.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import pickle
import stat
import struct
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from zonelint import __version__
from zonelint.dnssec.proofs import PROOF, Proofs
from zonelint.zone.model import Rrset
from zonelint.zone.summary import Hashed, Link, Referral, Special, Summary, Target

LIMIT = 1 << 30
"""Octets that all the files of the cache may have together; those not used for longest go first."""

KEY = 20
"""Octets of the name of a piece."""

_GUARDED = hasattr(os, "geteuid")
"""Whether this system tells by numbers whose a file is; on others the user's folders are his alone anyway."""

_NOBODY = 65534
"""The owner that a container sees where the true one, such as the root outside, has no number in it."""

_LINKS = 40
_UNAVAILABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, getattr(errno, "EDQUOT", 0)})
_MAGIC = b"zonelint cache 1\n"
_CHECK = 32
_ENTRY = struct.Struct(f"<{KEY}sqqqII")
_SUFFIX = ".pieces"
_STALE = 86400


class Refused(Exception):
    """The cache directory cannot be used; the text says why."""


class Piece(NamedTuple):
    """A piece of a zone that was scanned: its name, where it began, the times it holds for, its summary and proofs.

    `since` and `until` (exclusive) are seconds since 1970; `summary` is packed, `proofs` holds `PROOF` octets for each.
    """

    key: bytes
    start: int
    since: int
    until: int
    summary: bytes | memoryview
    proofs: bytes | memoryview


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


class Shelf:
    """The pieces of one zone: those of the last run, and those of this one as they come."""

    def __init__(self, folder: Path, zone: bytes) -> None:
        self._path = folder / (blake2b(zone, digest_size=16).hexdigest() + _SUFFIX)
        self._code = _code()
        self._old, self._current = _load(self._path, self._code)
        self._used: set[bytes] = set()
        self._writer: _Writer | None = None

    def recall(self, key: bytes, at: tuple[int, ...], start: int) -> Summary | None:
        """Give the summary of a piece that now begins at `start`, if it holds for all these times."""
        piece = self._old.get(key) if self._current else None
        if piece is None or not all(piece.since <= moment < piece.until for moment in at):
            return None
        try:
            summary = _Unpickler(io.BytesIO(piece.summary)).load()
        except Exception:
            return None
        if not isinstance(summary, Summary):
            return None
        self._used.add(key)
        return summary if piece.start == start else _moved(summary, start - piece.start)

    def proofs(self, *, every: bool = False) -> Proofs:
        """Give the proofs of all pieces that were not recalled, or of `every` one."""
        proofs = b"".join([piece.proofs for key, piece in self._old.items() if every or key not in self._used])
        return Proofs(frozenset([proofs[i : i + PROOF] for i in range(0, len(proofs), PROOF)]))

    def keep(self, piece: Piece) -> None:
        """Add a piece of this run."""
        if self._writer is None:
            self._writer = _Writer(self._path, self._code)
        self._writer.add(piece)

    def close(self) -> None:
        """Put what this run has kept in the place of what was there, and make room for it."""
        if self._writer is None:
            with contextlib.suppress(OSError):
                os.utime(self._path)
            return
        for key in self._used:
            self._writer.add(self._old[key])
        self._writer.finish()
        _make_room(self._path.parent, self._path)

    def abandon(self) -> None:
        """Leave what was there as it is, for this run has failed."""
        if self._writer is not None:
            self._writer.give_up()


def pack(summary: Summary) -> bytes:
    """Turn a summary into octets."""
    return pickle.dumps(summary, 5)


def unpack(octets: bytes) -> Summary:
    """Turn octets that `pack` made in this run into a summary."""
    summary: Summary = pickle.loads(octets)  # noqa: S301 - from a process of our own
    return summary


class _Unpickler(pickle.Unpickler):
    """Makes the values that a summary is made of, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        made = _MADE.get((module, name))
        if made is None:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a summary")
        return made


_MADE: Mapping[tuple[str, str], Any] = {
    **{(made.__module__, made.__name__): made for made in (Summary, Hashed, Link, Referral, Special, Target, Rrset)},
    ("array", "array"): array,
    ("array", "_array_reconstructor"): array(  # how arrays are pickled, by whatever name this Python has it
        "Q"
    ).__reduce_ex__(5)[0],
}


class _Writer:
    """Writes a file beside the one that it will replace; a failure only means that nothing is kept."""

    def __init__(self, path: Path, code: bytes) -> None:
        self._path, self._seen = path, set[bytes]()
        self._hash = blake2b(digest_size=_CHECK)
        self._size = 0
        self._file: BinaryIO | None = None
        self._beside = path.with_name(f"{path.stem}.{os.getpid()}.{time.monotonic_ns()}.part")
        with contextlib.suppress(OSError):
            descriptor = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")
        self._write(_MAGIC + code)

    def add(self, piece: Piece) -> None:
        if piece.key in self._seen:
            return
        self._seen.add(piece.key)
        head = _ENTRY.pack(*piece[:4], len(piece.summary), len(piece.proofs))
        self._write(b"".join((head, piece.summary, piece.proofs)))

    def finish(self) -> None:
        self._write(self._hash.digest())
        if self._file is None:
            return
        try:
            self._file.close()
            os.replace(self._beside, self._path)
        except OSError:
            self.give_up()

    def _write(self, octets: bytes) -> None:
        self._size += len(octets)
        if self._file is None:
            return
        try:
            if self._size > LIMIT:
                raise OSError("larger than the cache may be")
            self._file.write(octets)
            self._hash.update(octets)
        except OSError:
            self.give_up()

    def give_up(self) -> None:
        """Close and remove what was written."""
        file, self._file = self._file, None
        with contextlib.suppress(OSError):
            if file:
                file.close()
        with contextlib.suppress(OSError):
            self._beside.unlink()


def _load(path: Path, code: bytes) -> tuple[dict[bytes, Piece], bool]:
    """Read a file of pieces, and whether this code made it; empty when it is missing, damaged or not ours."""
    try:
        with open(path, "rb", opener=_open_itself) as file:
            if not _is_own(os.fstat(file.fileno())):
                return {}, False
            octets = file.read(LIMIT + 1)
    except OSError:
        return {}, False
    body, check = memoryview(octets)[:-_CHECK], octets[-_CHECK:]
    if not octets.startswith(_MAGIC) or blake2b(body, digest_size=_CHECK).digest() != check:
        return {}, False
    at = len(_MAGIC) + len(code)
    current = body[len(_MAGIC) : at] == code
    pieces = {}
    try:
        while at < len(body):
            key, start, since, until, summary, proofs = _ENTRY.unpack_from(body, at)
            at += _ENTRY.size
            pieces[key] = Piece(
                key, start, since, until, body[at : at + summary], body[at + summary : at + summary + proofs]
            )
            at += summary + proofs
    except struct.error:
        return {}, False
    return pieces, current


def _open_itself(path: str, flags: int) -> int:
    """Open a file, not one that a link leads to, and without waiting for what only looks like one."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _is_own(status: os.stat_result) -> bool:
    """Tell whether a file is as `_Writer` makes them, not one of the user's that came from elsewhere."""
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        return False
    return not _GUARDED or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)


def _moved(summary: Summary, by: int) -> Summary:
    """Move the positions of a summary; all of them lie in the zone's own file."""
    for rrset in summary.apex.values():
        rrset.positions = [position + by for position in rrset.positions]
    last = summary.last
    return replace(
        summary,
        positions=array("Q", [position + by for position in summary.positions]),
        links=[link._replace(position=link.position + by) for link in summary.links],
        hashed=[record._replace(position=record.position + by) for record in summary.hashed],
        targets=[target._replace(position=target.position + by) for target in summary.targets],
        special={block: some._replace(position=some.position + by) for block, some in summary.special.items()},
        referrals=[referral._replace(position=referral.position + by) for referral in summary.referrals],
        unsigned=[(owner, rdtype, position + by, bare) for owner, rdtype, position, bare in summary.unsigned],
        incomplete=[(owner, rdtype, position + by, number) for owner, rdtype, position, number in summary.incomplete],
        last=last and (last[0], last[1], last[2] + by),
        marks=[mark + by for mark in summary.marks],
    )


def _files(folder: Path, *, every: bool = False) -> Iterator[tuple[Path, os.stat_result]]:
    """Give the files of the cache, with `every` also those that a run has not finished."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(_SUFFIX) or (every and entry.name.endswith(".part")):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)


def _make_room(folder: Path, newest: Path, now: Callable[[], float] = time.time) -> None:
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


@lru_cache(maxsize=1)
def _code() -> bytes:
    """Identify the code and the catalogue that made a summary: any change of a file makes another."""
    package = Path(__file__).parent.parent
    result = blake2b(repr((__version__, sys.version, package)).encode(), digest_size=_CHECK)
    for root in (package, package.parent / "rules"):
        for folder, folders, files in os.walk(root):
            folders.sort()
            for name in sorted(files):
                if name.endswith((".py", ".yaml", ".so", ".pyd")):
                    try:
                        status = os.stat(os.path.join(folder, name))
                    except OSError:
                        continue
                    # installers may set the time of modification to that of a release, not this other one
                    times = status.st_mtime_ns, status.st_ctime_ns
                    result.update(repr((folder, name, status.st_size, times)).encode())
    return result.digest()
