"""The application: its commands, and the one place where a fault becomes a line of text and a status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from zonelint import __version__
from zonelint.cli.cache import cache
from zonelint.cli.check import check
from zonelint.cli.config import config
from zonelint.cli.diff import diff
from zonelint.cli.ds import ds
from zonelint.cli.explain import explain
from zonelint.cli.fix import fix
from zonelint.cli.keys import keys
from zonelint.cli.lean import LeanCommand, LeanGroup
from zonelint.cli.output import complain, emit
from zonelint.cli.rollover import app as rollover
from zonelint.cli.rules import rules

# completion and pretty tracebacks cost start-up time in every run
app = typer.Typer(
    name="zonelint",
    cls=LeanGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (check, fix, keys, diff, ds, rules, explain):
    app.command(cls=LeanCommand)(_command)
app.add_typer(rollover)
app.add_typer(cache, name="cache")
app.add_typer(config, name="config")


def _show_version(wanted: bool) -> None:
    if wanted:
        emit(f"zonelint {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Lint DNS zone files offline, DNSSEC included.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 something could not be judged.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, that of the process by default, and give its exit status; never raises.

    A fault of the program itself gives one line and the status 2. With `ZONELINT_TRACEBACK` set in the
    environment the traceback is shown as well.
    """
    try:
        app(list(sys.argv[1:] if arguments is None else arguments), prog_name="zonelint")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2 if end.code else 0
    except Exception as fault:
        return _report(fault)
    return 0


def _report(fault: Exception) -> int:
    """Say what went wrong in one line."""
    from zonelint.catalogue import CatalogueError

    if os.environ.get("ZONELINT_TRACEBACK"):
        import traceback

        traceback.print_exception(fault)
    if isinstance(fault, CatalogueError):
        complain(str(fault))
    else:
        complain(
            f"internal error: {type(fault).__name__}: {fault} "
            "(please report; ZONELINT_TRACEBACK=1 shows where)"
        )
    return 2
