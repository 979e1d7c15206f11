"""Bundles: what was read once is known again in another order, and never where anything else has changed."""

from __future__ import annotations

import pickle
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dns.exception
import dns.zone
import pytest
from fixturing import DEFAULT_TIME, FIXTURES
from hypothesis import given
from hypothesis import strategies as st
from test_cache import Cached, facts, in_groups
from test_parts import ZONES

from zonelint.dnssec.proofs import Proofs
from zonelint.engine import CheckOptions, check, scan, zone
from zonelint.engine.bundles import Bundler
from zonelint.engine.job import Job
from zonelint.engine.pieces import Pieces
from zonelint.engine.scan import Scanner
from zonelint.engine.store import Piece, Store, Writer
from zonelint.names import key_from_text
from zonelint.source import bundles
from zonelint.source.bundles import Bundle, divide, read_alone
from zonelint.source.fast import FastPath
from zonelint.source.include import IncludePolicy
from zonelint.source.reader import Reader
from zonelint.source.record import Files, State
from zonelint.source.text import Octets
from zonelint.times import parse_time
from zonelint.zone.context import Context

APEX = b"example.test."
KEY_OF_APEX = key_from_text("example.test.")
NOW = (parse_time(DEFAULT_TIME, 0),)
FULL = sorted(
    path for path in (FIXTURES / "zones").glob("*.zone") if path.name.startswith(("bind-full", "knot-", "rich-knot"))
)
BIND = [path for path in FULL if path.name.startswith("bind-full") and "-14-" not in path.name]


def _lines(divided: Sequence[Bundle] | None) -> list[list[bytes]]:
    assert divided is not None
    return [bundle.lines for bundle in divided]


def _host(label: str, *more: str) -> list[bytes]:
    return [f"{label}.example.test.\t300 IN A 192.0.2.{number}".encode() for number in range(2)] + [
        f"{label}.example.test.\t300 IN {each}".encode() for each in more
    ]


def _text(names: Sequence[Sequence[bytes]]) -> bytes:
    return b"".join(line + b"\n" for name in names for line in name)


# --- dividing ----------------------------------------------------------------------------------------------


def test_every_line_is_in_one_bundle_and_has_its_offset() -> None:
    text = b"; a comment\n" + _text([_host(f"h{number}") for number in range(100)]) + b"\n; the end\n"
    divided = divide(text, 1000, APEX)
    assert divided is not None
    assert len(divided) > 5
    pairs = [pair for each in divided for pair in zip(each.lines, each.starts, strict=True)]
    assert sorted(line for line, _ in pairs) == sorted(line for line in text.splitlines() if line[:1] == b"h")
    for line, start in pairs:
        assert text[start - 1000 :].startswith(line + b"\n")


@given(st.randoms(use_true_random=False))
def test_the_order_of_names_and_comments_between_change_nothing(dice: random.Random) -> None:
    names = [_host(f"{dice.choice('Aab-*')}{number}", 'TXT "x"') for number in range(60)]
    wanted = _lines(divide(_text(names), 0, APEX))
    dice.shuffle(names)
    text = _text([[*name[:1], b"; resign=20260101000000", *name[1:]] for name in names])
    assert _lines(divide(text, 0, APEX)) == wanted


def test_most_bundles_outlive_a_change() -> None:
    """Names that come, go or change are felt in their neighbourhood only."""
    names = [_host(f"{number:x}") for number in random.Random(1).sample(range(1 << 32), 2000)]
    before = {tuple(lines) for lines in _lines(divide(_text(names), 0, APEX))}
    del names[500]
    names[1000] = _host("fresh")
    names[1500][0] += b"7"
    after = _lines(divide(_text(names), 0, APEX))
    assert sum(tuple(lines) not in before for lines in after) < 20 < len(after) / 5


def test_the_lines_of_a_name_stay_in_the_order_of_the_text() -> None:
    one, other = b"a.example.test. 300 IN NS ns2.", b"a.example.test. 300 IN NS ns1."
    aside = b"b.example.test. 300 IN A 192.0.2.1"
    assert _lines(divide(_text([[one, aside, other]]), 0, APEX)) == [[one, other, aside]]
    assert _lines(divide(_text([[other, aside, one]]), 0, APEX)) == [[other, one, aside]]


def test_glue_stays_with_its_delegation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "_LEAST", 1)
    monkeypatch.setattr(bundles, "_EACH", 1)
    text = _text([_host(name) for name in ("ns1.sub", "sub-way", "sub", "ns2.sub", "a.b.other", "other")])
    owners = [[line.split(b".example")[0] for line in lines[::2]] for lines in _lines(divide(text, 0, APEX))]
    assert owners == [[b"other", b"a.b.other"], [b"sub", b"ns1.sub", b"ns2.sub"], [b"sub-way"]]


