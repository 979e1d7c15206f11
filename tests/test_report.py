"""The exact text of every format, on reports built by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonelint import __version__, catalogue
from zonelint.catalogue import Rule
from zonelint.findings import Finding, Located, Location, NotRun, Report, Severity, ZoneReport
from zonelint.report import FORMATS, ReportOptions, writer
from zonelint.report.rules import PAGES, TABLES
from zonelint.report.text import columns, count, snippet, visible

NOON = 1781524800  # 2026-06-15T12:00:00Z
SOA = "@ SOA ns1 hostmaster 1 7200 3600 1209600 3600"
RRSIG = "www 3600 RRSIG A 13 3 3600 20260612000000 20260601000000 34217 example.test. 9fQ="
PLAIN = ReportOptions()

EXPIRED = Rule(
    id="rrsig-expired",
    code="SIG103",
    family="signatures",
    title="RRSIG has expired",
    severity=Severity.error,
    certainty="certain",
    scope="rrset",
    needs=("time",),
    refs=("RFC 4035 section 5.3.1", "RFC 9364"),
    ede=7,
    why="A signature counts only until its expiration time; after that the records are bogus to validators.",
    symptom="Validating resolvers answer SERVFAIL.",
    remedy="Sign the zone again, then find out why the signer stopped.",
    seen_as={"validns": ("signature is too old",)},
    options={},
    since="0.1.0",
)
MINIMUM = Rule(
    id="soa-minimum-too-long",
    code="SOA104",
    family="soa",
    title="Negative answers are cached for long",
    severity=Severity.warning,
    certainty="likely",
    scope="record",
    needs=(),
    refs=("RFC 2308 section 5",),
    ede=None,
    why="Names added later stay invisible that long.",
    symptom="A new name is not found for days.",
    remedy="Set the last field of the SOA to an hour.",
    seen_as={},
    options={"max": 86400},
    since="0.1.0",
)


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explain with two made-up rules, so that the texts here change with the code only."""
    monkeypatch.setattr(catalogue, "rule", {rule.id: rule for rule in (EXPIRED, MINIMUM)}.__getitem__)


def expired(line: int = 12, text: str = RRSIG) -> Located:
    """Give a finding of an expired signature with a caret and a related place."""
    finding = Finding(
        "rrsig-expired",
        "signature over www.example.test/A expired 3 days ago",
        owner="www.example.test.",
        type="A",
        discriminator="34217",
    )
    place = Location("db.example", line, 28, line, 42, text)
    key = Location("db.example", 3, 1, 3, 2, "@ DNSKEY 257 3 13 abc")
    return Located(finding, "example.test.", Severity.error, place, ((key, "the key that made it"),))


def minimum() -> Located:
    """Give a finding of a lower severity."""
    finding = Finding("soa-minimum-too-long", "minimum is 90000", owner="example.test.", type="SOA")
    place = Location("db.example", 2, 41, 2, 45, SOA)
    return Located(finding, "example.test.", Severity.warning, place)


def zone(*findings: Located, not_run: tuple[NotRun, ...] = ()) -> ZoneReport:
    """Give the report of a small signed zone."""
    return ZoneReport(
        file="db.example",
        origin="example.test.",
        origin_from="SOA owner",
        serial=1,
        records=20,
        signatures=12,
        verified=12,
        names=5,
        seconds=0.0412,
        findings=list(findings),
        not_run=list(not_run),
    )


def report(*zones: ZoneReport) -> Report:
    """Give a report as of noon."""
    return Report((NOON,), list(zones))


def full(what: Report, options: ReportOptions = PLAIN) -> str:
    """Write the full format."""
    return writer("full")(what, options)


BLOCKS = """\
error[rrsig-expired]: signature over www.example.test/A expired 3 days ago   SIG103
  --> db.example:12:28
   |
12 | www 3600 RRSIG A 13 3 3600 20260612000000 20260601000000 34217 example.test. 9fQ=
   |                            ^^^^^^^^^^^^^^
  ::: db.example:3:1: the key that made it
   = why: A signature counts only until its expiration time; after that the records are bogus to
          validators.
   = remedy: Sign the zone again, then find out why the signer stopped.
   = RFC 4035 section 5.3.1, RFC 9364 · zonelint explain rrsig-expired

warning[soa-minimum-too-long]: minimum is 90000   SOA104
 --> db.example:2:41
  |
2 | @ SOA ns1 hostmaster 1 7200 3600 1209600 3600
  |                                         ^^^^
  = why: Names added later stay invisible that long.
  = remedy: Set the last field of the SOA to an hour.
  = RFC 2308 section 5 · zonelint explain soa-minimum-too-long
"""

