"""A directory of BIND key files: what it says will happen to each zone, what is wrong with that, what comes next."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zonelint.findings import Finding
from zonelint.keys.keyfiles import read_key_directory
from zonelint.keys.model import KeyFile
from zonelint.keys.policies.model import Policy
from zonelint.names import text_from_key
from zonelint.rollover.keydirs.dates import check_dates
from zonelint.rollover.keydirs.links import check_links
from zonelint.rollover.keydirs.numbers import numbers_of
from zonelint.rollover.keydirs.plan import plan_of, settled, timetable
from zonelint.rollover.keydirs.stuck import check_states
from zonelint.rollover.keydirs.upcoming import COLUMNS, NextEvent, next_events
from zonelint.rollover.model import Plan, Setup

RULES = frozenset({
    "key-coverage-gap", "key-deleted-early", "key-active-early", "key-dates-out-of-order", "key-date-missing",
    "key-cds-early", "key-ds-swap-late", "key-revocation-short", "key-successor-mismatch", "key-tag-shared",
    "key-ttl-mismatch", "key-lifetime-mismatch", "key-rollovers-overlap", "key-state-stuck", "key-ds-unconfirmed",
    "key-states-unsafe", "key-state-contradicted",
})  # fmt: skip
"""The rules of the family `keytiming`; judging yields `key-file-invalid` and `key-state-mismatch` besides."""


class KeyDirError(ValueError):
    """A directory that cannot be judged; the text names it and says why."""


@dataclass(slots=True)
class KeyDirReport:
    """All that a directory says of one zone; `findings` do not include those of the prover."""

    zone: str
    keys: list[KeyFile]
    plan: Plan
    findings: list[Finding]
    next_events: list[NextEvent] = field(default_factory=list)


def judge(
    directory: str,
    setup: Setup | None,
    now: int,
    until: int | None,
    policy: Policy | None = None,
    *,
    options: Mapping[str, int] | None = None,
    ds_known: bool = False,
) -> KeyDirReport:
    """Judge the keys of one zone: that of the setup, or the only one in the directory.

    `now` and `until` are in seconds since 1970; None judges all dates. `options` are inputs in seconds that count more
    than all others. `ds_known` tells that the DS records of the setup are those of the parent, not assumed. Raises
    `KeyDirError` for a directory that cannot be listed, has no keys of the zone, or has keys of several zones and no
    setup to choose one.
    """
    zones, findings = read_zones(directory)
    if setup:
        files = zones.get(_absolute(setup.zone), [])
        if not files:
            raise KeyDirError(f"{directory}: no key files of {setup.zone}")
    elif len(zones) > 1:
        raise KeyDirError(f"{directory}: keys of {len(zones)} zones ({_some(zones)}): say which with --zone")
    elif zones:
        files = next(iter(zones.values()))
    else:
        raise _empty(directory, findings)
    return judge_keys(files, setup, now, until, policy, findings, options=options, ds_known=ds_known)


def judge_all(
    directory: str,
    now: int,
    until: int | None,
    policy: Policy | None = None,
    *,
    options: Mapping[str, int] | None = None,
) -> list[KeyDirReport]:
    """Judge every zone that has keys in a directory, each by itself; raises `KeyDirError`."""
    zones, findings = read_zones(directory)
    if not zones:
        raise _empty(directory, findings)
    return [judge_keys(files, None, now, until, policy, findings, options=options) for files in zones.values()]


def read_zones(directory: str) -> tuple[dict[str, list[KeyFile]], list[Finding]]:
    """Read a directory: the key files by the name of their zone, and a finding for each that is damaged.

    Raises `KeyDirError` when it cannot be listed.
    """
    try:
        files, findings = read_key_directory(directory)
    except OSError as fault:
        raise KeyDirError(f"{directory}: {(fault.strerror or 'cannot be read').lower()}") from None
    zones: dict[str, list[KeyFile]] = {}
    for file in files:
        zones.setdefault(text_from_key(file.name), []).append(file)
    return zones, findings


def judge_keys(
    files: Sequence[KeyFile],
    setup: Setup | None,
    now: int,
    until: int | None,
    policy: Policy | None = None,
    damaged: Sequence[Finding] = (),
    *,
    options: Mapping[str, int] | None = None,
    ds_known: bool = False,
) -> KeyDirReport:
    """Judge the key files of one zone; `damaged` has the findings of reading, of which those of the zone are kept."""
    zone = text_from_key(files[0].name)
    numbers = numbers_of(files, setup, policy, options)
    lives = settled(files, setup, now, numbers, ds_known=ds_known)
    plan = plan_of(lives, setup, numbers, now, until)
    findings = [
        *(each for each in damaged if each.owner == zone),
        *check_dates(lives, numbers, now, until),
        *check_links(lives, numbers, now),
        *check_states(lives, numbers, setup, now, ds_known=ds_known),
    ]
    return KeyDirReport(zone, list(files), plan, findings, next_events(lives, plan, numbers, now))


def _absolute(zone: str) -> str:
    return zone.lower() if zone.endswith(".") else f"{zone.lower()}."


def _some(zones: dict[str, list[KeyFile]]) -> str:
    names = sorted(zones)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _empty(directory: str, findings: Sequence[Finding]) -> KeyDirError:
    if findings and findings[0].place:
        return KeyDirError(f"{os.path.basename(findings[0].place.file)}: {findings[0].message}")
    return KeyDirError(f"{directory}: no key files (K*.key)")


__all__ = [
    "COLUMNS", "RULES", "KeyDirError", "KeyDirReport", "NextEvent", "judge", "judge_all", "judge_keys", "next_events",
    "read_zones", "timetable",
]  # fmt: skip
