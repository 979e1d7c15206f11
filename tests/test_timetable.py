"""Timetables: every format is read back by a reader of its own, and no text of a plan becomes more than text.

The plans are made by hand from the numbers of RFC 7583 section 3.2.1; those at the end the planner makes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonelint.report.text import columns, visible
from zonelint.report.timetable import WRITERS
from zonelint.report.timetable.diff import BadPlan, diff
from zonelint.report.timetable.layout import WIDTH, Axis, Layout, fit, lay_out, text_width
from zonelint.report.timetable.sheet import Sheet
from zonelint.report.timetable.words import accounts, duration, time_text, verdict
from zonelint.rollover.chart import Bar, Kind, Phase, chart
from zonelint.rollover.model import (
    Action,
    Event,
    Key,
    Number,
    Plan,
    Request,
    Role,
    RrsetClass,
    Setup,
    State,
    Wait,
)
from zonelint.rollover.prove import Proof, Validator, prove
from zonelint.rollover.timeline import BEGINNING, FOREVER, build
from zonelint.times import LATEST, to_text

T0 = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86400
PROPAGATION, KEY_TTL, DATA_TTL = 300, 3600, 86400
READY = PROPAGATION + KEY_TTL  # Ipub of RFC 7583 section 3.2.1
DEAD = PROPAGATION + DATA_TTL  # Iret, for a zone that is signed at once

BERLIN = ZoneInfo("Europe/Berlin")


def prepublish(gap: int = READY, zone: str = "example.org.", at: int = T0) -> Plan:
    """Give a ZSK rollover of three steps; with a gap of less than `READY` it has a bogus window."""
    keys = [
        Key("ksk-1", Role.ksk, 13, 4711, 68),
        Key("zsk-1", Role.zsk, 13, 12345, 68),
        Key("zsk-2", Role.zsk, 13),
    ]
    start = State(
        ds=frozenset({"ksk-1"}),
        dnskey=frozenset({"ksk-1", "zsk-1"}),
        dnskey_signers=frozenset({"ksk-1"}),
        zone_signers=frozenset({"zsk-1"}),
    )
    inputs = {
        "zone-propagation": Number(PROPAGATION, "policy line 4"),
        "parent-propagation": Number(HOUR, "option --parent-propagation"),
        "dnskey-ttl": Number(KEY_TTL, "zone"),
        "ds-ttl": Number(DAY, "zone"),
        "data-ttl": Number(DATA_TTL, "zone"),
    }
    active, dead = at + gap, at + gap + DEAD
    publication = Wait("Ipub", READY, "Ipub = Dprp + TTLkey = 300 + 3600 = 3900 s", "DNSKEY TTL, 3600 s")
    retirement = Wait("Iret", DEAD, "Iret = Dsgn + Dprp + TTLsig = 0 + 300 + 86400 = 86700 s", "TTL, 86400 s")
    refs = ("RFC 7583 section 3.2.1",)
    title = "Sign with the new ZSK"
    events = [
        Event(at, Action.publish_key, "zsk-2", step="publish", title="Publish the new ZSK", refs=refs,
              instruction="Add the DNSKEY of zsk-2; do not sign with it yet.", not_after=at + 20 * DAY,
              not_after_reason="the old key reaches the end of its life"),
        Event(active, Action.sign_zone, "zsk-2", step="activate", title=title, wait=publication,
              not_before=at + READY, not_after=at + 30 * DAY, refs=refs),
        Event(active, Action.stop_signing_zone, "zsk-1", step="activate", title=title),
        Event(dead, Action.remove_key, "zsk-1", step="remove", title="Remove the old ZSK", wait=retirement,
              not_before=active + DEAD, refs=refs),
    ]  # fmt: skip
    rrsets = (RrsetClass("data-86400", DATA_TTL), RrsetClass("data-300", 300), RrsetClass("denial", HOUR, True))
    return Plan(
        zone, ("zsk-prepublish",), {key.id: key for key in keys}, start, events, inputs, rrsets,
        notes=["The largest TTL of the zone is 86400 s, max-zone-ttl of the policy is 3600 s: the larger counts."],
    )  # fmt: skip


def many(rollovers: int, zone: str = "example.org.", gaps: tuple[int, ...] = (READY,)) -> Plan:
    """Give rollovers one after the other, four steps each, with gaps from the list in turn."""
    plan = prepublish(zone=zone)
    keys = {name: key for name, key in plan.keys.items() if name != "zsk-2"}
    events: list[Event] = []
    old = "zsk-1"
    for i in range(rollovers):
        new = f"zsk-{i + 2}" if i % 2 else f"Kexample.org.+013+{10000 + i}"
        keys[new] = Key(new, Role.zsk, 13)
        at, gap = T0 + 90 * DAY * i, gaps[i % len(gaps)]
        events += [
            Event(at - DAY, Action.generate_key, new, step="generate", title=f"Generate {new}"),
            Event(at, Action.publish_key, new, step="publish", title=f"Publish {new} and look at every server",
                  not_before=at - 5 * DAY, not_after=at + 20 * DAY),
            Event(at + gap, Action.sign_zone, new, step="activate", title=f"Sign with {new}",
                  not_before=at + READY, not_after=at + 30 * DAY),
            Event(at + gap, Action.stop_signing_zone, old, step="activate"),
            Event(at + gap + DEAD, Action.remove_key, old, step="remove", title=f"Remove {old}"),
        ]  # fmt: skip
        old = new
    return replace(plan, keys=keys, events=events, methods=("zsk-prepublish",) * rollovers)


def two_algorithms() -> Plan:
    """Give a second ZSK of another algorithm, which does not sign the DNSKEY set: only the strictest mind."""
    plan = prepublish(READY)
    keys = plan.keys | {"zsk-2": replace(plan.keys["zsk-2"], algorithm=15)}
    return replace(plan, keys=keys, events=plan.events[:2])


def write(name: str, plan: Plan, proof: Proof | None = None, **options: Any) -> str:
    options = {"now": T0 - DAY, "tz": UTC} | options
    return WRITERS[name](plan, prove(plan) if proof is None else proof, **options)


def sheet(plan: Plan, **options: Any) -> Sheet:
    return Sheet(plan, prove(plan), **({"now": T0 - DAY} | options))


EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b]0;owned\x07\x1b[2J",
    "a\r\nX-EVIL:1\r\nEND:VEVENT",
    "b\n# HELP evil\nevil 1",
    "c\n## evil\n- [x] evil [link](https://evil.example/) https://evil.example @evil",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    " +1",
    "]]>&amp;<!--",
    "d:crit, 1;#%%{init}",
    "\u202etxt.exe\u2066",
    'e"\\',
    "\ud800",
    "section x\nclick y href z",
)
"""Texts that mean something to one format or another."""


def hostile(text: str) -> Plan:
    """Give a plan with one text wherever a plan takes text."""
    plan = prepublish(600)
    names = {"ksk-1": f"ksk{text}", "zsk-1": f"zsk{text}", "zsk-2": text}
    renamed = {names[name]: replace(key, id=names[name]) for name, key in plan.keys.items()}
    state = State(
        ds=frozenset({names["ksk-1"]}),
        dnskey=frozenset({names["ksk-1"], names["zsk-1"]}),
        dnskey_signers=frozenset({names["ksk-1"]}),
        zone_signers=frozenset({names["zsk-1"]}),
        chains=frozenset({f"nsec3:{text}"}),
    )
    events = [
        replace(
            event, key=names[event.key], step=text, title=text, instruction=text, not_after_reason=text, refs=(text,),
            not_after=event.at + DAY, wait=Wait(text, 60, text, text, text),
        )
        for event in plan.events
    ]  # fmt: skip
    return Plan(
        text, (text,), renamed, state, events, {text: Number(5, text), **plan.inputs},
        (RrsetClass(text, DATA_TTL), RrsetClass(f"no {text}", 60, True)), notes=[text],
    )  # fmt: skip


# every format


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("text", EVIL)
def test_nothing_that_a_terminal_obeys_comes_through(name: str, text: str) -> None:
    written = write(name, hostile(text))
    allowed = {"csv": "\r\n", "ical": "\r\n"}.get(name, "\n")
    assert [c for c in written if not c.isprintable() and c not in allowed] == []
    written.encode()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("make", [prepublish, lambda: prepublish(600), lambda: replace(prepublish(), events=[])])
def test_every_format_ends_its_last_line_and_is_the_same_again(name: str, make: Any) -> None:
    written = write(name, make())
    assert written.endswith("\n")
    assert not written.endswith("\n\n")
    assert write(name, make()) == written


def test_formats_are_imported_only_when_they_are_asked_for() -> None:
    code = (
        "import sys; import zonelint.report.timetable as t; print([m for m in ('icalendar', 'rich', 'csv', 'html',"
        " 'zonelint.report.timetable.svg') if m in sys.modules], sorted(t.WRITERS))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")


@pytest.mark.parametrize("name", WRITERS)
def test_times_at_the_end_of_the_calendar_are_no_traceback(name: str) -> None:
    plan = prepublish(at=LATEST - READY - DEAD)
    for event in plan.events:
        assert event.at <= LATEST
    bounded = replace(plan, events=[replace(event, not_after=LATEST) for event in plan.events])
    assert "9999" in write(name, bounded, tz=ZoneInfo("Pacific/Auckland")) or name in ("prometheus", "svg")


# words


def test_a_time_shows_the_name_of_its_zone_and_the_offset() -> None:
    assert time_text(T0, UTC) == "2026-11-21 00:00:00 UTC"
    assert time_text(T0, BERLIN) == "2026-11-21 01:00:00 CET +01:00"
    # a zone without letters has only an offset
    assert time_text(T0, ZoneInfo("America/Sao_Paulo")) == "2026-11-20 21:00:00 -03:00"
    assert time_text(T0, ZoneInfo("Asia/Kathmandu")) == "2026-11-21 05:45:00 +05:45"
    assert (time_text(BEGINNING, UTC), time_text(FOREVER, UTC)) == ("the beginning", "for ever")


def test_both_hours_of_a_night_when_clocks_go_back_are_told_apart() -> None:
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp())
    assert time_text(first, BERLIN) == "2026-10-25 02:30:00 CEST +02:00"
    assert time_text(first + HOUR, BERLIN) == "2026-10-25 02:30:00 CET +01:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (3900, "1h5m"), (86400, "1d"), (-5400, "-1h30m"), (FOREVER, "without end")],
)
def test_durations(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_a_safe_plan_has_no_account_of_windows() -> None:
    assert accounts(sheet(prepublish())) == []
    assert verdict(sheet(prepublish())) == "safe for all validators"


def test_a_window_is_told_with_the_old_version_and_the_new_data() -> None:
    (account,) = accounts(sheet(prepublish(600)))
    assert account.head == (
        "bogus for all validators: from 2026-11-21 00:10:00 UTC until 2026-11-21 01:05:00 UTC (55m)"
    )
    (sentence,) = account.sentences
    assert sentence == (
        "until 2026-11-21 01:05:00 UTC resolvers that still hold the DNSKEY set from before step 1"
        " (Publish the new ZSK) meet data signed only by zsk-2 of step 2 (Sign with the new ZSK)"
        " (data-300, data-86400 and denial):"
        " the data are signed by zsk-2, not in the DNSKEY set"
    )


def test_old_data_are_told_as_old() -> None:
    plan = prepublish()
    early = [*plan.events[:3], replace(plan.events[3], at=plan.events[3].at - HOUR)]
    (account,) = accounts(sheet(replace(plan, events=early)))
    assert any("data signed only by zsk-1 from before step 2" in sentence for sentence in account.sentences)
    assert any("meet the DNSKEY set of step 3" in sentence for sentence in account.sentences)


def test_validators_with_a_window_of_their_own_are_named() -> None:
    told = accounts(sheet(two_algorithms()))
    assert {account.trouble.validators for account in told} == {(Validator.strict_dnskey,)}
    assert all("strict-dnskey validators" in account.head for account in told)


# table


def test_the_table_says_what_limits_a_wait_and_why() -> None:
    text = write("table", prepublish())
    for part in (
        "3 steps from 2026-11-21 00:00:00 UTC until 2026-11-22 01:10:00 UTC (1d1h10m)",
        "wait        Ipub = Dprp + TTLkey = 300 + 3600 = 3900 s (1h5m)",
        "limited by  DNSKEY TTL, 3600 s",
        "not after 2026-12-11 00:00:00 UTC (the old key",
        "zone-propagation      300 s  5m  from policy line 4",
        "max-zone-ttl of the policy",
        "next: step 1, 2026-11-21 00:00:00 UTC, in 1d",
        "zsk-2  ZSK, algorithm 13 (ECDSAP256SHA256), not made yet",
        "safe for all validators",
    ):
        assert part in text, part


@pytest.mark.parametrize("word", ["bogus", "NOT SAFE", "too early", "too late", "over 1232", "\x1b"])
def test_a_safe_plan_warns_of_nothing(word: str) -> None:
    assert word not in write("table", prepublish(), sizes=[(None, 9999), (T0, 1232)])


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (1232, "DNSKEY answer 1232 octets\n"),
        (1233, "1233 octets, over 1232\n"),
        (1453, "over 1232, in fragments over IPv6 (over 1500 with headers)\n"),
        (1473, "over 1232, in fragments (over 1500 with headers)\n"),
    ],
)
def test_the_limits_of_an_answer_are_said_from_one_octet_above(octets: int, text: str) -> None:
    assert text in write("table", prepublish(), sizes=[(T0, octets)], width=120)


def test_a_step_that_is_too_early_says_by_how_much() -> None:
    assert "beware      55m too early" in write("table", prepublish(600))
    late = prepublish(31 * DAY)
    assert "beware      1d too late" in write("table", late)


@pytest.mark.parametrize("width", [1, 60, 72, 100, 160])
@pytest.mark.parametrize("zone", ["example.org.", "x" * 63 + "." + "例え" * 30 + ".org."])
def test_no_line_is_wider_than_the_terminal(width: int, zone: str) -> None:
    lines = write("table", prepublish(600, zone), width=width).splitlines()
    assert max(map(columns, lines)) <= max(width, 60)


def test_colour_changes_no_letter() -> None:
    plain = write("table", prepublish(600))
    painted = write("table", prepublish(600), color=True)
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_long_sources_of_numbers_keep_to_their_column() -> None:
    plan = prepublish()
    plan.inputs["dnskey-ttl"] = Number(KEY_TTL, "zone " + "a/long/path/" * 9 + " and more")
    lines = write("table", plan).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  dnskey-ttl"))
    column = lines[start].index("from zone")
    assert lines[start - 1].index("from option") == column
    assert [line[:column].strip() for line in lines[start + 1 : start + 3]] == ["", ""]


def test_the_table_of_past_steps_has_no_next_one() -> None:
    text = write("table", prepublish(), now=T0 + 90 * DAY)
    assert "next:" not in text
    assert "all steps are in the past" in text


# Markdown


def test_the_runbook_has_a_checkbox_for_each_step() -> None:
    text = write("markdown", prepublish())
    assert re.findall(r"^- \[ \] \*\*(\d)\. ", text, re.MULTILINE) == ["1", "2", "3"]
    assert "Safe: not before 2026-11-21 01:05:00 UTC, not after 2026-12-21 00:00:00 UTC" in text


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_markdown(text: str) -> None:
    written = write("markdown", hostile(text))
    headings = re.findall(r"^#+ .*", written, re.MULTILINE)
    assert headings[1:] == [
        "## Steps",
        "## Proof",
        "## Keys",
        "## Inputs",
        "## Notes",
    ]
    assert written.count("- [ ] ") == 3
    bare = re.sub(r"\\.", "", written).replace("<!-- -->", "").replace("- [ ]", "")
    assert not re.search(r"[<\[\]`]", bare)
    assert not re.search(r"https?:|@evil", re.sub(r"\\(.)", r"\1", written))
    table = [line for line in written.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {5}


# CSV


def rows(plan: Plan, **options: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(write("csv", plan, **options), newline=""), strict=True))


def test_csv_has_a_line_for_each_event() -> None:
    read = rows(prepublish(), tz=BERLIN, sizes=[(T0, 1300)])
    assert [(row["number"], row["action"], row["key"]) for row in read] == [
        ("1", "publish-key", "zsk-2"),
        ("2", "sign-zone", "zsk-2"),
        ("2", "stop-signing-zone", "zsk-1"),
        ("3", "remove-key", "zsk-1"),
    ]
    assert (read[0]["time"], read[0]["utc"]) == ("2026-11-21T01:00:00+01:00", "2026-11-21T00:00:00Z")
    assert (read[1]["wait_seconds"], read[1]["limited_by"]) == ("3900", "DNSKEY TTL, 3600 s")
    assert (read[2]["wait_seconds"], read[2]["tag"], read[0]["tag"]) == ("", "12345", "")
    assert {(row["dnskey_octets"], row["over"]) for row in read} == {("1300", "over 1232")}


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_is_a_formula(text: str) -> None:
    for row in rows(hostile(text)):
        assert None not in row
        assert len(row) == 26
        assert not [cell for cell in row.values() if cell.lstrip()[:1] in tuple("=+-@\t\r＝＋－＠") and cell]
        assert row["title"].removeprefix("'") == visible(text)


def test_csv_tells_the_two_hours_of_a_night_apart() -> None:
    at = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp())
    plan = prepublish()
    events = [replace(plan.events[0], at=at), replace(plan.events[1], at=at + HOUR)]
    read = rows(replace(plan, events=events), tz=BERLIN)
    assert [row["time"] for row in read] == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


# iCalendar


def entries(plan: Plan, **options: Any) -> list[Any]:
    icalendar = pytest.importorskip("icalendar")
    calendar = icalendar.Calendar.from_ical(write("ical", plan, **options))
    assert calendar.errors == []
    return list(calendar.walk("VEVENT"))


def test_the_calendar_has_an_event_a_step_with_reminders() -> None:
    found = entries(prepublish())
    assert [event["SUMMARY"] for event in found] == [
        "example.org. 1/3: Publish the new ZSK",
        "example.org. 2/3: Sign with the new ZSK",
        "example.org. 3/3: Remove the old ZSK",
    ]
    assert [int(event.decoded("DTSTART").timestamp()) for event in found] == [T0, T0 + READY, T0 + READY + DEAD]
    assert {event.decoded("DTSTAMP").timestamp() for event in found} == {T0 - DAY}
    alarms = [alarm.decoded("TRIGGER") for alarm in found[0].walk("VALARM")]
    assert alarms == [timedelta(days=-1), timedelta(hours=-1)]
    assert all(line.endswith("\r") for line in write("ical", prepublish()).split("\n")[:-1])
    assert all(len(line.encode()) <= 76 for line in write("ical", prepublish(zone="例" * 80)).split("\n"))


def test_reminders_are_those_that_are_asked_for() -> None:
    assert [a.decoded("TRIGGER") for e in entries(prepublish(), reminders=(7 * DAY,)) for a in e.walk("VALARM")] == [
        timedelta(days=-7)
    ] * 3
    assert [a for e in entries(prepublish(), reminders=()) for a in e.walk("VALARM")] == []


def uids(plan: Plan, **options: Any) -> list[str]:
    return [str(event["UID"]) for event in entries(plan, **options)]


def test_identifiers_stay_when_the_dates_move() -> None:
    plan = prepublish()
    assert uids(plan) == uids(prepublish(at=T0 + 12345), now=T0 + 99, tz=BERLIN)
    assert len(set(uids(many(15)))) == 60
    assert set(uids(plan)) & set(uids(prepublish(zone="example.net."))) == set()
    assert set(uids(plan)) & set(uids(replace(plan, methods=("zsk-double-signature",)))) == set()


def test_identifiers_stay_when_a_key_is_made_and_gets_its_name() -> None:
    plan = prepublish()
    name = "Kexample.org.+013+54321"
    keys = {name if key == "zsk-2" else key: each for key, each in plan.keys.items()}
    keys[name] = replace(keys[name], id=name, tag=54321)
    events = [replace(event, key=name) if event.key == "zsk-2" else event for event in plan.events]
    assert uids(replace(plan, keys=keys, events=events)) == uids(plan)


def test_a_later_export_has_a_higher_sequence() -> None:
    first, second = (entries(prepublish(), now=now)[0]["SEQUENCE"] for now in (T0, T0 + 60))
    assert second == first + 1
    assert entries(prepublish(), now=LATEST)[0]["SEQUENCE"] < 1 << 31


def test_bogus_windows_are_in_the_calendar_and_safe_plans_have_none() -> None:
    (window,) = entries(prepublish(600))[3:]
    assert window["SUMMARY"] == "example.org.: BOGUS for some resolvers"
    assert (window.decoded("DTEND") - window.decoded("DTSTART")).total_seconds() == READY - 600
    assert "resolvers that still hold the DNSKEY set" in window["DESCRIPTION"]
    assert not [event for event in entries(prepublish()) if "BOGUS" in event["SUMMARY"]]


def test_a_window_without_end_has_no_end() -> None:
    plan = prepublish()
    (window,) = entries(replace(plan, events=plan.events[1:3]))[1:]
    assert "DTEND" not in window


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_property(text: str) -> None:
    found = entries(hostile(text))
    assert len([event for event in found if "BOGUS" not in event["SUMMARY"]]) == 3
    names = {"SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "CATEGORIES", "DESCRIPTION",
             "LAST-MODIFIED", "STATUS", "TRANSP"}  # fmt: skip
    assert {name for event in found for name in event} <= names
    assert f" 1/3: {visible(text)}" in found[0]["SUMMARY"].replace("\r\n", "")


# Mermaid

STATEMENT = re.compile(
    r"gantt|    title [^#;\n]+|    dateFormat YYYY-MM-DDTHH:mm:ss|    axisFormat [%\w: -]+|    todayMarker off"
    r"|    section [^:#;\n]+"
    r"|    [^:#;%\n]+ :(?:(?:active|done|crit|milestone), )?[a-z0-9]+, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,"
    r" (?:0s|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)"
)
"""The lines of a diagram, by the lexer rules of gantt.jison in Mermaid 8 to 11 (the strictest of them)."""


@pytest.mark.parametrize("plan", [prepublish(), prepublish(600), many(15), *map(hostile, EVIL)])
def test_the_diagram_keeps_the_grammar(plan: Plan) -> None:
    lines = write("mermaid", plan).splitlines()
    assert [line for line in lines if not STATEMENT.fullmatch(line)] == []
    names = [line.rsplit(" :", 1)[1].split(", ")[-3] for line in lines if " :" in line and "T" in line.split(" :")[1]]
    assert len(names) == len(set(names))
    assert lines[0] == "gantt"


def test_the_diagram_marks_the_window_of_an_unsafe_plan_only() -> None:
    assert ":crit, window0, 2026-11-21T00:10:00, 2026-11-21T01:05:00" in write("mermaid", prepublish(600))
    assert "crit" not in write("mermaid", prepublish())
    assert "zsk-2 introduced :active, " in write("mermaid", prepublish())


# Prometheus

COMMENT = re.compile(r"# (?:HELP [a-z_]+ [^\n]+|TYPE [a-z_]+ gauge)")
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"([a-z_]+)\{{({LABEL}(?:,{LABEL})*)\}} (-?[0-9]+|[+-]Inf)")


def samples(plan: Plan, **options: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the format back: no sample may come twice."""
    found = {}
    for line in write("prometheus", plan, **options).splitlines():
        if COMMENT.fullmatch(line):
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        labels = tuple(
            (name, re.sub(r"\\(.)", r"\1", value))
            for name, value in re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2])
        )
        assert (match[1], labels) not in found, line
        found[match[1], labels] = float(match[3])
    return found


