"""What a commit or a push changes is what is judged: includes, renamed and deleted files, hooks run by git itself."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from fixturing import ROOT
from recipes import recipe
from repositories import Check, Repository, needs_git, run_check, zone

from zonelint import git
from zonelint.cli import main

pytestmark = needs_git

CHANGED = "www A 192.0.2.81\n"
PRE_RECEIVE = recipe("Git server")
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Make a repository without any other, and go there."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    repository = Repository(tmp_path / "repository")
    repository.commit(zone(5))
    monkeypatch.chdir(repository.folder)
    return repository


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `zonelint check --since auto` and look at the serials only."""
    return run_check(capsys)


# --- files that move, come and go --------------------------------------------------------------------------


def test_a_renamed_file_is_compared_with_itself(repository: Repository, check: Check) -> None:
    (repository.folder / "signed").mkdir()
    repository.git("mv", "zones/example.test.zone", "signed/db.example.test")
    moved = repository.folder / "signed" / "db.example.test"
    assert check("signed").rules == []
    moved.write_text(zone(5, CHANGED))
    said = check("signed")
    assert said.rules == ["serial-not-raised"]
    assert [each["name"] for each in said.compared] == ["../zones/example.test.zone@HEAD"]
    # so it is when the name was changed by a commit before
    repository.git("commit", "-q", "-a", "-m", "moved")
    assert check("signed", since="HEAD~1").rules == ["serial-not-raised"]


def test_a_file_that_is_gone_is_told(repository: Repository, check: Check) -> None:
    other, notes = repository.zone.with_name("other.test.zone"), repository.zone.with_name("notes.txt")
    other.write_text(zone().replace("example.test", "other.test"))
    notes.write_text("no zone\n")
    repository.commit(zone(5))
    other.unlink()
    notes.unlink()
    said = check("zones")
    assert (said.status, said.zones) == (0, ["zones/example.test.zone"])
    assert said.err == "zonelint: zones/other.test.zone was deleted since HEAD: it is not judged\n"
    assert check(".").err == said.err
    assert check(repository.folder).err == said.err
    repository.zone.rename(repository.zone.with_name("new.zone"))
    repository.git("add", "-A")
    # what was renamed is not gone
    assert check("zones").err == said.err


# --- includes ----------------------------------------------------------------------------------------------


@pytest.fixture
def included(repository: Repository) -> Path:
    """Give a file that the zone includes through another one."""
    hosts = repository.folder / "zones" / "incl" / "hosts.inc"
    hosts.parent.mkdir()
    hosts.write_text("www A 192.0.2.80\n")
    repository.zone.with_name("all.inc").write_text('mail A 192.0.2.2\n$include "incl/hosts.inc" ; the hosts\n')
    # neither a comment nor text is a directive
    text = 'x TXT "$INCLUDE incl/hosts.inc"\n;$INCLUDE incl/hosts.inc\n; $INCLUDE incl/hosts.inc\n'
    repository.zone.with_name("other.test.zone").write_text(zone(1, text).replace("example.test", "other.test"))
    repository.commit(zone(5, "$INCLUDE all.inc\n"))
    return hosts


def test_a_file_brings_the_zones_along_that_include_it(repository: Repository, check: Check, included: Path) -> None:
    name = "zones/incl/hosts.inc"
    said = check(name)
    assert (said.status, said.rules, said.zones) == (0, [], ["zones/example.test.zone"])
    assert said.err == f"zonelint: {name} is included by zones/example.test.zone: judged with it\n"
    included.write_text(CHANGED)
    said = check(name)
    assert (said.status, said.rules, said.zones) == (1, ["serial-not-raised"], ["zones/example.test.zone"])
    # once, however it is given
    assert check(name, "zones/example.test.zone", "zones/all.inc").zones == ["zones/example.test.zone"]
    assert check("zones", name).zones.count("zones/example.test.zone") == 1
    repository.zone.write_text(zone(6, "$INCLUDE all.inc\n"))
    assert check(name).rules == []


