"""Progress is for people at a terminal who have to wait, and never part of a report."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fixturing import DEFAULT_TIME, FIXTURES

from zonelint.cli.progress import PATIENCE, ProgressLine
from zonelint.engine import CheckOptions, Step, check, zone
from zonelint.times import parse_time

RICH = FIXTURES / "zones/rich-bind-full-nsec3.zone"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def _shown(stream: io.StringIO) -> str:
    return _ESCAPES.sub("", stream.getvalue())


def test_nothing_is_shown_in_the_first_second() -> None:
    stream, clock = io.StringIO(), Clock()
    with ProgressLine(stream, clock) as line:
        for step in range(9):
            clock.now = 100 + PATIENCE * step / 9
            line(Step("zone", step, 9, step, step))
    assert stream.getvalue() == ""


def test_a_line_says_how_far_it_is() -> None:
    stream, clock = io.StringIO(), Clock()
    with ProgressLine(stream, clock) as line:
        clock.now += 2
        line(Step("db.example.org", 50, 200, 12345, 678))
    shown = _shown(stream)
    assert "db.example.org" in shown
    assert "12,345 records, 678 signatures" in shown


def test_not_every_step_is_drawn() -> None:
    stream, clock = io.StringIO(), Clock()
    with ProgressLine(stream, clock) as line:
        for step in range(1000):
            clock.now = 102 + step / 100_000
            line(Step("zone", step, 1000, step, 0))
    assert _shown(stream).count("records") < 5


def test_the_name_of_a_file_moves_no_cursor() -> None:
    stream, clock = io.StringIO(), Clock()
    with ProgressLine(stream, clock) as line:
        clock.now += 2
        line(Step("a\x1b[2Jb[bold]\n", 1, 2, 1, 1))
    assert "\x1b[2J" not in stream.getvalue()
    assert "[bold]" in _shown(stream)


def test_steps_lead_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone, "SMALL", 0)
    monkeypatch.setattr(zone, "SHARD", 300)
    steps: list[Step] = []
    report = check([str(RICH)], CheckOptions(at=(parse_time(DEFAULT_TIME, 0),), jobs=1, tell=steps.append))
    assert len(steps) > 5
    assert steps == sorted(steps, key=lambda step: step.done)
    assert steps[-1] == Step(
        str(RICH), RICH.stat().st_size, RICH.stat().st_size, report.zones[0].records, report.zones[0].signatures
    )


_RUN = """
import sys
from zonelint.cli import main, progress
from zonelint.engine import zone
zone.SMALL, zone.SHARD, progress.PATIENCE = 0, 300, 0
sys.exit(main())
"""


@pytest.mark.parametrize("environment", [{"TERM": "xterm"}, {"TERM": "dumb"}])
def test_on_a_terminal_only(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", _RUN, "check", "-q", "--no-cache", "--at", DEFAULT_TIME, str(RICH)]
    given = {**os.environ, **environment}
    master, slave = pty.openpty()
    plain = subprocess.run(command, env=given, capture_output=True, check=False)
    shown = subprocess.run(command, env=given, stdout=subprocess.PIPE, stderr=slave, check=False)
    os.close(slave)
    try:
        text = os.read(master, 1 << 16).decode()
    except OSError:
        text = ""
    os.close(master)
    assert plain.stderr == b""
    assert (shown.returncode, shown.stdout) == (plain.returncode, plain.stdout) == (0, b"")
    assert ("records" in text) == (environment["TERM"] == "xterm")
