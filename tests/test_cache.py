"""The cache never changes a report: not warm, not damaged, not raced, not with other keys, data or times."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from fixturing import DEFAULT_TIME, FIXTURES, header

from zonelint.cli import main
from zonelint.dnssec import verify
from zonelint.dnssec.proofs import Proofs
from zonelint.engine import CheckOptions, cache, check, pieces, run, zone
from zonelint.findings import Report
from zonelint.times import parse_duration, parse_time

DAY = 86400
SIGNED = sorted(path for path in FIXTURES.glob("zones/*.zone") if b"RRSIG" in path.read_bytes())
RICH = FIXTURES / "zones/rich-knot-optout.zone"


class Cached:
    """A cache of its own, used for zones of any size and in pieces of some 300 octets."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.verified = folder, 0
        patch.setattr(run, "WORTHWHILE", 0)
        patch.setattr(zone, "PIECE", 300)
        load = verify.load

        def counting(rdata: bytes) -> Any:
            check_one = load(rdata)

            def verifies(signature: bytes, data: bytes) -> bool:
                self.verified += 1
                return check_one(signature, data)

            return verifies

        patch.setattr(verify, "load", counting)

    def check(self, path: Path, **changes: Any) -> Report:
        """Check with the cache; `verified` counts the signatures that were."""
        self.verified = 0
        return check([str(path)], replace(options(path), cache=lambda: str(self.folder), **changes))

    @property
    def file(self) -> Path:
        """The only file in the cache."""
        (file,) = self.folder.iterdir()
        return file


