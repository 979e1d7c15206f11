"""The application: its commands, and the one place where a fault becomes a line of text and a status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from zonelint import __version__
from zonelint.cli.lean import LeanCommand, LeanGroup
from zonelint.cli.output import complain, emit

COMMANDS = ("check", "fix", "keys", "diff", "ds", "rules", "explain", "rollover", "cache", "config")
"""The commands in the order of the help; each is what the module of its name in `zonelint.cli` calls so."""


class _Commands(LeanGroup):
    """The group of all commands; the module of one is loaded when it is asked for, since a run needs no other."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as the parent class has it
        """Give the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a command by its name."""
        # what is like an unknown name can be told only with all of them there
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands[name] = _load(name)
        return super().get_command(ctx, cmd_name)


def _load(name: str) -> Any:
    entry = getattr(import_module(f"zonelint.cli.{name}"), name)
    if not isinstance(entry, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name, cls=LeanCommand)(entry)
        entry = alone
    command = typer.main.get_command(entry)
    command.name = name
    return command


# completion and pretty tracebacks cost start-up time in every run
app = typer.Typer(
    name="zonelint",
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
