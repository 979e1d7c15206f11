"""What is installed from the wheel works without the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

import zonelint
from zonelint.catalogue import DATA

ROOT = Path(__file__).parent.parent


def _run(*command: str | Path, cwd: Path, **environ: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the build backend that is installed already, so without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    own = [name for name in names if not name.startswith(f"zonelint-{zonelint.__version__}.dist-info/")]
    assert all(name.startswith("zonelint/") for name in own)
    assert "zonelint/py.typed" in own
    rules = {name.removeprefix("zonelint/_rules/") for name in own if name.startswith("zonelint/_rules/")}
    assert {str(path.relative_to(ROOT / "rules")) for path in ROOT.glob("rules/*/*.yaml")} <= rules


def test_the_installed_command_knows_its_rules(wheel: Path, tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    site = tmp_path / "site"
    _run(*pip, "install", "-q", "--no-deps", "--no-index", "--target", site, wheel, cwd=tmp_path)
    where = _run(
        sys.executable, "-c", "import zonelint; print(zonelint.__file__)", cwd=tmp_path, PYTHONPATH=str(site)
    )
    assert Path(where.strip()).is_relative_to(site)
    listed = _run(site / "bin" / "zonelint", "rules", "--format", "json", cwd=tmp_path, PYTHONPATH=str(site))
    ids = {rule["id"] for rule in json.loads(listed)["rules"]}
    assert ids == {path.stem for path in ROOT.glob("rules/*/*.yaml") if path.parent.name not in DATA}


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
