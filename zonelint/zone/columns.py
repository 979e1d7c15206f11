"""Summaries of small parts as plain values, quick to keep and quick to put together."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from zonelint.zone.summary import Hashed, Kind, Link, Referral, Special, Summary, Target

Columns = tuple[Any, ...]
"""What a summary holds of a part without findings and without the apex, in the order of `columns_of`.

It consists of tuples, lists, dictionaries, numbers and octets only.
"""


def columns_of(summary: Summary) -> Columns:
    """Give the columns of a summary."""
    return (
        summary.records,
        summary.signatures,
        summary.names,
        summary.kinds,
        summary.kind_table,
        summary.positions.tolist(),
        summary.hashes,
        [tuple(link) for link in summary.links],
        [tuple(record) for record in summary.hashed],
        [tuple(target) for target in summary.targets],
        [tuple(referral) for referral in summary.referrals],
        summary.unsigned,
        summary.incomplete,
        {block: tuple(some) for block, some in summary.special.items()},
        summary.crowded,
        summary.uses,
        summary.claims,
        summary.expirations,
        summary.span,
        summary.first,
        summary.digest,
        summary.made_digest,
    )


def joined(parts: Iterable[tuple[Columns, Sequence[int]]]) -> Summary:
    """Put parts of one text together into a summary of them all.

    Each comes with the positions that those in its columns are the numbers of. The text holds no directives, and which
    record is its last stays open.
    """
    whole = Summary()
    names, kinds, hashes, positions = whole.names, whole.kinds, bytearray(), list[int]()
    numbers: dict[Kind, int] = {}
    for columns, at in parts:
        (
            records, signatures, own_names, own_kinds, table, own_positions, own_hashes, links, hashed, targets,
            referrals, unsigned, incomplete, special, crowded, uses, claims, expirations, span, first, digest,
            made_digest,
        ) = columns  # fmt: skip
        whole.records += records
        whole.signatures += signatures
        names += own_names
        translate = [numbers.setdefault(kind, len(numbers)) for kind in table]
        kinds += [translate[kind] for kind in own_kinds]
        positions += [at[position] for position in own_positions]
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
