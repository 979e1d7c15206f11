"""Suppressions: what they cover, what they may not, how comments are read, and what is said about them."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fixturing import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from zonelint import checks
from zonelint.cli import main
from zonelint.engine import CheckOptions, check
from zonelint.findings import Finding, Place, Report, Severity
from zonelint.report import ReportOptions, writer
from zonelint.report.symptoms import verdict
from zonelint.source.comments import suppressions_in
from zonelint.source.lexer import Line, read_line
from zonelint.source.split import marks_in
from zonelint.source.text import Octets
from zonelint.suppressions import AT_RECORD, NEVER, Span, Suppression, end_of_day
from zonelint.symptoms import symptom
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


# --- comments ---------------------------------------------------------------------------------------------------

HEAD = """\
$TTL 3600
@ SOA ns1 host 1 7200 3600 1209600 3600
@ NS ns1
ns1 A 192.0.2.1
"""
OPTIONS = CheckOptions(at=(1781481600,), origin="example.org")  # 2026-06-15
IGNORE = "; zonelint: ignore[mx-target-missing] being moved"


def judged(tmp_path: Path, text: str, options: CheckOptions = OPTIONS) -> Report:
    file = tmp_path / "a.zone"
    file.write_text(text if " SOA " in text or text.startswith("$TTL") else HEAD + text)
    return check([str(file)], options)


def said(report: Report) -> list[tuple[str, int]]:
    """Give rule and line of what is reported."""
    return [
        (each.finding.rule, each.location.line) for zone in report.zones for each in zone.findings if each.location
    ]


def read(text: bytes) -> tuple[list[tuple[bytes, frozenset[str]]], list[str]]:
    """Give what each suppression of a text covers, and the rules of the faults."""
    source = Octets("a.zone", text)
    found, faults = suppressions_in(source, marks_in(text))
    covered = [(text[each.span.start : each.span.end], each.rules) for each in found if each.span]
    return covered, [fault.rule for fault in faults]


@pytest.mark.parametrize(
    ("text", "record"),
    [
        (b"a A 1\nb MX 10 c ; zonelint: ignore[SOA101] x\nd A 2\n", b"b MX 10 c ; zonelint: ignore[SOA101] x\n"),
        (b"; zonelint: ignore[SOA101] x\nb A 1\nd A 2\n", b"b A 1\n"),
        (b";;  Zonelint : ignore [SOA101] x\r\n\r\n; y\r\nb A 1\r\nd A 2\r\n", b"b A 1\r\n"),
        (b"a A 1\n  ; zonelint: ignore[SOA101] x\nb A 1", b"b A 1"),
        (b"b (\n ; zonelint: ignore[SOA101] x\nMX )\nd A 2\n", b"b (\n ; zonelint: ignore[SOA101] x\nMX )\n"),
        (b"b ( ; zonelint: ignore[SOA101] x\nMX )\nd A 2\n", b"b ( ; zonelint: ignore[SOA101] x\nMX )\n"),
        (b"b ( 1\n( 2\n) 3\n) ; zonelint: ignore[SOA101] x\nd", b"b ( 1\n( 2\n) 3\n) ; zonelint: ignore[SOA101] x\n"),
        (b"( a )\nb \"(\" ; (\nc 1 ; zonelint: ignore[SOA101] x\nd", b"c 1 ; zonelint: ignore[SOA101] x\n"),
        (b"a\\\" \";\" ; note ; zonelint: ignore[SOA101] x", b"a\\\" \";\" ; note ; zonelint: ignore[SOA101] x"),
        (b"\xef\xbb\xbf; zonelint: ignore[SOA101] x\nb A 1\n", b"b A 1\n"),
        (b"$ORIGIN a. ; zonelint: ignore[SOA101] x\nb", b"$ORIGIN a. ; zonelint: ignore[SOA101] x\n"),
    ],
)
def test_which_record_a_comment_is_about(text: bytes, record: bytes) -> None:
    assert read(text) == ([(record, frozenset({"soa-refresh-range"}))], [])


@pytest.mark.parametrize(
    "text",
    [
        b'a TXT "; zonelint: ignore[SOA101] x"\n',
        b"; b A 1 ; zonelint: ignore[SOA101] x\nc A 1\n",
        b"a A 1 ; see zonelint: it knows\n",
        b"; zonelint-test: at=2026-06-15\na A 1\n",
        b"; zonelint ignores this\na A 1\n",
        b"zonelint: ignore[SOA101]\n",
        b"onelint",
        b"; onelint: ignore[x]\n",
    ],
)
def test_what_is_no_comment_for_us(text: bytes) -> None:
    assert read(text) == ([], [])


@pytest.mark.parametrize(
    ("comment", "part"),
    [
        ("ignore mx-target-missing", "ignore"),
        ("ignore", "ignore"),
        ("ignore[]", "[]"),
        ("ignore[ , ]", "[ , ]"),
        ("ignore[SOA101 x", "[SOA101 x"),
        ("ignores[SOA101] x", "ignores[SOA101]"),
        ("Ignore[SOA101] x", "Ignore[SOA101]"),
        ("disable", "disable"),
        ("ignore[SOA1O1] x", "SOA1O1"),
        ("ignore[SO] x", "SO"),
        ("ignore[soa-missing] x", "soa-missing"),
        ("ignore[suppressions] x", "suppressions"),
        ("file-ignore[rdata-invalid] x", "rdata-invalid"),
        ("ignore[key-deleted-early] x", "key-deleted-early"),
        ("ignore[SOA101] x until=2026-06-31", "until=2026-06-31"),
        ("ignore[SOA101] x until=", "until="),
        ("ignore[SOA101] x until 2026-06-30", "until 2026-06-30"),
        ("ignore[SOA101] x until: 2026-06-30", "until: 2026-06-30"),
        ("ignore[SOA101] until=2026-06-30 x until=2026-06-29", "until=2026-06-29"),
    ],
)
def test_what_cannot_be_obeyed_is_said_at_its_place(tmp_path: Path, comment: str, part: str) -> None:
    report = judged(tmp_path, f"www A 192.0.2.2 ; zonelint: {comment}\n")
    found = [each for each in report.zones[0].findings if each.finding.rule == "suppression-invalid"]
    assert len(found) == 1
    where = found[0].location
    assert where
    assert where.line == 5
    assert where.text[where.column - 1 : where.end_column - 1] == part


def test_a_comment_without_a_record_is_said() -> None:
    assert read(b"a A 1\n; zonelint: ignore[SOA101] x\n\n; the end\n") == ([], ["suppression-invalid"])


def test_several_rules_and_several_comments_stand_apart() -> None:
    covered, faults = read(b"; zonelint: ignore[SOA101, SOA102] x ; zonelint: ignore[SOA103] y\na\n")
    assert [min(rules) for _, rules in covered] == ["soa-refresh-range", "soa-retry-not-below-refresh",
                                                    "soa-expire-too-short"]  # fmt: skip
    assert faults == []


LINES = st.lists(
    st.sampled_from(
        ["a A 1", "b (", " c )", ") d", "( e", '"(" f', "; (", "", " g", "\\( h", "(( i", "j ))", '";" k', "; note"]
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(["x 1 ", "", " ", "( y ", ") z "]), LINES)
def test_the_record_is_the_one_that_a_reader_finds(before: list[str], words: str, after: list[str]) -> None:
    """A comment is about the logical line that holds it when the text is read from its beginning."""
    from zonelint.source.lexer import read_line

    comment = "; zonelint: ignore[SOA101] x"
    text = "\n".join([*before, words + comment, *after, "last A 1"]).encode()
    mark, at, lines = text.index(comment.encode()), 0, []
    while at < len(text):
        lines.append(read_line(text, at))
        at = lines[-1].end
    number = next(i for i, line in enumerate(lines) if line.end > mark)
    following = [line for line in lines[number:] if line.tokens or line.fault]
    wanted = lines[number] if lines[number].tokens else following[0] if following else None
    covered, faults = read(text)
    if wanted is None:
        assert (covered, faults) == ([], ["suppression-invalid"])
    elif not any(line.fault for line in lines):
        assert covered == [(text[wanted.start : wanted.end], frozenset({"soa-refresh-range"}))]


def test_a_record_far_into_a_large_text() -> None:
    records = b"".join(b"h%d ( MX\n 10 x ) ; %s\n" % (i, b"-" * 60) for i in range(150_000))
    record = b"wanted (\n MX ; zonelint: ignore[SOA101] x\n 10 y )\n"
    covered, faults = read(record + records + record + b"z A 1\n; zonelint: ignore[SOA101] x\nlast A 1\n")
    assert [text for text, _ in covered] == [record, record, b"last A 1\n"]
    assert faults == []


# --- a run ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"mail MX 10 nowhere {IGNORE}\n",
        f"{IGNORE}\nmail MX 10 nowhere\n",
        f"mail ( MX {IGNORE}\n 10 ; here\n nowhere )\n",
        f"{IGNORE.replace('ignore', 'file-ignore')}\nmail MX 10 nowhere\n",
        f"{IGNORE} until=2026-06-15\nmail MX 10 nowhere\n",
        f"{IGNORE.replace('mx-target-missing', 'structure')}\nmail MX 10 nowhere\n",
    ],
)
def test_what_is_suppressed_is_counted_and_no_more(tmp_path: Path, text: str) -> None:
    report = judged(tmp_path, text, replace(OPTIONS, fail_on=Severity.notice))
    assert said(report) == []
    assert report.exit_status == 0
    assert report.suppressed == 1
    suppressed = report.zones[0].suppressed[0]
    assert (suppressed.found.finding.rule, suppressed.by, suppressed.reason) == (
        "mx-target-missing", "comment", "being moved",
    )  # fmt: skip


def test_only_that_record_and_that_rule(tmp_path: Path) -> None:
    records = "m2 MX 10 nowhere", "m3 7200 MX 10 ns1", f"m3 MX 20 ns1 {IGNORE}"
    report = judged(tmp_path, "\n".join([f"mail MX 10 nowhere {IGNORE}", *records, ""]))
    assert said(report) == [
        ("mx-target-missing", 6), ("rrset-ttl-mismatch", 8), ("suppression-unused", 8),
    ]  # fmt: skip


def test_it_ends_at_the_latest_reference_time(tmp_path: Path) -> None:
    text = f"mail MX 10 nowhere {IGNORE} until=2026-06-15\n"
    last = 1781481600 + 86399
    assert said(judged(tmp_path, text, replace(OPTIONS, at=(last,)))) == []
    for at in ((last + 1,), (last - 5, last + 1), (last + 1, last - 5)):
        report = judged(tmp_path, text, replace(OPTIONS, at=at))
        assert said(report) == [("mx-target-missing", 5), ("suppression-expired", 5)]
        assert "its suppression ended with 2026-06-15" in report.zones[0].findings[0].finding.message
        assert report.suppressed == 0


def test_the_end_of_a_suppression_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    plain = judged(tmp_path, "mail MX 10 nowhere\n").zones[0].findings[0]
    ended = judged(tmp_path, f"mail MX 10 nowhere {IGNORE} until=2020-01-01\n").zones[0].findings[0]
    assert plain.finding.message != ended.finding.message
    assert plain.fingerprint == ended.fingerprint


@pytest.mark.parametrize(
    "options",
    [
        replace(OPTIONS, select=frozenset({"soa-missing"})),
        replace(OPTIONS, ignore=frozenset({"mx-target-missing"})),
        replace(OPTIONS, ignore=frozenset({"suppression-unused"})),
    ],
)
def test_unused_is_only_what_was_looked_for(tmp_path: Path, options: CheckOptions) -> None:
    assert said(judged(tmp_path, f"mail MX 10 ns1 {IGNORE}\n", options)) == []
    assert said(judged(tmp_path, f"mail MX 10 ns1 {IGNORE}\n")) == [("suppression-unused", 5)]


def test_unused_without_the_previous_version_is_not_said_of_rules_about_it(tmp_path: Path) -> None:
    for rule in ("serial-not-raised", "zsk-too-young", "ds-stale", "key-not-published", "anchor-stale"):
        assert said(judged(tmp_path, f"mail MX 10 ns1 ; zonelint: ignore[{rule}] made by hand\n")) == []


def test_unused_is_not_said_of_what_comes_and_goes(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "a.zone"), 0, 4)
    zone = (FIXTURES / "readme" / "example.test.zone").read_text()
    for rule, lines in (("rrsig-expires-soon", []), ("rollover-in-progress", []), ("rrsig-expired", [1])):
        suppression = Suppression(frozenset({rule}), "known", zone="example.test.", place=place)
        (tmp_path / "b.zone").write_text("; as it was\n" + zone)
        options = replace(OPTIONS, origin=None, suppressions=(suppression,), previous=str(tmp_path / "b.zone"))
        assert said(judged(tmp_path, zone, options)) == [("suppression-unused", line) for line in lines]


def test_comments_in_included_files(tmp_path: Path) -> None:
    records = f"mail MX 10 nowhere {IGNORE}", f"m2 MX 10 ns1 {IGNORE}", "m3 A 1 ; zonelint: ignore[]"
    (tmp_path / "common.inc").write_text("\n".join(records))
    report = judged(tmp_path, "$INCLUDE common.inc\n")
    # the comment at m2 may be for another zone that includes the file
    assert said(report) == [("rdata-invalid", 3), ("suppression-invalid", 3)]
    assert report.suppressed == 1


def test_a_comment_at_an_include_is_not_about_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "common.inc").write_text("mail MX 10 nowhere\n")
    assert said(judged(tmp_path, f"$INCLUDE common.inc {IGNORE}\n")) == [
        ("suppression-unused", 5), ("mx-target-missing", 1),
    ]  # fmt: skip


def test_what_kept_a_zone_from_being_judged_stays(tmp_path: Path) -> None:
    for text, rule in (
        ("$TTL 1h\n; zonelint: file-ignore[structure, source] x\na A 192.0.2.1\n", "soa-missing"),
        (HEAD + "; zonelint: file-ignore[source] x\na TXT a\x01b\n", "binary-data"),
        (HEAD + "; zonelint: ignore[source] x\n$INCLUDE nowhere.inc\n", "include-missing"),
        (HEAD + "; zonelint: ignore[source] x\na TXT ( b\n", "unclosed-parenthesis"),
        (HEAD + "; zonelint: file-ignore[source] x\na ALIAS b\n", "unknown-type"),
    ):
        report = judged(tmp_path, text)
        assert rule in [found for found, _ in said(report)]
        assert report.exit_status == 1
        assert report.suppressed == 0


def test_one_unread_record_may_be_accepted_where_it_stands(tmp_path: Path) -> None:
    report = judged(tmp_path, "; zonelint: ignore[unknown-type] our server knows it\na ALIAS b\n")
    assert (said(report), report.exit_status, report.suppressed) == ([], 0, 1)


def test_neither_processes_nor_the_cache_change_what_is_suppressed(tmp_path: Path) -> None:
    hosts = [f"h{i} A 192.0.2.{i % 250 + 1} ; {'-' * 60}\n" for i in range(13_000)]
    middle = ["mail ( MX\n", f" {IGNORE}\n", " 10 nowhere )\n"]
    text = "".join([*hosts[:9000], *middle, *hosts[9000:], f"m2 MX 10 ns1 {IGNORE}\n"])
    assert len(text) > 1 << 20
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    seen = [
        (said(report), report.suppressed)
        for options in (
            replace(OPTIONS, jobs=1),
            replace(OPTIONS, jobs=2),
            replace(OPTIONS, jobs=2, cache=lambda: str(cache)),
            replace(OPTIONS, jobs=1, cache=lambda: str(cache)),
        )
        for report in [judged(tmp_path, text, options)]
    ]
    assert seen[0][1] == 1
    assert [rule for rule, _ in seen[0][0]] == ["suppression-unused"]
    assert all(each == seen[0] for each in seen)


# --- the configuration ------------------------------------------------------------------------------------------


def configured(*suppressions: Suppression) -> CheckOptions:
    return replace(OPTIONS, suppressions=suppressions)


MISSING = frozenset({"mx-target-missing"})


def test_the_configuration_suppresses_by_name(tmp_path: Path) -> None:
    text = "mail MX 10 nowhere\nm2 MX 10 nowhere\n"
    report = judged(tmp_path, text, configured(Suppression(MISSING, "known", owner="m2.EXAMPLE.org.", type="MX")))
    assert said(report) == [("mx-target-missing", 5)]
    assert [each.by for each in report.zones[0].suppressed] == ["configuration"]
    assert said(judged(tmp_path, text, configured(Suppression(MISSING, zone="example.net.")))) != []


def test_what_the_configuration_suppresses_for_a_zone_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "zonelint.yaml"
    file.write_text("suppress:\n  - rules: mx-target-missing\n")
    place = Place(str(file), 14, 38)
    unused = configured(Suppression(MISSING, zone="example.org.", place=place))
    assert said(judged(tmp_path, "mail MX 10 ns1\n", unused)) == [("suppression-unused", 2)]
    assert said(judged(tmp_path, "mail MX 10 nowhere\n", unused)) == []
    # other zones may need these
    assert said(judged(tmp_path, "mail MX 10 ns1\n", configured(Suppression(MISSING, place=place)))) == []
    assert said(judged(tmp_path, "mail MX 10 ns1\n", configured(Suppression(MISSING, owner="mail.example.org.")))) == []


def test_a_zone_in_two_files_needs_it_in_one(tmp_path: Path) -> None:
    for name, target in (("inside", "nowhere"), ("outside", "ns1")):
        (tmp_path / f"{name}.zone").write_text(f"$ORIGIN example.org.\n{HEAD}mail MX 10 {target}\n")
    options = replace(configured(Suppression(MISSING, zone="example.org.")), origin=None)
    report = check([str(tmp_path)], options)
    assert (len(report.zones), said(report), report.suppressed) == (2, [], 1)


# --- reports ----------------------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    report = judged(tmp_path, f"mail MX 10 nowhere {IGNORE}\nm2 MX 10 nowhere\n")

    def write(name: str, *, suppressed: bool = True) -> str:
        return writer(name)(report, ReportOptions(suppressed=suppressed))

    return write


def test_json_holds_what_is_suppressed(written: Callable[..., str]) -> None:
    document = json.loads(written("json"))
    assert document["summary"]["suppressed"] == 1
    assert [each["line"] for each in document["findings"]] == [6]
    assert [(each["line"], each["suppressed_by"], each["reason"]) for each in document["suppressed"]] == [
        (5, "comment", "being moved")
    ]
    lines = [json.loads(line) for line in written("jsonl").splitlines()]
    assert [line["kind"] for line in lines] == ["finding", "suppressed", "summary"]


def test_reports_for_people_count_and_list_it(written: Callable[..., str]) -> None:
    assert "1 warning, 0 notices, 1 suppressed in 1 zone" in written("full", suppressed=False)
    for name in ("full", "concise", "github-summary"):
        assert "being moved" not in written(name, suppressed=False)
        assert "comment: being moved" in written(name)


def test_sarif_holds_it_where_that_is_asked_for(written: Callable[..., str]) -> None:
    assert len(json.loads(written("sarif", suppressed=False))["runs"][0]["results"]) == 1
    results = json.loads(written("sarif"))["runs"][0]["results"]
    assert [each.get("suppressions") for each in results] == [
        None, [{"kind": "inSource", "status": "accepted", "justification": "being moved"}],
    ]  # fmt: skip


def test_machines_count_it(written: Callable[..., str]) -> None:
    assert " suppressed=1;;;0 " in written("nagios")
    assert "zonelint_findings_suppressed{" in written("prometheus")
    assert "suppressed: " in written("junit")
    assert "being moved" not in written("gitlab") + written("checkstyle") + written("github")


def test_the_command_line_lists_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(tmp_path, f"mail MX 10 nowhere {IGNORE}\n")
    command = ["check", "--no-config", "--origin", "example.org", "--fail-on", "notice", str(tmp_path / "a.zone")]
    assert main(command) == 0
    assert "being moved" not in capsys.readouterr().out
    assert main([*command, "--show-suppressed"]) == 0
    assert "suppressed warning[mx-target-missing] MX points at nowhere" in capsys.readouterr().out


def test_a_symptom_knows_what_is_suppressed() -> None:
    """What is accepted is still what users see."""
    options = replace(configured(Suppression(frozenset({"rrsig-expired"}), "known")), origin=None)
    report = check([str(FIXTURES / "readme" / "edited.zone")], options)
    assert [each.found.finding.rule for each in report.zones[0].suppressed] == ["rrsig-expired"]
    assert "(rrsig-expired 1 x)" in verdict(symptom("servfail"), report)


def test_standard_input_and_gzip_have_their_places_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (HEAD + f"mail MX 10 ns1 {IGNORE}\n").encode()
    (tmp_path / "a.zone.gz").write_bytes(gzip.compress(text))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    for path, name in (("-", "<stdin>"), (str(tmp_path / "a.zone.gz"), str(tmp_path / "a.zone.gz"))):
        assert main(["check", "--no-config", "--origin", "example.org", "--format", "concise", path]) == 0
        assert capsys.readouterr().out.startswith(f"{name}:5:35: warning[suppression-unused]")


def test_comments_that_no_record_follows_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a A 192.0.2.1\n" + b"; zonelint: ignore[rrset-too-large] why\n" * 300
    read: list[int] = []

    def counted(text: bytes, start: int) -> Line:
        read.append(start)
        return read_line(text, start)

    monkeypatch.setattr("zonelint.source.comments.read_line", counted)
    source = Octets("a.zone", text)
    found, faults = suppressions_in(source, marks_in(text))
    assert (len(found), len(faults)) == (0, 300)
    assert len(read) < 3 * 300


def test_of_many_suppressions_those_of_the_owner_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zone = tmp_path / "a.zone"
    zone.write_text("$ORIGIN example.org.\n$TTL 60\n@ SOA n h 1 60 60 60 60\n@ NS n\nn A 192.0.2.1\n"
                    + "".join(f"A{number} A 192.0.2.1\n" * 2 for number in range(50)))  # fmt: skip
    asked: list[Suppression] = []
    fits = Suppression.fits

    def counted(self: Suppression, finding: Finding, zone: str, file: str) -> bool:
        asked.append(self)
        return fits(self, finding, zone, file)

    monkeypatch.setattr(Suppression, "fits", counted)
    rules = frozenset({"duplicate-record"})
    known = tuple(Suppression(rules, "known", owner=f"a{number}.Example.org.") for number in range(50))
    any_name = Suppression(rules, "known", owner="a*")
    report = check([str(zone)], CheckOptions((DAY,), suppressions=(*known, any_name)))
    assert {each.found.finding.rule for each in report.zones[0].suppressed} == rules
    assert len(report.zones[0].suppressed) == 50
    assert len(asked) == 100
