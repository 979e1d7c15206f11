"""The README and what lies in docs/ tell the truth: what their console blocks show is what comes out.

A console block holds commands, each on a line after `$ `, and below each what it prints. They run from the root of
the repository, one after the other. A line `...` stands for any lines, and times taken count as equal. To write what
comes out into them, run this file: `python tests/test_readme.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixturing import ROOT

from zonelint.catalogue import rules
from zonelint.cli import main

README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TAKEN = re.compile(r'\b\d+\.\d+(?= s$)|(?<="seconds": )\d+\.\d+', re.MULTILINE)
COMMAND = re.compile(r"^python3 -m venv \.venv && .+$", re.MULTILINE)

Step = tuple[str, str]
"""A command and what is printed below it."""


def steps(block: str) -> list[Step]:
    """Split a block into its commands."""
    found = re.findall(r"^\$ ((?:\\\n|[^\n])*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    assert "".join(f"$ {command}\n{output}" for command, output in found) == block
    return found


def outputs(block: str, programs: Path) -> Iterator[Step]:
    """Run the commands of a block in a shell, `$?` carried along, and give what each prints."""
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "SOURCE_DATE_EPOCH")}
    environ["PATH"] = f"{programs}{os.pathsep}{environ['PATH']}"
    status = 0
    for command, _ in steps(block):
        done = subprocess.run(
            ["bash", "-c", f"(exit {status}); {command}"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        status = done.returncode
        yield command, TAKEN.sub("0.02", done.stdout.decode())


def add_program(folder: Path) -> Path:
    """Put a command `zonelint` that runs this checkout into a folder."""
    program = folder / "zonelint"
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m zonelint \"$@\"\n")
    program.chmod(0o755)
    return folder


def is_shown(shown: str, printed: str) -> bool:
    """Tell whether the text of the README fits what was printed."""
    lines = TAKEN.sub("0.02", shown).splitlines(keepends=True)
    pattern = "".join(r"(?:.*\n)*" if line == "...\n" else re.escape(line) for line in lines)
    return re.fullmatch(pattern, printed) is not None


BLOCKS = [block for document in DOCUMENTS for block in BLOCK.findall(document.read_text("utf-8"))]


@pytest.mark.skipif(shutil.which("bash") is None, reason="the blocks are for a shell")
@pytest.mark.parametrize("block", BLOCKS, ids=[block.splitlines()[0][2:50] for block in BLOCKS])
def test_console_block(block: str, tmp_path: Path) -> None:
    for (command, shown), (_, printed) in zip(steps(block), outputs(block, add_program(tmp_path)), strict=True):
        assert is_shown(shown, printed), f"$ {command}\n{printed}"


def test_the_blocks_are_found() -> None:
    assert len(BLOCKS) == sum(document.read_text("utf-8").count("```console\n") for document in DOCUMENTS) > 3
    assert all(line.startswith("$ zonelint ") or line == "$ echo $?" for block in BLOCKS for line in block.split("\n")
               if line.startswith("$ "))  # fmt: skip


def test_the_wildcard_is_no_pass_for_everything() -> None:
    assert is_shown("a\n...\nc\n", "a\nb\nb\nc\n")
    assert is_shown("a\n...\nc\n", "a\nc\n")
    assert is_shown("x: 24 records, 0.31 s\n", "x: 24 records, 0.02 s\n")
    assert not is_shown("a\n...\nc\n", "a\nb\n")
    assert not is_shown("x: 24 records, 0.31 s\n", "x: 25 records, 0.02 s\n")
    assert not is_shown("a\n", "a\nb\n")


def test_the_two_commands() -> None:
    # installing takes a network; .ci/run runs both lines as they stand here
    judge, test = COMMAND.findall(README.read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "zonelint" in project["scripts"]
    assert "test" in project["optional-dependencies"]
    assert " -m venv .venv && .venv/bin/pip install -q . && .venv/bin/zonelint check " in judge
    assert test.endswith("&& .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest -q")
    assert main(judge.split(".venv/bin/zonelint ")[1].split()) == 0


def test_every_option_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--help"])
    options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)) - {"--help"}
    assert len(options) > 10
    text = "".join(document.read_text("utf-8") for document in DOCUMENTS)
    assert {option for option in options if f"`{option}" not in text} == set()
    # and none that does not exist
    for command in ("plan", "prove", "keys", "when", "history"):
        main(["rollover", command, "--help"])
        options |= set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out))
    for command in ("fix", "keys", "diff", "ds", "rules", "explain"):
        main([command, "--help"])
        options |= set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out))
    named = {each for document in DOCUMENTS for each in re.findall(r"`(--[a-z-]+)", document.read_text("utf-8"))}
    assert named - options - {"--version"} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_what_it_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    folders = "fixtures|rules|tests|templates|zonelint"
    for path in set(re.findall(rf"(?<![/\w])(?:{folders})/[\w./+-]*[\w/]|\.ci/run\b", text)):
        assert (ROOT / path).exists() or (ROOT / f"{path}.").exists(), path
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target
    for target, place in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text):
        there = (document.parent / target if target else document).read_text("utf-8")
        headings = re.findall("^#+ (.+)$", there, re.MULTILINE)
        assert place in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, place
    named = set(re.findall(r"(?:explain|--select) ([a-z]+(?:-[a-z0-9]+)+)", text))
    assert named or document != README
    assert named <= rules().keys()


def write() -> None:
    """Write what the commands print into the documents, except below those shown with `...`."""
    with tempfile.TemporaryDirectory() as name:
        programs = add_program(Path(name))

        def renewed(found: re.Match[str]) -> str:
            shown = [output for _, output in steps(found[1])]
            pairs = zip(shown, outputs(found[1], programs), strict=True)
            texts = [(command, old if "...\n" in old else new) for old, (command, new) in pairs]
            return "```console\n" + "".join(f"$ {command}\n{output}" for command, output in texts) + "```"

        for document in DOCUMENTS:
            document.write_text(BLOCK.sub(renewed, document.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()
