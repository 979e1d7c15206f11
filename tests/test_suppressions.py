"""Suppressions: what they cover, what they may not, how comments are read, and what is said about them."""

from __future__ import annotations

import pytest

from zonelint import checks
from zonelint.findings import Finding, Place
from zonelint.suppressions import AT_RECORD, NEVER, Span, Suppression, end_of_day
from zonelint.times import BadTime

DAY = 1798675200  # 2026-12-31


def finding(rule: str = "rrsig-expired", owner: str = "www.example.org.", kind: str = "A", start: int = 50) -> Finding:
    return Finding(rule, "", Place("a.zone", start), owner, kind)


def fits(suppression: Suppression, found: Finding) -> bool:
    return suppression.fits(found, "example.org.", "a.zone")


@pytest.mark.parametrize(
    "suppression",
    [
        Suppression(frozenset()),
        Suppression(frozenset({"rrsig-expired", "rrsig-bogus"})),
        Suppression(frozenset(), zone="Example.ORG."),
        Suppression(frozenset(), zone="*.org."),
        Suppression(frozenset(), owner="WWW.example.org."),
        Suppression(frozenset(), owner="*.example.org."),
        Suppression(frozenset(), owner="w*.org."),
        Suppression(frozenset(), type="a"),
        Suppression(frozenset(), span=Span("a.zone")),
        Suppression(frozenset(), span=Span("a.zone", 50, 51)),
    ],
)
def test_what_is_covered(suppression: Suppression) -> None:
    assert fits(suppression, finding())


@pytest.mark.parametrize(
    "suppression",
    [
        Suppression(frozenset({"rrsig-bogus"})),
        Suppression(frozenset(), zone="example.net."),
        Suppression(frozenset(), owner="example.org."),
        Suppression(frozenset(), owner="*.www.example.org."),
        Suppression(frozenset(), owner="w.w.example.org."),
        Suppression(frozenset(), type="AAAA"),
        Suppression(frozenset(), span=Span("b.zone")),
        Suppression(frozenset(), span=Span("a.zone", 51, 80)),
        Suppression(frozenset(), span=Span("a.zone", 10, 50)),
    ],
)
def test_what_is_not_covered(suppression: Suppression) -> None:
    assert not fits(suppression, finding())


@pytest.mark.parametrize("rule", sorted(NEVER))
def test_what_was_not_judged_is_never_covered(rule: str) -> None:
    assert not fits(Suppression(frozenset({rule})), finding(rule))
    assert not fits(Suppression(frozenset({rule}), span=Span("a.zone", 0, 99)), finding(rule))


@pytest.mark.parametrize("rule", sorted(AT_RECORD))
def test_an_unread_record_is_covered_only_where_it_stands(rule: str) -> None:
    assert not fits(Suppression(frozenset({rule})), finding(rule))
    assert not fits(Suppression(frozenset({rule}), span=Span("a.zone")), finding(rule))
    assert fits(Suppression(frozenset({rule}), span=Span("a.zone", 0, 99)), finding(rule))


def test_the_kinds_of_reading_faults_are_all_thought_of() -> None:
    harmless = {"ttl-missing", "ttl-out-of-range", "out-of-zone", "wins-record"}  # the records are judged, or another's
    assert harmless == checks.READING - AT_RECORD - NEVER


def test_a_finding_without_a_place_is_of_its_file() -> None:
    assert fits(Suppression(frozenset(), span=Span("a.zone")), Finding("rrsig-expired", ""))
    assert not fits(Suppression(frozenset(), span=Span("b.zone")), Finding("rrsig-expired", ""))
    assert not fits(Suppression(frozenset(), span=Span("a.zone", 0, 99)), Finding("rrsig-expired", ""))


def test_it_ends_with_its_last_day() -> None:
    until = Suppression(frozenset(), until=end_of_day("2026-12-31"))
    assert not until.has_ended((DAY + 86399,))
    assert until.has_ended((DAY + 86400,))
    assert until.has_ended((DAY, DAY + 86400))  # it has to hold whenever the zone does
    assert not Suppression(frozenset()).has_ended((DAY,))


@pytest.mark.parametrize("text", ["", "2026-13-01", "2026-02-30", "20261231", "31.12.2026", "+3d", "2026-12-31T00:00"])
def test_a_day_is_a_day(text: str) -> None:
    with pytest.raises(BadTime):
        end_of_day(text)