def metric(plan: Plan, name: str, **wanted: str) -> list[float]:
    return [
        value
        for (found, labels), value in samples(plan).items()
        if found == f"zonelint_rollover_{name}" and wanted.items() <= dict(labels).items()
    ]


def test_metrics_have_the_times_of_the_steps() -> None:
    plan = prepublish()
    assert metric(plan, "event_timestamp_seconds", step="activate", action="sign-zone", key="zsk-2") == [T0 + READY]
    assert metric(plan, "event_not_before_timestamp_seconds", step="activate") == [T0 + READY]
    assert metric(plan, "next_event_timestamp_seconds", zone="example.org.", method="zsk-prepublish") == [T0]
    assert metric(plan, "safe") == [1, 1, 1]
    assert metric(plan, "bogus_window_start_timestamp_seconds") == []


def test_metrics_of_an_unsafe_plan() -> None:
    plan = prepublish(600)
    assert metric(plan, "safe", validator="lenient") == [0]
    assert metric(plan, "bogus_window_start_timestamp_seconds", validator="strict-ds") == [T0 + 600]
    assert metric(plan, "bogus_window_end_timestamp_seconds", validator="strict-ds") == [T0 + READY]
    endless = replace(plan, events=plan.events[1:3])
    assert metric(endless, "bogus_window_end_timestamp_seconds", validator="lenient") == [float("inf")]


