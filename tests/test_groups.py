"""Groups of shards: kept as a whole where they have bundles, shard by shard where they have none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_bundles import NOW
from test_cache import Cached, facts, in_groups

from zonelint.engine import CheckOptions, check, zone
from zonelint.engine.bundles import Bundler, has_bundles
from zonelint.engine.job import Job
from zonelint.engine.scan import Scanner
from zonelint.names import key_from_text
from zonelint.source import reader
from zonelint.source.include import IncludePolicy
from zonelint.source.split import Group, Shard, grouped, split, survey, whole
from zonelint.source.text import Octets
from zonelint.zone.context import Context

HEAD = """\
example.test. 300 IN SOA ns.example.net. h.example.test. 1 7200 3600 1209600 300
example.test. 300 IN NS ns.example.net.
"""
HOSTS = [f"h{number:04}.example.test. 300 IN A 10.1.{number >> 8}.{number & 255}\n" for number in range(1000)]
FAULT = "h0500.example.test. 300 IN A 10.1.1.1.1\n"


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cached:
    result = Cached(tmp_path / "cache", monkeypatch)
    monkeypatch.setattr(zone, "SMALL", 0)
    in_groups(monkeypatch, 500, 5000)
    return result


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[Shard]:
    """The shards that were read as a whole."""
    result: list[Shard] = []
    scan = Scanner.scan

    def noting(scanner: Scanner, shards: Any, *before: Any) -> Any:
        result.extend(shards)
        return scan(scanner, shards, *before)

    monkeypatch.setattr(Scanner, "scan", noting)
    return result


def _cold(path: Path) -> dict[str, Any]:
    return facts(check([str(path)], CheckOptions(at=NOW, jobs=1)))


def test_groups_are_divided_as_a_whole(cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan, sizes = Bundler.scan, list[int]()

    def noting(bundler: Bundler, group: Group) -> Any:
        results = scan(bundler, group)
        sizes.extend(len(part) if result.parts else 0 for part, result in results)
        return results

    monkeypatch.setattr(Bundler, "scan", noting)
    target = tmp_path / "zone"
    target.write_text(HEAD + "".join(HOSTS))
    cached.check(target, at=NOW)
    assert (sizes[0], sizes[-1]) == (0, 0)
    assert min(sizes[1:-1]) > 1
    sizes.clear()
    cached.check(target, at=NOW)
    assert sizes == []


def test_a_fault_costs_its_shard_alone(cached: Cached, scanned: list[Shard], tmp_path: Path) -> None:
    target, hosts = tmp_path / "zone", list(HOSTS)
    target.write_text(HEAD + "".join(hosts))
    cached.check(target, at=NOW)
    # both ends are
    assert len(scanned) == 2
    hosts[500] = FAULT
    text = HEAD + "".join(hosts)
    target.write_text(text)
    for _ in range(3):
        scanned.clear()
        warm = facts(cached.check(target, at=NOW))
        # the ends are as they were
        (odd,) = scanned
        assert odd.start <= text.index(FAULT) < odd.end < odd.start + 1500
        assert warm == _cold(target)


def test_a_fault_that_was_mended_leaves_shards(cached: Cached, scanned: list[Shard], tmp_path: Path) -> None:
    target, hosts = tmp_path / "zone", list(HOSTS)
    hosts[500] = FAULT
    target.write_text(HEAD + "".join(hosts))
    cached.check(target, at=NOW)
    target.write_text(HEAD + "".join(HOSTS))
    for _ in range(2):
        scanned.clear()
        warm = facts(cached.check(target, at=NOW))
        assert scanned == []
        assert warm == _cold(target)


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_the_limits_are_those_of_a_run_without_cache(
    limit: int, cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader gives up after many faults in one text, and a shard is one text."""
    monkeypatch.setattr(zone, "SHARD", 500)
    monkeypatch.setattr(reader, "FAULTS", limit)
    target, hosts = tmp_path / "zone", list(HOSTS)
    for number in range(400, 450):
        hosts[number] = hosts[number].replace(" 10.1.", " 10.1000.")
    target.write_text(HEAD + "".join(hosts))
    cold = _cold(target)
    assert cold["zones"][0]["findings"]
    for _ in range(2):
        assert facts(cached.check(target, at=NOW)) == cold


