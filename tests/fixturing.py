"""Reading the expectations that fixtures carry in their own text; see fixtures/README.md."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from zonelint import profiles
from zonelint.engine import CheckOptions, check
from zonelint.findings import Report
from zonelint.limits import Limit, parse_share
from zonelint.times import parse_duration, parse_time

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
DEFAULT_TIME = "2026-06-15T00:00:00Z"

_HEADER = re.compile(r"^\ufeff?; zonelint-test:(.*)")
_EXPECT = re.compile(r";\s*expect:\s*([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)")
_EXPECT_LINE = re.compile(r"^;\s*expect-line:\s*(\d+)\s+([a-z0-9-]+)", re.MULTILINE)

Expectation = tuple[str, int, str]
"""File name below the fixture's folder, line, rule."""


def header(zone: Path) -> dict[str, str]:
    """Give the settings in the first line of a fixture."""
    first = zone.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    found = _HEADER.match(first)
    assert found, f"{zone}: no `; zonelint-test:` line"
    return dict(item.split("=", 1) for item in found[1].split())


def companions(zone: Path) -> list[Path]:
    """Give the zone file and every file that shares its stem, those in directories included."""
    own = [path for path in zone.parent.iterdir() if path.name.startswith(zone.stem + ".")]
    return [path for each in own for path in ([each] if each.is_file() else each.rglob("*")) if path.is_file()]


def expected(zone: Path) -> set[Expectation]:
    """Collect what a fixture and its companions say must be found."""
    result = set()
    for path in companions(zone):
        name = path.relative_to(zone.parent).as_posix()
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.split("\n"), 1):
            for found in _EXPECT.finditer(line):
                result |= {(name, number, rule.strip()) for rule in found[1].split(",")}
        result |= {(name, int(number), rule) for number, rule in _EXPECT_LINE.findall(text)}
    return result


def run(zone: Path, scratch: Path) -> Report:
    """Judge a fixture as its header says, in a scratch copy so that file modes can be set."""
    settings, scratch = header(zone), scratch / zone.parent.name
    scratch.mkdir()
    for path in companions(zone):
        target = scratch / path.relative_to(zone.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target, follow_symlinks=False)
        if target.suffix == ".private":
            target.chmod(int(settings.get("mode", "0600"), 8))
    for path in zone.parent.iterdir():
        if path.is_file() and not os.path.lexists(scratch / path.name):
            shutil.copy(path, scratch / path.name, follow_symlinks=False)
    return check([str(scratch / zone.name)], options_of(settings, scratch))


def options_of(settings: dict[str, str], folder: Path) -> CheckOptions:
    """Give the options that the first line of a fixture asks for; the files it names are in `folder`."""
    options = CheckOptions(at=(parse_time(settings.get("at", DEFAULT_TIME), 0),), origin=settings.get("origin"))
    for name in ("keys", "ds", "previous", "baseline"):
        if name in settings:
            value = settings[name] if settings[name] == "none" else str(folder / settings[name])
            options = replace(options, **{name: value})
    if "child" in settings:
        options = replace(options, children=tuple(str(folder / name) for name in settings["child"].split(",")))
    if "anchors" in settings:
        options = replace(options, trust_anchors=str(folder / settings["anchors"]))
    for name in ("published", "ds-published"):
        if name in settings:
            options = replace(options, **{name.replace("-", "_"): parse_time(settings[name], 0)})
    for name in ("propagation", "parent-propagation", "ds-ttl"):
        if name in settings:
            options = replace(options, **{name.replace("-", "_"): parse_duration(settings[name])})
    limits = {name: settings[name] for name in ("max-added", "max-removed", "max-changed") if name in settings}
    if limits:
        shares = {name: parse_share(text) for name, text in limits.items()}
        options = replace(options, limits=tuple(Limit(f"--{name}", share) for name, share in shares.items() if share))
    if "horizon" in settings:
        options = replace(options, horizon=parse_duration(settings["horizon"]))
    if "profile" in settings:
        profile = profiles.profile(settings["profile"])
        values = {"severities": profile.severities, "settings": profile.settings, "ignore": profile.ignored}
        options = replace(options, **values)
    return options


def actual(report: Report, scratch: Path) -> set[Expectation]:
    """Turn a report into what was found, comparable with `expected`."""
    assert not report.failures, report.failures
    folder = next(scratch.iterdir()).resolve()
    return {
        (Path(found.location.file).resolve().relative_to(folder).as_posix(), found.location.line, found.finding.rule)
        for zone in report.zones
        for found in zone.findings
        if found.location
    }