def test_validators_have_verdicts_of_their_own() -> None:
    plan = two_algorithms()
    assert metric(plan, "safe", validator="lenient") == [1]
    assert metric(plan, "safe", validator="strict-ds") == [1]
    assert metric(plan, "safe", validator="strict-dnskey") == [0]


def test_no_next_event_when_all_are_past() -> None:
    assert not [name for name, _ in samples(prepublish(), now=T0 + 90 * DAY) if "next_event" in name]


def test_events_that_are_alike_are_told_apart() -> None:
    plan = prepublish()
    again = replace(plan, events=[Event(T0 + i, Action.refresh, "dnskey", step="renew") for i in range(3)])
    assert metric(again, "event_timestamp_seconds") == [T0, T0 + 1, T0 + 2]


@pytest.mark.parametrize("text", EVIL)
def test_labels_are_read_back_as_they_were(text: str) -> None:
    assert {dict(labels)["zone"] for _, labels in samples(hostile(text))} == {visible(text)}


# SVG and HTML

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "title", "desc", "style", "defs", "pattern", "g", "rect", "line", "polygon", "path", "text"}


def drawn(plan: Plan, **options: Any) -> ET.Element:
    return ET.fromstring(write("svg", plan, **options))


def texts(root: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("text", EVIL)
def test_the_picture_is_well_formed_and_inert(text: str) -> None:
    root = drawn(hostile(text))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == DRAWN
    attributes = {(name, value) for element in root.iter() for name, value in element.attrib.items()}
    assert not [name for name, _ in attributes if name.startswith(("on", "{")) or name == "href"]
    assert not [value for _, value in attributes if "evil" in value or ("url(" in value and "url(#zl-" not in value)]
    assert root.find(f"{SVG}title").text == visible(f"Key rollover of {text}: {text}")  # type: ignore[union-attr]


def test_the_picture_shows_every_step_and_record() -> None:
    shown = texts(drawn(prepublish(), tz=BERLIN))
    for text in (
        "1", "2", "3", "DS", "DNSKEY", "Signature over DNSKEY", "Signatures over the zone", "Denial", "nsec",
        "1  Publish the new ZSK", "2026-11-21 01:00:00 CET +01:00", "safe for all validators",
    ):  # fmt: skip
        assert text in shown
    assert shown.count("zsk-2") == 2


def windows(root: ET.Element) -> list[ET.Element]:
    return [group for group in root.iter(f"{SVG}g") if group.get("class", "").startswith("window")]


def test_only_an_unsafe_plan_has_hatched_windows() -> None:
    assert windows(drawn(prepublish())) == []
    (window,) = windows(drawn(prepublish(600)))
    assert [rect.get("fill") for rect in window.iter(f"{SVG}rect")] == ["url(#zl-bogus)"] * 2
    assert texts(window) == ["bogus 55m: all validators"]


def test_the_picture_follows_the_dark_mode() -> None:
    style = drawn(prepublish()).find(f"{SVG}style")
    assert style is not None
    assert "@media (prefers-color-scheme:dark)" in (style.text or "")


class Page(HTMLParser):
    """Collects the elements of a page, and whether they close in order."""

    VOID = frozenset({"meta", "rect", "line", "path", "polygon"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("text", EVIL)
def test_the_page_is_inert(text: str) -> None:
    page = Page(write("html", hostile(text)))
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "img", "iframe", "link", "object", "form", "base"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "action", "style")]
        assert attributes.get("href", "#steps") == "#steps"
    assert page.words.count(visible(f"Key rollover of {text}")) == 2
    (policy,) = [a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a]
    assert (policy or "").startswith("default-src 'none';")


def test_the_page_names_nothing_from_elsewhere() -> None:
    written = write("html", prepublish(600))
    assert set(re.findall(r"https?://[^\"' <]+", written)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in written
    assert set(re.findall(r"url\([^)]*\)", written)) == {"url(#zl-bogus)"}


def test_the_page_has_all_that_the_table_has() -> None:
    words = " ".join(" ".join(Page(write("html", prepublish(600), sizes=[(T0, 1233)])).words).split())
    for text in (
        "Publish the new ZSK", "Ipub = Dprp + TTLkey = 300 + 3600 = 3900 s (1h5m)", "limited by DNSKEY TTL, 3600 s",
        "1233 octets, over 1232", "55m too early", "option --parent-propagation", "max-zone-ttl of the policy",
        "resolvers that still hold the DNSKEY set from before step 1", "RFC 7583 section 3.2.1",
    ):  # fmt: skip
        assert text in words


# the chart behind them


def bar(plan: Plan, kind: Kind, key: str) -> Bar:
    (found,) = [each for each in chart(plan, prove(plan)).bars if (each.kind, each.key) == (kind, key)]
    return found


def test_phases_are_exact_to_the_second() -> None:
    plan = prepublish()
    active, dead = T0 + READY, T0 + READY + DEAD
    assert bar(plan, Kind.dnskey, "zsk-2").spans == (
        (BEGINNING, T0, Phase.gone),
        (T0, T0 + READY, Phase.introduced),
        (T0 + READY, FOREVER, Phase.everywhere),
    )
    assert bar(plan, Kind.dnskey, "zsk-1").spans == (
        (BEGINNING, dead, Phase.everywhere),
        (dead, dead + READY, Phase.withdrawn),
        (dead + READY, FOREVER, Phase.gone),
    )
    assert bar(plan, Kind.zone_signature, "zsk-1").spans == (
        (BEGINNING, active, Phase.everywhere),
        (active, active + DEAD, Phase.withdrawn),
        (active + DEAD, FOREVER, Phase.gone),
    )
    assert bar(plan, Kind.ds, "ksk-1").spans == ((BEGINNING, FOREVER, Phase.everywhere),)


def test_records_that_never_were_have_no_bar() -> None:
    kinds = {(each.kind, each.key) for each in chart(prepublish(), prove(prepublish())).bars}
    assert (Kind.ds, "zsk-1") not in kinds
    assert (Kind.zone_signature, "ksk-1") not in kinds
    assert not [kind for kind, _ in kinds if kind in (Kind.revoked, Kind.anchor)]


def test_a_root_of_trust_has_anchors_and_revoked_keys() -> None:
    plan = prepublish()
    start = replace(plan.start, ds=frozenset(), anchors=frozenset({"ksk-1"}))
    plan = replace(plan, start=start, events=[Event(T0, Action.revoke_key, "ksk-1", step="revoke")])
    assert bar(plan, Kind.anchor, "ksk-1").spans[0].phase == Phase.everywhere
    assert bar(plan, Kind.revoked, "ksk-1").spans[-1] == (T0 + READY, FOREVER, Phase.everywhere)


@settings(max_examples=30, deadline=None)
@given(
    gap=st.integers(1, 3 * DAY),
    moves=st.lists(st.tuples(st.integers(0, 3 * DAY), st.sampled_from(["zsk-1", "zsk-2"])), max_size=4),
    probe=st.lists(st.integers(-DAY, 9 * DAY), min_size=1, max_size=10),
)
def test_phases_agree_with_the_versions_at_any_time(gap: int, moves: list[tuple[int, str]], probe: list[int]) -> None:
    plan = prepublish(gap)
    extra = [
        Event(T0 + at, action, key, step=f"{action.value}-{i}")
        for i, (at, key) in enumerate(moves)
        for action in ((Action.publish_key, Action.remove_key)[i % 2], Action.sign_zone)
    ]
    plan = replace(plan, events=[*plan.events, *extra])
    timelines = build(plan)
    for each in chart(plan, prove(plan)).bars:
        assert (each.spans[0].start, each.spans[-1].end) == (BEGINNING, FOREVER)
        assert all(a.end == b.start and a.phase != b.phase for a, b in pairwise(each.spans))
        if each.kind != Kind.dnskey:
            continue
        for at in (T0 + offset for offset in probe):
            seen = [each.key in v.contents.keys for v in timelines.dnskey if v.published <= at < v.gone]
            now = [each.key in v.contents.keys for v in timelines.dnskey if v.published <= at][-1]
            (phase,) = [span.phase for span in each.spans if span.start <= at < span.end]
            if all(seen):
                expected = Phase.everywhere
            elif not any(seen):
                expected = Phase.gone
            else:
                expected = Phase.introduced if now else Phase.withdrawn
            assert phase == expected


# the layout

LAYOUTS = {
    "three steps": prepublish(),
    "a window": prepublish(600),
    "sixty steps": many(15, gaps=(READY, 600)),
    "a long name": prepublish(600, zone=".".join(["a-label-of-sixty-three-octets-" + "x" * 33] * 3) + "."),
    "a wide name": prepublish(zone="例え" * 60),
    "nothing": replace(prepublish(), events=[]),
    "one step": replace(prepublish(), events=prepublish().events[:1]),
}


def laid_out(plan: Plan, **options: Any) -> Layout:
    each = sheet(plan, **options)
    return lay_out(each, chart(plan, each.proof))


@pytest.mark.parametrize("name", LAYOUTS)
def test_nothing_overlaps_and_nothing_is_outside(name: str) -> None:
    places = laid_out(LAYOUTS[name], tz=BERLIN)
    for first, second in pairwise([*places.lines, *places.steps]):
        assert second.y - first.y >= 20
    for line in places.lines:
        assert text_width(line.text) <= places.left - 20
    boxes = [(badge.y, badge.x - badge.width / 2, badge.x + badge.width / 2) for badge in places.badges]
    for y in {box[0] for box in boxes}:
        level = sorted(box[1:] for box in boxes if box[0] == y)
        assert all(left[1] <= right[0] for left, right in pairwise(level))
        assert level[0][0] >= places.left
        assert level[-1][1] <= places.right
    assert all(places.left <= step.x <= places.right <= WIDTH for step in places.steps)
    assert all(b.x - a.x >= 80 for a, b in pairwise(places.ticks))
    assert sum(len(badge.rows) for badge in places.badges) == len(places.steps)


def test_texts_of_windows_share_lanes_without_touching() -> None:
    places = laid_out(many(15, gaps=(600,)))
    assert len(places.bands) == 15
    spans: dict[float, list[tuple[float, float]]] = {}
    for band in places.bands:
        if band.text:
            size = text_width(band.text)
            left = band.text_x - (size if band.anchor == "end" else 0)
            spans.setdefault(band.text_y, []).append((left, left + size))
    for lane in spans.values():
        assert all(a[1] <= b[0] for a, b in pairwise(sorted(lane)))
    assert sum(map(len, spans.values())) + places.more_bands == 15


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=80, unique=True))
def test_the_axis_keeps_the_order_and_its_bounds(instants: list[int]) -> None:
    axis = Axis(instants, 100.0, 1100.0)
    places = [axis(at) for at in sorted(instants)]
    assert all(b - a > 3 for a, b in pairwise(places))
    assert places[0] == 100
    assert places[-1] == pytest.approx(1100)
    assert (axis(-5), axis(FOREVER)) == (100, pytest.approx(1100))