ZONE_LINE = (
    "db.example: zone example.test. (origin from SOA owner), serial 1, 20 records, "
    "12 signatures verified, at 2026-06-15T12:00:00Z, 0.04 s\n"
)


def test_full() -> None:
    text = full(
        report(zone(expired(), minimum(), not_run=(NotRun("serial-not-raised", "no previous version"),)))
    )
    assert text == (
        f"{BLOCKS}\n"
        "not run: serial-not-raised: no previous version\n\n"
        f"{ZONE_LINE}"
        "1 error, 1 warning, 0 notices in 1 zone\n"
    )


def test_full_of_a_clean_zone() -> None:
    assert full(report(zone())) == f"{ZONE_LINE}0 errors, 0 warnings, 0 notices in 1 zone\n"


def test_full_quiet() -> None:
    quiet = ReportOptions(quiet=True)
    assert full(report(zone(not_run=(NotRun("serial-not-raised", "no previous version"),))), quiet) == ""
    assert full(report(zone(expired(), minimum())), quiet) == BLOCKS
    assert full(Report((NOON,), failures=["db.x: no such file"]), quiet) == "error: db.x: no such file\n"


def test_full_without_a_zone() -> None:
    empty = Report((NOON,), failures=["db.x: no such file"], skipped=["a.txt", "b.txt"])
    assert full(empty) == (
        "error: db.x: no such file\n\n"
        "0 errors, 0 warnings, 0 notices in no zone, 1 file not judged, 2 files skipped\n"
    )


def test_full_of_several_times_and_an_unsigned_zone() -> None:
    plain = replace(zone(), serial=None, signatures=0, verified=0, records=1)
    assert "no serial, 1 record, no signatures, at " in full(report(plain))
    assert "11 of 12 signatures verified" in full(report(replace(zone(), verified=11)))
    both = Report((NOON, NOON + 259200), [zone()])
    assert "at 2026-06-15T12:00:00Z, 2026-06-18T12:00:00Z, 0.04 s" in full(both)


def test_full_folds_the_fourth_finding_of_a_rule() -> None:
    many = report(zone(*(expired(line) for line in range(10, 15)), minimum()))
    text = full(many)
    assert text.count("error[rrsig-expired]") == 3
    assert "\n\n2 more rrsig-expired in this zone (--all lists them)\n\n" in text
    assert "5 errors, 1 warning" in text
    everything = full(many, ReportOptions(every=True))
    assert everything.count("error[rrsig-expired]") == 5
    assert "more rrsig-expired" not in everything


def test_full_folds_nothing_at_three() -> None:
    text = full(report(zone(*(expired(line) for line in range(10, 13)))))
    assert text.count("error[rrsig-expired]") == 3
    assert " more " not in text


def test_full_folds_each_zone_by_itself() -> None:
    three = zone(*(expired(line) for line in range(10, 13)))
    text = full(report(three, three))
    assert text.count("error[rrsig-expired]") == 6
    assert text.count("= why:") == 2
    assert "6 errors, 0 warnings, 0 notices in 2 zones" in text


def test_full_explains_a_rule_at_its_first_finding_only() -> None:
    text = full(report(zone(expired(10), expired(11))))
    assert text.count("= why:") == text.count("zonelint explain") == 1
    assert text.index("= why:") < text.index("db.example:11:28")


def test_full_without_a_place_names_the_file() -> None:
    lost = replace(expired(), location=None, related=())
    assert full(report(zone(lost))).splitlines()[:3] == [
        "error[rrsig-expired]: signature over www.example.test/A expired 3 days ago   SIG103",
        " --> db.example",
        "  = why: A signature counts only until its expiration time; after that the records are bogus to",
    ]


def test_full_without_a_source_line() -> None:
    empty = replace(expired(), location=Location("db.example", 1, 1, 1, 1), related=())
    assert full(report(zone(empty))).splitlines()[1:3] == [
        " --> db.example:1:1",
        "  = why: A signature counts only until its expiration time; after that the records are bogus to",
    ]


