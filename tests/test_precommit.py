"""The hooks work in the hands of pre-commit itself, which installs zonelint as it does for everybody."""

from __future__ import annotations

import re
import shutil
import subprocess
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
    assert results(said) == {"zonelint fix": "Passed", "zonelint": "Passed", "zonelint keys": "Skipped"}
    return place


def run(place: Place, script: str, **environ: str) -> tuple[int, str]:
    """Run a script with the environments of pre-commit kept apart from those of the user."""
    home = str(place.folder / ".programs" / "home")
    return place.run(script, PRE_COMMIT_HOME=home, PRE_COMMIT_COLOR="never", **environ)


def results(said: str) -> dict[str, str]:
    """Read the results of the hooks from what pre-commit says."""
    return dict(re.findall(r"^(zonelint[ a-z]*)\.+(?:\(.*\))?([A-Z][a-z]+)$", said, re.MULTILINE))


def change(place: Place, name: str, text: str, **environ: str) -> tuple[int, str]:
    """Write a file and commit it; if that is refused, take it out of the index again."""
    place.write(name, text)
    status, said = run(place, f"git add '{name}' && git commit -q -m change", **environ)
    if status:
        git(place.folder, "reset", "-q")
    return status, said


def test_a_forgotten_serial_is_raised(place: Place) -> None:
    before = git(place.folder, "rev-parse", "HEAD")
    status, said = change(place, "example.org.zone", zone(1, WWW))
    assert status == 1
    assert results(said) == {"zonelint fix": "Failed", "zonelint": "Passed", "zonelint keys": "Skipped"}, said
    assert "- files were modified by this hook" in said
    assert (place.folder / "example.org.zone").read_text() == zone(2, WWW)
    assert git(place.folder, "rev-parse", "HEAD") == before
    status, said = change(place, "example.org.zone", zone(2, WWW))
    assert status == 0, said
    assert git(place.folder, "rev-parse", "HEAD~1") == before


def test_a_forgotten_serial_is_found(place: Place) -> None:
    other = zone(7).replace("example.org", "other.example")
    assert change(place, "db.other.example", other)[0] == 0
    status, said = change(place, "db.other.example", other.replace("192.0.2.1", "192.0.2.9"), SKIP="zonelint-fix")
    assert status == 1
    assert results(said) == {"zonelint fix": "Skipped", "zonelint": "Failed", "zonelint keys": "Skipped"}, said
    assert "error[serial-not-raised]: the content differs from db.other.example@HEAD" in said
    assert "--> db.other.example:1:" in said
    place.write("db.other.example", other)


def test_what_is_staged_counts(place: Place) -> None:
    text = zone(1).replace("example.org", "third.example")
    place.write("db.third.example", text)
    git(place.folder, "add", "db.third.example")
    place.write("db.third.example", "; half written\n")
    status, said = run(place, "pre-commit run zonelint")
    assert status == 0, said
    git(place.folder, "add", "db.third.example")
    status, said = run(place, "pre-commit run zonelint")
    assert status == 1
    assert "db.third.example" in said
    git(place.folder, "rm", "-q", "--cached", "db.third.example")
    (place.folder / "db.third.example").unlink()


def test_a_private_key_stays_out(place: Place) -> None:
    (private,) = (ROOT / "fixtures" / "keys" / "13" / "ksk").glob("*.private")
    status, said = change(place, f"keys/{private.name}", private.read_text())
    assert status == 1
    assert results(said) == {"zonelint fix": "Skipped", "zonelint": "Skipped", "zonelint keys": "Failed"}, said
    assert "private-key-in-repository" in said
    secret = private.read_text().split("PrivateKey: ")[1].split()[0]
    assert secret not in said


def test_other_files_are_left_alone(place: Place) -> None:
    status, said = change(place, "notes.txt", "example.org. IN SOA\n")
    assert status == 0
    assert set(results(said).values()) == {"Skipped"}


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
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    assert subprocess.run(command, check=False).returncode == 0
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    for hook in hooks.values():
        assert hook["language"] == "python"
        assert hook["entry"].split()[0] == "zonelint"
        # zonelint shares out large files itself, and two runs at once would tell the same twice
        assert hook["require_serial"]
    for each in yaml.safe_load(CONFIGURATION)["repos"]:
        assert {hook["id"] for hook in each["hooks"]} <= hooks.keys()
