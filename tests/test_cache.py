"""The cache never changes a report: not warm, not damaged, not raced, not with other keys, data or times."""

from __future__ import annotations

import dataclasses
import errno
import os
import pickle
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from fixturing import DEFAULT_TIME, FIXTURES, header, options_of
from hypothesis import strategies as st

from zonelint.cli import main
from zonelint.dnssec import verify, zonekey
from zonelint.dnssec.keys import key_tag
from zonelint.dnssec.proofs import Proofs
from zonelint.engine import CheckOptions, cache, check, origin, pieces, run, shelf, zone
from zonelint.engine.job import Job
from zonelint.engine.scan import Scanner
from zonelint.engine.store import Piece
from zonelint.findings import Report
from zonelint.source import bundles
from zonelint.source.include import IncludePolicy
from zonelint.source.split import Shard
from zonelint.source.text import File, Unreadable, open_source
from zonelint.times import parse_time
from zonelint.zone import columns, summary
from zonelint.zone.context import Context

DAY = 86400
SIGNED = sorted(path for path in FIXTURES.glob("zones/*.zone") if b"RRSIG" in path.read_bytes())
RICH = FIXTURES / "zones/rich-knot-optout.zone"


def in_groups(patch: pytest.MonkeyPatch, shard: int, group: int) -> None:
    """Set how many octets a shard and a group have where they are kept; what is not kept is cut as ever."""
    patch.setattr(zone, "_sizes", lambda _size, bundled: (shard, group))
    patch.setattr("zonelint.engine.bundles.has_bundles", lambda _job: True)