def test_full_marks_a_longer_span_on_its_first_line() -> None:
    text = "@ SOA ns1 hostmaster ( 1"
    lines = full(report(zone(replace(expired(), location=Location("f", 2, 7, 4, 3, text))))).splitlines()
    assert lines[3] == "2 | @ SOA ns1 hostmaster ( 1"
    assert lines[4] == "  |       ^^^^^^^^^^^^^^^^^^"


def test_full_groups_what_did_not_run() -> None:
    ds = [NotRun(f"ds-{n}", "no DS given") for n in range(6)]
    previous = NotRun("serial-not-raised", "no previous version")
    text = full(report(zone(not_run=(*ds, previous)), replace(zone(not_run=(*ds,)), origin="other.test.")))
    assert "not run: ds-0, ds-1, ds-2 and 3 more: no DS given\n" in text
    assert "not run: serial-not-raised: no previous version (example.test.)\n" in text
    assert "not run: ds-0, ds-1, ds-2, ds-3, ds-4, ds-5: no DS given\n" in full(
        report(zone(not_run=(*ds,))), ReportOptions(every=True)
    )


def test_full_in_colour() -> None:
    text = full(report(zone(expired())), ReportOptions(color=True))
    assert text.startswith("\x1b[1;31merror[rrsig-expired]\x1b[0m: signature over")
    assert "\x1b[1;31m^^^^^^^^^^^^^^\x1b[0m" in text
    assert "\x1b[1;31m1 error\x1b[0m, 0 warnings" in text


def test_nothing_from_a_zone_file_reaches_the_terminal_raw() -> None:
    evil = "\x1b]0;title\x07\r\x9b31m\u202e\ud800\n"
    finding = Finding("rrsig-expired", evil)
    place = Location(evil, 1, 1, 1, 3, evil)
    found = Located(finding, "example.test.", Severity.error, place, ((place, evil),))
    judged = replace(zone(found, not_run=(NotRun("x", evil),)), file=evil, origin=evil)
    for name in FORMATS:
        text = writer(name)(Report((NOON,), [judged], [evil], [evil]), PLAIN)
        assert all(char.isprintable() or char == "\n" for char in text)
        text.encode()


def test_concise() -> None:
    lost = replace(minimum(), location=None)
    what = Report((NOON,), [zone(expired(), minimum(), lost)], ["db.x: no such file"])
    assert writer("concise")(what, PLAIN) == (
        "db.example:12:28: error[rrsig-expired] signature over www.example.test/A expired 3 days ago\n"
        "db.example:2:41: warning[soa-minimum-too-long] minimum is 90000\n"
        "db.example: warning[soa-minimum-too-long] minimum is 90000\n"
        "db.x: no such file\n"
    )


def test_concise_lists_all_repeats_and_says_nothing_when_clean() -> None:
    many = report(zone(*(expired(line) for line in range(10))))
    assert len(writer("concise")(many, PLAIN).splitlines()) == 10
    assert writer("concise")(report(zone(not_run=(NotRun("x", "y"),))), PLAIN) == ""


