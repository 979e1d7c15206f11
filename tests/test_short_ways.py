"""The short ways through what is good lead where the long ways lead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES
from hypothesis import given
from hypothesis import strategies as st
from test_parts import AT, ZONES, _cut, _facts, _options

from zonelint.checks import nsec3
from zonelint.dnssec.verify import Verifier
from zonelint.engine import CheckOptions, check, zone
from zonelint.names import key_from_text, parent
from zonelint.source import rdata
from zonelint.source.fast import FastPath
from zonelint.source.include import IncludePolicy
from zonelint.source.lexer import Token
from zonelint.source.text import Octets
from zonelint.zone.context import Context
from zonelint.zone.index import Status

SIGNED = [path for path in ZONES if b"RRSIG" in path.read_bytes()]


def _short_ways(patch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count how often a name is taken as a whole, and how often it is not."""
    taken, take = {"yes": 0, "no": 0}, Verifier.takes

    def counted(*arguments: Any) -> bool:
        answer = take(*arguments)
        taken["yes" if answer else "no"] += 1
        return answer

    patch.setattr(Verifier, "takes", counted)
    return taken


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_signatures_are_judged_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = _facts(check([str(path)], _options(path, 1)))
    monkeypatch.setattr(Verifier, "takes", lambda *_: False)
    assert _facts(check([str(path)], _options(path, 1))) == short


def test_most_names_are_taken_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = _short_ways(monkeypatch)
    for path in (FIXTURES / "zones").glob("*.zone"):
        check([str(path)], _options(path, 1))
    assert taken["yes"] > taken["no"] > 0


def test_a_bogus_signature_among_good_ones_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FIXTURES / "rules/rrsig-bogus/fail-nsec3.zone"
    taken = _short_ways(monkeypatch)
    report = check([str(path)], _options(path, 1)).zones[0]
    assert taken["yes"] > 0
    bogus = sum(each.finding.rule == "rrsig-bogus" for each in report.findings)
    assert bogus
    assert report.verified == report.signatures - bogus


@pytest.mark.parametrize("path", [path for path in SIGNED if b"NSEC3" in path.read_bytes()], ids=lambda path: path.stem)
def test_chains_are_judged_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = _facts(check([str(path)], _options(path, 1)))
    monkeypatch.setattr(nsec3, "starmap", lambda *_: [False])
    assert _facts(check([str(path)], _options(path, 1))) == short


def test_few_signatures_of_many_kinds_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zonelint.dnssec.verify._MEMO", 2)
    monkeypatch.setattr("zonelint.dnssec.heads._MEMO", 2)
    for path in (FIXTURES / "zones").glob("*.zone"):
        judged = check([str(path)], _options(path, 1)).zones[0]
        if judged.forecast:
            assert sum(judged.forecast.expirations.values()) == judged.verified


# --- where names stand -------------------------------------------------------------------------------------

LABELS = ["a", "b", "a.b", "c.a.b", "b.a", "*.b", "d.e.f"]
RECORDS = st.sets(st.tuples(st.sampled_from(LABELS), st.sampled_from(["NS ns.test.", "DNAME x.test.", "A 192.0.2.1"])))


@given(records=RECORDS, size=st.sampled_from([1, 10_000]))
def test_standings_and_empty_non_terminals(records: set[tuple[str, str]], size: int) -> None:
    text = "example. 300 IN SOA ns.test. h.test. 1 2 3 4 5\nexample. 300 IN NS ns.test.\n"
    text += "".join(f"{owner}.example. 300 IN {rest}\n" for owner, rest in sorted(records))
    with _cut(size):
        context = Context(b"", at=(AT,))
        index = zone.judge(Octets("a", text.encode()), context, IncludePolicy(()), "example.", 1).index
    apex = key_from_text("example.")
    types: dict[bytes, set[str]] = {apex: {"SOA"}}
    for owner, rest in records:
        types.setdefault(key_from_text(f"{owner}.example."), set()).add(rest.split()[0])
    assert index.names == sorted(types)
    for name, status in zip(index.names, index.statuses, strict=True):
        assert status == _status(name, apex, types), name
    assert index.standings == set(zip(index.statuses, index.kinds, strict=True))
    served = [name for name, status in zip(index.names, index.statuses, strict=True) if status <= Status.cut]
    above = {each for name in served for each in _ancestors(name, apex)} - types.keys() - {apex}
    assert {name for name, _ in index.empty_non_terminals()} == above


