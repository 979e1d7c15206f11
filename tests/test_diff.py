"""`zonelint diff`: what differs between two versions, in each format, and thresholds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fixturing import FIXTURES

from zonelint.cli import main

HEAD = """\
$ORIGIN example.test.
$TTL 3600
@ SOA ns1 hostmaster {serial} 7200 3600 1209600 3600
@ NS ns1
ns1 A 192.0.2.1
"""
OTHER = "$ORIGIN other.test.\n$TTL 60\n@ SOA ns1 h 1 1 1 1 1\n"
PAIRS = FIXTURES / "rules"


class Runner:
    """Runs the command in this process; `err` is what the last run said on standard error."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.err = ""

    def zone(self, name: str, more: str = "", serial: int = 1) -> str:
        path = self.folder / name
        path.write_text(HEAD.format(serial=serial) + more)
        return str(path)

    def __call__(self, old: str, new: str, *options: str) -> tuple[int, str]:
        status = main(["diff", old, new, *options])
        out, self.err = self._capsys.readouterr()
        return status, out

    def json(self, old: str, new: str, *options: str) -> Any:
        return json.loads(self(old, new, "--format", "json", *options)[1])


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(tmp_path, capsys)


def test_the_same_in_another_order(diff: Runner) -> None:
    old = diff.zone("old", "a A 192.0.2.2\nb A 192.0.2.3\n")
    new = diff.zone("new", "B A 192.0.2.3\na.example.test. 3600 IN A 192.0.2.2\n")
    assert diff(old, new, "--exit-code") == (0, f"example.test.: {old} -> {new}\nno difference\n")
    assert diff(old, new, "--format", "md")[1] == "### example.test.\n\nNo difference.\n"
    assert diff.json(old, new)["same"] is True


def test_text(diff: Runner) -> None:
    old = diff.zone("old", "a A 192.0.2.2\nb A 192.0.2.3\nsub NS ns1\n")
    ds = f"sub DS 1 13 2 {'ab' * 32}\n"
    new = diff.zone("new", f"a A 192.0.2.4\nc 60 TXT x\nsub NS ns1\nsub NS ns2.example.org.\n{ds}", 2)
    status, out = diff(old, new)
    assert status == 0
    assert out.splitlines() == [
        f"example.test.: {old} -> {new}",
        "  serial: 1 -> 2",
        "  names: 1 added, 1 removed (5 -> 5)",
        "  RRsets: 2 added, 1 removed, 2 changed (6 -> 7)",
        "",
        "delegations:",
        "  + sub.example.test. 3600 NS ns2.example.org.",
        "",
        "DS:",
        f"  + sub.example.test. 3600 DS 1 13 2 {'ab' * 32}",
        "",
        "data:",
        "  - a.example.test. 3600 A 192.0.2.2",
        "  + a.example.test. 3600 A 192.0.2.4",
        "  - b.example.test. 3600 A 192.0.2.3",
        '  + c.example.test. 60 TXT "x"',
    ]
    assert diff(old, new, "--exit-code")[0] == 1


def test_only_the_serial(diff: Runner) -> None:
    old, new = diff.zone("old"), diff.zone("new", serial=2)
    document = diff.json(old, new)
    assert (document["same"], document["rrsets"], document["names"]) == (False, [], {"added": [], "removed": []})
    assert (document["old"]["serial"], document["new"]["serial"]) == (1, 2)


def test_a_ttl_shows_both_sides(diff: Runner) -> None:
    out = diff(diff.zone("old", "a A 192.0.2.2\n"), diff.zone("new", "a 60 A 192.0.2.2\n"))[1]
    assert "  - a.example.test. 3600 A 192.0.2.2\n  + a.example.test. 60 A 192.0.2.2\n" in out