def test_json() -> None:
    lost = replace(minimum(), location=None)
    what = Report(
        (NOON,),
        [zone(expired(), lost, not_run=(NotRun("serial-not-raised", "no previous version"),))],
        ["db.x: no such file"],
        ["a.txt"],
    )
    text = writer("json")(what, PLAIN)
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "version": 1,
        "tool": {"name": "zonelint", "version": __version__},
        "at": "2026-06-15T12:00:00Z",
        "zones": [
            {
                "origin": "example.test.",
                "origin_from": "SOA owner",
                "file": "db.example",
                "serial": 1,
                "records": 20,
                "names": 5,
                "signatures": 12,
                "verified": 12,
                "seconds": 0.041,
            }
        ],
        "findings": [
            {
                "rule": "rrsig-expired",
                "code": "SIG103",
                "severity": "error",
                "certainty": "certain",
                "message": "signature over www.example.test/A expired 3 days ago",
                "file": "db.example",
                "line": 12,
                "column": 28,
                "end_line": 12,
                "end_column": 42,
                "zone": "example.test.",
                "owner": "www.example.test.",
                "type": "A",
                "fingerprint": "9de3805a3b6118211f129e72aee56256ec22eaccafceb8a5960b698dbc8c05ec",
                "related": [
                    {
                        "file": "db.example",
                        "line": 3,
                        "column": 1,
                        "end_line": 3,
                        "end_column": 2,
                        "message": "the key that made it",
                    }
                ],
            },
            {
                "rule": "soa-minimum-too-long",
                "code": "SOA104",
                "severity": "warning",
                "certainty": "likely",
                "message": "minimum is 90000",
                "file": "db.example",
                "line": None,
                "column": None,
                "end_line": None,
                "end_column": None,
                "zone": "example.test.",
                "owner": "example.test.",
                "type": "SOA",
                "fingerprint": "f795a26f65bf09fbf0fb2c5ca9503cb36e9b31d8c1224f2c3fe7bebe0d5f3f01",
                "related": [],
            },
        ],
        "suppressed": [],
        "not_run": [
            {
                "rule": "serial-not-raised",
                "reason": "no previous version",
                "zone": "example.test.",
                "file": "db.example",
            }
        ],
        "failures": ["db.x: no such file"],
        "skipped": ["a.txt"],
        "summary": {"error": 1, "warning": 1, "notice": 0, "suppressed": 0},
    }


def test_json_of_several_times() -> None:
    document = json.loads(writer("json")(Report((NOON, NOON + 1)), PLAIN))
    assert document["at"] == "2026-06-15T12:00:00Z"
    assert document["at_all"] == ["2026-06-15T12:00:00Z", "2026-06-15T12:00:01Z"]


def test_a_fingerprint_heeds_neither_line_nor_message() -> None:
    here = expired(10)
    there = replace(expired(99), finding=replace(here.finding, message="expired 4 days ago"))
    assert here.fingerprint == there.fingerprint
    assert here.fingerprint != replace(here, finding=replace(here.finding, discriminator="1")).fingerprint


def test_visible() -> None:
    assert visible("plain ünï") == "plain ünï"
    assert visible("a\tb\x00\x1b\x7f\x85\u2028\u00a0") == "a␉b␀␛␡<U+0085><U+2028><U+00A0>"


def test_columns() -> None:
    assert [columns(text) for text in ("", "abc", "ü", "漢字", "e\u0301")] == [0, 3, 1, 4, 1]


def test_count() -> None:
    assert [count(n, "error") for n in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("abc def", 5, 8, ("abc def", 4, 3)),
        ("abc def", 5, None, ("abc def", 4, 3)),
        # beyond the end, an empty span, a span that ends before it begins: one caret
        ("abc", 9, 12, ("abc", 3, 1)),
        ("abc", 2, 2, ("abc", 1, 1)),
        ("abc", 3, 1, ("abc", 2, 1)),
        ("", 1, 1, ("", 0, 1)),
        # a tab reaches to the next multiple of eight
        ("a\tb\tc", 3, 4, ("a       b       c", 8, 1)),
        ("a\tb", 2, 3, ("a       b", 1, 7)),
        # columns count octets, carets what is seen
        ("ü 漢 x", 8, 9, ("ü 漢 x", 5, 1)),
        ("ü 漢 x", 4, 7, ("ü 漢 x", 2, 2)),
        ("\ufffd\ufffd x", 4, 5, ("\ufffd\ufffd x", 3, 1)),
        ("\x1bx", 2, 3, ("␛x", 1, 1)),
    ],
)
def test_snippet_of_a_short_line(
    text: str, start: int, end: int | None, expected: tuple[str, int, int]
) -> None:
    assert snippet(text, start, end, 40) == expected


def test_snippet_keeps_the_beginning_where_it_can() -> None:
    assert snippet("owner TYPE " + "x" * 100, 7, 11, 20) == ("owner TYPE xxxxxxxx…", 6, 4)


def test_snippet_cuts_on_both_sides_of_a_far_span() -> None:
    shown, before, size = snippet("a" * 50 + "HERE" + "b" * 50, 51, 55, 20)
    assert shown == "…aaaaaHEREbbbbbbbbb…"
    assert (before, size) == (6, 4)