def test_an_axis_that_needs_no_widening_is_straight() -> None:
    axis = Axis([0, 500, 1000], 0.0, 1000.0)
    assert not axis.stretched
    assert axis(250) == 250


@given(st.text(max_size=300), st.integers(40, 900))
def test_a_label_fits(text: str, room: int) -> None:
    assert text_width(fit(text, room)) <= room


def test_dates_of_the_axis_are_midnights_of_the_zone_when_clocks_change() -> None:
    plan = prepublish(at=int(datetime(2026, 10, 23, tzinfo=UTC).timestamp()), gap=5 * DAY)
    ticks = laid_out(plan, tz=BERLIN).ticks
    assert [tick.text for tick in ticks][:4] == ["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"]
    assert all(re.fullmatch(r"2026-1\d-\d\d", tick.text) for tick in ticks)


# diff


def old(plan: Plan) -> dict[str, Any]:
    """Give a plan as a file has it."""
    document: dict[str, Any] = json.loads(write("json", plan))
    return document


def test_nothing_changed() -> None:
    assert diff(old(prepublish()), prepublish()) == "nothing changed\n"
    # another source of the same number moves nothing
    other = prepublish()
    other.inputs["dnskey-ttl"] = Number(KEY_TTL, "option --dnskey-ttl")
    assert diff(old(prepublish()), other) == "nothing changed\n"