def test_a_zone_that_another_one_includes_is_judged_as_well(repository: Repository, check: Check) -> None:
    inner = repository.zone.with_name("inner.test.zone")
    inner.write_text(zone(5).replace("example.test", "inner.test"))
    repository.zone.with_name("view.zone").write_text("$INCLUDE inner.test.zone\nx.inner.test. 60 A 192.0.2.7\n")
    repository.commit(zone(5))
    inner.write_text(zone(5, CHANGED).replace("example.test", "inner.test"))
    said = check("zones/inner.test.zone")
    assert said.zones == ["zones/inner.test.zone", "zones/view.zone"]
    assert said.rules == ["serial-not-raised"] * 2


def test_a_zone_may_have_its_soa_from_a_file_that_it_includes(repository: Repository, check: Check) -> None:
    head, rest = zone(5).split("@ NS ns1\n")
    begin = repository.zone.with_name("begin.inc")
    begin.write_text(head)
    repository.zone.with_name("split.zone").write_text(f"$INCLUDE begin.inc\n@ NS ns1\n{rest}")
    repository.commit(zone(5))
    begin.write_text(head.replace("7200", "7300"))
    for paths in (("zones/begin.inc",), ("zones", "zones/begin.inc")):
        said = check(*paths)
        assert "zones/split.zone" in said.zones
        assert "serial-not-raised" in said.rules


def test_an_origin_is_that_of_one_zone(repository: Repository, check: Check, included: Path, capsys: Capture) -> None:
    name, origin = "zones/incl/hosts.inc", ("--origin", "example.test")
    # it stands for one zone
    assert check(name, options=origin).zones == ["zones/example.test.zone"]
    other = repository.zone.with_name("other.test.zone")
    other.write_text(other.read_text() + "$INCLUDE all.inc\n")
    repository.git("commit", "-q", "-a", "-m", "x")
    text = other.read_text()
    files = "zones/example.test.zone, zones/other.test.zone"
    refused = f"zonelint: --origin goes with one zone file; {name} stands for {files}\n"
    said = check(name, options=origin)
    assert (said.status, said.zones, said.err) == (2, [], refused)
    assert main(["fix", name, "--since", "auto", *origin]) == 2
    assert (capsys.readouterr(), other.read_text()) == (("", refused), text)
    # a folder of a commit need not be there on the disk
    both = ("--revision", "HEAD", *origin)
    repository.git("rm", "-q", "--cached", "-r", "zones/incl", "zones/all.inc")
    repository.git("commit", "-q", "-m", "x")
    shutil.rmtree(repository.folder / "zones")
    said = check("zones", options=both)
    assert (said.status, said.err) == (2, refused.replace(name, "zones"))
    assert check("zones/example.test.zone", options=both).zones == ["zones/example.test.zone"]


def test_what_was_no_zone_before_stops_nobody(repository: Repository, check: Check) -> None:
    repository.commit("nothing yet\n")
    repository.zone.write_text(zone(1))
    said = check()
    assert (said.status, said.rules) == (0, [])
    assert said.reasons[0].startswith("zones/example.test.zone@HEAD: no SOA record of example.test.")
    # who names the revision means it
    assert check(since="HEAD").status == 2


def test_what_nothing_includes_is_judged_as_it_is(repository: Repository, check: Check) -> None:
    lonely = repository.zone.with_name("lonely.inc")
    lonely.write_text("www A 192.0.2.80\n")
    said = check(lonely)
    assert (said.status, said.rules, said.err) == (1, ["soa-missing"], "")
    # files that include each other lead nowhere, and to no endless search
    for name, other in (("one", "two"), ("two", "one")):
        repository.zone.with_name(name).write_text(f"$INCLUDE {other}\n")
    repository.git("add", "-A")
    assert check("zones/one").status == 1


