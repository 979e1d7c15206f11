"""Options about the configuration file that several commands have in common."""

from __future__ import annotations

import os
from collections.abc import Iterable

from zonelint.cli.output import fail

VARIABLE = "ZONELINT_CONFIG"
"""The environment variable that names a configuration file."""


def configuration_file(option: str | None, no_config: bool) -> str | None:
    """Give the configuration file that was asked for, None to look for one; fails for a file that is not there."""
    if option is not None and no_config:
        fail("--config and --no-config exclude each other")
    if no_config:
        return None
    name, path = ("--config", option) if option is not None else (VARIABLE, os.environ.get(VARIABLE) or None)
    if path is not None and not os.path.exists(path):
        fail(f"{name}: {path} does not exist")
    if path is not None and os.path.isdir(path):
        fail(f"{name}: {path} is a directory")
    return path


def named_alone(words: Iterable[str]) -> frozenset[str]:
    """Give the rules that stand among some names by their own id or code, not as part of a family."""
    from zonelint import catalogue

    found = [catalogue.resolve([word]) for word in words]
    return frozenset().union(*(rules for rules in found if len(rules) == 1))
