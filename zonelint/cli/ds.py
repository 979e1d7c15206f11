"""`zonelint ds`."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from zonelint.cli.output import choose, emit, fail

_DIGESTS = ("2", "4")


def ds(
    path: Annotated[str, typer.Argument(metavar="ZONE", help="The zone file, or - for standard input.")],
    parent: Annotated[
        str | None, typer.Option("--ds", metavar="FILE", help="The DS records at the parent now, or none.")
    ] = None,
    digest: Annotated[
        list[str] | None, typer.Option(metavar="2|4", help="Digest type: SHA-256, the default, or SHA-384; repeatable.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(metavar="NAME", help="The zone's name; by default taken from the file.")
    ] = None,
    at: Annotated[
        list[str] | None, typer.Option(metavar="TIME", help="The reference time, as for check; repeatable.")
    ] = None,
    layout: Annotated[str, typer.Option("--format", metavar="text|json", help="The format.")] = "text",
) -> None:
    """Give the DS, CDS and CDNSKEY records for the parent, and say whether a registry would take them.

    Exit status: 0 it would, 1 it would not, 2 the zone or the DS file could not be used.
    """
    from zonelint.report.parent import FORMATS
    from zonelint.times import BadTime, parse_time, reference_now

    write = FORMATS[choose("--format", layout, FORMATS)]
    wanted = list(dict.fromkeys(int(choose("--digest", each, _DIGESTS)) for each in digest or ["2"]))
    for name, value in (("ZONE", path), ("--ds", parent), ("--origin", origin)):
        if value == "":
            fail(f"{name}: the value is empty")
    if [path, parent].count("-") > 1 or parent == "-":
        fail("--ds takes a file: - is standard input, which is for the zone")
    try:
        now = reference_now(os.environ, time.time())
        moments = tuple(dict.fromkeys(parse_time(text, now) for text in at or ["now"]))
    except BadTime as fault:
        fail(str(fault))

    from zonelint.engine import CheckOptions, UsageError
    from zonelint.engine.parent import parent_side
    from zonelint.source.text import Unreadable

    try:
        side = parent_side(path, CheckOptions(at=moments, origin=origin, ds=parent), wanted)
    except (UsageError, Unreadable) as fault:
        fail(str(fault))
    emit(write(side))
    raise typer.Exit(0 if side.is_accepted else 1)
