"""Time zonelint beside other verifiers on zones made here, and print the table of the README.

    python tests/bench/run.py [--names 20000] [--rounds 3] [--shape host|tld|all] [--algorithm ECDSAP256SHA256]

It needs BIND's `dnssec-keygen` and `dnssec-signzone`; of `dnssec-verify`, `kzonecheck`, `ldns-verify-zone` and
`named-checkzone` it takes those that are there. Everything happens in a temporary folder, the cache included. The
figures are medians of whole processes, wall time; a ratio is to the fastest of the others.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from zonelint.dnssec import multibuffer
from zonelint.engine import scan

ORIGIN = "example.test"
PEERS = {
    "dnssec-verify": ("dnssec-verify", "-q", "-o", ORIGIN),
    "kzonecheck": ("kzonecheck", "-o", ORIGIN, "--dnssec", "on"),
    "ldns-verify-zone": ("ldns-verify-zone",),
}
ZONELINT = (sys.executable, "-m", "zonelint", "check", "-q")


def unsigned(path: Path, names: int, shape: str, changed: frozenset[int] = frozenset(), serial: int = 1) -> None:
    """Write a zone of hosts with two addresses each, or of delegations, a third of them with DS."""
    dice = random.Random(names)
    with path.open("w") as file:
        file.write(f"$ORIGIN {ORIGIN}.\n$TTL 3600\n@ SOA ns1 hostmaster {serial} 7200 3600 1209600 3600\n")
        file.write("@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n")
        for number in range(names):
            label = f"{dice.getrandbits(48):x}-{number}"
            last = 200 if number in changed else number % 199
            if shape == "host":
                file.write(f"{label} A 192.0.2.{last}\n{label} AAAA 2001:db8::{number:x}:{last}\n")
                continue
            file.write(f"{label} NS ns1.{label}.example.net.\n{label} NS ns2.{label}.example.net.\n")
            if number % 3 == 0:
                file.write(f"{label} DS {number % 65536} 13 2 {dice.getrandbits(248):062x}{last:02x}\n")


def signed(folder: Path, names: int, shape: str, algorithm: str) -> tuple[Path, Path]:
    """Sign a zone, and the same zone with one name in a hundred changed and the other signatures kept."""
    keys = folder / "keys"
    keys.mkdir()
    bits = ("-b", "2048") if algorithm.startswith("RSA") else ()
    for flag in ((), ("-f", "KSK")):
        _run("dnssec-keygen", "-q", "-K", str(keys), "-a", algorithm, *bits, *flag, ORIGIN)
    zone, following, raw = folder / "zone", folder / "next", folder / "raw"
    denial = ("-3", "-", "-H", "0", *(("-A",) if shape == "tld" else ()))
    sign = ("dnssec-signzone", "-S", "-K", str(keys), "-o", ORIGIN, "-O", "full", *denial, "-d", str(folder))
    unsigned(raw, names, shape)
    _run(*sign, "-f", str(zone), str(raw))
    edited = frozenset(range(0, names, 100))
    unsigned(raw, names, shape, edited, serial=2)
    # what dnssec-signzone finds signed it leaves as it is, if the records are the same
    kept = [line for line in zone.read_text().splitlines() if "RRSIG" in line and " SOA " not in line]
    raw.write_text(raw.read_text() + "\n".join(kept) + "\n")
    _run(*sign, "-f", str(following), str(raw))
    return zone, following


def timed(command: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command to its end; gives wall seconds and CPU seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{(done.stdout + done.stderr).decode()[-500:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path, zone: Path, following: Path, rounds: int) -> dict[str, tuple[float, float]]:
    """Give the median wall and CPU seconds by what was timed."""
    cache = folder / "cache"
    environment = {**os.environ, "ZONELINT_CACHE_DIR": str(cache)}
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, command in PEERS.items():
            if shutil.which(command[0]):
                times.setdefault(name, []).append(timed((*command, str(zone)), environment))
        shutil.rmtree(cache, ignore_errors=True)
        for name, arguments in (
            ("zonelint, nothing known", (str(zone),)),
            ("zonelint, the same zone again", (str(zone),)),
            ("zonelint, 1 % of the names changed", (str(following),)),
            ("zonelint, with --previous", (str(following), "--previous", str(zone))),
            ("zonelint, with --previous, again", (str(following), "--previous", str(zone))),
        ):
            times.setdefault(name, []).append(timed((*ZONELINT, *arguments), environment))
    return {
        name: (statistics.median([wall for wall, _ in each]), statistics.median([cpu for _, cpu in each]))
        for name, each in times.items()
    }


def table(title: str, medians: dict[str, tuple[float, float]]) -> str:
    """Write the medians as a table in Markdown."""
    others = [wall for name, (wall, _) in medians.items() if name in PEERS]
    rows = [f"| {title} | wall | CPU | ratio |", "|---|---:|---:|---:|"]
    for name, (wall, cpu) in sorted(medians.items(), key=lambda each: -each[1][0]):
        ratio = f"{wall / min(others):.2f}" if others else ""
        rows.append(f"| {name} | {wall:.2f} s | {cpu:.2f} s | {ratio} |")
    return "\n".join(rows)


def versions() -> str:
    """Say what was compared, and on what."""
    said = [f"Python {platform.python_version()}", f"{len(os.sched_getaffinity(0))} cores", platform.machine()]
    said.append("zonelint compiled" if str(scan.__file__).endswith((".so", ".pyd")) else "zonelint in pure Python")
    said.append("with crypto_mb" if multibuffer.is_usable() else "without crypto_mb")
    for command in ("dnssec-verify", "kzonecheck"):
        if shutil.which(command):
            text = subprocess.run((command, "-V"), capture_output=True, text=True, check=False)
            said.append(" ".join((text.stdout + text.stderr).split()[:3]))
    return f"{datetime.now(UTC):%Y-%m-%d}; " + ", ".join(said)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """Make the zones, time everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shape", choices=("host", "tld", "all"), default="all")
    parser.add_argument("--algorithm", default="ECDSAP256SHA256")
    given = parser.parse_args()
    print(versions(), end="\n\n")
    for shape in ("host", "tld") if given.shape == "all" else (given.shape,):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            zone, following = signed(folder, given.names, shape, given.algorithm)
            lines = sum(1 for _ in zone.open("rb"))
            title = f"{given.names:,} {'hosts' if shape == 'host' else 'delegations'}, {lines:,} lines"
            print(table(title, measure(folder, zone, following, given.rounds)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
