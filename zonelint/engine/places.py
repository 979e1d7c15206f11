"""From findings to what a report shows: the severity, the line and column, in the order of the text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from zonelint import catalogue
from zonelint.findings import Finding, Located, Location, Place, Severity
from zonelint.keys.secret import may_show
from zonelint.source.locate import Locator
from zonelint.source.text import Octets, Source, Unreadable, mentions_private_key, open_source


def located(
    findings: Iterable[Finding], zone: str, source: Source, changed: Mapping[str, Severity] | None = None
) -> list[Located]:
    """Give findings their severity and their line and column, in the order of the text.

    Places in `source` are looked up there, those in other files by opening them. What may be a private key is left out.
    `changed` holds severities other than those of the catalogue, by rule.
    """
    findings = list(dict.fromkeys(findings))
    severities = {rule: catalogue.rule(rule).severity for rule in {finding.rule for finding in findings}}
    severities |= changed or {}
    places: dict[str, list[Place]] = {}
    for finding in findings:
        for place in (finding.place, *[place for place, _ in finding.related]):
            if place is not None:
                places.setdefault(place.file, []).append(place)
    texts = {file: text_of(file, source) for file in places}
    locators = {file: Locator(texts[file].read, texts[file].size, [place.start for place in wanted]).locate
                for file, wanted in places.items()}  # fmt: skip
    secret = {file for file, wanted in places.items()
              if mentions_private_key(texts[file], [place.start for place in wanted])}  # fmt: skip

    def locate(place: Place | None) -> Location | None:
        return None if place is None else locators[place.file](place)

    located = [_guarded(
        Located(finding, zone, severities[finding.rule], locate(finding.place),
                tuple((where, text) for place, text in finding.related if (where := locate(place))))
    , secret) for finding in findings]  # fmt: skip
    return in_order(located)


def in_order(findings: Iterable[Located]) -> list[Located]:
    """Sort findings as reports list them: by their place in the text first."""
    return sorted(findings, key=_order)


def _guarded(found: Located, secret: set[str]) -> Located:
    """Take out the source line, and what the message quotes of it, where it may hold a private key."""
    where = found.location
    if where is None or (where.file not in secret and may_show(where.file, where.text)):
        return found
    quiet = replace(found.finding, message=catalogue.rule(found.finding.rule).title, owner="", discriminator="")
    return replace(found, finding=quiet, location=replace(where, text=""))


def _order(found: Located) -> tuple[str, int, int, str, str, str]:
    where = found.location
    file, line, column = (where.file, where.line, where.column) if where else ("", 0, 0)
    return file, line, column, found.finding.rule, found.finding.owner, found.finding.message


def text_of(file: str, source: Source) -> Source:
    """Open again a file that something was found in; empty if it is gone or was a pipe, which is read only once."""
    if file == source.name:
        return source
    beside = source.beside if isinstance(source, Octets) else None
    if beside and (found := beside(file)):
        return found
    try:
        return open_source(file) if os.path.isfile(file) else Octets(file, b"")
    except Unreadable:
        return Octets(file, b"")
