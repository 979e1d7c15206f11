"""A piece of a zone scanned bundle by bundle: those that earlier runs have scanned are not read again."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from zonelint.dnssec.proofs import Proofs
from zonelint.dnssec.referrals import picked
from zonelint.engine.pieces import Pieces, Scanned, facts_for
from zonelint.engine.scan import Scanner
from zonelint.engine.store import KEY, Piece
from zonelint.names import text_from_key
from zonelint.source.bundles import Bundle, divide
from zonelint.source.record import Record
from zonelint.source.split import Group, Shard, whole
from zonelint.zone.columns import Columns, columns_of, joined, pack, pack_columns, unpack_columns
from zonelint.zone.summary import Summary

_FOREVER = 0, 1 << 62


class _Judged(NamedTuple):
    """A bundle that was judged: its columns, the times they hold for, the proofs, and whether it had findings."""

    columns: Columns
    since: int
    until: int
    proofs: bytes
    is_clean: bool


class Bundler:
    """Scans pieces of a zone bundle by bundle."""

    def __init__(self, pieces: Pieces, scanner: Scanner) -> None:
        self._job, self._scanner, self._known = pieces.job, scanner, pieces.known
        self._apex = text_from_key(pieces.job.context.apex).lower().encode()
        self._facts = sha256(repr(("bundle", *facts_for(pieces.job))).encode()).digest()

    def scan(self, group: Group) -> Scanned | None:
        """Scan shards that follow each other; None where each has to be read as a whole.

        That is so where a line can say something else in another place, and at both ends of the text.
        """
        job, shard = self._job, whole(group)
        if not shard.start or shard.end == job.source.size or job.context.rdclass != 1:
            return None
        text = job.source.read(shard.start, shard.end)
        bundles = divide(text, shard.start, self._apex)
        if not bundles:
            return None
        since, until = _FOREVER
        parts: list[tuple[Columns, Sequence[int]]] = []
        missing: list[tuple[bytes, Bundle]] = []
        keys = [sha256(self._facts + b"\n".join(lines)).digest()[:KEY] for lines, _ in bundles]
        for key, bundle in zip(keys, bundles, strict=True):
            piece = self._known.get(key)
            columns = _recalled(piece, job.context.at) if piece else None
            if piece is None or columns is None:
                missing.append((key, bundle))
            else:
                since, until = max(since, piece.since), min(until, piece.until)
                parts.append((columns, bundle.starts))
        read = []
        for _, bundle in missing:
            records = self._scanner.gather(bundle.lines, range(len(bundle.lines)))
            if records is None:
                return None
            read.append(records)
        fresh, odd = [], []
        for (key, bundle), records, judged in zip(missing, read, self._judge(read), strict=True):
            parts.append((judged.columns, bundle.starts))
            if judged.is_clean:
                since, until = max(since, judged.since), min(until, judged.until)
                fresh.append(Piece(key, 0, judged.since, judged.until, pack_columns(judged.columns), judged.proofs))
            else:
                # what is found has to be placed in the text, and found again each time
                until = 0
                self._scanner.learn(judged.proofs)
                placed = [(*record[:4], bundle.starts[record[4]]) for record in records]
                odd.append(self._scanner.judge_records(placed))
                fresh.append(Piece(key, 0, 0, 0, b"", judged.proofs))
        total = joined(parts)
        for summary in odd:
            total.findings += summary.findings
            total.apex.update(summary.apex)
        total.referrals, total.files = picked(total.referrals), [job.source.name]
        self._end(total, bundles, shard)
        texts = b"".join([Proofs.identity(text[part.start - shard.start : part.end - shard.start]) for part in group])
        return Scanned(pack(total), total.findings, since, until, b"", texts, b"".join(keys), fresh)

    def _judge(self, read: list[list[Record]]) -> list[_Judged]:
        """Judge bundles: on trust, and where that fails, each signature by itself."""
        judged = [self._judge_one(records, on_trust=True) for records in read]
        return judged if self._scanner.settled() else [self._judge_one(records) for records in read]

    def _judge_one(self, records: list[Record], *, on_trust: bool = False) -> _Judged:
        summary = self._scanner.judge_records(records, on_trust=on_trust)
        verifier = self._scanner.verifier
        since, until = verifier.sure_between() if verifier else _FOREVER
        proofs = b"".join(verifier.proved) if verifier else b""
        return _Judged(columns_of(summary), since, until, proofs, not (summary.findings or summary.apex))

    def _end(self, total: Summary, bundles: list[Bundle], shard: Shard) -> None:
        """Fill in what the last line tells."""
        bundle = max(bundles, key=lambda each: max(each.starts))
        at = bundle.starts.index(max(bundle.starts))
        records = self._scanner.gather([bundle.lines[at]], [bundle.starts[at]])
        if records:
            owner, rdtype, total.last_ttl, _, position = records[0]
            total.last = owner, rdtype, position
        total.carried = shard.origin, shard.default_ttl


def _recalled(piece: Piece, at: Sequence[int]) -> Columns | None:
    if not piece.holds(at):
        return None
    try:
        return unpack_columns(piece.summary)
    except (EOFError, TypeError, ValueError):
        return None
