"""One file of the cache: pieces of a zone by their names, read at once, written anew beside what it replaces."""

from __future__ import annotations

import contextlib
import os
import struct
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple

from zonelint.engine import cache

KEY = 20
"""Octets of the name of a piece."""

CODE = 32
"""Octets that tell apart the code that made the pieces of a file."""

_MAGIC = b"zonelint cache 2\n"
_HEAD = struct.Struct("<qqqII")
_COUNT = struct.Struct("<Q")
_CHECK = 32
_INDEXED = KEY + 8 + 4


class Piece(NamedTuple):
    """A piece of a zone that was scanned: its name, where it began, the times it holds for, its summary and proofs.

    `since` and `until` (exclusive) are seconds since 1970; `summary` is packed, `proofs` holds the names of signatures
    (`zonelint.dnssec.proofs`). `parts` names the pieces that it consists of, with `KEY` octets for each.
    """

    key: bytes
    start: int
    since: int
    until: int
    summary: bytes
    proofs: bytes
    parts: bytes = b""

    def holds(self, at: Sequence[int]) -> bool:
        """Tell whether the summary is good for all these times."""
        return all(self.since <= moment < self.until for moment in at)


def names_in(keys: bytes) -> list[bytes]:
    """Give the names of pieces that are written one behind the other."""
    return [keys[i : i + KEY] for i in range(0, len(keys), KEY)]


@dataclass(slots=True)
class Store:
    """The pieces in a file, and the code that made them; empty where there is no such file, or a damaged one.

    The octets of piece number n lie between `_ends[n]` and `_ends[n + 1]`; `_proofs[n]` of them are proofs.
    """

    code: bytes = b""
    _octets: bytes = b""
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _ends: list[int] = field(default_factory=lambda: [0])
    _proofs: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Store:
        """Read a file; whatever `Writer` has not made counts as none."""
        try:
            with open(path, "rb", opener=_open_itself) as file:
                octets = file.read(cache.LIMIT + 1) if cache.is_own(os.fstat(file.fileno())) else b""
        except OSError:
            octets = b""
        end, start = len(octets) - _CHECK - _COUNT.size, len(_MAGIC) + CODE
        if end < start or not octets.startswith(_MAGIC):
            return cls()
        if sha256(memoryview(octets)[:-_CHECK]).digest() != octets[-_CHECK:]:
            return cls()
        (count,) = _COUNT.unpack_from(octets, end)
        index = end - count * _INDEXED
        if index < start:
            return cls()
        keys = names_in(octets[index : index + count * KEY])
        sizes = struct.unpack_from(f"<{count}Q", octets, index + count * KEY)
        proofs = struct.unpack_from(f"<{count}I", octets, end - count * 4)
        ends = list(accumulate(sizes, initial=start))
        if ends[-1] != index:
            return cls()
        return cls(octets[len(_MAGIC) : start], octets, dict(zip(keys, range(count), strict=True)), ends, list(proofs))

    def get(self, key: bytes) -> Piece | None:
        """Give the piece of this name, if there is one."""
        number = self._numbers.get(key)
        if number is None:
            return None
        octets, at, end = self._octets, self._ends[number], self._ends[number + 1]
        start, since, until, summary, parts = _HEAD.unpack_from(octets, at)
        at += _HEAD.size
        proofs = at + summary + parts
        return Piece(key, start, since, until, octets[at : at + summary], octets[proofs:end],
                     octets[at + summary : proofs])  # fmt: skip

    def proofs(self, but: Collection[bytes] = ()) -> bytes:
        """Give the proofs of all pieces but these."""
        view, ends, sizes = memoryview(self._octets), self._ends, self._proofs
        return b"".join([
            view[ends[number + 1] - sizes[number] : ends[number + 1]]
            for key, number in self._numbers.items() if sizes[number] and key not in but
        ])  # fmt: skip

    def copy(self, keys: Collection[bytes], writer: Writer) -> None:
        """Have those of these pieces that there are written again."""
        view, numbers, ends = memoryview(self._octets), self._numbers, self._ends
        known = [key for key in keys if key in numbers and key not in writer]
        pieces = [view[ends[numbers[key]] : ends[numbers[key] + 1]] for key in known]
        writer.put(known, pieces, [self._proofs[numbers[key]] for key in known])


class Writer:
    """Writes a file beside the one that it will replace; a failure only means that nothing is kept."""

    def __init__(self, path: Path, code: bytes) -> None:
        self._path = path
        self._hash = sha256()
        self._size = 0
        self._keys: dict[bytes, None] = {}
        self._sizes: list[int] = []
        self._proofs: list[int] = []
        self._file: BinaryIO | None = None
        self._beside = path.with_name(f"{path.stem}.{os.getpid()}.{time.monotonic_ns()}.part")
        with contextlib.suppress(OSError):
            descriptor = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")
        self._write(_MAGIC + code)

    def __contains__(self, key: bytes) -> bool:
        return key in self._keys

    def add(self, *pieces: Piece) -> None:
        """Write pieces; those of a name that was written already are left out."""
        new = {piece.key: piece for piece in pieces if piece.key not in self._keys}
        octets = [
            _HEAD.pack(start, since, until, len(summary), len(parts)) + summary + parts + proofs
            for _, start, since, until, summary, proofs, parts in new.values()
        ]
        self.put(list(new), octets, [len(piece.proofs) for piece in new.values()])

    def put(self, keys: list[bytes], pieces: list[bytes] | list[memoryview], proofs: list[int]) -> None:
        """Write the octets of new pieces; `proofs` tells how many of them are proofs."""
        self._keys.update(dict.fromkeys(keys))
        self._sizes += map(len, pieces)
        self._proofs += proofs
        self._write(b"".join(pieces))

    def finish(self) -> None:
        """Put the new file in the place of the old one."""
        count = len(self._keys)
        self._write(b"".join(self._keys))
        self._write(struct.pack(f"<{count}Q{count}I", *self._sizes, *self._proofs) + _COUNT.pack(count))
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
            if self._size > cache.LIMIT:
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


def _open_itself(path: str, flags: int) -> int:
    """Open a file, not one that a link leads to, and without waiting for what only looks like one."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
