"""The recipes of `docs/pipelines.md`: their text, and a place to run them in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from fixturing import ROOT

PIPELINES = ROOT / "docs" / "pipelines.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

Key = tuple[str, str, int]
"""The heading a block stands under, its language, and which of those it is."""

taken: set[Key] = set()
"""The blocks that a test has asked for."""


def blocks() -> dict[Key, str]:
    """Give every block of code in the document."""
    found: dict[Key, str] = {}
    for section in re.split(r"^## ", PIPELINES.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        count: dict[str, int] = {}
        for language, code in BLOCK.findall(text):
            found[heading, language, count.setdefault(language, 0)] = code
            count[language] += 1
    return found


def recipe(heading: str, language: str = "sh", index: int = 0) -> str:
    """Give a block and remember that it was asked for."""
    taken.add((heading, language, index))
    return blocks()[heading, language, index]


class Place:
    """A folder to run recipes in: `zonelint` is this checkout, and some commands only note how they were called."""

    def __init__(self, folder: Path, *stubs: str) -> None:
        self.folder = folder
        self.programs = folder / ".programs"
        self.programs.mkdir()
        self.log = folder / ".called"
        self.program("zonelint", f"PYTHONPATH='{ROOT}' exec '{sys.executable}' -m zonelint \"$@\"")
        for stub in stubs:
            self.program(stub, f"echo {stub} \"$*\" >>'{self.log}'")

    def program(self, name: str, text: str) -> Path:
        """Put a shell script on the path."""
        path = self.programs / name
        path.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, script: str, *words: str, shell: str = "sh", **environ: str) -> tuple[int, str]:
        """Run a script, and give its status and what it said."""
        path = os.pathsep.join((str(self.programs), os.environ["PATH"], "/usr/sbin", "/sbin"))
        done = subprocess.run(
            [shell, "-c", script, shell, *words], cwd=self.folder, env=_environment() | {"PATH": path} | environ,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.decode()

    def called(self) -> list[str]:
        """Tell how the stubs were called since this was asked last."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


def zone(serial: int = 1, *records: str) -> str:
    """Give the unsigned zone example.org."""
    return "\n".join((
        f"example.org. 3600 IN SOA ns1.example.org. hostmaster.example.org. {serial} 7200 3600 1209600 3600",
        "example.org. 3600 IN NS ns1.example.org.",
        "example.org. 3600 IN NS ns2.example.org.",
        "ns1.example.org. 3600 IN A 192.0.2.1",
        "ns2.example.org. 3600 IN A 198.51.100.1",
        *records,
        "",
    ))  # fmt: skip


def _environment() -> dict[str, str]:
    """Give the environment without what would lead git, zonelint or Python astray, and with a name for commits."""
    hooks = ("GIT_", "GITHUB_", "GITLAB_", "CI_", "PRE_COMMIT", "PYTHONPATH")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(hooks)}
    environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "nobody", f"GIT_{role}_EMAIL": "nobody@example.org"}
    return environ


def git(folder: Path, *words: str) -> str:
    """Call git as nobody in particular, and give what it says."""
    done = subprocess.run(["git", *words], cwd=folder, env=_environment(), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> None:
    """Commit all files of a repository but the stubs."""
    git(folder, "add", "--all", "--", ".", ":!.programs", ":!.called")
    git(folder, "commit", "-q", "--allow-empty", "-m", "zones")
