"""Histories of zones that real signers made, in real git repositories: what happened, and whether it was safe.

Propagation is 600 s, that of the parent 900 s; DNSKEY sets have a TTL of 3600 s, data 7200 s, denial 3600 s, DS sets
1800 s. So a set of keys is gone after 4200 s, data after 7800 s, a DS set after 2700 s.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES

from zonelint.cli import main
from zonelint.times import parse_time, to_text

sys.path.insert(0, str(FIXTURES))
from building import transitions as make

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(shutil.which("dnssec-signzone") is None, reason="bind9-utils is not installed"),
]

AT = parse_time("2026-06-15T00:00:00Z", 0)
NUMBERS = ("--propagation", "10m", "--parent-propagation", "15m", "--ds-ttl", "30m")
ARCHIVE = Path(__file__).parent.parent.parent / "shared" / "zones" / "root-apex"
KEYS, DATA, DS = 4200, 7800, 2700
FILE = "example.test.zone"

Captured = pytest.CaptureFixture[str]
Entry = tuple[int, str]
"""When a version is published, in seconds from the reference time on, and its text."""


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(AT + 86400))
    monkeypatch.delenv("COLUMNS", raising=False)


@cache
def version(serial: int, keys: str, entries: str, data: str, **more: Any) -> str:
    return make.text_of(make.version(serial, keys, entries, data, **more))


def run_git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], input=given, check=True, env=environment, capture_output=True
    )
    return done.stdout.decode()


def repository(folder: Path, entries: Iterable[Entry], name: str = FILE) -> Path:
    """Make a bare repository with a commit for each version."""
    folder = folder / "zones.git"
    folder.mkdir()
    run_git(folder, "init", "-q", "--bare", "-b", "main")
    stream = []
    for offset, text in entries:
        octets = text.encode()
        stream.append(
            b"commit refs/heads/main\nauthor a <a@example.org> %d +0000\ncommitter a <a@example.org> %d +0000\n"
            b"data 1\nx\nM 100644 inline %s\ndata %d\n%s\n"
            % (AT + offset - 60, AT + offset, name.encode(), len(octets), octets)
        )
    run_git(folder, "fast-import", "--quiet", given=b"".join(stream))
    return folder


def history(*arguments: object) -> int:
    return main(["rollover", "history", *map(str, arguments), *NUMBERS])


def told(capsys: Captured, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Give the status and the JSON of a history."""
    capsys.readouterr()
    status = history(*arguments, "--format", "json")
    return status, json.loads(capsys.readouterr().out)


