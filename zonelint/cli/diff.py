"""`zonelint diff`."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from zonelint.cli.configuration import configuration_file, read_limit, settled_for
from zonelint.cli.output import choose, complain, emit, fail
from zonelint.limits import Limit

FORMATS = ("text", "json", "md")
_HELP = "End with status 1 if more RRsets than this are {}: a number, or a share as 10%."


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The version before, a file or -.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The version after, a file or -.")],
    origin: Annotated[
        str | None, typer.Option(metavar="NAME", help="The zone's name; by default taken from the files.")
    ] = None,
    layout: Annotated[str, typer.Option("--format", metavar="text|json|md", help="The format.")] = "text",
    max_added: Annotated[str | None, typer.Option(metavar="N|P%", help=_HELP.format("added"))] = None,
    max_removed: Annotated[str | None, typer.Option(metavar="N|P%", help=_HELP.format("removed"))] = None,
    max_changed: Annotated[str | None, typer.Option(metavar="N|P%", help=_HELP.format("changed"))] = None,
    allow_include: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="Also allow $INCLUDE from this folder; repeatable.")
    ] = None,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="The configuration file, in place of the nearest to NEW.")
    ] = None,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show all lines of each section.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with status 1 if anything differs.")] = False,
) -> None:
    """Say what differs between two versions of a zone: names, RRsets, keys, delegations, signatures, denial.

    Exit status: 0 compared, 1 a threshold is exceeded (or they differ, with --exit-code), 2 cannot be compared.
    """
    choose("--format", layout, FORMATS)
    if "" in (old, new, origin, config):
        fail("diff: OLD, NEW, --origin or --config is empty")
    if old == new == "-":
        fail("- is standard input, which can be read only once")
    asked = {"--max-added": max_added, "--max-removed": max_removed, "--max-changed": max_changed}
    limits = {name[2:]: read_limit(name, text) for name, text in asked.items() if text is not None}
    settled = settled_for(new, configuration_file(config, no_config), no_config)
    words: frozenset[bytes] = frozenset()
    if settled is not None:
        thresholds = {name: Limit(name, each.value) for name, each in (settled.get("thresholds") or {}).items()}
        limits = {**thresholds, **limits}
        origin = origin or settled.get("origin")
        allow_include = [*(allow_include or ()), *(settled.get("allow-include") or ())]
        words = settled.configuration.placeholders

    from zonelint.engine import UsageError
    from zonelint.engine.differ import diff as compare

    try:
        found = compare(old, new, origin, list(limits.values()), tuple(allow_include or ()), words)
    except UsageError as fault:
        fail(str(fault))
    emit(import_module(f"zonelint.report.diff_{layout}").write(found, every))
    if layout == "json":
        for sentence in found.exceeded:
            complain(sentence)
    raise typer.Exit(1 if found.exceeded or (exit_code and not found.is_same) else 0)
