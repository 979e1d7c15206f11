"""Real git repositories with a zone in them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def zone(serial: int = 1, more: str = "www A 192.0.2.80\n", timers: str = "7200 3600 1209600 3600") -> str:
    """Write a small zone."""
    return (
        f"$ORIGIN example.test.\n$TTL 3600\n@ SOA ns1 hostmaster {serial} {timers}\n"
        f"@ NS ns1\nns1 A 192.0.2.1\n{more}"
    )


class Repository:
    """A git repository with a zone in a folder below its top; it is made unless it was before."""

    def __init__(self, folder: Path, *, made: bool = False) -> None:
        self.folder = folder
        self.zone = folder / "zones" / "example.test.zone"
        if not made:
            self.zone.parent.mkdir(parents=True)
            self.git("init", "-q", "-b", "main")

    def other(self, name: str) -> Path:
        """Give the path of another file."""
        return self.folder / name

    def clone(self, folder: Path, *options: str) -> Repository:
        """Clone the repository over a transport, as from another machine."""
        self.git("clone", "-q", *options, f"file://{self.folder}", str(folder))
        return Repository(folder, made=True)

    def git(self, *arguments: str) -> str:
        """Run git, whatever the user has configured."""
        who = ("-c", "user.name=a", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", self.folder, *who, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        """Commit a version of the zone and give its name."""
        self.zone.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a version")
        return self.git("rev-parse", "HEAD")
