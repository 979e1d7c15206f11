"""The digests that ZONEMD records hold: a second pass over a zone, in canonical order (RFC 8976 section 3.3).

Only zones with such a record are read again. What does not fit in memory goes to sorted runs in unnamed temporary
files, which are merged; so a zone of any size takes the memory of one run.
"""

from __future__ import annotations

import hashlib
import heapq
import marshal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import IO, Any

from zonelint.checks.zonemd import OCTETS, SIMPLE
from zonelint.engine.zone import Judged
from zonelint.names import wire_from_key
from zonelint.source.fast import FastPath
from zonelint.source.include import IncludePolicy
from zonelint.source.rdtypes import RRSIG, ZONEMD
from zonelint.source.reader import Reader
from zonelint.source.record import Files, Record, State
from zonelint.source.split import split, survey
from zonelint.source.text import Source
from zonelint.zone.index import ZoneIndex

RUN = 1 << 18
"""Records that are sorted in memory at a time."""

_CHUNK, _BLOCK = 1 << 22, 1 << 10
_KEPT = frozenset({"out-of-zone", "ttl-missing"})
"""Faults of the text that lose no record of the zone."""

_HASHES = {1: "sha384", 2: "sha512"}
Row = tuple[bytes, int, bytes, int]
"""Owner key, type, RDATA in canonical form and TTL: what is sorted."""


class Unreadable(Exception):
    """Some record could not be read, so nothing can be said of the digest."""


def zone_digests(source: Source, judged: Judged, policy: IncludePolicy) -> dict[int, bytes] | None:
    """Compute the digests of scheme SIMPLE that the apex has ZONEMD records for, by hash algorithm.

    None when there is no such record, or when a record of the zone could not be read.
    """
    index = judged.index
    rrset = index.apex.get(ZONEMD)
    wanted = {rdata[5] for rdata in rrset.rdatas if rdata[4] == SIMPLE and rdata[5] in OCTETS} if rrset else set()
    if not wanted or not judged.origin.has_soa:
        return None
    hashes = {method: hashlib.new(_HASHES[method]) for method in wanted}
    try:
        with ExitStack() as stack:
            for octets in _octets(_in_order(_rows(source, judged, policy), stack), index):
                for each in hashes.values():
                    each.update(octets)
    except Unreadable:
        return None
    return {method: each.digest() for method, each in hashes.items()}


def _octets(rows: Iterable[Row], index: ZoneIndex) -> Iterator[bytes]:
    """Write records in the canonical form of RFC 4034 section 6.2, each once, some at a time."""
    rdclass = index.context.rdclass.to_bytes(2, "big")
    last: tuple[bytes, int, bytes] | None = None
    owner, wire = None, b""
    parts: list[bytes] = []
    for key, rdtype, rdata, ttl in rows:
        if last == (key, rdtype, rdata):
            continue
        last = key, rdtype, rdata
        if key != owner:
            owner, wire = key, wire_from_key(key)
        parts.append(b"%b%b%b%b%b%b" % (
            wire, rdtype.to_bytes(2, "big"), rdclass, ttl.to_bytes(4, "big"), len(rdata).to_bytes(2, "big"), rdata,
        ))  # fmt: skip
        if len(parts) > _BLOCK:
            yield b"".join(parts)
            parts.clear()
    yield b"".join(parts)


def _in_order(rows: Iterable[Row], stack: ExitStack) -> Iterator[Row]:
    """Sort rows, by way of temporary files where there are many."""
    runs: list[Iterable[Row]] = []
    run: list[Row] = []
    for row in rows:
        run.append(row)
        if len(run) >= RUN:
            run.sort()
            runs.append(_unpacked(_packed(run, stack)))
            run = []
    run.sort()
    return heapq.merge(*runs, run) if runs else iter(run)


def _packed(run: list[Row], stack: ExitStack) -> IO[bytes]:
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    for at in range(0, len(run), _BLOCK):
        marshal.dump(run[at : at + _BLOCK], file)
    marshal.dump([], file)
    file.seek(0)
    return file


def _unpacked(file: IO[bytes]) -> Iterator[Row]:
    # the file has no name, and only this process ever wrote to it
    while block := marshal.load(file):  # noqa: S302
        yield from block


def _rows(source: Source, judged: Judged, policy: IncludePolicy) -> Iterator[Row]:
    """Read the records that the digest covers (RFC 8976 section 3.3.1.1)."""
    apex = judged.index.context.apex
    for owner, rdtype, ttl, rdata, _ in _records(source, judged, policy):
        if owner == apex and (rdtype == ZONEMD or (rdtype == RRSIG and rdata[:2] == b"\0\x3f")):
            continue
        yield owner, rdtype, rdata, ttl


def _records(source: Source, judged: Judged, policy: IncludePolicy) -> Iterator[Record]:
    """Read all records, chunk by chunk; raises `Unreadable` where one is lost."""
    shards = split(source, survey(source), _CHUNK, judged.origin.initial)
    context, files, fast = judged.index.context, Files([source.name]), FastPath()
    shared: dict[str, Any] = {"apex": context.apex, "rdclass": context.rdclass, "path": source.path, "fast": fast}
    state, at = State(judged.origin.initial), 0
    while at < len(shards):
        start, end, following = shards[at].start, shards[at].end, replace(state)
        reader = Reader(source.read(start, end), files, following, policy, base=start, **shared)
        records = list(reader.records())
        if reader.unclosed and at + 1 < len(shards):
            # the cut was within parentheses: what is left is read as one, as in the scan
            following, at = replace(state), len(shards)
            reader = Reader(source.read(start, source.size), files, following, policy, base=start, **shared)
            records = list(reader.records())
        if any(problem.rule not in _KEPT for problem in reader.problems):
            raise Unreadable
        yield from records
        state, at = following, at + 1