def test_the_configuration_may_ask_for_it(repository: Repository, check: Check, included: Path) -> None:
    included.write_text(CHANGED)
    repository.other("zonelint.yaml").write_text("since: auto\n")
    said = check("zones/incl/hosts.inc", since=None)
    assert (said.rules, said.zones) == (["serial-not-raised"], ["zones/example.test.zone"])
    repository.zone.with_name("other.test.zone").unlink()
    assert "zones/other.test.zone was deleted since HEAD" in check("zones", since=None).err
    assert check("zones/incl/hosts.inc", since="none").rules == ["soa-missing"]


def test_without_git_a_file_stands_for_itself(check: Check, included: Path) -> None:
    assert check(included, since="none").rules == ["soa-missing"]


# --- work trees of all kinds -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["linked", "submodule", "elsewhere"])
def test_other_work_trees(
    repository: Repository, check: Check, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "linked":
        tree = tmp_path / "linked"
        repository.git("worktree", "add", "-q", str(tree))
    elif kind == "submodule":
        outer = Repository(tmp_path / "outer")
        outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository.folder), "inner")
        tree = outer.folder / "inner"
    else:
        tree = tmp_path / "elsewhere"
        tree.mkdir()
        repository.git("--work-tree", str(tree), "checkout", "-f", "main", "--", ".")
        monkeypatch.setenv("GIT_DIR", str(repository.folder / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tree))
    path = tree / "zones" / "example.test.zone"
    assert check(path, since="HEAD").rules == []
    path.write_text(zone(5, CHANGED))
    assert check(path, since="HEAD").rules == ["serial-not-raised"]
    monkeypatch.chdir(path.parent)
    assert check(path.name, since="HEAD").rules == ["serial-not-raised"]


def test_the_variables_of_a_hook_do_not_lead_to_another_repository(
    repository: Repository, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.commit(zone(9))
    for name, value in (("GIT_DIR", ".git"), ("GIT_WORK_TREE", "."), ("GIT_INDEX_FILE", ".git/index")):
        monkeypatch.setenv(name, str(other.folder / value))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.folder / ".git" / "objects"))
    repository.zone.write_text(zone(5, CHANGED))
    assert check(repository.zone, since="HEAD").rules == ["serial-not-raised"]
    # nor does a folder outside of both become a part of the other one
    outside = tmp_path / "zones" / "example.test.zone"
    outside.parent.mkdir()
    outside.write_text(zone(9))
    assert check(outside).reasons == [f"{outside.parent} is not in a git work tree"]