def test_keys_signatures_and_denial(diff: Runner) -> None:
    pair = PAIRS / "zsk-exchanged-at-once"
    document = diff.json(str(pair / "fail-f1.previous"), str(pair / "fail-f1.zone"))
    changed = [(each["section"], each["change"], each["type"]) for each in document["rrsets"]]
    assert changed == [("keys", "changed", "DNSKEY")]
    # the keys of the data are others, the one of the DNSKEY set signs a new set
    assert document["signatures"] == {"added": 7, "removed": 7, "renewed": 1}
    assert (document["old"]["signers"], document["new"]["signers"]) == ([16043, 21017], [6432, 16043])
    pair = PAIRS / "nsec3-ahead-of-algorithm"
    document = diff.json(str(pair / "pass-ed25519.previous"), str(pair / "pass-ed25519.zone"))
    assert (document["old"]["denial"], document["new"]["denial"]) == ("NSEC", "NSEC3 1 0 0 -")
    assert document["denial"] == {"added": 3, "removed": 3, "changed": 0}


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--max-removed", "25%"], 0, ""),
        (["--max-removed", "24.9%"], 1, "--max-removed 24.9% is exceeded: 1 of 4 RRsets (25.0%) are removed"),
        (["--max-removed", "0"], 1, "--max-removed 0 is exceeded: 1 of 4 RRsets are removed"),
        (["--max-added", "1"], 1, "--max-added 1 is exceeded: 2 of 4 RRsets are added"),
        (["--max-changed", "0"], 0, ""),
    ],
)
@pytest.mark.parametrize("layout", ["text", "md", "json"])
def test_thresholds(diff: Runner, layout: str, options: list[str], status: int, said: str) -> None:
    old, new = diff.zone("old", "a A 192.0.2.2\n"), diff.zone("new", "b A 192.0.2.2\nc A 192.0.2.2\n", 2)
    code, out = diff(old, new, "--format", layout, *options)
    assert code == status
    assert said in (out if layout != "md" else out.replace("\\", ""))
    assert said in diff.err or layout != "json"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-removed", "101%"], "--max-removed: '101%' is more than all: at most 100% can be removed"),
        (["--max-changed", "1000.5%"], "--max-changed: '1000.5%' is more than all: at most 100% can be cha"),
        (["--max-removed", "100%", "--max-changed", "100.0%", "--max-added", "101%"], ""),
        (["--max-removed", "101"], ""),
    ],
)
def test_no_more_can_be_gone_than_there_was(diff: Runner, options: list[str], said: str) -> None:
    old = diff.zone("old")
    assert diff(old, old, *options)[0] == (2 if said else 0)
    assert diff.err.startswith(f"zonelint: {said}") if said else not diff.err


def test_many_lines_are_cut(diff: Runner) -> None:
    old, new = diff.zone("old"), diff.zone("new", "".join(f"h{i} A 192.0.2.2\n" for i in range(100)))
    assert "... 60 more lines (--all shows them)" in diff(old, new)[1]
    assert diff(old, new, "--all")[1].count("  + h") == 100


def test_markdown_is_safe(diff: Runner) -> None:
    new = diff.zone("new", 'a TXT "``` <script>|*\\027[2J"\n')
    out = diff(diff.zone("old"), new, "--format", "md")[1]
    assert "\n````diff\n" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("text", "said"),
    [(f"{HEAD}a A 192.0.2.300\n", "192.0.2.300"), ("", "no SOA record"), (OTHER, "no versions of one zone")],
)
def test_what_cannot_be_compared(diff: Runner, text: str, said: str) -> None:
    path = diff.folder / "other"
    path.write_text(text.replace("{serial}", "1"))
    status, out = diff(diff.zone("old"), str(path))
    assert (status, out) == (2, "")
    assert said in diff.err


@pytest.mark.parametrize("options", [["--max-added", "x"], ["--max-added", "-1"], ["--format", "html"]])
def test_bad_options(diff: Runner, options: list[str]) -> None:
    assert diff(diff.zone("old"), diff.zone("new"), *options)[0] == 2


def test_standard_input_only_once(diff: Runner) -> None:
    assert diff("-", "-")[0] == 2
