"""The real root zone of 21 August 2017: nothing to complain of as published, and every damage found at its line."""

from __future__ import annotations

import lzma
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from fixturing import ROOT

from zonelint.engine import CheckOptions, check
from zonelint.engine.zone import judge
from zonelint.findings import Severity, ZoneReport
from zonelint.source.include import IncludePolicy
from zonelint.source.text import open_source
from zonelint.times import parse_time
from zonelint.zone.context import Context

ARCHIVE = ROOT.parent / "shared" / "zones" / "root-2017082100.zone.xz"
AT = parse_time("2017-08-22T00:00:00Z", 0)
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

pytestmark = pytest.mark.skipif(not ARCHIVE.is_file(), reason=f"the archive of the root zone is not at {ARCHIVE}")

Seen = set[tuple[int, str, str, str]]
"""Line, rule, owner and type of each error."""


@pytest.fixture(scope="module")
def lines() -> tuple[str, ...]:
    return tuple(lzma.decompress(ARCHIVE.read_bytes()).decode("ascii").splitlines())


@pytest.fixture
def path(lines: Sequence[str], tmp_path: Path) -> Path:
    return _written(lines, tmp_path)


def _written(lines: Sequence[str], folder: Path) -> Path:
    path = folder / "root.zone"
    path.write_text("\n".join([*lines, ""]))
    return path


def _judged(path: Path, jobs: int | None = None) -> ZoneReport:
    report = check([str(path)], CheckOptions(at=(AT,), jobs=jobs))
    assert not report.failures
    assert len(report.zones) == 1
    return report.zones[0]


def _errors(zone: ZoneReport) -> Seen:
    return {
        (found.location.line, found.finding.rule, found.finding.owner, found.finding.type)
        for found in zone.findings
        if found.location and found.severity > Severity.notice
    }


def _owner(line: str) -> str:
    return line.split(None, 1)[0].lower()


def _records(lines: Sequence[str], rdtype: str, covered: str = "") -> list[int]:
    """Indexes of the lines that hold records of a type, of signatures over one type if `covered` is given."""
    numbers = []
    for number, line in enumerate(lines):
        fields = line.split(None, 5)
        if fields[3] == rdtype and covered in ("", fields[4]):
            numbers.append(number)
    return numbers


def test_nothing_to_complain_of(path: Path) -> None:
    zone = _judged(path)
    assert (zone.origin, zone.serial, zone.records) == (".", 2017082100, 22772)
    assert (zone.signatures, zone.verified) == (2950, 2950)
    # KSK-2017 is published and does not sign yet
    assert [(found.finding.rule, found.severity.name) for found in zone.findings] == [("dnskey-unused", "notice")]


def test_every_nsec_is_walked(path: Path, lines: Sequence[str]) -> None:
    context = Context(b"", at=(AT,), horizon=259200, lifetime=180 * 86400)
    judged = judge(open_source(str(path)), context, IncludePolicy.for_zone(str(path)), None, 1)
    index = judged.index
    assert len(index.links) == len(_records(lines, "NSEC")) == 1548
    # one round: each name leads to the next, the last to the first
    assert [link.following for link in index.links] == [*[link.owner for link in index.links[1:]], b""]
    assert (index.records, index.verified) == (22772, 2950)
    assert not judged.findings


def test_a_changed_character_in_any_signature(lines: Sequence[str], tmp_path: Path) -> None:
    dice = random.Random(2017)
    changed, wanted = list(lines), set()
    # the first and the last signature of the file, and some between
    signatures = _records(lines, "RRSIG")
    chosen = {signatures[0], signatures[-1], *dice.sample(signatures, 20)}
    for number in sorted(chosen - set(_records(lines, "RRSIG", "DNSKEY"))):
        head, signature = changed[number].rsplit(" ", 1)
        at = dice.randrange(len(signature) - 3)
        other = dice.choice(_BASE64.replace(signature[at], ""))
        changed[number] = f"{head} {signature[:at]}{other}{signature[at + 1 :]}"
        wanted.add((number + 1, "rrsig-bogus", _owner(changed[number]), changed[number].split()[4]))
    zone = _judged(_written(changed, tmp_path))
    assert _errors(zone) == wanted
    assert zone.verified == 2950 - len(wanted)
    assert len(wanted) > 15


def test_one_changed_character_in_the_signature_of_the_keys(lines: Sequence[str], tmp_path: Path) -> None:
    (number,) = _records(lines, "RRSIG", "DNSKEY")
    changed = list(lines)
    # the twentieth character from the end is one of the signature's own
    last = "B" if changed[number][-20] == "A" else "A"
    changed[number] = changed[number][:-20] + last + changed[number][-19:]
    seen = _errors(_judged(_written(changed, tmp_path), jobs=1))
    assert seen == {(number + 1, "rrsig-bogus", ".", "DNSKEY")}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_dropped_nsec(lines: Sequence[str], tmp_path: Path, jobs: int) -> None:
    number = random.Random(jobs).choice(_records(lines, "NSEC")[1:])
    owner = _owner(lines[number])
    left = [*lines[:number], *lines[number + 1 :]]
    first = next(i for i, line in enumerate(left) if _owner(line) == owner)
    signature = next(i for i in _records(left, "RRSIG", "NSEC") if _owner(left[i]) == owner)
    assert _errors(_judged(_written(left, tmp_path), jobs)) == {
        (first + 1, "nsec-missing", owner, "NSEC"),
        (signature + 1, "rrsig-without-rrset", owner, "NSEC"),
    }


@pytest.mark.parametrize("covered", ["SOA", "NS", "DNSKEY", "DS", "NSEC"])
def test_a_dropped_signature(lines: Sequence[str], tmp_path: Path, covered: str) -> None:
    number = random.Random(covered).choice(_records(lines, "RRSIG", covered))
    owner = _owner(lines[number])
    left = [*lines[:number], *lines[number + 1 :]]
    first = next(i for i in _records(left, covered) if _owner(left[i]) == owner)
    zone = _judged(_written(left, tmp_path), jobs=1)
    assert _errors(zone) == {(first + 1, "rrset-unsigned", owner, covered)}
    assert (zone.signatures, zone.verified) == (2949, 2949)
