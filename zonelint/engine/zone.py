"""Judging one zone: split, scan on an executor, merge, run the checks of the whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from zonelint import catalogue, checks
from zonelint.checks.inputs import Inputs
from zonelint.engine.job import Job
from zonelint.engine.options import Step
from zonelint.engine.origin import Origin, find_origin
from zonelint.engine.scan import Scanner, scan
from zonelint.findings import Finding, Place
from zonelint.names import text_from_key
from zonelint.source import rdtypes
from zonelint.source.include import IncludePolicy
from zonelint.source.split import Group, Shard, Survey, grouped, split, survey, whole
from zonelint.source.text import Source
from zonelint.source.transfer import failed_transfer, looks_like_transfer
from zonelint.zone.context import Context
from zonelint.zone.index import ZoneIndex, merge
from zonelint.zone.model import Node
from zonelint.zone.summary import Summary

if TYPE_CHECKING:
    from zonelint.dnssec.zonekey import ZoneKey
    from zonelint.engine.pieces import Pieces
    from zonelint.engine.shelf import Shelf

SMALL = 1 << 20
"""Octets up to which a zone is scanned in this process, in one part."""

SHARD = 1 << 17
"""Octets of a shard of a large zone, about."""

FINE = 1 << 14
"""The same where shards are kept and have no bundles: all of one is read again when anything in it changes."""

GROUP = 1 << 20
"""Octets of shards that are recalled together, about: at the edges of a group bundles differ."""

_BATCH_MIN, _BATCH_MAX = 1 << 17, 1 << 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged:
    """A zone that was read: how its origin was told, its index, the findings made so far, what it may include.

    `marks` are offsets at which comments may suppress something.
    """

    origin: Origin
    index: ZoneIndex
    findings: list[Finding]
    policy: IncludePolicy
    is_text: bool = True
    marks: Sequence[int] = ()


def judge(
    source: Source,
    context: Context,
    policy: IncludePolicy,
    option: str | None,
    jobs: int,
    *,
    verify: bool = True,
    cache: Path | None = None,
    tell: Callable[[Step], None] | None = None,
) -> Judged:
    """Read a zone whole and judge its records; the apex facts of `context` are filled in from the text.

    `verify` says whether signatures are judged too, `cache` is the directory of what earlier runs found out, and `tell`
    hears of each piece of a large zone. Raises `Unreadable`, and `UsageError` for a bad origin.
    """
    look = survey(source)
    if look.nul is not None:
        place = Place(source.name, look.nul, look.nul + 1)
        message = "a NUL octet: this is no text, the file was not read"
        origin = Origin(b"", "file name", b"\0", has_soa=False)
        index, _ = merge(replace(context, apex=b""), [Summary(files=[source.name])])
        return Judged(origin, index, [Finding("binary-data", message, place)], policy, is_text=False)
    origin = find_origin(source, policy, option)
    # without an SOA nothing tells the zone, and no record can be said to be outside it
    apex = origin.apex if origin.has_soa else b""
    sure = origin.has_soa
    job = Job(source, replace(context, apex=apex, rdclass=origin.rdclass), policy, verify and sure, check=sure)
    context, summaries = _scan_all(job, look, origin, jobs, cache if sure else None, tell)
    index, found = merge(context, summaries)
    # a copy of the SOA behind all else closes a transfer (RFC 5936 section 2.2)
    closing = index.place(index.last[2]) if index.last and index.last[1] == rdtypes.SOA else None
    findings = [each for _, each in found if each.rule != "duplicate-record" or each.place != closing]
    findings += _transfer(source, index)
    findings += _last_line(source, index)
    return Judged(origin, index, findings, policy, marks=index.marks)


def check_whole(judged: Judged, inputs: Inputs) -> Iterator[Finding]:
    """Run the checks of the whole zone; there is none for what is no text."""
    if not judged.is_text:
        return
    index = judged.index
    types: set[int] = set().union(*[facts.types for facts in index.facts])
    if index.hashed:
        types.add(rdtypes.NSEC3)  # names that have nothing else are kept apart
    given = [name for name, known in (("ds", inputs.ds), ("anchors", inputs.anchors), ("children", inputs.children))
             if known is not None]  # fmt: skip
    for entry in checks.zone_checks(types, given):
        if judged.origin.has_soa or "soa-missing" in entry.rules:
            yield from entry.check(index, inputs)


def zone_keys(context: Context) -> Sequence[ZoneKey]:
    """Load the keys of the apex, in the order that the uses of signatures count them in."""
    if not context.keys:
        return []
    from zonelint.dnssec.zonekey import ZoneKey

    return [ZoneKey.load(rdata) for rdata in context.keys]


# --- the parts ---------------------------------------------------------------------------------------------


def _scan_all(
    job: Job,
    look: Survey,
    origin: Origin,
    jobs: int,
    cache: Path | None,
    tell: Callable[[Step], None] | None,
) -> tuple[Context, list[Summary]]:
    size = job.source.size
    if size <= SMALL and cache is None:
        return _scan_small(job, Shard(0, size, origin.initial, None))
    # neither is worth its time for a small zone
    from zonelint.engine.pieces import Pieces
    from zonelint.engine.shelf import Shelf

    shelf = Shelf(cache, _key_of(job)) if cache else None
    try:
        if size <= SMALL:
            result = _recall_small(Pieces(job, shelf), Shard(0, size, origin.initial, None))
        else:
            result = _scan_large(job, look, origin, jobs, shelf, tell)
        if shelf:
            shelf.close()
    except BaseException:
        if shelf:
            shelf.abandon()
        raise
    return result


def _scan_large(
    job: Job,
    look: Survey,
    origin: Origin,
    jobs: int,
    shelf: Shelf | None,
    tell: Callable[[Step], None] | None,
) -> tuple[Context, list[Summary]]:
    from zonelint.engine.pieces import Pieces

    size, bundled, of_shard, of_group = job.source.size, False, SHARD, 1
    if shelf:
        from zonelint.engine.bundles import has_bundles

        bundled = has_bundles(job)
        of_shard, of_group = _sizes(size, bundled=bundled)
    shards = split(job.source, look, of_shard, origin.initial)
    groups = grouped(shards, of_group)
    context = _learn_apex(job, shards, look)
    for _ in range(3):
        job = replace(job, context=context)
        summaries = _scan_groups(Pieces(job, shelf, bundled=bundled), groups, jobs, tell)
        true = job.informed({context.apex: _apex_of(summaries)})
        if true.apex_facts() == context.apex_facts():
            return context, summaries
        context = true
    return _scan_small(job, Shard(0, size, origin.initial, None))


def _sizes(size: int, *, bundled: bool) -> tuple[int, int]:
    """Choose the octets of a shard and of a group for a text of `size` octets whose parts are kept.

    Where there are bundles the shards are those of a run that keeps nothing. Each process gets many groups, and a
    version that is a little longer has groups of the same size.
    """
    return (SHARD, min(GROUP, (1 << size.bit_length()) >> 7)) if bundled else (FINE, 1)


def _key_of(job: Job) -> bytes:
    """Tell apart what is kept about a zone by what it depends on beside its text."""
    settings = sorted(catalogue.settings().items(), key=repr)
    words = sorted(job.policy.placeholders)
    return repr((job.context.apex, job.verify, job.context.digest, *settings, *words)).encode()


def _scan_small(job: Job, shard: Shard) -> tuple[Context, list[Summary]]:
    scanner = Scanner(job)
    part = scanner.read([shard])
    context = job.informed(part.nodes)
    return context, [scanner.judge(part, context)]


def _recall_small(pieces: Pieces, shard: Shard) -> tuple[Context, list[Summary]]:
    job, summary = pieces.job, pieces.recall((shard,))
    if summary is None:
        pieces.prepare()
        scanner = pieces.scanner()
        part = scanner.read([shard])
        summary = pieces.keep(shard, scanner.judge(part, job.informed(part.nodes)), scanner)
    return job.informed({job.context.apex: summary.apex}), [summary]


def _learn_apex(job: Job, shards: list[Shard], look: Survey) -> Context:
    """Read the shards that hold records of the apex, to know keys and denial before the scan; a guess to confirm."""
    wanted = {0} | {i for i, s in enumerate(shards) if any(s.start <= at < s.end for at in look.apex_records)}
    reader, apex = Scanner(job), Node()
    for number in sorted(wanted):
        nodes = reader.read([shards[number]]).nodes
        apex.update(nodes.get(job.context.apex, {}))
        if job.check:
            # the processes to come need not load each for itself what the zone calls for
            for order in {tuple(node) for node in nodes.values()}:
                checks.node_checks(frozenset(order))
    context = job.informed({job.context.apex: apex})
    if context.keys:
        from zonelint.dnssec import multibuffer

        for key in zone_keys(context):
            if key.verify:
                multibuffer.load(key.rdata)
    return context


def _apex_of(summaries: Sequence[Summary]) -> Node:
    apex: Node = {}
    for part in summaries:
        apex.update(part.apex)
    return apex


def _scan_groups(pieces: Pieces, groups: list[Group], jobs: int, tell: Callable[[Step], None] | None) -> list[Summary]:
    shards = [shard for group in groups for shard in group]
    if (recalled := pieces.recall_shares(shards, jobs)) is not None:
        return recalled
    job, shard_at = pieces.job, {shard.start: shard for shard in shards}
    summaries: list[Summary] = []
    last_ttl, records, signatures = None, 0, 0
    for here, summary in _each(pieces, groups, jobs):
        if tell:
            records, signatures = records + summary.records, signatures + summary.signatures
            tell(Step(job.source.name, here.end, job.source.size, records, signatures))
        if here.start and summary.wants_ttl:
            summary = scan(job, [here], last_ttl)
        before, last_ttl = last_ttl, summary.last_ttl if summary.last_ttl is not None else last_ttl
        summaries.append(summary)
        following = shard_at.get(here.end)
        if following and (summary.unclosed or summary.carried != (following.origin, following.default_ttl)):
            # the cut behind this shard was wrong: what is left is read as one
            start = here.start if summary.unclosed else following.start
            if summary.unclosed:
                summaries.pop()
            origin, default = (here.origin, here.default_ttl) if summary.unclosed else summary.carried
            inherited = before if summary.unclosed else last_ttl
            summaries.append(scan(job, [Shard(start, shards[-1].end, origin, default)], inherited))
            shards = [replace(shards[0], end=shards[-1].end)]
            break
    # the cuts that were confirmed stay, so that no process needs the whole text at once
    return _shares(pieces, shards, jobs) if _spans(summaries) else summaries


def _shares(pieces: Pieces, shards: list[Shard], jobs: int) -> list[Summary]:
    """Give the summaries of as many shares of the names as there are processes."""
    from zonelint.engine.pieces import scan_share

    for number in range(jobs):
        pieces.recall_share(shards, number, jobs)
    # the pieces that were recalled are scanned after all
    pieces.prepare(every=True)
    shares = [(pieces, shards, number, jobs) for number in range(jobs)]
    results = _mapped(scan_share, shares, jobs, pieces.job.source.name)
    return [pieces.accept_share(number, shards[0].start, result) for number, result in enumerate(results)]


def _each(pieces: Pieces, groups: list[Group], jobs: int) -> Iterator[tuple[Shard, Summary]]:
    """Give summaries, those of earlier runs where they still hold, each with the shard that it is of.

    A group that was scanned as a whole comes as one shard. It has no directives and no open parentheses, so the cut
    behind it is right if the one before it was.
    """
    from zonelint.engine.pieces import scan_pieces

    known = _recall_all(pieces, groups)
    missing = [group for group, summary in known.items() if summary is None]
    if missing:
        pieces.prepare()
    wanted = sum(group[-1].end - group[0].start for group in missing)
    batches = list(_batches(missing, wanted, jobs))
    jobs, name = jobs if wanted > SMALL else 1, pieces.job.source.name
    mapped = _mapped(scan_pieces, [(pieces, batch) for batch in batches], jobs, name)
    scanned = (result for results in mapped for result in results)
    for group, summary in known.items():
        if summary is None:
            yield from pieces.accept(next(scanned))
        else:
            yield whole(group), summary


def _recall_all(pieces: Pieces, groups: list[Group]) -> dict[Group, Summary | None]:
    """Recall groups, and the shards of one that could not be kept as a whole."""
    known: dict[Group, Summary | None] = {}
    for group in groups:
        known[group] = pieces.recall(group)
        if known[group] is None and len(group) > 1:
            alone: dict[Group, Summary | None] = {(shard,): pieces.recall((shard,)) for shard in group}
            if any(alone.values()):
                del known[group]
                known |= alone
    return known


def _batches(groups: list[Group], left: int, jobs: int) -> Iterator[list[Group]]:
    """Put groups of `left` octets together: what a process is given at a time, less near the end."""
    batch: list[Group] = []
    octets = 0
    for group in groups:
        batch.append(group)
        octets += group[-1].end - group[0].start
        if octets >= max(_BATCH_MIN, min(_BATCH_MAX, left // (jobs * 16))):
            yield batch
            batch, octets, left = [], 0, left - octets
    if batch:
        yield batch


def _spans(summaries: list[Summary]) -> bool:
    """Tell whether some owner name has records in more than one part."""
    names = [name for part in summaries for name in part.names]
    # what a signer wrote is in order, and quickly seen to be
    if not all(map(bytes.__lt__, names, names[1:])) and len(set(names)) < len(names):
        return True
    owners = [{record.owner for record in part.hashed} for part in summaries]
    every: set[bytes] = set().union(*owners)
    # a name with NSEC3 and other types may stand in one part after all, but no signer makes such
    return len(every) < sum(map(len, owners)) or not every.isdisjoint(names)


def _mapped(function: Callable[..., T], tasks: Sequence[tuple[Any, ...]], jobs: int, zone: str) -> Iterator[T]:
    if jobs < 2 or len(tasks) < 2:
        for task in tasks:
            yield function(*task)
        return
    from zonelint.engine.pool import mapped

    yield from mapped(function, tasks, jobs, zone)


# --- transfers ---------------------------------------------------------------------------------------------


def _transfer(source: Source, index: ZoneIndex) -> Iterator[Finding]:
    """Text of a zone transfer ends with the SOA it began with (RFC 5936 section 2.2)."""
    head = source.read(0, 4096)
    start = max(0, source.size - 4096)
    tail = source.read(start, source.size)
    failed = failed_transfer(tail)
    apex = text_from_key(index.context.apex)
    if failed is not None:
        place = Place(source.name, start + failed, start + failed + len("; Transfer failed."))
        yield Finding("transfer-incomplete", "the transfer failed: the zone is not whole", place, apex)
    elif looks_like_transfer(head + tail) and index.last and index.last[1] != rdtypes.SOA:
        message = "the text of a transfer ends without the SOA record that closes it"
        yield Finding("transfer-incomplete", message, index.place(index.last[2]), apex)


def _last_line(source: Source, index: ZoneIndex) -> Iterator[Finding]:
    """Each entry ends with its line (RFC 1035 section 5.1), and a file that was cut short ends anywhere."""
    last = source.read(max(0, source.size - 4096), source.size).rpartition(b"\n")[2].strip()
    if index.records and last and not last.startswith(b";"):
        message = "the file does not end in a line end: it may have been cut short"
        place = Place(source.name, source.size - 1, source.size)
        yield Finding("final-newline-missing", message, place, text_from_key(index.context.apex))


def cores() -> int:
    """Count the processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