def test_a_name_is_the_same_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "_LEAST", 1)
    monkeypatch.setattr(bundles, "_EACH", 1)
    one, other = b"A.b.example.test. 300 IN NS ns1.", b"a.B.EXAMPLE.test. 300 IN NS ns2."
    assert _lines(divide(_text([[one], _host("x"), [other]]), 0, APEX)) == [[one, other], _host("x")]


def test_a_name_with_very_many_below_it_is_cut_at_last() -> None:
    text = _text([_host("sub")] + [_host(f"h{number}.sub") for number in range(2000)])
    assert max(map(len, _lines(divide(text, 0, APEX)))) < 600


@pytest.mark.parametrize(
    "line",
    [
        b"relative 300 IN A 192.0.2.1", b" 300 IN A 192.0.2.1", b"\t300 IN A 192.0.2.1", b"$TTL 300", b"  ",
        b"$ORIGIN example.test.", b"a.example.org. 300 IN A 192.0.2.1", b"aexample.test. 300 IN A 192.0.2.1",
        b"; zonelint: ignore[ttl-missing]", b'a.example.test. 300 IN TXT "\x07"', b")", b"\xef\xbb\xbf",
        rb"\097.example.test. 300 IN A 192.0.2.1",
    ],
)  # fmt: skip
def test_what_has_no_bundles(line: bytes) -> None:
    text = _text([_host("a"), [line], _host("b")])
    assert divide(text, 0, APEX) is None
    assert divide(text.replace(line + b"\n", b""), 0, APEX) is not None


def test_the_root_has_bundles_too() -> None:
    com, root, glue, gtld = b"com. 60 NS a.gtld.", b". 60 NS a.root.", b"a.gtld. 60 A 192.0.2.1", b"gtld. 60 NS a.gtld."
    assert _lines(divide(_text([[com, root, glue, gtld]]), 0, b".")) == [[root, com, gtld, glue]]


# --- lines by themselves -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ZONES[::4], ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_a_line_alone_says_what_it_says_in_its_place(path: Path) -> None:
    text = path.read_bytes()
    if b"INCLUDE" in text.upper():
        return
    state = State(b"\7example\4test\0")
    reader = Reader(text, Files([str(path)]), state, IncludePolicy(()), apex=KEY_OF_APEX)
    there = {record[4]: record for record in reader.records()}
    faults = {finding.place.start for finding in reader.problems if finding.place}
    at = 0
    for line in text.split(b"\n"):
        # whatever `divide` leaves out
        name = line.split(None, 1)[0].lower() if line[:1] > b" " else b""
        if name.endswith(b".example.test.") or name == APEX:
            alone = read_alone([line], [at], KEY_OF_APEX, str(path), FastPath())
            if alone is not None:
                assert alone == [there[at]]
                assert not faults & set(range(at, at + len(line)))
        at += len(line) + 1


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (b"a.example.test. 300 IN A 192.0.2.1", True),
        (b"a.example.test. IN 300 A 192.0.2.1 ; why", True),
        (b"a.example.test. 300 CAA 0 issue \"ca.test\"", True),
        (b"a.example.test. 1h IN TXT ( one )", True),
        (b"a.example.test. IN A 192.0.2.1", False),
        (b"a.example.test. 300 IN MX 10 mail", False),
        (b"a.example.test. 300 IN TXT ( one", False),
        (b'a.example.test. 300 IN TXT "one', False),
        (b"a.example.test. 300 IN A 192.0.2.256", False),
        (b"a.example.test. 300 CH A 192.0.2.1", False),
        (b"example.test. IN SOA ns.example.test. h.example.test. 1 2 3 4 300", False),
    ],
)
def test_which_lines_stand_by_themselves(line: bytes, is_one: bool) -> None:
    plain = b"b.example.test. 300 IN A 192.0.2.2"
    read = read_alone([plain, line, plain], [7, 8, 9], KEY_OF_APEX, "zone", FastPath())
    assert (read is not None) == is_one
    if read is not None:
        assert [record[4] for record in read] == [7, 8, 9]


# --- known again -------------------------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cached:
    result = Cached(tmp_path / "cache", monkeypatch)
    monkeypatch.setattr(zone, "SMALL", 0)
    in_groups(monkeypatch, 500, 2000)
    monkeypatch.setattr(scan, "MANY", 0)
    monkeypatch.setattr(bundles, "_LEAST", 1)
    monkeypatch.setattr(bundles, "_EACH", 2)
    return result


