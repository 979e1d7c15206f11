"""Reading what is too large or too odd for a fixture, and telling which zone a text is."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixturing import DEFAULT_TIME

from zonelint.engine import CheckOptions, check
from zonelint.engine.origin import from_file_name
from zonelint.findings import ZoneReport
from zonelint.names import text_from_key
from zonelint.source.lexer import LIMIT
from zonelint.times import parse_time

AT = (parse_time(DEFAULT_TIME, 0),)
APEX = "@ 3600 IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ 3600 IN NS ns1\nns1 3600 IN A 192.0.2.1\n"


def judged(path: Path, text: str | bytes, **options: object) -> ZoneReport:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    report = check([str(path)], CheckOptions(at=AT, **options))  # type: ignore[arg-type]
    assert not report.failures
    return report.zones[0]


def rules(zone: ZoneReport) -> list[tuple[str, int]]:
    return [(found.finding.rule, found.location.line) for found in zone.findings if found.location]


@pytest.mark.parametrize(
    "record",
    ["txt 3600 IN TXT " + "a " * LIMIT, "txt 3600 IN TXT (" + "\n a" * (LIMIT // 2) + " )"],
    ids=["one line", "parentheses"],
)
def test_record_too_long(tmp_path: Path, record: str) -> None:
    zone = judged(tmp_path / "example.test", APEX + record + "\nwww 3600 IN A 192.0.2.300\n")
    assert rules(zone) == [("record-too-long", 4), ("rdata-invalid", 4 + record.count("\n") + 1)]


def test_reading_goes_on_after_each_fault(tmp_path: Path) -> None:
    text = APEX + "a 3600 IN A 192.0.2.\n$NO x\nb 3600 IN NOTYPE x\nc 3600 IN TXT \"open\nd 3600 IN A 192.0.2.4\n"
    zone = judged(tmp_path / "example.test", text)
    assert rules(zone) == [("rdata-invalid", 4), ("unknown-directive", 5), ("unknown-type", 6), ("unclosed-quote", 7)]
    assert zone.records == 4


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("example.org", "example.org."),
        ("db.example.org", "example.org."),
        ("example.org.zone", "example.org."),
        ("example.org.zone.signed", "example.org."),
        ("2.0.192.in-addr.arpa.db", "2.0.192.in-addr.arpa."),
        ("zone", "zone."),
    ],
)
def test_origin_from_file_name(name: str, origin: str) -> None:
    assert text_from_key(from_file_name(name)) == origin


@pytest.mark.parametrize(
    ("text", "option", "origin", "told_by"),
    [
        (APEX, "example.net", "example.net.", "option"),
        (APEX.replace("@ 3600 IN SOA", "example.com. 3600 IN SOA"), None, "example.com.", "SOA owner"),
        ("$ORIGIN example.org.\n" + APEX, None, "example.org.", "$ORIGIN"),
        (APEX, None, "example.test.", "file name"),
    ],
)
def test_origin_is_told_by(tmp_path: Path, text: str, option: str | None, origin: str, told_by: str) -> None:
    zone = judged(tmp_path / "example.test.zone", text, origin=option)
    assert (zone.origin, zone.origin_from) == (origin, told_by)
    assert rules(zone) == []


def test_place_in_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "hosts").write_text("; hosts\nwww 60 A 192.0.2.999\n")
    zone = judged(tmp_path / "example.test", APEX + "$INCLUDE more/hosts\n")
    (found,) = zone.findings
    assert found.location is not None
    assert Path(found.location.file) == tmp_path / "more" / "hosts"
    assert (found.location.line, found.location.column, found.location.end_column) == (2, 10, 21)


def test_large_unsigned_zone_in_parts(tmp_path: Path) -> None:
    hosts = "".join(f"host{i} 3600 IN A 192.0.2.{i % 256}\n" for i in range(60_000))
    zone = judged(tmp_path / "example.test", APEX + hosts + "host7 3600 IN A 192.0.2.7\n")
    assert rules(zone) == [("duplicate-record", 60_004)]
    assert zone.records == 60_004
