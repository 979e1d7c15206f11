"""`zonelint keys`."""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated

import typer

from zonelint.cli.check import SELECTION, targets_of, words
from zonelint.cli.output import COLOR_MODES, choose, complain, emit, fail, save, wants_color, width


def keys(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files of a repository, folders of them, or - for standard input."),
    ] = None,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="The reference time, as for check.")
    ] = "now",
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help=f"Run only these. {SELECTION}")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULES", help=f"Leave these out. {SELECTION}")
    ] = None,
    fail_on: Annotated[
        str, typer.Option(metavar="error|warning|notice", help="End with status 1 from this severity on.")
    ] = "error",
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[:FILE]", help="The formats of check; repeatable."),
    ] = None,
    color: Annotated[
        str, typer.Option(metavar="auto|always|never", help="Colour; auto heeds NO_COLOR and TERM=dumb.")
    ] = "auto",
    every: Annotated[bool, typer.Option("--all", help="List all repeats of a rule.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print findings and failures only.")] = False,
) -> None:
    """Check files of a repository: no private key in any, and the dates of key files (K*.key, K*.state) in order.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be judged.
    """
    from zonelint import catalogue
    from zonelint.findings import Severity
    from zonelint.report import FORMATS, ReportOptions, writer
    from zonelint.times import BadTime, parse_time, reference_now

    if not paths:
        fail("keys: no PATH given; - reads standard input")
    if "" in paths:
        fail("keys: a PATH is empty")
    if paths.count("-") > 1:
        fail("- is standard input, which can be read only once")
    targets = targets_of(formats or ["full"], FORMATS)
    choose("--fail-on", fail_on, reversed(Severity.__members__))
    choose("--color", color, COLOR_MODES)
    try:
        moment = parse_time(at, reference_now(os.environ, time.time()))
        selected = None if select is None else catalogue.resolve(words(select))
        ignored = catalogue.resolve(words(ignore or []))
    except (BadTime, catalogue.UnknownRule) as fault:
        fail(str(fault))

    from zonelint import engine
    from zonelint.engine.keyfiles import RULES, check_keys

    if not (RULES if selected is None else selected & RULES) - ignored:
        fail(f"--select and --ignore leave no rule that is judged here: {', '.join(sorted(RULES))}")
    options = engine.CheckOptions((moment,), select=selected, ignore=ignored, fail_on=Severity[fail_on])
    report = check_keys(paths, options)
    if all(target for _, target in targets):
        # with every report in a file, the reason for status 2 must still reach whoever looks
        for failure in report.failures:
            complain(failure)
    for name, target in sorted(targets, key=lambda each: each[1] != ""):
        if target:
            save(target, writer(name)(report, ReportOptions(every=every, quiet=quiet)))
        else:
            painted = wants_color(color, sys.stdout, os.environ)
            emit(writer(name)(report, ReportOptions(painted, width(), every, quiet)))
    raise typer.Exit(report.exit_status)
