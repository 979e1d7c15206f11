"""The hooks work in the hands of pre-commit itself, which installs zonelint as it does for everybody."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from fixturing import ROOT
from recipes import Place, commit, git, recipe, zone

CONFIGURATION = recipe("pre-commit", "yaml")
INSTALL, PLAIN_HOOK = (recipe("pre-commit", "sh", index) for index in range(2))
WWW = "www.example.org. 3600 IN A 192.0.2.80"
NO_INDEX = re.compile("Failed to establish a new connection|Temporary failure in name resolution")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def source(folder: Path) -> str:
    """Put what zonelint is made of into a repository of its own, for pre-commit takes a revision; give that."""
    for name in ("zonelint", "rules"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    git(folder, "init", "-q")
    commit(folder)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Give a repository of zones in which pre-commit has installed the hooks; that takes a while and an index."""
    folder = tmp_path_factory.mktemp("zones")
    tool = tmp_path_factory.mktemp("zonelint")
    place = Place(folder)
    (place.programs / "zonelint").unlink()
    place.program("pre-commit", f"exec '{sys.executable}' -m pre_commit \"$@\"")
    revision = source(tool)
    text = re.sub(r"(?<=repo: )\S+", str(tool), CONFIGURATION)
    place.write(".pre-commit-config.yaml", re.sub(r"(?<=rev: )\S+", revision, text))
    place.write("example.org.zone", zone(1))
    git(folder, "init", "-q")
    commit(folder)
    status, said = run(place, INSTALL)
    if NO_INDEX.search(said):
        pytest.skip("no index of packages to install from")
    assert status == 0, said
    assert re.search(r"^zonelint\.+Passed$", said, re.MULTILINE), said
    return place


def run(place: Place, script: str) -> tuple[int, str]:
    """Run a script with the environments of pre-commit kept apart from those of the user."""
    return place.run(script, PRE_COMMIT_HOME=str(place.folder / ".programs" / "home"), PRE_COMMIT_COLOR="never")


def test_a_commit(place: Place) -> None:
    # the serial was forgotten
    place.write("example.org.zone", zone(1, WWW))
    status, said = run(place, "git add example.org.zone && git commit -q -m change")
    assert status == 1
    assert re.search(r"^zonelint\.+Failed\n- hook id: zonelint\n- exit code: 1$", said, re.MULTILINE), said
    assert "error[serial-not-raised]: the content differs from example.org.zone@HEAD" in said
    assert "--> example.org.zone:1:" in said
    assert git(place.folder, "rev-list", "--count", "HEAD") == "1"

    place.write("example.org.zone", zone(2, WWW))
    status, said = run(place, "git add example.org.zone && git commit -q -m change")
    assert status == 0, said
    assert git(place.folder, "rev-list", "--count", "HEAD") == "2"

    # what is no zone file is left alone
    place.write("notes.txt", "example.org. IN SOA\n")
    status, said = run(place, "git add notes.txt && git commit -q -m notes")
    assert status == 0
    assert re.search(r"^zonelint\.+\(no files to check\)Skipped$", said, re.MULTILINE), said


def test_what_is_staged_counts(place: Place) -> None:
    place.write("db.other.example", zone(1).replace("example.org", "other.example"))
    git(place.folder, "add", "db.other.example")
    place.write("db.other.example", "; half written\n")
    status, said = run(place, "pre-commit run")
    assert status == 0, said
    git(place.folder, "add", "db.other.example")
    status, said = run(place, "pre-commit run")
    assert status == 1
    assert "db.other.example" in said
    git(place.folder, "rm", "-q", "--cached", "db.other.example")
    (place.folder / "db.other.example").unlink()


def test_the_hook_without_pre_commit(tmp_path: Path) -> None:
    place = Place(tmp_path)
    git(tmp_path, "init", "-q")
    place.write("zones/example.org.zone", zone(1))
    commit(tmp_path)
    place.write(".git/hooks/pre-commit", PLAIN_HOOK).chmod(0o755)
    for serial, expected in ((1, 1), (2, 0)):
        place.write("zones/example.org.zone", zone(serial, WWW))
        assert place.run("git commit -q -a -m change")[0] == expected


def test_the_manifest() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    for hook in hooks.values():
        assert hook["language"] == "python"
        assert hook["entry"].split()[0] == "zonelint"
        # zonelint shares out large files itself, and two runs at once would tell the same twice
        assert hook["require_serial"]
    for each in yaml.safe_load(CONFIGURATION)["repos"]:
        assert {hook["id"] for hook in each["hooks"]} <= hooks.keys()
