"""`zonelint cache`."""

from __future__ import annotations

import os

import typer

from zonelint.cli.lean import LeanCommand, LeanGroup
from zonelint.cli.output import emit, fail

cache = typer.Typer(
    cls=LeanGroup, no_args_is_help=True, help="Show or remove what earlier runs have verified.",
    add_completion=False, rich_markup_mode=None,
)  # fmt: skip


@cache.command(cls=LeanCommand)
def info() -> None:
    """Say where the cache is and how much it holds."""
    from zonelint.engine.cache import directory, usage

    held = usage(directory(os.environ))
    emit(f"{held.directory}: {held.zones} {'zone' if held.zones == 1 else 'zones'}, {_size(held.octets)}\n")


@cache.command(cls=LeanCommand)
def clear() -> None:
    """Remove all that the cache holds."""
    from zonelint.engine.cache import Refused, clear, directory

    try:
        held = clear(directory(os.environ))
    except Refused as reason:
        fail(str(reason))
    emit(f"{held.directory}: removed {held.zones} {'zone' if held.zones == 1 else 'zones'}, {_size(held.octets)}\n")


def _size(octets: int) -> str:
    """Write a size in the unit that suits it."""
    return f"{octets / 2**20:.1f} MiB" if octets >= 1 << 20 else f"{octets / 1024:.1f} KiB"
