"""What is installed from the wheel works without the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from test_root_zone import ARCHIVE

import zonelint
from zonelint.catalogue import DATA

ROOT = Path(__file__).parent.parent


def _run(*command: str | Path, cwd: Path, **environ: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environ, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _built(source: Path, folder: Path, **environ: str) -> Path:
    """Build the wheel with the build backend that is installed already, so without a network."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder, **environ)
    (built,) = folder.glob("*.whl")
    return built


def _installed(wheel: Path, site: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "install", "-q", "--no-deps", "--no-index", "--target", site, wheel, cwd=wheel.parent)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(ROOT, tmp_path_factory.mktemp("wheel"))


def test_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    own = [name for name in names if not name.startswith(f"zonelint-{zonelint.__version__}.dist-info/")]
    assert all(name.startswith("zonelint/") for name in own)
    assert "zonelint/py.typed" in own
    rules = {name.removeprefix("zonelint/_rules/") for name in own if name.startswith("zonelint/_rules/")}
    assert {str(path.relative_to(ROOT / "rules")) for path in ROOT.glob("rules/*/*.yaml")} <= rules


def test_the_installed_command_knows_its_rules(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    _installed(wheel, site)
    where = _run(
        sys.executable, "-c", "import zonelint; print(zonelint.__file__)", cwd=tmp_path, PYTHONPATH=str(site)
    )
    assert Path(where.strip()).is_relative_to(site)
    listed = _run(site / "bin" / "zonelint", "rules", "--format", "json", cwd=tmp_path, PYTHONPATH=str(site))
    ids = {rule["id"] for rule in json.loads(listed)["rules"]}
    assert ids == {path.stem for path in ROOT.glob("rules/*/*.yaml") if path.parent.name not in DATA}


JUDGING = ("fixtures", "reading", "properties", "root_zone", "hostile_records", "previous")
"""The tests of what a compiled wheel has compiled, as far as they put nothing in the place of its functions."""


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")
def test_compiled_it_judges_the_same(tmp_path: Path) -> None:
    # the compiler leaves its results beside the sources, where an editable install would find them
    source, site = tmp_path / "source", tmp_path / "site"
    (tmp_path / "wheels").mkdir()
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "fixtures", "tests"))
    _installed(_built(source, tmp_path / "wheels", HATCH_BUILD_HOOK_ENABLE_MYPYC="1"), site)
    where = _run(
        sys.executable, "-c", "import zonelint.engine.scan as scan; print(scan.__file__)",
        cwd=tmp_path, PYTHONPATH=str(site),
    )  # fmt: skip
    assert where.strip().endswith(".so")
    assert Path(where.strip()).is_relative_to(site)
    # none may be skipped there, and without the archive of the root zone all of its tests would be
    names = [name for name in JUDGING if name != "root_zone" or ARCHIVE.is_file()]
    tests = [ROOT / "tests" / f"test_{name}.py" for name in names]
    done = _run(
        sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "-p", "no:cacheprovider", *tests,
        cwd=tmp_path, PYTHONPATH=str(site),
    )  # fmt: skip
    assert re.search(r"^[0-9]{4,} passed in ", done, re.MULTILINE), done[-500:]


def test_the_hook_takes_zone_files() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert hooks["zonelint"]["entry"] == "zonelint check"
    pattern = re.compile(hooks["zonelint"]["files"])
    for name in (
        "db.example.org",
        "zones/db.10",
        "a/example.org.zone",
        "x.db",
        "example.signed",
        "2.0.192.in-addr.arpa",
    ):
        assert pattern.search(name), name
    for name in ("README.md", "zones/a.txt", "zonelint/checks/soa.py", "mydb.example", "x.zone.bak", "db./x"):
        assert not pattern.search(name), name


def test_the_version_is_stated_once_in_effect() -> None:
    assert f'\nversion = "{zonelint.__version__}"\n' in (ROOT / "pyproject.toml").read_text()
