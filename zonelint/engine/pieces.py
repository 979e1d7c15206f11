"""Pieces of a zone: recalled from the cache where nothing about them has changed, scanned otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from zonelint.dnssec.proofs import Proofs
from zonelint.engine.job import Job
from zonelint.engine.scan import Scanner
from zonelint.engine.shelf import Shelf
from zonelint.engine.store import KEY, Piece, Store
from zonelint.findings import Finding
from zonelint.source.split import Group, Shard, whole
from zonelint.zone.columns import pack, unpack
from zonelint.zone.summary import Summary

if TYPE_CHECKING:
    from zonelint.engine.bundles import Bundler


class Scanned(NamedTuple):
    """A piece as a process hands it back: its packed summary and findings, the times it holds for and its proofs.

    `since` and `until` are as in `store.Piece`; both are 0 where only the proofs may be kept. `texts` names the octets
    that were read. `parts` names the bundles that it consists of, and `fresh` are those that were not known.
    """

    summary: bytes
    findings: Sequence[tuple[bytes | None, Finding]]
    since: int
    until: int
    proofs: bytes
    texts: bytes
    parts: bytes = b""
    fresh: Sequence[Piece] = ()


class _Named(NamedTuple):
    """The name of a piece in the cache, and that of the octets it was told from."""

    key: bytes
    texts: bytes


class Pieces:
    """The pieces of one zone under one set of facts of its apex; without a shelf all are scanned and none is kept.

    `proofs` are the signatures that earlier runs have verified, None where nothing is kept.
    """

    def __init__(self, job: Job, shelf: Shelf | None) -> None:
        self.job, self._shelf = job, shelf
        self._names: dict[Group, _Named] = {}
        self._shares: dict[int, _Named] = {}
        self.proofs: Proofs | None = None
        self.known = Store()

    def recall(self, group: Group) -> Summary | None:
        """Give the summary that an earlier run made of the same octets as a whole, where it holds."""
        if self._shelf is None:
            return None
        return self._recalled(self._named(group).key, group[0].start)

    def recall_shares(self, shards: Sequence[Shard], of: int) -> list[Summary] | None:
        """Give the summaries of all the shares of a zone whose names lie in several pieces, where all of them hold."""
        summaries = [self.recall_share(shards, number, of) for number in range(of)] if self._shelf else []
        whole = [summary for summary in summaries if summary is not None]
        return whole if whole and len(whole) == of else None

    def recall_share(self, shards: Sequence[Shard], number: int, of: int) -> Summary | None:
        """Give the summary of one share of the names in shards that follow each other, where it holds."""
        if self._shelf is None:
            return None
        key = blake2b(repr((number, of)).encode(), digest_size=KEY)
        named = [self._named((shard,)) for shard in shards]
        for each in named:
            key.update(each.key)
        self._shares[number] = _Named(key.digest(), b"".join([each.texts for each in named]))
        return self._recalled(self._shares[number].key, shards[0].start)

    def prepare(self, *, every: bool = False) -> None:
        """Gather what is needed to scan the pieces that were not recalled, or `every` one, once for all processes."""
        if self._shelf:
            self.proofs, self.known = self._shelf.proofs(every=every), self._shelf.known

    def scanner(self) -> Scanner:
        """Make a scanner that knows what earlier runs have verified."""
        return Scanner(self.job, self.proofs)

    def keep(self, shard: Shard, summary: Summary, scanner: Scanner) -> Summary:
        """Keep what was scanned here, if that may be; gives the summary back."""
        if self._shelf:
            self.accept((shard,), [_handed_back(summary, scanner)])
        return summary

    def accept(self, group: Group, results: Sequence[Scanned | Summary]) -> list[tuple[Shard, Summary]]:
        """Take a group from a process, as a whole or shard by shard; gives the parts it came in and their summaries."""
        parts = [group] if len(results) == 1 else [(shard,) for shard in group]
        return [
            (whole(part), self._accepted(self._names.get(part), part[0].start, result))
            for part, result in zip(parts, results, strict=True)
        ]

    def accept_share(self, number: int, start: int, result: Scanned | Summary) -> Summary:
        """Take a share that begins at `start` from a process; gives its summary."""
        return self._accepted(self._shares.get(number), start, result)

    def _recalled(self, key: bytes, start: int) -> Summary | None:
        summary = self._shelf.recall(key, self.job.context.at, start) if self._shelf else None
        if summary is not None:
            # the same octets may have stood in another file then
            summary.files = [self.job.source.name]
        return summary

    def _accepted(self, named: _Named | None, start: int, result: Scanned | Summary) -> Summary:
        if isinstance(result, Summary):
            return result
        if self._shelf and named:
            # the name of a piece must not come to stand for what a file held a moment later
            if result.until and result.texts == named.texts:
                summary, since, until = result.summary, result.since, result.until
            else:
                summary, since, until = b"", 0, 0
            piece = Piece(named.key, start, since, until, summary, result.proofs, result.parts)
            self._shelf.keep(piece, *result.fresh)
        return unpack(result.summary, result.findings)

    def __getstate__(self) -> tuple[Job, Proofs | None, Store]:
        return self.job, self.proofs, self.known

    def __setstate__(self, state: tuple[Job, Proofs | None, Store]) -> None:
        self.job, self.proofs, self.known = state

    def _named(self, group: Group) -> _Named:
        """Name all that a summary follows from, except the reference times."""
        named = self._names.get(group)
        if named is None:
            named = self._names[group] = self._name(group[0]) if len(group) == 1 else self._name_all(group)
        return named

    def _name(self, shard: Shard) -> _Named:
        job = self.job
        facts = (*facts_for(job), shard.origin, shard.default_ttl, shard.start == 0)
        text = Proofs.identity(job.source.read(shard.start, shard.end))
        return _Named(blake2b(repr(facts).encode() + text, digest_size=KEY).digest(), text)

    def _name_all(self, group: Group) -> _Named:
        named = [self._named((shard,)) for shard in group]
        key = blake2b(b"".join([each.key for each in named]), digest_size=KEY).digest()
        return _Named(key, b"".join([each.texts for each in named]))


def facts_for(job: Job) -> tuple[object, ...]:
    """Give all that the summary of a part of a zone follows from beside its text, except the reference times."""
    context = job.context
    return (
        context.apex, context.rdclass, context.soa, context.keys, context.nsec3, context.lifetime, context.digest,
        context.horizon, job.verify, job.check,
    )  # fmt: skip


def scan_pieces(pieces: Pieces, groups: Sequence[Group]) -> list[list[Scanned | Summary]]:
    """Scan groups that need not follow each other, each as a whole or shard by shard."""
    scanner = pieces.scanner()
    if pieces.proofs is None:
        return [[scanner.scan([shard]) for shard in group] for group in groups]
    from zonelint.engine.bundles import Bundler

    bundler = Bundler(pieces, scanner)
    return [_scanned(bundler, scanner, group) for group in groups]


def _scanned(bundler: Bundler, scanner: Scanner, group: Group) -> list[Scanned | Summary]:
    if result := bundler.scan(group):
        return [result]
    if len(group) > 1:
        return [each for shard in group for each in _scanned(bundler, scanner, (shard,))]
    return [_handed_back(scanner.scan(group), scanner)]


def scan_share(pieces: Pieces, shards: Sequence[Shard], number: int, of: int) -> Scanned | Summary:
    """Scan one of several equal shares of the names in shards that follow each other."""
    scanner = Scanner(replace(pieces.job, share=(number, of)), pieces.proofs)
    summary = scanner.scan(shards)
    return summary if pieces.proofs is None else _handed_back(summary, scanner)


def _handed_back(summary: Summary, scanner: Scanner) -> Scanned:
    verifier = scanner.verifier
    since, until = verifier.sure_between() if verifier else (0, 1 << 62)
    proofs = b"".join(verifier.proved) if verifier else b""
    # what was found has to be found again, and what lies in other files or follows from other pieces can change
    if summary.findings or len(summary.files) > 1 or summary.wants_ttl or summary.unclosed:
        since = until = 0
    return Scanned(pack(summary), summary.findings, since, until, proofs, b"".join(scanner.texts))
