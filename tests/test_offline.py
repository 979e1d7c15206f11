"""A check never touches the network: it runs with sockets taken away, and no module of the package asks for them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from fixturing import FIXTURES, ROOT, header

PACKAGE = ROOT / "zonelint"
_NETWORK = """
socket socketserver ssl http urllib ftplib smtplib xmlrpc requests httpx aiohttp asyncio
dns.query dns.resolver dns.asyncquery dns.asyncresolver
""".split()

_SCRIPT = """
import _socket, socket, sys

def refuse(*_, **__):
    raise RuntimeError("the network was asked for")

for module in (socket, _socket):
    for name in ("socket", "create_connection", "create_server", "socketpair", "getaddrinfo", "gethostbyname"):
        if hasattr(module, name):
            setattr(module, name, refuse)

try:
    socket.socket()
except RuntimeError:
    pass
else:
    sys.exit("sockets still work")

parts, *arguments = sys.argv[1:]
if parts == "pooled":
    from zonelint.engine import zone
    from zonelint.source import split

    zone.SMALL, zone.SHARD, zone._BATCH_MIN, zone._BATCH_MAX = 0, 100, 100, 100
from zonelint.cli import main

sys.argv = ["zonelint", *arguments]
try:
    status = main()
except SystemExit as end:
    status = end.code
if (parts == "pooled") != ("zonelint.engine.pool" in sys.modules):
    sys.exit("the pool was not put to the test")
sys.exit(status)
"""


def _run(parts: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _SCRIPT, parts, "check", "--no-config", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("parts", ["small", "pooled"])
@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_a_signed_zone(parts: str, form: str) -> None:
    zone = FIXTURES / "zones" / "rich-bind-full-nsec3.zone"
    done = _run(parts, "--jobs", "2", "--at", header(zone)["at"], "--format", form, str(zone))
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert bool(done.stdout) == (form != "concise")


@pytest.mark.parametrize("parts", ["small", "pooled"])
@pytest.mark.parametrize(
    "rule",
    [
        "rrsig-bogus",
        "ds-digest-mismatch",
        "key-not-signing",
        "serial-not-raised",
        "include-missing",
        "mx-target-missing",
    ],
)
def test_a_fault_of_each_family(parts: str, rule: str) -> None:
    zone = min((FIXTURES / "rules" / rule).glob("fail-*.zone"))
    given = header(zone)
    options = ["--jobs", "2", "--format", "concise", "--fail-on", "notice"]
    for name in ("at", "origin"):
        if name in given:
            options += [f"--{name}", given[name]]
    for name in ("keys", "ds", "previous"):
        if name in given:
            options += [f"--{name}", str(zone.parent / given[name])]
    done = _run(parts, *options, str(zone))
    assert done.returncode == 1, done.stderr
    assert f"[{rule}]" in done.stdout
    assert "network" not in done.stdout + done.stderr


def test_a_revision_in_git(tmp_path: Path) -> None:
    zone = tmp_path / "example.test.zone"
    zone.write_text("$TTL 60\n@ SOA ns1 h 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 192.0.2.1\n")
    git = [
        "git",
        "-C",
        str(tmp_path),
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.test",
        "-c",
        "commit.gpgsign=false",
    ]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    zone.write_text(zone.read_text() + "x A 192.0.2.2\n")
    done = _run("small", "--since", "HEAD", "--format", "concise", str(zone))
    assert done.returncode == 1, done.stderr
    assert "[serial-not-raised]" in done.stdout


def test_no_module_imports_what_talks() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            wanted = []
            if isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                wanted = [node.module, *[f"{node.module}.{alias.name}" for alias in node.names]]
            for name in wanted:
                assert not any(name == bad or name.startswith(f"{bad}.") for bad in _NETWORK), f"{path}: {name}"


def test_a_check_in_this_process_loads_no_resolver() -> None:
    """What the libraries bring along must not hold the parts of dnspython that ask servers."""
    zone = FIXTURES / "zones" / "rich-bind-full-nsec3.zone"
    script = (
        "import sys; from zonelint.engine import CheckOptions, check;"
        f"check([{str(zone)!r}], CheckOptions(at=(1781481600,), jobs=1));"
        "print(*[name for name in ('dns.resolver', 'dns.query', 'dns.asyncquery') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