def test_a_repository_that_git_does_not_trust(
    repository: Repository, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    said = check(repository.zone, since="HEAD")
    assert said.status == 2
    assert "git does not trust this repository, it belongs to another user" in said.err
    assert "safe.directory" in said.err


def test_a_link_in_the_tree_is_followed(repository: Repository, check: Check) -> None:
    link = repository.folder / "example.test.zone"
    link.symlink_to("zones/example.test.zone")
    repository.commit(zone(5))
    repository.zone.write_text(zone(5, CHANGED))
    assert check(link, since="HEAD").rules == ["serial-not-raised"]


def test_a_file_that_git_lfs_keeps_elsewhere(repository: Repository, check: Check) -> None:
    repository.commit("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    repository.zone.write_text(zone(5))
    said = check()
    assert said.status == 0
    assert said.reasons == ["zones/example.test.zone@HEAD is a pointer to a file that Git LFS keeps elsewhere"]


def test_a_partial_clone_does_not_go_online(
    repository: Repository, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit(zone(6))
    partial = repository.clone(tmp_path / "partial", "--filter=blob:none")
    monkeypatch.chdir(partial.folder)
    assert check(since="HEAD").status == 0
    said = check(since="HEAD~1")
    assert said.status == 2
    assert "is in the commit, but its content is not in this clone" in said.failures[0]
    blob = partial.git("rev-parse", "HEAD~1:zones/example.test.zone")
    assert git.find(str(partial.folder)).ask("cat-file", "-e", blob) is None


# --- hooks -------------------------------------------------------------------------------------------------


def hook(repository: Path, name: str, script: str) -> None:
    """Install a hook for which `zonelint` is this checkout."""
    programs = repository / "programs"
    programs.mkdir(exist_ok=True)
    program = programs / "zonelint"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m zonelint \"$@\"\n")
    file = repository / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(script.replace("#!/bin/sh\n", f"#!/bin/sh\nPATH='{programs}':$PATH\n", 1))
    for each in (program, file):
        each.chmod(each.stat().st_mode | stat.S_IXUSR)


def refusal(repository: Repository, *command: str) -> str:
    """Run a command of git that must fail, and give what was said."""
    with pytest.raises(subprocess.CalledProcessError) as refused:
        repository.git(*command)
    return str(refused.value.stderr) + str(refused.value.stdout)


def assert_found(rule: str, place: str, said: str) -> None:
    """See to it that a report tells of a fault and of its place."""
    assert f"error[{rule}]: " in said
    assert f"--> {place}" in said


def test_a_commit_of_some_files_only(repository: Repository) -> None:
    hook(repository.folder / ".git", "pre-commit", "#!/bin/sh\nexec zonelint check -q --format concise zones\n")
    repository.git("mv", "zones/example.test.zone", "zones/moved.zone")
    repository.git("commit", "-q", "-m", "renamed")
    moved = repository.zone.with_name("moved.zone")
    moved.write_text(zone(5, CHANGED))
    for how in (("-a",), ("--only", "zones/moved.zone")):
        assert "zones/moved.zone:3:22: error[serial-not-raised]" in refusal(repository, "commit", "-m", "x", *how)
    moved.write_text(zone(6, CHANGED))
    repository.git("commit", "-q", "-m", "x", "zones/moved.zone")


CONFIGURATION = """
repos:
  - repo: local
    hooks:
      - {id: zonelint, name: zonelint, entry: zonelint check, language: system, require_serial: true, verbose: true,
         types: [text], files: ^zones/, stages: [pre-commit, pre-push]}
"""


@pytest.fixture
def committed(repository: Repository, tmp_path: Path, included: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Give a clone in which pre-commit runs its hooks for commits and pushes."""
    pytest.importorskip("pre_commit")
    clone = repository.clone(tmp_path / "clone")
    repository.git("config", "receive.denyCurrentBranch", "ignore")
    hook(clone.folder / ".git", "unused", "#!/bin/sh\n")
    path = f"{clone.folder / '.git' / 'programs'}{os.pathsep}{os.environ['PATH']}"
    for name, value in (("PRE_COMMIT_HOME", str(tmp_path / "home")), ("PRE_COMMIT_COLOR", "never"), ("PATH", path)):
        monkeypatch.setenv(name, value)
    clone.other(".pre-commit-config.yaml").write_text(CONFIGURATION)
    clone.git("add", "-A")
    install = ["install", "--hook-type", "pre-commit", "--hook-type", "pre-push"]
    subprocess.run([sys.executable, "-m", "pre_commit", *install], cwd=clone.folder, check=True, capture_output=True)
    return clone


def test_pre_commit_passes_the_file_that_zones_include(committed: Repository) -> None:
    hosts = committed.folder / "zones" / "incl" / "hosts.inc"
    hosts.write_text(CHANGED)
    said = refusal(committed, "commit", "-a", "-m", "x")
    assert_found("serial-not-raised", "zones/example.test.zone:3:22", said)
    assert "zones/incl/hosts.inc is included by zones/example.test.zone: judged with it" in said
    assert "zones/other.test.zone" not in said
    committed.commit(zone(6, "$INCLUDE all.inc\n"))
    # the branch has its new serial; another commit needs none, and neither does the push
    hosts.write_text(CHANGED + "y A 192.0.2.9\n")
    committed.git("commit", "-q", "-a", "-m", "x")
    committed.git("commit", "-q", "--amend", "-m", "y")
    committed.git("push", "-q", "origin", "main")
    hosts.write_text(CHANGED)
    committed.git("commit", "-q", "-a", "-m", "x", "--no-verify")
    said = refusal(committed, "push", "origin", "main")
    assert_found("serial-not-raised", "zones/example.test.zone:3:22", said)
    assert re.search(r"compared with zones/example\.test\.zone@\w{10} \(merge base with \w{10}, PRE_COMMIT_FR", said)


@pytest.fixture
def server(repository: Repository, tmp_path: Path) -> Path:
    """Make a bare repository that judges what is pushed, and push to it."""
    bare = tmp_path / "server.git"
    repository.git("init", "-q", "--bare", "-b", "main", str(bare))
    hook(bare, "pre-receive", PRE_RECEIVE)
    repository.git("remote", "add", "origin", str(bare))
    return bare


def test_a_push_is_judged_by_the_server(repository: Repository, server: Path) -> None:
    assert not (server / "zones").exists()
    # nothing is published yet; the first version is judged all the same
    good = repository.git("rev-parse", "HEAD")
    repository.commit(zone(5, "www A 192.0.2.280\n"))
    assert_found("rdata-invalid", "zones/example.test.zone:6:7", refusal(repository, "push", "origin", "main"))
    repository.git("reset", "-q", "--hard", good)
    repository.git("push", "-q", "origin", "main")
    # one new serial is enough for two commits, none is too few
    repository.commit(zone(5, CHANGED))
    repository.commit(zone(5, CHANGED + "x A 192.0.2.9\n"))
    said = refusal(repository, "push", "origin", "main")
    assert_found("serial-not-raised", "zones/example.test.zone:3:22", said)
    assert f"differs from zones/example.test.zone@{good[:10]}," in said
    repository.commit(zone(6, CHANGED))
    repository.git("push", "-q", "origin", "main")
    # what is no zone is nobody's business
    repository.other("README").write_text("news\n")
    repository.commit(zone(6, CHANGED))
    repository.git("push", "-q", "origin", "main")
    assert repository.git("-C", str(server), "rev-parse", "main") == repository.git("rev-parse", "HEAD")


def test_branches_that_come_and_go(repository: Repository, server: Path) -> None:
    repository.git("push", "-q", "origin", "main")
    repository.git("checkout", "-q", "-b", "work")
    repository.commit(zone(5, CHANGED))
    assert "error[serial-not-raised]" in refusal(repository, "push", "origin", "work")
    repository.commit(zone(6, CHANGED))
    repository.git("push", "-q", "origin", "work")
    repository.git("push", "-q", "origin", "--delete", "work")
    assert repository.git("-C", str(server), "branch", "--list", "work") == ""


def test_a_push_that_changes_an_included_file(repository: Repository, server: Path, included: Path) -> None:
    repository.git("push", "-q", "origin", "main")
    included.write_text(CHANGED)
    repository.git("commit", "-q", "-a", "-m", "x")
    said = refusal(repository, "push", "origin", "main")
    assert_found("serial-not-raised", "zones/example.test.zone:3:22", said)
    included.write_text(CHANGED + "bad A 192.0.2.280\n")
    repository.git("commit", "-q", "-a", "-m", "x")
    # its place is one of the revision; on the server's disk no such file is
    said = refusal(repository, "push", "origin", "main")
    assert_found("rdata-invalid", "zones/incl/hosts.inc:2:7", said)
    assert "bad A 192.0.2.280" in said
    included.unlink()
    repository.git("commit", "-q", "-a", "-m", "x")
    assert_found("include-missing", "zones/all.inc:2:10", refusal(repository, "push", "origin", "main"))


def test_a_revision_instead_of_files(repository: Repository, check: Check, included: Path) -> None:
    first = repository.git("rev-parse", "HEAD")
    included.write_text(CHANGED)
    repository.git("mv", "zones/other.test.zone", "zones/moved.test.zone")
    repository.git("commit", "-q", "-a", "-m", "x")
    # neither the work tree nor the folder one is in matters
    repository.zone.unlink()
    for path in repository.zone.parent.glob("*.inc"):
        path.unlink()
    both = ("--revision", "HEAD")
    said = check(since=first, options=both, paths=())
    assert (said.status, said.rules) == (1, ["serial-not-raised"])
    assert said.zones == ["zones/example.test.zone", "zones/moved.test.zone"]
    names = [each["name"].partition("@")[0] for each in said.compared]
    assert names == ["zones/example.test.zone", "other.test.zone"]
    assert check("zones/moved.test.zone", since=first, options=both).rules == []
    assert check("zones", since="none", options=both).zones == said.zones
    said = check("zones/example.test.zone", "nowhere", since=first, options=both)
    assert (said.status, said.failures) == (2, ["nowhere: no such file in HEAD"])


def test_a_submodule_is_no_file(repository: Repository, check: Check) -> None:
    both = {"since": "HEAD~1", "options": ("--revision", "HEAD"), "paths": ()}
    for change in (("--add", "--cacheinfo", f"160000,{'1' * 40},inner"), ("--force-remove", "inner")):
        repository.git("update-index", *change)
        repository.git("commit", "-q", "-m", "x")
        said = check(**both)
        assert (said.status, said.zones, said.err) == (0, [], "")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},zones/inner")
    repository.git("commit", "-q", "-m", "x")
    assert check("zones", since="HEAD").status == 0


def test_nothing_of_the_repository_is_run(repository: Repository, check: Check, included: Path) -> None:
    mark = repository.folder.parent / "ran"
    evil = f"touch {mark}; cat"
    repository.other(".gitattributes").write_text("* diff=evil filter=evil\n")
    repository.git("add", ".gitattributes")
    for name, value in (
        ("diff.evil.textconv", evil), ("diff.evil.command", evil), ("diff.external", evil), ("core.pager", evil),
        ("filter.evil.clean", evil), ("filter.evil.smudge", evil), ("core.fsmonitor", evil), ("alias.grep", f"!{evil}"),
    ):  # fmt: skip
        repository.git("config", name, value)
    included.write_text(CHANGED)
    repository.zone.with_name("other.test.zone").unlink()
    assert check("zones/incl/hosts.inc").rules == ["serial-not-raised"]
    assert "was deleted" in check("zones").err
    assert not mark.exists()
    repository.git("mv", "zones/example.test.zone", "zones/moved.zone")
    mark.unlink(missing_ok=True)
    assert check("zones/moved.zone").rules == ["serial-not-raised"]
    assert check("zones", since="HEAD~1", options=("--revision", "HEAD")).zones != []
    assert not mark.exists()


def test_deleted_zones_of_a_revision(repository: Repository, check: Check) -> None:
    repository.git("rm", "-q", "zones/example.test.zone")
    repository.git("commit", "-q", "-m", "x")
    said = check(since="HEAD~1", options=("--revision", "HEAD"), paths=())
    assert (said.status, said.zones) == (0, [])
    assert said.err == "zonelint: zones/example.test.zone was deleted since HEAD~1: it is not judged\n"


@pytest.mark.parametrize("name", ["nowhere", "0" * 40, "--all", "HEAD:zones"])
def test_a_revision_that_is_none(repository: Repository, check: Check, name: str) -> None:
    for since, revision in ((name, "HEAD"), ("HEAD", name)):
        said = check(since=since, options=(f"--revision={revision}",), paths=())
        assert said.status == 2
        assert f"{name} is no revision here" in said.err


def test_standard_input_is_in_no_revision(repository: Repository, check: Check) -> None:
    assert check("-", options=("--revision", "HEAD")).status == 2


def test_a_revision_outside_of_git(tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    said = check(options=("--revision", "HEAD"), paths=())
    assert said.status == 2
    assert said.err == f"zonelint: --revision: {os.getcwd()} is not in a git work tree\n"
