"""`zonelint config`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from zonelint.cli.configuration import configuration_file, settled_for
from zonelint.cli.lean import LeanCommand, LeanGroup
from zonelint.cli.output import choose, emit, fail

config = typer.Typer(
    cls=LeanGroup, no_args_is_help=True, help="Show what the configuration file says.",
    add_completion=False, rich_markup_mode=None,
)  # fmt: skip


@config.command(cls=LeanCommand)
def show(
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="A zone file; what holds for all by default.")
    ] = None,
    file: Annotated[str | None, typer.Option("--config", metavar="FILE", help="The configuration file.")] = None,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")] = False,
    layout: Annotated[str, typer.Option("--format", metavar="text|json", help="The format.")] = "text",
) -> None:
    """Say which settings hold for a zone file, and where each comes from.

    Exit status: 0 shown, 2 there is no such file, or the configuration cannot be used.
    """
    from zonelint.report.settings import FORMATS

    choose("--format", layout, FORMATS)
    if "" in (path, file):
        fail("config show: PATH or --config is empty")
    if path is not None and path != "-" and not os.path.exists(path):
        fail(f"config show: {path} does not exist")
    settled = settled_for(path, configuration_file(file, no_config), no_config)
    from zonelint.engine.shown import shown

    emit(FORMATS[layout](shown(path, settled)))


@config.command(cls=LeanCommand)
def schema() -> None:
    """Print the JSON Schema of the configuration file, for editors."""
    import json

    from zonelint.configuration.form import schema as made

    emit(json.dumps(made(), indent=2) + "\n")
