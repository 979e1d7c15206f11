"""Earlier TTLs from real git repositories."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from fixturing import FIXTURES

from zonelint.engine.origin import find_origin
from zonelint.rollover.ttlhistory import History, HistoryError, read_history, was
from zonelint.times import parse_time

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NOW = parse_time("2026-12-01", 0)
ZONE = (FIXTURES / "zones" / "rich-bind-full-nsec.zone").read_text()


def zone(dnskey: int, data: int = 86400) -> str:
    """Give the TTL of the DNSKEY set and the largest of its data (86400 in the fixture) other values."""
    text = re.sub(r"(?m)^(example\.test\.\s+)3600( IN (?:RRSIG\s+)?DNSKEY)", rf"\g<1>{dnskey}\2", ZONE)
    return text.replace("86400", str(data))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def git(folder: Path, *arguments: str, date: str = "2026-01-01") -> None:
    environment = os.environ | {
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_DATE": f"{date}T00:00:00Z", "GIT_COMMITTER_DATE": f"{date}T00:00:00Z",
    }  # fmt: skip
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=environment, capture_output=True)


def commit(folder: Path, text: str, date: str, name: str = "example.test.zone") -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", date=date)


def read(path: Path, limit: int = 100) -> History:
    return read_history(str(path), find_origin=find_origin, limit=limit)


def ttls(history: History) -> Sequence[tuple[int | None, int | None]]:
    return [(version.dnskey_ttl, version.data_ttl) for version in history.versions]


def test_versions_with_their_times_the_newest_first(repository: Path) -> None:
    commit(repository, zone(86400), "2026-08-01")
    commit(repository, zone(3600), "2026-09-01")
    commit(repository, zone(3600, 7200), "2026-10-01")
    history = read(repository / "example.test.zone")
    assert ttls(history) == [(3600, 7200), (3600, 86400), (86400, 86400)]
    assert [version.at for version in history.versions] == [
        parse_time(f"2026-{month}-01", 0) for month in ("10", "09", "08")
    ]
    assert history.notes == []
    found, notes = was(history, NOW)
    assert [(past.name, past.ttl, past.until) for past in found] == [
        ("dnskey", 86400, parse_time("2026-09-01", 0)), ("data", 86400, parse_time("2026-10-01", 0))
    ]  # fmt: skip
    assert found[0].source == f"git {history.versions[1].commit[:10]}"
    assert len(notes) == 2


def test_ttls_that_only_grew_are_no_earlier_larger_ones(repository: Path) -> None:
    commit(repository, zone(60, 100000), "2026-08-01")
    commit(repository, zone(3600, 200000), "2026-09-01")
    assert was(read(repository / "example.test.zone"), NOW) == ([], [])


def test_a_set_of_keys_that_went_away_had_a_ttl(repository: Path) -> None:
    commit(repository, zone(86400), "2026-08-01")
    commit(repository, "example.test. 60 IN SOA ns. h. 1 2 3 4 5\n", "2026-09-01")
    found, _ = was(read(repository / "example.test.zone"), NOW)
    assert [(past.name, past.ttl) for past in found] == [("dnskey", 86400), ("data", 86400)]


def test_what_is_not_signed_has_no_ttl_of_signed_data(repository: Path) -> None:
    commit(repository, "example.test. 86400 IN SOA ns. h. 1 2 3 4 5\n", "2026-08-01")
    commit(repository, zone(3600, 7200), "2026-09-01")
    assert was(read(repository / "example.test.zone"), NOW)[0] == []


def test_a_file_that_was_renamed_is_followed(repository: Path) -> None:
    commit(repository, zone(86400), "2026-08-01", "old/db.example.test")
    git(repository, "mv", "old/db.example.test", "new.zone")
    git(repository, "commit", "-q", "-m", "x", date="2026-08-15")
    commit(repository, zone(3600), "2026-09-01", "new.zone")
    assert [ttl for ttl, _ in ttls(read(repository / "new.zone"))] == [3600, 86400, 86400]


def test_other_files_and_commits_that_leave_it_alone_do_not_count(repository: Path) -> None:
    commit(repository, zone(3600), "2026-08-01")
    commit(repository, "something else", "2026-08-02", "README")
    commit(repository, zone(86400), "2026-08-03", "sub/example.test.zone")
    assert ttls(read(repository / "example.test.zone")) == [(3600, 86400)]


def test_a_merge_is_one_version(repository: Path) -> None:
    commit(repository, zone(86400), "2026-08-01")
    git(repository, "checkout", "-q", "-b", "work")
    commit(repository, zone(7200), "2026-08-02")
    commit(repository, zone(3600), "2026-08-03")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "x", "work", date="2026-08-04")
    history = read(repository / "example.test.zone")
    assert ttls(history)[0] == (3600, 86400)
    assert ttls(history)[-1] == (86400, 86400)
    assert [past.until for past in was(history, NOW)[0]][-1] == parse_time("2026-08-04", 0)


def test_only_so_many_versions_are_read(repository: Path) -> None:
    for day in range(1, 6):
        commit(repository, zone(3600 + day), f"2026-08-0{day}")
    history = read(repository / "example.test.zone", 3)
    assert len(history.versions) == 3
    assert history.notes == ["only the last 3 versions of example.test.zone were read"]
    assert read(repository / "example.test.zone", 5).notes == []


def test_a_version_that_is_no_zone_is_passed_over_with_a_note(repository: Path) -> None:
    commit(repository, zone(86400), "2026-08-01")
    commit(repository, zone(3600) + "www.example.test. 60 IN A 1.2.3\n", "2026-08-02")
    commit(repository, zone(3600), "2026-08-03")
    history = read(repository / "example.test.zone")
    assert ttls(history) == [(3600, 86400), (86400, 86400)]
    (note,) = history.notes
    assert note.startswith("version passed over: example.test.zone@")


def test_a_commit_of_the_future_is_not_counted(repository: Path) -> None:
    commit(repository, zone(86400), "2026-08-01")
    commit(repository, zone(3600), "2026-12-24")
    history = read(repository / "example.test.zone")
    assert was(history, NOW)[0] == []
    assert len(was(history, parse_time("2026-12-25", 0))[0]) == 1


def test_a_shallow_clone_is_said(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    commit(repository, zone(86400), "2026-08-01")
    commit(repository, zone(3600), "2026-09-01")
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth", "1", f"file://{repository}", ".")
    history = read(clone / "example.test.zone")
    assert len(history.versions) == 1
    assert "shallow" in history.notes[0]


def test_no_repository_no_commit_no_folder_no_git(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (repository / "new.zone").write_text(zone(60))
    with pytest.raises(HistoryError, match="git log failed"):
        read(repository / "new.zone")
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    with pytest.raises(HistoryError, match="is not in a git work tree"):
        read(outside / "zone")
    with pytest.raises(HistoryError, match="no such file or directory"):
        read(tmp_path / "nowhere" / "zone")
    monkeypatch.setenv("PATH", str(outside))
    with pytest.raises(HistoryError, match=r"git cannot be run \(no such file or directory\)"):
        read(repository / "new.zone")


def test_the_environment_of_a_hook_does_not_lead_astray(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, zone(3600), "2026-08-01")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    assert len(read(repository / "example.test.zone").versions) == 1
