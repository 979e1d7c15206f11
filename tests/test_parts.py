"""A zone cut into many parts gives the very report that it gives in one piece."""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from fixturing import DEFAULT_TIME, FIXTURES, header, options_of
from hypothesis import given
from hypothesis import strategies as st
from texts import SOUP, TEXT, examples

from zonelint.engine import CheckOptions, check, origin, pieces, scan, zone
from zonelint.findings import Report
from zonelint.source import split
from zonelint.source.text import open_source
from zonelint.times import parse_time

ZONES = [
    path
    for path in [*sorted(FIXTURES.glob("rules/*/*.zone")), *sorted(FIXTURES.glob("zones/*.zone"))]
    if path.name != "pass-largest.zone"  # 65,536 records from one line take their time and cannot be cut
]
AT = parse_time(DEFAULT_TIME, 0)
SIZES = (1, 200, 1000)
"""Octets of a part; with 1 there is a cut wherever the owner changes."""


@contextmanager
def _cut(size: int, in_process: bool = True) -> Iterator[None]:
    """Cut zones into parts of a size; scan them one after the other, however many jobs are asked for."""

    def mapped(
        function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], _jobs: int, _zone: str
    ) -> Iterator[Any]:
        for task in tasks:
            yield function(*task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zone, "SMALL", 0)
        patch.setattr(zone, "SHARD", size)
        patch.setattr(zone, "_BATCH_MIN", size)
        patch.setattr(zone, "_BATCH_MAX", size)
        patch.setattr(origin, "HEAD", size)
        patch.setattr(scan, "MANY", 0)
        if in_process:
            patch.setattr(zone, "_mapped", mapped)
        yield


def _options(path: Path, jobs: int) -> CheckOptions:
    return replace(options_of(header(path), path.parent), jobs=jobs)


def _facts(report: Report) -> dict[str, Any]:
    """All that a report says, less the time it took."""
    facts = asdict(report)
    for judged in facts["zones"]:
        del judged["seconds"]
        judged["ran"] = judged["ran"]()
    return facts


def _parts(path: Path, size: int) -> int:
    source = open_source(str(path))
    return len(split.split(source, split.survey(source), size, None))


