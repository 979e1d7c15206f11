"""What is kept about one zone: the summaries of pieces of its text, and the signatures that were verified in them.

Two kinds of facts never change. A signature that a key has made over some octets stays one: `proofs`. And a piece of a
zone in which nothing was found, read with the same facts of the apex, sums up as it did: its *summary*, good for
reference times at which none of its signatures begins or expires. No verdict about time or policy is kept.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from zonelint import __version__
from zonelint.dnssec.proofs import PROOF, Proofs
from zonelint.engine.cache import SUFFIX, make_room
from zonelint.engine.store import CODE, Piece, Store, Writer, names_in
from zonelint.zone.columns import unpack
from zonelint.zone.summary import Summary, move


class Shelf:
    """The pieces of one zone: those of the last run, and those of this one as they come."""

    def __init__(self, folder: Path, zone: bytes) -> None:
        self._path = folder / (blake2b(zone, digest_size=16).hexdigest() + SUFFIX)
        self._code = _code()
        self._old = Store.read(self._path)
        self._used: set[bytes] = set()
        self._writer: Writer | None = None

    @property
    def known(self) -> Store:
        """The pieces of the last run, where this code made them."""
        return self._old if self._old.code == self._code else Store()

    def recall(self, key: bytes, at: tuple[int, ...], start: int) -> Summary | None:
        """Give the summary of a piece that now begins at `start`, if it holds for all these times."""
        piece = self.known.get(key)
        if piece is None or not piece.holds(at):
            return None
        try:
            summary = unpack(piece.summary)
        except Exception:  # whatever is wrong with it: it has to be made again
            return None
        self._used.update((key, *names_in(piece.parts)))
        if by := start - piece.start:
            # all of them lie in the zone's own file
            move(summary, lambda position: position + by)
        return summary

    def proofs(self, *, every: bool = False) -> Proofs:
        """Give the proofs of all pieces that were not recalled, or of `every` one."""
        proofs = self._old.proofs(but=() if every else self._used)
        return Proofs(frozenset([proofs[i : i + PROOF] for i in range(0, len(proofs), PROOF)]))

    def keep(self, *pieces: Piece) -> None:
        """Add pieces of this run; those that they consist of are among them, or were there in the last one."""
        if self._writer is None:
            self._writer = Writer(self._path, self._code)
        self._writer.add(*pieces)
        for piece in pieces:
            if piece.parts:
                self._old.copy(names_in(piece.parts), self._writer)

    def close(self) -> None:
        """Put what this run has kept in the place of what was there, and make room for it."""
        if self._writer is None:
            with contextlib.suppress(OSError):
                os.utime(self._path)
            return
        self._old.copy(self._used, self._writer)
        self._writer.finish()
        make_room(self._path.parent, self._path)

    def abandon(self) -> None:
        """Leave what was there as it is, for this run has failed."""
        if self._writer is not None:
            self._writer.give_up()


@lru_cache(maxsize=1)
def _code() -> bytes:
    """Identify the code and the catalogue that made a summary: any change of a file makes another."""
    package = Path(__file__).parent.parent
    result = blake2b(repr((__version__, sys.version, package)).encode(), digest_size=CODE)
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
