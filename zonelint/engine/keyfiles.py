"""Files on their way into a repository: private keys among them, and the dates that key files carry."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from zonelint import catalogue
from zonelint.checks.keyfiles import check_names
from zonelint.engine.options import CheckOptions
from zonelint.engine.places import located
from zonelint.engine.run import exit_status
from zonelint.findings import Finding, Located, Place, Report, ZoneReport
from zonelint.keys.fields import Damaged
from zonelint.keys.keyfiles import SIZE_LIMIT, read_state
from zonelint.keys.leaks import private_keys
from zonelint.source.locate import Locator
from zonelint.source.text import Octets, Source, Unreadable, open_source

RULES = frozenset({
    "private-key-in-repository", "key-file-invalid", "key-file-name-mismatch", "key-dates-out-of-order",
    "key-lifetime-mismatch", "key-successor-mismatch", "key-tag-shared", "key-ttl-mismatch", "key-rollovers-overlap",
})  # fmt: skip
"""What is judged here: the rules about key files that need no zone, no policy and no assumption about delays."""

OWN = frozenset({"private-key-in-repository"})
"""Those that nothing else judges."""

_LEAK = "private-key-in-repository"
_PUBLIC = re.compile(r"K.+\+\d{3}\+\d{5}\.(?:key|state)")
_HIDDEN = frozenset({".git", ".hg", ".svn"})


def check_keys(paths: Sequence[str], options: CheckOptions) -> Report:
    """Judge files, and all files in folders, as those of a repository.

    Of a key file the others in its folder are read too, but only findings in the files given are reported.
    """
    report = Report(options.at, fail_on=options.fail_on, noun="file")
    entries: dict[str, ZoneReport] = {}
    for path in paths:
        others = 0
        for file, named in _files(path, report.failures):
            try:
                entry = _searched(open_source(file), options)
            except Unreadable as fault:
                report.failures.append(str(fault))
                continue
            if named or entry.findings or _PUBLIC.fullmatch(os.path.basename(file)):
                entries.setdefault(os.path.normpath(file), entry)
            else:
                others += 1
        if others:
            what = f"{path}: {others} other file{'s' * (others != 1)} without a private key"
            entries[f"{path}/"] = ZoneReport(path, "", "", summary=what, ran=partial(_ran, options, OWN))
    _judge_dates(entries, options, report.failures)
    report.zones = list(entries.values())
    report.exit_status = exit_status(report, options.fail_on)
    return report


def _files(path: str, failures: list[str]) -> Iterator[tuple[str, bool]]:
    """Give each file, hidden ones too, and whether it was named itself rather than found in a folder."""
    if path == "-" or not os.path.isdir(path):
        yield path, True
        return

    def unreadable(fault: OSError) -> None:
        failures.append(f"{fault.filename}: {(fault.strerror or str(fault)).lower()}")

    for folder, folders, files in os.walk(path, onerror=unreadable):
        folders[:] = sorted(name for name in folders if name not in _HIDDEN)
        for name in sorted(files):
            # what a link leads to is no part of a repository, nor is a pipe
            if not os.path.islink(full := os.path.join(folder, name)) and os.path.isfile(full):
                yield full, False


# --- private keys --------------------------------------------------------------------------------------------


def _searched(source: Source, options: CheckOptions) -> ZoneReport:
    """Search one file for private keys."""
    leaks = list(private_keys(source.read, source.size)) if options.wants(_LEAK) else []
    what = f"{len(leaks)} private key{'s' * (len(leaks) != 1)}" if leaks else "no private key"
    entry = ZoneReport(source.name, "", "", summary=f"{source.name}: {what}", ran=partial(_ran, options, OWN))
    severity = options.severities.get(_LEAK) or catalogue.rule(_LEAK).severity if leaks else options.fail_on
    locator = Locator(source.read, source.size, [leak.start for leak in leaks])
    for leak in leaks:
        place = Place(source.name, leak.start, leak.end)
        finding = Finding(_LEAK, f"a private key {leak.kind}", place, discriminator=os.path.basename(source.name))
        # nothing of such a file is shown, not even the line that announces the key
        where = replace(locator.locate(place), text="")
        entry.findings.append(Located(finding, "", severity, where))
    return entry


# --- dates ---------------------------------------------------------------------------------------------------


def _judge_dates(entries: dict[str, ZoneReport], options: CheckOptions, failures: list[str]) -> None:
    """Add to the reports of key files what is wrong with their dates, their names and their links."""
    folders: dict[str, list[str]] = {}
    for file, entry in entries.items():
        if _PUBLIC.fullmatch(os.path.basename(file)) and os.path.isfile(file):
            folders.setdefault(os.path.dirname(file), []).append(file)
            entry.ran = partial(_ran, options, RULES)
    if not folders:
        return
    from zonelint.rollover.keydir import KeyDirError

    for folder, files in folders.items():
        own = {os.path.join(folder or os.curdir, os.path.basename(file)): entries[file] for file in files}
        zones: dict[str, list[Finding]] = {}
        try:
            judged = [*_folder(folder or os.curdir, options.at[0]), *_lone_states(own)]
        except (KeyDirError, OSError) as fault:
            failures.append(str(fault))
            continue
        for zone, finding in judged:
            if finding.rule in RULES and options.wants(finding.rule):
                zones.setdefault(zone, []).append(finding)
        for zone, findings in zones.items():
            for found in located(findings, zone, Octets("", b""), options.severities):
                place = found.finding.place
                if place is not None and (held := own.get(place.file)) is not None:
                    held.findings.append(found)
                    held.origin = zone
        for file, entry in own.items():
            entry.summary += f", {_dated(file)}"


def _folder(folder: str, at: int) -> Iterator[tuple[str, Finding]]:
    """Judge all key files of a folder, zone by zone; raises `KeyDirError`."""
    from zonelint.rollover.keydir import judge_keys, read_zones

    zones, damaged = read_zones(folder)
    for finding in damaged:
        yield finding.owner, finding
    for zone, files in zones.items():
        for finding in (*check_names(files), *judge_keys(files, None, at, None).findings):
            yield zone, finding


def _lone_states(files: Iterable[str]) -> Iterator[tuple[str, Finding]]:
    """Judge state files that have no `.key` file beside them, which no reader of key folders looks at."""
    for file in files:
        stem, kind = os.path.splitext(file)
        if kind == ".state" and not os.path.exists(f"{stem}.key") and not os.path.exists(f"{stem}.private"):
            try:
                with open(file, "rb") as text:
                    read_state(text.read(SIZE_LIMIT + 1), file)
            except Damaged as fault:
                yield "", Finding("key-file-invalid", str(fault), Place(file, fault.start, fault.end))


def _dated(file: str) -> str:
    stem, kind = os.path.splitext(file)
    if kind == ".state" and not os.path.exists(f"{stem}.key"):
        return "dates not judged without its .key file"
    return "dates judged"


def _ran(options: CheckOptions, rules: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(rule for rule in rules if options.wants(rule)))
