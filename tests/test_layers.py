"""The house: every module imports only from its own layer and those to its left, and none opens a socket."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "zonelint"
MODULES = sorted(PACKAGE.rglob("*.py"))

ORDER = (
    {"times", "names", "limits", "findings", "suppressions", "git"},
    {"catalogue", "messages", "symptoms", "profiles", "documents"},
    {"source"},
    {"zone"},
    {"dnssec"},
    {"keys"},
    {"checks", "rollover"},
    {"configuration"},
    {"engine"},
    {"report"},
    {"cli"},
    {"__main__"},
)
"""The layers from left to right; the names in one set belong together."""

RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}

NETWORK = {
    "aiohttp",
    "asyncio",
    "ftplib",
    "http",
    "httpx",
    "imaplib",
    "poplib",
    "requests",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "telnetlib",
    "urllib",
    "urllib3",
    "webbrowser",
    "xmlrpc",
    # the parts of dnspython that talk to servers
    "dns.asyncbackend",
    "dns.asyncquery",
    "dns.asyncresolver",
    "dns.nameserver",
    "dns.query",
    "dns.quic",
    "dns.resolver",
    "dns.xfr",
}

HOMES = {
    "yaml": {"catalogue", "documents", "keys"},
    "typer": {"cli"},
    "rich": {"report", "cli"},
    "icalendar": {"report"},
    "platformdirs": {"engine"},
    "cryptography": {"dnssec", "keys"},
    "nacl": {"dnssec"},
    "dns": {"source", "zone", "dnssec", "keys"},
}
"""Where each part from outside may be imported, by the first name of the module."""


def _imports(text: str, module: str) -> Iterator[str]:
    """Give the full name of everything a module imports, inside functions as well."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def _layer(module: str) -> str | None:
    """Give the layer that a module of the package belongs to; None for the package itself."""
    name = module.split(".")[1] if module.count(".") else "__init__"
    return None if name == "__init__" else name


def _wrong_turns(module: str, text: str) -> list[str]:
    """Give the imports of a module that point to the right of its layer, or to no layer."""
    own = _layer(module)
    wrong = []
    for name in _imports(text, module):
        target = _layer(name) if name.split(".")[0] == "zonelint" else None
        # `from zonelint import __version__` takes a plain value
        if target is None or target == "__version__":
            continue
        if own is None or target not in RANK or RANK[target] > RANK[own]:
            wrong.append(name)
    return wrong


def _network(module: str, text: str) -> list[str]:
    """Give the imports of a module that could reach the network."""
    names = _imports(text, module)
    return [name for name in names if any(f"{name}.".startswith(f"{part}.") for part in NETWORK)]


@pytest.mark.parametrize("path", MODULES, ids=_module)
def test_imports_point_left(path: Path) -> None:
    module = _module(path)
    layer = _layer(module)
    assert layer is None or layer in RANK, f"{module} belongs to no layer: add it to ORDER"
    assert _wrong_turns(module, path.read_text()) == []


@pytest.mark.parametrize("path", MODULES, ids=_module)
def test_nothing_reaches_the_network(path: Path) -> None:
    assert _network(_module(path), path.read_text()) == []


@pytest.mark.parametrize("path", MODULES, ids=_module)
def test_parts_from_outside_stay_in_their_rooms(path: Path) -> None:
    module = _module(path)
    for name in _imports(path.read_text(), module):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or _layer(module) in homes, f"{module} imports {name}"


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("zonelint.source.lexer", "from zonelint.zone import names"),
        ("zonelint.source.lexer", "import zonelint.zone.names"),
        ("zonelint.source.lexer", "from zonelint import checks"),
        ("zonelint.source.lexer", "from ..zone import names"),
        ("zonelint.source.lexer", "def f():\n    from zonelint.cli import main"),
        ("zonelint.dnssec.verify", "from zonelint.keys import files"),
        ("zonelint.engine", "from zonelint.report import full"),
        ("zonelint.checks.soa", "from zonelint.elsewhere import x"),
        ("zonelint.__init__", "from zonelint import engine"),
    ],
)
def test_a_wrong_turn_is_seen(module: str, text: str) -> None:
    assert len(_wrong_turns(module, text)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("zonelint.checks.soa", "from zonelint.zone import names"),
        ("zonelint.checks.soa", "from . import structure"),
        ("zonelint.keys.files", "from zonelint.dnssec import algorithms"),
        ("zonelint.report.full", "from zonelint import __version__, catalogue"),
        ("zonelint.zone.names", "import dns.name, zoneinfo"),
    ],
)
def test_a_right_turn_is_let_pass(module: str, text: str) -> None:
    assert _wrong_turns(module, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "import socket",
        "import urllib.request",
        "from urllib import request",
        "from dns import resolver",
        "import ssl as s",
    ],
)
def test_a_network_module_is_seen(text: str) -> None:
    assert len(_network("zonelint.source.lexer", text)) == 1


def test_names_that_only_begin_alike_are_let_pass() -> None:
    assert _network("zonelint.source.lexer", "import sslx, dns.queryx\nfrom dns import name") == []