def test_snippet_at_the_end_of_a_long_line() -> None:
    shown, before, size = snippet("a" * 50 + "HERE", 51, 55, 20)
    assert shown == "…aaaaaaaaaaaaaaaHERE"
    assert (before, size) == (16, 4)


def test_snippet_of_a_span_wider_than_the_terminal() -> None:
    shown, before, size = snippet("a" * 50 + "B" * 50 + "c", 51, 101, 20)
    assert shown == "…aaaaa" + "B" * 13 + "…"
    assert (before, size) == (6, 13)


def test_snippet_of_a_huge_line_looks_at_little_of_it() -> None:
    shown, before, size = snippet("a" * 10_000_000, 5_000_001, 5_000_003, 60)
    assert len(shown) <= 60
    assert shown[before : before + size] == "aa"


@given(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.integers(1, 200),
    st.none() | st.integers(1, 200),
    st.integers(20, 60),
)
def test_snippets_fit_and_are_harmless(text: str, start: int, end: int | None, room: int) -> None:
    shown, before, size = snippet(text, start, end, room)
    assert shown.isprintable()
    # one character never shown in parts may be wider than what is left: a tab, or <U+202E>
    assert columns(shown) <= room + 10
    assert size >= 1
    assert 0 <= before <= columns(shown)


def test_rules_as_text() -> None:
    assert TABLES["text"]([EXPIRED, MINIMUM]) == (
        "code    severity  rule                  title\n"
        "SIG103  error     rrsig-expired         RRSIG has expired\n"
        "SOA104  warning   soa-minimum-too-long  Negative answers are cached for long\n"
        "\n"
        "2 rules\n"
    )


def test_rules_as_markdown() -> None:
    assert TABLES["md"]([EXPIRED, MINIMUM]) == (
        "## signatures\n\n"
        "| code | rule | severity | title |\n"
        "|---|---|---|---|\n"
        "| SIG103 | `rrsig-expired` | error | RRSIG has expired |\n\n"
        "## soa\n\n"
        "| code | rule | severity | title |\n"
        "|---|---|---|---|\n"
        "| SOA104 | `soa-minimum-too-long` | warning | Negative answers are cached for long |\n"
    )


def test_rules_as_json() -> None:
    document = json.loads(TABLES["json"]([MINIMUM]))
    assert document["version"] == 1
    assert document["tool"] == {"name": "zonelint", "version": __version__}
    assert document["rules"] == [
        {
            "id": "soa-minimum-too-long",
            "code": "SOA104",
            "family": "soa",
            "title": "Negative answers are cached for long",
            "severity": "warning",
            "certainty": "likely",
            "scope": "record",
            "needs": [],
            "refs": ["RFC 2308 section 5"],
            "ede": None,
            "why": "Names added later stay invisible that long.",
            "symptom": "A new name is not found for days.",
            "remedy": "Set the last field of the SOA to an hour.",
            "seen_as": {},
            "options": {"max": 86400},
            "since": "0.1.0",
        }
    ]


def test_explanation_as_text() -> None:
    assert (
        PAGES["text"]([EXPIRED])
        == """\
rrsig-expired (SIG103): RRSIG has expired

  severity   error
  certainty  certain
  family     signatures
  scope      rrset
  needs      a reference time (--at)
  resolvers  extended error 7 (RFC 8914)
  since      0.1.0

Why
  A signature counts only until its expiration time; after that the records are bogus to validators.

What users see
  Validating resolvers answer SERVFAIL.

What to do
  Sign the zone again, then find out why the signer stopped.

The same in other tools
  validns: signature is too old

References
  RFC 4035 section 5.3.1
  RFC 9364
"""
    )


def test_explanation_as_markdown() -> None:
    assert (
        PAGES["md"]([MINIMUM])
        == """\
# soa-minimum-too-long (SOA104)

Negative answers are cached for long.

- severity: warning
- certainty: likely
- family: soa
- scope: record
- options: max = 86400
- since: 0.1.0

## Why

Names added later stay invisible that long.

## What users see

A new name is not found for days.

## What to do

Set the last field of the SOA to an hour.

## References

- RFC 2308 section 5
"""
    )


def test_explanations_of_two_rules_are_kept_apart() -> None:
    assert "  RFC 9364\n\nsoa-minimum-too-long (SOA104)" in PAGES["text"]([EXPIRED, MINIMUM])