class Cached:
    """A cache of its own, used for zones of any size; shards are some 300 octets, groups three times that."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.verified = folder, 0
        patch.setattr(run, "WORTHWHILE", 0)
        in_groups(patch, 300, 900)
        load = zonekey._loaded

        def counting(rdata: bytes) -> Any:
            check_one = load(rdata)

            def verifies(signature: bytes, data: bytes) -> bool:
                self.verified += 1
                return check_one(signature, data)

            return verifies

        patch.setattr(zonekey, "_loaded", counting)

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
    return replace(options_of(given, path.parent), jobs=1)


def facts(report: Report) -> dict[str, Any]:
    """All that a report says, less the time it took."""
    result = asdict(report)
    for judged in result["zones"]:
        del judged["seconds"]
        judged["ran"] = judged["ran"]()
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


def test_nothing_is_verified_twice_where_names_span_pieces(cached: Cached, tmp_path: Path) -> None:
    """Pieces that were recalled may have to be read again; what was verified in them holds."""
    path, at = tmp_path / "zone", (parse_time(DEFAULT_TIME, 0),)
    path.write_text(RICH.read_text())
    cached.check(path, at=at)
    assert cached.verified > 0
    path.write_text(RICH.read_text() + "; a comment\n")
    cached.check(path, at=at)
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


def test_what_is_in_pieces_that_moved_is_found_in_its_place(cached: Cached, tmp_path: Path) -> None:
    """The first special address, and a comment that suppresses what only the whole tells."""
    path, at = tmp_path / "zone", (parse_time(DEFAULT_TIME, 0),)
    hosts = "".join(f"h{number}.corp.org. 300 IN A 10.0.0.{number}\n" for number in range(10, 60))
    alias = "alias.corp.org. 300 IN CNAME nowhere.corp.org. ; zonelint: ignore[cname-target-missing] soon there\n"
    soa = "corp.org. 300 IN SOA ns.example.net. h.example.net. 1 7200 3600 1209600 300\n"
    text = f"{soa}corp.org. 300 IN NS ns.example.net.\n{hosts}{alias}{hosts.replace('h', 'i')}"
    # the first by its name is in the middle of the text
    text = text.replace("i20.", "a.")
    for head in ("", "; a line more\n", "; and some lines more\n" * 9):
        path.write_text(head + text)
        wanted = check([str(path)], CheckOptions(at=at, jobs=1))
        assert [each.finding.rule for each in wanted.zones[0].findings] == ["address-not-global"]
        assert [each.found.finding.rule for each in wanted.zones[0].suppressed] == ["cname-target-missing"]
        assert facts(cached.check(path, at=at)) == facts(wanted)


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
        assert facts(cached.check(path, at=at, jobs=3)) == wanted


def test_another_file_with_the_same_text(cached: Cached, tmp_path: Path) -> None:
    """What is found in the whole is found in the file that is judged now."""
    path = FIXTURES / "rules/algorithm-incomplete/fail-one-rrset.zone"
    for name in ("one", "other"):
        copy = tmp_path / name
        shutil.copy(path, copy)
        given = replace(options(path), cache=lambda: str(cached.folder))
        report = check([str(copy)], given)
        assert {found.location.file for found in report.zones[0].findings if found.location} == {str(copy)}
        assert facts(report) == facts(check([str(copy)], replace(given, cache=None)))


@pytest.mark.parametrize("path", list(_sample()), ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_all_that_a_summary_holds_comes_back(path: Path) -> None:
    given = options(path)
    source = open_source(str(path))
    policy = IncludePolicy.for_zone(source.path, given.allow_include)
    found = origin.find_origin(source, policy, given.origin)
    job = Job(source, Context(found.apex, at=given.at, digest=True), policy)
    scanner = Scanner(job)
    part = scanner.read([Shard(0, source.size, found.initial, None)])
    context = job.informed(part.nodes)
    whole = scanner.judge(part, context)
    for back in (columns.unpack(columns.pack(whole), whole.findings), pickle.loads(pickle.dumps(whole))):
        assert _plain(back) == _plain(whole)
        for name in ("links", "hashed", "targets", "referrals"):
            assert list(map(type, getattr(back, name))) == list(map(type, getattr(whole, name)))
    if len(whole.files) > 1:
        return
    # and of a part alone, whose positions are numbers
    whole.findings, whole.apex = [], {}
    positions = range(1 << 20)
    alone = columns.joined([(columns.columns_of(whole), positions)])
    for name in ("files", "unclosed", "wants_ttl", "carried", "last_ttl", "last", "marks"):
        setattr(alone, name, getattr(whole, name))
    assert _plain(alone) == _plain(whole)


def _plain(summed: summary.Summary) -> dict[str, Any]:
    fields = {field.name: getattr(summed, field.name) for field in dataclasses.fields(summed)}
    fields["apex"] = {
        rdtype: [getattr(rrset, name) for name in sorted(rrset.__slots__)] for rdtype, rrset in summed.apex.items()
    }
    return fields


_KINDS = [
    "none", "delete", "copy", "move", "swap", "comment", "comments", "address", "serial", "time", "TTL", "signature",
]  # fmt: skip


def _varied(lines: list[str], kind: str, one: int, other: int) -> list[str]:
    """Change a zone in one way; `one` and `other` pick the lines."""
    lines = list(lines)
    at, to = one % len(lines), other % len(lines)
    if kind == "delete":
        del lines[at]
    elif kind == "copy":
        lines.insert(to, lines[at])
    elif kind == "move":
        lines.insert(to, lines.pop(at))
    elif kind == "swap":
        lines[at], lines[to] = lines[to], lines[at]
    elif kind == "comment":
        lines.insert(at, "; a comment")
    elif kind == "comments":
        lines = [line for line in lines if line[:1] != ";"]
    elif kind == "address":
        lines.insert(at, f"new{one % 7}.example.test. 3600 IN A 10.0.0.{other % 256}")
    elif kind == "serial":
        lines = [re.sub(r"(SOA\s+\S+\s+\S+\s+\(?\s*)(\d+)", lambda found: f"{found[1]}{other % 2**32}", line)
                 for line in lines]  # fmt: skip
    elif kind == "time":
        lines[at] = re.sub(r"\b2026(?=\d{10}\b)", str(2024 + other % 4), lines[at], count=1)
    elif kind == "TTL":
        lines[at] = re.sub(r"\b3600\b", str(other), lines[at], count=1)
    elif kind == "signature":
        lines[at] = re.sub(r"[A-Za-z0-9+/]{20}", lambda found: found[0][:-1] + "A", lines[at], count=1)
    return lines


_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(_KINDS), st.integers(0, 2**20), st.integers(0, 2**31),
        st.sampled_from(["usual", "first", "last"]), st.sampled_from([0, 60, 3599, 3600, 3 * DAY]), st.integers(-1, 1),
        st.booleans(),
    ),
    min_size=2, max_size=4,
)  # fmt: skip


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(
    path=st.sampled_from([path for path in SIGNED if "14" in path.stem or "15" in path.stem]),
    sizes=st.tuples(st.sampled_from([200, 500, 2000]), st.sampled_from([1, 1000, 5000])), small=st.booleans(),
    horizon=st.sampled_from([0, 60, 3 * DAY]), changes=_CHANGES,
)  # fmt: skip
def test_any_history(path: Path, sizes: tuple[int, int], small: bool, horizon: int, changes: list[Any]) -> None:
    """Whatever earlier versions, in whatever file, at whatever times, are in the cache: the report is the same."""
    text = path.read_text()
    ends = [parse_time(found, 0) for found in re.findall(r"\b20\d{12}\b", text)]
    moments = {"usual": options(path).at[0], "first": min(ends), "last": max(ends)}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        cached = Cached(Path(folder) / "cache", patch)
        in_groups(patch, *sizes)
        patch.setattr(zone, "SMALL", 1 << 20 if small else 0)
        patch.setattr(bundles, "_LEAST", 1)
        lines = text.splitlines()
        for kind, one, other, moment, before, beside, from_first in changes:
            lines = _varied(text.splitlines() if from_first else lines, kind, one, other)
            file = Path(folder) / f"zone{one % 2}"
            file.write_text("\n".join([*lines, ""]))
            given = replace(options(path), at=(moments[moment] - before + beside,), horizon=horizon)
            for _ in range(2):
                warm = check([str(file)], replace(given, cache=lambda: str(cached.folder)))
                assert facts(warm) == facts(check([str(file)], given))


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


@pytest.mark.parametrize("before", [3598, 3599, 3600, 3601, 3602])
def test_the_second_at_which_a_ttl_outlives_its_signature(before: int, cached: Cached) -> None:
    """A TTL that is longer than the horizon ends the time that a piece is good for."""
    path = FIXTURES / "zones/bind-text-13-nsec.zone"
    ends = [parse_time(found, 0) for found in re.findall(r"\b20\d{12}\b", path.read_text())]
    at = (max(ends) - before,)
    cached.check(path, horizon=60)
    assert facts(cached.check(path, at=at, horizon=60)) == plain(path, at=at, horizon=60)
    assert ("ttl-outlives-signature" in rules(cached.check(path, at=at, horizon=60))) == (before < 3600)


def test_a_horizon_beyond_all_numbers(cached: Cached) -> None:
    for horizon in (2**31, 2**62, 10**20 - 1):
        report = cached.check(RICH, horizon=horizon)
        assert facts(report) == plain(RICH, horizon=horizon)
        assert "rrsig-expires-soon" in rules(report)


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
    assert key_tag(source) == key_tag(other)
    proofs = Proofs(frozenset({Proofs().name(source, b"signature", b"data")}))
    assert proofs.name(source, b"signature", b"data") in proofs.known
    assert proofs.name(other, b"signature", b"data") not in proofs.known
    # and the verifier asks by that name: with the other key the signature is verified again
    asked: list[bytes] = []

    def never(signature: bytes, _data: bytes) -> bool:
        asked.append(signature)
        return False

    keys = [zonekey.ZoneKey(rdata, key_tag(rdata), never) for rdata in (source, other)]
    verifier = verify.Verifier(b"", keys, (0,), 0, 0, proofs=proofs)
    assert verifier._verifies(0, b"signature", b"data")
    assert not asked
    assert not verifier._verifies(1, b"signature", b"data")
    assert asked == [b"signature"]


def test_proofs_outlive_the_code(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version of the program sums up again, and need not verify again."""
    wanted = facts(cached.check(RICH))
    monkeypatch.setattr(shelf, "_code", lambda: b"\1" * 32)
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


