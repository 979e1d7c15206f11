"""`zonelint explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from zonelint.cli.output import choose, emit, fail


def explain(
    names: Annotated[list[str], typer.Argument(metavar="RULE", help="Rules, by name or code.")],
    layout: Annotated[str, typer.Option("--format", metavar="text|json|md", help="The format.")] = "text",
) -> None:
    """Explain a rule: why it matters, what users see, what to do."""
    from zonelint import catalogue
    from zonelint.report.rules import PAGES

    write = PAGES[choose("--format", layout, PAGES)]
    if not names:
        fail("explain: no RULE given; `zonelint rules` lists them")
    try:
        emit(write([catalogue.rule(name) for name in names]))
    except catalogue.UnknownRule as fault:
        fail(str(fault))
