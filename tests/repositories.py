"""Real git repositories with a zone in them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zonelint.cli import main

SERIALS = "serial-not-raised,serial-went-back"
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


class Said:
    """What a run said: exit status, rules, what the zones were compared with and why that was chosen."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.err = status, err
        document = json.loads(out) if out else {"zones": [], "findings": [], "not_run": [], "failures": []}
        self.rules = [found["rule"] for found in document["findings"]]
        self.compared = [zone["compared_with"] for zone in document["zones"] if "compared_with" in zone]
        self.zones = [zone["file"] for zone in document["zones"]]
        self.reasons = list(dict.fromkeys(each["reason"] for each in document["not_run"]))
        self.failures = document["failures"]

    @property
    def chosen(self) -> str:
        """What chose the version that the only zone was compared with."""
        (compared,) = self.compared
        return str(compared["chosen_by"])

    @property
    def commit(self) -> str:
        """The commit that the only zone was compared with."""
        (compared,) = self.compared
        return str(compared["commit"])


Check = Callable[..., Said]


def run_check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Give what runs `zonelint check --since auto`, with variables in its environment, for the rules of serials."""

    def run(
        *files: str | Path,
        since: str | None = "auto",
        options: tuple[str, ...] = (),
        paths: tuple[str, ...] = ("zones",),
        **environ: str,
    ) -> Said:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            chosen = () if since is None else (f"--since={since}",)
            given = [*map(str, files)] or [*paths]
            status = main(["check", "--format", "json", "--select", SERIALS, *chosen, *options, *given])
        return Said(status, *capsys.readouterr())

    return run