def test_a_file_that_changes_while_it_is_read(cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read the second time, without fault, is not kept under the name of what was there the first time."""
    path, at = tmp_path / "zone", (parse_time(DEFAULT_TIME, 0),)
    good = RICH.read_text()
    bad = re.sub(r"(\sA\s+[0-9.]+)(\d)\n", lambda found: f"{found[1]}{(int(found[2]) + 1) % 10}\n", good, count=1)
    assert bad != good
    assert len(bad) == len(good)
    path.write_text(bad)
    wanted = facts(check([str(path)], CheckOptions(at=at, jobs=1)))
    assert "rrsig-bogus" in {found["finding"]["rule"] for found in wanted["zones"][0]["findings"]}
    name_of = pieces.Pieces._name

    def named_before(self: pieces.Pieces, group: Any) -> Any:
        path.write_text(bad)
        name = name_of(self, group)
        path.write_text(good)
        return name

    with monkeypatch.context() as patch:
        patch.setattr(pieces.Pieces, "_name", named_before)
        patch.setattr(File, "verify_unchanged", lambda _: None)
        cached.check(path, at=at)
    path.write_text(bad)
    for _ in range(2):
        assert facts(cached.check(path, at=at)) == wanted


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


def _checked(octets: bytes) -> bytes:
    """Give octets the frame of a file of the cache, with the right check over them."""
    whole = b"zonelint cache 2\n" + octets
    return whole + sha256(whole).digest()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"zonelint cache 1\n", b"zonelint cache 2\n", b"zonelint cache 2\n" + bytes(100), os.urandom(5000),
        *[_checked(b"c" * 32 + octets) for octets in (b"", bytes(8), b"\xff" * 8, bytes(40) + b"\1" + bytes(7))],
    ],
)  # fmt: skip
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


def _kept_as_it_is(self: pieces.Pieces, parts: Any) -> Any:
    assert self._shelf is not None
    for group, result in parts:
        self._shelf.keep(Piece(self._names[group].key, group[0].start, 0, 1 << 62, result.summary, b""))


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


@pytest.mark.parametrize("mode", [0o777, 0o772])
def test_a_way_that_others_can_change(mode: int, cached: Cached, tmp_path: Path) -> None:
    """Who can write to a directory above can put another one in the place of the cache."""
    tmp_path.chmod(mode)
    report = cached.check(RICH)
    assert report.remarks == [f"cache not used: {cached.folder}: others can write to {tmp_path}"]
    assert not cached.folder.exists()
    # in a sticky one each has his own
    tmp_path.chmod(mode | stat.S_ISVTX)
    assert not cached.check(RICH).remarks
    assert cached.folder.exists()


def test_links_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    own.mkdir(0o700)
    shared.chmod(0o1777)
    (shared / "link").symlink_to(own)
    assert cache.opened(str(shared / "link/cache")) == shared / "link/cache"
    (shared / "link2").symlink_to("../shared/./link")
    assert cache.opened(str(shared / "link2/cache")) == shared / "link2/cache"
    lstat = os.lstat

    def lstat_of_another(path: Any) -> os.stat_result:
        status = lstat(path)
        return os.stat_result((*status[:4], 4242, *status[5:])) if str(path) == str(shared / "link") else status

    monkeypatch.setattr(os, "lstat", lstat_of_another)
    for name in ("link", "link2"):
        with pytest.raises(cache.Refused, match=f"others can write to {shared}/link$"):
            cache.opened(str(shared / name / "cache"))
    (shared / "round").symlink_to(shared / "round")
    with pytest.raises(cache.Refused, match="too many links"):
        cache.opened(str(shared / "round/cache"))


@pytest.mark.parametrize("path", ["cache", "./cache", "~/.cache/zonelint", "../cache"])
def test_a_path_from_here(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the folder of a zone came with it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(cache.Refused, match="not an absolute path"):
        cache.opened(path)
    assert not list(tmp_path.iterdir())


def test_a_user_without_a_home(
    cached: Cached, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container under a number that has no name."""

    def nobody(number: int) -> Any:
        raise KeyError(number)

    for name in ("HOME", "XDG_CACHE_HOME", "ZONELINT_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.chdir(cached.folder.parent)
    assert main(["check", "-q", "--at", DEFAULT_TIME, str(RICH)]) == 0
    place = Path("~/.cache/zonelint")
    assert capsys.readouterr().err == f"zonelint: cache not used: {place}: not an absolute path\n"
    assert main(["cache", "info"]) == 0
    assert not list(Path().iterdir())


def test_a_slash_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    for path in (f"{tmp_path}/link/", f"{tmp_path}/link/.", f"{tmp_path}/link//"):
        with pytest.raises(cache.Refused, match="not a directory"):
            cache.opened(path)


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "readable", "pipe", "folder"])
def test_a_file_that_came_from_elsewhere(kind: str, cached: Cached, tmp_path: Path) -> None:
    """A file of the user's own that somebody else has filled, and led to from where the cache is."""
    wanted = facts(cached.check(RICH))
    file, planted = cached.file, tmp_path / "planted"
    if kind == "readable":
        file.chmod(0o644)
    else:
        file.rename(planted)
    if kind == "symbolic link":
        file.symlink_to(planted)
    elif kind == "hard link":
        os.link(planted, file)
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    assert facts(cached.check(RICH)) == wanted
    assert cached.verified > 0


