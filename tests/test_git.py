"""Which version of a zone is taken for the published one, in real repositories: branches, clones, CI jobs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from repositories import Check, Repository, needs_git, run_check, zone

from zonelint import git
from zonelint.cli import main
from zonelint.engine.revision import is_gate

pytestmark = needs_git

CHANGED, AGAIN = "www A 192.0.2.81\n", "www A 192.0.2.82\n"
ZEROS = "0" * 40


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Make a clone of a repository with one version of the zone in it, and go there."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    origin = Repository(tmp_path / "origin")
    origin.commit(zone(5))
    clone = origin.clone(tmp_path / "clone")
    monkeypatch.chdir(clone.folder)
    return clone


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `zonelint check --since auto` and look at the serials only."""
    return run_check(capsys)


# --- branches ----------------------------------------------------------------------------------------------


def test_the_upstream_branch_tells_what_is_published(repository: Repository, check: Check) -> None:
    published = repository.git("rev-parse", "HEAD")
    repository.zone.write_text(zone(5, CHANGED))
    said = check()
    assert (said.status, said.rules, said.commit) == (1, ["serial-not-raised"], published)
    assert said.chosen == "merge base with origin/main, upstream branch"


def test_one_new_serial_is_enough_for_a_branch(repository: Repository, check: Check) -> None:
    published = repository.git("rev-parse", "HEAD")
    repository.commit(zone(6, CHANGED))
    for text in (zone(6, AGAIN), zone(6, AGAIN + "x A 192.0.2.9\n")):
        repository.zone.write_text(text)
        assert (check().rules, check().commit) == ([], published)
        repository.commit(text)
    repository.git("commit", "-q", "--amend", "--no-edit", "--allow-empty")
    repository.zone.write_text(zone(5, AGAIN))
    assert check().rules == ["serial-not-raised"]
    # against the last commit it would be another verdict
    assert check(since="HEAD").rules == ["serial-went-back"]


def test_a_branch_without_upstream_left_the_default_branch(repository: Repository, check: Check) -> None:
    published = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "-b", "work", "--no-track")
    repository.commit(zone(6, CHANGED))
    repository.commit(zone(6, AGAIN))
    said = check()
    assert (said.rules, said.commit) == ([], published)
    assert said.chosen == "merge base with origin/main, default branch of origin"


def test_without_any_other_repository_the_last_commit_counts(repository: Repository, check: Check) -> None:
    repository.git("remote", "remove", "origin")
    last = repository.commit(zone(6, CHANGED))
    repository.zone.write_text(zone(6, AGAIN))
    said = check()
    assert (said.rules, said.commit) == (["serial-not-raised"], last)
    assert said.chosen == "the last commit; no upstream branch"
    repository.git("checkout", "-q", "--detach")
    assert check().commit == last


def test_what_was_merged_and_rebased_counts_from_where_the_branches_meet(
    repository: Repository, check: Check, tmp_path: Path
) -> None:
    repository.commit(zone(6, CHANGED))
    origin = Repository(tmp_path / "origin", made=True)
    origin.other("README").write_text("news")
    theirs = origin.commit(zone(5))
    repository.git("fetch", "-q")
    repository.git("merge", "-q", "--no-edit", "origin/main")
    assert (check().rules, check().commit) == ([], theirs)
    repository.git("reset", "-q", "--hard", "HEAD^")
    repository.git("rebase", "-q", "origin/main")
    assert (check().rules, check().commit) == ([], theirs)
    repository.zone.write_text(zone(5, CHANGED))
    assert (check().rules, check().commit) == (["serial-not-raised"], theirs)


