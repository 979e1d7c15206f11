"""Shards of a zone scanned bundle by bundle: those that earlier runs have scanned are not read again."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from zonelint.dnssec.proofs import Proofs
from zonelint.dnssec.referrals import picked
from zonelint.engine.job import Job
from zonelint.engine.pieces import Pieces, Scanned, facts_for, handed_back
from zonelint.engine.scan import Scanner
from zonelint.engine.store import KEY, Piece
from zonelint.names import text_from_key
from zonelint.source.bundles import Bundle, divide
from zonelint.source.record import Record
from zonelint.source.split import Group, Shard, whole
from zonelint.zone.columns import Columns, columns_of, joined, pack, pack_columns, unpack_columns
from zonelint.zone.summary import Summary

_FOREVER = 0, 1 << 62
_SLICE = 64
"""Bundles that are judged on trust together: as much text as a shard has, for one bogus signature costs all of them."""
_SAMPLE = 1 << 17
"""Octets in the middle of a text that stand for all of it."""


class _Part(NamedTuple):
    """A bundle that was judged: how it is kept, what it sums up to, and whether the last run did not have it.

    What is good at no time has findings, or may have some at any time.
    """

    piece: Piece
    columns: Columns
    is_fresh: bool


class Bundler:
    """Scans groups of shards bundle by bundle."""

    def __init__(self, pieces: Pieces, scanner: Scanner) -> None:
        self._job, self._scanner, self._known = pieces.job, scanner, pieces.known
        self._facts = sha256(repr(("bundle", *facts_for(pieces.job))).encode()).digest()
        self._lately: dict[bytes, Piece] = {}
        self._proofs, self._hopes = b"", True

    def scan(self, group: Group) -> list[tuple[Group, Scanned]]:
        """Scan shards that follow each other: as a whole if they can be kept so, or else one by one.

        Gives what was scanned as a whole with what it sums up to. A shard without bundles is read as ever: where a line
        can say something else in another place, and at both ends of the text.
        """
        self._lately, self._proofs = {}, b""
        if len(group) > 1 and self._hopes and (result := self._divided(group)):
            return [(group, result)]
        parts: list[tuple[Group, Scanned]] = [
            ((shard,), self._divided((shard,)) or self._read(shard)) for shard in group
        ]
        # where something is wrong with one group, the next is mostly no better
        self._hopes = all(result.until for _, result in parts)
        return parts

    def _read(self, shard: Shard) -> Scanned:
        return handed_back(self._scanner.scan([shard]), self._scanner)

    def _divided(self, group: Group) -> Scanned | None:
        """Scan shards as a whole; None where one has no bundles, or where several cannot be kept as a whole."""
        job, shard = self._job, whole(group)
        if not shard.start or shard.end == job.source.size or job.context.rdclass != 1:
            return None
        text = job.source.read(shard.start, shard.end)
        bundles = divide(text, shard.start, _apex(job), [part.start for part in group[1:]])
        parts = self._parts(bundles) if bundles else None
        if not bundles or not parts:
            return None
        odd = [bundle for part, bundle in zip(parts, bundles, strict=True) if not part.piece.until]
        if odd:
            self._scanner.learn(self._proofs)
            if len(group) > 1:
                self._lately = {part.piece.key: part.piece for part in parts if part.is_fresh}
                return None
        total = joined([(part.columns, bundle.starts) for part, bundle in zip(parts, bundles, strict=True)])
        for bundle in odd:
            self._place(bundle, total)
        total.referrals, total.files = picked(total.referrals), [job.source.name]
        self._end(total, bundles, shard)
        since, until = max([part.piece.since for part in parts]), min([part.piece.until for part in parts])
        texts = b"".join([Proofs.identity(text[part.start - shard.start : part.end - shard.start]) for part in group])
        keys, fresh = b"".join([part.piece.key for part in parts]), [part.piece for part in parts if part.is_fresh]
        return Scanned(pack(total), total.findings, since, until, b"", texts, keys, fresh)

    def _parts(self, bundles: list[Bundle]) -> list[_Part] | None:
        """Look bundles up, and judge those that are not known; None where one cannot be read by itself."""
        keys = [sha256(self._facts + b"\n".join(lines)).digest()[:KEY] for lines, _ in bundles]
        parts = [self._look_up(key) for key in keys]
        missing: list[tuple[bytes, list[Record]]] = []
        for key, bundle, part in zip(keys, bundles, parts, strict=True):
            if part is None:
                records = self._scanner.gather(bundle.lines, range(len(bundle.lines)))
                if records is None:
                    return None
                missing.append((key, records))
        judged = iter([part for i in range(0, len(missing), _SLICE) for part in self._judge(missing[i : i + _SLICE])])
        return [part or next(judged) for part in parts]

    def _look_up(self, key: bytes) -> _Part | None:
        lately = self._lately.get(key)
        piece = lately or self._known.get(key)
        if piece is None or not piece.holds(self._job.context.at):
            return None
        try:
            return _Part(piece, unpack_columns(piece.summary), lately is not None)
        except (EOFError, TypeError, ValueError):
            return None

    def _judge(self, missing: list[tuple[bytes, list[Record]]]) -> list[_Part]:
        """Judge bundles: on trust, and where that fails, each signature by itself."""
        parts = [self._judge_one(key, records, on_trust=True) for key, records in missing]
        if not self._scanner.settled():
            parts = [self._judge_one(key, records) for key, records in missing]
        self._proofs += b"".join([part.piece.proofs for part in parts])
        return parts

    def _judge_one(self, key: bytes, records: list[Record], *, on_trust: bool = False) -> _Part:
        summary = self._scanner.judge_records(records, on_trust=on_trust)
        columns, verifier = columns_of(summary), self._scanner.verifier
        proofs = b"".join(verifier.proved) if verifier else b""
        since, until = verifier.sure_between() if verifier else _FOREVER
        if summary.findings or summary.apex or not until:
            return _Part(Piece(key, 0, 0, 0, b"", proofs), columns, is_fresh=True)
        return _Part(Piece(key, 0, since, until, pack_columns(columns), proofs), columns, is_fresh=True)

    def _place(self, bundle: Bundle, total: Summary) -> None:
        """Judge a bundle once more, for what is found in it has to be placed in the text."""
        records = self._scanner.gather(bundle.lines, bundle.starts)
        assert records is not None  # as before, with other positions
        summary = self._scanner.judge_records(records)
        total.findings += summary.findings
        total.apex.update(summary.apex)

    def _end(self, total: Summary, bundles: list[Bundle], shard: Shard) -> None:
        """Fill in what the last line tells."""
        bundle = max(bundles, key=lambda each: max(each.starts))
        at = bundle.starts.index(max(bundle.starts))
        records = self._scanner.gather([bundle.lines[at]], [bundle.starts[at]])
        if records:
            owner, rdtype, total.last_ttl, _, position = records[0]
            total.last = owner, rdtype, position
        total.carried = shard.origin, shard.default_ttl


def _apex(job: Job) -> bytes:
    return text_from_key(job.context.apex).lower().encode()


def has_bundles(job: Job) -> bool:
    """Tell by what is in the middle of a text whether it is worth its time to look for bundles in all of it."""
    middle = job.source.size // 2
    sample = job.source.read(middle, middle + _SAMPLE)
    bundles = divide(sample[sample.find(b"\n") + 1 : sample.rfind(b"\n") + 1], 0, _apex(job)) or []
    scanner, some = Scanner(job), bundles[:: len(bundles) // 16 + 1]
    read = [scanner.gather(bundle.lines, bundle.starts) is not None for bundle in some]
    return sum(read) * 2 > len(read)
