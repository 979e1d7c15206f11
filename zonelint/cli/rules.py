"""`zonelint rules`."""

from __future__ import annotations

from typing import Annotated

import typer

from zonelint.cli.output import choose, emit, fail


def rules(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULE", help="Rules, codes, code prefixes or families; all by default."),
    ] = None,
    layout: Annotated[str, typer.Option("--format", metavar="text|json|md", help="The format.")] = "text",
) -> None:
    """List the rules."""
    from zonelint import catalogue
    from zonelint.report.rules import TABLES

    write = TABLES[choose("--format", layout, TABLES)]
    try:
        wanted = catalogue.resolve(names) if names else catalogue.rules().keys()
    except catalogue.UnknownRule as fault:
        fail(str(fault))
    emit(write([rule for rule in catalogue.rules().values() if rule.id in wanted]))
