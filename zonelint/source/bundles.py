"""Bundles: the lines of a few names that follow each other in canonical order, whatever order the text has them in.

A signer with several threads writes names in an order that differs a little from run to run, and comments that the
next run leaves out. The bundles of two such texts are mostly the same octets.
"""

from __future__ import annotations

import zlib
from bisect import bisect
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


def divide(text: bytes, base: int, apex: bytes, edges: Sequence[int] = ()) -> list[Bundle] | None:
    """Divide text that begins at the offset `base` into bundles; None where its lines cannot be told apart by owner.

    `apex` is the name of the zone as it is written, in lower case. Comments between the lines are left out; a text in
    which some are for this program has no bundles, nor has one with an owner on both sides of an offset in `edges`.
    """
    if len(text.translate(None, CONTROLS)) != len(text) or marks_in(text):
        return None
    lines, starts = _records(text, base)
    runs = _runs(lines, apex)
    if runs is None:
        return None
    bundles, some, where = list[Bundle](), list[bytes](), list[int]()
    least, each, most = _LEAST, _EACH, _LINES
    names, family = 0, b"\n"
    for key in sorted(runs):
        # what lies below a name, as glue below a delegation, is judged with it
        if not key.startswith(family) or len(some) > most:
            family = key + b"\0"
            if (names >= least and not zlib.crc32(key) % each) or len(some) > most:
                bundles.append(Bundle(some, where))
                some, where, names = list[bytes](), list[int](), 0
        names += 1
        run = runs[key]
        if len(run) > 2 and bisect(edges, starts[run[0]]) < bisect(edges, starts[run[-2]]):
            return None
        for i in range(0, len(run), 2):
            some += lines[run[i] : run[i + 1]]
            where += starts[run[i] : run[i + 1]]
    return [*bundles, Bundle(some, where)] if some else bundles


def _records(text: bytes, base: int) -> tuple[list[bytes], list[int]]:
    """Give the lines but for comments and empty ones, and the offsets at which they begin."""
    lines, starts, at = list[bytes](), list[int](), base
    for line in text.split(b"\n"):
        if line and line[0] != 0x3B:
            lines.append(line)
            starts.append(at)
        at += len(line) + 1
    return lines, starts


def _runs(lines: list[bytes], apex: bytes) -> dict[bytes, list[int]] | None:
    """Find the runs of lines of each owner, told by its labels below the apex from the top down.

    The numbers of the first line of a run and of the one behind it follow each other.
    """
    runs: dict[bytes, list[int]] = {}
    suffix = apex if apex == b"." else b"." + apex
    same, run, number = b"\n", [0], 0  # no line begins so
    for line in lines:
        if not line.startswith(same):
            if line[0] <= 32:
                return None
            name = line.split(None, 1)[0].lower()
            if b"\\" in name:
                return None  # an escape may be another way to write a name
            if name.endswith(suffix):
                key = name[: -len(suffix)]
                if b"." in key:
                    key = b"\0".join(key.split(b".")[::-1])
            elif name == apex:
                key = b""
            else:
                return None
            run[-1] = number
            known = runs.get(key)
            if known is None:
                run = runs[key] = [number, 0]
            else:
                run = known
                run += number, 0
            same = line[: len(name) + 1]
        number += 1
    run[-1] = number
    return runs


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
