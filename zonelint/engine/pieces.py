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


class _Name(NamedTuple):
    """The name of a piece in the cache, and that of the octets it was told from."""

    key: bytes
    texts: bytes


class Pieces:
    """The pieces of one zone under one set of facts of its apex; without a shelf all are scanned and none is kept.

    `proofs` are the signatures that earlier runs have verified, None where nothing is kept; `bundled` says whether it
    is worth its time to look for bundles.
    """

    def __init__(self, job: Job, shelf: Shelf | None, *, bundled: bool = False) -> None:
        self.job, self._shelf, self.bundled = job, shelf, bundled
        self._names: dict[Group, _Name] = {}
        self._shares: dict[int, _Name] = {}
        self.proofs: Proofs | None = None
        self.known = Store()
        self._scanner: Scanner | None = None
        self._bundler: Bundler | None = None

    def recall(self, group: Group) -> Summary | None:
        """Give the summary that an earlier run made of the same octets as a whole, where it holds."""
        if self._shelf is None:
            return None
        return self._recalled(self._name(group).key, group[0].start)

    def recall_shares(self, shards: Sequence[Shard], of: int) -> list[Summary] | None:
        """Give the summaries of all the shares of a zone whose names lie in several pieces, where all of them hold."""
        summaries = [self.recall_share(shards, number, of) for number in range(of)] if self._shelf else []
        found = [summary for summary in summaries if summary is not None]
        return found if found and len(found) == of else None

    def recall_share(self, shards: Sequence[Shard], number: int, of: int) -> Summary | None:
        """Give the summary of one share of the names in shards that follow each other, where it holds."""
        if self._shelf is None:
            return None
        key = blake2b(repr((number, of)).encode(), digest_size=KEY)
        names = [self._name((shard,)) for shard in shards]
        for each in names:
            key.update(each.key)
        self._shares[number] = _Name(key.digest(), b"".join([each.texts for each in names]))
        return self._recalled(self._shares[number].key, shards[0].start)

    def prepare(self, *, every: bool = False) -> None:
        """Gather what is needed to scan the pieces that were not recalled, or `every` one, once for all processes."""
        if self._shelf:
            self.proofs, self.known = self._shelf.proofs(every=every), self._shelf.known
            self._scanner = self._bundler = None

    def scanner(self) -> Scanner:
        """Give the scanner of this process, which knows what earlier runs have verified."""
        if self._scanner is None:
            self._scanner = Scanner(self.job, self.proofs)
        return self._scanner

    def bundler(self) -> Bundler:
        """Give the bundler of this process."""
        from zonelint.engine.bundles import Bundler

        if self._bundler is None:
            self._bundler = Bundler(self, self.scanner())
        return self._bundler

    def keep(self, shard: Shard, summary: Summary, scanner: Scanner) -> Summary:
        """Keep what was scanned here, if that may be; gives the summary back."""
        if self._shelf:
            self.accept([((shard,), handed_back(summary, scanner))])
        return summary

    def accept(self, parts: Sequence[tuple[Group, Scanned | Summary]]) -> list[tuple[Shard, Summary]]:
        """Take what a process has scanned; gives each part as one shard, and its summary."""
        return [
            (whole(part), self._accepted(self._names.get(part), part[0].start, result)) for part, result in parts
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

    def _accepted(self, name: _Name | None, start: int, result: Scanned | Summary) -> Summary:
        if isinstance(result, Summary):
            return result
        if self._shelf and name:
            # the name of a piece must not come to stand for what a file held a moment later
            if result.until and result.texts == name.texts:
                summary, since, until = result.summary, result.since, result.until
            else:
                summary, since, until = b"", 0, 0
            piece = Piece(name.key, start, since, until, summary, result.proofs, result.parts)
            self._shelf.keep(piece, *result.fresh)
        return unpack(result.summary, result.findings)

    def __getstate__(self) -> tuple[Job, Proofs | None, Store, bool]:
        return self.job, self.proofs, self.known, self.bundled

    def __setstate__(self, state: tuple[Job, Proofs | None, Store, bool]) -> None:
        self.job, self.proofs, self.known, self.bundled = state
        self._scanner = self._bundler = None

    def _name(self, group: Group) -> _Name:
        """Name all that a summary follows from, except the reference times."""
        name = self._names.get(group)
        if name is None:
            name = self._names[group] = self._name_of(group[0]) if len(group) == 1 else self._name_of_all(group)
        return name

    def _name_of(self, shard: Shard) -> _Name:
        job = self.job
        facts = (*facts_for(job), shard.origin, shard.default_ttl, shard.start == 0)
        text = Proofs.identity(job.source.read(shard.start, shard.end))
        return _Name(blake2b(repr(facts).encode() + text, digest_size=KEY).digest(), text)

    def _name_of_all(self, group: Group) -> _Name:
        names = [self._name((shard,)) for shard in group]
        key = blake2b(b"".join([each.key for each in names]), digest_size=KEY).digest()
        return _Name(key, b"".join([each.texts for each in names]))


def facts_for(job: Job) -> tuple[object, ...]:
    """Give all that the summary of a part of a zone follows from beside its text, except the reference times."""
    context = job.context
    return (
        context.apex, context.rdclass, context.soa, context.keys, context.nsec3, context.lifetime, context.digest,
        context.horizon, job.verify, job.check,
    )  # fmt: skip


def scan_pieces(pieces: Pieces, groups: Sequence[Group]) -> Sequence[Sequence[tuple[Group, Scanned | Summary]]]:
    """Scan groups that need not follow each other; gives the parts that each was scanned in, and their sums."""
    keeps = pieces.proofs is not None
    if keeps and pieces.bundled:
        return [pieces.bundler().scan(group) for group in groups]
    scanner = pieces.scanner()
    return [[((shard,), _scanned(shard, scanner, keeps=keeps)) for shard in group] for group in groups]


def _scanned(shard: Shard, scanner: Scanner, *, keeps: bool) -> Scanned | Summary:
    summary = scanner.scan([shard])
    return handed_back(summary, scanner) if keeps else summary


def scan_share(pieces: Pieces, shards: Sequence[Shard], number: int, of: int) -> Scanned | Summary:
    """Scan one of several equal shares of the names in shards that follow each other."""
    scanner = Scanner(replace(pieces.job, share=(number, of)), pieces.proofs)
    summary = scanner.scan(shards)
    return summary if pieces.proofs is None else handed_back(summary, scanner)


def handed_back(summary: Summary, scanner: Scanner) -> Scanned:
    """Make ready to be kept what a scanner has scanned last."""
    verifier = scanner.verifier
    since, until = verifier.sure_between() if verifier else (0, 1 << 62)
    proofs = b"".join(verifier.proved) if verifier else b""
    # what was found has to be found again, and what lies in other files or follows from other pieces can change
    if summary.findings or len(summary.files) > 1 or summary.wants_ttl or summary.unclosed:
        since = until = 0
    return Scanned(pack(summary), summary.findings, since, until, proofs, b"".join(scanner.texts))
