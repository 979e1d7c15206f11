"""Scanning one part of a zone: read it, run the checks of single names, verify its signatures, sum it up."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonelint import checks
from zonelint.checks.crowds import check_crowd, large
from zonelint.checks.registry import NodeCheck, Scan
from zonelint.checks.repeats import check_repeats
from zonelint.dnssec.nsec3 import nsec3_hash
from zonelint.dnssec.referrals import Referrals, crowded
from zonelint.engine.job import Job
from zonelint.names import key_from_wire, parent, wire_from_key
from zonelint.source import rdtypes
from zonelint.source.bundles import read_alone
from zonelint.source.fast import FastPath
from zonelint.source.rdata import base32hex
from zonelint.source.reader import Reader
from zonelint.source.record import Files, Record, State
from zonelint.source.split import Shard, marks_in
from zonelint.zone.content import digest_of
from zonelint.zone.context import Context
from zonelint.zone.model import DENIAL, SIGNED_AT_CUT, Node, Nodes, Rrset, collect
from zonelint.zone.summary import OUTSIDE, Hashed, Link, Summary, Target

if TYPE_CHECKING:
    from zonelint.dnssec.proofs import Proofs
    from zonelint.dnssec.verify import Verifier

UNKNOWN = -1
MANY = 1 << 20
"""Octets of a zone from which on it pays to verify signatures many at once."""
_LENGTH = [bytes((n,)) for n in range(64)]
_TARGET_AT = {rdtypes.NS: 0, rdtypes.MX: 2, rdtypes.SRV: 6}


@dataclass(slots=True)
class Part:
    """One part of a zone as it was read, before it is judged."""

    nodes: Nodes
    repeated: list[tuple[bytes, int, Rrset]]
    large: list[tuple[bytes, int, Rrset]]
    files: Files
    summary: Summary


class Scanner:
    """Reads and judges parts of one zone, one after the other; keeps what is the same for all of them.

    With `proofs` the signatures among them are taken as verified (`zonelint.dnssec.verify`), and `texts` names the
    octets of each shard that was read last.
    """

    def __init__(self, job: Job, proofs: Proofs | None = None) -> None:
        self.job, self._proofs = job, proofs
        self.texts: list[bytes] = []
        self._fast = FastPath()
        self._open_files = (job.policy.resolve(job.source.path),) if job.source.path else ()
        self._judge: Judge | None = None
        self._trusts = job.source.size > MANY

    def read(self, shards: Sequence[Shard], before: int | None = UNKNOWN) -> Part:
        """Read shards that follow each other into nodes.

        `before` is the last TTL written before them, None if there was none, `UNKNOWN` if that is not known yet. Of
        a job that has a share only the records of its owner names are kept, and only the first share keeps the
        faults of the text.
        """
        job = self.job
        files, summary = Files([job.source.name]), Summary()
        self.texts = []
        batches = self._batches(shards, files, summary, before)
        collected = collect(_shared(batches, *job.share) if job.share else batches)
        summary.records, summary.last = collected.records, collected.last
        summary.crowded = crowded(collected.several)
        if job.share and job.share[0]:
            summary.findings.clear()
            summary.marks.clear()
        summary.files = files.names
        return Part(collected.nodes, collected.repeated, large(collected.several), files, summary)

    def gather(self, lines: Sequence[bytes], positions: Sequence[int]) -> list[Record] | None:
        """Read lines that say the same wherever they stand; None where one does not (`bundles.read_alone`)."""
        return read_alone(lines, positions, self.job.context.apex, self.job.source.name, self._fast)

    def judge_records(self, records: Sequence[Record], *, on_trust: bool = False) -> Summary:
        """Judge records as a part of their own; with `on_trust` it counts once `settled` says so."""
        collected = collect([records])
        summary = Summary([self.job.source.name], collected.records, crowded=crowded(collected.several))
        part = Part(collected.nodes, collected.repeated, large(collected.several), Files(summary.files), summary)
        return self._judge_for(self.job.context).run(part, on_trust=on_trust and self._trusts)

    def learn(self, proofs: bytes) -> None:
        """Take signatures that were verified a moment ago as such."""
        if self._proofs is not None:
            self._proofs.learn(proofs)

    def settled(self) -> bool:
        """Tell whether all signatures that were taken for valid are."""
        return self._judge is None or self._judge.verifier is None or self._judge.verifier.settle()

    def judge(self, part: Part, context: Context) -> Summary:
        """Judge the nodes of a part; gives its summary."""
        return self._judge_for(context).run(part)

    def scan(self, shards: Sequence[Shard], before: int | None = UNKNOWN) -> Summary:
        """Read and judge shards of a zone whose apex is known; `before` as for `read`.

        Of a large zone the signatures are taken for valid and then verified together; where that fails, all is done
        again, each signature by itself.
        """
        judge = self._judge_for(self.job.context)
        if self._trusts and judge.verifier:
            summary = judge.run(self.read(shards, before), on_trust=True)
            if judge.verifier.settle():
                return summary
            summary = judge.run(self.read(shards, before))
            # what refuses a part whose signatures are all valid is of no use
            self._trusts = bool(summary.claims)
            return summary
        return judge.run(self.read(shards, before))

    def _judge_for(self, context: Context) -> Judge:
        if self._judge is None or self._judge.context != context:
            self._judge = Judge(context, check=self.job.check, proofs=self._proofs)
        return self._judge

    @property
    def verifier(self) -> Verifier | None:
        """What verified the signatures of the last part; None where there was nothing to verify with."""
        return self._judge.verifier if self._judge else None

    def _batches(
        self, shards: Sequence[Shard], files: Files, summary: Summary, before: int | None
    ) -> Iterator[Iterable[Record]]:
        job = self.job
        if not shards[0].start:
            before = None
        for shard in shards:
            known = before != UNKNOWN
            state = State(shard.origin, shard.default_ttl, before if known else None)
            text = job.source.read(shard.start, shard.end)
            if self._proofs is not None:
                self.texts.append(self._proofs.identity(text))
            summary.marks += marks_in(text, shard.start)
            reader = Reader(
                text, files, state, job.policy,
                apex=job.context.apex, rdclass=job.context.rdclass, path=job.source.path, base=shard.start,
                is_first=known, fast=self._fast, open_files=self._open_files,
            )  # fmt: skip
            yield from reader.batches()
            summary.findings += [(None, finding) for finding in reader.problems]
            summary.unclosed, summary.wants_ttl = reader.unclosed, state.wants_ttl
            summary.carried, summary.last_ttl = state.carried(), state.last_ttl
            if known or state.last_ttl is not None:
                before = state.last_ttl


def _shared(batches: Iterable[Iterable[Record]], number: int, of: int) -> Iterator[Iterable[Record]]:
    return ((record for record in batch if zlib.crc32(record[0]) % of == number) for batch in batches)


@dataclass(slots=True)
class _Shape:
    """What follows from the types at a name, for all names that have the same.

    `signed` are the types that a good signer signs there: where the zone answers for the name, and at a cut. It is
    empty for names without signatures.
    """

    checks: list[NodeCheck]
    has_nsec3: bool
    is_denial: bool
    has_nsec: bool
    is_bare: bool
    delegates: bool
    pointing: tuple[int, ...]
    signed: tuple[tuple[int, ...], ...]


class Judge:
    """Judges the nodes of the parts of a zone, and keeps what is the same for all of them."""

    def __init__(self, context: Context, *, check: bool = True, proofs: Proofs | None = None) -> None:
        self.context = context
        self.verifier: Verifier | None = None
        if context.keys:
            # unsigned zones need none of it
            from zonelint.checks.signatures import judge_node
            from zonelint.dnssec.verify import Verifier
            from zonelint.dnssec.zonekey import ZoneKey

            keys = [ZoneKey.load(rdata) for rdata in context.keys]
            self.verifier = Verifier(
                context.apex, keys, context.at, context.horizon, context.lifetime, context.rdclass, proofs
            )
            self._judge_node = judge_node
        self._checks = check
        self._shapes: dict[tuple[int, ...], _Shape] = {}
        self._apex_wire = wire_from_key(context.apex)
        self._referrals = Referrals()
        self._depth = context.apex.count(b"\0") + 1
        self._cuts: set[bytes] = set()

    def _begin(self, part: Part) -> None:
        self.summary, self.scan = part.summary, Scan(
            self.context, part.files, part.summary.special, part.summary.targets, part.nodes
        )
        self._targets: dict[bytes, bytes | None] = {}
        self._shared: dict[bytes, bytes] = {}
        self._referrals.begin()
        self._cuts = {owner for owner, node in part.nodes.items() if rdtypes.NS in node}
        self._cuts.discard(self.context.apex)
        if self.verifier:
            self.verifier.begin()

    def run(self, part: Part, *, on_trust: bool = False) -> Summary:
        """Judge every node of a part; gives its summary, which with `on_trust` counts once the verifier settled it."""
        self._begin(part)
        if self.verifier and on_trust:
            self.verifier.trust()
        summary, scan, hashes = self.summary, self.scan, bytearray()
        for owner, rdtype, rrset in part.repeated:
            summary.findings += [(owner, f) for f in check_repeats(owner, rdtype, rrset, scan)]
        for owner, rdtype, rrset in part.large if self._checks else ():
            summary.findings += [(owner, f) for f in check_crowd(owner, rdtype, rrset, part.nodes[owner], scan)]
        shapes, nsec3, apex, apex_wire = self._shapes, self.context.nsec3, self.context.apex, self._apex_wire
        start, depth, cuts, digest = len(apex), self._depth, self._cuts, self.context.digest
        knows_cuts, positions = bool(self.verifier and cuts), summary.positions
        names, numbers, verifier = summary.names, summary.kinds, self.verifier
        kinds: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for owner, node in part.nodes.items():
            order = tuple(node)
            shape = shapes.get(order) or self._shape(order)
            if owner.count(b"\0") == depth and b"\1" not in owner:
                # one plain label below the apex: what most names are is told without a call
                label = owner[start:-1]
                wire = _LENGTH[len(label)] + label + apex_wire
                standing = int(knows_cuts and owner in cuts)
            else:
                wire = wire_from_key(owner)
                standing = self._standing(owner) if knows_cuts else 0
            # nothing is signed at a delegation without DS, or at glue: most names of a registry's zone
            covered: tuple[int, ...] = ()
            if not standing or not shape.is_bare:
                covered = shape.signed[standing] if standing < len(shape.signed) else ()
                if verifier and covered and verifier.takes(owner, wire, node, covered):
                    summary.signatures += len(covered)
                else:
                    covered = self._signatures(owner, wire, node, standing)
            for check in shape.checks:
                if findings := check(owner, node, scan):
                    summary.findings += [(owner, finding) for finding in findings]
            if digest:
                content, made = digest_of(owner, node)
                summary.digest += content
                summary.made_digest += made
            if shape.has_nsec3:
                self._hashed(owner, node[rdtypes.NSEC3])
                if shape.is_denial:
                    continue
            if shape.has_nsec:
                self._links(owner, node[rdtypes.NSEC])
            if shape.delegates and owner != apex:
                self._referrals.see(owner, wire, node)
            names.append(owner)
            numbers.append(kinds.setdefault((order, covered), len(kinds)))
            for rrset in node.values():
                positions.append(rrset.positions[0])
            if nsec3:
                hashes += nsec3_hash(wire, *nsec3)
            for rdtype in shape.pointing:
                self._target(owner, rdtype, node[rdtype])
        summary.hashes, summary.kind_table = bytes(hashes), list(kinds)
        summary.referrals = self._referrals.seen()
        summary.apex = part.nodes.get(self.context.apex, {})
        if self.verifier:
            summary.uses, summary.claims = self.verifier.uses, self.verifier.claims
            summary.expirations, summary.span, summary.first = self.verifier.expiry()
        return summary

    def _signatures(self, owner: bytes, wire: bytes, node: Node, standing: int) -> tuple[int, ...]:
        rrsigs = node.get(rdtypes.RRSIG)
        if rrsigs:
            self.summary.signatures += len(rrsigs.rdatas)
        if self.verifier:
            return self._judge_node(owner, wire, node, self.scan, self.verifier, standing, self.summary)
        return tuple({rdata[0] << 8 | rdata[1]: None for rdata in rrsigs.rdatas}) if rrsigs else ()

    def _standing(self, owner: bytes) -> int:
        """Tell by the delegations of this part: 0 authoritative, 1 a cut, 2 below one."""
        cuts = self._cuts
        if owner.count(b"\0") > self._depth:
            above = parent(owner)
            while len(above) > len(self.context.apex):
                if above in cuts:
                    return 2
                above = parent(above)
        return 1 if owner in cuts else 0

    def _shape(self, order: tuple[int, ...]) -> _Shape:
        types = frozenset(order)
        called = [entry.check for entry in checks.node_checks(types)] if self._checks else []
        shape = self._shapes[order] = _Shape(
            called, rdtypes.NSEC3 in types, types <= DENIAL, rdtypes.NSEC in types,
            not types & SIGNED_AT_CUT and rdtypes.RRSIG not in types, rdtypes.NS in types,
            tuple(types.intersection(_TARGET_AT)), _signed(order) if rdtypes.RRSIG in types else (),
        )  # fmt: skip
        return shape

    def _target(self, owner: bytes, rdtype: int, rrset: Rrset) -> None:
        start, apex_wire, outside = _TARGET_AT[rdtype], self._apex_wire, 0
        for rdata in rrset.rdatas:
            if rdata.endswith(apex_wire):
                break
        else:
            return
        for i, rdata in enumerate(rrset.rdatas):
            if not rdata.endswith(apex_wire):
                outside += 1
                continue
            position = rrset.positions[i]
            wire = rdata[start:]
            name = self._targets.get(wire)
            if name is None:
                name = self._targets[wire] = key_from_wire(wire)
            if name.startswith(self.context.apex):
                self.summary.targets.append(Target(owner, rdtype, name, position))
            else:
                outside += 1
        if rdtype == rdtypes.NS and 0 < outside < len(rrset.rdatas):
            self.summary.targets.append(Target(owner, rdtype, OUTSIDE, rrset.positions[0]))

    def _links(self, owner: bytes, rrset: Rrset) -> None:
        for rdata, position in zip(rrset.rdatas, rrset.positions, strict=True):
            self.summary.links.append(Link(owner, key_from_wire(rdata), position, len(rdata)))

    def _hashed(self, owner: bytes, rrset: Rrset) -> None:
        label, shared = owner[len(self.context.apex) : -1], self._shared
        digest = base32hex(label) if len(label) == 32 else None
        for rdata, ttl, position in rrset:
            salt_end = 5 + rdata[4]
            hash_end = salt_end + 1 + rdata[salt_end]
            params, bitmap = rdata[:1] + rdata[2:salt_end], rdata[hash_end:]
            # what many have in common is kept and handed on once
            params, bitmap = shared.setdefault(params, params), shared.setdefault(bitmap, bitmap)
            following = rdata[salt_end + 1 : hash_end]
            self.summary.hashed.append(Hashed(digest, owner, params, rdata[1], following, bitmap, ttl, position))


def _signed(order: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Give the types to be signed where the zone answers for a name, and at a cut, in the order of the text."""
    every = tuple([rdtype for rdtype in order if rdtype != rdtypes.RRSIG])
    return every, tuple([rdtype for rdtype in every if rdtype in SIGNED_AT_CUT])


def scan(job: Job, shards: Sequence[Shard], before: int | None = UNKNOWN) -> Summary:
    """Read and judge shards of a zone whose apex is known; `before` as for `Scanner.read`."""
    return Scanner(job).scan(shards, before)
