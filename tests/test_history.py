"""Histories of zones that real signers made, in real git repositories: what happened, and whether it was safe.

Propagation is 600 s, that of the parent 900 s; DNSKEY sets have a TTL of 3600 s, data 7200 s, denial 3600 s, DS sets
1800 s. So a set of keys is gone after 4200 s, data after 7800 s, a DS set after 2700 s.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES
from test_transitions import Versions, planned

from zonelint.cli import main
from zonelint.rollover.model import apply
from zonelint.rollover.prove import prove
from zonelint.times import parse_time, to_text

sys.path.insert(0, str(FIXTURES))
from building import transitions as make

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(shutil.which("dnssec-signzone") is None, reason="bind9-utils is not installed"),
]

AT = parse_time("2026-06-15T00:00:00Z", 0)
NUMBERS = ("--propagation", "10m", "--parent-propagation", "15m", "--ds-ttl", "30m")
ARCHIVE = Path(__file__).parent.parent.parent / "shared" / "zones" / "root-apex"
KEYS, DATA, DS = 4200, 7800, 2700
FILE = "example.test.zone"

Captured = pytest.CaptureFixture[str]
Entry = tuple[int, str]
"""When a version is published, in seconds from the reference time on, and its text."""


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT + 86400))
    monkeypatch.delenv("COLUMNS", raising=False)


@cache
def version(serial: int, keys: str, entries: str, data: str, **more: Any) -> str:
    return make.text_of(make.version(serial, keys, entries, data, **more))


def run_git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], input=given, check=True, env=environment, capture_output=True
    )
    return done.stdout.decode()


def repository(folder: Path, entries: Iterable[Entry], name: str = FILE) -> Path:
    """Make a bare repository with a commit for each version."""
    folder = folder / "zones.git"
    folder.mkdir()
    run_git(folder, "init", "-q", "--bare", "-b", "main")
    stream = []
    for offset, text in entries:
        octets = text.encode()
        stream.append(
            b"commit refs/heads/main\nauthor a <a@example.org> %d +0000\ncommitter a <a@example.org> %d +0000\n"
            b"data 1\nx\nM 100644 inline %s\ndata %d\n%s\n"
            % (AT + offset - 60, AT + offset, name.encode(), len(octets), octets)
        )
    run_git(folder, "fast-import", "--quiet", given=b"".join(stream))
    return folder


def history(*arguments: object) -> int:
    return main(["rollover", "history", *map(str, arguments), *NUMBERS])


def told(capsys: Captured, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Give the status and the JSON of a history."""
    capsys.readouterr()
    status = history(*arguments, "--format", "json")
    return status, json.loads(capsys.readouterr().out)