class _Counts:
    """Counts the bundles that are known and those that are not, and the pieces that have none."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.known = self.fresh = self.whole = 0
        scan = Bundler.scan

        def counted(bundler: Bundler, group: Any) -> Any:
            results = scan(bundler, group)
            for _, result in results:
                self.whole += not result.parts
                self.fresh += len(result.fresh)
                self.known += len(result.parts) // 20 - len(result.fresh)
            return results

        patch.setattr(Bundler, "scan", counted)


def _names(path: Path) -> list[list[str]]:
    """The lines of a zone by owner, without comments."""
    names: list[list[str]] = []
    for line in path.read_text().splitlines():
        if line and line[0] != ";":
            if names and names[-1][0].split()[0] == line.split()[0]:
                names[-1].append(line)
            else:
                names.append([line])
    return names


def _moment(text: str) -> int:
    return parse_time(text, 0)


def _written(path: Path, names: Sequence[Sequence[str]]) -> Path:
    path.write_text("".join(f"{line}\n" for name in names for line in name))
    return path


def _delayed(names: list[list[str]], seed: int, by: float = 4) -> list[list[str]]:
    """Put names in another order, as threads do that finish at different times; the apex stays the first."""
    dice = random.Random(seed)
    order = sorted(range(1, len(names)), key=lambda at: at + dice.random() * by)
    return [names[0], *(names[at] for at in order)]


@pytest.mark.parametrize("source", FULL, ids=lambda path: path.stem)
def test_another_order_gives_the_same(source: Path, cached: Cached, tmp_path: Path) -> None:
    names, target = _names(source), tmp_path / "zone"
    first = cached.check(_written(target, names), at=NOW)
    for seed in range(3):
        _written(target, [[*name[:1], "; resign=20260101000000", *name[1:]] for name in _delayed(names, seed)])
        warm = cached.check(target, at=NOW)
        assert cached.verified == 0
        assert facts(warm) == facts(check([str(target)], CheckOptions(at=NOW, jobs=1)))
        assert warm.zones[0].findings == []
        assert warm.zones[0].verified == first.zones[0].verified


def test_most_of_another_order_is_known_again(cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups(monkeypatch, 5000, 20_000)
    soa = "example.test. 300 IN SOA ns.example.net. h.example.test. {} 7200 3600 1209600 300"
    apex = [soa.format(1), "example.test. 300 IN NS ns.example.net."]
    names = [apex, *[[line.decode() for line in _host(f"h{number:04}", "TXT x")] for number in range(2000)]]
    target, counts = tmp_path / "zone", _Counts(monkeypatch)
    cached.check(_written(target, names), at=NOW)
    assert (counts.known, counts.whole) == (0, 2)
    assert counts.fresh > 100
    for seed in range(3):
        counts = _Counts(monkeypatch)
        names[0][0] = soa.format(2 + seed)
        names[500 + seed][0] += "7"
        _written(target, [[*name, "; a comment"] for name in _delayed(names, seed, 20)])
        assert facts(cached.check(target, at=NOW)) == facts(check([str(target)], CheckOptions(at=NOW, jobs=1)))
        assert counts.known > 2 * counts.fresh > 0


@pytest.mark.parametrize("source", FULL, ids=lambda path: path.stem)
def test_what_is_wrong_is_found_in_any_order(source: Path, cached: Cached, tmp_path: Path) -> None:
    """Each record left out, in a text whose names are in another order than the one that was kept."""
    names, target = _names(source), tmp_path / "zone"
    cached.check(_written(target, names), at=NOW)
    dice = random.Random(source.name)
    lines = [(at, number) for at, name in enumerate(names) for number in range(len(name))]
    for at, number in dice.sample(lines[1:], 6):
        changed = [[line for n, line in enumerate(name) if (a, n) != (at, number)] for a, name in enumerate(names)]
        changed = [changed[0], *dice.sample(changed[1:], len(changed) - 1)]
        _written(target, changed)
        cold = facts(check([str(target)], CheckOptions(at=NOW, jobs=1)))
        assert facts(cached.check(target, at=NOW)) == cold
        assert facts(cached.check(target, at=NOW)) == cold


@pytest.mark.parametrize("source", BIND, ids=lambda path: path.stem)
def test_a_bogus_signature_is_found_in_a_bundle(source: Path, cached: Cached, tmp_path: Path) -> None:
    names, target, dice = _names(source), tmp_path / "zone", random.Random(source.name)
    lines = [(at, n) for at, name in enumerate(names) for n, line in enumerate(name) if at and "IN RRSIG" in line]
    for seed, (at, number) in enumerate(dice.sample(lines, 5)):
        changed = [list(name) for name in names]
        changed[at][number] = changed[at][number][:-30] + "AAAA" + changed[at][number][-26:]
        _written(target, _delayed(changed, seed))
        cold = check([str(target)], CheckOptions(at=NOW, jobs=1))
        assert "rrsig-bogus" in {found.finding.rule for found in cold.zones[0].findings}
        assert facts(cached.check(target, at=NOW)) == facts(cold)
        assert facts(cached.check(target, at=NOW)) == facts(cold)


def _rows(path: Path) -> list[str]:
    """The records of a fixture as signers write them; none where it is too damaged for that."""
    try:
        whole = dns.zone.from_text(path.read_text(), "example.test.", relativize=False, check_origin=False)
        return whole.to_text(relativize=False).splitlines()
    except (dns.exception.DNSException, UnicodeDecodeError, ValueError):
        return []


RULES = {path: rows for path in sorted((FIXTURES / "rules").glob("*/*.zone"))[::4] if (rows := _rows(path))}


def test_most_fixtures_can_be_written_anew() -> None:
    assert len(RULES) > 200


@pytest.mark.parametrize("source", RULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_each_rule_finds(source: Path, cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fixtures written as signers write, in some order, with hosts around them."""
    in_groups(monkeypatch, 200, 700)
    rows = RULES[source]
    hosts = [f"h{number:03}.example.test. 300 IN A 10.0.{number}.1" for number in range(60)]
    target, names = tmp_path / "zone", [[row] for row in rows]
    for seed in range(3):
        dice = random.Random(seed)
        mixed = [names[0], *dice.sample([*names[1:], *[[host] for host in hosts]], len(names) - 1 + len(hosts))]
        _written(target, mixed)
        given = CheckOptions(at=NOW, jobs=1, origin="example.test")
        assert facts(cached.check(target, at=NOW, origin="example.test")) == facts(check([str(target)], given))


