"""Directories of key files for tests, made by the real dnssec-keygen and dnssec-settime; states as named has them."""

from __future__ import annotations

import base64
import os
import random
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from zonelint.dnssec.keys import key_tag
from zonelint.times import parse_time

ZONE = "example.test"


def at(text: str) -> int:
    """Give a time in seconds since 1970."""
    return parse_time(text, 0)


def stamp(seconds: int) -> str:
    """Write a time as BIND's key files do."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")


class KeyDir:
    """A directory that keys are made in; dates are 14 digits or offsets as the tools take them."""

    def __init__(self, folder: Path, zone: str = ZONE) -> None:
        self.folder, self.zone = folder, zone
        folder.mkdir(exist_ok=True)

    def keygen(self, *options: str, ttl: int | None = 3600, zone: str | None = None) -> str:
        """Make a key with dnssec-keygen and give the stem of its files."""
        life = [] if ttl is None else ["-L", str(ttl)]
        if "-S" not in options:
            options = ("-a", "ECDSAP256SHA256", *options)
            name = [zone or self.zone]
        else:
            name = []
        made = run("dnssec-keygen", "-q", "-K", str(self.folder), *life, *options, *name)
        return os.path.basename(made.split()[-1])

    def ksk(self, *options: str, **more: object) -> str:
        """Make a key-signing key."""
        return self.keygen("-f", "KSK", *options, **more)  # type: ignore[arg-type]

    zsk = keygen

    def settime(self, stem: str, *options: str) -> None:
        """Change a key with dnssec-settime."""
        run("dnssec-settime", "-K", str(self.folder), *options, stem)

    def state(self, stem: str, written: bool = True, **fields: object) -> None:
        """Write a `.state` file as named does, or with the spellings that it reads."""
        names = {} if written else READ
        tag = int(stem[-5:])
        lines = [f"; This is the state of key {tag}, for {self.zone}.", "Algorithm: 13", "Length: 256"]
        for name, value in fields.items():
            shown = f"{stamp(value)} (x)" if isinstance(value, int) and name not in PLAIN else str(value)
            lines.append(f"{names.get(name, name)}: {shown}")
        (self.folder / f"{stem}.state").write_text("\n".join(lines) + "\n")

    def path(self, stem: str, suffix: str = ".key") -> Path:
        """Give a file of a key."""
        return self.folder / f"{stem}{suffix}"

    def edit(self, stem: str, old: str, new: str) -> None:
        """Replace text in the `.key` and `.private` files of a key."""
        for suffix in (".key", ".private"):
            file = self.path(stem, suffix)
            if file.exists():
                file.write_text(re.sub(old, new, file.read_text()))


PLAIN = frozenset({"Lifetime", "Predecessor", "Successor", "DSPubCount", "DSDelCount"})
READ = {
    "PublishCDS": "SyncPublish",
    "DeleteCDS": "SyncDelete",
    "SigPublish": "ZRRSIGPublish",
    "SigRemoved": "ZZRRSIGDelete",
    "DSDelCount": "DSRemCount",
}
"""The spellings BIND reads and does not write."""


def run(*command: str) -> str:
    """Run a tool and give what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def public_key(folder: Path, dates: dict[str, int], seed: int, flags: int = 256, zone: str = ZONE) -> str:
    """Write a `.key` file without a private part, its public key being random octets; give its stem."""
    octets = random.Random(seed).randbytes(64)
    rdata = flags.to_bytes(2, "big") + b"\x03\x0d" + octets
    stem = f"K{zone}.+013+{key_tag(rdata):05}"
    lines = [f"; {name}: {stamp(time)} (x)" for name, time in dates.items()]
    lines.append(f"{zone}. 3600 IN DNSKEY {flags} 3 13 {base64.b64encode(octets).decode()}")
    (folder / f"{stem}.key").write_text("\n".join(lines) + "\n")
    return stem
