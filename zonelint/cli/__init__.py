"""The command line: options in, report out. One module a command."""

from __future__ import annotations

from zonelint.cli.app import main

__all__ = ["main"]