def _ancestors(name: bytes, apex: bytes) -> Iterator[bytes]:
    while name != apex:
        name = parent(name)
        yield name


def _status(name: bytes, apex: bytes, types: dict[bytes, set[str]]) -> Status:
    """Say by the ancestors of a name where it stands; the one that is next to the apex decides."""
    for above in reversed([each for each in _ancestors(name, apex) if each != apex]):
        if "NS" in types.get(above, ()):
            return Status.below_cut
        if "DNAME" in types.get(above, ()):
            return Status.below_dname
    return Status.cut if name != apex and "NS" in types[name] else Status.authoritative


# --- addresses ---------------------------------------------------------------------------------------------


GROUPS = st.sampled_from(["", "0", "db8", "ffff", "12345"])


@given(text=st.text("012aF:.g", max_size=24) | st.lists(GROUPS).map(":".join))
def test_ipv6_is_read_alike(text: str) -> None:
    convert = FastPath().table[b"AAAA"][1]
    for _ in range(2):  # with what was remembered, too
        octets = convert(text.encode())
        assert octets is None or octets == rdata.ipv6(text.encode())


# --- private keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("between", "shown"), [(500, False), (50_000, False), (200_000, True)])
def test_lines_near_a_private_key_are_not_shown(between: int, shown: bool, tmp_path: Path) -> None:
    text = "$ORIGIN example.test.\n$TTL 1h\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 1.2.3.4\nwww A 1.2.3.400\n"
    key = "; -----BEGIN PRIVATE KEY-----\n; MC4CAQAw\n; -----END PRIVATE KEY-----\n"
    path = tmp_path / "a.zone"
    path.write_text(text + "; filler\n" * between + key)
    found = [each for each in check([str(path)], CheckOptions((AT,))).zones[0].findings
             if each.finding.rule == "rdata-invalid"]  # fmt: skip
    assert [bool(each.location and each.location.text) for each in found] == [shown]


def test_a_field_far_behind_its_owner_is_not_shown_beside_a_private_key(tmp_path: Path) -> None:
    filler = "; filler filler filler filler\n" * 14_000
    key = "; -----BEGIN PRIVATE KEY-----\n; MC4CAQAw\n nowhere ; SECRET\n; -----END PRIVATE KEY-----\n"
    path = tmp_path / "a.zone"
    path.write_text(f"$ORIGIN example.test.\n$TTL 1h\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nw MX ( 10\n{filler}{key} )\n")
    found = [each for each in check([str(path)], CheckOptions((AT,))).zones[0].findings
             if each.finding.rule == "mx-target-missing"]  # fmt: skip
    assert [each.location and (each.location.line, each.location.text) for each in found] == [(14_008, "")]


# --- signatures in text ------------------------------------------------------------------------------------


@given(blanks=st.integers(0, 3), signature=st.sampled_from(["", "AAAA", "AA A A", "AAA", "AB==", "AA==", "A" * 88]))
def test_signatures_are_read_alike(blanks: int, signature: str) -> None:
    text = "A 8 2 300 20260701000000 20260601000000 1234 example. " + " " * blanks + signature
    octets = FastPath().table[b"RRSIG"][1](text.encode())
    try:
        wanted = rdata.parse(46, [Token(word, 0, 0) for word in text.encode().split()], None)
    except rdata.BadRdata:
        wanted = None
    assert octets in (None, wanted)
    assert octets is not None or wanted is None or blanks
