"""The serial against the version before: a file, or a revision of a real git repository."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES, ROOT
from repositories import Repository, needs_git, zone

from zonelint.cli import main
from zonelint.engine import previous
from zonelint.engine import zone as zone_module
from zonelint.engine.zone import Judged
from zonelint.source.text import Source
from zonelint.zone.context import Context

RULES = {"serial-not-raised", "serial-went-back", "serial-jump-too-large", "resigned-serial-not-raised"}
HALF, LAST = 2**31, 2**32 - 1


@dataclass(frozen=True)
class Verdict:
    """What a run said: exit status, rules found, their messages, and what could not be done.

    `not_run` holds the reasons for the rules of this module, `failures` what could not be judged, `err` standard error.
    """

    status: int
    rules: list[str]
    messages: list[str]
    not_run: dict[str, str]
    failures: list[str]
    err: str


Compare = Callable[..., Verdict]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def compare(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Run `zonelint check` in this process."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1781481600")

    def run(*arguments: str | Path) -> Verdict:
        status = main(["check", "--format", "json", *map(str, arguments)])
        out, err = capsys.readouterr()
        if not out:
            return Verdict(status, [], [], {}, [], err)
        document = json.loads(out)
        return Verdict(
            status,
            [each["rule"] for each in document["findings"]],
            [each["message"] for each in document["findings"]],
            {each["rule"]: each["reason"] for each in document["not_run"] if each["rule"] in RULES},
            document["failures"],
            err,
        )

    return run


@pytest.fixture
def versions(tmp_path: Path, compare: Compare) -> Callable[[str, str], Verdict]:
    """Compare two texts, the earlier one first."""

    def run(old: str, new: str) -> Verdict:
        before, after = tmp_path / "before", tmp_path / "after"
        before.write_text(old)
        after.write_text(new)
        verdict = compare(after, "--previous", before)
        assert (verdict.not_run, verdict.failures, verdict.err) == ({}, [], "")
        return verdict

    return run


Versions = Callable[[str, str], Verdict]
CHANGED = "www A 192.0.2.81\n"


# --- serials -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (1, 2, None),
        (1, 1, "serial-not-raised"),
        (2, 1, "serial-went-back"),
        (2026061501, 2026061500, "serial-went-back"),
        (1, HALF, None),
        (1, HALF + 1, "serial-jump-too-large"),
        (1, HALF + 2, "serial-jump-too-large"),
        (1, LAST, "serial-jump-too-large"),
        (0, HALF - 1, None),
        (0, HALF, "serial-jump-too-large"),
        # around the end of 32 bits a smaller number is a later serial
        (LAST, 1, None),
        (LAST, 0, None),
        (LAST, HALF - 2, None),
        (LAST, HALF - 1, "serial-went-back"),
        (LAST, LAST - 1, "serial-went-back"),
        (HALF + 5, 4, None),
        (HALF + 5, 5, "serial-went-back"),
        (HALF + 5, 6, "serial-went-back"),
    ],
)
def test_the_order_of_serials(versions: Versions, old: int, new: int, rule: str | None) -> None:
    verdict = versions(zone(old), zone(new, CHANGED))
    assert verdict.rules == ([rule] if rule else [])
    assert verdict.status == (1 if rule else 0)
    # whether the content changed matters only while the serial is the same
    verdict = versions(zone(old), zone(new))
    assert verdict.rules == ([rule] if rule and old != new else [])


@pytest.mark.parametrize(
    ("old", "new", "following"),
    [(1, 1, 2), (2026061500, 2026061500, 2026061501), (LAST, LAST, 1), (LAST, LAST - 1, 1), (5, 4, 6), (0, 0, 1)],
)
def test_the_message_names_the_next_serial(versions: Versions, old: int, new: int, following: int) -> None:
    (message,) = versions(zone(old), zone(new, CHANGED)).messages
    assert re.search(rf"\bnext valid serial is {following}\b", message)
    # and that one is right
    assert versions(zone(old), zone(following, CHANGED)).rules == []


def test_a_jump_is_answered_with_a_serial_that_works(versions: Versions) -> None:
    (message,) = versions(zone(7), zone(7 + HALF, CHANGED)).messages
    found = re.search(r"next valid serial is (\d+)", message)
    assert found
    assert versions(zone(7), zone(int(found[1]), CHANGED)).rules == []


# --- what counts as a change -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "new",
    [
        zone(more=CHANGED),
        zone(more=""),
        zone(more="www A 192.0.2.80\nwww A 192.0.2.81\n"),
        zone(more="www 60 A 192.0.2.80\n"),
        zone(more="web A 192.0.2.80\n"),
        zone(more="www TXT 192.0.2.80\n"),
        zone(timers="7201 3600 1209600 3600"),
        zone(timers="7200 3600 1209600 3601"),
        zone().replace("hostmaster", "dns"),
        zone().replace("$TTL 3600", "$TTL 1h1m"),
        zone(more="www A 192.0.2.80\nsub NS ns1\n"),
        zone(more="www A 192.0.2.80\nx TYPE65280 \\# 1 00\n"),
    ],
    ids=[
        "address",
        "less",
        "more",
        "ttl",
        "owner",
        "type",
        "refresh",
        "minimum",
        "mailbox",
        "default-ttl",
        "cut",
        "unknown",
    ],
)
def test_changes_that_need_a_new_serial(versions: Versions, new: str) -> None:
    assert versions(zone(), new).rules == ["serial-not-raised"]
    assert versions(zone(), re.sub("hostmaster 1|dns 1", lambda found: found[0] + "0", new)).rules == []


@pytest.mark.parametrize(
    "new",
    [
        zone(),
        "; a comment\n" + zone().replace("\n", " ; more\n"),
        zone().replace("\n", "\r\n"),
        zone().replace("$TTL 3600", "$TTL 1h"),
        zone().replace("hostmaster 1 7200 3600", "hostmaster (1 2h\n  60m ; retry\n ) "),
        zone().replace("www A", "WWW a").replace("ns1 A", "NS1 IN 3600 A"),
        zone().replace("@ NS ns1", "example.test. NS Ns1.EXAMPLE.test."),
        zone().replace("$ORIGIN example.test.\n", "").replace("@ SOA ns1 ", "example.test. SOA ns1 "),
        zone().replace("www A 192.0.2.80", "www TYPE1 \\# 4 c0000250"),
        "".join(sorted(zone().splitlines(keepends=True), key=lambda line: (line[0] != "$", "SOA" not in line, line))),
    ],
    ids=["none", "comments", "dos", "ttl-unit", "layout", "case", "names", "absolute", "rfc3597", "order"],
)
def test_the_same_content_needs_no_new_serial(versions: Versions, new: str) -> None:
    assert versions(zone(), new).rules == []


SIGNED = (FIXTURES / "readme" / "example.test.zone").read_text()
SERIAL = "2026060101"


def resigned() -> str:
    """Give the signed zone with another signature over its SOA, which need not be valid here."""
    text, number = re.subn(r"(IN RRSIG SOA .*)20260701", r"\g<1>20260702", SIGNED)
    assert number == 1
    return text


def only_serials(verdict: Verdict) -> list[str]:
    """Leave out what is said about the signatures themselves."""
    return [rule for rule in verdict.rules if rule in RULES]


def test_signing_again_without_a_new_serial_is_a_warning(versions: Versions) -> None:
    verdict = versions(SIGNED, resigned())
    assert only_serials(verdict) == ["resigned-serial-not-raised"]
    assert only_serials(versions(SIGNED, resigned().replace(SERIAL, "2026060102"))) == []
    assert versions(SIGNED, SIGNED).rules == []


@pytest.mark.parametrize(
    ("new", "readings"),
    [
        (SIGNED, 1),
        (SIGNED.replace(SERIAL, "2026060102"), 1),
        (SIGNED.replace(SERIAL, "2026060102").replace("192.0.2.80", "192.0.2.81"), 1),
        (SIGNED.replace("192.0.2.80", "192.0.2.81"), 3),
        (SIGNED.replace("IN", "in"), 3),
    ],
    ids=["same", "serial", "content and serial", "content", "form"],
)
def test_content_is_compared_only_where_the_serial_does_not_tell(
    versions: Versions, new: str, readings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[bool] = []

    def counted(source: Source, context: Context, *arguments: Any, **options: Any) -> Judged:
        judged.append(context.digest)
        assert options["verify"] is False
        return zone_module.judge(source, context, *arguments, **options)

    monkeypatch.setattr(previous, "judge", counted)
    versions(SIGNED, new)
    assert judged == [False, True, True][:readings]


def test_signing_for_the_first_time_is_no_change_of_content(versions: Versions) -> None:
    unsigned = "".join(
        line for line in SIGNED.splitlines(keepends=True) if not re.search(r"IN (?:RRSIG|NSEC|DNSKEY)\b", line)
    )
    assert only_serials(versions(unsigned, SIGNED)) == ["resigned-serial-not-raised"]
    assert only_serials(versions(SIGNED, unsigned)) == ["resigned-serial-not-raised"]
    changed = SIGNED.replace("192.0.2.80", "192.0.2.81")
    assert only_serials(versions(unsigned, changed)) == ["serial-not-raised"]


@pytest.mark.parametrize("record", ["sub DS 1 13 2 " + "00" * 32, "sub NS ns1", "x TXT v"])
def test_a_delegation_is_content(versions: Versions, record: str) -> None:
    assert "serial-not-raised" in versions(SIGNED, f"{SIGNED}$ORIGIN example.test.\n{record}\n").rules


# --- which file --------------------------------------------------------------------------------------------


def test_without_a_previous_version_the_report_says_so(compare: Compare, tmp_path: Path) -> None:
    path = tmp_path / "z"
    path.write_text(zone())
    verdict = compare(path)
    assert (verdict.status, verdict.rules) == (0, [])
    assert verdict.not_run == dict.fromkeys(RULES, "no previous version (--previous FILE or --since REV)")
    # what was not asked for is not missed either
    assert compare(path, "--ignore", "SOA").not_run == {}


def test_a_folder_of_previous_versions(compare: Compare, tmp_path: Path) -> None:
    for name, serial in (("old", 5), ("new", 4)):
        (tmp_path / name).mkdir()
        for origin in ("a.test", "b.test"):
            text = zone(serial if origin == "a.test" else 5).replace("example.test", origin)
            (tmp_path / name / f"{origin}.zone").write_text(text)
    verdict = compare(tmp_path / "new", "--previous", tmp_path / "old")
    assert (verdict.status, verdict.rules) == (1, ["serial-went-back"])


def test_the_previous_version_may_be_of_another_name_and_form(compare: Compare, tmp_path: Path) -> None:
    new, old = tmp_path / "example.test.zone", tmp_path / "2025.txt"
    new.write_text(zone(3))
    # relative to the zone that is judged: this file does not say which zone it is
    old.write_text(zone(4).replace("$ORIGIN example.test.\n", ""))
    assert compare(new, "--previous", old).rules == ["serial-went-back"]


def test_the_previous_version_is_not_judged(compare: Compare, tmp_path: Path) -> None:
    new, old = tmp_path / "example.test.zone", tmp_path / "old"
    new.write_text(zone(2))
    old.write_text(zone(1) + "x CNAME y\nx A 192.0.2.9\nx 60 A 192.0.2.8\n@ MX 10 nowhere\nother.test. A 192.0.2.9\n")
    verdict = compare(new, "--previous", old, "--require-previous")
    assert (verdict.status, verdict.rules, verdict.not_run, verdict.err) == (0, [], {}, "")


# --- versions before that are not whole --------------------------------------------------------------------

WHOLE = zone(5) + "".join(f"h{number} A 192.0.2.{number}\n" for number in range(1, 9))
UNREAD = [
    ("x BOGUS 1\n", "15:3: BOGUS is no record type"),
    ("x A 192.0.2.300\n", "15:5: A: "),
    ("x A\n", "15:3: the line ends before the RDATA of A"),
    ("x TXT ( a\n", "15:7: "),
    ("x TXT \"a\n", "15:7: "),
    ("$INCLUDE nowhere\n", "15:10: "),
    ("$GENERATE 1-2 x$ A y\n", "15:"),
    ("; Transfer failed.\n", "15:1: the transfer failed"),
    ("x BOGUS 1\ny BOGUS 2\nz BOGUS 3", "15:3: BOGUS is no record type (and 2 more)"),
]


@pytest.mark.parametrize(("more", "reason"), UNREAD)
def test_a_version_before_that_cannot_be_read_whole(compare: Compare, tmp_path: Path, more: str, reason: str) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text(WHOLE + more)
    said = f"the previous version cannot be read whole: {old}:{reason}"
    # what is missing there is no change of content, and nothing can be said of how much is gone
    new.write_text(zone(5, CHANGED))
    options = ("--previous", old, "--max-removed", "1")
    for quiet in ((), ("--quiet",), ("--format", "concise:" + os.devnull)):
        verdict = compare(new, *options, *quiet)
        assert (verdict.status, verdict.rules, verdict.failures) == (0, [], [])
        assert verdict.not_run.keys() == {"serial-not-raised", "resigned-serial-not-raised"}
        assert all(each.startswith(said) for each in verdict.not_run.values())
        assert verdict.err.startswith(f"zonelint: {new}: {said}")
        assert verdict.err.count("\n") == 1
    # the serial is known
    new.write_text(zone(4, CHANGED))
    assert compare(new, *options).rules == ["serial-went-back"]
    new.write_text(zone(6, CHANGED))
    verdict = compare(new, *options, "--require-previous")
    assert verdict.status == 2
    assert verdict.failures[0].startswith(f"{new}: {said}")


def test_no_threshold_is_kept_by_a_part_of_a_zone(compare: Compare, tmp_path: Path, capsys: Capture) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text(zone(6, ""))
    old.write_text(WHOLE)
    assert compare(new, "--previous", old, "--max-removed", "50%").rules == ["shrunk-beyond-threshold"]
    old.write_text(WHOLE[: WHOLE.index("h3")] + "h3 A 192")
    assert compare(new, "--previous", old, "--max-removed", "50%").rules == []
    assert main(["check", str(new), "--previous", str(old), "--max-removed", "50%"]) == 0
    said = "not run: shrunk-beyond-threshold, serial-not-raised, resigned-serial-not-raised: the previous version "
    said += f"cannot be read whole: {old}:9:6: A: "
    assert said in capsys.readouterr().out


def test_the_change_from_a_part_of_a_signed_zone_is_not_judged(compare: Compare, tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text(SIGNED.replace(SERIAL, "2026060102"))
    old.write_text(SIGNED + "x BOGUS 1\n")
    assert main(["check", "--format", f"json:{tmp_path / 'report'}", str(new), "--previous", str(old)]) == 1
    document = json.loads((tmp_path / "report").read_text())
    reasons = {each["rule"]: each["reason"] for each in document["not_run"]}
    assert "cannot be read whole" in reasons["ksk-exchanged-before-ds"]


def test_a_version_before_that_may_have_been_cut_short(compare: Compare, tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text(WHOLE[:-1])
    said = f"{new}: the previous version may not be whole: {old}:14:14: the file does not end in a line end"
    # all of the text was read, so it is compared
    new.write_text(zone(5, CHANGED))
    verdict = compare(new, "--previous", old)
    assert (verdict.rules, verdict.not_run) == (["serial-not-raised"], {})
    assert verdict.err.startswith(f"zonelint: {said}")
    new.write_text(zone(6, CHANGED))
    verdict = compare(new, "--previous", old)
    assert (verdict.status, verdict.rules) == (0, [])
    assert verdict.err.startswith(f"zonelint: {said}")
    verdict = compare(new, "--previous", old, "--require-previous")
    assert verdict.status == 2
    assert verdict.failures[0].startswith(said)
    # the same content was not cut short
    new.write_text(WHOLE.replace("h1 A", "h1  A"))
    verdict = compare(new, "--previous", old, "--require-previous")
    assert (verdict.status, verdict.err) == (0, "")
    # whoever does not mind this in a zone does not mind it here
    new.write_text(zone(6, CHANGED))
    for options in (("--ignore", "final-newline-missing"), ("--config", tmp_path / "accepted.yaml")):
        (tmp_path / "accepted.yaml").write_text("suppress: [{rules: final-newline-missing, reason: an editor}]\n")
        verdict = compare(new, "--previous", old, "--require-previous", *options)
        assert (verdict.status, verdict.err) == (0, "")


def test_what_is_accepted_in_the_version_before(compare: Compare, tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    text = WHOLE + "x BOGUS 1  ; zonelint: ignore[unknown-type] of our server\n"
    old.write_text(text)
    new.write_text(text.replace("192.0.2.80", "192.0.2.81"))
    verdict = compare(new, "--previous", old, "--require-previous")
    assert (verdict.status, verdict.rules, verdict.not_run, verdict.err) == (1, ["serial-not-raised"], {}, "")
    old.write_text(text.replace("]", "] until=2026-06-14"))
    assert "cannot be read whole" in compare(new, "--previous", old).err


@pytest.mark.parametrize("missing", ["$INCLUDE soa", "@ SOA ns1 hostmaster 5 7200 3600 1209600 3600\n$INCLUDE soa"])
def test_a_version_before_whose_include_is_missing(compare: Compare, tmp_path: Path, missing: str) -> None:
    (tmp_path / "before").mkdir()
    new, old = tmp_path / "example.test.zone", tmp_path / "before" / "example.test.zone"
    new.write_text(zone(6))
    old.write_text(f"$ORIGIN example.test.\n$TTL 3600\n{missing}\n")
    verdict = compare(new, "--previous", old, "--origin", "example.test")
    assert (verdict.status, verdict.rules) == (0, [])
    place = f"{old}:{missing.count(chr(10)) + 3}:10: "
    assert verdict.not_run["serial-not-raised"].startswith(f"the previous version cannot be read whole: {place}")
    assert compare(new, "--previous", old, "--require-previous").status == 2


# --- git ---------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Make a repository with one version of the zone in it, apart from any other."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    repository = Repository(tmp_path / "repository")
    repository.commit(zone(5))
    return repository


@needs_git
@pytest.mark.parametrize("revision", ["HEAD", "main", "HEAD~0", "@", "v1", "main@{0}"])
def test_since_a_revision(compare: Compare, repository: Repository, revision: str) -> None:
    repository.git("tag", "-a", "-m", "a tag", "v1")
    path = repository.zone
    assert compare(path, "--since", revision).rules == []
    path.write_text(zone(5, CHANGED))
    verdict = compare(path, "--since", revision)
    assert (verdict.status, verdict.rules, verdict.not_run) == (1, ["serial-not-raised"], {})
    assert f"{path}@{revision}" in verdict.messages[0]
    path.write_text(zone(6, CHANGED))
    assert compare(path, "--since", revision).rules == []
    path.write_text(zone(4, CHANGED))
    assert compare(path, "--since", revision).rules == ["serial-went-back"]
    path.write_text(zone(5 + HALF, CHANGED))
    assert compare(path, "--since", revision).rules == ["serial-jump-too-large"]
    path.write_text("; other words\n" + zone(5).replace("www A", "WWW\tA"))
    assert compare(path, "--since", revision).rules == []


@needs_git
def test_since_an_older_revision(compare: Compare, repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit(zone(9, CHANGED))
    repository.zone.write_text(zone(7, ""))
    assert compare(repository.zone, "--since", first).rules == []
    assert compare(repository.zone, "--since", first[:12]).rules == []
    assert compare(repository.zone, "--since", "HEAD~1").rules == []
    assert compare(repository.zone, "--since", "HEAD").rules == ["serial-went-back"]


@needs_git
def test_signed_zones_in_git(compare: Compare, repository: Repository) -> None:
    repository.commit(SIGNED)
    repository.zone.write_text(resigned())
    assert only_serials(compare(repository.zone, "--since", "HEAD")) == ["resigned-serial-not-raised"]


@needs_git
@pytest.mark.parametrize("place", ["top", "zones", "elsewhere"])
def test_since_from_any_folder(
    compare: Compare, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    folder = {"top": repository.folder, "zones": repository.zone.parent, "elsewhere": tmp_path}[place]
    monkeypatch.chdir(folder)
    path = os.path.relpath(repository.zone, folder)
    repository.zone.write_text(zone(5, CHANGED))
    assert compare(path, "--since", "HEAD").rules == ["serial-not-raised"]


@needs_git
def test_files_of_several_repositories(compare: Compare, repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.commit(zone(1))
    other.zone.write_text(zone(1, CHANGED))
    verdict = compare(repository.zone, other.zone, "--since", "HEAD")
    assert verdict.rules == ["serial-not-raised"]


@needs_git
@pytest.mark.parametrize("name", ["sp ace.zone", "-dash.zone", "ümlaut.zone", "new\nline.zone", ":(top)x.zone", "*"])
def test_odd_file_names(compare: Compare, repository: Repository, name: str) -> None:
    path = repository.zone.with_name(name)
    path.write_text(zone(3))
    repository.commit(zone(5))
    path.write_text(zone(3, CHANGED))
    assert compare(path, "--since", "HEAD").rules == ["serial-not-raised"]


@needs_git
def test_a_file_that_is_new_is_not_compared(compare: Compare, repository: Repository) -> None:
    new = repository.zone.with_name("new.test.zone")
    new.write_text(zone(1))
    verdict = compare(new, "--since", "HEAD")
    assert (verdict.status, verdict.rules) == (0, [])
    assert verdict.not_run == dict.fromkeys(RULES, "new file: not in HEAD (--since)")
    # the one beside it is
    repository.zone.write_text(zone(5, CHANGED))
    verdict = compare(repository.zone.parent, "--since", "HEAD")
    assert (verdict.status, verdict.rules) == (1, ["serial-not-raised"])
    assert verdict.not_run.keys() == RULES


@needs_git
@pytest.mark.parametrize("revision", ["nowhere", "HEAD~9", "--all", "-x", "HEAD:zones", "0" * 40, "main..HEAD"])
def test_no_such_revision(compare: Compare, repository: Repository, revision: str) -> None:
    verdict = compare(repository.zone, f"--since={revision}")
    assert (verdict.status, verdict.rules) == (2, [])
    assert verdict.err == f"zonelint: --since: {revision} is no revision here ({repository.zone.parent})\n"


@needs_git
def test_a_repository_without_commits(compare: Compare, repository: Repository, tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty")
    empty.zone.write_text(zone())
    verdict = compare(empty.zone, "--since", "HEAD")
    assert (verdict.status, verdict.rules) == (2, [])
    assert verdict.err.startswith("zonelint: --since: HEAD is no revision here")


@needs_git
def test_outside_of_git(compare: Compare, repository: Repository, tmp_path: Path) -> None:
    path = tmp_path / "example.test.zone"
    path.write_text(zone())
    verdict = compare(path, "--since", "HEAD")
    assert (verdict.status, verdict.rules) == (2, [])
    assert verdict.err == f"zonelint: --since: {tmp_path} is not in a git work tree\n"


def test_git_that_is_not_installed(compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "example.test.zone"
    path.write_text(zone())
    monkeypatch.setenv("PATH", str(tmp_path))
    verdict = compare(path, "--since", "HEAD")
    assert (verdict.status, verdict.rules) == (2, [])
    assert verdict.err.startswith("zonelint: --since: git cannot be run (")


@needs_git
def test_a_version_in_git_that_was_no_zone(compare: Compare, repository: Repository) -> None:
    repository.commit("nothing yet\n")
    repository.zone.write_text(zone(1))
    verdict = compare(repository.zone, "--since", "HEAD")
    assert (verdict.status, verdict.rules) == (2, [])
    (failure,) = verdict.failures
    assert failure.startswith(f"{repository.zone}@HEAD: no SOA record of example.test.")
    assert verdict.not_run == dict.fromkeys(RULES, failure)


@needs_git
@pytest.mark.parametrize("since", ["HEAD", "auto"])
def test_a_version_in_git_that_cannot_be_read_whole(compare: Compare, repository: Repository, since: str) -> None:
    repository.commit(zone(5, "x TXT (\n"))
    repository.zone.write_text(zone(5, CHANGED))
    verdict = compare(repository.zone, "--since", since)
    assert (verdict.status, verdict.rules) == (0, [])
    said = f"the previous version cannot be read whole: {repository.zone}@HEAD:6:7: "
    assert verdict.not_run.keys() == {"serial-not-raised", "resigned-serial-not-raised"}
    assert verdict.not_run["serial-not-raised"].startswith(said)
    assert verdict.err.startswith(f"zonelint: {repository.zone}: {said}")
    assert compare(repository.zone, "--since", since, "--require-previous").status == 2
    repository.commit(zone(5)[:-1])
    repository.zone.write_text(zone(6, CHANGED))
    verdict = compare(repository.zone, "--since", since)
    assert (verdict.status, verdict.not_run) == (0, {})
    assert f"the previous version may not be whole: {repository.zone}@HEAD:6:" in verdict.err


@needs_git
def test_a_compressed_version_in_git(compare: Compare, repository: Repository) -> None:
    path = repository.zone.with_name("example.test.zone.gz")
    path.write_bytes(gzip.compress(zone(5).encode()))
    repository.commit(zone(5))
    path.write_bytes(gzip.compress(zone(5, CHANGED).encode()))
    assert compare(path, "--since", "HEAD").rules == ["serial-not-raised"]


@needs_git
def test_git_runs_nothing_of_the_repository(compare: Compare, repository: Repository) -> None:
    # a text conversion or a filter named in the repository must not be started by a linter
    mark = repository.folder.parent / "ran"
    (repository.folder / ".gitattributes").write_text("*.zone diff=evil filter=evil\n")
    repository.git("config", "diff.evil.textconv", f"touch {mark}; cat")
    repository.git("config", "core.fsmonitor", f"touch {mark}")
    repository.git("add", "-A")
    mark.unlink(missing_ok=True)
    repository.git("config", "filter.evil.smudge", f"touch {mark}; cat")
    repository.zone.write_text(zone(5, CHANGED))
    assert compare(repository.zone, "--since", "HEAD").rules == ["serial-not-raised"]
    assert not mark.exists()


@needs_git
@pytest.mark.parametrize("linked", [False, True])
def test_in_a_commit_hook(repository: Repository, tmp_path: Path, linked: bool) -> None:
    # git leads its hooks to the repository by environment variables; they must not lead zonelint astray
    hook = repository.folder / ".git" / "hooks" / "pre-commit"
    command = f"'{sys.executable}' -m zonelint check -q --format concise --since HEAD zones"
    hook.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec {command}\n")
    hook.chmod(0o755)
    if linked:
        repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
        repository.folder = tmp_path / "linked"
        repository.zone = repository.folder / "zones" / "example.test.zone"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        repository.commit(zone(5, CHANGED))
    assert "zones/example.test.zone:3:22: error[serial-not-raised] " in refused.value.stderr + refused.value.stdout
    repository.commit(zone(6, CHANGED))


@needs_git
def test_a_change_in_an_included_file(compare: Compare, repository: Repository) -> None:
    part = repository.zone.with_name("www.inc")
    part.write_text("www A 192.0.2.80\n")
    repository.commit(zone(5, "$INCLUDE www.inc\n"))
    assert compare(repository.zone, "--since", "HEAD").rules == []
    part.write_text(CHANGED)
    verdict = compare(repository.zone, "--since", "HEAD")
    # a version that cannot be compared whole must not pass for one that is the same
    assert verdict.rules == ["serial-not-raised"] or verdict.not_run.keys() == RULES
