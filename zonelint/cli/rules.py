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
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="As a profile sees them, and what it changes and why.")
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
    listed = [rule for rule in catalogue.rules().values() if rule.id in wanted]
    if profile is None:
        emit(write(listed))
        return
    from zonelint import profiles
    from zonelint.report.profiles import TABLES as PROFILED

    try:
        emit(PROFILED[layout](profiles.profile(profile), listed))
    except profiles.UnknownProfile as fault:
        fail(str(fault))