def test_limits_where_an_owner_stands_in_two_shards_of_a_group(
    cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a zone is read in shares, and what it generates counts as a whole."""
    monkeypatch.setattr(zone, "SHARD", 500)
    monkeypatch.setattr(reader, "GENERATED", 10)
    target, some = tmp_path / "zone", "$GENERATE 1-8 {}$.example.test. 300 IN A 10.9.9.$\n"
    row = len(HOSTS[0])
    # in the middle of a group, two shards apart
    at = next(at for at in range(400, 600) if (len(HEAD) + len(some) + at * row) % 5000 // row == 40)
    again = HOSTS[at].replace("10.1.", "10.2.")
    for more in ("", again):
        rows = [*HOSTS[:200], some.format("x"), *HOSTS[200:at], HOSTS[at], *HOSTS[at + 1 : at + 30], more,
                *HOSTS[at + 30 : 800], some.format("y"), *HOSTS[800:]]  # fmt: skip
        target.write_text(HEAD + "".join(rows))
        cold = _cold(target)
        rules = {found["finding"]["rule"] for found in cold["zones"][0]["findings"]}
        assert ("generate-invalid" in rules) == bool(more)
        for _ in range(2):
            assert facts(cached.check(target, at=NOW)) == cold


def test_where_something_is_found_only_its_shard_is_judged_again(
    cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, parts = Bundler.scan, list[Group]()

    def noting(bundler: Bundler, group: Group) -> Any:
        results = scan(bundler, group)
        parts.extend(part for part, result in results if result.parts)
        return results

    monkeypatch.setattr(Bundler, "scan", noting)
    target, hosts = tmp_path / "zone", list(HOSTS)
    hosts[500] += hosts[500].replace(" 300 ", " 301 ")
    target.write_text(HEAD + "".join(hosts))
    cold = _cold(target)
    assert cold["zones"][0]["findings"]
    assert facts(cached.check(target, at=NOW)) == cold
    assert {len(part) == 1 for part in parts} == {True, False}
    for _ in range(2):
        parts.clear()
        assert facts(cached.check(target, at=NOW)) == cold
        ((odd,),) = parts
        assert odd.start < (HEAD + "".join(HOSTS)).index(HOSTS[500]) < odd.end


def test_bundles_are_known_where_something_is_found(
    cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every group, so that each of its shards is kept alone."""
    in_groups(monkeypatch, 4000, 10_000)
    target, hosts = tmp_path / "zone", list(HOSTS)
    for number in range(0, len(hosts), 200):
        hosts[number] += hosts[number].replace(" 300 ", " 301 ")
    target.write_text(HEAD + "".join(hosts))
    judge, judged = Scanner.judge_records, list[int]()

    def noting(scanner: Scanner, records: Any, **options: Any) -> Any:
        judged.append(len(records))
        return judge(scanner, records, **options)

    monkeypatch.setattr(Scanner, "judge_records", noting)
    cached.check(target, at=NOW)
    first = sum(judged)
    judged.clear()
    target.write_text(HEAD + "".join(hosts[:2]) + "; a comment\n" * 3 + "".join(hosts[2:]))
    warm = facts(cached.check(target, at=NOW))
    assert first < 1.3 * len(hosts)
    assert 0 < 2 * sum(judged) < first
    assert warm == _cold(target)


def test_groups_are_not_tried_in_vain(cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is found in one group, the next is scanned shard by shard at once."""
    divided, tried = Bundler._divided, list[tuple[bool, bool]]()

    def noting(bundler: Bundler, group: Group) -> Any:
        result = divided(bundler, group)
        tried.append((len(group) > 1, result is not None))
        return result

    monkeypatch.setattr(Bundler, "_divided", noting)
    target, hosts = tmp_path / "zone", list(HOSTS)
    for number in range(400, 1000, 50):
        hosts[number] += hosts[number].replace(" 300 ", " 301 ")
    target.write_text(HEAD + "".join(hosts))
    assert facts(cached.check(target, at=NOW)) == _cold(target)
    assert tried.count((True, False)) == 1
    assert tried.count((True, True)) > 2


def test_what_has_bundles_is_cut_as_without_a_cache() -> None:
    judged = {}
    for name, lines in {
        "absolute": HOSTS,
        "with a fault": [*HOSTS[:500], FAULT, *HOSTS[501:]],
        "relative": [line.replace(".example.test.", "") for line in HOSTS],
        "escaped": [line.replace("h", "\\104") for line in HOSTS],
        "without TTL": [line.replace(" 300 ", " ") for line in HOSTS],
        "of class CH": [line.replace(" IN A ", " CH TXT ") for line in HOSTS],
    }.items():
        text = (HEAD + "".join(lines)).encode()
        job = Job(Octets("zone", text), Context(key_from_text("example.test."), at=NOW), IncludePolicy(()))
        judged[name] = has_bundles(job)
    assert [name for name in judged if judged[name]] == ["absolute", "with a fault"]
    assert zone._sizes(1 << 22, bundled=False) == (zone.FINE, 1)
    assert [zone._sizes(1 << power, bundled=True) for power in (21, 25, 30)] == [
        (zone.SHARD, 1 << 15), (zone.SHARD, 1 << 19), (zone.SHARD, zone.GROUP),
    ]  # fmt: skip


def _cut(text: bytes, size: int, group: int) -> list[bytes]:
    source = Octets("zone", text)
    shards = split(source, survey(source), size, None)
    groups = grouped(shards, group)
    assert [shard for each in groups for shard in each] == shards
    assert len(groups[0]) == len(groups[-1]) == 1
    return [text[whole(each).start : whole(each).end] for each in groups]


def test_longer_texts_have_nearly_the_same_groups() -> None:
    text = "".join(f"h{number:05}.example.test. 300 IN A 10.0.0.1\n" for number in range(20_000)).encode()
    groups = _cut(text, 5000, 50_000)
    assert b"".join(groups) == text
    assert len(groups) > 12
    assert max(map(len, groups)) < 60_000
    for at in (0, 200_000, 400_000):
        at = text.index(b"\n", at) + 1
        others = _cut(text[:at] + b"h0.example.test. 300 IN A 10.0.0.1\n" + text[at:], 5000, 50_000)
        assert len(set(groups) - set(others)) <= 3


def test_one_shard_is_one_group() -> None:
    assert _cut(b"a. 300 IN A 10.0.0.1\n", 500, 5000) == [b"a. 300 IN A 10.0.0.1\n"]
