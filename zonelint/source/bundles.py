"""Bundles: the lines of a few names that follow each other in canonical order, whatever order the text has them in.

A signer with several threads writes names in an order that differs a little from run to run, and comments that the
next run leaves out. The bundles of two such texts are mostly the same octets.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from zonelint.source.fast import FastPath
from zonelint.source.include import IncludePolicy
from zonelint.source.reader import Reader
from zonelint.source.record import CONTROLS, Files, Record, State
from zonelint.source.split import marks_in

_LEAST, _EACH = 6, 4
"""A bundle has at least so many names, and ends before one in so many of those behind them, picked by the name alone.

So where two texts differ in a name, their bundles are alike again a few names later.
"""

_LINES = 512
"""Lines from which on a bundle ends before any name."""


class Bundle(NamedTuple):
    """The lines of some names, those of each name in the order of the text, and the offsets at which they begin."""

    lines: list[bytes]
    starts: list[int]


def divide(text: bytes, base: int, apex: bytes) -> list[Bundle] | None:
    """Divide text that begins at the offset `base` into bundles; None where its lines cannot be told apart by owner.

    `apex` is the name of the zone as it is written, in lower case. Comments between the lines are left out; a text in
    which some are for this program has no bundles.
    """
    if len(text.translate(None, CONTROLS)) != len(text) or marks_in(text):
        return None
    owners = _owners(text, base, apex)
    if owners is None:
        return None
    bundles, bundle, names, family = list[Bundle](), Bundle([], []), 0, b"\n"
    for key in sorted(owners):
        # what lies below a name, as glue below a delegation, is judged with it
        if not key.startswith(family) or len(bundle.lines) > _LINES:
            family = key + b"\0"
            if (names >= _LEAST and not zlib.crc32(key) % _EACH) or len(bundle.lines) > _LINES:
                bundles.append(bundle)
                bundle, names = Bundle([], []), 0
        names += 1
        lines, starts = owners[key]
        bundle.lines.extend(lines)
        bundle.starts.extend(starts)
    return [*bundles, bundle] if bundle.lines else bundles


def _owners(text: bytes, base: int, apex: bytes) -> dict[bytes, tuple[list[bytes], list[int]]] | None:
    """Gather the lines and offsets of each owner, by its labels below the apex from the top down."""
    owners: dict[bytes, tuple[list[bytes], list[int]]] = {}
    suffix = apex if apex == b"." else b"." + apex
    same, at = b"\n", base  # no line begins so
    lines, starts = list[bytes](), list[int]()
    for line in text.split(b"\n"):
        if line.startswith(same):
            lines.append(line)
            starts.append(at)
        elif line and line[0] != 0x3B:
            name = line.split(None, 1)[0].lower() if line[0] > 32 else b""
            if b"\\" in name:
                return None  # an escape may be another way to write a name
            if name.endswith(suffix):
                key = name[: -len(suffix)]
                if b"." in key:
                    key = b"\0".join(reversed(key.split(b".")))
            elif name == apex:
                key = b""
            else:
                return None
            same = line[: len(name) + 1]
            known = owners.get(key)
            if known is None:
                lines, starts = owners[key] = [line], [at]
            else:
                lines, starts = known
                lines.append(line)
                starts.append(at)
        at += len(line) + 1
    return owners


def read_alone(
    lines: Sequence[bytes], positions: Sequence[int], apex: bytes, name: str, fast: FastPath
) -> list[Record] | None:
    """Read lines that each say the same wherever they stand; None where one of them does not.

    Such a line is a record without a fault, on one line, with an absolute owner and a TTL. `positions` are those of
    the records, `apex` is the key of the zone, `name` that of its file.
    """
    records, number = fast.read(lines, positions, 0, apex)
    while number < len(lines):
        # as if nothing stood before it; not at the start of a file, where a byte order mark would be passed over
        reader = Reader(lines[number], Files([name]), State(), IncludePolicy(()), apex=apex, base=1, fast=fast)
        read = list(reader.records())
        if len(read) != 1 or reader.problems or reader.unclosed:
            return None
        records.append((*read[0][:4], positions[number]))
        more, number = fast.read(lines, positions, number + 1, apex)
        records += more
    return records
