"""Options about the configuration file that several commands have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from zonelint.cli.output import fail, width

if TYPE_CHECKING:
    from zonelint.configuration import Refused
    from zonelint.configuration.settle import Settled
    from zonelint.limits import Limit

VARIABLE = "ZONELINT_CONFIG"
"""The environment variable that names a configuration file."""


def configuration_file(option: str | None, no_config: bool) -> str | None:
    """Give the configuration file that was asked for, None to look for one; fails for a file that is not there."""
    if option is not None and no_config:
        fail("--config and --no-config exclude each other")
    if no_config:
        return None
    name, path = ("--config", option) if option is not None else (VARIABLE, os.environ.get(VARIABLE) or None)
    if path is not None and not os.path.lexists(path):
        fail(f"{name}: {path} does not exist")
    if path is not None and os.path.isdir(path):
        fail(f"{name}: {path} is a directory")
    return path


def named_alone(words: Iterable[str]) -> frozenset[str]:
    """Give the rules that stand among some names by their own id or code, not as part of a family."""
    from zonelint import catalogue

    found = [catalogue.resolve([word]) for word in words]
    return frozenset().union(*(rules for rules in found if len(rules) == 1))


def settled_for(path: str | None, file: str | None, no_config: bool) -> Settled | None:
    """Give what the configuration says for a zone file, None without one; fails, all faults told, where it is wrong."""
    from zonelint.configuration import Refused
    from zonelint.configuration.find import find

    path = None if path == "-" else path
    file = file if file is not None or no_config else find(path)
    if file is None:
        return None
    from zonelint.configuration.read import read_configuration
    from zonelint.configuration.settle import settle
    from zonelint.source.text import Unreadable

    try:
        return settle(read_configuration(file), path)
    except Refused as fault:
        _show(fault)
        fail(str(fault))
    except Unreadable as fault:
        fail(str(fault))


def _show(fault: Refused) -> None:
    """Write all faults of a configuration to standard error, as they are shown in a report."""
    from zonelint.engine.run import refusal
    from zonelint.findings import Report
    from zonelint.report import ReportOptions
    from zonelint.report.full import write

    if sys.stderr is not None:
        report = Report((), [refusal(fault)])
        print(write(report, ReportOptions(width=width(), quiet=True)), file=sys.stderr)  # noqa: T201


def read_limit(option: str, text: str) -> Limit:
    """Read a threshold, a number or a share."""
    from zonelint.limits import Limit, parse_share

    share = parse_share(text)
    if share is None:
        fail(f"{option}: {text!r} is neither a number nor a share like 10%")
    limit = Limit(option, share)
    if limit.is_idle:
        fail(f"{option}: {text!r} is more than all: at most 100% can be {limit.kind}")
    return limit