def test_a_step_that_moved_names_the_number_behind_it() -> None:
    new = prepublish(READY + HOUR)
    new.inputs["dnskey-ttl"] = Number(2 * HOUR, "zone")
    wait = Wait("Ipub", READY + HOUR, "Ipub = Dprp + TTLkey = 300 + 7200 = 7500 s")
    new.events[1] = replace(new.events[1], wait=wait, not_before=T0 + READY + HOUR)
    lines = diff(old(prepublish()), new).splitlines()
    assert lines[0] == "input dnskey-ttl: 3600 s (1h) from zone → 7200 s (2h) from zone"
    assert lines[1] == (
        "moved 1h later: Sign with the new ZSK, 2026-11-21 01:05:00 UTC → "
        "2026-11-21 02:05:00 UTC (Ipub = Dprp + TTLkey = 300 + 3600 = 3900 s → "
        "Ipub = Dprp + TTLkey = 300 + 7200 = 7500 s, because of dnskey-ttl)"
    )
    assert lines[2].startswith("moved 1h later: Remove the old ZSK, ")
    assert lines[2].endswith(" (with the step before it)")
    assert len(lines) == 3


def test_numbers_that_are_not_in_an_equation_are_not_blamed() -> None:
    new = prepublish(READY + HOUR)
    new.inputs["dnskey-ttl"] = Number(2 * HOUR, "zone")
    new.inputs["ds-ttl"] = Number(5, "zone")
    new.events[1] = replace(new.events[1], wait=Wait("Ipub", 7500, "Ipub = Dprp + TTLkey = 300 + 7200 = 7500 s"))
    assert "because of dnskey-ttl)" in diff(old(prepublish()), new)