def findings(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Give rule and message of each finding."""
    rows = [each for row in document["history"]["transitions"] for each in row["findings"]]
    return [(each["rule"], each["message"]) for each in (*rows, *document["history"]["findings"])]


def windows(document: dict[str, Any]) -> list[list[int]]:
    """Give the bogus windows of lenient validators, in seconds from the reference time on."""
    return [[parse_time(at, 0) - AT for at in span] for span in document["proof"]["lenient"]["bogus"]]


def ds(folder: Path, *names: str) -> Path:
    path = folder / f"ds-{'-'.join(names)}"
    path.write_text("".join(f"example.test. 1800 IN DS {make.find(name).ds()}\n" for name in names))
    return path


def zsk(publish: int = 0, sign: int = KEYS, remove: int = KEYS + DATA) -> list[Entry]:
    """Give a ZSK rollover by pre-publication with its steps at these times."""
    return [
        (-86400, version(1, "K1 Z1", "K1", "Z1")), (publish, version(2, "K1 Z1 Z2", "K1", "Z1")),
        (sign, version(3, "K1 Z1 Z2", "K1", "Z2")), (remove, version(4, "K1 Z2", "K1", "Z2")),
    ]  # fmt: skip


def ksk(publish: int = 0, remove: int = KEYS + DS) -> list[Entry]:
    """Give the versions of a KSK rollover by double signatures."""
    return [
        (-86400, version(1, "K1 Z1", "K1", "Z1")), (publish, version(2, "K1 K2 Z1", "K1 K2", "Z1")),
        (remove, version(3, "K2 Z1", "K2", "Z1")),
    ]  # fmt: skip


# --- what is done well is silent -----------------------------------------------------------------------------


def test_a_zsk_rollover_in_its_time_is_silent(tmp_path: Path, capsys: Captured) -> None:
    status, document = told(capsys, repository(tmp_path, zsk()))
    assert (status, findings(document), windows(document)) == (0, [], [])
    events = [(parse_time(each["at"], 0) - AT, each["action"]) for each in document["events"]]
    assert events == [
        (0, "publish-key"), (KEYS, "stop-signing-zone"), (KEYS, "sign-zone"), (KEYS + DATA, "remove-key")
    ]  # fmt: skip
    assert document["methods"] == ["history"]


def test_a_ksk_rollover_in_its_time_is_silent(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, ksk())
    exchange = f"{ds(tmp_path, 'K2')}@{to_text(AT + KEYS)}"
    status, document = told(capsys, repo, "--ds", ds(tmp_path, "K1"), "--ds", exchange)
    assert (status, findings(document), windows(document)) == (0, [], [])
    assert document["history"]["not_run"] == []


def test_without_ds_records_an_exchange_in_time_is_assumed_and_said(tmp_path: Path, capsys: Captured) -> None:
    status, document = told(capsys, repository(tmp_path, ksk()))
    assert (status, findings(document), windows(document)) == (0, [], [])
    assert any("no DS records (--ds FILE[@TIME])" in each for each in document["history"]["not_run"])
    (row,) = [row for row in document["history"]["transitions"] if row["serial"] is None]
    assert row["at"] == to_text(AT + KEYS)
    assert "assumed" in row["version"]


# --- what is left out or done too early is found ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "rule", "window"),
    [
        (zsk(sign=KEYS - 1), "zsk-too-young", [KEYS - 1, KEYS]),
        (zsk(remove=KEYS + DATA - 1), "zsk-dropped-early", [KEYS + DATA - 1, KEYS + DATA]),
        ([each for i, each in enumerate(zsk()) if i != 1], "zsk-unknown-to-caches", [KEYS, 2 * KEYS]),
        ([each for i, each in enumerate(zsk()) if i != 2], "zsk-dropped-early", [KEYS + DATA, KEYS + 2 * DATA]),
        ([each for i, each in enumerate(zsk()) if i not in (1, 2)], "zsk-exchanged-at-once",
         [KEYS + DATA, KEYS + 2 * DATA]),
        ([each for i, each in enumerate(ksk()) if i != 1], "ksk-exchanged-before-ds",
         [KEYS + DS, KEYS + DS + KEYS]),
    ],
    ids=["signs-early", "goes-early", "not-published", "not-in-use", "at-once", "ksk-at-once"],
)  # fmt: skip
def test_a_step_left_out_or_too_early(
    entries: list[Entry], rule: str, window: Sequence[int], tmp_path: Path, capsys: Captured
) -> None:
    status, document = told(capsys, repository(tmp_path, entries))
    assert status == 1
    assert [name for name, _ in findings(document)] == [rule]
    assert windows(document) == [list(window)]


def test_a_ksk_that_goes_a_second_early(tmp_path: Path, capsys: Captured) -> None:
    repo = repository(tmp_path, ksk(remove=KEYS + DS - 1))
    exchange = f"{ds(tmp_path, 'K2')}@{to_text(AT + KEYS)}"
    status, document = told(capsys, repo, "--ds", ds(tmp_path, "K1"), "--ds", exchange)
    assert status == 1
    ((rule, message),) = findings(document)
    assert rule == "ksk-dropped-early"
    assert windows(document) == [[KEYS + DS - 1, KEYS + DS]]
    assert re.search(r"example\.test\.zone@\w{10} \(serial 2\) to example\.test\.zone@\w{10} \(serial 3\)", message)


def test_the_prover_says_the_same_of_the_json(tmp_path: Path, capsys: Captured) -> None:
    for number, entries in enumerate((zsk(), zsk(sign=KEYS - 60))):
        (tmp_path / str(number)).mkdir()
        status, document = told(capsys, repository(tmp_path / str(number), entries))
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        assert main(["rollover", "prove", str(path), "--format", "plan"]) == status == number
        assert json.loads(capsys.readouterr().out)["proof"] == document["proof"]


# --- the root zone ---------------------------------------------------------------------------------------------

LEFT_OUT = {
    "2024032100 2024033101": "zsk-unknown-to-caches", "2024040100 2024041001": "zsk-dropped-early",
    "2024032100 2024033101 2024040100 2024041001": "zsk-exchanged-at-once", "2024032100": "zsk-too-young",
    "2024062000 2024063001": "zsk-unknown-to-caches", "2024070100 2024071001": "zsk-dropped-early",
    "2024062000 2024063001 2024070100 2024071001": "zsk-exchanged-at-once", "2024062000": "zsk-too-young",
}  # fmt: skip


@pytest.mark.parametrize("names", ["", *LEFT_OUT])
def test_the_root_zone(names: str, tmp_path: Path, capsys: Captured) -> None:
    """Two rollovers as they were, and without the versions of a step."""
    if not ARCHIVE.is_dir():
        pytest.skip(f"the apex of the root zone is not in {ARCHIVE}")
    for path in ARCHIVE.glob("*.zone"):
        if path.stem not in names.split():
            shutil.copy(path, tmp_path)
    status = main(["rollover", "history", str(tmp_path), "--format", "json"])
    found = [rule for rule, _ in findings(json.loads(capsys.readouterr().out))]
    assert (status, found) == ((1, [LEFT_OUT[names]]) if names else (0, []))