@pytest.fixture(params=["in pieces", "whole"])
def cached(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cached:
    monkeypatch.setattr(zone, "SMALL", 0 if request.param == "in pieces" else 1 << 20)
    return Cached(tmp_path / "cache", monkeypatch)


def options(path: Path) -> CheckOptions:
    given = header(path) if path.is_relative_to(FIXTURES) else {}
    made = CheckOptions(at=(parse_time(given.get("at", DEFAULT_TIME), 0),), origin=given.get("origin"), jobs=1)
    for name in ("keys", "ds", "previous"):
        if name in given:
            made = replace(made, **{name: str(path.parent / given[name])})
    if "horizon" in given:
        made = replace(made, horizon=parse_duration(given["horizon"]))
    return made


def facts(report: Report) -> dict[str, Any]:
    """All that a report says, less the time it took."""
    result = asdict(report)
    for judged in result["zones"]:
        del judged["seconds"]
    return result


def plain(path: Path, **changes: Any) -> dict[str, Any]:
    return facts(check([str(path)], replace(options(path), **changes)))


def rules(report: Report) -> set[str]:
    return {found.finding.rule for found in report.zones[0].findings}


# --- warm is as cold ---------------------------------------------------------------------------------------


def _sample() -> Iterator[Path]:
    yield from SIGNED
    yield from sorted(FIXTURES.glob("rules/*/*.zone"))[::9]


@pytest.mark.parametrize("path", list(_sample()), ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_cold_and_warm_say_the_same(path: Path, cached: Cached) -> None:
    wanted = plain(path)
    for _ in range(3):
        assert facts(cached.check(path)) == wanted


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.stem)
def test_nothing_is_verified_twice(path: Path, cached: Cached) -> None:
    cold = cached.check(path)
    assert cached.verified >= cold.zones[0].verified > 0
    warm = cached.check(path)
    assert facts(warm) == facts(cold)
    # a signature that no key has made is tried again each time
    assert cached.verified == 0


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_any_number_of_processes(jobs: int, cached: Cached) -> None:
    for _ in range(2):
        assert facts(cached.check(RICH, jobs=jobs)) == plain(RICH)


def test_pieces_that_moved_are_recalled(cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is before a piece moves its positions, and they are right in what follows from the whole."""
    path = tmp_path / "zone"
    text = RICH.read_text()
    path.write_text(text)
    cached.check(path, at=(parse_time(DEFAULT_TIME, 0),))
    lines = text.splitlines(keepends=True)
    victims = [number for number, line in enumerate(lines) if "NSEC3" in line and "RRSIG" not in line]
    del lines[victims[len(victims) // 2]]
    path.write_text("; one line more\n" * 3 + "".join(lines))
    at = (parse_time(DEFAULT_TIME, 0),)
    wanted = facts(check([str(path)], CheckOptions(at=at, jobs=1)))
    assert wanted["zones"][0]["findings"]
    assert facts(cached.check(path, at=at)) == wanted
    assert facts(cached.check(path, at=at)) == wanted


def test_shuffled_records(cached: Cached, tmp_path: Path) -> None:
    path, at = tmp_path / "zone", (parse_time(DEFAULT_TIME, 0),)
    lines = [line for line in RICH.read_text().splitlines() if line[:1] not in ("", ";", " ", "\t", "$")]
    head = [line for line in RICH.read_text().splitlines() if line[:1] == "$"]
    for seed in range(4):
        random.Random(seed).shuffle(lines)
        path.write_text("\n".join([*head, *lines, ""]))
        wanted = facts(check([str(path)], CheckOptions(at=at, jobs=1)))
        assert facts(cached.check(path, at=at)) == wanted
        assert facts(cached.check(path, at=at)) == wanted


# --- nothing about time is kept ----------------------------------------------------------------------------


def test_the_time_is_judged_again(cached: Cached) -> None:
    at = options(RICH).at[0]
    assert not rules(cached.check(RICH))
    for later in (10, 1000, 40 * 365):
        moved = (at + later * DAY,)
        assert facts(cached.check(RICH, at=moved)) == plain(RICH, at=moved)
    assert "rrsig-expired" in rules(cached.check(RICH, at=(at + 40 * 365 * DAY,)))
    assert "rrsig-not-yet-valid" in rules(cached.check(RICH, at=(at - 40 * 365 * DAY,)))
    assert not rules(cached.check(RICH))
    assert facts(cached.check(RICH, at=(at, at + 40 * 365 * DAY))) == plain(RICH, at=(at, at + 40 * 365 * DAY))


def test_each_moment_of_a_life(cached: Cached, tmp_path: Path) -> None:
    """To the second: where the first signature expires, and where it is said to expire soon."""
    at = options(RICH).at[0]
    low, high = at, at + 400 * 365 * DAY
    while high - low > 1:
        middle = (low + high) // 2
        if rules(check([str(RICH)], replace(options(RICH), at=(middle,)))):
            high = middle
        else:
            low = middle
    for moment in (low - 1, low, high, high + 1, high + 3 * DAY - 1, high + 3 * DAY, high + 3 * DAY + 1):
        cached.check(RICH)
        assert facts(cached.check(RICH, at=(moment,))) == plain(RICH, at=(moment,))
    assert plain(RICH, at=(low,)) != plain(RICH, at=(high,))


def test_the_horizon_is_no_part_of_it(cached: Cached) -> None:
    for horizon in (0, 3 * DAY, 400 * 365 * DAY, 3 * DAY):
        assert facts(cached.check(RICH, horizon=horizon)) == plain(RICH, horizon=horizon)


# --- what was verified once is judged again when anything changes ------------------------------------------


def _edited(lines: list[str], kind: str) -> list[str]:
    """Change one thing about the signed address records of the zone."""
    at = next(
        i for i, line in enumerate(lines)
        if "RRSIG" in line and line.split("RRSIG")[1].split()[0] == "A" and "DNSKEY" not in line
    )  # fmt: skip
    words = lines[at].split()
    here = words.index("RRSIG")
    if kind == "signature":
        last = words[-1]
        words[-1] = last[:20] + ("A" if last[20] != "A" else "B") + last[21:]
    elif kind == "original TTL":
        words[here + 4] = str(int(words[here + 4]) + 1)
    elif kind == "expiration":
        words[here + 5] = str(int(words[here + 5]) + 1)
    elif kind == "data":
        owner = words[0]
        record = next(i for i, line in enumerate(lines) if line.split()[:1] == [owner] and line.split()[-2:-1] == ["A"])
        lines[record] = lines[record].rsplit(None, 1)[0] + " 198.51.100.77"
        return lines
    lines[at] = " ".join(words)
    return lines


@pytest.mark.parametrize("kind", ["signature", "original TTL", "expiration", "data"])
def test_a_change_is_found(kind: str, cached: Cached, tmp_path: Path) -> None:
    path, at = tmp_path / "zone", (parse_time(DEFAULT_TIME, 0),)
    lines = RICH.read_text().splitlines()
    path.write_text("\n".join([*lines, ""]))
    good = cached.check(path, at=at)
    path.write_text("\n".join([*_edited(lines, kind), ""]))
    bad = cached.check(path, at=at)
    assert rules(bad) & {"rrsig-bogus", "rrsig-original-ttl-mismatch"}
    assert facts(bad) == facts(check([str(path)], CheckOptions(at=at, jobs=1)))
    assert facts(cached.check(path, at=at)) == facts(bad)
    path.write_text("\n".join([*RICH.read_text().splitlines(), ""]))
    assert facts(cached.check(path, at=at)) == facts(good)


def test_another_key_with_the_same_tag_and_algorithm() -> None:
    """A proof names the whole key: whatever else has its tag and algorithm has not made the signature."""
    source, other = b"\1\0\3\15" + bytes(range(64)), b"\1\0\3\15" + bytes([2, 1, 0, *range(3, 64)])
    assert verify.key_tag(source) == verify.key_tag(other)
    proofs = Proofs(frozenset({Proofs().name(source, b"signature", b"data")}))
    assert proofs.name(source, b"signature", b"data") in proofs.known
    assert proofs.name(other, b"signature", b"data") not in proofs.known
    # and the verifier asks by that name: with the other key the signature is verified again
    asked: list[bytes] = []

    def never(signature: bytes, _data: bytes) -> bool:
        asked.append(signature)
        return False

    keys = [verify.ZoneKey(rdata, verify.key_tag(rdata), never) for rdata in (source, other)]
    verifier = verify.Verifier(b"", keys, (0,), 0, 0, proofs=proofs)
    assert verifier._verifies(keys[0], b"signature", b"data")
    assert not asked
    assert not verifier._verifies(keys[1], b"signature", b"data")
    assert asked == [b"signature"]


def test_proofs_outlive_the_code(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version of the program sums up again, and need not verify again."""
    wanted = facts(cached.check(RICH))
    monkeypatch.setattr(cache, "_code", lambda: b"\1" * 32)
    assert facts(cached.check(RICH)) == wanted
    assert cached.verified == 0


def test_no_octet_passes_between_signature_and_data() -> None:
    proofs = Proofs()
    assert proofs.name(b"key", b"ab", b"c") != proofs.name(b"key", b"a", b"bc")
    assert proofs.name(b"key", b"ab", b"c") != proofs.name(b"yek", b"ab", b"c")


def test_findings_are_found_each_time(cached: Cached) -> None:
    path = FIXTURES / "rules/rrsig-bogus/fail-nsec3.zone"
    first = cached.check(path)
    assert "rrsig-bogus" in rules(first)
    for _ in range(2):
        assert facts(cached.check(path)) == facts(first)


def test_included_files_are_read_each_time(cached: Cached, tmp_path: Path) -> None:
    path, at = tmp_path / "zone", (parse_time(DEFAULT_TIME, 0),)
    path.write_text(
        "example.test. 60 IN SOA ns h 1 7200 3600 1209600 60\nexample.test. 60 IN NS ns.example.net.\n$INCLUDE more\n"
    )
    (tmp_path / "more").write_text("a.example.test. 60 IN A 192.0.2.1\n")
    assert not rules(cached.check(path, at=at)) - {"soa-mname-not-ns"}
    (tmp_path / "more").write_text("a.example.test. 60 IN A 192.0.2.1\na.example.test. 60 IN CNAME b\n")
    assert "cname-and-other-data" in rules(cached.check(path, at=at))


# --- damage and races --------------------------------------------------------------------------------------


def test_damage_is_ignored(cached: Cached) -> None:
    wanted = facts(cached.check(RICH))
    whole, dice = cached.file.read_bytes(), random.Random(1)
    for number in range(40):
        octets = bytearray(whole)
        if number % 2:
            del octets[dice.randrange(len(octets)) :]
        else:
            octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
        cached.file.write_bytes(bytes(octets))
        assert facts(cached.check(RICH)) == wanted
        assert cached.verified > 0
    cached.check(RICH)
    assert cached.verified == 0


@pytest.mark.parametrize("content", [b"", b"zonelint cache 1\n", b"zonelint cache 2\n" + bytes(100), os.urandom(5000)])
def test_files_that_are_none(content: bytes, cached: Cached) -> None:
    wanted = facts(cached.check(RICH))
    cached.file.write_bytes(content)
    assert facts(cached.check(RICH)) == wanted


def test_octets_are_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed summary makes nothing but summaries, even with the right check over it."""

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "evil"),)

    monkeypatch.setattr(run, "WORTHWHILE", 0)
    given = replace(options(RICH), cache=lambda: str(tmp_path / "cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "pack", lambda summary: pickle.dumps((summary, Evil())))
        patch.setattr(pieces.Pieces, "accept", _kept_as_it_is)
        check([str(RICH)], given)
    assert (tmp_path / "cache").exists()
    assert facts(check([str(RICH)], given)) == plain(RICH)
    assert not (tmp_path / "evil").exists()


def _kept_as_it_is(self: pieces.Pieces, shard: Any, result: Any) -> Any:
    shelf = self._shelf
    assert shelf is not None
    shelf.keep(cache.Piece(self._keys[shard], shard.start, 0, 1 << 62, result.summary, b""))


def test_runs_at_the_same_time(tmp_path: Path) -> None:
    """Many processes with one cache, and others that damage and remove its files meanwhile."""
    zone_file = tmp_path / "zone"
    text = RICH.read_text()
    zone_file.write_text(text + "; " + "x" * 100 + "\n" + ";\n" * (1 << 16))
    environment = {**os.environ, "ZONELINT_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "zonelint", "check", "--at", DEFAULT_TIME, "--format", "json", str(zone_file)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    runs = [subprocess.Popen(command, env=environment, **pipes) for _ in range(6)]
    dice = random.Random(7)
    while any(one.poll() is None for one in runs):
        for file in list((tmp_path / "cache").glob("*")):
            try:
                if dice.random() < 0.3:
                    file.unlink()
                elif dice.random() < 0.3:
                    os.truncate(file, dice.randrange(1000))
            except FileNotFoundError:
                continue
    outputs = {(one.communicate()[1], one.returncode) for one in runs}
    assert outputs == {(b"", 0)}


# --- the directory -----------------------------------------------------------------------------------------


def test_the_directory_is_the_users_alone(cached: Cached) -> None:
    cached.check(RICH)
    assert cached.folder.stat().st_mode & 0o777 == 0o700
    assert cached.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_directory_that_others_can_write_to(mode: int, cached: Cached) -> None:
    cached.folder.mkdir()
    cached.folder.chmod(mode)
    report = cached.check(RICH)
    assert report.remarks == [f"cache not used: {cached.folder}: others can write to it"]
    assert not list(cached.folder.iterdir())
    assert facts(replace(report, remarks=[])) == plain(RICH)


@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_what_is_no_directory(kind: str, cached: Cached, tmp_path: Path) -> None:
    if kind == "file":
        cached.folder.write_text("")
    else:
        cached.folder.symlink_to(tmp_path if kind == "link" else tmp_path / "nowhere")
    assert cached.check(RICH).remarks == [f"cache not used: {cached.folder}: not a directory"]


def test_a_disk_that_is_full(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 500)
    assert facts(cached.check(RICH)) == plain(RICH)
    assert not list(cached.folder.iterdir())


def test_the_oldest_go_first(cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached.check(RICH)
    size = cached.file.stat().st_size
    for age, name in enumerate(["old", "older", "oldest"]):
        other = cached.folder / f"{name}.pieces"
        shutil.copy(next(cached.folder.glob("*.pieces")), other)
        os.utime(other, (1000 - age, 1000 - age))
    left = cached.folder / "dead.1.part"
    left.write_bytes(b"x")
    os.utime(left, (1000, 1000))
    monkeypatch.setattr(cache, "LIMIT", 2 * size + 100)
    changed = tmp_path / "zone"
    changed.write_text(RICH.read_text() + "; x\n")
    cached.check(changed, at=options(RICH).at, origin=options(RICH).origin)
    assert sorted(path.name for path in cached.folder.iterdir() if path.name.startswith("o")) in ([], ["old.pieces"])
    assert not left.exists()


def test_the_command(cached: Cached, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONELINT_CACHE_DIR", str(cached.folder))
    assert main(["cache", "info"]) == 0
    assert capsys.readouterr().out == f"{cached.folder}: 0 zones, 0.0 KiB\n"
    arguments = ["check", "-q", "--at", DEFAULT_TIME, str(RICH)]
    assert main([*arguments, "--no-cache"]) == 0
    assert not cached.folder.exists()
    assert main(arguments) == 0
    size = f"{cached.file.stat().st_size / 1024:.1f} KiB"
    assert main(["cache", "info"]) == 0
    assert capsys.readouterr().out == f"{cached.folder}: 1 zone, {size}\n"
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == f"{cached.folder}: removed 1 zone, {size}\n"
    assert not list(cached.folder.iterdir())


def test_a_refusal_is_said(cached: Cached, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONELINT_CACHE_DIR", str(cached.folder))
    cached.folder.mkdir()
    cached.folder.chmod(0o777)
    assert main(["check", "-q", "--at", DEFAULT_TIME, str(RICH)]) == 0
    assert capsys.readouterr().err == f"zonelint: cache not used: {cached.folder}: others can write to it\n"
    assert main(["cache", "clear"]) == 2


def test_small_zones_leave_no_trace(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    check([str(RICH)], replace(options(RICH), cache=lambda: str(folder)))
    assert not folder.exists()