def test_a_plan_that_moved_as_a_whole_is_one_line() -> None:
    assert diff(old(prepublish()), prepublish(at=T0 + DAY)).splitlines()[0] == (
        "all 3 steps moved 1d later: Publish the new ZSK, 2026-11-21 00:00:00 UTC → 2026-11-22 00:00:00 UTC, and so on"
    )


def test_steps_that_came_and_went() -> None:
    plan = prepublish()
    longer = replace(plan, events=[*plan.events, Event(T0 + 9 * DAY, Action.destroy_key, "zsk-1", step="destroy")])
    assert diff(old(plan), longer) == "added: Destroy the private key of zsk-1, 2026-11-30 00:00:00 UTC\n"
    assert diff(old(longer), plan) == "removed: destroy-key zsk-1 of step destroy, it was at 2026-11-30 00:00:00 UTC\n"


def test_an_earlier_step_a_new_deadline_and_another_zone_are_told() -> None:
    text = diff(old(prepublish(READY + 60)), prepublish(zone="example.net."), tz=BERLIN)
    assert "other zone: example.org. → example.net." in text
    assert "moved 1m earlier: Sign with the new ZSK" in text
    assert "CET +01:00" in text
    plan = prepublish()
    plan.events[1] = replace(plan.events[1], not_after=None)
    assert diff(old(prepublish()), plan) == (
        "other deadline: Sign with the new ZSK (Sign the zone with zsk-2), 2026-12-21 00:00:00 UTC → open\n"
    )


