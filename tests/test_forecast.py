"""What lies ahead of a zone: when it stops to validate, how large its answers are, who sees it as unsigned."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fixturing import FIXTURES

from zonelint.checks.sizes import answers
from zonelint.dnssec.heads import Heads
from zonelint.dnssec.keys import key_tag
from zonelint.dnssec.messages import Message
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.engine import CheckOptions, check
from zonelint.engine.zone import judge
from zonelint.findings import ZoneReport
from zonelint.names import key_from_text, text_from_key, wire_from_text
from zonelint.report import ReportOptions, writer
from zonelint.source.include import IncludePolicy
from zonelint.source.reader import Reader
from zonelint.source.record import Files, State
from zonelint.source.text import open_source
from zonelint.times import parse_time
from zonelint.zone.context import Context
from zonelint.zone.index import ZoneIndex

AT = parse_time("2026-06-15T00:00:00Z", 0)
DAY = 86400
HEAD = "@ 3600 IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ 3600 IN NS ns1\nns1 3600 IN A 192.0.2.1\n"


def _judged(path: Path, at: int = AT, jobs: int = 1, **options: object) -> ZoneReport:
    report = check([str(path)], CheckOptions(at=(at,), jobs=jobs, **options))  # type: ignore[arg-type]
    assert not report.failures
    return report.zones[0]


def _index(path: Path) -> ZoneIndex:
    context = Context(b"", at=(AT,))
    return judge(open_source(str(path)), context, IncludePolicy.for_zone(str(path), ()), None, 1).index


def _index_of(path: Path) -> ZoneIndex:
    context = Context(b"", at=(AT,))
    return judge(open_source(str(path)), context, IncludePolicy.for_zone(str(path), ()), "example.test", 1).index


# --- messages, against dnspython's ---------------------------------------------------------------------------


def _message(question: str, sections: Iterable[Iterable[dns.rrset.RRset]]) -> int:
    """Give the octets of an answer with these sections and an OPT record."""
    query = dns.message.make_query(question, "A", use_edns=0, want_dnssec=True, payload=65535)
    answer = dns.message.make_response(query)
    for section, rrsets in zip((answer.answer, answer.authority, answer.additional), sections, strict=True):
        section.extend(rrsets)
    return len(answer.to_wire(max_size=65535))


class Oracle:
    """The zone as dnspython reads it, and the answers it would give."""

    def __init__(self, path: Path) -> None:
        self.zone = dns.zone.from_file(str(path), "example.test.", relativize=False)

    def rrset(self, owner: str, rdtype: str) -> list[dns.rrset.RRset]:
        """Give an RRset and its signatures, without those over others."""
        name = dns.name.from_text(owner)
        found = self.zone.get_rdataset(name, rdtype)
        assert found is not None
        rrsigs = self.zone.get_rdataset(name, "RRSIG", covers=rdtype)
        sets = [found] if rrsigs is None else [found, rrsigs]
        return [dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset)) for rdataset in sets]

    def keys(self) -> int:
        return _message("example.test.", [self.rrset("example.test.", "DNSKEY"), [], []])

    def denial(self, question: str, owners: Iterable[str], rdtype: str) -> int:
        soa = self.rrset("example.test.", "SOA")
        return _message(question, [[], [*soa, *(each for owner in owners for each in self.rrset(owner, rdtype))], []])

    def referral(self, owner: str, glue: Iterable[tuple[str, str]], rdtype: str = "") -> int:
        proof = self.rrset(owner, rdtype) if rdtype else []
        addresses = [each for name, kind in glue for each in self.rrset(name, kind)]
        return _message("x" * 63 + "." + owner, [[], [self.rrset(owner, "NS")[0], *proof], addresses])


SIGNED = ["bind-full-8-nsec3", "bind-full-13-nsec", "knot-15-nsec3", "ldns-16-nsec", "rich-bind-full-nsec",
          "rich-bind-full-nsec3", "two-algorithms", "csk", "zsk-double-signature", "dname-at-apex"]  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_the_dnskey_answer_is_as_large_as_dnspython_makes_it(name: str) -> None:
    path = FIXTURES / "zones" / f"{name}.zone"
    assert answers(_index(path))["DNSKEY"].octets == Oracle(path).keys()


@pytest.mark.parametrize("name", ["bind-full-13-nsec", "ldns-16-nsec", "rich-bind-full-nsec", "rich-knot-nsec"])
def test_nsec_denials_are_as_large_as_dnspython_makes_them(name: str) -> None:
    path = FIXTURES / "zones" / f"{name}.zone"
    index, oracle = _index(path), Oracle(path)
    found = answers(index)
    ranked = sorted(index.links, key=lambda link: len(link.owner) + link.octets, reverse=True)
    first, second = (text_from_key(link.owner) for link in ranked[:2])
    assert found["no such data"].octets == oracle.denial(first, [first], "NSEC")
    above = first.partition(".")[2] if first != "example.test." else first
    question = f"{'x' * 63}.{above}"
    assert found["no such name"].octets == oracle.denial(question, [first, second], "NSEC")


@pytest.mark.parametrize("name", ["bind-full-8-nsec3", "knot-15-nsec3", "rich-bind-full-nsec3", "two-algorithms"])
def test_nsec3_denials_are_as_large_as_dnspython_makes_them(name: str) -> None:
    path = FIXTURES / "zones" / f"{name}.zone"
    index, oracle = _index(path), Oracle(path)
    owners = [text_from_key(each.owner) for each in sorted(index.hashed, key=lambda each: -len(each.bitmap))[:3]]
    question = f"{'x' * 63}.example.test."
    assert answers(index)["no such name"].octets == oracle.denial(question, owners, "NSEC3")
    assert answers(index)["no such data"].octets == oracle.denial(question, owners[:1], "NSEC3")


@pytest.mark.parametrize("name", ["rich-bind-full-nsec", "rich-knot-nsec"])
def test_signed_referrals_are_as_large_as_dnspython_makes_them(name: str) -> None:
    path = FIXTURES / "zones" / f"{name}.zone"
    index, oracle = _index(path), Oracle(path)
    for referral in index.referrals:
        owner, node = text_from_key(referral.owner), oracle.zone[dns.name.from_text(text_from_key(referral.owner))]
        rdtype = "DS" if node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.DS) else "NSEC"
        assert referral.octets == oracle.referral(owner, [], rdtype)


@pytest.mark.parametrize(
    ("name", "servers"), [("fail-eighteen-servers", 18), ("pass-thirteen-servers", 13), ("pass-servers-outside", 18)]
)
def test_referrals_are_as_large_as_dnspython_makes_them(name: str, servers: int) -> None:
    path = FIXTURES / "rules" / "referral-large" / f"{name}.zone"
    names = [] if "outside" in name else [f"server{number:02}.sub.example.test." for number in range(servers)]
    glue = [(each, kind) for each in names for kind in ("A", "AAAA")]
    assert answers(_index_of(path))["referral"].octets == Oracle(path).referral("sub.example.test.", glue)


def test_several_addresses_of_a_server_count() -> None:
    path = FIXTURES / "rules" / "referral-large" / "fail-many-addresses.zone"
    glue = [(f"server{number:02}.sub.example.test.", kind) for number in range(12) for kind in ("A", "AAAA")]
    assert answers(_index_of(path))["referral"].octets == Oracle(path).referral("sub.example.test.", glue)


def test_the_largest_referral_is_found_among_many(tmp_path: Path) -> None:
    path = tmp_path / "db.example.test"
    cuts = [(f"c{number}", 1 + number % 5) for number in range(200)]
    rows = [f"{cut} 3600 IN NS ns{i}.{cut}.example.net." for cut, many in cuts for i in range(many)]
    rows += [f"big 3600 IN NS ns{i}.far-away{i}.example.net." for i in range(6)]
    path.write_text(HEAD + "\n".join(rows) + "\n")
    assert answers(_index_of(path))["referral"].owner == key_from_text("big.example.test.")


def test_an_unsigned_zone_has_no_answers_but_referrals(tmp_path: Path) -> None:
    path = tmp_path / "db.example.test"
    path.write_text(HEAD)
    assert answers(_index_of(path)) == {}
    path.write_text(HEAD + "sub 3600 IN NS ns1\n")
    assert set(answers(_index_of(path))) == {"referral"}


def test_names_beyond_the_reach_of_a_pointer_are_not_pointed_at() -> None:
    message = Message(wire_from_text(b"example.test.", None))
    owner = wire_from_text(b"a.b.test.", None)
    message.record(owner, bytes(0x4000))
    before = message.octets
    message.record(wire_from_text(b"late.test.", None), b"")
    message.record(wire_from_text(b"late.test.", None), b"")
    # "late" and a pointer to "test", both times: the first stands too far behind to be pointed at
    assert message.octets - before == 2 * (5 + 2 + 10)


# --- expirations ---------------------------------------------------------------------------------------------


def _signed(path: Path, ends: Iterable[int], after: int = 2 * DAY) -> None:
    """Write a zone with one TXT RRset for each end, and the apex signed until some seconds after the last."""
    ends = list(ends)
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    dnskey = struct.pack("!HBB", 257, 3, 15) + private.public_key().public_bytes_raw()
    apex = wire_from_text(b"example.test.", None)
    tag = key_tag(dnskey)
    text = base64.b64encode(dnskey[4:]).decode()
    rows: list[str] = []

    def add(owner: str, kind: str, rdata: str, end: int) -> None:
        name = dns.name.from_text(owner)
        number = dns.rdatatype.from_text(kind)
        wire = dns.rdata.from_text("IN", kind, rdata).to_digestable(dns.name.root)
        labels = len(name.labels) - 1
        head = struct.pack("!HBBIIIH", number, 15, labels, 3600, end, AT - DAY, tag) + apex
        data = name.to_digestable() + struct.pack("!HHIH", number, 1, 3600, len(wire)) + wire
        signature = base64.b64encode(private.sign(head + data)).decode()
        rows.append(f"{owner} 3600 IN {kind} {rdata}")
        rows.append(f"{owner} 3600 IN RRSIG {kind} 15 {labels} 3600 {end} {AT - DAY} {tag} example.test. {signature}")

    end = max(ends) + after
    add("example.test.", "SOA", "ns.example.net. h.example.net. 1 7200 3600 1209600 3600", end)
    add("example.test.", "NS", "ns.example.net.", end)
    add("example.test.", "DNSKEY", f"257 3 15 {text}", end)
    names = [f"n{number:05}.example.test." for number in range(len(ends))]
    for name, each in zip(names, ends, strict=True):
        add(name, "TXT", "x", each)
    order = ["example.test.", *names]
    for name, following, each in zip(order, [*order[1:], order[0]], [end, *ends], strict=True):
        types = "NS SOA RRSIG NSEC DNSKEY" if name == "example.test." else "TXT RRSIG NSEC"
        add(name, "NSEC", f"{following} {types}", each)
    path.write_text("\n".join(rows) + "\n")


def _rules(zone: ZoneReport) -> set[str]:
    return {found.finding.rule for found in zone.findings}


def test_valid_until_the_first_rrset_loses_its_signature(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    _signed(path, [AT + 20 * DAY, AT + 18 * DAY + 7, AT + 19 * DAY])
    zone = _judged(path)
    assert _rules(zone) == set()
    assert zone.forecast is not None
    assert zone.forecast.valid_until == AT + 18 * DAY + 7
    assert zone.forecast.because.startswith("n00001.example.test. ")
    assert sum(zone.forecast.expirations.values()) == zone.verified == 10
    assert {hour % 3600 for hour in zone.forecast.expirations} == {0}


@pytest.mark.parametrize(
    ("name", "until"),
    [
        ("rules/rrsig-expired/pass-four-days-left", "2026-06-19T00:00:00Z"),
        ("rules/rrsig-invalid-beside-valid/pass-two-windows", "2026-07-01T00:00:00Z"),
        ("rules/rrsig-invalid-beside-valid/fail-bogus", "2026-07-01T00:00:00Z"),
        ("zones/csk", "2026-07-01T00:00:00Z"),
    ],
)
def test_one_valid_signature_keeps_an_rrset_alive(name: str, until: str) -> None:
    zone = _judged(FIXTURES / f"{name}.zone")
    assert zone.forecast is not None
    assert zone.forecast.valid_until == parse_time(until, 0)


@pytest.mark.parametrize(
    "name",
    ["rrsig-expired/fail-a-second-ago", "rrsig-bogus/fail-bit-flipped-algorithm-13", "rrset-unsigned/fail-nsec"],
)
def test_what_does_not_validate_has_no_date(name: str) -> None:
    path = FIXTURES / "rules" / f"{name}.zone"
    if not path.exists():
        path = next(iter(sorted(path.parent.glob("fail-*.zone"))))
    zone = _judged(path)
    assert zone.forecast is not None
    assert zone.forecast.valid_until is None


def test_no_forecast_for_an_unsigned_zone(tmp_path: Path) -> None:
    path = tmp_path / "db.example.test"
    path.write_text("$ORIGIN example.test.\n" + HEAD)
    zone = _judged(path)
    assert zone.forecast is None


def test_all_at_the_same_second(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    _signed(path, [AT + 20 * DAY] * 2500, 0)
    zone = _judged(path)
    assert _rules(zone) == {"signatures-expire-together"}
    assert len(zone.findings) == 1
    _signed(path, [*[AT + 20 * DAY] * 2499, AT + 20 * DAY - 1], 0)
    assert _rules(_judged(path)) == set()
    _signed(path, [AT + 20 * DAY] * 2490, 0)
    assert _rules(_judged(path)) == set()


def test_a_cliff(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    spread = [AT + 20 * DAY + number * 1800 for number in range(1200)]
    _signed(path, [AT + 15 * DAY + 5] * 1320 + spread)
    zone = _judged(path)
    assert _rules(zone) == {"expiry-cliff"}
    assert "2640 of 5044" in zone.findings[0].finding.message
    _signed(path, [AT + 15 * DAY + 5] * 1200 + spread + spread[:150])
    assert _rules(_judged(path)) == set()


def test_processes_and_cache_tell_the_same(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    _signed(path, [AT + 20 * DAY + number * 7000 for number in range(3000)])
    assert path.stat().st_size > 1 << 20
    first = _judged(path).forecast
    assert first is not None
    assert len(first.expirations) > 24
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    for jobs in (2, 2, 1):
        assert _judged(path, jobs=jobs, cache=lambda: str(cache)).forecast == first


def test_many_heads_are_counted_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "zone"
    _signed(path, [AT + 20 * DAY + number for number in range(100)])
    before = _judged(path).forecast
    monkeypatch.setattr("zonelint.dnssec.verify._MEMO", 8)
    monkeypatch.setattr("zonelint.dnssec.heads._MEMO", 8)
    assert _judged(path).forecast == before


def test_the_era_is_that_of_the_reference_time() -> None:
    at = 2**32 - 100
    heads = Heads(b"test\0", [ZoneKey(bytes(4), 0)], (at,), 0, 1 << 31)
    assert heads.moment(50) == 2**32 + 50
    assert heads.moment(2**32 - 200) == 2**32 - 200


# --- reports -------------------------------------------------------------------------------------------------


def test_json_has_the_forecast_of_a_signed_zone_only(tmp_path: Path) -> None:
    unsigned = tmp_path / "db.example.test"
    unsigned.write_text("$ORIGIN example.test.\n" + HEAD)
    paths = [str(FIXTURES / "zones" / "rich-knot-nsec.zone"), str(unsigned)]
    report = check(paths, CheckOptions(at=(AT,)))
    zones = json.loads(writer("json")(report, ReportOptions()))["zones"]
    assert zones[0]["valid_until"] == "2026-07-01T00:00:00Z"
    assert zones[0]["valid_until_because"].startswith("example.test. ")
    assert zones[0]["expirations"] == {"2026-07-01": 58}
    assert zones[0]["sizes"]["DNSKEY"] == {"octets": 309, "name": "example.test."}
    assert zones[0]["validators_without"] == {"ECDSA": "insecure"}
    assert "valid_until" not in zones[1]


@pytest.mark.parametrize(
    ("name", "views"),
    [
        ("bind-full-15-nsec", {"Ed25519": "insecure"}),
        ("bind-full-16-nsec", {"Ed448": "insecure"}),
        ("bind-full-8-nsec3", {}),
        ("two-algorithms", {"ECDSA": "secure"}),
    ],
)
def test_how_validators_see_it(name: str, views: dict[str, str]) -> None:
    zone = _judged(FIXTURES / "zones" / f"{name}.zone")
    assert zone.forecast is not None
    assert zone.forecast.views == views


def test_the_full_report_says_until_when(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    _signed(path, [AT + 20 * DAY, AT + 22 * DAY, AT + 22 * DAY])
    report = check([str(path)], CheckOptions(at=(AT,)))
    text = writer("full")(report, ReportOptions())
    assert ", valid until 2026-07-05T00:00:00Z, at " in text
    assert "forecast" not in text
    ahead = writer("full")(report, ReportOptions(forecast=True)).splitlines()
    assert ahead[0].startswith("forecast for example.test.: valid until 2026-07-05T00:00:00Z (first to expire: n00000.")
    bars = [line.split() for line in ahead if "#" in line]
    assert [bar[:2] for bar in bars] == [["2026-07-05", "2"], ["2026-07-07", "4"], ["2026-07-09", "4"]]
    assert [len(bar[2]) for bar in bars] == [20, 40, 40]


def test_a_long_time_is_shown_in_weeks(tmp_path: Path) -> None:
    path = tmp_path / "zone"
    _signed(path, [AT + (10 + number) * DAY for number in range(100)])
    report = check([str(path)], CheckOptions(at=(AT,), ignore=frozenset({"rrsig-validity-too-long"})))
    text = writer("full")(report, ReportOptions(forecast=True))
    assert "by 7 days:" in text
    assert sum(1 for line in text.splitlines() if "#" in line) < 20


# --- files as exported ---------------------------------------------------------------------------------------


def test_windows_takes_the_minimum_for_each_record_without_ttl(tmp_path: Path) -> None:
    text = (FIXTURES / "zones" / "export-windows-dns.zone").read_bytes()
    apex = key_from_text("example.test.")
    state = State(wire_from_text(b"example.test.", None))
    reader = Reader(text, Files(["x"]), state, IncludePolicy.for_zone(str(tmp_path), ()), apex=apex)
    records = {(text_from_key(owner), rdtype): ttl for owner, rdtype, ttl, _, _ in reader.records()}
    assert not reader.problems
    assert records["example.test.", 1] == 600
    assert records["example.test.", 6] == records["example.test.", 15] == 3600
    assert records["dc2.example.test.", 1] == 3600
    assert records["desktop-4q2.example.test.", 1] == 1200


def test_only_a_windows_file_does_without_a_default_ttl(tmp_path: Path) -> None:
    path = tmp_path / "db.example.test"
    path.write_text("$ORIGIN example.test.\n" + HEAD.replace("3600 IN", "IN"))
    assert "ttl-missing" in _rules(_judged(path))
    path.write_text(";  Database file x.dns for example.test zone.\n" + path.read_text())
    assert "ttl-missing" not in _rules(_judged(path))


@pytest.mark.parametrize("word", ["[AGE:12", "[AGE:x]", "[AGE]", "[TTL:12]"])
def test_what_is_not_an_age_is_no_record(tmp_path: Path, word: str) -> None:
    path = tmp_path / "db.example.test"
    path.write_text("$ORIGIN example.test.\n" + HEAD + f"www {word} 600 A 192.0.2.2\n")
    assert "syntax-error" in _rules(_judged(path))
