"""Summaries as plain values and as octets: quick to hand from process to process, to keep and to put together."""

from __future__ import annotations

import copyreg
import marshal
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from zonelint.findings import Finding
from zonelint.zone.model import Rrset
from zonelint.zone.summary import Hashed, Kind, Link, Referral, Special, Summary, Target

Columns = tuple[Any, ...]
"""What a summary holds of the names of a part, without findings and the apex, in the order of `columns_of`."""

# nothing in these octets is ever run
pack_columns: Callable[[Columns], bytes] = marshal.dumps
unpack_columns: Callable[[bytes], Columns] = marshal.loads


def columns_of(summary: Summary) -> Columns:
    """Give the columns of a summary."""
    return (
        summary.records,
        summary.signatures,
        summary.names,
        summary.kinds,
        summary.kind_table,
        summary.positions.tobytes(),
        summary.hashes,
        [tuple(link) for link in summary.links],
        [tuple(record) for record in summary.hashed],
        [tuple(target) for target in summary.targets],
        [tuple(referral) for referral in summary.referrals],
        summary.unsigned,
        summary.incomplete,
        summary.lapsed,
        {block: (some.records, some.position, some.owner, some.rdtype) for block, some in summary.special.items()},
        summary.crowded,
        summary.uses,
        summary.claims,
        summary.expirations,
        summary.span,
        summary.first,
        summary.digest,
        summary.made_digest,
    )


def pack(summary: Summary) -> bytes:
    """Turn a summary, but for its findings, into octets."""
    apex = {
        rdtype: (rrset.ttl, rrset.rdatas, rrset.ttls, rrset.positions, rrset.duplicates)
        for rdtype, rrset in summary.apex.items()
    }
    others = (
        summary.files, apex, summary.unclosed, summary.wants_ttl, summary.carried, summary.last_ttl, summary.last,
        summary.marks,
    )  # fmt: skip
    return pack_columns((columns_of(summary), others))


def unpack(octets: bytes, findings: Sequence[tuple[bytes | None, Finding]] = ()) -> Summary:
    """Turn octets that `pack` made into a summary with these findings."""
    columns, (files, apex, unclosed, wants_ttl, carried, last_ttl, last, marks) = unpack_columns(octets)
    (
        records, signatures, names, kinds, table, positions, hashes, links, hashed, targets, referrals, unsigned,
        incomplete, lapsed, special, crowded, uses, claims, expirations, span, first, digest, made_digest,
    ) = columns  # fmt: skip
    return Summary(
        files, records, signatures, names, kinds, table, array("Q", positions), hashes,
        list(map(Link._make, links)), list(map(Hashed._make, hashed)), list(map(Target._make, targets)),
        unsigned, incomplete, lapsed, {block: Special(*some) for block, some in special.items()}, list(findings),
        uses, claims, list(map(Referral._make, referrals)), crowded,
        {rdtype: _rrset(*fields) for rdtype, fields in apex.items()},
        expirations, span, first, digest, made_digest, unclosed, wants_ttl, carried, last_ttl, last, marks,
    )  # fmt: skip


def _rrset(
    ttl: int, rdatas: list[bytes], ttls: list[int], positions: list[int], duplicates: tuple[tuple[int, int], ...]
) -> Rrset:
    rrset = Rrset(ttl, rdatas[0], positions[0])
    rrset.rdatas, rrset.ttls, rrset.positions, rrset.duplicates = rdatas, ttls, positions, duplicates
    return rrset


def _reduced(summary: Summary) -> tuple[Any, ...]:
    return unpack, (pack(summary), summary.findings)


# between processes summaries go by pickle, which alone would take twice the time
copyreg.pickle(Summary, _reduced)


def joined(parts: Iterable[tuple[Columns, Sequence[int]]]) -> Summary:
    """Put parts of one text together into a summary of them all.

    Each comes with the positions that those in its columns are the numbers of. The text holds no directives; in which
    file it is, and which record is its last, is left to the caller.
    """
    whole = Summary()
    names, kinds, hashes, positions = whole.names, whole.kinds, bytearray(), list[int]()
    numbers: dict[Kind, int] = {}
    for columns, at in parts:
        (
            records, signatures, own_names, own_kinds, table, own_positions, own_hashes, links, hashed, targets,
            referrals, unsigned, incomplete, lapsed, special, crowded, uses, claims, expirations, span, first,
            digest, made_digest,
        ) = columns  # fmt: skip
        whole.records += records
        whole.signatures += signatures
        names += own_names
        translate = [numbers.setdefault(kind, len(numbers)) for kind in table]
        kinds += [translate[kind] for kind in own_kinds]
        positions += [at[position] for position in array("Q", own_positions)]
        hashes += own_hashes
        if links:
            whole.links += [Link(owner, name, at[position], octets) for owner, name, position, octets in links]
        if hashed:
            whole.hashed += [Hashed._make((*record[:-1], at[record[-1]])) for record in hashed]
        if targets:
            whole.targets += [Target._make((*each[:3], at[each[3]], each[4])) for each in targets]
        if referrals:
            whole.referrals += [Referral._make((*referral[:-1], at[referral[-1]])) for referral in referrals]
        if unsigned:
            whole.unsigned += [(owner, rdtype, at[position], bare) for owner, rdtype, position, bare in unsigned]
        if incomplete:
            whole.incomplete += [(owner, rdtype, at[position], key) for owner, rdtype, position, key in incomplete]
        whole.lapsed += lapsed
        for block, (count, position, owner, rdtype) in special.items():
            some = Special(count, at[position], owner, rdtype)
            whole.special[block] = some.beside(whole.special.get(block))
        whole.crowded.update(crowded)
        for use, count in uses.items():
            whole.uses[use] = whole.uses.get(use, 0) + count
        for use, count in claims.items():
            whole.claims[use] = whole.claims.get(use, 0) + count
        for hour, count in expirations.items():
            whole.expirations[hour] = whole.expirations.get(hour, 0) + count
        if span:
            whole.span = (min(span[0], whole.span[0]), max(span[1], whole.span[1])) if whole.span else span
        if first and (whole.first is None or first < whole.first):
            whole.first = first
        whole.digest += digest
        whole.made_digest += made_digest
    whole.kind_table, whole.positions, whole.hashes = list(numbers), array("Q", positions), bytes(hashes)
    return whole