def test_no_commit_yet_is_said(tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Repository(tmp_path / "empty")
    empty.zone.write_text(zone())
    monkeypatch.chdir(empty.folder)
    said = check()
    assert (said.status, said.reasons) == (0, ["no commit yet"])


def test_no_repository_is_said_and_no_git_either(tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    path = tmp_path / "example.test.zone"
    path.write_text(zone())
    assert check(path).reasons == [f"{tmp_path} is not in a git work tree"]
    assert check(path, PATH=str(tmp_path)).reasons == ["git cannot be run (no such file or directory)"]
    assert check(path).status == 0


@pytest.mark.parametrize("name", ["a\0b", "a\0/b", "nowhere/z", "zones/nowhere", "/dev/null", "", "zones/\udcff"])
def test_names_that_lead_nowhere(repository: Repository, check: Check, name: str) -> None:
    for options in ((), ("--revision", "HEAD")):
        said = check(name, options=options)
        assert said.status == 2
        assert "internal error" not in said.err


def test_standard_input_has_no_revision(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(zone().encode())))
    assert check("-").reasons == ["standard input has no revision"]


# --- pre-commit and CI jobs --------------------------------------------------------------------------------


def test_the_references_of_pre_commit(repository: Repository, check: Check) -> None:
    first = repository.git("rev-parse", "HEAD")
    second = repository.commit(zone(6, CHANGED))
    repository.git("checkout", "-q", "-b", "side", first)
    side = repository.commit(zone(5) + "; side\n")
    repository.git("checkout", "-q", "main")
    repository.zone.write_text(zone(6, AGAIN))
    said = check(PRE_COMMIT_FROM_REF=first, PRE_COMMIT_TO_REF=second)
    assert (said.rules, said.commit) == ([], first)
    assert said.chosen == f"merge base with {first[:10]}, PRE_COMMIT_FROM_REF"
    # the merge base, not the reference itself
    assert check(PRE_COMMIT_FROM_REF=side, PRE_COMMIT_TO_REF="HEAD").commit == first
    assert check(PRE_COMMIT_FROM_REF=second).rules == ["serial-not-raised"]
    said = check(PRE_COMMIT_FROM_REF="1" * 40)
    assert said.status == 0
    assert said.reasons == [f"PRE_COMMIT_FROM_REF: {'1' * 40} is not in this clone (git fetch --unshallow)"]


def github(path: Path, **event: object) -> dict[str, str]:
    """Write what GitHub says of an event and give its variables."""
    path.write_text(json.dumps(event))
    return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path)}


def test_a_pull_request_on_github(repository: Repository, check: Check, tmp_path: Path) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "--detach")
    repository.commit(zone(5, CHANGED))
    # of the event its `before` must not be taken: it is the state of the branch before this push to it
    job = github(tmp_path / "event", before=repository.git("rev-parse", "HEAD"))
    said = check(GITHUB_BASE_REF="main", **job)
    assert (said.rules, said.commit, said.chosen) == (
        ["serial-not-raised"], base, "merge base with origin/main, GITHUB_BASE_REF"
    )  # fmt: skip
    said = check(GITHUB_BASE_REF="release", **job)
    assert said.reasons == ["GITHUB_BASE_REF: origin/release is not in this clone (fetch-depth: 0)"]


def test_a_push_on_github(repository: Repository, check: Check, tmp_path: Path) -> None:
    before = repository.git("rev-parse", "HEAD")
    repository.commit(zone(5, CHANGED))
    said = check(**github(tmp_path / "event", before=before))
    assert (said.rules, said.commit, said.chosen) == (["serial-not-raised"], before, "the commit before the push")
    assert check(**github(tmp_path / "event", merge_group={"base_sha": before})).commit == before
    said = check(**github(tmp_path / "event", before="2" * 40))
    assert said.reasons == ["the commit before the push: 2222222222 is not in this clone (fetch-depth: 0)"]


def test_a_new_branch_on_github(repository: Repository, check: Check, tmp_path: Path) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.commit(zone(5, CHANGED))
    job = github(tmp_path / "event", before=ZEROS, repository={"default_branch": "main"})
    said = check(**job)
    assert (said.commit, said.chosen) == (base, "merge base with origin/main, default branch")
    # a commit that is compared with itself would always pass
    repository.git("checkout", "-q", "--detach", "origin/main")
    assert check(**job).reasons == ["this job has no commit before (--since REV names one)"]
    assert check(**github(tmp_path / "event", before=ZEROS)).reasons == check(**job).reasons


@pytest.mark.parametrize("text", ["", "{", "[]", '{"before": 7, "merge_group": [], "repository": 1}', None])
def test_an_event_that_says_nothing(repository: Repository, check: Check, tmp_path: Path, text: str | None) -> None:
    event = tmp_path / "event"
    if text is not None:
        event.write_text(text)
    said = check(GITHUB_ACTIONS="true", GITHUB_EVENT_PATH=str(event))
    assert (said.status, len(said.reasons)) == (0, 1)
    assert "GITHUB_EVENT_PATH" in said.reasons[0] or "no commit before" in said.reasons[0]


