"""The baseline: findings that were there when a zone came under watch, kept by fingerprint in a file of JSON.

Fingerprints name no lines, times or signatures, so an entry outlives edits and each night's signing, until the fault is
gone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zonelint.checks import RULES
from zonelint.engine.options import UsageError
from zonelint.findings import Located, Place, Report, ZoneReport
from zonelint.suppressions import AT_RECORD, NEVER

VERSION = 1
_TEXTS = ("fingerprint", "rule", "zone", "owner", "type")


@dataclass(frozen=True, slots=True)
class Entry:
    """So many findings of one fingerprint; all but that and `count` is for people, `place` is that in the file."""

    fingerprint: str
    rule: str
    zone: str
    owner: str = ""
    type: str = ""
    count: int = 1
    reason: str = ""
    place: Place | None = None


@dataclass(slots=True)
class _Left:
    entry: Entry
    number: int


class Baseline:
    """The entries of a baseline that no finding has taken yet in a run; raises `UsageError` as `load` does."""

    def __init__(self, path: str) -> None:
        self._left = {mark: _Left(entry, entry.count) for mark, entry in load(path).items()}

    def take(self, found: Located) -> Entry | None:
        """Give the entry that a finding is in; None for one that is new, or one more than there were."""
        left = self._left.get(found.fingerprint) if accepts(found.finding.rule) else None
        if left is None or not left.number:
            return None
        left.number -= 1
        return left.entry

    def stale(self, zones: Sequence[ZoneReport]) -> Iterator[tuple[Entry, int]]:
        """Give each entry of zones that were judged of which some findings are gone, and how many."""
        for left in self._left.values():
            rule, judged = left.entry.rule, [zone.ran() for zone in zones if zone.origin == left.entry.zone]
            if left.number and judged and (rule not in RULES or all(rule in ran for ran in judged)):
                yield left.entry, left.number


def accepts(rule: str) -> bool:
    """Tell whether findings of a rule may stand in a baseline: not those that say that text was not judged."""
    return rule not in NEVER and rule not in AT_RECORD


def load(path: str) -> dict[str, Entry]:
    """Read a baseline, by fingerprint; raises `UsageError` for one that is missing, damaged or of another version."""
    try:
        with open(path, "rb") as file:
            octets = file.read()
        data = json.loads(octets)
    except OSError as fault:
        raise UsageError(f"baseline {path}: {(fault.strerror or str(fault)).lower()}") from None
    except json.JSONDecodeError as fault:
        raise UsageError(f"baseline {path}:{fault.lineno}:{fault.colno}: no JSON: {fault.msg}") from None
    except (UnicodeDecodeError, RecursionError):
        raise UsageError(f"baseline {path}: no JSON") from None
    if not isinstance(data, dict) or type(data.get("version")) is not int or "findings" not in data:
        raise UsageError(f"baseline {path}: no baseline of zonelint (--write-baseline makes one)")
    if data["version"] != VERSION:
        raise UsageError(f"baseline {path}: version {data['version']}, but this zonelint reads version {VERSION}")
    entries: dict[str, Entry] = {}
    for number, item in enumerate(data["findings"] if isinstance(data["findings"], list) else [None], 1):
        entry = _entry(item, path, octets)
        if entry is None or entry.fingerprint in entries:
            problem = "is not one" if entry is None else "is there twice"
            raise UsageError(f"baseline {path}: entry {number} of the findings {problem}")
        entries[entry.fingerprint] = entry
    return entries


def _entry(item: Any, path: str, octets: bytes) -> Entry | None:
    """Read one entry; None for what is none."""
    if not isinstance(item, dict):
        return None
    texts = {name: item[name] for name in _TEXTS if isinstance(item.get(name), str)}
    count, reason = item.get("count"), item.get("reason", "")
    if len(texts) != len(_TEXTS) or type(count) is not int or count < 1 or not isinstance(reason, str):
        return None
    quoted = json.dumps(texts["fingerprint"]).encode()
    start = octets.find(quoted)
    place = Place(path, start, start + len(quoted)) if start >= 0 else None
    return Entry(**texts, count=count, reason=reason, place=place)


def renewed(report: Report, old: Iterable[Entry]) -> str:
    """Write the baseline of what a run has accepted; entries about what it did not judge stay as they are."""
    entries: dict[str, Entry] = {}
    reasons = {entry.fingerprint: entry.reason for entry in old}
    judged = {zone.origin: set(zone.ran()) for zone in report.zones}
    for zone in report.zones:
        judged[zone.origin] &= set(zone.ran())
        for each in zone.suppressed:
            if each.by == "baseline":
                _add(entries, each.found, reasons)
    for entry in old:
        if entry.rule in RULES and entry.rule not in judged.get(entry.zone, ()):
            entries.setdefault(entry.fingerprint, entry)
    return _written(entries.values())


def _add(entries: dict[str, Entry], found: Located, reasons: dict[str, str]) -> None:
    finding, mark = found.finding, found.fingerprint
    count = entries[mark].count + 1 if mark in entries else 1
    entries[mark] = Entry(mark, finding.rule, found.zone, finding.owner, finding.type, count, reasons.get(mark, ""))


def _written(entries: Iterable[Entry]) -> str:
    """Write one entry a line, so that a change of one is a change of one line."""
    ordered = sorted(entries, key=lambda each: (each.zone, each.owner, each.type, each.rule, each.fingerprint))
    lines = []
    for each in ordered:
        item: dict[str, Any] = {
            "rule": each.rule, "zone": each.zone, "owner": each.owner, "type": each.type, "count": each.count,
            "fingerprint": each.fingerprint,
        }  # fmt: skip
        lines.append("    " + json.dumps(item | ({"reason": each.reason} if each.reason else {})))
    listed = "[\n" + ",\n".join(lines) + "\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'


def existing(paths: Iterable[str | None]) -> dict[str, Entry]:
    """Read the first of some baselines that is there; empty where none is. Raises `UsageError`."""
    for path in paths:
        if path is not None and os.path.exists(path):
            return load(path)
    return {}