def findings(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Give rule and message of each finding."""
    rows = [each for row in document["history"]["transitions"] for each in row["findings"]]
    return [(each["rule"], each["message"]) for each in (*rows, *document["history"]["findings"])]


def windows(document: dict[str, Any]) -> list[list[int]]:
    """Give the bogus windows of lenient validators, in seconds from the reference time on."""
    return [[parse_time(at, 0) - AT for at in span] for span in document["proof"]["lenient"]["bogus"]]


def ds(folder: Path, *names: str) -> Path:
    path = folder / f"ds-{'-'.join(names)}"
    path.write_text("".join(f"example.test. 1800 IN DS {make.find(name).ds()}\n" for name in names))
    return path


def zsk(publish: int = 0, sign: int = KEYS, remove: int = KEYS + DATA) -> list[Entry]:
    """Give a ZSK rollover by pre-publication with its steps at these times."""
    return [
        (-86400, version(1, "K1 Z1", "K1", "Z1")), (publish, version(2, "K1 Z1 Z2", "K1", "Z1")),
        (sign, version(3, "K1 Z1 Z2", "K1", "Z2")), (remove, version(4, "K1 Z2", "K1", "Z2")),
    ]  # fmt: skip


def ksk(publish: int = 0, remove: int = KEYS + DS) -> list[Entry]:
    """Give the versions of a KSK rollover by double signatures."""
    return [
        (-86400, version(1, "K1 Z1", "K1", "Z1")), (publish, version(2, "K1 K2 Z1", "K1 K2", "Z1")),
        (remove, version(3, "K2 Z1", "K2", "Z1")),
    ]  # fmt: skip


# --- what is done well is silent -----------------------------------------------------------------------------


def test_a_zsk_rollover_in_its_time_is_silent(tmp_path: Path, capsys: Captured) -> None:
    status, document = told(capsys, repository(tmp_path, zsk()))
    assert (status, findings(document), windows(document)) == (0, [], [])
    events = [(parse_time(each["at"], 0) - AT, each["action"]) for each in document["events"]]
    assert events == [
        (0, "publish-key"), (KEYS, "stop-signing-zone"), (KEYS, "sign-zone"), (KEYS + DATA, "remove-key")
    ]  # fmt: skip
    assert document["methods"] == ["history"]


def test_a_ksk_rollover_in_its_time_is_silent(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, ksk())
    exchange = f"{ds(tmp_path, 'K2')}@{to_text(AT + KEYS)}"
    status, document = told(capsys, repo, "--ds", ds(tmp_path, "K1"), "--ds", exchange)
    assert (status, findings(document), windows(document)) == (0, [], [])
    assert document["history"]["not_run"] == []


def test_without_ds_records_an_exchange_in_time_is_assumed_and_said(tmp_path: Path, capsys: Captured) -> None:
    status, document = told(capsys, repository(tmp_path, ksk()))
    assert (status, findings(document), windows(document)) == (0, [], [])
    assert any("no DS records (--ds FILE[@TIME])" in each for each in document["history"]["not_run"])
    (row,) = [row for row in document["history"]["transitions"] if row["serial"] is None]
    assert row["at"] == to_text(AT + KEYS)
    assert "assumed" in row["version"]


# --- what is left out or done too early is found ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "rule", "window"),
    [
        (zsk(sign=KEYS - 1), "zsk-too-young", [KEYS - 1, KEYS]),
        (zsk(remove=KEYS + DATA - 1), "zsk-dropped-early", [KEYS + DATA - 1, KEYS + DATA]),
        ([each for i, each in enumerate(zsk()) if i != 1], "zsk-unknown-to-caches", [KEYS, 2 * KEYS]),
        ([each for i, each in enumerate(zsk()) if i != 2], "zsk-dropped-early", [KEYS + DATA, KEYS + 2 * DATA]),
        ([each for i, each in enumerate(zsk()) if i not in (1, 2)], "zsk-exchanged-at-once",
         [KEYS + DATA, KEYS + 2 * DATA]),
        ([each for i, each in enumerate(ksk()) if i != 1], "ksk-exchanged-before-ds",
         [KEYS + DS, KEYS + DS + KEYS]),
    ],
    ids=["signs-early", "goes-early", "not-published", "not-in-use", "at-once", "ksk-at-once"],
)  # fmt: skip
def test_a_step_left_out_or_too_early(
    entries: list[Entry], rule: str, window: Sequence[int], tmp_path: Path, capsys: Captured
) -> None:
    status, document = told(capsys, repository(tmp_path, entries))
    assert status == 1
    assert [name for name, _ in findings(document)] == [rule]
    assert windows(document) == [list(window)]


def test_a_ksk_that_goes_a_second_early(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, ksk(remove=KEYS + DS - 1))
    exchange = f"{ds(tmp_path, 'K2')}@{to_text(AT + KEYS)}"
    status, document = told(capsys, repo, "--ds", ds(tmp_path, "K1"), "--ds", exchange)
    assert status == 1
    ((rule, message),) = findings(document)
    assert rule == "ksk-dropped-early"
    assert windows(document) == [[KEYS + DS - 1, KEYS + DS]]
    assert re.search(r"example\.test\.zone@\w{10} \(serial 2\) to example\.test\.zone@\w{10} \(serial 3\)", message)


def test_a_ds_that_comes_a_second_early(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, ksk(remove=86400))
    exchange = f"{ds(tmp_path, 'K2')}@{to_text(AT + KEYS - 1)}"
    status, document = told(capsys, repo, "--ds", ds(tmp_path, "K1"), "--ds", exchange)
    ((rule, message),) = findings(document)
    assert (status, rule, windows(document)) == (1, "ds-ahead-of-key", [[KEYS - 1, KEYS]])
    assert re.match(r"the DS set of ksk-\d+ to the DS set of ksk-\d+ beside \S+ \(serial 2\): bogus", message)


@pytest.mark.parametrize(("asked", "rules"), [(KEYS, []), (KEYS - 1, ["cds-ahead-of-key"])])
def test_without_ds_records_cds_records_tell(
    asked: int, rules: list[str], tmp_path: Path, capsys: Captured
) -> None:
    first, second, _ = ksk()
    third = (asked, version(3, "K1 K2 Z1", "K1 K2", "Z1", cds="K2"))
    last = (86400, version(4, "K2 Z1", "K2", "Z1"))
    status, document = told(capsys, repository(tmp_path, [first, second, third, last]))
    assert ([rule for rule, _ in findings(document)], status) == (rules, len(rules))


def test_the_prover_says_the_same_of_the_json(tmp_path: Path, capsys: Captured) -> None:
    for number, entries in enumerate((zsk(), zsk(sign=KEYS - 60))):
        (tmp_path / str(number)).mkdir()
        status, document = told(capsys, repository(tmp_path / str(number), entries))
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        assert main(["rollover", "prove", str(path), "--format", "plan"]) == status == number
        assert json.loads(capsys.readouterr().out)["proof"] == document["proof"]


# --- the root zone ---------------------------------------------------------------------------------------------

LEFT_OUT = {
    "2024032100 2024033101": "zsk-unknown-to-caches", "2024040100 2024041001": "zsk-dropped-early",
    "2024032100 2024033101 2024040100 2024041001": "zsk-exchanged-at-once", "2024032100": "zsk-too-young",
    "2024062000 2024063001": "zsk-unknown-to-caches", "2024070100 2024071001": "zsk-dropped-early",
    "2024062000 2024063001 2024070100 2024071001": "zsk-exchanged-at-once", "2024062000": "zsk-too-young",
}  # fmt: skip


@pytest.mark.parametrize("names", ["", *LEFT_OUT])
def test_the_root_zone(names: str, tmp_path: Path, capsys: Captured) -> None:
    """Two rollovers as they were, and without the versions of a step."""
    if not ARCHIVE.is_dir():
        pytest.skip(f"the apex of the root zone is not in {ARCHIVE}")
    for path in ARCHIVE.glob("*.zone"):
        if path.stem not in names.split():
            shutil.copy(path, tmp_path)
    status = main(["rollover", "history", str(tmp_path), "--format", "json"])
    found = [rule for rule, _ in findings(json.loads(capsys.readouterr().out))]
    assert (status, found) == ((1, [LEFT_OUT[names]]) if names else (0, []))


# --- the prover sees in the versions of a plan what it sees in the plan ------------------------------------------


@pytest.mark.parametrize("method", ["algorithm-liberal", "csk-double-ds", "going-insecure", "nsec-to-nsec3"])
def test_versions_made_by_a_plan_have_its_proof(method: str, tmp_path: Path, capsys: Captured) -> None:
    made = planned(method)
    versions, state, entries = Versions(made, tmp_path), made.start, []
    parents = [versions.ds(state)] if state.ds else ["none"]
    shutil.copy(parents[0], tmp_path / "first")
    given = ["--ds", tmp_path / "first"]
    for serial, at in enumerate([AT - 86400, *sorted({event.at for event in made.events})], 1):
        before, state = state, apply(state, [event for event in made.events if event.at == at])
        entries.append((at - AT, versions.write(serial, state).read_text()))
        if state.ds != before.ds:
            shutil.copy(versions.ds(state), tmp_path / f"ds{serial}") if state.ds else None
            given += ["--ds", f"{tmp_path / f'ds{serial}' if state.ds else 'none'}@{to_text(at)}"]
    status, document = told(capsys, repository(tmp_path, entries), *given)
    proof = {validator: [[to_text(each.start), to_text(each.end)] for each in verdict.bogus]
             for validator, verdict in prove(made).items()}  # fmt: skip
    assert {validator: verdict["bogus"] for validator, verdict in document["proof"].items()} == proof
    assert status == int(any(proof.values()))


# --- signatures --------------------------------------------------------------------------------------------------


def expiring(seconds: int) -> list[Entry]:
    """Give two versions a day apart; the signatures of the first end so many seconds after the second."""
    end = make.moment(days=1, seconds=seconds)
    return [(0, version(1, "K1 Z1", "K1", "Z1", expiration=end)), (86400, version(2, "K1 Z1", "K1", "Z1"))]


@pytest.mark.parametrize(
    ("seconds", "rules", "window"),
    [
        (600, [], []), (599, ["signatures-outlived"], [[86400 + 599, 86400 + 600]]),
        (-3600, ["rollover-bogus-window"], [[82800, 87000]]),
    ],
    ids=["in-time", "late-secondaries", "outage"],
)  # fmt: skip
def test_signatures_that_expire(
    seconds: int, rules: list[str], window: list[list[int]], tmp_path: Path, capsys: Captured
) -> None:
    status, document = told(capsys, repository(tmp_path, expiring(seconds)))
    assert ([rule for rule, _ in findings(document)], windows(document)) == (rules, window)
    assert status == (1 if rules else 0)


def test_with_gaps_an_expiry_before_the_next_version_is_only_said(tmp_path: Path, capsys: Captured) -> None:
    status, document = told(capsys, repository(tmp_path, expiring(-3600)), "--gaps")
    assert (status, findings(document)) == (0, [])
    assert any("versions are missing, or the zone was bogus" in each for each in document["history"]["not_run"])


def test_the_last_version_is_judged_as_long_as_it_is_told_to_be_there(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, expiring(0)[:1])
    at = ("--at", "2026-07-01")
    status, document = told(capsys, repo, *at)
    assert (status, findings(document)) == (0, [])
    assert any("no later version is here" in each for each in document["history"]["not_run"])
    status, document = told(capsys, repo, *at, "--until", "2026-06-20")
    assert (status, [rule for rule, _ in findings(document)]) == (1, ["rollover-bogus-window"])


def test_a_signer_that_takes_its_time(tmp_path: Path, capsys: Captured) -> None:
    """While one RRset is still signed by the old key, its data are in use; removed with the last, it is too early."""
    halfway = make.version(3, "K1 Z1 Z2", "K1", "Z2")
    halfway.resign("a", "A", make.find("Z1"))
    slow = [*zsk()[:2], (KEYS, make.text_of(halfway)), (KEYS + 3600, zsk()[2][1])]
    (tmp_path / "good").mkdir()
    late = (KEYS + 3600 + DATA, zsk()[3][1])
    status, document = told(capsys, repository(tmp_path / "good", [*slow, late]))
    assert (status, findings(document)) == (0, [])
    status, document = told(capsys, repository(tmp_path, [*slow, (late[0] - 1, late[1])]))
    assert ([rule for rule, _ in findings(document)], status) == (["zsk-dropped-early"], 1)
    assert windows(document) == [[late[0] - 1, late[0]]]


# --- archives ----------------------------------------------------------------------------------------------------


def test_what_is_no_version_is_passed_over_and_said(tmp_path: Path, capsys: Captured) -> None:
    first, *others = zsk()
    odd = [(-100, "\0\1\2"), (-90, "no zone"), (-80, "example.test. IN SOA broken"), (-70, first[1])]
    other = version(9, "K1 Z1", "K1", "Z1").replace("example.test.", "example.org.")
    status, document = told(capsys, repository(tmp_path, [first, *odd, (-60, other), *others]))
    assert (status, findings(document)) == (0, [])
    notes = document["history"]["notes"]
    assert len(notes) == 4
    assert all("passed over" in note for note in notes)
    assert "is the zone example.org., not example.test." in notes[3]


def test_times_that_run_backwards_are_said(tmp_path: Path, capsys: Captured) -> None:
    entries = zsk()
    entries[1] = (-2 * 86400, entries[1][1])
    _, document = told(capsys, repository(tmp_path, entries))
    notes = document["history"]["notes"]
    assert len(notes) == 2
    assert "dated before the one they follow: 1" in notes[0]
    assert "replaced in the second they came: 1" in notes[1]
    assert document["history"]["versions"] == 3


def test_a_renamed_file_in_a_work_tree_and_a_branch(tmp_path: Path, capsys: Captured) -> None:
    bare = repository(tmp_path, zsk())
    tree = tmp_path / "tree"
    run_git(tmp_path, "clone", "-q", str(bare), str(tree))
    run_git(tree, "checkout", "-q", "-b", "work")
    (tree / "sub").mkdir()
    run_git(tree, "mv", FILE, "sub/new.zone")
    run_git(tree, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x")
    sub = tree / "sub"
    for place in ((tree,), (sub,), (sub, "new.zone"), (tree, "sub/new.zone"), (sub / "new.zone",)):
        status, document = told(capsys, *place)
        assert (status, document["history"]["versions"], len(document["events"])) == (0, 4, 4)
    assert told(capsys, tree, FILE, "--rev", "main")[1]["history"]["of"] == FILE
    assert history(tree, FILE, "--rev", "nowhere") == 2


def test_a_part_of_a_history(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, zsk(sign=KEYS - 60))
    status, document = told(capsys, repo, "--until", to_text(AT + 60))
    assert (status, document["history"]["versions"]) == (0, 2)
    _, document = told(capsys, repo, "--since", to_text(AT + KEYS))
    assert [row["serial"] for row in document["history"]["transitions"]] == [4]
    assert document["history"]["versions"] == 2


def test_one_version_shows_no_transition(tmp_path: Path, capsys: Captured) -> None:
    assert history(repository(tmp_path, zsk()[:1])) == 0
    assert "there is no transition to judge" in capsys.readouterr().out


def test_an_unsigned_zone(tmp_path: Path, capsys: Captured) -> None:
    entries = [(0, version(1, "", "", "")), (60, version(2, "", "", "", data_ttl=60))]
    status, document = told(capsys, repository(tmp_path, entries))
    assert (status, findings(document), document["keys"]) == (0, [], {})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no REPO given"), (["nowhere"], "no such folder"), (["."], "no file in it is a zone"),
        (["zones.git", "other"], "no commit of HEAD has this file"), (["zones.git", "--ds", "nowhere"], "no such file"),
        (["zones.git", "--ds", "none@2026-01-01"], "without a time"), (["zones.git", "--time", "mtime"], "no such"),
        (["zones.git", "--time", "x"], "is none of"), (["zones.git", "--until", "2001-01-01"], "no version was"),
        (["zones.git", "--until", "x"], "is not a time"), (["zones.git", "--origin", "a..b"], "--origin"),
        (["zones.git", "--origin", "other.test"], "no version can be read"), (["zones.git", ""], "the value is empty"),
        (["two/zones.git"], "several zone files, say which (PATH): a.zone, b.zone"),
        (["zones.git", "--files"], "no file in it is a zone"),
    ],
)  # fmt: skip
def test_what_cannot_be(
    arguments: list[str], words: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two").mkdir()
    two = repository(tmp_path / "two", zsk()[:1], "a.zone")
    run_git(two, "symbolic-ref", "HEAD", "refs/heads/both")
    text = zsk()[0][1].encode()
    lines = [b"commit refs/heads/both\ncommitter a <a@example.org> 1 +0000\ndata 1\nx\n"]
    lines += [b"M 100644 inline %s.zone\ndata %d\n%s\n" % (name, len(text), text) for name in (b"a", b"b")]
    run_git(two, "fast-import", "--quiet", given=b"".join(lines))
    repository(tmp_path, zsk()[:1])
    monkeypatch.chdir(tmp_path)
    assert main(["rollover", "history", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert words in said.err


# --- output --------------------------------------------------------------------------------------------------------


def test_every_format(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, zsk(sign=KEYS - 60))
    formats = ("markdown", "csv", "ical", "svg", "html", "mermaid", "prometheus", "json", "table")
    for name in formats:
        assert history(repo, "--format", f"{name}:{tmp_path / name}") == 1
        assert "zsk-" in (tmp_path / name).read_text()
        assert "error[zsk-too-young]" in capsys.readouterr().err
    table = (tmp_path / "table").read_text()
    assert table.count("error[zsk-too-young]") == 1
    assert re.search(r"^zsk-\d+ +DNSKEY +before +2026-06-15 03:20:00 UTC$", table, re.MULTILINE)
    assert re.search(r"^ +signs data +2026-06-15 01:09:00 UTC$", table, re.MULTILINE)


def test_a_long_history_is_read_in_one_go(tmp_path: Path, capsys: Captured) -> None:
    """A version for each change of content, and only the steps of the rollovers are told."""
    texts = [text for _, text in zsk()]
    entries = [(-86400 + 60 * i, texts[i // 50].replace("192.0.2.2", f"192.0.2.{i}")) for i in range(200)]
    status, document = told(capsys, repository(tmp_path, entries), "--propagation", "1m")
    assert status == 1
    assert document["history"]["versions"] == 200
    assert len(document["history"]["transitions"]) == 3
