"""Where the octets of a zone come from: a file, a compressed file, standard input, a git object.

A source is read by ranges, so that the processes of a pool need not hold a large file twice.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from zonelint.source.lexer import LIMIT

UNPACKED_LIMIT = 1 << 32
"""Octets that compressed input may unpack to."""

_CHUNK, _KEY_SPAN = 1 << 22, 1 << 17
_GZIP = b"\x1f\x8b"
_PRIVATE = re.compile(rb"^\s*Private-key-format|-----BEGIN [A-Z ]*PRIVATE KEY", re.MULTILINE)


class Unreadable(Exception):
    """Input that cannot be opened or read; the text is one sentence that names it."""


class Source(Protocol):
    """Octets with a name to print and, for a file on disk, the path that includes are relative to."""

    @property
    def name(self) -> str:
        """What to call the source in messages."""

    @property
    def path(self) -> str | None:
        """The path of the file, None for standard input."""

    @property
    def size(self) -> int:
        """How many octets there are."""

    def read(self, start: int, end: int) -> bytes:
        """Give the octets from `start` up to `end`; fewer where the source ends; raises `Unreadable`."""


class Octets:
    """A source that is held in memory; `beside` opens other files where it comes from, None for what is not there."""

    def __init__(
        self, name: str, octets: bytes, path: str | None = None, beside: Callable[[str], Source | None] | None = None
    ) -> None:
        self.name, self.path, self.size, self._octets, self.beside = name, path, len(octets), octets, beside

    def read(self, start: int, end: int) -> bytes:
        """Give the octets from `start` up to `end`."""
        return self._octets if start == 0 and end >= self.size else self._octets[start:end]


class File:
    """A regular file, read by position; a process pool may share it."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self.path = name, path
        self._open()
        self.size = self._stamp[0]

    def _open(self) -> None:
        self._descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        status = os.fstat(self._descriptor)
        self._stamp = (status.st_size, status.st_mtime_ns)

    def read(self, start: int, end: int) -> bytes:
        """Give the octets from `start` up to `end`; raises `Unreadable` when the file is no longer the same."""
        parts, at = [], start
        end = min(end, self.size)
        while at < end:
            part = _pread(self._descriptor, end - at, at)
            if not part:
                raise Unreadable(f"{self.name}: the file became shorter while it was read")
            parts.append(part)
            at += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def verify_unchanged(self) -> None:
        """Raise `Unreadable` when the file was written to since it was opened."""
        status = os.fstat(self._descriptor)
        if (status.st_size, status.st_mtime_ns) != self._stamp:
            raise Unreadable(f"{self.name}: the file changed while it was read")

    def __getstate__(self) -> tuple[str, str, int]:
        return self.name, self.path, self.size

    def __setstate__(self, state: tuple[str, str, int]) -> None:
        self.name, self.path, self.size = state
        self._open()

    def __del__(self) -> None:
        descriptor = self.__dict__.get("_descriptor")
        if descriptor is not None:
            os.close(descriptor)


def _pread(descriptor: int, size: int, at: int) -> bytes:
    """Read at an offset; where the system has no call for that, each process has opened the file for itself."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, at)
    os.lseek(descriptor, at, os.SEEK_SET)
    return os.read(descriptor, size)


def open_source(path: str, name: str | None = None) -> Source:
    """Open a path, or standard input for `-`; gzip is unpacked. Raises `Unreadable`."""
    name = name or path
    if path == "-":
        return Octets("<stdin>", unpacked("<stdin>", _standard_input()))
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            raise Unreadable(f"{name}: is a directory")
        if stat.S_ISFIFO(kind):
            with open(path, "rb") as pipe:
                return Octets(name, unpacked(name, pipe.read()))
        if not stat.S_ISREG(kind):
            raise Unreadable(f"{name}: is a device, not a file")
        source = File(name, path)
        if source.read(0, 2) == _GZIP:
            return Octets(name, unpacked(name, source.read(0, source.size)), path)
    except OSError as fault:
        raise Unreadable(f"{name}: {(fault.strerror or str(fault)).lower()}") from None
    except ValueError:
        raise Unreadable(f"{name!r}: no file can have this name") from None
    return source


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise Unreadable("<stdin>: is closed")
    try:
        return sys.stdin.buffer.read()
    except OSError as fault:
        raise Unreadable(f"<stdin>: {(fault.strerror or str(fault)).lower()}") from None


def unpacked(name: str, octets: bytes) -> bytes:
    """Unpack gzip data; other octets come back as they are. Raises `Unreadable` for damaged or huge data."""
    if not octets.startswith(_GZIP):
        return octets
    import gzip
    import io
    import zlib

    try:
        with gzip.open(io.BytesIO(octets)) as file:
            text = file.read(UNPACKED_LIMIT + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise Unreadable(f"{name}: damaged gzip data ({fault})") from None
    if len(text) > UNPACKED_LIMIT:
        raise Unreadable(f"{name}: unpacks to more than {UNPACKED_LIMIT} octets")
    return text


def head_of(path: str, size: int) -> bytes:
    """Give the first octets of a file, unpacked, without reading it whole; raises `Unreadable`."""
    import gzip
    import zlib

    try:
        with open(path, "rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path) if packed else open(path, "rb") as file:
            return file.read(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        raise Unreadable(f"{path}: damaged gzip data ({fault})") from None
    except OSError as fault:
        raise Unreadable(f"{path}: {(fault.strerror or str(fault)).lower()}") from None


def mentions_private_key(source: Source, near: Iterable[int] | None = None) -> bool:
    """Tell whether a text has the first or last line of a private key in PEM form, anywhere or `near` some records."""
    if near is None:
        return any(b"PRIVATE KEY-----" in source.read(at, at + _CHUNK + 16) for at in range(0, source.size, _CHUNK))
    # the field that is shown can stand as far behind the beginning of its record as parentheses reach; no key is as
    # long as what is looked at before and behind
    around = {at // _KEY_SPAN + by for at in near for by in range(-1, LIMIT // _KEY_SPAN + 2)}
    starts = [number * _KEY_SPAN for number in sorted(around) if 0 <= number * _KEY_SPAN < source.size]
    return any(b"PRIVATE KEY-----" in source.read(at, at + _KEY_SPAN + 16) for at in starts)


def holds_private_key(text: bytes) -> bool:
    """Tell whether text is, or begins like, a private key file: its lines must not be shown or quoted."""
    return _PRIVATE.search(text[:4096]) is not None