def test_numbers_written_by_hand_are_understood() -> None:
    document = old(prepublish()) | {"inputs": {"dnskey-ttl": "1h", "ds-ttl": 86400}}
    assert "dnskey-ttl" not in diff(document, prepublish())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "the old plan has version 2, not 1: plan it again with this zonelint"),
        ({"version": None}, "the old plan has version None, not 1: plan it again with this zonelint"),
        ({"events": {}}, "the old plan has no list of events"),
        ({"events": [5]}, "event 1 of the old plan is no table but 5"),
        ({"events": [{"action": "explode"}]}, "event 1 of the old plan has an unknown action, 'explode'"),
        ({"events": [{"action": ["check"]}]}, "event 1 of the old plan has an unknown action, ['check']"),
        ({"events": [{"action": "check"}]}, "event 1 of the old plan has no time"),
        ({"events": [{"action": "check", "at": "+3d"}]}, "at of event 1 of the old plan is no time in UTC but '+3d'"),
        ({"events": [{"action": "check", "at": 5}]}, "at of event 1 of the old plan is no time in UTC but 5"),
        ({"inputs": []}, "the inputs of the old plan are no table but []"),
        ({"inputs": {"ds-ttl": True}}, "input ds-ttl of the old plan is no number of seconds but True"),
        ({"inputs": {"ds-ttl": "1y"}}, "input ds-ttl of the old plan: '1y' is not a duration: write 3d, 36h or 1h30m"),
    ],
)
def test_an_old_plan_that_is_none_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadPlan) as caught:
        diff(old(prepublish()) | change, prepublish())
    assert str(caught.value) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["version", "zone", "methods", "inputs", "keys", "events"]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), JSON)