def test_what_the_whole_finds_has_its_place(cached: Cached, tmp_path: Path) -> None:
    """Of many addresses the first is shown, of many delegations the largest, wherever they stand in the text."""
    servers = [f"big.corp.org. 300 IN NS ns{number}.{'long-' * 9}{number}.example.net." for number in range(40)]
    hosts = [[f"h{number:03}.corp.org. 300 IN A 10.0.{number}.1"] for number in range(100)]
    soa = "corp.org. 300 IN SOA ns.example.net. h.example.net. 1 7200 3600 1209600 300"
    apex = [soa, "corp.org. 300 IN NS ns.example.net."]
    target, dice = tmp_path / "zone", random.Random(3)
    for _ in range(6):
        _written(target, [apex, *dice.sample([*hosts, servers], len(hosts) + 1), ["z.corp.org. 300 IN A 198.18.0.1"]])
        cold = check([str(target)], CheckOptions(at=NOW, jobs=1))
        assert {"address-not-global", "referral-large"} <= {each.finding.rule for each in cold.zones[0].findings}
        assert facts(cached.check(target, at=NOW)) == facts(cold)


def test_a_bundle_is_judged_again_at_another_time(
    cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, late = tmp_path / "zone", (NOW[0] + 400 * 365 * 86400,)
    known = {NOW: 0, late: 0}
    for source in BIND:
        names = _names(source)
        for at in (NOW, late):
            cached.check(_written(target, names), at=NOW)
            _written(target, _delayed(names, 1, 2))
            counts = _Counts(monkeypatch)
            assert facts(cached.check(target, at=at)) == facts(check([str(target)], CheckOptions(at=at, jobs=1)))
            known[at] += counts.known
    # those without signatures hold at any time
    assert known[late] < known[NOW] / 2


@pytest.mark.parametrize("source", BIND, ids=lambda path: path.stem)
@pytest.mark.parametrize("at_once", [False, True])
def test_what_has_findings_is_verified_once(
    source: Path, at_once: bool, cached: Cached, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something is found a bundle is judged again, to place it in the text."""
    monkeypatch.setattr(scan, "MANY", 0 if at_once else 1 << 30)
    target, end = tmp_path / "zone", min(map(_moment, re.findall(r" RRSIG.* (20\d{12}) 20\d{12}", source.read_text())))
    _written(target, _names(source))
    at = (end - 3600,)
    judged = cached.check(target, at=at).zones[0]
    assert "rrsig-expires-soon" in {found.finding.rule for found in judged.findings}
    assert cached.verified <= judged.verified
    if not at_once:
        assert cached.verified == judged.verified
    cached.check(target, at=at)
    assert cached.verified == 0


@pytest.mark.parametrize("source", BIND, ids=lambda path: path.stem)
def test_a_piece_holds_as_long_as_each_of_its_bundles(source: Path, cached: Cached, tmp_path: Path) -> None:
    """To the second, whether a piece is known as a whole, bundle by bundle, or as a whole of known bundles."""
    names, target = _names(source), tmp_path / "zone"
    ends = {parse_time(found, 0) for found in re.findall(r"\b20\d{12}\b", source.read_text())}
    moments = [*NOW, *(end + beside for end in ends for beside in (-3 * 86400 - 1, -3 * 86400, -1, 0, 1)), *NOW]
    dice = random.Random(source.name)
    for number in range(20):
        at = (dice.choice(moments),)
        if number % 3 == 0:
            _written(target, _delayed(names, number))
        assert facts(cached.check(target, at=at)) == facts(check([str(target)], CheckOptions(at=at, jobs=1)))
        cached.check(target, at=NOW)


@pytest.mark.parametrize("source", BIND, ids=lambda path: path.stem)
def test_the_apex_may_stand_anywhere(source: Path, cached: Cached, tmp_path: Path) -> None:
    names, target = _names(source), tmp_path / "zone"
    wanted: list[str] = []
    for seed in range(6):
        _written(target, random.Random(seed // 2).sample(names, len(names)))
        given = CheckOptions(at=NOW, jobs=1, origin="example.test")
        warm, cold = cached.check(target, at=NOW, origin="example.test"), check([str(target)], given)
        assert facts(warm) == facts(cold)
        found = sorted(each.finding.rule for each in warm.zones[0].findings)
        assert not seed or found == wanted
        wanted = found


def test_the_ttl_of_the_last_line_goes_on_behind_a_piece(cached: Cached, tmp_path: Path) -> None:
    dice, target = random.Random(5), tmp_path / "zone"
    soa = "example.test. 300 IN SOA ns.example.net. h.example.test. 1 2 3 4 5\n"
    rows = [soa, "example.test. 300 IN NS ns.example.net.\n"]
    for number in range(60):
        owners = [f"h{dice.randrange(1 << 30)}.example.test." for _ in range(dice.randrange(30, 80))]
        rows += [f"{owner} {dice.randrange(9999)} IN A 192.0.2.1\n" for owner in owners]
        # inherits the TTL, and says so beside a record with another one
        rows += [f"z{number}.example.test. IN A 192.0.2.2\nz{number}.example.test. 77 IN A 192.0.2.3\n"]
    target.write_text("".join(rows))
    cold = check([str(target)], CheckOptions(at=NOW, jobs=1))
    assert sum("TTL" in found.finding.message for found in cold.zones[0].findings) >= 10
    for _ in range(2):
        assert facts(cached.check(target, at=NOW)) == facts(cold)


def test_a_process_that_begins_afresh_gets_them_all(tmp_path: Path) -> None:
    """Where processes are not forked, what they are given is copied."""
    writer = Writer(tmp_path / "x.pieces", b"c" * 32)
    writer.add(Piece(b"k" * 20, 5, 1, 9, b"summary", b"proofs", b"p" * 40))
    writer.finish()
    job = Job(Octets("zone", b""), Context(b"", at=NOW), IncludePolicy(()))
    pieces = Pieces(job, None)
    pieces.proofs, pieces.known = Proofs(frozenset({b"p"})), Store.read(tmp_path / "x.pieces")
    copy = pickle.loads(pickle.dumps(pieces))
    assert copy.known.get(b"k" * 20) == Piece(b"k" * 20, 5, 1, 9, b"summary", b"proofs", b"p" * 40)
    assert copy.known.get(b"n" * 20) is None
    assert copy.proofs.known == {b"p"}


def test_both_ends_are_read_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head may set what holds behind it, and the last line may be cut off."""
    text = _text([_host(f"h{number}") for number in range(100)])
    job = Job(Octets("zone", text), Context(KEY_OF_APEX, at=NOW), IncludePolicy(()))
    pieces = Pieces(job, None)
    bundler = Bundler(pieces, Scanner(job, Proofs()))
    cuts = [0, text.index(b"h30."), text.index(b"h60."), len(text)]
    from zonelint.source.split import Shard

    done = [bundler.scan((Shard(cuts[i], cuts[i + 1], None, None),)) for i in range(3)]
    assert [bool(result.parts) for ((_, result),) in done] == [False, True, False]
    other = Bundler(Pieces(replace(job, context=replace(job.context, rdclass=3)), None), Scanner(job, Proofs()))
    ((_, result),) = other.scan((Shard(cuts[1], cuts[2], None, None),))
    assert not result.parts