def test_a_home_that_cannot_be_written_to(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    """That nothing can be kept is no fault of the zone, nor news."""
    for number in (errno.EROFS, errno.EACCES, errno.ENOSPC):
        with monkeypatch.context() as patch:
            patch.setattr(os, "mkdir", _refusing(number))
            assert facts(cached.check(RICH)) == plain(RICH)
    assert not cached.folder.exists()
    # nor is a directory that was there already
    cached.check(RICH)
    before = cached.file.read_bytes()
    with monkeypatch.context() as patch:
        for name in ("open", "replace", "utime", "unlink"):
            patch.setattr(os, name, _only_reading(getattr(os, name)))
        at = (options(RICH).at[0] + 40 * 365 * DAY,)
        assert facts(cached.check(RICH, at=at)) == plain(RICH, at=at)
    assert cached.file.read_bytes() == before


def _refusing(number: int) -> Any:
    def refuse(*_: object, **__: object) -> Any:
        raise OSError(number, os.strerror(number))

    return refuse


def _only_reading(call: Any) -> Any:
    is_open = call is os.open

    def guarded(path: Any, *rest: Any, **more: Any) -> Any:
        return call(path, *rest, **more) if is_open and not rest[0] & os.O_WRONLY else _refusing(errno.EROFS)()

    return guarded


def test_a_directory_that_goes_away(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, wanted = shelf.Shelf.keep, plain(RICH)

    def kept(self: shelf.Shelf, *added: Piece) -> None:
        keep(self, *added)
        shutil.rmtree(cached.folder, ignore_errors=True)

    monkeypatch.setattr(shelf.Shelf, "keep", kept)
    assert facts(cached.check(RICH)) == wanted
    assert not cached.folder.exists()


def test_a_run_that_fails_leaves_nothing(cached: Cached, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: shelf.Shelf) -> None:
        raise Unreadable("the file was changed")

    monkeypatch.setattr(shelf.Shelf, "close", fails)
    assert cached.check(RICH).failures
    assert not list(cached.folder.iterdir())


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