def test_jobs_on_gitlab(repository: Repository, check: Check) -> None:
    base = repository.git("rev-parse", "HEAD")
    middle = repository.commit(zone(6, CHANGED))
    repository.commit(zone(6, AGAIN))
    merge = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_BEFORE_SHA": ZEROS}
    said = check(**merge)
    assert (said.rules, said.commit, said.chosen) == ([], base, "CI_MERGE_REQUEST_DIFF_BASE_SHA")
    push = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": middle}
    assert (check(**push).rules, check(**push).commit) == (["serial-not-raised"], middle)
    new = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": ZEROS, "CI_DEFAULT_BRANCH": "main"}
    assert (check(**new).commit, check(**new).chosen) == (base, "merge base with origin/main, default branch")
    said = check(GITLAB_CI="true", CI_COMMIT_BEFORE_SHA="3" * 40)
    assert said.reasons == ["CI_COMMIT_BEFORE_SHA: 3333333333 is not in this clone (GIT_DEPTH: 0)"]


def test_a_shallow_clone_says_how_to_get_the_rest(
    repository: Repository, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("checkout", "-q", "-b", "work")
    repository.commit(zone(6, CHANGED))
    repository.git("push", "-q", "-u", "origin", "work")
    shallow = repository.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch", "--branch=work")
    monkeypatch.chdir(shallow.folder)
    said = check(GITHUB_ACTIONS="true", GITHUB_BASE_REF="main")
    assert (said.status, said.compared) == (0, [])
    assert said.reasons == [
        "GITHUB_BASE_REF: origin/main and HEAD have no commit in this shallow clone (fetch-depth: 0)"
    ]
    said = check(GITHUB_ACTIONS="true", GITHUB_BASE_REF="main", options=("--require-previous",))
    assert said.status == 2
    assert said.failures == [f"zones/example.test.zone: not compared: {said.reasons[0]}"]


# --- when it is looked for ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"HOME": "/", "CI": "true", "GIT_AUTHOR_NAME": "a", "GIT_EDITOR": "vi", "GIT_DIR": "/x"}, False),
        ({"PRE_COMMIT": "1"}, True),
        ({"GITHUB_ACTIONS": "true"}, True),
        ({"GITHUB_ACTIONS": ""}, False),
        ({"GITLAB_CI": "true"}, True),
        ({"GIT_INDEX_FILE": ".git/index"}, True),
        ({"GIT_PREFIX": ""}, True),
    ],
)
def test_a_gate_is_known_by_its_variables(environ: dict[str, str], expected: bool) -> None:
    assert is_gate(environ) is expected


def test_a_gate_need_not_ask_and_may_refuse(repository: Repository, check: Check) -> None:
    repository.zone.write_text(zone(5, CHANGED))
    assert check(since=None).reasons == ["no previous version (--previous FILE or --since REV)"]
    assert check(since=None, PRE_COMMIT="1").rules == ["serial-not-raised"]
    assert check(since="none", PRE_COMMIT="1").rules == []
    # what is given says more than what is found
    repository.other("old").write_text(zone(6))
    said = check("zones/example.test.zone", since=None, options=("--previous", "old"), PRE_COMMIT="1")
    assert (said.rules, said.chosen) == (["serial-went-back"], "--previous")
    assert check(since="HEAD", PRE_COMMIT_FROM_REF="nowhere").chosen == "--since"


def test_no_git_is_started_for_a_plain_check(
    repository: Repository, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("git was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert check(since=None).status == 0
    with pytest.raises(AssertionError):
        git.find(str(repository.folder))


def test_the_choice_is_printed(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    commit = repository.git("rev-parse", "HEAD")
    assert main(["check", "--since", "auto", "zones"]) == 0
    compared = f"zones/example.test.zone@{commit[:10]} (merge base with origin/main, upstream branch)"
    assert f"no signatures, compared with {compared}, at " in capsys.readouterr().out


def test_every_zone_must_have_a_previous_version(repository: Repository, check: Check) -> None:
    assert check(options=("--require-previous",)).status == 0
    repository.zone.with_name("new.test.zone").write_text(zone().replace("example.test", "new.test"))
    assert check().status == 0
    said = check(options=("--require-previous",))
    name = repository.git("rev-parse", "HEAD")[:10]
    reason = f"new file: not in {name} (merge base with origin/main, upstream branch)"
    assert (said.status, said.reasons) == (2, [reason])
    assert said.failures == [f"zones/new.test.zone: not compared: {reason}"]
    assert check(since=None, options=("--require-previous",)).status == 2
