"""`zonelint fix`."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from zonelint.cli.check import words
from zonelint.cli.configuration import configuration_file
from zonelint.cli.output import choose, complain, emit, emit_octets, fail

if TYPE_CHECKING:
    from zonelint.engine.fixing.run import FixReport

_STYLES = ("auto", "date", "unix", "counter")


def fix(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Zone files, folders of them, or - to mend standard input to output."),
    ] = None,
    origin: Annotated[
        str | None, typer.Option(metavar="NAME", help="The zone's name; by default taken from the file.")
    ] = None,
    previous: Annotated[
        str | None, typer.Option(metavar="FILE", help="The version that is published now.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="REV", help="The git revision that is published now; auto finds it.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--diff", help="Show what would change and write nothing; status 1 if anything would.")
    ] = False,
    bump: Annotated[bool, typer.Option("--bump", help="Raise the serial in any case.")] = False,
    style: Annotated[
        str, typer.Option(metavar="|".join(_STYLES), help="How a new serial is chosen; auto: like the one before.")
    ] = "auto",
    at: Annotated[
        str, typer.Option(metavar="TIME", help="The time of a new serial: ISO 8601, YYYYMMDDHHMMSS, @SECONDS, now.")
    ] = "now",
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help="Mend only these rules; repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help="Leave these out; repeatable.")
    ] = None,
    unsafe: Annotated[
        bool,
        typer.Option("--unsafe-fixes", help="Also mend what is a guess: RRsets of several TTLs get the lowest."),
    ] = False,
    skip_signed: Annotated[
        bool, typer.Option("--skip-signed", help="Pass over signed zones, also those that are named.")
    ] = False,
    allow_include: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="Also allow $INCLUDE from this folder; repeatable.")
    ] = None,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="The configuration file, as for check.")
    ] = None,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Do not list what was done.")] = False,
) -> None:
    """Raise the serial of zones that changed, and mend what has one answer; signed zones are never edited.

    Exit status: 0 done, 1 something would change (--diff only), 2 a zone could not be mended.
    """
    from zonelint import catalogue
    from zonelint.times import BadTime, parse_time, reference_now

    if not paths:
        fail("fix: no PATH given; - reads standard input")
    for name, value in (("PATH", paths), ("--origin", [origin]), ("--previous", [previous]), ("--since", [since]),
                        ("--allow-include", allow_include or []), ("--config", [config])):  # fmt: skip
        if "" in value:
            fail(f"{name}: the value is empty")
    if previous and since:
        fail("--previous and --since exclude each other")
    if "-" in [*paths, previous] and [*paths, previous].count("-") + len(paths) > 2:
        fail("- is standard input: it goes alone, with another file for --previous")
    choose("--style", style, _STYLES)
    try:
        moment = parse_time(at, reference_now(os.environ, time.time()))
        selected = None if select is None else _resolved(select)
        ignored = _resolved(ignore or [])
    except (BadTime, catalogue.UnknownRule) as fault:
        fail(str(fault))

    from zonelint import engine
    from zonelint.engine.fixing.fix import FIXES, FixOptions
    from zonelint.engine.fixing.mends import TTL_RULE
    from zonelint.engine.fixing.run import fix as mend
    from zonelint.engine.fixing.serials import Style

    known = FIXES | {TTL_RULE} if unsafe else FIXES
    if not (known if selected is None else selected & known) - ignored and not bump:
        fail(f"--select and --ignore leave nothing that is mended; that is {', '.join(sorted(known))}")
    options = engine.CheckOptions(
        (moment,), origin, previous, since, allow_include=tuple(allow_include or ()), environ=os.environ
    )
    given = engine.Given(file=configuration_file(config, no_config), no_file=no_config)
    how = FixOptions(options, None if style == "auto" else Style(style), bump, unsafe, selected, ignored)
    try:
        report = mend(paths, how, engine.OptionsFor(options, given), write=not show, skip_signed=skip_signed)
    except engine.UsageError as fault:
        fail(str(fault))
    _say(report, show=show, quiet=quiet)
    raise typer.Exit(report.exit_status)


def _say(report: FixReport, *, show: bool, quiet: bool) -> None:
    """Write what was done, or would be; what was not, to standard error."""
    from zonelint.report.edits import diff, lines
    from zonelint.report.text import visible

    for remark in (*report.remarks, *(f"{zone.file}: {each}" for zone in report.zones for each in zone.remarks)):
        complain(remark)
    for failure in report.failures:
        complain(failure)
    for zone in report.zones:
        if show:
            octets = diff(zone)
            # what a terminal would obey must not reach one; a patch is the octets themselves
            if sys.stdout is not None and sys.stdout.isatty():
                text = octets.decode("utf-8", "backslashreplace")
                emit("".join(f"{visible(line)}\n" for line in text.splitlines()))
            else:
                emit_octets(octets)
        elif zone.file == "<stdin>":
            emit_octets(zone.after)
    if report.zones and not (show or quiet or any(zone.file == "<stdin>" for zone in report.zones)):
        emit(lines(report))


def _resolved(values: list[str]) -> frozenset[str]:
    """Turn what --select and --ignore name into rules; raises `UnknownRule`."""
    from zonelint import catalogue

    return catalogue.resolve(words(values))
