"""`zonelint keys`: private keys on their way into a repository, and the dates of key files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fixturing import FIXTURES
from keydirs import KeyDir

from zonelint.cli import main

PRIVATE = "private-key-in-repository"
KEYS = FIXTURES / "keys"


class Outcome(NamedTuple):
    """What a run said: exit status, findings as (rule, file name, line), and what could not be judged."""

    status: int
    findings: list[tuple[str, str, int]]
    failures: list[str]


Judge = Callable[..., Outcome]


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """Run `zonelint keys` in this process."""

    def run(*arguments: str | Path) -> Outcome:
        status = main(["keys", "--format", "json", "--at", "2026-06-01", *map(str, arguments)])
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        found = [(each["rule"], Path(each["file"]).name, each["line"]) for each in document["findings"]]
        return Outcome(status, found, document["failures"])

    return run


@pytest.mark.parametrize("path", sorted(KEYS.glob("*/*/*.private")), ids=lambda path: path.parent.parent.name)
def test_a_private_key_of_each_algorithm_is_found(path: Path, judge: Judge) -> None:
    assert judge(path) == (1, [(PRIVATE, path.name, 1)], [])


def test_public_keys_are_fine(judge: Judge) -> None:
    assert judge(*KEYS.glob("*/*/*.key")) == (0, [], [])


def test_dates_out_of_order(judge: Judge, tmp_path: Path) -> None:
    keys = KeyDir(tmp_path)
    stem = keys.zsk("-P", "20260101000000", "-A", "20260101000000", "-I", "20270101000000", "-D", "20261201000000")
    assert judge(keys.path(stem)) == (0, [("key-dates-out-of-order", f"{stem}.key", 6)], [])
