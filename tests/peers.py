"""Running other tools on zones, and what they say about a fault apart from what they say about any zone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from fixturing import DEFAULT_TIME, FIXTURES, header

from zonelint.messages import words
from zonelint.times import parse_time

COMMANDS = {
    "named-checkzone": "named-checkzone -i local -k warn -m warn -n warn -W warn {origin} {path}",
    "nsd-checkzone": "nsd-checkzone {origin} {path}",
    "kzonecheck": "kzonecheck -t {at} -o {origin} {path}",
    "ldns-verify-zone": "ldns-verify-zone -t {stamp} {path}",
    "validns": "validns -p all -t {at} -z {origin} {path}",
}
"""How each tool is asked about a fixture, at the time that its header names."""

FAILING = sorted(FIXTURES.glob("rules/*/fail-*.zone"))
SILENT = sorted(FIXTURES.glob("rules/*/pass-*.zone"))[::2] + sorted(FIXTURES.glob("zones/*.zone"))[::4]
"""The zones that tools are asked about: those that must fail, and some of those that must stay silent."""

FAREWELLS = tuple(map(words, (
    "There were errors in the zone",
    "zone example.test/IN: not loaded due to errors.",
    "error: failed to run semantic checks (failed)",
    "Serious semantic error detected",
    "error: failed to load the zone file",
    "DNSSEC completeness test failed (failure).",
    "DNSSEC completeness test failed.",
)))  # fmt: skip
"""What a tool says after any error."""

_NO_SIGNATURE = "no valid signature for a record"
FEW = 2
"""About so many good zones a tool may be wrong without that being its way of talking."""

_STAMP = re.compile(r"^\[[-0-9:. ]+\] nsd-checkzone\[\d+\]: ")
_COUNTED = re.compile(r"^\s*\d+\s|^Algorithm: |loading from master file|^zone \S+ file \S+ has \d+ errors")
_YOUNGER = re.compile(r"unsupported rdtype (cds|cdnskey|csync|svcb|https|smimea|openpgpkey|caa|zonemd)\b")


def where(tool: str) -> str | None:
    """Give the path of a tool; those of administrators are not on the path of everyone."""
    return shutil.which(tool, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))


def lines_of(command: list[str], folder: Path) -> list[str]:
    """Run a tool and give the lines it writes; none where it crashes or does not come to an end."""
    return _ran(command, folder)[1]


def _ran(command: list[str], folder: Path) -> tuple[bool, list[str]]:
    """Tell whether a tool refuses what it is shown, and what it says."""
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, timeout=10, cwd=folder
        )
    except subprocess.TimeoutExpired:
        return False, []
    if done.returncode < 0:
        return False, []
    return done.returncode != 0, [_STAMP.sub("", line) for line in (done.stdout + done.stderr).splitlines()]


@cache
def verdict(tool: str, path: Path) -> tuple[bool, list[str]]:
    """Ask a tool about a fixture, once: whether it refuses the zone, and what it says."""
    settings = header(path)
    at = parse_time(settings.get("at", DEFAULT_TIME), 0)
    program, *rest = COMMANDS[tool].split()
    values = {
        "origin": settings.get("origin", "example.test"),
        "path": path.name,
        "at": at,
        "stamp": time.strftime("%Y%m%d%H%M%S", time.gmtime(at)),
    }
    return _ran([where(program) or program, *[word.format(**values) for word in rest]], path.parent)


def all_verdicts(tool: str, paths: Iterable[Path]) -> dict[Path, tuple[bool, list[str]]]:
    """Ask a tool about many fixtures, two at a time."""
    paths = list(paths)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(paths, pool.map(lambda path: verdict(tool, path), paths), strict=True))


def all_said(tool: str, paths: Iterable[Path]) -> dict[Path, list[str]]:
    """Give what a tool says about many fixtures."""
    return {path: lines for path, (_, lines) in all_verdicts(tool, paths).items()}


def noise_of(told: Iterable[Iterable[str]]) -> set[tuple[str, ...]]:
    """Give what a tool says, as words, about more than a few of many zones that are good."""
    spread = Counter(found for lines in told for found in {words(line) for line in lines})
    # kzonecheck says so of good zones with several keys that sign all, and of most faults of signatures
    never = words(_NO_SIGNATURE)
    return {found for found, number in spread.items() if number > FEW and found[: len(never)] != never}


def about_the_fault(lines: Iterable[str], noise: set[tuple[str, ...]]) -> list[str]:
    """Leave out what a tool says about good zones too (`noise`, as words), after any error, or of younger types."""
    return [
        line for line in lines
        if (found := words(line)) and found not in noise and found not in FAREWELLS
        and not _COUNTED.search(line) and not _YOUNGER.search(line)
    ]  # fmt: skip