def test_no_old_plan_is_a_traceback(change: dict[str, Any], event: Any) -> None:
    document = old(prepublish()) | {"events": [{"action": "check", "at": to_text(T0), "key": event}, event]} | change
    try:
        assert diff(document, prepublish()).endswith("\n")
    except BadPlan as fault:
        assert "\n" not in str(fault)


@pytest.mark.parametrize("text", EVIL)
def test_a_difference_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    document = old(prepublish()) | {"zone": text, "methods": [text]}
    found = diff(document, hostile(text))
    assert [c for c in found if not c.isprintable() and c != "\n"] == []


# what the planner makes


@pytest.mark.parametrize(
    ("method", "algorithm"),
    [
        ("zsk-prepublish", None),
        ("ksk-double-signature", None),
        ("ksk-double-ds", None),
        ("algorithm-conservative", 15),
        ("going-insecure", None),
        ("nsec-to-nsec3", None),
    ],
)
def test_plans_of_the_planner_are_written_in_every_format(method: str, algorithm: int | None) -> None:
    from zonelint.rollover.plan import plan as make

    base = prepublish()
    del base.keys["zsk-2"]
    more = {"denial-ttl": Number(HOUR, "zone"), "registration": Number(DAY, "option")}
    setup = Setup(base.zone, base.keys, base.start, base.inputs | more, base.rrsets)
    plan = make(setup, [Request(method, T0, algorithm=algorithm)], T0)
    assert "safe for all validators" in write("table", plan)
    assert "NOT SAFE" not in write("table", plan)
    assert len(rows(plan)) == len(plan.events)
    assert len(entries(plan)) == len(sheet(plan).rows)
    assert [line for line in write("mermaid", plan).splitlines() if not STATEMENT.fullmatch(line)] == []
    assert metric(plan, "safe") == [1, 1, 1]
    assert [w for w in windows(drawn(plan)) if "bogus" in w.get("class", "")] == []
    assert Page(write("html", plan)).open == []
    assert diff(old(plan), plan) == "nothing changed\n"