@pytest.mark.parametrize("path", ZONES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_fixtures_in_parts(path: Path) -> None:
    whole = _facts(check([str(path)], _options(path, 1)))
    # all sizes for the large ones, one each for the many small ones
    sizes = SIZES if path.parent.name == "zones" else [SIZES[zlib.crc32(path.name.encode()) % 3]]
    for size in sizes:
        with _cut(size):
            assert _facts(check([str(path)], _options(path, 3))) == whole


@pytest.mark.parametrize("size", SIZES)
def test_the_fixtures_are_cut_indeed(size: int) -> None:
    with _cut(size):
        counts = [_parts(path, size) for path in ZONES if path.parent.name == "zones"]
    # one name has no place to be cut at
    assert sum(count > 1 for count in counts) > 0.9 * len(counts)
    assert sum(counts) > 3 * len(counts)


POOLED = """
rules/rrsig-bogus/fail-nsec3 rules/nsec3-missing/fail-skipped-name rules/include-loop/fail-indirect
rules/key-not-signing/fail-active-now rules/serial-not-raised/fail-record-added
zones/rich-knot-optout zones/reverse-ipv6
""".split()


@pytest.mark.parametrize("name", POOLED)
def test_processes_give_the_same(name: str) -> None:
    path = FIXTURES / f"{name}.zone"
    whole = _facts(check([str(path)], _options(path, 1)))
    with _cut(100, in_process=False):
        assert _parts(path, 100) > 1
        assert _facts(check([str(path)], _options(path, 2))) == whole


def test_a_process_that_dies_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FIXTURES / "zones/reverse-ipv6.zone"
    monkeypatch.setattr(zone, "SMALL", 0)
    monkeypatch.setattr(zone, "SHARD", 100)
    monkeypatch.setattr(zone, "_BATCH_MIN", 100)
    monkeypatch.setattr(zone, "_BATCH_MAX", 100)
    monkeypatch.setattr(pieces, "scan_pieces", lambda *_: os._exit(9))
    report = check([str(path)], _options(path, 2))
    assert report.exit_status == 2
    assert report.failures == [f"{path}: a process that scanned the zone died, perhaps for lack of memory"]


# --- texts that are hard to cut ----------------------------------------------------------------------------

HEAD = """\
$ORIGIN example.test.
$TTL 1h
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ NS ns1
ns1 A 192.0.2.1
"""
HOSTS = "".join(f"h{number} A 192.0.2.{number}\n" for number in range(2, 40))
BROKEN = "".join(f"h{number} 300 A 192.0.2.{number}\n  TXT oops oops (\n" for number in range(2, 8))
INHERITED = "".join(
    f"d{n} 900 A 192.0.2.1\nb{n} A 192.0.2.1\nb{n} 900 A 192.0.2.2\nc{n} 5 A 192.0.2.1\n" for n in range(9)
)
TEXTS = {
    "parentheses over lines": HEAD + "a TXT (\n  x\n  y\n)\n" * 3 + HOSTS + "b TXT ( x ; (\nb\n) y\nc A 192.0.2.9\n",
    "lines inside parentheses that look like records": HEAD + "a TXT (\nb\nh2\nh3 A 192.0.2.1\n)\n" + HOSTS,
    "a directive inside parentheses": HEAD + "a TXT (\n$ORIGIN sub.example.test.\n$TTL 5\n)\n" + HOSTS,
    "quotes that hold parentheses": HEAD + 'a TXT "("\nb TXT ")" "(\\"("\n' + HOSTS + 'c TXT "(\n' + HOSTS,
    "$ORIGIN in the middle": HEAD + HOSTS + "$ORIGIN sub.example.test.\n" + HOSTS + "$ORIGIN sub\n" + HOSTS,
    "$ORIGIN outside": HEAD + HOSTS + "$ORIGIN elsewhere.test.\n" + HOSTS + "$ORIGIN example.test.\nz A 192.0.2.4\n",
    "$TTL in the middle": HEAD
    + HOSTS
    + "$TTL 60\n"
    + "".join(f"h{n} TXT x\n" for n in range(9))
    + "$ttl 1w ; weeks\n"
    + HOSTS,
    "a wrong directive in the middle": HEAD + HOSTS + "$ORIGIN a..b.\n$TTL never\n$TTL\n$NOTHING x\n" + HOSTS,
    "$INCLUDE in the middle": HEAD + HOSTS + "$INCLUDE included\nz A 192.0.2.4\n$INCLUDE included sub\n" + HOSTS,
    "$INCLUDE of nothing": HEAD + HOSTS + "$INCLUDE missing\n" + HOSTS + "$INCLUDE included\n$INCLUDE included\n",
    "$GENERATE in the middle": HEAD + HOSTS + "$GENERATE 1-9 g$ A 192.0.2.$\n$GENERATE 9-1 g A 192.0.2.$\n" + HOSTS,
    "records without TTL": HEAD.replace("$TTL 1h\n", "").replace("SOA", "900 SOA")
    + HOSTS
    + "x 60 A 192.0.2.3\n"
    + HOSTS,
    "no TTL at all": HEAD.replace("$TTL 1h\n", "") + HOSTS,
    "no TTL before the SOA": "h1.example.test. A 192.0.2.1\nh1.example.test. TXT x\n"
    + HEAD.replace("$TTL 1h\n", "")
    + HOSTS,
    "other TTLs": HEAD + "".join(f"h{n} {n * 10} A 192.0.2.1\nh{n} TXT x\n" for n in range(30)),
    "an unclosed parenthesis": HEAD + HOSTS + "x A ( 192.0.2.1\n" + HOSTS + "y A 192.0.2.1\n",
    "unclosed parentheses": HEAD + BROKEN + HOSTS + BROKEN,
    "an unclosed parenthesis behind inherited TTLs": HEAD.replace("$TTL 1h\n", "").replace("SOA", "900 SOA")
    + INHERITED
    + "e TXT (\n"
    + HOSTS.replace(" A", " 5 A"),
    "a parenthesis closed far below": HEAD + "x TXT (\n" + HOSTS + "y A 192.0.2.1\n  TXT x\n" + HOSTS + ") x\n" + HOSTS,
    "parentheses too many": HEAD + "".join(f"h{n} A 192.0.2.1\nx{n} A 192.0.2.1 )\n  TXT x\n" for n in range(12)),
    "a record without TTL after nothing but faults": "".join(f"h{n}.example.test. A x\n" for n in range(8))
    + "\n".join(HEAD.replace("$TTL 1h\n", "").splitlines()[::-1]),
    "faults at every line": HEAD + "".join(f"h{n} A 192.0.2.{n} x\n\tTXT\n  A 1.2.3\n" for n in range(20)),
    "one name in many places": HEAD + "a TXT x\nb TXT x\n" * 20 + "a CNAME b\n" + HOSTS + "@ NS a\n",
    "a CNAME far from its other data": HEAD + "a CNAME h2\n" + HOSTS + "a TXT x\n",
    "two SOA records": HEAD + HOSTS + "@ SOA ns1 hostmaster 2 7200 3600 1209600 3600\n",
    "the SOA at the end": HOSTS.replace(" ", ".example.test. 60 ", 1) + "\n".join(HEAD.splitlines()[::-1]) + "\n",
    "a cut and what is below it": HEAD + "sub NS ns.sub\n" + HOSTS + "ns.sub A 192.0.2.7\nx.sub TXT x\nsub TXT x\n",
    "DOS line ends": (HEAD + HOSTS + "a TXT (\n x\n)\n x A 192.0.2.9\n").replace("\n", "\r\n"),
    "comments and blank lines": HEAD + HOSTS.replace("\n", " ; a comment\n\n; another\n \n"),
    "blank owners": HEAD + "".join(f"h{n} A 192.0.2.1\n  TXT x\n\tAAAA ::1\n" for n in range(20)),
    "the last line is cut short": HEAD + HOSTS + "x A",
    "nothing but a comment": "; nothing\n; here\n",
    "no line end": "example.test. 60 SOA a. b. 1 2 3 4 5",
    "control octets": HEAD + HOSTS + "x TXT \x01\n" + HOSTS + "y TXT \x02\x03\n",
    "a transfer that breaks off": "; <<>> DiG 9.18 <<>> axfr\n" + HEAD + HOSTS,
    "duplicates": HEAD + HOSTS + HOSTS + HOSTS.replace("192", "193"),
}


@pytest.mark.parametrize("options", [{}, {"origin": "example.test"}], ids=["told by the text", "told by --origin"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_in_parts(name: str, options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "zone"
    path.write_text(TEXTS[name], newline="")
    included = "i A 192.0.2.1\n$TTL 7\n$ORIGIN deep.example.test.\nj TXT x\n A 192.0.2.2\nk A (\n"
    (tmp_path / "included").write_text(included)
    whole = _facts(check([str(path)], CheckOptions(at=(AT,), jobs=1, **options)))
    for size in (1, 60, 200, 275):
        with _cut(size):
            assert _facts(check([str(path)], CheckOptions(at=(AT,), jobs=3, **options))) == whole


@pytest.mark.parametrize("name", ["bind-full-15-nsec", "bind-full-13-nsec3", "rich-bind-full-optout"])
def test_shuffled_zones_in_parts(name: str, tmp_path: Path) -> None:
    original = FIXTURES / "zones" / f"{name}.zone"
    rows, path = original.read_text("utf-8").splitlines(), tmp_path / "zone"
    for seed in range(4):
        dice = random.Random(seed)
        # half of them with a fault somewhere
        chosen = dice.sample(rows[1:], len(rows) - 1 - seed % 2)
        path.write_text("\n".join([rows[0], *chosen, ""]))
        options = _options(original, 1)
        whole = _facts(check([str(path)], options))
        with _cut(dice.choice([1, 500, 3000])):
            assert _facts(check([str(path)], replace(options, jobs=dice.choice([1, 2, 5])))) == whole


def test_an_nsec3_whose_owner_has_more_in_another_part(tmp_path: Path) -> None:
    original, path = FIXTURES / "zones/bind-full-13-nsec3.zone", tmp_path / "zone"
    lines = original.read_text().splitlines()
    owner = [line.split()[0] for line in lines if "IN NSEC3\t" in line][-1]
    at = next(number for number, line in enumerate(lines) if line.startswith("a.example.test."))
    path.write_text("\n".join([*lines[:at], f'{owner} 3600 IN TXT "more"', *lines[at:], ""]))
    options = _options(original, 1)
    whole = _facts(check([str(path)], options))
    for size in SIZES:
        with _cut(size):
            assert _facts(check([str(path)], options)) == whole


def test_a_signature_below_a_delegation_in_another_part(tmp_path: Path) -> None:
    """Nobody asks the zone for what is below a delegation, so it matters nothing for how long the zone is valid."""
    original, path = FIXTURES / "zones/bind-full-13-nsec.zone", tmp_path / "zone"
    lines = original.read_text().splitlines()
    rrsig = next(line for line in lines if "RRSIG\tA 13 3" in line and line.startswith("a.example"))
    below = ["z.sub.example.test. 3600 IN A 192.0.2.1", rrsig.replace("a.example.test.", "z.sub.example.test.", 1)]
    path.write_text("\n".join([*lines, *below, ""]))
    options = _options(original, 1)
    whole = check([str(path)], options)
    assert whole.zones[0].forecast
    assert whole.zones[0].forecast.valid_until
    for size in SIZES:
        with _cut(size):
            assert _facts(check([str(path)], options)) == _facts(whole)
    # where the same stands beside the delegation, it is bogus
    path.write_text("\n".join([*lines, *below, ""]).replace("z.sub.", "z.bus."))
    for size in SIZES:
        with _cut(size):
            lapsed = check([str(path)], options).zones[0].forecast
            assert lapsed
            assert lapsed.valid_until is None


def test_the_soa_comes_after_the_head(tmp_path: Path) -> None:
    """The word SOA in a bitmap or a comment is no SOA record: the whole text has to be searched then."""
    path = tmp_path / "zone"
    hosts = "".join(f"h{number:05}.example.test. 60 IN A 192.0.2.1\n" for number in range(2000))
    assert len(hosts) > origin.HEAD
    head = "; the SOA comes last\nexample.test. 60 IN NSEC h00000.example.test. NS SOA NSEC\n"
    path.write_text(head + hosts + "example.test. 60 IN SOA ns1.example.test. h.example.test. 1 7200 3600 1209600 60\n")
    judged = check([str(path)], CheckOptions(at=(AT,))).zones[0]
    assert (judged.origin, judged.origin_from, judged.serial) == ("example.test.", "SOA owner", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("zones")


@examples(150)
@given(
    text=st.one_of(TEXT, SOUP, st.lists(TEXT, min_size=2, max_size=4).map(b"".join)),
    size=st.sampled_from([1, 40, 100]),
    name=st.sampled_from([None, "example"]),
)
def test_any_text_in_parts(text: bytes, size: int, name: str | None, folder: Path) -> None:
    path = folder / "zone"
    path.write_bytes(text)
    whole = _facts(check([str(path)], CheckOptions(at=(AT,), origin=name, jobs=1)))
    with _cut(size):
        assert _facts(check([str(path)], CheckOptions(at=(AT,), origin=name, jobs=3))) == whole
