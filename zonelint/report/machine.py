"""What the formats for machines share: paths and columns as other programs count them, and what did not run."""

from __future__ import annotations

import os

from zonelint.findings import Located, Location, Severity, ZoneReport
from zonelint.report.text import visible

LEVELS = {Severity.error: "error", Severity.warning: "warning", Severity.notice: "notice"}
"""What workflow commands of GitHub call each severity, and we do as well."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def path(file: str) -> str:
    """Give a path as pipelines want it: below the working directory without `./`, anything else absolute."""
    try:
        here = os.getcwd()
    except OSError:
        return file
    if not file:
        return file
    full = os.path.normpath(os.path.join(here, file))
    root = here.rstrip(os.sep) + os.sep
    return full.removeprefix(root).replace(os.sep, "/")


def uri(file: str) -> str:
    """Give a path as a URI reference of RFC 3986, relative below the working directory."""
    short = path(file)
    try:
        octets = short.encode("utf-8", "surrogateescape")  # octets that are no UTF-8 stay themselves
    except UnicodeEncodeError:
        octets = short.encode("utf-8", "surrogatepass")
    text = "".join(chr(octet) if octet in _PLAIN else f"%{octet:02X}" for octet in octets)
    return f"file://{text}" if text.startswith("/") else text


def columns(place: Location) -> tuple[int, int | None]:
    """Give the columns of a place in UTF-16 code units; the end is exclusive, and None on another line.

    The text of that other line is not known, so that its octets cannot be turned into characters.
    """
    # each U+FFFD stands for a bad octet, in all but the oddest input
    octets = place.text.replace("\ufffd", "?").encode("utf-8", "replace")

    def units(column: int) -> int:
        before = octets[: column - 1].decode("utf-8", "ignore")
        return len(before.encode("utf-16-le")) // 2 + max(column - 1 - len(octets), 0) + 1

    return units(place.column), units(place.end_column) if place.end_line == place.line else None


def where(zone: ZoneReport, found: Located) -> str:
    """Give the place of a finding as `file:line:column`, or the file of its zone."""
    place = found.location
    return visible(f"{path(place.file)}:{place.line}:{columns(place)[0]}" if place else path(zone.file))


def sentences(found: Located) -> list[str]:
    """Give the message of a finding and a sentence for each place that has to do with it, fit to be shown."""
    related = (f"{path(place.file)}:{place.line}: {message}" for place, message in found.related)
    return [visible(text) for text in (found.finding.message, *related)]


def not_run(zone: ZoneReport) -> dict[str, list[str]]:
    """Give the rules that could not run, by the reason."""
    reasons: dict[str, list[str]] = {}
    for each in zone.not_run:
        reasons.setdefault(each.reason, []).append(each.rule)
    return reasons


def failed_file(failure: str) -> str:
    """Give the file that a failure is about: messages begin with its name."""
    return failure.partition(": ")[0]
